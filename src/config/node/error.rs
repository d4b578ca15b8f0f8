//! The error of reading nodes: what was expected and where, never what stood there.

use std::fmt;

use super::near::{choice, nearest};
use super::tree::Span;
use crate::secret::Secret;

#[derive(Debug)]
pub(super) struct ErrorLocation {
    pub(super) at: Vec<usize>,
    pub(super) span: Span,
    pub(super) path: String,
}

/// The fault of a node. In a box: a `Result` of every value holds one.
#[derive(Debug)]
pub struct Error(pub(super) Box<Fault>);

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

    /// This sentence, which holds no value.
    pub fn custom(message: impl fmt::Display) -> Self {
        fn new(message: &dyn fmt::Display) -> Error {
            Error::new(What::Message(message.to_string()))
        }
        new(&message)
    }

    /// What was expected, in words.
    pub fn expected(expected: impl fmt::Display) -> Self {
        let expected: &dyn fmt::Display = &expected;
        Self::custom(format_args!("expected {expected}"))
    }

    /// A word that is none of these.
    #[must_use]
    pub fn unknown_word(word: &str, right: &[&str]) -> Self {
        let meant = nearest(word, right).map(|word| format!(", did you mean {word}?"));
        Self::custom(format_args!("expected one of {}{}", right.join(", "), meant.as_deref().unwrap_or_default()))
    }

    /// A key that is none of these.
    #[must_use]
    pub fn unknown_key(key: &str, right: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey { key: Secret::new(key.to_owned()), right })
    }

    pub(super) fn missing(key: &'static str) -> Self {
        Self::new(What::Missing(key))
    }
}
