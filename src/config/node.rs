//! A YAML document as nodes that know their place, and faults that point at them. No fault holds a value.
//!
//! [`parse`] makes nodes of a text, [`read`] makes a configuration struct of a node. Both tell every fault at once.

mod dropped;
mod error;
mod lenient;
mod near;
mod reader;
mod tree;
mod values;
mod yaml;

pub use error::Error;
pub use lenient::{LenientParse, parse_leniently, read};
pub use near::{choice, nearest};
pub use reader::{Entry, FromNode, Reader, Typed};
pub use tree::{Node, Problem, Raw, Span};
pub use values::Keys;
pub(crate) use values::Required;
pub use yaml::{Document, load, parse};

/// Reads a struct from a mapping: a field for each key.
pub use pilotfish_derive::Keys;

#[cfg(test)]
mod tests;
