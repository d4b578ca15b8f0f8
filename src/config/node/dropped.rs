//! The faulty nodes that were dropped while a document is read leniently.

use std::collections::BTreeMap;

use super::tree::{Node, Raw};

/// What was dropped so far: the path to each node by position, and the key that a misspelled one was meant to be.
#[derive(Default)]
pub(super) struct DroppedNodes {
    dropped: BTreeMap<Vec<usize>, Option<String>>,
}

impl DroppedNodes {
    /// Drops one more; `false` if it was dropped before.
    pub(super) fn add(&mut self, path: Vec<usize>, meant: Option<String>) -> bool {
        self.dropped.insert(path, meant).is_none()
    }

    /// Nothing was dropped.
    pub(super) fn is_empty(&self) -> bool {
        self.dropped.is_empty()
    }

    /// Whether the node at this path was dropped.
    pub(super) fn has(&self, path: &[usize]) -> bool {
        self.dropped.contains_key(path)
    }

    /// Whether a key is missing only because its entry, or one that was meant to be it, was dropped.
    pub(super) fn lost(&self, node: &Node, at: &[usize], key: &str) -> bool {
        let Raw::Mapping(entries) = &node.raw else { return false };
        entries.iter().enumerate().any(|(index, (name, _))| {
            let mut path = at.to_vec();
            path.push(index);
            self.dropped.get(&path).is_some_and(|meant| name.text() == Some(key) || meant.as_deref() == Some(key))
        })
    }
}
