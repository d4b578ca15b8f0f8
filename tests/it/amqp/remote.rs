//! What differs where the server is on another machine: the user `guest`, and passwords in clear text; and a server that wants
//! a certificate of every client.

use serde_json::Value;

use super::{codes, failed, passed};
use crate::support::Folder;
use crate::support::netns::Namespace;
use crate::support::rabbitmq::{Broker, Options};

#[test]
fn a_server_elsewhere_rejects_guest_and_reads_passwords_in_clear_text() {
    let namespace = Namespace::new();
    namespace.hosts("127.0.0.1 localhost\n");
    // An address that is not of the loopback network, though no cable leads there.
    namespace.ip(&["addr", "add", "10.9.0.1/32", "dev", "lo"]);
    let broker = Broker::start(&Options { inside: Some(&namespace), strict: true });
    let check = |url: &str| -> Value { namespace.json(&["check", "-o", "json", url])["checks"][0].take() };
    let port = broker.port;
    let found = check(&format!("amqp://app:sesame@10.9.0.1:{port}/shop"));
    passed(&found);
    assert_eq!(codes(&found), ["cleartext_login"], "{found:#}");
    let guest = check(&format!("amqp://guest:guest@10.9.0.1:{port}"));
    failed(&guest, "login", "password_rejected", "accepts the user `guest` only from localhost");
    let default = check(&format!("amqp://10.9.0.1:{port}"));
    failed(&default, "login", "password_rejected", "The URL has no login");
    passed(&check(&format!("amqp://guest:guest@127.0.0.1:{port}")));

    let folder = Folder::new();
    let ca = folder.write("ca.pem", &broker.ca);
    let (cert, key) = broker.client.write(&folder, "client", &[]);
    let tls =
        format!("amqps://app:sesame@10.9.0.1:{}?cacertfile={ca}&server_name_indication=localhost", broker.tls_port);
    let without = check(&tls);
    failed(&without, "tls", "tls_client_cert_required", "");
    let with = check(&format!("{tls}&certfile={cert}&keyfile={key}"));
    passed(&with);
    assert!(codes(&with).is_empty(), "{with:#}");
}
