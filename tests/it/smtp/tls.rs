//! TLS in both ways, mutual TLS, and a port that speaks the other of the two.

use super::{check_keys, failed, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::exim::{Options, Server};

fn server(ca: &Ca, settings: &str) -> Server {
    let pair = ca.issue(&Leaf::server("mx.lab", &["localhost"]));
    Server::start(&Options { settings, tls: Some(&pair), ..Options::default() })
}

/// The keys of a login at this port.
fn keys(port: u16, tls: &str) -> String {
    format!("{{address: 'localhost:{port}', username: app, password: sesame, tls: {tls}}}")
}

#[test]
fn starttls_and_implicit() {
    let (ca, folder) = (Ca::root("mail root"), Folder::new());
    let server = server(&ca, "");
    let root = folder.write("ca.pem", &ca.pem);
    let good = check_keys(&keys(server.port, &format!("{{mode: starttls, ca: {root}}}")));
    passed(&good);
    assert!(good["facts"]["tls_version"].is_string() && good["phases"]["tls"].is_number(), "{good:#}");
    assert_eq!(server.commands(), "EHLO,STARTTLS,EHLO,AUTH,QUIT");
    passed(&check_keys(&keys(server.port, &format!("{{ca: {root}}}"))));
    let implicit = check_keys(&keys(server.tls_port, &format!("{{mode: implicit, ca: {root}}}")));
    passed(&implicit);
    assert_eq!(implicit["target"], format!("smtps://app@localhost:{}", server.tls_port));
    let by_url = format!("{{url: 'smtps://app:sesame@localhost:{}', tls: {{ca: {root}}}}}", server.tls_port);
    passed(&check_keys(&by_url));
    let unverified = check_keys(&keys(server.port, "{mode: starttls, verify: false}"));
    assert_eq!((&unverified["result"], &unverified["facts"]["tls_verified"]), (&"pass".into(), &false.into()));
    let wrong = keys(server.port, &format!("{{mode: starttls, ca: {root}}}")).replace("sesame", "wrong");
    failed(&check_keys(&wrong), "login", "password_rejected", "");
}

#[test]
fn a_certificate_that_is_not_right_keeps_the_password_here() {
    let (ca, folder) = (Ca::root("mail root"), Folder::new());
    let server = server(&ca, "");
    let root = folder.write("ca.pem", &ca.pem);
    for (port, mode) in [(server.port, "starttls"), (server.tls_port, "implicit")] {
        let wrong = |tls: &str| check_keys(&keys(port, tls).replace("sesame", "wrong"));
        failed(&wrong(&format!("{{mode: {mode}, ca: builtin}}")), "tls", "tls_untrusted", "`tls.ca`");
        let named = format!("{{mode: {mode}, ca: {root}, server_name: other.lab}}");
        failed(&wrong(&named), "tls", "tls_wrong_name", "");
        failed(&wrong(&format!("{{mode: {mode}, ca: /nowhere/ca.pem}}")), "assert", "file_missing", "");
    }
    assert_eq!(server.rejected(), 0, "nothing was sent: {}", server.log());
}

#[test]
fn with_a_client_certificate() {
    let (ca, folder) = (Ca::root("mail root"), Folder::new());
    let root = folder.write("ca.pem", &ca.pem);
    let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&root, readable).expect("it is ours");
    let server = server(&ca, &format!("tls_verify_hosts = *\ntls_verify_certificates = {root}"));
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    let with = format!("{{mode: starttls, ca: {root}, cert: {cert}, key: {key}}}");
    passed(&check_keys(&keys(server.port, &with)));
    let without = check_keys(&keys(server.port, &format!("{{mode: starttls, ca: {root}}}")));
    failed(&without, "tls", "tls_client_cert_required", "");
}

#[test]
fn starttls_is_never_given_up() {
    let server = Server::plain();
    let check = check_keys(&keys(server.port, "starttls").replace("sesame", "wrong"));
    let message = failed(&check, "tls", "tls_unsupported", "`tls: none`");
    assert_eq!(message, "the SMTP server does not offer STARTTLS in its answer to EHLO");
    assert_eq!((server.commands().as_str(), server.rejected()), ("EHLO,QUIT", 0));
}

#[test]
fn a_server_that_hides_logins_until_tls() {
    let ca = Ca::root("mail root");
    let server = server(&ca, "auth_advertise_hosts = ${if def:tls_in_cipher{*}}");
    let check = check_keys(&keys(server.port, "none"));
    let message = failed(&check, "login", "tls_unsupported", "Set `tls: starttls`");
    assert_eq!(message, "the SMTP server offers STARTTLS and, without it, no login (AUTH)");
    let folder = Folder::new();
    let root = folder.write("ca.pem", &ca.pem);
    passed(&check_keys(&keys(server.port, &format!("{{ca: {root}}}"))));
}

#[test]
fn tls_that_does_not_fit_the_port() {
    let ca = Ca::root("mail root");
    let server = server(&ca, "");
    let at_once = check_keys(&keys(server.port, "{mode: implicit, verify: false}"));
    let message = failed(&at_once, "tls", "tls_not_tls", "Set `tls: starttls`");
    assert!(message.starts_with("the peer speaks plain SMTP"), "{message}");
    for mode in ["none", "starttls"] {
        let silent = check_keys(&keys(server.tls_port, mode));
        failed(&silent, "login", "timeout", "`tls: implicit`");
    }
    assert_eq!(server.rejected(), 0);
}
