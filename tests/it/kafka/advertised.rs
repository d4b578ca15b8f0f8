//! The addresses that brokers announce: the bootstrap works, and clients fail.

use super::{check, failed};
use crate::support::kafka::broker;
use crate::support::{Folder, json, ran};

#[test]
fn a_name_that_does_not_resolve_here() {
    let check = check(&format!("kafka://127.0.0.1:{}/orders", broker().unresolvable));
    let message = failed(&check, "assert", "advertised_unreachable", "names that resolve in this pod");
    let announced = format!("broker-0.kafka.invalid:{}", broker().unresolvable);
    assert!(message.starts_with("the broker answers, but sends its clients to 1 address"), "{message}");
    assert!(message.contains(&announced) && !message.contains(" 0 "), "{message}");
    assert_eq!(check["facts"]["brokers"], serde_json::json!([announced]));
}

#[test]
fn an_address_where_nobody_listens() {
    let check = check(&format!("kafka://127.0.0.1:{}", broker().dead));
    let message = failed(&check, "assert", "advertised_unreachable", "localhost");
    assert!(message.contains("1 cannot be reached: 127.0.0.1:"), "{message}");
}

/// Short runs once passed: little time was left, so no address was tried, and nothing was held against the broker.
#[test]
fn a_run_in_haste_tries_an_address_all_the_same() {
    for port in [broker().dead, broker().unresolvable] {
        for timeout in ["200ms", "350ms", "450ms"] {
            let folder = Folder::new();
            let keys = format!("kafka: {{bootstrap: '127.0.0.1:{port}'}}");
            let config =
                folder.write("c.yaml", format!("checks: [{{name: one, timeout: {timeout}, gates: [], {keys}}}]"));
            let check = json(&["check", "-o", "json", "-c", &config])["checks"][0].take();
            assert_eq!(check["result"], "fail", "{timeout}: {check:#}");
        }
        let url = format!("kafka://127.0.0.1:{port}");
        let waited = ran(&["wait", &url, "--timeout", "1300ms", "--interval", "1s"]);
        assert_eq!(waited.code, 3, "its last run has little time: {waited:?}");
    }
}
