//! TLS, mutual TLS, and a port that speaks the other of the two.

use super::{check, failed, login, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::memcached::{Auth, Options, Server};

#[test]
fn over_tls() {
    let (ca, folder) = (Ca::root("cache root"), Folder::new());
    let pair = ca.issue(&Leaf::server("cache.lab", &["localhost"]));
    let root = folder.write("ca.pem", &ca.pem);
    for (auth, method) in [(Auth::Text, "text"), (Auth::Sasl, "sasl_plain")] {
        let server = Server::start(&Options { auth, tls: Some(&pair), ..Options::default() });
        let good = check(&login(server.port, &format!(", tls: {{ca: {root}}}")));
        assert_eq!(passed(&good), method);
        assert!(good["facts"]["tls_version"].is_string() && good["phases"]["tls"].is_number(), "{good:#}");
        assert_eq!(good["target"], format!("memcached+tls://app@localhost:{}", server.port));
        let url = format!("{{url: 'memcache+tls://app:sesame@localhost:{}?ca_path={root}'}}", server.port);
        assert_eq!(passed(&check(&url)), method);
        let wrong = |tls: &str| check(&login(server.port, &format!(", tls: {tls}")).replace("sesame", "wrong"));
        failed(&wrong(&format!("{{ca: {root}}}")), "login", "password_rejected", "");
        failed(&wrong("{ca: builtin}"), "tls", "tls_untrusted", "`tls.ca`");
        failed(&wrong(&format!("{{ca: {root}, server_name: other.lab}}")), "tls", "tls_wrong_name", "");
        failed(&wrong("{ca: /nowhere/ca.pem}"), "assert", "file_missing", "");
    }
}

#[test]
fn with_a_client_certificate() {
    let (ca, folder) = (Ca::root("cache root"), Folder::new());
    let root = folder.write("ca.pem", &ca.pem);
    let pair = ca.issue(&Leaf::server("cache.lab", &["localhost"]));
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    let server = Server::start(&Options { tls: Some(&pair), client_ca: Some(&ca.pem), ..Options::default() });
    let keys = |more: &str| format!("{{host: localhost, port: {}, tls: {{ca: {root}{more}}}}}", server.port);
    assert_eq!(passed(&check(&keys(&format!(", cert: {cert}, key: {key}")))), "none");
    failed(&check(&keys("")), "tls", "tls_client_cert_required", "");
}

#[test]
fn tls_that_does_not_fit_the_port() {
    let ca = Ca::root("cache root");
    let pair = ca.issue(&Leaf::server("cache.lab", &["localhost"]));
    let server = Server::start(&Options { tls: Some(&pair), ..Options::default() });
    for plain in [login(server.port, ""), format!("{{host: localhost, port: {}}}", server.port)] {
        let found = check(&plain);
        let failure = &found["failure"];
        assert!(matches!(failure["cause"].as_str(), Some("connection_closed" | "connect_reset")), "{found:#}");
        assert!(failure["hint"].as_str().is_some_and(|hint| hint.contains("set `tls: {}`")), "{found:#}");
    }
    for arguments in [&[][..], &["-B", "binary"]] {
        let server = Server::start(&Options { arguments, ..Options::default() });
        let found = check(&login(server.port, ", tls: {verify: false}"));
        let failure = &found["failure"];
        assert!(matches!(failure["cause"].as_str(), Some("tls_not_tls" | "connection_closed")), "{found:#}");
        assert!(failure["hint"].as_str().is_some_and(|hint| hint.contains("Remove TLS")), "{found:#}");
    }
}
