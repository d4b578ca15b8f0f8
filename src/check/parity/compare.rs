//! Two documents, and where they differ: by path and type, never by a text of theirs.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::keys::{Compare, Ignored};
use crate::outcome::clean_text;
use crate::slices::Slices;

/// How many differences are kept.
const MOST: usize = 32;
/// The longest key that is shown as it is, and the longest that is shown although it has digits.
const LONGEST_KEY: usize = 40;
const LONGEST_ODD_KEY: usize = 20;

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// What differs, as a message shows it.
    pub(super) text: String,
    /// The same without what changes from run to run.
    pub(super) stable: String,
}

/// The differences of one check.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) found: Vec<Difference>,
    /// How many more there are.
    pub(super) more: usize,
}

impl Differences {
    pub(super) fn add(&mut self, text: String, stable: Option<String>) {
        match self.found.len() < MOST {
            true => self.found.push(Difference { stable: stable.unwrap_or_else(|| text.clone()), text }),
            false => self.more += 1,
        }
    }
}

/// A path, and the values that each document has there. When shapes are compared, a path covers all items of a list.
struct Place<'a> {
    path: Vec<&'a str>,
    left: Vec<&'a Value>,
    right: Vec<&'a Value>,
}

/// Compares two documents; the text of each difference names the `request`.
pub(super) async fn documents(
    request: &str,
    [left, right]: [&Value; 2],
    how: Compare,
    ignore: &[Ignored],
    slices: &mut Slices,
    found: &mut Differences,
) {
    // Indexes of lists, for paths.
    let longest = [left, right].into_iter().map(longest_list).max().unwrap_or_default();
    let indexes: Vec<String> = (0..if how == Compare::Values { longest } else { 0 }).map(|at| at.to_string()).collect();
    let mut places = VecDeque::from([Place { path: Vec::new(), left: vec![left], right: vec![right] }]);
    while let Some(place) = places.pop_front() {
        slices.pause().await;
        if ignore.iter().any(|ignored| covers(ignored, &place.path)) {
            continue;
        }
        let mut tell = |path: &[&str], text: &str, stable: Option<&str>| {
            let say = |text: &str| format!("{request}: {} {text}", shown(path));
            found.add(say(text), stable.map(say));
        };
        match how {
            Compare::Shape => shape(&place, ignore, &mut tell, &mut places),
            Compare::Values => values(&place, &indexes, ignore, &mut tell, &mut places),
        }
    }
}

/// What is said of a path, and in words that stay.
type Tell<'t> = dyn FnMut(&[&str], &str, Option<&str>) + Send + 't;

/// The types and the keys of the values of a place. Of an empty list, and where only `null` stands, nothing is known.
fn shape<'a>(place: &Place<'a>, ignore: &[Ignored], tell: &mut Tell<'_>, places: &mut VecDeque<Place<'a>>) {
    let types = |values: &[&Value]| -> Vec<&'static str> {
        let mut types: Vec<&str> = Vec::new();
        for value in values.iter().filter(|value| !value.is_null()) {
            let one = type_of(value);
            if !types.contains(&one) {
                types.push(one);
            }
        }
        types
    };
    let (left, right) = (types(&place.left), types(&place.right));
    if left.is_empty() || right.is_empty() {
        return;
    }
    if !left.iter().any(|one| right.contains(one)) {
        let text = format!("is {} on the left and {} on the right", left.join(" or "), right.join(" or "));
        return tell(&place.path, &text, None);
    }
    let mut keys: BTreeMap<&str, [Vec<&Value>; 2]> = BTreeMap::new();
    let mut items = [Vec::new(), Vec::new()];
    let mut objects = [false; 2];
    for (side, values) in [&place.left, &place.right].into_iter().enumerate() {
        for value in values {
            match value {
                Value::Object(entries) => {
                    objects[side] = true;
                    entries.iter().for_each(|(key, value)| keys.entry(key).or_default()[side].push(value));
                }
                Value::Array(list) => items[side].extend(list),
                _ => {}
            }
        }
    }
    // Of a list on one side and an object on the other the type is told.
    if objects == [true, true] {
        below(place, keys, ignore, tell, places);
    }
    let [left, right] = items;
    if !left.is_empty() && !right.is_empty() {
        places.push_back(Place { path: longer(&place.path, "*"), left, right });
    }
}

/// The values under each key; one that is on one side alone is told.
fn below<'a>(
    place: &Place<'a>,
    keys: BTreeMap<&'a str, [Vec<&'a Value>; 2]>,
    ignore: &[Ignored],
    tell: &mut Tell<'_>,
    places: &mut VecDeque<Place<'a>>,
) {
    for (key, [left, right]) in keys {
        let path = longer(&place.path, key);
        let missing = match (left.is_empty(), right.is_empty()) {
            (true, _) => "left",
            (_, true) => "right",
            _ => {
                places.push_back(Place { path, left, right });
                continue;
            }
        };
        if !ignore.iter().any(|ignored| covers(ignored, &path)) {
            tell(&path, &format!("is missing on the {missing}"), None);
        }
    }
}

/// One value on each side.
fn values<'a>(
    place: &Place<'a>,
    indexes: &'a [String],
    ignore: &[Ignored],
    tell: &mut Tell<'_>,
    places: &mut VecDeque<Place<'a>>,
) {
    let (Some(left), Some(right)) = (place.left.first(), place.right.first()) else { return };
    match (left, right) {
        (Value::Object(one), Value::Object(other)) => {
            let mut keys: BTreeMap<&str, [Vec<&Value>; 2]> = BTreeMap::new();
            for (side, entries) in [one, other].into_iter().enumerate() {
                entries.iter().for_each(|(key, value)| keys.entry(key).or_default()[side].push(value));
            }
            below(place, keys, ignore, tell, places);
        }
        (Value::Array(one), Value::Array(other)) => {
            if one.len() != other.len() {
                let text = format!("has {} items on the left and {} on the right", one.len(), other.len());
                tell(&place.path, &text, Some("has another number of items"));
            }
            for ((left, right), index) in one.iter().zip(other).zip(indexes) {
                places.push_back(Place { path: longer(&place.path, index), left: vec![left], right: vec![right] });
            }
        }
        (Value::Number(one), Value::Number(other)) if one != other && one.as_f64() != other.as_f64() => {
            tell(&place.path, &format!("is {one} on the left and {other} on the right"), Some("is another number"));
        }
        (Value::Bool(one), Value::Bool(other)) if one != other => {
            tell(&place.path, &format!("is {one} on the left and {other} on the right"), None);
        }
        (Value::String(one), Value::String(other)) if one != other => tell(&place.path, "is another text", None),
        (one, other) if type_of(one) != type_of(other) => {
            let text = format!("is {} on the left and {} on the right", type_of(one), type_of(other));
            tell(&place.path, &text, None);
        }
        _ => {}
    }
}

fn longest_list(value: &Value) -> usize {
    let (mut longest, mut open) = (0, vec![value]);
    while let Some(value) = open.pop() {
        match value {
            Value::Array(list) => {
                longest = longest.max(list.len());
                open.extend(list);
            }
            Value::Object(entries) => open.extend(entries.values()),
            _ => {}
        }
    }
    longest
}

fn longer<'a>(path: &[&'a str], step: &'a str) -> Vec<&'a str> {
    path.iter().copied().chain([step]).collect()
}

/// Whether a place may differ. In a shape all items of a list are one.
fn covers(Ignored(steps): &Ignored, path: &[&str]) -> bool {
    let fits = |(step, at): (&String, &&str)| {
        step == "*" || step == at || (*at == "*" && step.bytes().all(|byte| byte.is_ascii_digit()))
    };
    steps.len() == path.len() && steps.iter().zip(path).all(fits)
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A path as a JSON pointer. A key that may be data of a user, such as an address or an identifier, is masked.
fn shown(path: &[&str]) -> String {
    if path.is_empty() {
        return "the document".to_owned();
    }
    let mut text = String::new();
    for step in path {
        let odd =
            step.contains('@') || (step.len() > LONGEST_ODD_KEY && step.bytes().any(|byte| byte.is_ascii_digit()));
        text.push('/');
        match odd || step.len() > LONGEST_KEY {
            true => text.push_str("***"),
            false => text.push_str(&clean_text(&step.replace('~', "~0").replace('/', "~1"), LONGEST_KEY * 2)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Compare, Differences, Ignored, documents};
    use crate::slices::{Slices, at_once};

    fn differences(left: &str, right: &str, how: Compare, ignore: &[&str]) -> Vec<String> {
        let read = |text: &str| serde_json::from_str(text).unwrap();
        let (left, right): (serde_json::Value, serde_json::Value) = (read(left), read(right));
        let ignore: Vec<Ignored> =
            ignore.iter().map(|text| Ignored(text[1..].split('/').map(str::to_owned).collect())).collect();
        let mut found = Differences::default();
        at_once(documents("GET /x", [&left, &right], how, &ignore, &mut Slices::unlimited(), &mut found));
        found.found.into_iter().map(|one| one.text.trim_start_matches("GET /x: ").to_owned()).collect()
    }

    #[test]
    fn shapes() {
        for (left, right, expected) in [
            (r#"{"a":1}"#, r#"{"a":2}"#, &[][..]),
            (r#"{"a":1}"#, r#"{"a":"1"}"#, &["/a is a number on the left and a text on the right"]),
            (r#"{"a":1,"b":{"c":1}}"#, r#"{"a":1,"b":{}}"#, &["/b/c is missing on the right"]),
            (r#"{"a":null}"#, r#"{"a":"x"}"#, &[]),
            (r#"{"items":[]}"#, r#"{"items":[{"id":1}]}"#, &[]),
            (r#"{"items":[{"id":1},{"id":2,"x":true}]}"#, r#"{"items":[{"id":3,"x":false}]}"#, &[]),
            (
                r#"{"items":[{"id":1,"price":2}]}"#,
                r#"{"items":[{"id":1,"price":"2"},{"id":4,"price":"3"}]}"#,
                &["/items/*/price is a number on the left and a text on the right"],
            ),
            (r#"[1,"a"]"#, r#"["a"]"#, &[]),
            (r#"{"a":[]}"#, r#"{"a":{}}"#, &["/a is a list on the left and an object on the right"]),
            ("[]", "{}", &["the document is a list on the left and an object on the right"]),
            (r#"{"a/b":1}"#, "{}", &["/a~1b is missing on the right"]),
            (r#"{"ann@example.com":1,"0123456789abcdef01234":1}"#, "{}", &["/*** is missing on the right"; 2]),
        ] {
            assert_eq!(differences(left, right, Compare::Shape, &[]), expected, "{left} {right}");
        }
    }

    #[test]
    fn values() {
        for (left, right, expected) in [
            (r#"{"a":1,"b":[1,2]}"#, r#"{"b":[1,2],"a":1.0}"#, &[][..]),
            (r#"{"a":1}"#, r#"{"a":2}"#, &["/a is 1 on the left and 2 on the right"]),
            (r#"{"a":true}"#, r#"{"a":false}"#, &["/a is true on the left and false on the right"]),
            (r#"{"a":"s3cret"}"#, r#"{"a":"hunter2"}"#, &["/a is another text"]),
            (r#"{"a":null}"#, r#"{"a":"hunter2"}"#, &["/a is null on the left and a text on the right"]),
            (
                r#"{"a":[1,2,3]}"#,
                r#"{"a":[1,3]}"#,
                &["/a has 3 items on the left and 2 on the right", "/a/1 is 2 on the left and 3 on the right"],
            ),
        ] {
            assert_eq!(differences(left, right, Compare::Values, &[]), expected, "{left} {right}");
        }
    }

    #[test]
    fn what_may_differ_is_ignored() {
        let (left, right) = (r#"{"at":1,"items":[{"id":1,"n":1}]}"#, r#"{"items":[{"id":"x","n":"y"}]}"#);
        let types = "is a number on the left and a text on the right";
        for how in [Compare::Shape, Compare::Values] {
            assert!(differences(left, right, how, &["/at", "/items/*/id", "/items/0/n"]).is_empty());
            assert!(differences(left, right, how, &["/*"]).is_empty());
        }
        assert_eq!(differences(left, right, Compare::Shape, &["/at", "/items/*/n"]), [format!("/items/*/id {types}")]);
        assert_eq!(differences(left, right, Compare::Values, &["/at", "/items/*/n"]), [format!("/items/0/id {types}")]);
    }

    #[test]
    fn the_rest_of_many_is_counted() {
        let keys: Vec<String> = (0..100).map(|index| format!("\"k{index}\":1")).collect();
        let left = format!("{{{}}}", keys.join(","));
        assert_eq!(differences(&left, "{}", Compare::Shape, &[]).len(), 32);
    }
}
