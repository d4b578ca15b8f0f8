//! What an object says of itself: `"status": "UP"`, `"healthy": true`, `"health": "false"`, `"status": 503`.

use crate::check::peer::document::{Doc, Entry};
use crate::check::peer::names::Name;
use crate::check::words::{self, Tone};

/// What an object says of itself.
#[derive(Debug)]
pub(super) struct OwnStatus<'a> {
    key: &'a str,
    name: Name,
    /// The word as it was written.
    pub(super) word: &'a str,
    pub(super) tone: Tone,
    /// Whether it can be about nothing but health: a boolean under `healthy`, `DOWN`; and not `failed`, which orders are too.
    pub(super) is_firm: bool,
    /// Whether it is the number of a status of HTTP.
    pub(super) is_code: bool,
    /// Whether the word says nothing without its key: `false`, `503`.
    needs_key: bool,
}

impl<'a> OwnStatus<'a> {
    /// What these entries say of the object that they are in; a bad word wins over a good one beside it.
    pub(super) fn of(entries: &'a [Entry]) -> Option<Self> {
        let is_of_update = entries.iter().any(|entry| entry.name.marks_update());
        let has_tally = entries.iter().any(|entry| entry.name.is_tally() && matches!(entry.value, Doc::Number(_)));
        let counts = |entry: &&Entry| match entry.value {
            Doc::Number(_) if has_tally => !entry.name.is_praise(),
            _ => !(is_of_update && entry.name.is_weak_praise()),
        };
        let said = entries.iter().filter(counts).filter_map(Self::read);
        // The first of the worst.
        said.reduce(|worst, next| if next.tone > worst.tone { next } else { worst })
    }

    /// The same for a whole program, of which more words are a verdict: `inactive`.
    pub(super) fn of_whole(entries: &'a [Entry]) -> Option<Self> {
        Self::of(entries).or_else(|| {
            entries.iter().filter(|entry| entry.name.is_verdict()).find_map(|entry| {
                let Doc::Text(text) = &entry.value else { return None };
                let words::Word { text: word, tone, is_firm } = words::of_whole(text)?;
                let Entry { key, name, .. } = entry;
                Some(Self { key, name: *name, word, tone, is_firm, is_code: false, needs_key: false })
            })
        })
    }

    /// The key of a status that is none of our words, and the word.
    pub(super) fn unknown(entries: &'a [Entry]) -> Option<(&'a str, &'a str)> {
        let strange = |entry: &&'a Entry| entry.name.is_verdict() && Self::read(entry).is_none();
        entries.iter().filter(strange).find_map(|entry| match &entry.value {
            Doc::Text(text) if text.contains(char::is_alphabetic) => Some((entry.key.as_str(), text.as_str())),
            Doc::Text(text) if entry.name.takes_codes() && !matches!(text.trim(), "" | "0" | "1") => {
                Some((entry.key.as_str(), text.as_str()))
            }
            Doc::Number(number) if entry.name.takes_codes() && !matches!(number, 0 | 1) => {
                Some((entry.key.as_str(), ""))
            }
            Doc::Text(_) | Doc::Number(_) | Doc::Bool(_) | Doc::List(_) | Doc::Map(_) | Doc::Other => None,
        })
    }

    fn read(entry: &'a Entry) -> Option<Self> {
        let Entry { key, name, value } = entry;
        let name = *name;
        if let (true, Some(true)) = (name.is_blame() || name.is_doubt(), truth(value)) {
            let tone = if name.is_blame() { Tone::Bad } else { Tone::Warn };
            return Some(Self { key, name, word: "true", tone, is_firm: true, is_code: false, needs_key: true });
        }
        if !name.is_status() && !name.is_praise() {
            return None;
        }
        let said = |word: &'a str, tone, is_firm| Self {
            key,
            name,
            word,
            tone,
            is_firm,
            is_code: false,
            needs_key: name.is_praise(),
        };
        if let Some(truth) = truth(value).filter(|_| name.is_praise() || name.is_verdict()) {
            let (word, tone) = if truth { ("true", Tone::Good) } else { ("false", Tone::Bad) };
            return Some(Self { needs_key: true, ..said(word, tone, name.is_sure_praise() || name.is_verdict()) });
        }
        let number = match value {
            Doc::Number(number) => Some(*number),
            // `503`, and `503 Service Unavailable`.
            Doc::Text(text) => text.split_whitespace().next().and_then(|first| first.parse().ok()),
            Doc::Bool(_) | Doc::List(_) | Doc::Map(_) | Doc::Other => None,
        };
        if let Some(number) = number {
            return match number {
                0 | 1 if name.takes_numbers() => {
                    let (word, tone) = if number == 1 { ("1", Tone::Good) } else { ("0", Tone::Bad) };
                    Some(Self { needs_key: true, ..said(word, tone, true) })
                }
                _ if name.takes_codes() => {
                    let (word, tone) = code(number)?;
                    Some(Self { needs_key: true, is_code: true, ..said(word, tone, false) })
                }
                _ => None,
            };
        }
        let Doc::Text(text) = value else { return None };
        if let Some(word) = words::phrase(text) {
            return Some(Self { is_code: true, ..said(word.text, word.tone, false) });
        }
        let word = words::status(text).or_else(|| words::sentence(text))?;
        if word.is_contradicted_in(text) {
            return None;
        }
        Some(said(word.text, word.tone, word.is_firm))
    }

    /// The word, with its key where it says nothing without.
    pub(super) fn shown(&self) -> String {
        if self.needs_key { format!("{}: {}", self.key, self.word) } else { self.word.to_owned() }
    }

    /// The name of the part at this path that it is the word of.
    pub(super) fn named(&self, path: &str) -> String {
        if self.name.is_status() { path.to_owned() } else { join(path, self.key) }
    }

    /// Whether it denies what may be claimed of other things than health.
    pub(super) fn is_weak_denial(&self) -> bool {
        self.name.is_weak_praise() && self.tone == Tone::Bad
    }
}

/// The boolean that a value is, or stands for.
pub(super) fn truth(value: &Doc) -> Option<bool> {
    match value {
        Doc::Bool(value) => Some(*value),
        Doc::Text(text) => words::truth(text),
        Doc::Number(_) | Doc::List(_) | Doc::Map(_) | Doc::Other => None,
    }
}

/// A path to a key.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// What a status of HTTP inside a document says. A 4xx is about a request, and not about health.
const fn code(number: i64) -> Option<(&'static str, Tone)> {
    Some(match number {
        200 => ("200", Tone::Good),
        100..=199 | 201..=399 => ("a status below 400", Tone::Good),
        500 => ("500", Tone::Bad),
        502 => ("502", Tone::Bad),
        503 => ("503", Tone::Bad),
        504 => ("504", Tone::Bad),
        501 | 505..=599 => ("a status of 500 or above", Tone::Bad),
        _ => return None,
    })
}
