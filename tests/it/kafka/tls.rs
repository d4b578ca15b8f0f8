//! TLS, mutual TLS, and a port that speaks the other of the two.

use super::{check, check_keys, failed, passed};
use crate::support::Folder;
use crate::support::ca::Ca;
use crate::support::kafka::{PASSWORD, broker};

#[test]
fn with_and_without_a_login() {
    let (broker, folder) = (broker(), Folder::new());
    let root = folder.write("ca.pem", &broker.ca);
    let tls = check_keys(&format!("{{bootstrap: 'localhost:{}', topic: orders, tls: {{ca: {root}}}}}", broker.tls));
    passed(&tls);
    assert!(tls["facts"]["tls_version"].is_string() && tls["phases"]["tls"].is_number(), "{tls:#}");
    assert_eq!(tls["target"], format!("kafkas://localhost:{}/orders", broker.tls));
    let by_url = format!("{{url: 'kafka+ssl://localhost:{}', tls: {{ca: {root}}}}}", broker.tls);
    passed(&check_keys(&by_url));
    let login = |password: &str| {
        let words = "security_protocol: SASL_SSL, user: app";
        check_keys(&format!(
            "{{bootstrap: 'localhost:{}', {words}, password: {password}, tls: {{ca: {root}}}}}",
            broker.sasl_tls
        ))
    };
    // PLAIN is chosen over TLS.
    let good = login(PASSWORD);
    passed(&good);
    assert_eq!(good["facts"]["auth_method"], "plain");
    failed(&login("wrong"), "login", "password_rejected", "");
    let none = check_keys(&format!("{{bootstrap: 'localhost:{}', tls: {{ca: {root}}}}}", broker.sasl_tls));
    failed(&none, "login", "password_missing", "SASL_SSL");
}

#[test]
fn with_a_client_certificate() {
    let (broker, folder) = (broker(), Folder::new());
    let root = folder.write("ca.pem", &broker.ca);
    let (cert, key) = broker.client.write(&folder, "app", &[]);
    let keys =
        |rest: &str| format!("{{bootstrap: 'localhost:{}', topic: orders, tls: {{ca: {root}{rest}}}}}", broker.mutual);
    passed(&check_keys(&keys(&format!(", cert: {cert}, key: {key}"))));
    failed(&check_keys(&keys("")), "tls", "tls_client_cert_required", "`tls.cert`");
}

#[test]
fn a_certificate_that_is_not_right_keeps_the_password_here() {
    let (broker, folder) = (broker(), Folder::new());
    let (root, other) = (folder.write("ca.pem", &broker.ca), folder.write("other.pem", Ca::root("other").pem));
    let keys = |tls: &str| {
        format!("{{bootstrap: 'localhost:{}', user: app, password: {PASSWORD}, tls: {{{tls}}}}}", broker.sasl_tls)
    };
    failed(&check_keys(&keys(&format!("ca: {other}"))), "tls", "tls_untrusted", "");
    failed(&check_keys(&keys(&format!("ca: {root}, server_name: other.lab"))), "tls", "tls_wrong_name", "");
    failed(&check_keys(&keys("ca: /nowhere/ca.pem")), "assert", "file_missing", "");
}

#[test]
fn tls_on_a_port_without_it_and_the_reverse() {
    let broker = broker();
    let over_tls = check(&format!("kafkas://localhost:{}", broker.plain));
    failed(&over_tls, "tls", "connection_closed", "`security_protocol: PLAINTEXT`");
    for port in [broker.tls, broker.mutual, broker.sasl_tls] {
        let plain = check(&format!("kafka://localhost:{port}"));
        let cause = plain["failure"]["cause"].as_str().unwrap_or_default();
        assert!(matches!(cause, "tls_unsupported" | "connection_closed"), "{plain:#}");
        let hint = plain["failure"]["hint"].as_str().unwrap_or_default();
        assert!(hint.contains("`tls: {}`"), "{plain:#}");
    }
}
