//! A health document as a small tree: a bounded number of values, each of bounded length, whatever a peer sends.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, Deserialize as _, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::check::http::json::{self, NoJson};
use crate::check::peer::names::Name;

/// The most values, keys not counted, that a document may have.
pub(super) const LIMIT: usize = 10_000;
/// How much of a text or a key is kept, in bytes: no word of health is longer.
const TEXT: usize = 128;
/// How deep values are read: parts of parts are not deeper. What is below is skipped without recursion, so that a document
/// may be nested as deep as its writer likes.
const DEEPEST: usize = 32;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Doc {
    /// `null`, a number with a fraction, or what is nested too deep: they say nothing of health.
    Other,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A text, cut.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// An object, in order.
    Map(Vec<Entry>),
}

/// An entry of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The key, cut.
    pub(super) key: String,
    /// What it means.
    pub(super) name: Name,
    /// The value.
    pub(super) value: Doc,
}

/// Reads a document.
///
/// # Errors
/// Why there is no tree; one with more values than a health document can have is too large.
pub(super) fn read(text: &[u8]) -> Result<Doc, NoJson> {
    let left = Cell::new(LIMIT);
    let mut reader = json::reader(text)?;
    let read = Tree { left: &left, depth: 0 }.deserialize(&mut reader);
    let read = read.and_then(|doc| reader.end().map(|()| doc));
    read.map_err(|_| if left.get() == 0 { NoJson::TooLarge } else { NoJson::Invalid })
}

/// Reads a value, as long as some are left.
#[derive(Clone, Copy)]
struct Tree<'a> {
    left: &'a Cell<usize>,
    depth: usize,
}

impl Tree<'_> {
    /// The reader of the values inside.
    const fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Doc;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Doc, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| de::Error::custom("too many values"))?;
        self.left.set(left);
        match self.depth > DEEPEST {
            true => IgnoredAny::deserialize(deserializer).map(|_| Doc::Other),
            false => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Doc;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Doc, E> {
        Ok(Doc::Other)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Doc, E> {
        Ok(Doc::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Doc, E> {
        Ok(Doc::Number(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Doc, E> {
        Ok(i64::try_from(value).map_or(Doc::Other, Doc::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Doc, E> {
        Ok(Doc::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Doc, E> {
        Ok(Doc::Text(cut(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Doc, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element_seed(self.inside())? {
            list.push(value);
        }
        Ok(Doc::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Doc, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            let value = map.next_value_seed(self.inside())?;
            entries.push(Entry { name: Name::new(&key), key, value });
        }
        Ok(Doc::Map(entries))
    }
}

/// Reads a key.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<String, E> {
        Ok(cut(key))
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Doc, NoJson, read};

    #[test]
    fn whatever_comes_the_tree_is_small() {
        let long = format!("{{\"{0}\":\"{0}\"}}", "ä".repeat(500));
        let Ok(Doc::Map(entries)) = read(long.as_bytes()) else { panic!("a map") };
        assert_eq!((entries[0].key.len(), &entries[0].value), (128, &Doc::Text("ä".repeat(64))));
        assert_eq!(read(format!("[{}0]", "0,".repeat(200_000)).as_bytes()), Err(NoJson::TooLarge));
        assert_eq!(read("[".repeat(100_000).as_bytes()), Err(NoJson::Invalid));
        assert_eq!(read("[".repeat(200_000).as_bytes()), Err(NoJson::TooLarge));
        let nested = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
        assert!(matches!(read(nested.as_bytes()), Ok(Doc::Map(_))), "a deep document is JSON");
        for text in ["", "ok", "{", "{\"a\":1} x", "\u{0}"] {
            assert_eq!(read(text.as_bytes()), Err(NoJson::Invalid), "{text}");
        }
    }
}
