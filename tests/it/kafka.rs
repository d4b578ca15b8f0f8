//! The `kafka` kind against the real Kafka, and against scripted brokers for what no single real one does on demand.

mod advertised;
mod bootstrap;
mod discovery;
mod login;
mod scripted;
mod tls;
mod topics;

use serde_json::Value;

use crate::support::{Folder, json};

/// The one check of a report of this target.
fn check(url: &str) -> Value {
    json(&["check", "-o", "json", url])["checks"][0].take()
}

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: broker, timeout: 10s, gates: [], kafka: {keys}}}]"));
    json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

/// Asserts phase and cause of a failed check, and a part of its hint; gives its message.
#[track_caller]
fn failed(check: &Value, phase: &str, cause: &str, hint: &str) -> String {
    let failure = &check["failure"];
    assert_eq!((failure["phase"].as_str(), failure["cause"].as_str()), (Some(phase), Some(cause)), "{check:#}");
    let text = failure["hint"].as_str().unwrap_or_default();
    assert!(text.contains(hint) && text.len() <= 300, "{hint:?} is not in the hint: {check:#}");
    failure["message"].as_str().expect("a message").to_owned()
}

#[track_caller]
fn passed(check: &Value) {
    assert_eq!(check["result"], "pass", "{check:#}");
    assert_eq!(check["degraded"], false, "{check:#}");
    assert_eq!(check["findings"], serde_json::json!([]), "{check:#}");
}
