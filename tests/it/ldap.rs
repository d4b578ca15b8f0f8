//! The `ldap` kind against the real OpenLDAP, and against scripted servers for what Active Directory and others answer.

mod answers;
mod base;
mod lock;
mod login;
mod tls;

use serde_json::Value;

use crate::support::slapd::{PASSWORD, USER};
use crate::support::{Folder, json};

/// The one check of a report of these keys.
fn check(keys: &str) -> Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: directory, timeout: 2s, gates: [], ldap: {keys}}}]"));
    json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

/// The keys of a login at this port, and these ones.
fn keys(port: u16, more: &str) -> String {
    format!("{{host: localhost, port: {port}, user: '{USER}', password: {PASSWORD}{more}}}")
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
