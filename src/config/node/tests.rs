use crate::slices::{Slices, at_once};
use std::collections::BTreeMap;

use super::{Error, FromNode, Keys, Reader, parse, read};

#[derive(Debug, Keys)]
#[serde(deny_unknown_fields)]
struct Sample {
    url: String,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    tls: bool,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    list: Vec<Inner>,
    #[serde(default)]
    free: BTreeMap<String, String>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Mode {
    #[default]
    Disable,
    VerifyFull,
}

impl FromNode for Mode {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        node.word(&[("disable", Self::Disable), ("verify-full", Self::VerifyFull)])
    }
}

#[derive(Debug, Keys)]
#[serde(deny_unknown_fields)]
struct Inner {
    weight: u16,
}

/// Every fault as `line:column path: message`.
fn faults(text: &str) -> Vec<String> {
    let problems = match parse(text) {
        Ok(node) => read::<Sample>(&node).map(|_| ()).unwrap_err(),
        Err(problems) => problems,
    };
    let show = |p: super::Problem| format!("{}:{} {}: {}", p.span.line, p.span.column, p.path, p.message);
    problems.into_iter().map(show).collect()
}

#[test]
fn reads_a_struct() {
    let text = "url: 00123\nport: 5432\ntls: true\nmode: verify-full\nlist: [{weight: 1}, {weight: 2}]\nfree: {a: no, b: 1e3}\n";
    let sample: Sample = read(&parse(text).unwrap()).unwrap();
    assert_eq!(sample.url, "00123");
    assert_eq!(sample.port, Some(5432));
    assert!(sample.tls);
    assert_eq!(sample.mode, Mode::VerifyFull);
    assert_eq!(sample.list[1].weight, 2);
    assert_eq!(sample.free["a"], "no");
    assert_eq!(sample.free["b"], "1e3");
}

#[test]
fn nothing_is_an_absent_option() {
    for nothing in ["", "~", "null"] {
        let sample: Sample = read(&parse(&format!("url: x\nport: {nothing}\n")).unwrap()).unwrap();
        assert_eq!(sample.port, None);
    }
    assert_eq!(faults("url:\n"), ["1:1 url: the value is empty, expected a string"]);
}

#[test]
fn every_fault_at_once_with_its_place() {
    let text = "ulr: s3cret\nport: 70000\ntls: s3cret\nmode: s3cret\nlist:\n  - {weigth: 5}\n  - {weight: s3cret}\n  - s3cret\nfree: [s3cret]\n";
    let expected = [
        "1:1 ulr: unknown key, did you mean url?",
        "2:7 port: expected a whole number from 0 to 65535",
        "3:6 tls: expected true or false",
        "4:7 mode: expected one of disable, verify-full",
        "6:6 list[0].weigth: unknown key, did you mean weight?",
        "7:14 list[1].weight: expected a whole number from 0 to 65535",
        "8:5 list[2]: expected a mapping",
        "9:7 free: expected a mapping",
    ];
    assert_eq!(faults(text), expected);
}

#[test]
fn a_missing_key_is_told_once_and_only_where_it_was_forgotten() {
    assert_eq!(faults("port: 1\n"), ["1:1 : the key url is missing"]);
    assert_eq!(
        faults("url: {a: b}\nlist: [{}]\n"),
        ["1:6 url: expected a string", "2:8 list[0]: the key weight is missing"]
    );
}

#[test]
fn a_list_is_no_struct() {
    assert_eq!(faults("[s3cret]\n"), ["1:1 : expected a mapping"]);
    assert_eq!(faults("url: x\nlist: [[1]]\n"), ["2:8 list[0]: expected a mapping"]);
}

#[test]
fn numbers_in_quotes_are_texts() {
    assert_eq!(faults("url: x\nport: \"80\"\n"), ["2:7 port: expected a whole number from 0 to 65535"]);
}

#[test]
fn what_yaml_has_too_much_of_is_refused() {
    for (text, fault) in [
        ("url: &a x\n", "1:6 url: anchors (`&`) are not supported: remove it, or put the value in quotes"),
        ("url: !!str x\n", "1:6 url: tags (`!`) are not supported: remove it, or put the value in quotes"),
        ("url: *a\n", "1:6 : aliases (`*`) are not supported: write the value itself, or put it in quotes"),
        ("url: x\nport: 1\nurl: y\n", "3:1 url: duplicate key, already set in line 1"),
        ("url: x\n---\nurl: y\n", "2:1 : a second document starts here: keep one, without `---`"),
        (
            "url: {{ .Values.url }}\n",
            "1:7 url: a key must be a string; check whether this is a template that was not rendered (`{{ … }}`)",
        ),
        ("<<: x\nurl: y\n", "1:1 : merge keys (`<<`) are not supported: write the keys themselves"),
        ("free:\n\ta: b\n", "2:2 : the indentation contains a tab: use spaces"),
        ("url: @s3cret\n", "1:6 : a value cannot start with this character: put it in quotes"),
        (
            "url: x: y\n",
            "1:7 : a `:` is not allowed here: indent the line like its neighbours, or put the value in quotes",
        ),
    ] {
        let found = faults(text);
        assert_eq!(found, [fault], "{text}");
    }
    let deep = format!("url: {}{}\n", "[".repeat(40), "]".repeat(40));
    assert!(faults(&deep)[0].contains("nested deeper than 32 levels"), "{:?}", faults(&deep));
}

fn load(bytes: &[u8]) -> super::Document {
    at_once(super::load(bytes, &mut Slices::unlimited()))
}

#[test]
fn a_check_is_short_enough_for_one_step() {
    let long =
        |length: usize| format!("checks:\n- {{name: a}}\n- name: b\n  body: {}\n- {{name: c}}\n", "x".repeat(length));
    assert!(load(long(60 * 1024).as_bytes()).problems.is_empty());
    let many: String = std::iter::once("checks:\n".to_owned())
        .chain((0..9_000).map(|number| format!("- {{name: c{number}}}\n")))
        .collect();
    assert!(load(many.as_bytes()).problems.is_empty(), "many short ones are as long as the file may be");
    for text in [long(70 * 1024), format!("labels: [{}]\n", "abc, ".repeat(20_000))] {
        let problems = load(text.as_bytes()).problems;
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].message, "longer than 64 KiB: make it shorter, or write two checks");
    }
}

#[test]
fn bytes_that_are_no_utf8_have_a_place() {
    let problems = load(b"url: x\nport: \xff\n").problems;
    assert_eq!((problems[0].span.line, problems[0].span.column), (2, 7));
    assert!(problems[0].message.contains("UTF-8"));
    assert!(load(b"\xef\xbb\xbfurl: x\n").problems.is_empty());
}
