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
