//! Reads a node that knows where it is.
//!
//! A plain scalar satisfies a text by what is written (`00123`, `no` and `1e3` survive). The way to a node is a chain of
//! readers on the stack; path and place are worked out only for a fault.

use std::str::FromStr;

use super::dropped::DroppedNodes;
use super::error::{Error, ErrorLocation, What};
use super::tree::{Node, Raw, join_key};

/// A type that is read from a node.
pub trait FromNode: Sized {
    /// Reads a value. A fault that has no place yet gets that of the node.
    ///
    /// # Errors
    /// What was expected, never what stood there.
    fn from_node(node: &Reader<'_>) -> Result<Self, Error>;
}

/// Where the value of a key goes.
pub(crate) trait Slot {
    /// Reads it.
    fn fill(&mut self, node: &Reader<'_>) -> Result<(), Error>;
}

/// One node, and the way to it.
pub struct Reader<'a> {
    node: &'a Node,
    above: Option<Above<'a>>,
    dropped: &'a DroppedNodes,
}

/// Where a node stands in the one above it.
#[derive(Clone, Copy)]
struct Above<'a> {
    reader: &'a Reader<'a>,
    index: usize,
    /// Of an entry of a mapping.
    key: Option<&'a Node>,
}

/// What a plain scalar is in YAML's core schema.
pub enum Typed<'a> {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number, 0 or more.
    Whole(u64),
    /// Any other number.
    Number,
    /// A text; digits with a leading zero are one.
    Text(&'a str),
}

/// An entry of a mapping.
pub struct Entry<'a> {
    /// Its key.
    pub key: Reader<'a>,
    /// Its value.
    pub value: Reader<'a>,
}

impl<'a> Reader<'a> {
    /// At the root.
    pub(super) const fn new(node: &'a Node, dropped: &'a DroppedNodes) -> Self {
        Self { node, above: None, dropped }
    }

    const fn child(&'a self, node: &'a Node, index: usize, key: Option<&'a Node>) -> Self {
        Self { node, above: Some(Above { reader: self, index, key }), dropped: self.dropped }
    }

    /// Reads the value; a fault of it has its place here.
    ///
    /// # Errors
    /// What the type expected.
    pub fn read<T: FromNode>(&self) -> Result<T, Error> {
        T::from_node(self).map_err(|error| self.place(error))
    }

    /// Reads a mapping into a slot for each key.
    ///
    /// # Errors
    /// What is no mapping, an unknown key, or the fault of a value.
    pub(crate) fn fill(&self, names: &'static [&'static str], slots: &mut [&mut dyn Slot]) -> Result<(), Error> {
        for Entry { key, value } in self.mapping("a mapping")? {
            let name = key.node.text().unwrap_or_default();
            let Some((_, slot)) = names.iter().zip(&mut *slots).find(|(known, _)| **known == name) else {
                return Err(key.place(Error::unknown_key(name, names)));
            };
            slot.fill(&value).map_err(|error| value.place(error))?;
        }
        Ok(())
    }

    /// Gives an error that has no place yet the place of this node.
    #[cold]
    #[inline(never)]
    pub(super) fn place(&self, mut error: Error) -> Error {
        let fault = &mut *error.0;
        if fault.place.is_none() {
            let at = self.at();
            let told = match fault.what {
                What::Missing(key) => self.dropped.lost(self.node, &at, key),
                _ => matches!(self.node.raw, Raw::Faulty),
            };
            if told {
                fault.what = What::Reported;
            }
            fault.place = Some(ErrorLocation { at, span: self.node.span, path: self.path() });
        }
        error
    }

    /// The way by position, from the root.
    fn at(&self) -> Vec<usize> {
        let Some(above) = self.above else { return Vec::new() };
        let mut at = above.reader.at();
        at.push(above.index);
        at
    }

    fn path(&self) -> String {
        let Some(above) = self.above else { return String::new() };
        let path = above.reader.path();
        match (&above.reader.node.raw, above.key) {
            (Raw::Sequence(_), _) => format!("{path}[{}]", above.index),
            (_, key) => join_key(&path, key.and_then(Node::text)),
        }
    }

    /// Whether a node in this one was dropped.
    fn lost(&self, index: usize) -> bool {
        !self.dropped.is_empty() && {
            let mut at = self.at();
            at.push(index);
            self.dropped.has(&at)
        }
    }

    /// Nothing stands there.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.node.is_null()
    }

    /// Whether it is a list.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(self.node.raw, Raw::Sequence(_))
    }

    /// Whether it is a mapping.
    #[must_use]
    pub const fn is_mapping(&self) -> bool {
        matches!(self.node.raw, Raw::Mapping(_))
    }

    /// The text of a scalar, as it is written.
    ///
    /// # Errors
    /// What was `expected`, in words.
    pub fn text(&self, expected: &str) -> Result<&'a str, Error> {
        match &self.node.raw {
            Raw::Scalar { text, plain: true } if text.expose().is_empty() => {
                Err(Error::new(What::Message(format!("the value is empty, expected {expected}"))))
            }
            Raw::Scalar { text, .. } => Ok(text.expose()),
            Raw::Sequence(_) | Raw::Mapping(_) | Raw::Faulty => Err(Error::expected(expected)),
        }
    }

    /// A scalar as YAML types it.
    ///
    /// # Errors
    /// What was `expected`, in words.
    pub fn typed(&self, expected: &str) -> Result<Typed<'a>, Error> {
        let Raw::Scalar { text, plain } = &self.node.raw else { return Err(Error::expected(expected)) };
        let text = text.expose();
        if self.node.is_null() {
            return Ok(Typed::Null);
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let zero_led = unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned.starts_with("0.");
        let numeric = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if !plain || zero_led {
            return Ok(Typed::Text(text));
        }
        if let Some(value) = boolean(text) {
            return Ok(Typed::Bool(value));
        }
        if let Ok(value) = text.parse() {
            return Ok(Typed::Whole(value));
        }
        match text.parse::<f64>() {
            Ok(value) if numeric && value.is_finite() => Ok(Typed::Number),
            _ => Ok(Typed::Text(text)),
        }
    }

    /// One of these words, each with what it means.
    ///
    /// # Errors
    /// The words.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Error> {
        let word = self.node.text().unwrap_or_default();
        let found = words.iter().find(|(known, _)| *known == word);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
            Error::unknown_word(word, &known)
        })
    }

    /// The only entry of a mapping, whose key is one of these.
    ///
    /// # Errors
    /// What was `expected`, in words, where there is none; an unknown key, or more than one.
    pub fn only(&'a self, keys: &'static [&'static str], expected: &str) -> Result<(&'static str, Self), Error> {
        let mut entries = self.mapping(expected)?;
        let Some(Entry { key, value }) = entries.next() else { return Err(Error::expected(expected)) };
        let name = key.node.text().unwrap_or_default();
        let Some(key) = keys.iter().find(|known| **known == name) else { return Err(Error::unknown_key(name, keys)) };
        match entries.next() {
            None => Ok((key, value)),
            Some(_) => Err(Error::expected(format_args!("only one of {}", keys.join(", ")))),
        }
    }

    /// `true` or `false`, without quotes.
    ///
    /// # Errors
    /// Anything else.
    pub fn boolean(&self) -> Result<bool, Error> {
        let read = if let Raw::Scalar { text, plain: true } = &self.node.raw { boolean(text.expose()) } else { None };
        read.ok_or_else(|| Error::expected("true or false"))
    }

    /// A number without quotes.
    ///
    /// # Errors
    /// What was `expected`, in words.
    pub fn number<T: FromStr>(&self, expected: &str) -> Result<T, Error> {
        let Raw::Scalar { text, plain: true } = &self.node.raw else { return Err(Error::expected(expected)) };
        text.expose().parse().map_err(|_| Error::expected(expected))
    }

    /// The elements of a list that were not dropped, and how many are written.
    ///
    /// # Errors
    /// What was `expected`, in words.
    pub fn list(&'a self, expected: &str) -> Result<(impl Iterator<Item = Reader<'a>>, usize), Error> {
        let Raw::Sequence(nodes) = &self.node.raw else { return Err(Error::expected(expected)) };
        let elements = nodes.iter().enumerate().filter(|(index, _)| !self.lost(*index));
        Ok((elements.map(|(index, node)| self.child(node, index, None)), nodes.len()))
    }

    /// The entries of a mapping that were not dropped.
    ///
    /// # Errors
    /// What was `expected`, in words.
    pub fn mapping(&'a self, expected: &str) -> Result<impl Iterator<Item = Entry<'a>>, Error> {
        let Raw::Mapping(entries) = &self.node.raw else { return Err(Error::expected(expected)) };
        let entries = entries.iter().enumerate().filter(|(index, _)| !self.lost(*index));
        Ok(entries.map(|(index, (key, value))| Entry {
            key: self.child(key, index, Some(key)),
            value: self.child(value, index, Some(key)),
        }))
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}
