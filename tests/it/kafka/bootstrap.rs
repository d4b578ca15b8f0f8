//! Several brokers to start with: the first one that answers is enough.

use super::{check, check_keys, failed, passed};
use crate::support::dead_port;
use crate::support::kafka::{PASSWORD, broker};

#[test]
fn the_first_one_that_answers_is_enough() {
    let (dead, port) = (dead_port(), broker().plain);
    let degraded = check(&format!("kafka://127.0.0.1:{dead},127.0.0.1:{port}/orders"));
    assert_eq!((&degraded["result"], &degraded["degraded"]), (&"pass".into(), &true.into()), "{degraded:#}");
    let passed_over = degraded["facts"]["passed_over"][0].as_str().unwrap_or_default();
    assert!(passed_over.starts_with(&format!("127.0.0.1:{dead}: ")), "{degraded:#}");
    passed(&check_keys(&format!("{{bootstrap: ['127.0.0.1:{port}', '127.0.0.1:{dead}'], topic: orders}}")));
    let none = check_keys(&format!("{{bootstrap: '127.0.0.1:{dead},127.0.0.1:{}'}}", dead_port()));
    let message = failed(&none, "connect", "connect_refused", "");
    assert_eq!(message.matches("127.0.0.1:").count(), 4, "{message}");
}

#[test]
fn a_rejected_login_is_not_repeated_at_the_next_one() {
    let port = broker().sasl;
    let keys = format!(
        "{{bootstrap: ['127.0.0.1:{port}', 'localhost:{port}'], user: scram, password: wrong-{PASSWORD}, mechanism: \
         SCRAM-SHA-512}}"
    );
    let check = check_keys(&keys);
    failed(&check, "login", "password_rejected", "");
    assert_eq!(check["tries"].as_array().map(Vec::len), Some(1), "{check:#}");
}
