//! Tables of tests that must have a row for every kind of the registry.

use pilotfish::check::{KINDS, Kind, Subject};

/// Kinds that ask a sidecar over HTTP, their own or that of another pod.
const OVER_HTTP: [&str; 2] = ["dapr", "same_secret"];

/// Every kind that speaks with a peer over TCP: servers, and sidecars.
pub(crate) fn speakers() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| kind.subject == Subject::Server || OVER_HTTP.contains(&kind.name))
}

/// What a peer of another protocol does to those that ask sidecars, key sets or providers, it does to that of a peer's health: all
/// are `http` up to the answer. Better Auth's keys are read over `postgres`.
pub(crate) fn judged_like(name: &str) -> &str {
    match name {
        "dapr" | "parity" | "same_secret" | "same-secret" | "jwks" | "token" | "oidc" => "peer",
        "mcp" => "http",
        "stored" => "postgres",
        own => own,
    }
}

/// The rows of each of these kinds, in the order of the registry. The keys of a row, `tcp: {address: …}`, tell its kind.
///
/// # Panics
/// Where a kind has no row, or a row no kind: the text says in which file to `add` what.
pub(crate) fn rows_of<T>(
    kinds: impl Iterator<Item = &'static Kind>,
    mut table: Vec<T>,
    keys: impl Fn(&T) -> &str,
    (file, add): (&str, &str),
) -> Vec<T> {
    let mut rows = Vec::with_capacity(table.len());
    for kind in kinds {
        let (own, others): (Vec<T>, Vec<T>) = table.into_iter().partition(|row| name(keys(row)) == kind.name);
        assert!(!own.is_empty(), "the kind {} has no row in {file}: add {add}", kind.name);
        rows.extend(own);
        table = others;
    }
    if let Some(row) = table.first() {
        panic!("{file} has a row for {}, which is no such kind: remove it", name(keys(row)));
    }
    rows
}

fn name(keys: &str) -> &str {
    keys.split(':').next().unwrap_or_default()
}

#[test]
fn a_kind_without_a_row_is_named_with_what_to_add() {
    let says = |table: Vec<&'static str>| {
        let ran = std::panic::catch_unwind(|| rows_of(speakers(), table, |row| row, ("x.rs", "its keys")));
        let panicked = ran.expect_err("a table that does not fit");
        panicked.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let all = || speakers().map(|kind| kind.name).collect::<Vec<_>>();
    let mut less = all();
    let missing = less.pop().expect("there are kinds");
    assert_eq!(says(less), format!("the kind {missing} has no row in x.rs: add its keys"));
    assert_eq!(says([all(), vec!["env"]].concat()), "x.rs has a row for env, which is no such kind: remove it");
}
