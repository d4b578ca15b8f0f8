//! The nodes of a document with their positions, and the faults that point at them.

use crate::order;
use crate::secret::Secret;
use crate::slices::Slices;

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
        text: Secret,
        /// Without quotes.
        plain: bool,
    },
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping, in order.
    Mapping(Vec<(Node, Node)>),
    /// Something whose fault is told already (an alias, a tag): reading it fails without another word.
    Faulty,
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

impl Node {
    /// A plain scalar that stands nowhere: for nodes that no file holds.
    #[must_use]
    pub fn scalar(text: &str) -> Self {
        Self { span: Span::default(), raw: Raw::Scalar { text: Secret::new(text.to_owned()), plain: true } }
    }

    /// A mapping that stands nowhere.
    #[must_use]
    pub fn mapping(entries: Vec<(&str, Self)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (Self::scalar(key), value)).collect();
        Self { span: Span::default(), raw: Raw::Mapping(entries) }
    }

    /// Drops a document in slices: each item of its lists by itself, as the checks are read.
    pub async fn take_apart(self, slices: &mut Slices) {
        let Raw::Mapping(entries) = self.raw else { return };
        for (_, value) in entries {
            let Raw::Sequence(items) = value.raw else { continue };
            for item in items {
                drop(item);
                slices.pause().await;
            }
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.raw {
            Raw::Scalar { text, .. } => Some(text.expose()),
            Raw::Sequence(_) | Raw::Mapping(_) | Raw::Faulty => None,
        }
    }

    /// The value of a mapping's key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.raw {
            Raw::Mapping(entries) => entries.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value),
            Raw::Scalar { .. } | Raw::Sequence(_) | Raw::Faulty => None,
        }
    }

    /// Nothing stands there: an empty value, `null` or `~`, without quotes.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match &self.raw {
            Raw::Scalar { text, plain: true } => matches!(text.expose(), "" | "~" | "null" | "Null" | "NULL"),
            Raw::Scalar { plain: false, .. } | Raw::Sequence(_) | Raw::Mapping(_) | Raw::Faulty => false,
        }
    }
}

impl Problem {
    /// A fault at a place.
    #[must_use]
    pub fn new(span: Span, path: &str, message: impl Into<String>) -> Self {
        Self { span, path: path.to_owned(), message: message.into() }
    }

    /// Sorts faults by their places.
    pub fn in_order(problems: &mut [Self]) {
        order::sort_by_key(problems, |problem| problem.span);
    }

    /// The same, with its path put behind that of the node that was parsed.
    #[must_use]
    pub fn under(mut self, path: &str) -> Self {
        self.path = join(path, &self.path);
        self
    }
}

/// Two paths as one.
fn join(path: &str, rest: &str) -> String {
    match (path.is_empty(), rest.is_empty()) {
        (true, _) => rest.to_owned(),
        (_, true) => path.to_owned(),
        _ if rest.starts_with('[') => format!("{path}{rest}"),
        _ => format!("{path}.{rest}"),
    }
}

/// A path with one more key. A key that does not look like one may be a value in the wrong place: it is not shown.
pub(super) fn join_key(path: &str, key: Option<&str>) -> String {
    let shown = |key: &&str| {
        key.len() <= 63
            && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    key.filter(shown).map_or_else(|| path.to_owned(), |key| join(path, key))
}
