//! The picture at the top of README.md is drawn from what a terminal shows of the first session of the page.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::kept::{merged, writes};
use super::{World, blocks};
use crate::support::helm::{repository, text_of};

const PICTURE: &str = "docs/check.svg";

const COLUMNS: &str = "112";

/// What scripts/terminal-picture draws of a text.
fn drawn(title: &str, text: &str) -> String {
    let mut command = Command::new(repository("scripts/terminal-picture"));
    let mut child =
        command.args([title, COLUMNS]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 starts");
    child.stdin.take().expect("it is a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{title}");
    String::from_utf8(output.stdout).expect("it is UTF-8")
}

#[test]
fn the_picture_is_what_the_terminal_shows() {
    let block = blocks("console").into_iter().find(|block| block.page == "README.md").expect("the page has a session");
    let command = block.text.lines().next().and_then(|line| line.strip_prefix("$ ")).expect("it begins with a command");
    let shown = World::start().step(&format!("script -qec 'stty cols {COLUMNS}; {command}' /dev/null"), 0).stdout;
    assert!(shown.contains("\u{1b}[31m"), "it has colours: {shown:?}");
    let new = drawn("pilotfish check names the cause and the fix", &format!("\u{1b}[2m$ {command}\u{1b}[0m\n{shown}"));
    let old = std::fs::read_to_string(repository(PICTURE)).unwrap_or_default();
    let now = merged(&old, &new);
    if writes() {
        std::fs::write(repository(PICTURE), now).expect("it is written");
    } else {
        assert!(now == old, "{PICTURE} is not what a terminal shows: draw it with `make docs`\n{now}");
    }
    assert!(text_of("README.md").contains(PICTURE), "the page shows it");
}

#[test]
fn what_a_terminal_shows_is_never_markup() {
    let drawn = drawn("a < b", "\u{1b}[31m<script>\u{1b}[0m & \"b\"\n    fix      one two\n");
    assert!(drawn.contains("<tspan class=\"bad\">&lt;script&gt;</tspan> &amp; \"b\"</text>"), "{drawn}");
    assert!(drawn.contains("<title>a &lt; b</title>") && !drawn.contains("<script>"), "{drawn}");
    let long = self::drawn("t", &format!("    fix      {}", "word ".repeat(40)));
    assert!(long.matches("<text").count() >= 2 && long.contains(">             word"), "under its beginning: {long}");
}
