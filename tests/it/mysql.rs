//! The `mysql` kind against the real MariaDB, a server with the login method of MySQL 8, and scripted servers.

mod host_block;
mod login;
mod query;
mod sha2;
mod socket;
mod strangers;
mod tls;

use serde_json::Value;

use crate::support::{Folder, json, pilotfish, run};

/// The one check of a report of this target.
fn check(url: &str) -> Value {
    json(&["check", "-o", "json", url])["checks"][0].take()
}

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: db, timeout: 3s, gates: [], mysql: {keys}}}]"));
    json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

/// The one check of a report of a URL that comes from a variable.
fn check_variable(url: &str) -> Value {
    let ran = run(pilotfish().env("URL", url).args(["check", "-o", "json", "env:URL"]));
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    report["checks"][0].take()
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
fn passed(check: &Value) {
    assert_eq!((&check["result"], &check["degraded"]), (&"pass".into(), &false.into()), "{check:#}");
    assert!(codes(check).is_empty(), "{check:#}");
}

/// The codes of a check's findings.
fn codes(check: &Value) -> Vec<&str> {
    check["findings"].as_array().into_iter().flatten().filter_map(|finding| finding["code"].as_str()).collect()
}
