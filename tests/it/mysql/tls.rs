//! TLS in the five modes, mutual TLS, and what they are worth for a password in clear text.

use super::{check_keys, codes, failed, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, DAY, Leaf};
use crate::support::mysql::{Options, Server};

fn server(ca: &Ca, settings: &[&str], sql: &str) -> Server {
    let pair = ca.issue(&Leaf::server("db", &["localhost"]));
    Server::start(&Options { tls: Some(&pair), client_ca: Some(&ca.pem), settings, sql, ..Options::default() })
}

fn keys(server: &Server, rest: &str) -> String {
    format!("{{url: 'mysql://app:sesame@localhost:{}/app'{rest}}}", server.port)
}

#[test]
fn the_five_modes() {
    let (ca, folder) = (Ca::root("db root"), Folder::new());
    let server = server(&ca, &[], "");
    let (root, other) = (folder.write("ca.pem", &ca.pem), folder.write("other.pem", Ca::root("other").pem));
    for (rest, verified) in [
        (String::new(), Some(false)),
        (", sslmode: PREFERRED".to_owned(), Some(false)),
        (", sslmode: REQUIRED".to_owned(), Some(false)),
        (format!(", sslmode: VERIFY_CA, ca: {root}"), Some(true)),
        (format!(", sslmode: VERIFY_IDENTITY, ca: {root}"), Some(true)),
        (format!(", ca: {root}"), Some(true)),
        (", sslmode: DISABLED".to_owned(), None),
    ] {
        let check = check_keys(&keys(&server, &rest));
        assert_eq!(check["result"], "pass", "{rest}: {check:#}");
        assert_eq!(
            check["facts"]["tls_verified"].as_bool().or(check["facts"]["tls_version"].as_str().map(|_| true)),
            verified,
            "{rest}: {check:#}"
        );
    }
    let by_address = |mode: &str| {
        check_keys(&format!("{{url: 'mysql://app:sesame@127.0.0.1:{}/app', sslmode: {mode}, ca: {root}}}", server.port))
    };
    assert_eq!(by_address("VERIFY_CA")["result"], "pass");
    failed(&by_address("VERIFY_IDENTITY"), "tls", "tls_wrong_name", "");
    let untrusted = check_keys(&keys(&server, &format!(", sslmode: VERIFY_CA, ca: {other}")));
    failed(&untrusted, "tls", "tls_untrusted", "");
    assert!(codes(&untrusted).contains(&"mysql_host_block"), "{untrusted:#}");
    failed(&check_keys(&keys(&server, ", sslmode: VERIFY_IDENTITY, ca: builtin")), "tls", "tls_untrusted", "");
    failed(&check_keys(&keys(&server, ", ca: /nowhere/ca.pem")), "assert", "file_missing", "");
    let wrong = keys(&server, ", sslmode: REQUIRED, password: wrong");
    failed(&check_keys(&wrong), "login", "password_rejected", "");
}

#[test]
fn parameters_of_the_url() {
    let ca = Ca::root("db root");
    let server = server(&ca, &["--require-secure-transport"], "");
    for (query, passes) in [
        ("ssl-mode=REQUIRED", true),
        ("sslmode=require", true),
        ("tls=skip-verify", true),
        ("sslaccept=accept_invalid_certs", true),
        ("ssl-mode=DISABLED", false),
        ("useSSL=false", false),
    ] {
        let check = check_keys(&format!("{{url: 'mysql://app:sesame@localhost:{}/app?{query}'}}", server.port));
        assert_eq!(check["result"] == "pass", passes, "{query}: {check:#}");
        if !passes {
            // MariaDB says no more than this; MySQL names the reason (3159).
            failed(&check, "login", "password_rejected", "`sslmode: REQUIRED`");
        }
    }
}

#[test]
fn a_server_without_tls() {
    let plain = Server::plain();
    for mode in ["REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"] {
        let check = check_keys(&keys(&plain, &format!(", sslmode: {mode}")));
        failed(&check, "tls", "tls_unsupported", "Enable TLS on the server");
    }
    for mode in ["PREFERRED", "DISABLED"] {
        passed(&check_keys(&keys(&plain, &format!(", sslmode: {mode}"))));
    }
}

#[test]
fn with_a_client_certificate() {
    let (ca, folder) = (Ca::root("db root"), Folder::new());
    let server = server(&ca, &[], "CREATE USER cert@'%' IDENTIFIED BY 'sesame' REQUIRE X509");
    let root = folder.write("ca.pem", &ca.pem);
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    let with = |rest: &str| check_keys(&keys(&server, &format!(", user: cert, database: '', ca: {root}{rest}")));
    assert_eq!(with(&format!(", cert: {cert}, key: {key}"))["result"], "pass");
    failed(&with(""), "login", "password_rejected", "");
    let (other, key) = Ca::root("other").issue(&Leaf::client("app")).write(&folder, "other", &[]);
    let stranger = with(&format!(", cert: {other}, key: {key}"));
    failed(&stranger, "tls", "tls_client_cert_required", "");
}

#[test]
fn a_certificate_that_has_expired() {
    let (ca, folder) = (Ca::root("db root"), Folder::new());
    let leaf = Leaf { from: -9 * DAY, until: -3 * DAY, ..Leaf::server("db", &["localhost"]) };
    let pair = ca.issue(&leaf);
    let server = Server::start(&Options { tls: Some(&pair), ..Options::default() });
    let root = folder.write("ca.pem", &ca.pem);
    failed(&check_keys(&keys(&server, &format!(", ca: {root}"))), "tls", "tls_expired", "");
    assert_eq!(check_keys(&keys(&server, ", sslmode: REQUIRED"))["result"], "pass");
}
