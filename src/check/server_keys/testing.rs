//! The keys of a kind, for its tests: from YAML to what is read, or to what is wrong.

use crate::config::node::{Node, Problem, parse};

/// How a kind reads its keys.
type Read<K> = fn(&Node) -> Result<K, Vec<Problem>>;

/// The keys.
#[track_caller]
pub fn keys<K>(read: Read<K>, yaml: &str) -> K {
    read(&parse(yaml).expect(yaml)).unwrap_or_else(|problems| panic!("{yaml}: {problems:?}"))
}

/// What is wrong with each of these texts: one fault, which starts like this, and repeats no secret (`s3cret`).
#[track_caller]
pub fn assert_faults<K>(read: Read<K>, rows: &[(&str, &str)]) {
    for (yaml, expected) in rows {
        let Err(problems) = read(&parse(yaml).expect(yaml)) else { panic!("{yaml}: it is read") };
        let faults: Vec<String> =
            problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
        assert!(faults.len() == 1 && faults[0].starts_with(expected), "{yaml}: {faults:?}");
        assert!(!faults[0].contains("s3"), "{faults:?}");
    }
}
