use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Excess;
use crate::secret::Secret;
use crate::slices::cpu_time_of_this_thread;

fn read(text: &str) -> HashMap<String, Secret> {
    super::read(text, &names(text)).unwrap()
}

/// The names that a text may set.
fn names(text: &str) -> HashSet<&str> {
    text.split('\n')
        .filter_map(|line| Some(line.trim_start().trim_start_matches("export ").split_once('=')?.0.trim()))
        .collect()
}

#[test]
fn lines_quotes_and_comments() {
    let text = "# a comment\nexport A=1\nB = two words # comment\nC='x # y'\nD=\"p\\\"q\\nr\"\n\nE=\"two\nlines\"\nF=${A}/x\nG='${A}'\n\
                H=\nbroken\nI=a#b\r\nJ=\"open\nK=last";
    let found = read(text);
    let value = |name: &str| found.get(name).map(|text| text.expose().to_owned());
    for (name, expected) in [
        ("A", "1"),
        ("B", "two words"),
        ("C", "x # y"),
        ("D", "p\"q\nr"),
        ("E", "two\nlines"),
        ("F", "1/x"),
        ("G", "${A}"),
        ("H", ""),
        ("I", "a#b"),
        ("J", "\"open"),
        ("K", "last"),
    ] {
        assert_eq!(value(name).as_deref(), Some(expected), "{name}");
    }
    assert_eq!(found.len(), 11);
}

#[test]
fn references_are_filled_in_once() {
    for (text, expected) in [
        ("A=1\nB=2\nX=${A}-${B}${A}", "1-21"),
        ("X=${A}\nA=1", "${A}"),
        ("A=1\nX=${A", "${A"),
        ("A=1\nX=${${A}}", "${1}"),
        ("A=1\nX=$${A}", "$1"),
        ("A=1\nX=${}${ A}${B}", "${}${ A}${B}"),
        ("A='${B}'\nB=1\nX=${A}", "${B}"),
        ("X=1\nX=${X}2", "12"),
        ("A=1\nX=\"${A}\\n\"", "1\n"),
        ("DB-HOST=db\nX=postgres://${DB-HOST}/x", "postgres://db/x"),
        ("A=\nX=[${A}]", "[]"),
    ] {
        assert_eq!(read(text)["X"].expose(), expected, "{text}");
    }
}

#[test]
fn the_environment_of_a_process() {
    let found = super::read("A=1\0B=x=y\n\0C=\0D=4\0", &HashSet::from(["A", "B", "C", "E"])).unwrap();
    assert_eq!(found["B"].expose(), "x=y\n");
    assert_eq!(found.len(), 3);
}

/// Ten references to each name before, over six lines: a million times the first value.
fn doubling(quote: &str) -> String {
    let line = |name: &str, of: &str| format!("{name}={quote}{}{quote}\n", format!("${{{of}}}").repeat(10));
    let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let first = format!("A={}\n", "s3cret".repeat(3));
    first + &names.windows(2).map(|pair| line(pair[1], pair[0])).collect::<String>()
}

#[test]
fn what_grows_or_is_too_long_is_refused_with_its_line() {
    const GROWN: &str = "with this value, and with references (${…}) filled in, the variables have more than 1 MiB";
    let text = |text: String, line: usize, what: &'static str| (text, Excess { line, what });
    for (text, expected) in [
        text(doubling(""), 6, GROWN),
        text(doubling("\""), 6, GROWN),
        text(format!("A={}\n\nB=${{A}}${{A}}\n", "x".repeat(400 * 1024)), 3, GROWN),
        text(format!("A=\"{}\n\"\nB=${{A}}\n", "x\n".repeat(300 * 1024)), 307_203, GROWN),
        text(
            format!("A=1\nB={}\n", "${A}".repeat(20_000)),
            2,
            "more references (${…}) than the 16384 that are filled in",
        ),
        text("A=1\n".repeat(20_000), 16_385, "it has more lines than the 16384 that are read"),
        text("\n".repeat(1024 * 1024), 16_385, "it has more lines than the 16384 that are read"),
    ] {
        let started = cpu_time_of_this_thread();
        assert_eq!(super::read(&text, &names(&text)).unwrap_err(), expected);
        let took = cpu_time_of_this_thread() - started;
        assert!(took < Duration::from_millis(500), "{took:?} for line {}", expected.line);
    }
}

#[test]
fn long_files_take_time_that_grows_with_their_length() {
    let plain: String = (0..8000).map(|index| format!("NAME_{index}=value {index}\n")).collect();
    let references: String = (0..8000).map(|index| format!("NAME_{index}=${{NAME_{}}}x\n", index / 2)).collect();
    for text in [
        plain,
        references,
        format!("A={}", "${".repeat(500_000)),
        format!("A={}", "${A}".repeat(250_000)),
        format!("A=\"{}", "\\\"".repeat(500_000)),
        format!("A='{}", "\nB=\"".repeat(3000)),
        format!("A={}", "=".repeat(1_000_000)),
        format!("A={}", " #".repeat(500_000)),
    ] {
        let names = names(&text);
        let started = cpu_time_of_this_thread();
        super::read(&text, &names).unwrap();
        let took = cpu_time_of_this_thread() - started;
        assert!(took < Duration::from_millis(500), "{took:?}: {}", &text[..40]);
    }
}

#[test]
fn only_what_is_asked_for_and_what_that_refers_to_is_read() {
    // The second A is nobody's: X refers to the first, and B to the third.
    let text = "A=1\nX=${A}\nA=2\nA=3\nB=${A}${X}\nC=${B}";
    for (name, expected) in [("X", "1"), ("A", "3"), ("B", "31"), ("C", "31")] {
        let found = super::read(text, &HashSet::from([name])).unwrap();
        assert_eq!(
            found.iter().map(|(name, value)| (name.as_str(), value.expose())).collect::<Vec<_>>(),
            [(name, expected)]
        );
    }
    assert!(super::read(&doubling(""), &HashSet::from(["A"])).unwrap().contains_key("A"), "what grows is not needed");
}
