//! A YAML document as nodes that know their place, and faults that point at them. No fault holds a value.
//!
//! [`parse`] makes nodes of a text, [`read`] makes a configuration struct of a node. Both tell every fault at once.

mod de;
mod dropped;
mod error;
mod lenient;
mod near;
mod tree;
mod yaml;

pub use lenient::{LenientParse, parse_leniently, read};
pub use near::{choice, nearest};
pub use tree::{Node, Problem, Raw, Span};
pub use yaml::{Document, load, parse};

#[cfg(test)]
mod tests;
