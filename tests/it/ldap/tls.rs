//! TLS in both ways, mutual TLS, and a port that speaks the other of the two.

use super::{check, failed, keys, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::slapd::{Options, Server};

fn server(ca: &Ca, settings: &str) -> Server {
    let pair = ca.issue(&Leaf::server("dc1.lab", &["localhost"]));
    Server::start(&Options { settings, tls: Some(&pair), ..Options::default() })
}

#[test]
fn starttls_and_implicit() {
    let (ca, folder) = (Ca::root("directory root"), Folder::new());
    let server = server(&ca, "security simple_bind=128");
    let root = folder.write("ca.pem", &ca.pem);
    for (port, tls) in [
        (server.port, format!("{{mode: starttls, ca: {root}}}")),
        (server.port, format!("{{ca: {root}}}")),
        (server.tls_port, format!("{{mode: implicit, ca: {root}}}")),
    ] {
        let good = check(&keys(port, &format!(", base: 'dc=lab', tls: {tls}")));
        passed(&good);
        assert!(good["facts"]["tls_version"].is_string() && good["phases"]["tls"].is_number(), "{good:#}");
    }
    let by_url = format!(
        "{{url: 'ldaps://localhost:{}/dc=lab', user: 'cn=app,dc=lab', password: sesame, tls: {{ca: {root}}}}}",
        server.tls_port
    );
    passed(&check(&by_url));
    let wrong = keys(server.port, &format!(", tls: {{ca: {root}}}")).replace("sesame", "wrong");
    failed(&check(&wrong), "login", "password_rejected", "");
}

#[test]
fn a_certificate_that_is_not_right_keeps_the_password_here() {
    let (ca, folder) = (Ca::root("directory root"), Folder::new());
    let server = server(&ca, "");
    let root = folder.write("ca.pem", &ca.pem);
    for (port, mode) in [(server.port, "starttls"), (server.tls_port, "implicit")] {
        let wrong = |tls: &str| check(&keys(port, &format!(", tls: {tls}")).replace("sesame", "wrong"));
        failed(&wrong(&format!("{{mode: {mode}, ca: builtin}}")), "tls", "tls_untrusted", "`tls.ca`");
        failed(&wrong(&format!("{{mode: {mode}, ca: {root}, server_name: other.lab}}")), "tls", "tls_wrong_name", "");
        failed(&wrong(&format!("{{mode: {mode}, ca: /nowhere/ca.pem}}")), "assert", "file_missing", "");
    }
    assert_eq!(server.log().matches(" BIND ").count(), 0, "nothing was sent: {}", server.log());
}

#[test]
fn with_a_client_certificate() {
    let (ca, folder) = (Ca::root("directory root"), Folder::new());
    let root = folder.write("ca.pem", &ca.pem);
    let pair = ca.issue(&Leaf::server("dc1.lab", &["localhost"]));
    let server = Server::start(&Options { tls: Some(&pair), client_ca: Some(&ca.pem), ..Options::default() });
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    for (port, mode) in [(server.port, "starttls"), (server.tls_port, "implicit")] {
        passed(&check(&keys(port, &format!(", tls: {{mode: {mode}, ca: {root}, cert: {cert}, key: {key}}}"))));
        let without = check(&keys(port, &format!(", tls: {{mode: {mode}, ca: {root}}}")));
        failed(&without, "tls", "tls_client_cert_required", "");
    }
}

#[test]
fn starttls_is_never_given_up() {
    let server = Server::plain();
    let check = check(&keys(server.port, ", tls: starttls"));
    let message = failed(&check, "tls", "tls_unsupported", "TLSCertificateFile");
    assert!(
        message.starts_with("the directory offers no TLS on this connection (StartTLS) (2 protocolError)"),
        "{message}"
    );
    assert_eq!(server.log().matches(" BIND ").count(), 0, "{}", server.log());
}

#[test]
fn tls_that_does_not_fit_the_port() {
    let ca = Ca::root("directory root");
    let server = server(&ca, "");
    let at_once = check(&keys(server.port, ", tls: {mode: implicit, verify: false}"));
    failed(&at_once, "tls", "connection_closed", "`tls: starttls`");
    for mode in ["none", "starttls"] {
        let plain = check(&keys(server.tls_port, &format!(", tls: {mode}")));
        let failure = &plain["failure"];
        assert!(
            matches!(failure["cause"].as_str(), Some("connection_closed" | "connect_reset" | "tls_unsupported")),
            "{plain:#}"
        );
        assert!(failure["hint"].as_str().is_some_and(|hint| hint.contains("ldaps://")), "{plain:#}");
    }
    assert_eq!(server.log().matches(" BIND ").count(), 0);
}
