//! What is printed today against what a page shows: they may differ in durations alone.

use super::Block;
use crate::support::helm::{repository, text_of};

/// Whether this run writes the pages.
#[expect(clippy::disallowed_methods, reason = "whether to write is not the product's to know")]
pub(crate) fn writes() -> bool {
    std::env::var_os("PILOTFISH_WRITE_DOCS").is_some()
}

/// The length of the duration that a text starts with: `0.4ms`, `12s`, `1m30s`.
fn duration(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let digits = |from: usize| text[from..].chars().take_while(char::is_ascii_digit).count();
        let whole = digits(at);
        let part = if text[at + whole..].starts_with('.') { digits(at + whole + 1) } else { 0 };
        let number = whole + if part > 0 { part + 1 } else { 0 };
        let unit = ["ms", "µs", "s", "m", "h", "d"].into_iter().find(|unit| text[at + number..].starts_with(unit));
        match unit {
            Some(unit) if number > 0 => at += number + unit.len(),
            _ => break,
        }
    }
    let is_word = text[at..].starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
    Some(at).filter(|at| *at > 0 && !is_word)
}

/// A line in which every duration is the same one, and columns are as wide as they may be. A number that belongs to a word is none.
pub(super) fn timeless(line: &str) -> String {
    let mut plain = String::new();
    let mut found = false;
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let in_word = plain.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        match duration(rest).filter(|_| !in_word) {
            Some(length) => {
                found = true;
                plain.push_str("0s");
                rest = &rest[length..];
            }
            None => {
                plain.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    if found { plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ") } else { plain }
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
        ("up   ready", "up  ready"),
        ("10.0.0.5s", "10.0.0.6s"),
    ] {
        assert_ne!(timeless(one), timeless(other), "{one}");
    }
    assert_eq!(merged("a 1ms\nb 2ms\n", "a 9ms\nc 9ms\nd\n"), "a 1ms\nc 9ms\nd\n");
}
