//! TLS, mutual TLS, and logins with a certificate.

use super::{check, check_keys, failed, passed};
use crate::support::Folder;
use crate::support::ca::Pair;
use crate::support::rabbitmq::{Broker, broker};

/// Keys with this URL and this client certificate.
fn keys(broker: &Broker, folder: &Folder, login: &str, client: Option<&Pair>, more: &str) -> String {
    let ca = folder.write("ca.pem", &broker.ca);
    let client = client.map_or_else(String::new, |pair| {
        let (cert, key) = pair.write(folder, "client", &[]);
        format!(", cert: {cert}, key: {key}")
    });
    let port = broker.tls_port;
    format!("{{url: \"amqps://{login}127.0.0.1:{port}\", tls: {{ca: {ca}, server_name: localhost{client}}}{more}}}")
}

#[test]
fn a_login_over_tls_and_what_keeps_from_it() {
    let (broker, folder) = (broker(), Folder::new());
    let found = check_keys(&keys(broker, &folder, "app:sesame@", None, ", queue: jobs"));
    passed(&found);
    assert_eq!((&found["facts"]["tls_verified"], &found["facts"]["auth_method"]), (&true.into(), &"plain".into()));
    failed(&check_keys(&keys(broker, &folder, "app:wrong@", None, "")), "login", "password_rejected", "");
    let url = format!("amqps://app:sesame@127.0.0.1:{}", broker.tls_port);
    failed(&check(&url), "tls", "tls_untrusted", "");
    passed(&check(&format!("{url}?verify=verify_none")));
}

#[test]
fn each_port_on_the_other_protocol() {
    let broker = broker();
    let plain = format!("amqps://app:sesame@127.0.0.1:{}", broker.port);
    failed(&check(&plain), "tls", "tls_not_tls", "Write `amqp://`");
    let tls = check(&format!("amqp://app:sesame@127.0.0.1:{}", broker.tls_port));
    failed(&tls, "login", "tls_unsupported", "Write `amqps://`");
}

#[test]
fn a_certificate_logs_in() {
    let (broker, folder) = (broker(), Folder::new());
    let found = check_keys(&keys(broker, &folder, "", Some(&broker.client), ""));
    passed(&found);
    assert_eq!(found["facts"]["auth_method"], "external", "{found:#}");
    passed(&check_keys(&keys(broker, &folder, "app:sesame@", Some(&broker.client), ", auth: external")));
    let unknown = check_keys(&keys(broker, &folder, "", Some(&broker.stranger), ""));
    let message = failed(&unknown, "login", "login_rejected", "ssl_cert_login_from");
    assert_eq!(message, "the server knows no user for the client certificate (403)");
    // A password beside the certificate, as a rule.
    let both = check_keys(&keys(broker, &folder, "app:sesame@", Some(&broker.stranger), ""));
    passed(&both);
    assert_eq!(both["facts"]["auth_method"], "plain");
    let none = check_keys(&keys(broker, &folder, "", None, ", auth: external"));
    failed(&none, "login", "password_missing", "tls: {cert");
    // Without TLS, the server does not offer it.
    let port = broker.port;
    let (cert, key) = broker.client.write(&folder, "client", &[]);
    let url = format!("amqp://127.0.0.1:{port}?certfile={cert}&keyfile={key}&auth_mechanism=external");
    failed(&check(&url), "login", "password_missing", "use `amqps://`");
}
