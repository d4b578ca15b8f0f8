//! Hints and findings are chosen from what was observed, typed, and never from the text of a message: every source under
//! `src/findings/` is read for calls that would search one.

use crate::layers::sources;

/// What searches a text.
const SEARCHES: &[&str] = &[
    "contains",
    "ends_with",
    "eq_ignore_ascii_case",
    "find",
    "match_indices",
    "matches",
    "rfind",
    "rmatches",
    "rsplit",
    "rsplit_once",
    "split",
    "split_once",
    "split_whitespace",
    "splitn",
    "starts_with",
    "strip_prefix",
    "strip_suffix",
    "trim_end_matches",
    "trim_start_matches",
];

/// What stands between a text and the search and changes nothing.
const BETWEEN: &[&str] =
    &["as_bytes", "as_deref", "as_ref", "as_str", "clone", "to_ascii_lowercase", "to_lowercase", "trim"];

#[test]
fn no_message_is_searched_where_hints_and_findings_are_chosen() {
    let mut wrong = Vec::new();
    let mut read = 0;
    for (module, text) in sources().into_iter().filter(|(module, _)| module.starts_with("findings")) {
        read += 1;
        wrong.extend(searches(&text).into_iter().map(|found| format!("{module}: {found}")));
    }
    assert!(read > 20, "the sources were not found");
    assert!(
        wrong.is_empty(),
        "set a `Detail` where the fault is made and choose by that (src/outcome/detail.rs):\n{}",
        wrong.join("\n")
    );
}

#[test]
fn searches_are_seen() {
    for text in [
        "fault.message.contains(\"x\")",
        "fault\n    .message\n    .as_str()\n    .starts_with(\"x\")",
        "let message = &fault.message; message.split(':')",
        "finding.message.to_lowercase().find('x')",
        "if says(\"x\") {",
        "let Fault { message, .. } = fault;",
        "let text = &fault.message;",
    ] {
        assert_ne!(searches(text), [""; 0], "{text}");
    }
    for text in [
        "format!(\"{}; {}\", finding.message, finding.fix)",
        "let message = format!(\"{name} has {what}\"); row.found(message, fix)",
        "messages.contains(&one)",
        "row.message_of(text).contains('x')",
        "evidence.says(finding)",
        "name.contains('.')",
    ] {
        assert_eq!(searches(text), [""; 0], "{text}");
    }
}

/// Every place at which a message is searched, or a fault's message is read at all.
fn searches(text: &str) -> Vec<&str> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in text.match_indices("message") {
        let (before, after) = (&text[..at], &text[at + "message".len()..]);
        if before.ends_with(word) || after.starts_with(word) {
            continue;
        }
        let start = before.rfind('\n').map_or(0, |line| line + 1);
        let line = text[start..].lines().next().unwrap_or_default();
        let taken_apart = line.contains("Fault {");
        if before.trim_end().trim_end_matches('.').trim_end().ends_with("fault") || taken_apart || is_searched(after) {
            found.push(line.trim());
        }
    }
    let called = |(at, _): &(usize, &str)| !text[..*at].ends_with(|c: char| word(c) || c == '.');
    found.extend(text.match_indices("says(").filter(called).map(|_| "says("));
    found
}

/// Whether a search is called on what stands before this.
fn is_searched(mut rest: &str) -> bool {
    loop {
        rest = rest.trim_start().trim_start_matches('?');
        let Some(call) = rest.strip_prefix('.') else { return false };
        let end = call.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(call.len());
        let (name, arguments) = call.split_at(end);
        if SEARCHES.contains(&name) {
            return true;
        }
        match arguments.strip_prefix("()") {
            Some(after) if BETWEEN.contains(&name) => rest = after,
            _ => return false,
        }
    }
}
