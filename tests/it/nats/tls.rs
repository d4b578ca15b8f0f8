//! TLS as the server asks for it, as the check asks for it, before INFO, and with a client certificate.

use super::{check, check_keys, failed, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::nats::{Options, Server, WITH_PASSWORD};

fn server(ca: &Ca, tls_settings: &str, settings: &str, client_ca: Option<&str>) -> Server {
    let pair = ca.issue(&Leaf::server("mq", &["localhost"]));
    Server::start(&Options { settings, tls: Some(&pair), client_ca, tls_settings, inside: None })
}

#[test]
fn a_server_that_requires_tls_gets_it_without_being_asked() {
    let (ca, folder) = (Ca::root("mq root"), Folder::new());
    let server = server(&ca, "", WITH_PASSWORD, None);
    let (root, port) = (folder.write("ca.pem", &ca.pem), server.port);
    let url = format!("nats://app:sesame@localhost:{port}");
    let good = check_keys(&format!("{{url: '{url}', tls: {{ca: {root}}}}}"));
    passed(&good, false);
    assert!(good["facts"]["tls_version"].is_string(), "{good:#}");
    let logins = server.logins();
    failed(&check(&url), "tls", "tls_untrusted", "");
    let by_address = format!("{{url: 'nats://app:sesame@127.0.0.1:{port}', tls: {{ca: {root}}}}}");
    failed(&check_keys(&by_address), "tls", "tls_wrong_name", "");
    let first = check_keys(&format!("{{url: '{url}', tls: {{ca: {root}}}, tls_first: true}}"));
    failed(&first, "tls", "tls_not_tls", "Remove `tls_first`");
    assert_eq!(server.logins(), logins, "nothing is sent before TLS");
    let wrong = format!("{{url: 'nats://app:wrong@localhost:{port}', tls: {{ca: {root}}}}}");
    failed(&check_keys(&wrong), "login", "password_rejected", "");
}

#[test]
fn a_server_without_tls_gets_no_login() {
    let server = Server::with(WITH_PASSWORD);
    let logins = server.logins();
    let keys = format!("{{url: '{}', tls: {{}}}}", server.url("app:sesame@"));
    failed(&check_keys(&keys), "tls", "tls_unsupported", "remove `tls`");
    let keys = format!("{{url: 'tls://app:sesame@127.0.0.1:{}'}}", server.port);
    failed(&check_keys(&keys), "tls", "tls_unsupported", "remove `tls`");
    assert_eq!(server.logins(), logins);
}

#[test]
fn tls_first() {
    let (ca, folder) = (Ca::root("mq root"), Folder::new());
    let server = server(&ca, "handshake_first: true, timeout: 30", WITH_PASSWORD, None);
    let root = folder.write("ca.pem", &ca.pem);
    let url = format!("nats://app:sesame@localhost:{}", server.port);
    passed(&check_keys(&format!("{{url: '{url}', tls: {{ca: {root}}}, tls_first: true}}")), false);
    let not_first = check_keys(&format!("{{url: '{url}', tls: {{ca: {root}}}}}"));
    failed(&not_first, "login", "timeout", "set `tls_first: true`");
    // By default a server closes such a connection after two seconds.
    let impatient = self::server(&ca, "handshake_first: true, timeout: 0.2", "", None);
    let closed = check(&format!("nats://localhost:{}", impatient.port));
    failed(&closed, "login", "connection_closed", "set `tls_first: true`");
}

#[test]
fn with_a_client_certificate() {
    let (ca, folder) = (Ca::root("mq root"), Folder::new());
    let server = server(&ca, "", "", Some(&ca.pem));
    let root = folder.write("ca.pem", &ca.pem);
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    let url = format!("nats://localhost:{}", server.port);
    passed(&check_keys(&format!("{{url: '{url}', tls: {{ca: {root}, cert: {cert}, key: {key}}}}}")), false);
    let without = check_keys(&format!("{{url: '{url}', tls: {{ca: {root}}}}}"));
    failed(&without, "tls", "tls_client_cert_required", "");
    let (other, key) = Ca::root("other").issue(&Leaf::client("app")).write(&folder, "other", &[]);
    let stranger = check_keys(&format!("{{url: '{url}', tls: {{ca: {root}, cert: {other}, key: {key}}}}}"));
    assert_eq!(stranger["failure"]["phase"], "tls", "{stranger:#}");
}

#[test]
fn a_certificate_that_no_user_has() {
    let (ca, folder) = (Ca::root("mq root"), Folder::new());
    let users = "authorization { users: [{user: \"CN=app\"}] }";
    let pair = ca.issue(&Leaf::server("mq", &["localhost"]));
    let tls_settings = "verify_and_map: true";
    let server = Server::start(&Options {
        settings: users,
        tls: Some(&pair),
        client_ca: Some(&ca.pem),
        tls_settings,
        inside: None,
    });
    let root = folder.write("ca.pem", &ca.pem);
    let check = |name: &str| {
        let (cert, key) = ca.issue(&Leaf::client(name)).write(&folder, name, &[]);
        let url = format!("nats://localhost:{}", server.port);
        check_keys(&format!("{{url: '{url}', tls: {{ca: {root}, cert: {cert}, key: {key}}}}}"))
    };
    passed(&check("app"), false);
    failed(&check("other"), "login", "login_rejected", "verify_and_map");
}
