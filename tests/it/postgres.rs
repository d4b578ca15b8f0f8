//! The `postgres` kind against real PostgreSQL clusters.

mod errors;
mod hosts;
mod keys;
mod login;
mod migrations;
mod peer_name;
mod pooler;
mod sockets;
mod sslmode;
mod strangers;
mod strings;
mod tables;

use serde_json::Value;

use crate::support::{json, pilotfish, run};

/// What the server's log says of a client that left without a goodbye.
const RUDE: &[&str] = &[
    "unexpected EOF",
    "could not receive",
    "could not send",
    "could not accept SSL",
    "incomplete startup packet",
    "invalid length of startup packet",
    "unexpected message type",
    "expected password response",
];

/// The one check of a report of these targets.
fn check(url: &str) -> Value {
    json(&["check", "-o", "json", url])["checks"][0].take()
}

/// The one check of a report of a URL that comes from a variable: one that cannot be used is an outcome, no bad usage.
fn check_variable(url: &str) -> Value {
    let ran = run(pilotfish().env("URL", url).args(["check", "-o", "json", "env:URL"]));
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    report["checks"][0].take()
}

/// Asserts phase and cause of a failed check; gives its message.
fn failed(check: &Value, phase: &str, cause: &str) -> String {
    let failure = &check["failure"];
    assert_eq!((failure["phase"].as_str(), failure["cause"].as_str()), (Some(phase), Some(cause)), "{check:#}");
    failure["message"].as_str().expect("a message").to_owned()
}

#[track_caller]
fn passed(check: &Value) {
    assert_eq!(check["result"], "pass", "{check:#}");
}

/// Percent-encodes everything that is not a letter or a digit.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encode).collect()
}

#[track_caller]
fn polite(log: &str) {
    for text in RUDE {
        assert!(!log.contains(text), "{text:?} in the server's log:\n{log}");
    }
}
