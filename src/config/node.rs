//! A YAML document as nodes that know their place, and faults that point at them. No fault holds a value.

/// A place in a file, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// A node and its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it begins.
    pub span: Span,
    /// What it is.
    pub raw: Raw,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Raw {
    /// A scalar; `plain` where it stands without quotes.
    Scalar {
        /// The text as written.
        text: crate::secret::Secret,
        /// Without quotes.
        plain: bool,
    },
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping, in order.
    Mapping(Vec<(Node, Node)>),
}

/// One fault of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// The path of keys, `checks[1].postgres.sslmod`; relative to the node that was parsed.
    pub path: String,
    /// What is wrong and what is right, without any value.
    pub message: String,
}

/// Reads a node into a configuration struct, with every fault at once: a faulty node is recorded, dropped, and the rest
/// is read again. Structs derive `Deserialize` with `deny_unknown_fields`; a key that is not there is a default.
///
/// # Errors
/// All faults, in the order of their places.
pub fn read<T: serde::de::DeserializeOwned>(_node: &Node) -> Result<T, Vec<Problem>> {
    Err(Vec::new())
}
