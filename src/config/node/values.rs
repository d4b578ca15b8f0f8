//! How types of the standard library are read from nodes, and structs of keys.

use std::collections::BTreeMap;

use super::error::Error;
use super::reader::{Entry, FromNode, Reader, Slot};

/// A struct with a field for each key of a mapping; `#[derive(Keys)]` implements it.
pub trait Keys: FromNode {
    /// Every key.
    const NAMES: &'static [&'static str];
}

impl<T: FromNode> Slot for T {
    fn fill(&mut self, node: &Reader<'_>) -> Result<(), Error> {
        *self = T::from_node(node)?;
        Ok(())
    }
}

/// The place of a key that must be written.
pub(crate) struct Required<T>(Option<T>);

impl<T> Default for Required<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Required<T> {
    /// The value of the key with this name.
    pub(crate) fn written(self, name: &'static str) -> Result<T, Error> {
        self.0.ok_or_else(|| Error::missing(name))
    }
}

impl<T: FromNode> Slot for Required<T> {
    fn fill(&mut self, node: &Reader<'_>) -> Result<(), Error> {
        self.0 = Some(T::from_node(node)?);
        Ok(())
    }
}

impl FromNode for String {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        node.text("a string").map(str::to_owned)
    }
}

impl FromNode for bool {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        node.boolean()
    }
}

impl FromNode for u16 {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        node.number("a whole number from 0 to 65535")
    }
}

impl FromNode for usize {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        node.number("a whole number, 0 or more")
    }
}

impl<T: FromNode> FromNode for Option<T> {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        if node.is_null() { Ok(None) } else { T::from_node(node).map(Some) }
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let (elements, _) = node.list("a list")?;
        elements.map(|element| element.read()).collect()
    }
}

impl<K: FromNode + Ord, T: FromNode> FromNode for BTreeMap<K, T> {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let mut all = Self::new();
        for Entry { key, value } in node.mapping("a mapping")? {
            all.insert(key.read()?, value.read()?);
        }
        Ok(all)
    }
}
