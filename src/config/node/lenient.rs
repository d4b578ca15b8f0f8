//! Reading leniently: a faulty node is recorded and dropped, and the rest is read again, until nothing is left to say.

use super::dropped::DroppedNodes;
use super::error::{Error, Fault};
use super::reader::{FromNode, Reader};
use super::tree::{Node, Problem};

/// More faults of one node than this are not looked for: each costs one more reading.
const MOST: usize = 100;

/// Reads a node into a configuration struct, with every fault at once: a faulty node is recorded, dropped, and the rest
/// is read again.
///
/// # Errors
/// All faults, in the order of their places; none where all were told before (see [`Raw::Faulty`](super::Raw::Faulty)).
pub fn read<T: FromNode>(node: &Node) -> Result<T, Vec<Problem>> {
    match parse_leniently(node, &[]) {
        LenientParse { value: Some(value), whole: true, .. } => Ok(value),
        LenientParse { problems, .. } => Err(problems),
    }
}

/// What reading a node gave.
#[derive(Debug)]
pub struct LenientParse<T> {
    /// What could be read: without the faulty keys, where they may be absent.
    pub value: Option<T>,
    /// Nothing was left out.
    pub whole: bool,
    /// All faults, in the order of their places.
    pub problems: Vec<Problem>,
}

/// As [`read`], for a part of a mapping whose other keys are read elsewhere (they are right keys too), and for whom a
/// part is enough.
#[must_use]
pub fn parse_leniently<T: FromNode>(node: &Node, others: &[&str]) -> LenientParse<T> {
    let mut value = None;
    let (whole, problems) = repeat(node, others, &mut |root| {
        value = Some(T::from_node(root)?);
        Ok(())
    });
    LenientParse { value, whole, problems }
}

/// Reads until there is nothing more to drop: whether nothing was, and all faults in the order of their places.
fn repeat(
    node: &Node,
    others: &[&str],
    read: &mut dyn FnMut(&Reader<'_>) -> Result<(), Error>,
) -> (bool, Vec<Problem>) {
    let mut dropped = DroppedNodes::default();
    let mut problems = Vec::new();
    let mut whole = false;
    while problems.len() < MOST {
        let root = Reader::new(node, &dropped);
        let Err(error) = read(&root) else {
            whole = dropped.is_empty();
            break;
        };
        let Fault { what, place: Some(place) } = *root.place(error).0 else { break };
        let others = if place.at.len() == 1 { others } else { &[] };
        let (message, meant) = what.describe(others);
        if let Some(message) = message {
            problems.push(Problem { span: place.span, path: place.path, message });
        }
        if place.at.is_empty() || !dropped.add(place.at, meant) {
            break;
        }
    }
    Problem::in_order(&mut problems);
    (whole, problems)
}
