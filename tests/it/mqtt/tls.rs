//! TLS, mutual TLS, and a port that speaks the other of the two.

use super::{VERSIONS, check, failed, keys, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::mosquitto::{Options, Server};

#[test]
fn over_tls() {
    let (ca, folder) = (Ca::root("broker root"), Folder::new());
    let pair = ca.issue(&Leaf::server("broker.lab", &["localhost"]));
    let server = Server::start(&Options { login: true, tls: Some(&pair), ..Options::default() });
    let root = folder.write("ca.pem", &ca.pem);
    for (_, more) in VERSIONS {
        let good = check(&keys(server.port, &format!("{more}, tls: {{ca: {root}}}")));
        passed(&good);
        assert!(good["facts"]["tls_version"].is_string() && good["phases"]["tls"].is_number(), "{good:#}");
        assert_eq!(good["target"], format!("mqtts://app@localhost:{}", server.port));
    }
    passed(&check(&format!("{{url: 'mqtts://app:sesame@localhost:{}', tls: {{ca: {root}}}}}", server.port)));
    let before = server.client_ids().len();
    let wrong = |tls: &str| check(&keys(server.port, &format!(", tls: {tls}")).replace("sesame", "wrong"));
    failed(&wrong(&format!("{{ca: {root}}}")), "login", "password_rejected", "");
    failed(&wrong("{ca: builtin}"), "tls", "tls_untrusted", "`tls.ca`");
    failed(&wrong(&format!("{{ca: {root}, server_name: other.lab}}")), "tls", "tls_wrong_name", "");
    failed(&wrong("{ca: /nowhere/ca.pem}"), "assert", "file_missing", "");
    assert_eq!(server.client_ids().len(), before, "{}", server.log());
}

#[test]
fn with_a_client_certificate() {
    let (ca, folder) = (Ca::root("broker root"), Folder::new());
    let root = folder.write("ca.pem", &ca.pem);
    let pair = ca.issue(&Leaf::server("broker.lab", &["localhost"]));
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    let server = Server::start(&Options {
        tls: Some(&pair),
        client_ca: Some(&ca.pem),
        listener: "use_identity_as_username true",
        ..Options::default()
    });
    for (_, more) in VERSIONS {
        let with =
            format!("{{host: localhost, port: {}{more}, tls: {{ca: {root}, cert: {cert}, key: {key}}}}}", server.port);
        let good = check(&with);
        passed(&good);
        assert_eq!(good["facts"]["auth_method"], "certificate", "{good:#}");
        let without = check(&format!("{{host: localhost, port: {}{more}, tls: {{ca: {root}}}}}", server.port));
        failed(&without, "tls", "tls_client_cert_required", "");
    }
}

#[test]
fn tls_that_does_not_fit_the_port() {
    let ca = Ca::root("broker root");
    let pair = ca.issue(&Leaf::server("broker.lab", &["localhost"]));
    let server = Server::start(&Options { tls: Some(&pair), ..Options::default() });
    let plain = check(&keys(server.port, ""));
    let failure = &plain["failure"];
    assert!(
        matches!(failure["cause"].as_str(), Some("connection_closed" | "connect_reset" | "tls_unsupported")),
        "{plain:#}"
    );
    assert!(failure["hint"].as_str().is_some_and(|hint| hint.contains("mqtts://")), "{plain:#}");
    let server = Server::open();
    // It resets the connection while it reads, or behind that.
    let tls = check(&keys(server.port, ", tls: {verify: false}"));
    let failure = &tls["failure"];
    assert!(matches!(failure["cause"].as_str(), Some("connection_closed" | "connect_reset")), "{tls:#}");
    assert!(failure["hint"].as_str().is_some_and(|hint| hint.contains("Write `mqtt://`")), "{tls:#}");
}
