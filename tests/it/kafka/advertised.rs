//! The addresses that brokers announce: the bootstrap works, and clients fail.

use super::{check, failed};
use crate::support::kafka::broker;

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
