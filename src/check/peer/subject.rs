//! What a document is about: health, or something else that has a `status` too, such as an order or a to-do.

use crate::check::peer::document::{Doc, Entry};
use crate::check::peer::names::Name;
use crate::check::peer::own_status::{OwnStatus, truth};
use crate::check::words;

/// How deep a document is wrapped at most: `{"data": {"health": {…}}}`.
const WRAPPED: usize = 3;

/// Whether these entries are of a document that says something of health.
pub(super) fn is_health_document(entries: &[Entry]) -> bool {
    let own = OwnStatus::of(entries);
    if is_business(entries) && !own.as_ref().is_some_and(|own| own.is_firm) {
        return false;
    }
    own.is_some()
        || OwnStatus::unknown(entries).is_some()
        || entries.iter().any(|entry| tells_of_health(entry, 0))
        || entries.iter().filter(|entry| is_said_of_a_part(entry)).nth(1).is_some()
}

/// The entries that a wrapper holds, where they have a status of their own that is about health: `{"health": {"status":
/// "DOWN"}}`, `{"data": {"healthy": false}}`.
pub(super) fn wraps_a_status(entry: &Entry) -> Option<&Vec<Entry>> {
    let Doc::Map(inner) = &entry.value else { return None };
    let own = OwnStatus::of(inner).filter(|_| entry.name.is_wrapper())?;
    let is_sure = own.is_firm || (entry.name.wraps_the_whole() && !is_business(inner));
    is_sure.then_some(inner)
}

/// Whether it looks like a part, whatever its key is called; one alone may be anything.
fn is_said_of_a_part(entry: &Entry) -> bool {
    match &entry.value {
        Doc::Text(text) if !entry.name.is_aside() => words::word(text).is_some_and(|word| word.is_firm),
        _ => false,
    }
}

fn tells_of_health(entry: &Entry, depth: usize) -> bool {
    let Entry { name, value, .. } = entry;
    if name.is_aside() {
        return false;
    }
    match value {
        Doc::Map(_) | Doc::List(_) if name.holds_checks() => true,
        Doc::Map(inner) if name.is_wrapper() && depth < WRAPPED => {
            wraps_a_status(entry).is_some() || inner.iter().any(|entry| tells_of_health(entry, depth + 1))
        }
        Doc::Map(inner) => {
            OwnStatus::of(inner).is_some_and(|own| own.is_firm || name.is_dependency())
                || name.is_dependency() && inner.iter().any(|entry| tells_of_health(entry, WRAPPED))
        }
        Doc::Text(_) | Doc::Bool(_) if truth(value).is_some() => name.claims_good(),
        Doc::Text(text) if name.is_dependency() => words::status(text).is_some(),
        Doc::Text(_) => depth > 0 && is_said_of_a_part(entry),
        Doc::Bool(_) | Doc::Number(_) | Doc::List(_) | Doc::Other => false,
    }
}

/// Whether a list holds checks and nothing else: each says of itself how it is, and at least one can be nothing but a check.
pub(super) fn is_list_of_checks(items: &[Doc]) -> bool {
    let mut sure = false;
    for item in items {
        let Doc::Map(entries) = item else { return false };
        let Some(own) = OwnStatus::of(entries) else { return false };
        if is_business(entries) {
            return false;
        }
        sure |= own.is_firm || entries.iter().any(|entry| entry.name.names_a_check() || names_a_dependency(entry));
    }
    sure
}

/// Whether the name of the object is one of what is connected to: `"name": "db"`.
fn names_a_dependency(entry: &Entry) -> bool {
    match &entry.value {
        Doc::Text(text) => entry.name.is_naming() && Name::new(text).is_dependency(),
        Doc::Bool(_) | Doc::Number(_) | Doc::List(_) | Doc::Map(_) | Doc::Other => false,
    }
}

/// Whether an object is one that people or programs work on: its status is its own, and not that of who reports it.
pub(super) fn is_business(entries: &[Entry]) -> bool {
    let marked = entries.iter().any(|entry| entry.name.marks_business() || entry.name.is_id());
    marked && !entries.iter().any(|entry| entry.name.marks_health())
}
