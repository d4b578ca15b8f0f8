//! The `nats` kind against the real server.

mod cluster;
mod login;
mod network;
mod states;
mod tls;

use serde_json::Value;

use crate::support::json;

/// The one check of a report of this target.
fn check(url: &str) -> Value {
    json(&["check", "-o", "json", url])["checks"][0].take()
}

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    let folder = crate::support::Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: mq, timeout: 2s, gates: [], nats: {keys}}}]"));
    json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

/// Asserts phase and cause of a failed check, and a part of its hint; gives its message.
#[track_caller]
fn failed(check: &Value, phase: &str, cause: &str, hint: &str) -> String {
    let failure = &check["failure"];
    assert_eq!((failure["phase"].as_str(), failure["cause"].as_str()), (Some(phase), Some(cause)), "{check:#}");
    assert!(failure["hint"].as_str().is_some_and(|text| text.contains(hint)), "{hint:?} is not in the hint: {check:#}");
    failure["message"].as_str().expect("a message").to_owned()
}

#[track_caller]
fn passed(check: &Value, degraded: bool) {
    assert_eq!(check["result"], "pass", "{check:#}");
    assert_eq!(check["degraded"], degraded, "{check:#}");
}

/// The codes of a check's findings.
fn codes(check: &Value) -> Vec<&str> {
    check["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["code"].as_str()).collect()
}
