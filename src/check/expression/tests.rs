use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Waker};

use super::{Expression, Refused, TooCostly};
use crate::slices::{at_once, cpu_time_of_this_thread};

/// The CPU time of this thread, in milliseconds.
fn cpu() -> u128 {
    cpu_time_of_this_thread().as_millis()
}

fn matches(expression: &str, text: impl AsRef<[u8]>) -> bool {
    let compiled = Expression::compile(expression).unwrap_or_else(|refused| panic!("{expression}: {refused}"));
    let whole = at_once(compiled.matches(text.as_ref())).unwrap();
    // In pieces, with a look at the end after each byte.
    let mut search = compiled.search();
    let mut grown = Vec::new();
    for &byte in text.as_ref() {
        grown.push(byte);
        at_once(search.advance(&grown)).unwrap();
        let ends_well = search.ends_well(&grown).unwrap();
        if grown.len() < 200 {
            assert_eq!(ends_well, at_once(compiled.matches(&grown)).unwrap(), "{expression} {grown:?}");
        }
    }
    let in_pieces = search.ends_well(&grown).unwrap();
    assert_eq!(whole, in_pieces, "{expression} {:?}", String::from_utf8_lossy(text.as_ref()));
    whole
}

/// Expressions, what each matches and what not: as the engine before this one had it.
pub(crate) const MEANINGS: &[(&str, &[&str], &[&str])] = &[
    ("", &["", "a", "é"], &[]),
    ("a", &["a", "bab"], &["", "A", "b"]),
    ("ok|up", &["ok", "it is up"], &["OK", "o"]),
    ("(?i)ok|UP", &["oK", "uP"], &["o k"]),
    ("(?i:o)k", &["Ok", "ok"], &["oK"]),
    ("a(?i)b|c", &["aB", "C"], &["Ab"]),
    ("(?i)k", &["K", "k"], &["\u{212a}"]),
    ("(?i)é", &["é"], &["É"]),
    ("(?i)[a-f]x", &["AX", "fX"], &["gx"]),
    ("(?i)^[^a]$", &["b", "É"], &["a", "A"]),
    ("(?i)[[:upper:]]", &["a"], &["1"]),
    ("^a", &["ab"], &["ba", "b\na"]),
    ("a$", &["ba"], &["ab", "a\n"]),
    (r"\Aa\z", &["a"], &["a\n", "\na"]),
    ("^$", &[""], &["a", "\n"]),
    ("(?m)^a$", &["b\na\nc", "a"], &["ba", "a\r\n"]),
    ("(?mR)^a$", &["b\r\na\r\nc", "a"], &["ba"]),
    ("(?m)^$", &["", "\n", "a\n\nb", "a\n"], &["a"]),
    (".", &["a", "é", "\u{fffd}", "\r"], &["", "\n"]),
    ("^.$", &["é", "€", "𝄞"], &["ab", "éa"]),
    ("^..$", &["éa"], &["é", "𝄞"]),
    ("(?s)^.$", &["\n"], &[""]),
    ("(?R)^.$", &["a"], &["\r", "\n"]),
    ("(?s)(?-s)^.$", &["a"], &["\n"]),
    (r"^\d+$", &["0123456789"], &["٣", "1a"]),
    (r"^\D$", &["a", "٣", "é"], &["1"]),
    (r"^\w+$", &["aZ_09"], &["é", "-"]),
    (r"^\W$", &["é", "-", " "], &["a", "_"]),
    (r"^\s+$", &[" \t\n\r\u{b}\u{c}"], &["\u{a0}", "\u{2003}", "a"]),
    (r"^\S$", &["\u{a0}", "a"], &[" "]),
    (r"\bok\b", &["ok", "(ok)", "é ok", "éok"], &["oko", "book", "_ok"]),
    (r"\Bk\b", &["ok"], &["k", "o k"]),
    (r"\B", &["", "ab", "é", " "], &["aéb", "a"]),
    (r"^\B.\B$", &["é"], &["a"]),
    (r"\b{start}ok\b{end}", &["ok", " ok "], &["oko"]),
    (r"\<ok\>", &["ok", "-ok-"], &["xok"]),
    (r"\b{start-half}ok\b{end-half}", &["ok", " ok "], &["xokx"]),
    ("^[abc]+$", &["cab"], &["abd"]),
    ("^[^abc]$", &["d", "é", "\n"], &["a"]),
    ("^[a-cx-z]$", &["b", "y"], &["d"]),
    ("^[é-ü]$", &["é", "ö"], &["e", "Ā"]),
    ("^[^é]$", &["e", "ü"], &["é"]),
    (r"^[\d_-]+$", &["1_-"], &["a"]),
    (r"^[^\s]$", &["a"], &[" "]),
    (r"^[\W\d]+$", &["1-é"], &["a"]),
    ("^[[:alpha:]]+$", &["aZ"], &["1", "é"]),
    ("^[[:^digit:]]$", &["a", "é"], &["1"]),
    ("^[[:punct:]]+$", &["!/:@[`{~"], &["a"]),
    ("^[[:xdigit:][:space:]]+$", &["af 09"], &["g"]),
    (r"^[\]\[\\^-]+$", &[r"]\[^-"], &["a"]),
    ("^[]a]$", &["]", "a"], &["b"]),
    ("^a?b$", &["b", "ab"], &["aab"]),
    ("^a*b$", &["b", "aaab"], &["ac"]),
    ("^a+b$", &["aab"], &["b"]),
    ("^a{3}$", &["aaa"], &["aa", "aaaa"]),
    ("^a{2,}$", &["aa", "aaaaa"], &["a"]),
    ("^a{1,3}$", &["a", "aaa"], &["", "aaaa"]),
    ("^a{0}b$", &["b"], &["ab"]),
    ("^é{2}$", &["éé"], &["é"]),
    ("^a*?b+?c??$", &["aabb", "abc"], &["ac"]),
    ("(?U)^a+b$", &["aab"], &["b"]),
    ("(?x) ^ a b # comment\n $", &["ab"], &["a b"]),
    ("^(a|b(c|d))+$", &["abcbd"], &["b"]),
    ("^(?:ab|c)d$", &["abd", "cd"], &["ad"]),
    ("^(?P<name>a)(?<other>b)$", &["ab"], &["a"]),
    ("^(|a)b$", &["b", "ab"], &["a"]),
    (r"^\.\*\+\?\(\)\|\[\]\{\}\^\$\\$", &[r".*+?()|[]{}^$\"], &["a"]),
    (r"^\x41\x{e9}\u{1d11e}\u00e9$", &["Aé𝄞é"], &["A"]),
    (r"^\t\r\n\f\v\a$", &["\t\r\n\u{c}\u{b}\u{7}"], &["t"]),
    (r"^v?\d{1,3}(\.\d{1,3}){2}", &["v1.2.3", "16.10.0-x"], &["1.2", "a1.2.3"]),
    (
        r"\b[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\b",
        &["id 01234567-89ab-cdef-0123-456789abcdef."],
        &["01234567-89ab"],
    ),
    ("^application/json", &["application/json; charset=utf-8"], &["text/html"]),
    (r"^(\+PONG|-NOAUTH)", &["+PONG\r\n", "-NOAUTH x"], &["-ERR"]),
    ("[a-z]{1,60}[0-9]", &["abc1"], &["abc", "1"]),
];

#[test]
fn expressions_mean_what_they_meant() {
    for (expression, matching, others) in MEANINGS {
        for text in *matching {
            assert!(matches(expression, text), "{expression} {text:?}");
        }
        for text in *others {
            assert!(!matches(expression, text), "{expression} {text:?}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_count_as_one_character() {
    for (expression, text, expected) in [
        ("^a.b$", &b"a\xffb"[..], true),
        ("^a..b$", b"a\xffb", false),
        ("^a.b$", b"a\xe2\x82b", true),
        ("^a..b$", b"a\xff\xfeb", true),
        ("^a.$", b"a\xe2\x82", true),
        ("^a..$", b"a\xf0\x9d\x84", false),
        ("\u{fffd}$", b"a\xf0\x9d", true),
        (r"^a\b.", b"a\xff", true),
        ("ready$", b"not \xff yet ready", true),
        ("^\u{20ac}$", b"\xe2\x82\xac", true),
    ] {
        assert_eq!(matches(expression, text), expected, "{expression} {text:?}");
    }
    // A character lies across two slices.
    for before in 16_380..16_390 {
        let text = format!("{}\u{20ac}\u{1d11e}!", "a".repeat(before));
        assert!(matches("^a+\u{20ac}\u{1d11e}!$", &text[..]), "{before}");
    }
}

#[test]
fn what_is_over_a_limit_is_refused_at_once_and_not_repeated() {
    let long = format!("s3cret{}", "x".repeat(251));
    let started = cpu();
    for (text, expected) in [
        (long.as_str(), "it has 257 bytes, and at most 256 are allowed: shorten it"),
        ("s3cret{1000}{1000}", "it is too large once compiled"),
        ("(s3cret{300}){10}b", "it is too large once compiled"),
        ("(((s3cret|x){100}){100}){100}", "it is too large once compiled"),
        ("[^s3cret]{999}", "it is too large once compiled"),
        (r"(s3cret(\b|){99}){99}{99}", "it is too large once compiled"),
        ("s3cret(", "unclosed group"),
        (r"s3cret\p{Greek}", "is not supported"),
        (r"[s3cret\pL]", "is not supported"),
        ("[s3cret[x]]", "a class in a class is not supported"),
        ("[[:s3cret:]]", "a class in a class is not supported"),
        ("[s3cret&&x]", "set operations in a class are not supported"),
        (r"s3cret\1", "backreferences are not supported"),
        ("s3cret(?=x)", "look-around"),
        ("s3cret{2,1}", "invalid repetition count range"),
    ] {
        let refused = Expression::compile(text).err().unwrap_or_else(|| panic!("{text} is accepted")).to_string();
        assert!(refused.contains(expected), "{text}: {refused}");
        assert!(!refused.contains("s3cret"), "{refused}");
    }
    let deep = "(".repeat(100) + &")".repeat(100);
    assert!(matches!(Expression::compile(&deep), Err(Refused::Syntax(_))));
    assert!(cpu() - started < 400, "{} ms", cpu() - started);
}

#[test]
fn no_text_makes_a_search_hold_the_thread() {
    let megabyte = 1024 * 1024;
    let mut noise = 1_u32;
    let mut random = |of: &[u8], length: usize| -> Vec<u8> {
        let mut byte = || {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            of[(noise >> 16) as usize % of.len()]
        };
        (0..length).map(|_| byte()).collect()
    };
    for (expression, text, expected) in [
        ("(a|aa|[a-c]+)*(a{1,30}b|[a-z]{1,30}c)$", vec![b'a'; megabyte], Ok(false)),
        ("[a-z]{1,60}[0-9]", vec![b'a'; megabyte], Ok(false)),
        ("[a-z]{1,60}[0-9]", random(b"abcdef ", megabyte), Ok(false)),
        ("(x+x+)+y", vec![b'x'; megabyte], Ok(false)),
        (".*.*=.*", vec![b'x'; megabyte], Ok(false)),
        ("^(.{1,40}|x)*$", random(b"xy\xff\xc3\xa9", 64 * 1024), Ok(true)),
        ("a.{12}b$", random(b"ab", 32 * 1024), Ok(false)),
        ("a.{0,12}[ab]$", random(b"ab", 64 * 1024), Ok(true)),
        ("^x", vec![b'a'; megabyte], Ok(false)),
        ("[ab]*a[ab]{18}c", random(b"ab", megabyte), Err(TooCostly)),
        ("(.{1,30}a.{1,30}b){2}z", random(b"ab\xf0\x9d\x84\x9e", megabyte), Err(TooCostly)),
    ] {
        let compiled = Expression::compile(expression).unwrap();
        let started = cpu();
        let mut longest = 0;
        let mut work = pin!(compiled.matches(&text));
        let result = loop {
            let slice = cpu();
            let poll = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            longest = longest.max(cpu() - slice);
            if let std::task::Poll::Ready(result) = poll {
                break result;
            }
        };
        let total = cpu() - started;
        if !matches!((result, expected), (Ok(true), Ok(true)) | (Ok(false), Ok(false)) | (Err(_), Err(_))) {
            panic!("{expression}: {result:?} instead of {expected:?}");
        }
        assert!(longest <= 50, "{expression}: {longest} ms at a time");
        assert!(total <= 5000, "{expression}: {total} ms");
    }
}
