//! The error of reading nodes: what was expected and where, never what stood there.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::near::{choice, nearest};
use super::tree::Span;
use crate::secret::Secret;

#[derive(Debug)]
pub(super) struct ErrorLocation {
    pub(super) at: Vec<usize>,
    pub(super) span: Span,
    pub(super) path: String,
}

/// In a box: a `Result` of every field of every struct holds one.
#[derive(Debug)]
pub(super) struct Error(pub(super) Box<Fault>);

#[derive(Debug)]
pub(super) struct Fault {
    pub(super) what: What,
    pub(super) place: Option<ErrorLocation>,
}

#[derive(Debug)]
pub(super) enum What {
    Message(String),
    UnknownKey { key: Secret, right: &'static [&'static str] },
    Missing(&'static str),
    Reported,
}

impl What {
    /// What to say, and the key that an unknown one was meant to be.
    pub(super) fn describe(self, others: &[&str]) -> (Option<String>, Option<String>) {
        match self {
            Self::Message(message) => (Some(message), None),
            Self::UnknownKey { key, right } => {
                let right = [right, others].concat();
                let meant = nearest(key.expose(), &right).map(str::to_owned);
                (Some(format!("unknown key, {}", choice(key.expose(), &right))), meant)
            }
            Self::Missing(key) => (Some(format!("the key {key} is missing")), None),
            Self::Reported => (None, None),
        }
    }
}

impl Error {
    pub(super) fn new(what: What) -> Self {
        Self(Box::new(Fault { what, place: None }))
    }

    pub(super) fn expected(expected: &dyn Expected) -> Self {
        Self::new(What::Message(format!("expected {}", in_words(&expected.to_string()))))
    }
}

/// serde's words for what it expects, in those of a person who writes YAML.
pub(super) fn in_words(expected: &str) -> String {
    let range = |low: i128, high: i128| format!("a whole number from {low} to {high}");
    match expected {
        "a string" | "str" | "string" => "a string".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a borrowed string" | "a character" => "a character".to_owned(),
        "u8" => range(0, u8::MAX.into()),
        "u16" => range(0, u16::MAX.into()),
        "u32" => range(0, u32::MAX.into()),
        "i32" => range(i32::MIN.into(), i32::MAX.into()),
        "u64" | "usize" => "a whole number, 0 or more".to_owned(),
        "i8" | "i16" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        other if other.starts_with("struct ") => "a mapping".to_owned(),
        other if other.starts_with("enum ") || other.starts_with("variant of enum ") => "a word".to_owned(),
        other => other.to_owned(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an invalid configuration")
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(What::Message(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let meant = nearest(variant, expected).map(|word| format!(", did you mean {word}?"));
        let list = format!("expected one of {}", expected.join(", "));
        Self::new(What::Message(list + meant.as_deref().unwrap_or_default()))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey { key: Secret::new(field.to_owned()), right: expected })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(What::Missing(field))
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self::new(What::Reported)
    }
}
