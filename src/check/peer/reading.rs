//! What an answer is: a document of health, something that says nothing of it, or something that cannot be read.
//!
//! What cannot be read may say anything. It is neither good news nor bad news, and never passed over in silence.

use crate::check::http::encoding::Packed;
use crate::check::peer::health::Health;
use crate::check::words::Tone;

/// What an answer is.
#[derive(Debug, PartialEq)]
pub(super) enum Reading {
    /// It says something of health.
    Health(Health),
    /// It says nothing: `hello world`, an empty body, JSON about other things.
    Silent,
    /// It may say anything.
    Unreadable(Unreadable),
}

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Its status is a word that is none of ours: the key that it stands under, empty where it stands alone.
    Word(String),
    /// Its body is packed.
    Packed(Packed),
    /// It is no text, or a text in UTF-16 or UTF-32.
    Binary,
    /// A page for people, most often an application's: what a server gives that knows no `/health`.
    Page,
    /// XML.
    Markup,
    /// It sets out to be JSON and is none: cut, or never whole.
    NoJson,
    /// JSON with more values than a health document has.
    TooLarge,
    /// A stream of events, which has no end.
    Stream,
}

impl Reading {
    /// What a single word says.
    pub(super) fn of_word(tone: Tone, word: &str) -> Self {
        Self::Health(Health::of_word(tone, word))
    }

    /// What the number or the reason phrase of a status of HTTP says: that the whole is down, and no more.
    pub(super) fn of_code(word: &str) -> Self {
        Self::Health(Health::of_code(word))
    }
}
