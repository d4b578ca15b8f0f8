//! The `memcached` kind against the real memcached, and against scripted servers for what it does not answer.

mod answers;
mod login;
mod servers;
mod tls;

use serde_json::Value;

use crate::support::{Folder, json};

/// The one check of a report of these keys, and of others beside the kind's.
fn check_beside(keys: &str, beside: &str) -> Value {
    let folder = Folder::new();
    let config = format!("checks: [{{name: cache, interval: 1m, timeout: 20s, gates: []{beside}, memcached: {keys}}}]");
    json(&["check", "-o", "json", "-c", &folder.write("c.yaml", config)])["checks"][0].take()
}

fn check(keys: &str) -> Value {
    check_beside(keys, "")
}

/// The keys of a login at this port, and these ones.
fn login(port: u16, more: &str) -> String {
    format!("{{host: localhost, port: {port}, user: app, password: sesame{more}}}")
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

/// Asserts that nothing was found; gives the method of the login.
#[track_caller]
fn passed(check: &Value) -> &str {
    assert_eq!((&check["result"], &check["degraded"]), (&"pass".into(), &false.into()), "{check:#}");
    assert_eq!(check["findings"], serde_json::json!([]), "{check:#}");
    assert!(check["facts"]["server_version"].as_str().is_some_and(|version| version.starts_with("1.")), "{check:#}");
    check["facts"]["auth_method"].as_str().expect("a method")
}

/// Asserts that the check passes, degraded; gives what is not well.
#[track_caller]
fn degraded(check: &Value) -> &str {
    assert_eq!((&check["result"], &check["degraded"]), (&"pass".into(), &true.into()), "{check:#}");
    assert_eq!(check["findings"][0]["code"], "peer_warns", "{check:#}");
    check["findings"][0]["message"].as_str().expect("a message")
}
