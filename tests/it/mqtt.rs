//! The `mqtt` kind against the real Mosquitto, and against scripted brokers for the codes that it does not give.

mod answers;
mod login;
mod tls;

use serde_json::Value;

use crate::support::mosquitto::{PASSWORD, USER};
use crate::support::{Folder, json};

/// The one check of a report of these keys.
fn check(keys: &str) -> Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: broker, timeout: 2s, gates: [], mqtt: {keys}}}]"));
    json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

/// The keys of a login at this port, and these ones.
fn keys(port: u16, more: &str) -> String {
    format!("{{host: localhost, port: {port}, user: {USER}, password: {PASSWORD}{more}}}")
}

/// Both versions, as keys.
const VERSIONS: [(&str, &str); 2] = [("3.1.1", ", version: 3.1.1"), ("5", ", version: 5")];

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
