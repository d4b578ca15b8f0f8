//! Pieces that the tests against servers do not turn over one by one.

use super::{contains, in_short};
use crate::check::http::pointer::Found;

#[test]
fn finds_bytes_wherever_they_are() {
    for (body, wanted, expected) in [
        ("", "", true),
        ("abc", "", true),
        ("", "a", false),
        ("aab", "ab", true),
        ("ababac", "abac", true),
        ("abab", "abac", false),
        ("x", "xx", false),
    ] {
        assert_eq!(contains(body.as_bytes(), wanted.as_bytes()), expected, "{body} {wanted}");
    }
}

#[test]
fn only_what_can_be_no_secret_is_shown() {
    for (found, expected) in [
        (Found::Text("disconnected".into()), "\"disconnected\""),
        (Found::Text("hunter2".into()), "another text"),
        (Found::Text("error: hunter2".into()), "another text"),
        (Found::Text(String::new()), "an empty text"),
        (Found::Integer(-7), "-7"),
        (Found::Integer(4_929_000_000_006), "another number"),
        (Found::Bool(false), "false"),
        (Found::Null, "null"),
        (Found::List, "a list"),
    ] {
        assert_eq!(in_short(&found), expected);
    }
}

#[test]
fn a_long_text_is_looked_for_in_linear_time() {
    let body = [b"a".repeat(1024 * 1024), b"b".to_vec()].concat();
    for (wanted, expected) in [
        ([b"a".repeat(30_000), b"b".to_vec()].concat(), true),
        ([b"a".repeat(30_000), b"c".to_vec()].concat(), false),
        ([b"a".repeat(15_000), b"b".to_vec(), b"a".repeat(15_000)].concat(), false),
        ([b"a".repeat(1024 * 1024), b"bb".to_vec()].concat(), false),
    ] {
        let started = crate::slices::cpu_time_of_this_thread();
        assert_eq!(contains(&body, &wanted), expected);
        let took = crate::slices::cpu_time_of_this_thread() - started;
        assert!(took < std::time::Duration::from_millis(1000), "{took:?}");
    }
}
