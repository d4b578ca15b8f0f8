//! The names to ask for, their order, and the suffix that matched last.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use hickory_resolver::proto::rr::Name;

use super::conf::Conf;

/// Every tenth run walks the whole list although a suffix is remembered: the name may exist under an earlier one by now.
const FULL_WALK_EVERY: u32 = 10;
/// How many names are remembered. Above it all are forgotten, because a peer's redirects can bring any number of names.
const MEMORY_LIMIT: usize = 1024;

/// How much of the search list a run walks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// All of it, in order: `check`, `wait` and `diagnose`.
    Full,
    /// The suffix that matched last first: `serve`.
    Remembered,
}

/// One absolute name to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The name, with its final dot.
    pub(super) name: Name,
    /// The suffix that was appended, without its final dot.
    pub(super) suffix: Option<String>,
}

/// The names to ask for, in glibc's order: with `ndots` dots or more the name as it is comes first, else where the list has
/// `.`, else last. A final dot
/// means that name alone. Names that would be too long are omitted. Empty if the name itself is invalid.
pub(super) fn candidates(name: &str, conf: &Conf) -> Vec<Candidate> {
    let absolute = |text: &str, suffix: Option<&String>| {
        let mut name = Name::from_ascii(text).ok().filter(|_| !text.is_empty())?.to_lowercase();
        name.set_fqdn(true);
        Some(Candidate { name, suffix: suffix.cloned() })
    };
    let Some(as_is) = absolute(name, None) else { return Vec::new() };
    if name.ends_with('.') {
        return vec![as_is];
    }
    let dots = name.bytes().filter(|byte| *byte == b'.').count();
    let mut list: Vec<Candidate> = if dots >= conf.ndots { vec![as_is.clone()] } else { Vec::new() };
    for suffix in conf.search.iter().chain(std::iter::once(&String::new())) {
        if !suffix.is_empty() {
            list.extend(absolute(&format!("{name}.{suffix}"), Some(suffix)));
        } else if !list.contains(&as_is) {
            list.push(as_is.clone());
        }
    }
    list
}

/// Which suffix of the search list matched last, by name and record type.
#[derive(Debug, Default)]
pub struct Suffixes(Mutex<BTreeMap<String, Remembered>>);

#[derive(Debug, Default)]
struct Remembered {
    suffix: Option<String>,
    /// Runs since the whole list was walked.
    runs: u32,
}

impl Suffixes {
    /// Moves the candidate that matched last to the front. Every tenth time the order stays.
    pub(super) fn reorder(&self, key: &str, walk: Walk, list: &mut [Candidate]) {
        if walk == Walk::Full {
            return;
        }
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = memory.get_mut(key) else { return };
        known.runs += 1;
        if known.runs >= FULL_WALK_EVERY {
            known.runs = 0;
            return;
        }
        if let Some(at) = list.iter().position(|candidate| candidate.suffix == known.suffix) {
            list[..=at].rotate_right(1);
        }
    }

    /// Remembers the suffix that matched.
    pub(super) fn remember(&self, key: &str, walk: Walk, suffix: Option<&str>) {
        if walk == Walk::Full {
            return;
        }
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= MEMORY_LIMIT && !memory.contains_key(key) {
            memory.clear();
        }
        memory.entry(key.to_owned()).or_default().suffix = suffix.map(str::to_owned);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Conf, Suffixes, Walk, candidates};

    fn conf(search: &[&str], ndots: usize) -> Conf {
        Conf {
            servers: Vec::new(),
            search: search.iter().map(|suffix| (*suffix).to_owned()).collect(),
            too_long_for_musl: None,
            ndots,
            timeout: Duration::from_secs(5),
            attempts: 2,
            note: None,
        }
    }

    fn order(name: &str, search: &[&str], ndots: usize) -> Vec<String> {
        candidates(name, &conf(search, ndots)).iter().map(|candidate| candidate.name.to_ascii()).collect()
    }

    #[test]
    fn the_search_list_goes_first_below_ndots() {
        let search = ["ns.svc.cluster.local", "svc.cluster.local"];
        assert_eq!(order("db", &search, 5), ["db.ns.svc.cluster.local.", "db.svc.cluster.local.", "db."]);
        assert_eq!(order("a.b", &search, 2), ["a.b.ns.svc.cluster.local.", "a.b.svc.cluster.local.", "a.b."]);
        assert_eq!(order("A.b", &search, 1), ["a.b.", "a.b.ns.svc.cluster.local.", "a.b.svc.cluster.local."]);
        assert_eq!(order("db.ns.", &search, 5), ["db.ns."], "a final dot means that name alone");
        assert_eq!(order("db", &[], 5), ["db."]);
        assert_eq!(order("db", &["lab", "", "corp"], 5), ["db.lab.", "db.", "db.corp."], "search lab . corp");
        assert_eq!(order("a.b", &["", "corp"], 1), ["a.b.", "a.b.corp."]);
        assert_eq!(order("db", &search, 0), ["db.", "db.ns.svc.cluster.local.", "db.svc.cluster.local."]);
    }

    #[test]
    fn names_that_are_none() {
        for name in ["", "a..b", "a b", "ä", &"x".repeat(64), &"x.".repeat(130)] {
            assert!(order(name, &["lab"], 1).is_empty(), "{name}");
        }
        let long = ["x".repeat(63).as_str(); 3].join(".");
        assert_eq!(order(&long, &[&"y".repeat(63), "lab"], 1), [format!("{long}."), format!("{long}.lab.")]);
    }

    #[test]
    fn what_matched_last_is_asked_first_but_every_tenth_time() {
        let conf = conf(&["one", "two", "three"], 5);
        let memory = Suffixes::default();
        let first = |walk| {
            let mut list = candidates("db", &conf);
            memory.reorder("db A", walk, &mut list);
            assert_eq!(list.len(), 4);
            list[0].name.to_ascii()
        };
        assert_eq!(first(Walk::Remembered), "db.one.");
        memory.remember("db A", Walk::Remembered, Some("three"));
        for run in 1..=20 {
            let expected = if run % 10 == 0 { "db.one." } else { "db.three." };
            assert_eq!(first(Walk::Remembered), expected, "run {run}");
        }
        assert_eq!(first(Walk::Full), "db.one.");
        memory.remember("db A", Walk::Remembered, None);
        assert_eq!(first(Walk::Remembered), "db.");
    }

    #[test]
    fn memory_is_bounded() {
        let memory = Suffixes::default();
        for number in 0..5_000 {
            memory.remember(&number.to_string(), Walk::Remembered, None);
        }
        assert!(memory.0.lock().unwrap().len() <= super::MEMORY_LIMIT);
    }
}
