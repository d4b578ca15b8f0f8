//! Topics: which are there, with how many replicas in sync, and who may see them.

use super::{check, check_keys, failed, passed};
use crate::support::kafka::{PASSWORD, broker, topic_error};

#[test]
fn topics_that_are_there() {
    let good = check(&format!("kafka://127.0.0.1:{}/orders", broker().plain));
    passed(&good);
    assert_eq!(good["facts"]["brokers"], serde_json::json!([format!("127.0.0.1:{}", broker().plain)]));
    assert_eq!(good["facts"]["cluster_id"], "AAAAAAAAAAAAAAAAAAAAAA");
    let keys = |rest: &str| check_keys(&format!("{{bootstrap: '127.0.0.1:{}', {rest}}}", broker().plain));
    passed(&keys("topic: [orders], min_isr: 1"));
    let message = failed(&keys("topic: orders, min_isr: 2"), "assert", "not_enough_replicas", "acks=all");
    assert_eq!(
        message,
        "too few in-sync replicas of topic orders: 3 of 3 partitions (0, 1, 2): 1 in sync, `min_isr` requires 2"
    );
}

#[test]
fn a_missing_topic_is_still_missing_after_twenty_runs() {
    let port = broker().plain;
    for _ in 0..20 {
        let check = check_keys(&format!("{{bootstrap: '127.0.0.1:{port}', topic: [orders, never-made]}}"));
        let message = failed(&check, "assert", "not_found_on_server", "kafka-topics.sh");
        assert_eq!(message, "there is no topic never-made: UNKNOWN_TOPIC_OR_PARTITION");
    }
    assert_eq!(topic_error(port, "never-made"), 3, "nothing created it");
}

#[test]
fn a_user_who_may_not_see_the_topic() {
    for topic in ["orders", "never-made-either"] {
        let target = format!("kafka://reader:{PASSWORD}@127.0.0.1:{}/{topic}?mechanism=PLAIN", broker().sasl);
        let message = failed(&check(&target), "request", "permission_denied", "kafka-acls.sh");
        assert_eq!(message, format!("the user may not describe topic {topic}: TOPIC_AUTHORIZATION_FAILED"));
    }
    assert_eq!(topic_error(broker().plain, "never-made-either"), 3);
}
