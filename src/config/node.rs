//! A YAML document as nodes that know their place, and faults that point at them. No fault holds a value.
//!
//! [`parse`] makes nodes of a text, [`read`] makes a configuration struct of a node. Both tell every fault at once.

mod dropped;
mod error;
mod from_node;
mod lenient;
mod near;
mod reader;
mod tree;
mod yaml;

pub use error::Error;
pub(crate) use from_node::Required;
pub use from_node::{FromNode, Keys};
pub use lenient::{LenientParse, parse_leniently, read};
pub use near::{choice, nearest};
pub use reader::{Entry, Reader, Typed};
pub use tree::{Node, Problem, Raw, Span};
pub use yaml::{Document, load, parse};

/// Reads a struct from a mapping: a field for each key.
pub use pilotfish_derive::Keys;

#[cfg(test)]
mod tests;
