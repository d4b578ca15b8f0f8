//! Reads the keys of a kind that has those of `http` and some of its own.

use crate::check::http::keys::HttpKeys;
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{self, FromNode, LenientParse, Node, Problem, Raw};

/// The keys of `http`, and those with the names `own`.
///
/// # Errors
/// Every fault at once.
pub(crate) fn read<O: FromNode>(node: &Node, own: &'static [&'static str]) -> Result<(HttpKeys, O), Vec<Problem>> {
    let (own_part, shared) = split(node, own);
    let own_keys = node::read::<O>(&own_part);
    let shared = node::parse_leniently::<HttpKeys>(&shared, own);
    match (shared, own_keys) {
        (LenientParse { value: Some(keys), whole: true, .. }, Ok(own)) => {
            contradictions(&keys, node)?;
            Ok((keys, own))
        }
        (LenientParse { problems, .. }, own) => Err(own.err().into_iter().flatten().chain(problems).collect()),
    }
}

/// The mapping in two: the keys with these names, and all others.
fn split(node: &Node, own: &[&str]) -> (Node, Node) {
    let Raw::Mapping(entries) = &node.raw else {
        return (Node { span: node.span, raw: Raw::Mapping(Vec::new()) }, node.clone());
    };
    let is_own = |key: &Node| key.text().is_some_and(|key| own.contains(&key));
    let (own, shared) = entries.iter().cloned().partition(|(key, _)| is_own(key));
    (Node { span: node.span, raw: Raw::Mapping(own) }, Node { span: node.span, raw: Raw::Mapping(shared) })
}

/// The faults that lie between keys, at their places.
pub(crate) fn contradictions(keys: &HttpKeys, node: &Node) -> Result<(), Vec<Problem>> {
    let span = |key: &str| node.get(key).map_or(node.span, |value| value.span);
    let mut problems: Vec<Problem> =
        keys.contradictions().into_iter().map(|(key, message)| Problem::new(span(key), key, message)).collect();
    problems.extend(TlsKeys::problem_in(Some(&keys.tls), node));
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
