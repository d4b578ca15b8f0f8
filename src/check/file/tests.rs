//! The keys, and what is made of a file.

use std::time::{Duration, SystemTime};

use super::{Age, FileRun, KIND, path_of, target_fault};
use crate::config::node::parse;
use crate::env::{FILE_LIMIT, FileState, MapEnv};
use crate::outcome::Fault;
use crate::secret::Secret;
use crate::value::Value;

fn faults(yaml: &str) -> Vec<String> {
    let problems = (KIND.parse)(&parse(yaml).unwrap()).err().expect(yaml);
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

#[test]
fn what_is_wrong_is_told_at_load() {
    for (yaml, expected) in [
        ("{}", ": the key path is missing"),
        ("{path: s3cret}", "path: expected an absolute path"),
        ("{path: ''}", "path: expected an absolute path"),
        ("{path: /x, contains: ''}", "contains: is empty"),
        ("{path: /x, max_age: 7}", "max_age: expected a duration such as 30m, 12h or 7d"),
        ("{path: /x, max_age: 4000d}", "max_age: expected a duration"),
        ("{path: /x, pem_min_days_valid: -1}", "pem_min_days_valid: expected a number of days"),
        ("{path: /x, max_days: 1}", "max_days: unknown key"),
    ] {
        let faults = faults(yaml);
        assert!(faults.len() == 1 && faults[0].starts_with(expected), "{yaml}: {faults:?}");
        assert!(!faults[0].contains("s3"), "{faults:?}");
    }
}

#[test]
fn a_target_has_a_path() {
    for (text, path) in [
        ("file:/etc/x", Some("/etc/x")),
        ("file:///etc/x", Some("/etc/x")),
        ("file://host/x", None),
        ("file:////x", None),
        ("file:/x?mode=ro", None),
        ("file:/x@y", None),
        ("file:x", None),
        ("file:", None),
        ("files:/x", None),
    ] {
        assert_eq!(path_of(text), path, "{text}");
    }
    assert_eq!(target_fault("file:/etc/x"), None);
    for text in ["file:", "file:x", "file:x/y"] {
        assert!(target_fault(text).is_some(), "{text}");
    }
    let target =
        |value| (KIND.from_url)(value).prepare(&MapEnv::with_vars(&[("F", "file:/x"), ("BAD", "s3cret")])).target;
    assert_eq!(target(Value::Env("F".to_owned())), "file:/x");
    assert_eq!(target(Value::Env("BAD".to_owned())), "the variable BAD");
}

#[test]
fn every_value_is_read_at_a_run() {
    let yaml = "{path: /x, contains: {env: C}, max_age: {env: A}, pem_min_days_valid: {env: D}}";
    let origins = |yaml| {
        let check = (KIND.parse)(&parse(yaml).unwrap()).expect(yaml);
        check.values().iter().map(|value| value.origin()).collect::<Vec<_>>()
    };
    assert_eq!(origins(yaml), ["the variable A", "the variable D", "the variable C", "the file /x"]);
    assert_eq!(origins("{path: {env: P}}"), ["the variable P"]);
}

fn run(contains: Option<&str>, max_age: Option<&str>) -> FileRun {
    FileRun {
        path: "/x".into(),
        contains: contains.map(|text| Secret::new(text.to_owned())),
        max_age: max_age.map(|age| age.parse().expect(age)),
        days: None,
    }
}

fn words(result: Result<(), Fault>) -> String {
    result.map_or_else(|fault| format!("{} {}", fault.cause.slug(), fault.message), |()| "pass".to_owned())
}

#[test]
fn a_file_is_as_old_as_its_last_change() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    for (ago, max, expected) in [
        (0, "1s", "pass"),
        (3600, "1h", "pass"),
        (
            3601,
            "1h",
            "file_invalid the file /x was changed last at 2027-01-15T06:59:59Z, 1h ago; at most 1h are allowed",
        ),
        (7 * 86_400, "7d", "pass"),
        (
            9 * 86_400,
            "7d",
            "file_invalid the file /x was changed last at 2027-01-06T08:00:00Z, 9d ago; at most 7d are allowed",
        ),
        (
            90,
            "1m",
            "file_invalid the file /x was changed last at 2027-01-15T07:58:30Z, 1m30s ago; at most 1m are allowed",
        ),
    ] {
        let state = FileState { size: 1, modified: now - Duration::from_secs(ago) };
        assert_eq!(words(run(None, Some(max)).judge_age(&state, now)), expected);
    }
    let future = FileState { size: 1, modified: now + Duration::from_secs(60) };
    assert_eq!(words(run(None, Some("1s")).judge_age(&future, now)), "pass", "clocks differ");
    assert_eq!(Age(Duration::from_mins(90)).to_string(), "1h");
}

#[test]
fn a_text_is_looked_for_and_never_shown() {
    let run = run(Some("s3cret"), None);
    for (content, size, expected) in [
        (&b"a s3cret b"[..], 10, "pass"),
        (b"\xff\xfes3cret", 8, "pass"),
        (b"other", 5, "file_invalid the file /x (5 bytes) does not contain the text that `contains` says"),
        (b"", 0, "file_invalid the file /x (0 bytes) does not contain"),
        (b"other", FILE_LIMIT + 1, "probe_limit the file /x has 1048577 bytes, and only the first 1 MiB is read"),
    ] {
        let words = words(run.judge_text(content, size));
        assert!(words.starts_with(expected) && !words.contains("s3"), "{words}");
    }
}
