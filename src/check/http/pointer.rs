//! A place in a JSON document, and what stands there: read in one pass over the text, so that the memory it takes does
//! not depend on what a peer sends.

use std::fmt;

use super::json::{self, NoJson};
use super::json_path;
use crate::config::node::{Error, FromNode, Reader};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A place: a JSON pointer (RFC 6901) where it begins with `/`, else a path as other tools write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pointer {
    steps: Vec<String>,
}

impl Pointer {
    /// Reads `/a/b~1c/0`, `a.b.0` or `$.a.b[0]`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        // A fragment of a URL holds a pointer behind its `#`.
        let Some(inner) = text.strip_prefix("#/").or_else(|| text.strip_prefix('/')) else {
            return json_path::steps(text).map(|steps| Self { steps });
        };
        let steps = inner.split('/').map(unescape).collect::<Option<Vec<_>>>();
        steps
            .map(|steps| Self { steps })
            .ok_or("in a JSON pointer, `~` must be written as ~0, and a `/` inside a key as ~1")
    }

    /// The keys and indexes.
    pub(crate) fn into_steps(self) -> Vec<String> {
        self.steps
    }

    /// What stands there; `Ok(None)` where there is no such place.
    ///
    /// # Errors
    /// The document cannot be read as JSON.
    pub(crate) fn find(&self, text: &[u8]) -> Result<Option<Found>, NoJson> {
        let mut reader = json::reader(text)?;
        let found = Seek(&self.steps).deserialize(&mut reader);
        found.and_then(|found| reader.end().map(|()| found)).map_err(|_| NoJson::Invalid)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return f.write_str("$");
        }
        for step in &self.steps {
            write!(f, "/{}", step.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

impl FromNode for Pointer {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let text = node.text("a string")?;
        Self::parse(text).map_err(Error::custom)
    }
}

fn unescape(step: &str) -> Option<String> {
    let mut out = String::with_capacity(step.len());
    let mut chars = step.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '~' => match chars.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

/// What stands at a place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List,
    /// An object.
    Object,
}

impl Found {
    /// Whether it is what is written in the configuration: numbers by their value, texts letter by letter, `true`,
    /// `false` and `null` as YAML has them.
    pub(crate) fn equals(&self, expected: &str) -> bool {
        match self {
            Self::Null => matches!(expected, "null" | "Null" | "NULL" | "~"),
            Self::Bool(value) => expected.eq_ignore_ascii_case(if *value { "true" } else { "false" }),
            Self::Integer(value) => {
                #[expect(clippy::cast_precision_loss, reason = "a float was written: floats are compared")]
                let as_float = *value as f64;
                expected.parse::<i128>().map_or_else(|_| number(expected) == Some(as_float), |wanted| wanted == *value)
            }
            Self::Float(value) => number(expected) == Some(*value),
            Self::Text(text) => text == expected,
            Self::List | Self::Object => false,
        }
    }
}

/// A finite number; `inf` and `nan` are words.
fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Walks to the end of the steps; everything aside is read over.
struct Seek<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = Option<Found>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Seek<'_> {
    fn leaf<E>(&self, found: Found) -> Result<Option<Found>, E> {
        Ok(self.0.is_empty().then_some(found))
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = Option<Found>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        self.leaf(Found::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        self.leaf(Found::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        self.leaf(Found::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        self.leaf(Found::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        self.leaf(Found::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| Found::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let (wanted, rest) = match self.0.split_first() {
            Some((step, rest)) => (index(step), rest),
            None => (None, self.0),
        };
        let mut found = if self.0.is_empty() { Some(Found::List) } else { None };
        let mut position = 0_usize;
        loop {
            if wanted == Some(position) {
                match seq.next_element_seed(Seek(rest))? {
                    Some(inner) => found = inner,
                    None => return Ok(found),
                }
            } else if seq.next_element::<IgnoredAny>()?.is_none() {
                return Ok(found);
            }
            position += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((step, rest)) = self.0.split_first() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Some(Found::Object));
        };
        let mut found = None;
        // A key that stands twice: the last one counts, as in most readers.
        while let Some(is_it) = map.next_key_seed(KeyIs(step))? {
            match is_it {
                true => found = map.next_value_seed(Seek(rest))?,
                false => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

/// An index of a list as RFC 6901 writes it: no sign, no leading zero.
fn index(step: &str) -> Option<usize> {
    let plain = step == "0" || (!step.starts_with('0') && step.bytes().all(|b| b.is_ascii_digit()));
    plain.then(|| step.parse().ok()).flatten()
}

/// Compares a key without keeping it.
struct KeyIs<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for KeyIs<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyIs<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Pointer;

    const DOCUMENT: &[u8] =
        br#"{"a":{"b":[10,{"c":"x"}],"d/e":1,"~":2},"t":true,"n":null,"f":1.50,"big":18446744073709551615,
        "s":"007","list":[],"a.b":"dotted","twice":1,"twice":2}"#;

    #[test]
    fn places_are_found_and_compared() {
        for (place, expected) in [
            ("/a/b/0", "10"),
            ("a.b.0", "10"),
            ("a.b.0", "10.0"),
            ("a.b.1.c", "x"),
            ("/a/d~1e", "1"),
            ("/a/~0", "2"),
            ("t", "true"),
            ("n", "null"),
            ("f", "1.5"),
            ("big", "18446744073709551615"),
            ("s", "007"),
            ("/a.b", "dotted"),
            ("$['a.b']", "dotted"),
            ("$.a.b[1].c", "x"),
            ("#/a/b/0", "10"),
            (".a.b[0]", "10"),
            ("twice", "2"),
        ] {
            let found = Pointer::parse(place).unwrap().find(DOCUMENT).unwrap();
            assert!(found.as_ref().is_some_and(|found| found.equals(expected)), "{place}: {found:?}");
        }
    }

    #[test]
    fn what_differs_or_is_not_there_is_no_match() {
        for (place, expected) in [
            ("s", "7"),
            ("t", "yes"),
            ("n", ""),
            ("list", "[]"),
            ("a", "{}"),
            ("a.b.2", "x"),
            ("a.b.01", "x"),
            ("a.b.-", "x"),
            ("a.x", "x"),
            ("t.x", "true"),
            ("big", "18446744073709551616"),
        ] {
            let found = Pointer::parse(place).unwrap().find(DOCUMENT).unwrap();
            assert!(!found.as_ref().is_some_and(|found| found.equals(expected)), "{place}: {found:?}");
        }
    }

    #[test]
    fn broken_places_and_documents() {
        for place in ["", "a..b", "a[*]", "/a~2", "/~"] {
            assert!(Pointer::parse(place).is_err(), "{place}");
        }
        let pointer = Pointer::parse("a").unwrap();
        let deep = "[".repeat(100_000);
        for text in ["", "{", "{\"a\":1} x", "<html>", "{\"a\":1,}", &deep] {
            assert!(pointer.find(text.as_bytes()).is_err(), "{}", text.len());
        }
        assert!(pointer.find("\u{feff}{\"a\":1}".as_bytes()).is_ok_and(|found| found.is_some()), "a byte order mark");
        assert_eq!(Pointer::parse("a.b/c").unwrap().to_string(), "/a/b~1c");
    }
}
