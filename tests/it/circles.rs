//! Files use each other one way: no file uses one that uses it, straight or through others. What two files share has a
//! file below both.

use std::collections::{BTreeMap, BTreeSet};

use crate::layers::sources;

/// A registry names every kind, and each kind uses what the registry defines: these arrows do not count.
const REGISTRY: [&str; 2] = ["check", "check::schemes"];

#[test]
fn no_file_uses_one_that_uses_it() {
    let sources: BTreeMap<String, String> = sources().into_iter().collect();
    let modules: BTreeSet<&str> = sources.keys().map(String::as_str).collect();
    let uses: BTreeMap<&str, BTreeSet<&str>> =
        sources.iter().map(|(module, text)| (module.as_str(), used(module, text, &modules))).collect();
    let mut circles = Vec::new();
    for (module, direct) in &uses {
        for other in direct.iter().filter(|other| reaches(other, module, &uses)) {
            circles.push(format!("{module} → {other}"));
        }
    }
    let text = "these files use each other in a circle; move what they share to a file below both";
    assert!(circles.is_empty(), "{text}:\n{}", circles.join("\n"));
}

/// Whether `from` uses `to`, straight or through others.
fn reaches(from: &str, to: &str, uses: &BTreeMap<&str, BTreeSet<&str>>) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(module) = waiting.pop() {
        if module == to {
            return true;
        }
        waiting.extend(uses[module].iter().filter(|next| seen.insert(**next)));
    }
    false
}

/// The modules that a module's paths lead to.
fn used<'a>(module: &str, text: &str, modules: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
    let found = paths(text).into_iter().filter_map(|path| target(module, &path, modules));
    let is_of_registry = |found: &&str| REGISTRY.contains(found) && module.starts_with("check::");
    found.filter(|found| *found != module && !is_of_registry(found)).collect()
}

/// The module that a path of this module leads to: the longest part of it that is one.
fn target<'a>(module: &str, path: &[&str], modules: &BTreeSet<&'a str>) -> Option<&'a str> {
    let mut whole: Vec<&str> = module.split("::").collect();
    let mut rest = path;
    match *rest.first()? {
        "crate" => {
            whole.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while let Some(("super", behind)) = rest.split_first().map(|(first, behind)| (*first, behind)) {
                whole.pop();
                rest = behind;
            }
        }
        child if modules.contains(format!("{module}::{child}").as_str()) => {}
        _ => return None,
    }
    whole.extend(rest);
    (1..=whole.len()).rev().find_map(|length| modules.get(whole[..length].join("::").as_str()).copied())
}

/// Every path of at least two names in a text; `a::{b, c::d}` is taken apart.
fn paths(text: &str) -> Vec<Vec<&str>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find(|c: char| c.is_alphabetic() || c == '_').map(|from| at + from) {
        let before = &text[..start];
        let is_inside = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let is_visibility = before.ends_with("(in ");
        let end = start + name(&text[start..]).len();
        if is_inside || is_visibility {
            at = if is_visibility { start + text[start..].find(')').unwrap_or(0) } else { end };
            continue;
        }
        at = path(text, start, &[], &mut found);
    }
    found.retain(|path| path.len() > 1);
    found
}

/// The name at the start of a text.
fn name(text: &str) -> &str {
    &text[..text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())]
}

/// Reads one path from `start` on, behind `prefix`; gives where it ends.
fn path<'a>(text: &'a str, start: usize, prefix: &[&'a str], found: &mut Vec<Vec<&'a str>>) -> usize {
    let mut whole = prefix.to_vec();
    let mut at = start;
    loop {
        let word = name(&text[at..]);
        at += word.len();
        if !word.is_empty() {
            whole.push(word);
        }
        match text[at..].strip_prefix("::") {
            Some(rest) if rest.starts_with('{') => return group(text, at + "::{".len(), &whole, found),
            Some(rest) if !name(rest).is_empty() => at += "::".len(),
            _ => {
                found.push(whole);
                return at;
            }
        }
    }
}

/// Reads the paths of a group from behind its brace on; gives where it ends.
fn group<'a>(text: &'a str, start: usize, prefix: &[&'a str], found: &mut Vec<Vec<&'a str>>) -> usize {
    let mut at = start;
    loop {
        at += text[at..].find(|c: char| !c.is_whitespace() && c != ',').unwrap_or(text.len() - at);
        match text[at..].chars().next() {
            None => return at,
            Some('}') => return at + 1,
            Some(c) if c.is_alphabetic() || c == '_' => {
                at = path(text, at, prefix, found);
                // `b as c` is `b`.
                at += text[at..].find([',', '}']).unwrap_or(text.len() - at);
            }
            Some(c) => at += c.len_utf8(),
        }
    }
}

#[test]
fn paths_are_read_with_their_groups() {
    let text = "use super::{one, two::{Three as Four, self}};\npub(in crate::net) fn f() { child::g(a::b::C) }";
    let expected: [&[&str]; 5] =
        [&["super", "one"], &["super", "two", "Three"], &["super", "two", "self"], &["child", "g"], &["a", "b", "C"]];
    assert_eq!(paths(text), expected);
    let modules = BTreeSet::from(["net", "net::dial", "net::dial::report", "net::io"]);
    for (path, expected) in [
        (&["super", "io", "Io"][..], Some("net::io")),
        (&["report", "line"], Some("net::dial::report")),
        (&["self", "report"], Some("net::dial::report")),
        (&["crate", "net", "World"], Some("net")),
        (&["std", "io"], None),
    ] {
        assert_eq!(target("net::dial", path, &modules), expected, "{path:?}");
    }
}
