//! What is printed today against what a page shows: they may differ in durations alone.

use super::Block;
use crate::support::helm::{repository, text_of};

/// Whether this run writes the pages.
#[expect(clippy::disallowed_methods, reason = "whether to write is not the product's to know")]
pub(crate) fn writes() -> bool {
    std::env::var_os("PILOTFISH_WRITE_DOCS").is_some()
}

/// A text in which every duration (`0.4ms`, `12s`) is the same one. A number that belongs to a word is none.
pub(super) fn timeless(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        let unit = ["ms", "µs", "s"].into_iter().find(|unit| after.starts_with(unit));
        let is_word = |text: Option<char>| text.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
        let unit = unit.filter(|unit| !is_word(after[unit.len()..].chars().next()) && !is_word(before.chars().last()));
        plain.push_str(before);
        plain.push_str(unit.map_or(number, |_| "0s"));
        rest = &after[unit.map_or(0, str::len)..];
    }
    plain + rest
}

/// Line by line what is printed now; a line that differs from the old one in durations alone stays as it was.
pub(super) fn merged(old: &str, new: &str) -> String {
    let mut before = old.lines();
    let kept = |line: &str| match before.next() {
        Some(old) if timeless(old) == timeless(line) => format!("{old}\n"),
        _ => format!("{line}\n"),
    };
    new.lines().map(kept).collect()
}

/// Asserts that a block of a page is the session as it runs now, or writes it into the page.
pub(super) fn keep(block: &Block, session: &str) {
    let now = merged(&block.text, session);
    if now == block.text {
        return;
    }
    let place = format!("{}:{}", block.page, block.line);
    assert!(writes(), "{place}: the page shows\n{}--- it is\n{now}--- write it with `make docs`", block.text);
    let fenced = |text: &str| format!("```{}\n{text}```", block.language);
    let page = text_of(&block.page);
    assert!(page.contains(&fenced(&block.text)), "{place}: the block is found again");
    std::fs::write(repository(&block.page), page.replace(&fenced(&block.text), &fenced(&now))).expect("it is written");
}

#[test]
fn durations_alone_may_differ() {
    for (one, other) in
        [("(tcp 0.4ms)", "(tcp 12ms)"), ("after 3s, 1.5ms", "after 40s, 99µs"), ("in 1.0s.", "in 2.25s.")]
    {
        assert_eq!(timeless(one), timeless(other));
    }
    for (one, other) in [
        ("port 5432", "port 5433"),
        ("TLS 1.2", "TLS 1.3"),
        ("step-3s-x", "step-4s-x"),
        ("3 servers", "4 servers"),
        ("v1s", "v2s"),
        ("28P01", "28P02"),
    ] {
        assert_ne!(timeless(one), timeless(other), "{one}");
    }
    assert_eq!(merged("a 1ms\nb 2ms\n", "a 9ms\nc 9ms\nd\n"), "a 1ms\nc 9ms\nd\n");
}
