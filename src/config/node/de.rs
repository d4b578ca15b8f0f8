//! A serde deserializer over nodes that knows where it is.
//!
//! A plain scalar satisfies a text by what is written (`00123`, `no` and `1e3` survive). The way to a node is a chain of
//! readers on the stack; path and place are worked out only for a fault. What serde writes for each field of each struct
//! passes through here, so this is kept small: the code of one field is a call, not a copy.

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Expected, IntoDeserializer as _, Visitor};
use serde::forward_to_deserialize_any;

use super::dropped::DroppedNodes;
use super::error::{Error, ErrorLocation, What, in_words};
use super::tree::{Node, Raw, join_key};

/// One node, and the way to it.
pub(super) struct Reader<'a> {
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

impl<'a> Reader<'a> {
    /// At the root.
    pub(super) const fn new(node: &'a Node, dropped: &'a DroppedNodes) -> Self {
        Self { node, above: None, dropped }
    }

    const fn child(&'a self, node: &'a Node, index: usize, key: Option<&'a Node>) -> Self {
        Self { node, above: Some(Above { reader: self, index, key }), dropped: self.dropped }
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

    fn visit_sequence<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.raw {
            Raw::Sequence(_) => visitor.visit_seq(Elements { of: self, next: 0 }),
            Raw::Scalar { .. } | Raw::Mapping(_) | Raw::Faulty => Err(Error::expected(&visitor)),
        }
    }

    fn visit_mapping<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.raw {
            Raw::Mapping(_) => visitor.visit_map(Entries { of: self, next: 0 }),
            Raw::Scalar { .. } | Raw::Sequence(_) | Raw::Faulty => Err(Error::expected(&visitor)),
        }
    }

    /// A plain scalar as YAML's core schema types it; digits with a leading zero stay a text.
    fn visit_typed<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        let Raw::Scalar { text, plain } = &self.node.raw else { return self.visit_composite(visitor) };
        let text = text.expose();
        if self.node.is_null() {
            return visitor.visit_unit();
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let zero_led = unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned.starts_with("0.");
        let numeric = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if !plain || zero_led {
            return visitor.visit_str(text);
        }
        if let Some(value) = boolean(text) {
            return visitor.visit_bool(value);
        }
        if let Ok(value) = text.parse::<u64>() {
            return visitor.visit_u64(value);
        }
        if let Ok(value) = text.parse::<i64>() {
            return visitor.visit_i64(value);
        }
        match text.parse::<f64>() {
            Ok(value) if numeric && value.is_finite() => visitor.visit_f64(value),
            _ => visitor.visit_str(text),
        }
    }

    fn visit_composite<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.raw {
            Raw::Sequence(_) => self.visit_sequence(visitor),
            Raw::Mapping(_) => self.visit_mapping(visitor),
            Raw::Scalar { .. } | Raw::Faulty => Err(Error::expected(&visitor)),
        }
    }

    fn visit_text<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.raw {
            Raw::Scalar { text, plain: true } if text.expose().is_empty() => {
                let expected = in_words(&(&visitor as &dyn Expected).to_string());
                Err(Error::new(What::Message(format!("the value is empty, expected {expected}"))))
            }
            Raw::Scalar { text, .. } => visitor.visit_str(text.expose()),
            Raw::Sequence(_) | Raw::Mapping(_) | Raw::Faulty => self.visit_composite(visitor),
        }
    }

    fn visit_number<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        let Raw::Scalar { text, plain: true } = &self.node.raw else { return Err(Error::expected(&visitor)) };
        if let Ok(value) = text.expose().parse::<u64>() {
            return visitor.visit_u64(value);
        }
        match text.expose().parse::<i64>() {
            Ok(value) => visitor.visit_i64(value),
            Err(_) => Err(Error::expected(&visitor)),
        }
    }

    fn visit_float<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.raw {
            Raw::Scalar { text, plain: true } => match text.expose().parse::<f64>() {
                Ok(value) if value.is_finite() => visitor.visit_f64(value),
                _ => Err(Error::expected(&visitor)),
            },
            _ => Err(Error::expected(&visitor)),
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

macro_rules! deserialize {
    ($($way:ident: $($method:ident)*;)*) => {$($(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$way(visitor)
        }
    )*)*};
}

impl<'de> de::Deserializer<'de> for &Reader<'_> {
    type Error = Error;

    deserialize! {
        visit_typed: deserialize_any;
        visit_text: deserialize_str deserialize_string deserialize_char deserialize_bytes deserialize_byte_buf
            deserialize_identifier;
        visit_number: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
            deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128;
        visit_float: deserialize_f32 deserialize_f64;
        visit_sequence: deserialize_seq;
        visit_mapping: deserialize_map;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Raw::Scalar { text, plain: true } = &self.node.raw else { return Err(Error::expected(&visitor)) };
        match boolean(text.expose()) {
            Some(value) => visitor.visit_bool(value),
            None => Err(Error::expected(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() { visitor.visit_unit() } else { Err(Error::expected(&visitor)) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.raw {
            Raw::Scalar { text, .. } => visitor.visit_enum(StrDeserializer::new(text.expose())),
            Raw::Mapping(entries) if entries.len() == 1 => {
                let (name, value) = &entries[0];
                let of = self.child(value, 0, Some(name));
                visitor.visit_enum(Variant { name: name.text().unwrap_or_default(), of: &of })
            }
            _ => Err(Error::new(What::Message(format!("expected one of {}", variants.join(", "))))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// The elements of a sequence that were not dropped.
struct Elements<'a> {
    of: &'a Reader<'a>,
    next: usize,
}

impl<'de> de::SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    /// As many as are written, of which some may be dropped.
    fn size_hint(&self) -> Option<usize> {
        if let Raw::Sequence(nodes) = &self.of.node.raw { Some(nodes.len()) } else { None }
    }

    #[inline(never)]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Raw::Sequence(nodes) = &self.of.node.raw else { return Ok(None) };
        while let Some(node) = nodes.get(self.next) {
            let index = self.next;
            self.next += 1;
            if !self.of.lost(index) {
                let reader = self.of.child(node, index, None);
                return seed.deserialize(&reader).map(Some).map_err(|error| reader.place(error));
            }
        }
        Ok(None)
    }
}

/// The entries of a mapping that were not dropped.
struct Entries<'a> {
    of: &'a Reader<'a>,
    next: usize,
}

impl<'a> Entries<'a> {
    /// The next key, its value and their position.
    fn next(&mut self) -> Option<(&'a Node, usize)> {
        let Raw::Mapping(entries) = &self.of.node.raw else { return None };
        while self.next < entries.len() {
            let index = self.next;
            self.next += 1;
            if !self.of.lost(index) {
                return Some((&entries[index].0, index));
            }
        }
        None
    }

    /// The value of the key that came last.
    #[inline(never)]
    fn value(&self) -> Result<Reader<'a>, Error> {
        let index = self.next.saturating_sub(1);
        let Raw::Mapping(entries) = &self.of.node.raw else { return Err(Error::new(What::Reported)) };
        let Some((key, value)) = entries.get(index) else { return Err(Error::new(What::Reported)) };
        Ok(self.of.child(value, index, Some(key)))
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, index)) = self.next() else { return Ok(None) };
        let name = Key(key.text().unwrap_or_default());
        let place = |error| self.of.child(key, index, Some(key)).place(error);
        seed.deserialize(name).map(Some).map_err(place)
    }

    /// An error that a type makes itself, after it was read, gets its place here.
    #[inline(never)]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let reader = self.value()?;
        seed.deserialize(&reader).map_err(|error| reader.place(error))
    }
}

/// A key, always a text.
struct Key<'a>(&'a str);

impl<'de> de::Deserializer<'de> for Key<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// `name: value` as a variant with something in it.
struct Variant<'a> {
    name: &'a str,
    of: &'a Reader<'a>,
}

impl<'de, 'a> de::EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = &'a Reader<'a>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), Error> {
        Ok((seed.deserialize(Key(self.name))?, self.of))
    }
}

impl<'de> de::VariantAccess<'de> for &Reader<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.node.is_null() {
            true => Ok(()),
            false => Err(self.place(Error::new(What::Message("this value takes no further content".to_owned())))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self).map_err(|error| self.place(error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.visit_sequence(visitor).map_err(|error| self.place(error))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.visit_mapping(visitor).map_err(|error| self.place(error))
    }
}
