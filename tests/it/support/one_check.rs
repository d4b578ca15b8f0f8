//! One check: how a test runs it, and what must come of it.

use serde_json::Value;

use super::{Folder, json, pilotfish, run};

/// The one check of a report of this target.
pub(crate) fn check(target: &str) -> Value {
    json(&["check", "-o", "json", target])["checks"][0].take()
}

/// The one check of a report of these keys of a kind.
pub(crate) fn check_of(kind: &str, timeout: &str, keys: &str) -> Value {
    let folder = Folder::new();
    let check = format!("checks: [{{name: one, timeout: {timeout}, gates: [], {kind}: {keys}}}]");
    json(&["check", "-o", "json", "-c", &folder.write("c.yaml", check)])["checks"][0].take()
}

/// The same with a variable.
pub(crate) fn check_with(name: &str, value: &str, kind: &str, keys: &str) -> Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: one, gates: [], {kind}: {keys}}}]"));
    let ran = run(pilotfish().env(name, value).args(["check", "-o", "json", "-c", &config]));
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    report["checks"][0].take()
}

/// The one check of a report of a URL that comes from a variable.
pub(crate) fn check_variable(url: &str) -> Value {
    let ran = run(pilotfish().env("URL", url).args(["check", "-o", "json", "env:URL"]));
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    report["checks"][0].take()
}

/// Asserts phase and cause of a failed check, and a part of its hint; gives its message.
#[track_caller]
pub(crate) fn failed(check: &Value, phase: &str, cause: &str, hint: &str) -> String {
    let failure = &check["failure"];
    assert_eq!((failure["phase"].as_str(), failure["cause"].as_str()), (Some(phase), Some(cause)), "{check:#}");
    let text = failure["hint"].as_str().unwrap_or_default();
    // The most that `kubectl describe` shows of it.
    assert!(text.contains(hint) && text.len() <= 300, "{hint:?} is not in the hint: {check:#}");
    failure["message"].as_str().expect("a message").to_owned()
}

/// Asserts that a check passes and has nothing to report.
#[track_caller]
pub(crate) fn passed(check: &Value) {
    passed_as(check, false);
    assert_eq!(codes(check), Vec::<&str>::new(), "{check:#}");
}

/// Asserts that a check passes, degraded or not; it may have findings.
#[track_caller]
pub(crate) fn passed_as(check: &Value, degraded: bool) {
    assert_eq!((&check["result"], &check["degraded"]), (&"pass".into(), &degraded.into()), "{check:#}");
}

/// The codes of a check's findings.
pub(crate) fn codes(check: &Value) -> Vec<&str> {
    findings(check, "code")
}

/// The texts of a check's findings.
pub(crate) fn warnings(check: &Value) -> String {
    findings(check, "message").join("; ")
}

fn findings<'a>(check: &'a Value, key: &str) -> Vec<&'a str> {
    check["findings"].as_array().into_iter().flatten().filter_map(|finding| finding[key].as_str()).collect()
}
