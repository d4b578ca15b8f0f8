//! Entry points for fuzzing: two documents of peers.

use super::compare::{Differences, documents};
use super::keys::{Compare, Ignored};
use crate::check::http::json;
use crate::slices::{Slices, at_once};

/// Two documents with a line feed between them.
pub(crate) fn parity(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (left, right) = bytes.split_at(at);
    let (Some(left), Some(right)) = (json::read(left), json::read(right)) else { return };
    let ignore = [Ignored(vec!["a".to_owned(), "*".to_owned()])];
    for how in [Compare::Shape, Compare::Values] {
        let mut found = Differences::default();
        at_once(documents("GET /", [&left, &right], how, &ignore, &mut Slices::unlimited(), &mut found));
        assert!(found.found.len() <= 32);
        assert!(found.found.iter().all(|one| !one.text.contains(|c: char| c.is_control())));
        let mut same = Differences::default();
        at_once(documents("GET /", [&left, &left], how, &[], &mut Slices::unlimited(), &mut same));
        assert!(same.found.is_empty(), "a document differs from itself: {:?}", same.found);
    }
}
