//! What an answer says of the health of who gave it.
//!
//! Read are `application/health+json` (draft-inadarei-api-health-check), Spring Boot's Actuator, ASP.NET's health
//! checks (JSON and the plain word), MicroProfile, NestJS Terminus, and the plain style
//! `{"status":"healthy","database":"connected"}`. No format is asked for by name: they differ only in the keys that hold
//! the parts, and many applications mix them.
//!
//! Two errors are possible, and both hurt: to miss a part that says it is down, and to take something for one that is
//! none (`"maintenance": false`, `"log_level": "error"`). So a word counts only where it is the whole value, and `false`
//! only where the key itself claims something good or stands in a list of checks. What is not understood says nothing.

use crate::check::peer::document::{self, Doc, NoDoc};
use crate::check::words::{self, Tone};
use crate::outcome::clean_text;

mod names;

use names::Name;

/// How deep parts of parts are looked for.
const DEEPEST: usize = 6;
/// How many parts a message names.
const NAMED: usize = 6;
/// How long the part's name in a message may be, in bytes.
const NAME_LENGTH: usize = 80;

/// What an answer is.
#[derive(Debug, PartialEq)]
pub(super) enum Reading {
    /// It says something of health.
    Health(Health),
    /// It says nothing: `pong`, an image, an empty body, JSON about other things.
    Silent,
    /// A page for people, most often an application's: what a server gives that knows no `/health`.
    Page,
    /// It sets out to be JSON and is none: cut, or never whole.
    NoJson,
    /// JSON with more values than a health document has.
    TooLarge,
}

/// What was said.
#[derive(Debug, PartialEq)]
pub(super) struct Health {
    /// All in all.
    pub(super) tone: Tone,
    /// The word for the whole, as it was written; one of those we know.
    pub(super) word: Option<String>,
    /// Parts that are not well.
    parts: Vec<Part>,
}

/// A part that is not well.
#[derive(Debug, PartialEq)]
struct Part {
    name: String,
    word: String,
    tone: Tone,
}

impl Health {
    /// Whether parts that are not well are known by name.
    pub(super) const fn names_parts(&self) -> bool {
        !self.parts.is_empty()
    }

    /// What is not well, for a message: `database: disconnected, cache: down`.
    pub(super) fn in_words(&self) -> String {
        let parts: Vec<&Part> = self.parts.iter().filter(|part| part.tone == self.tone).collect();
        let mut named: Vec<String> =
            parts.iter().take(NAMED).map(|part| format!("{}: {}", part.name, part.word)).collect();
        if parts.len() > NAMED {
            named.push(format!("and {} more", parts.len() - NAMED));
        }
        match (&self.word, named.is_empty()) {
            (Some(word), true) => format!("the peer reports: {word}"),
            (_, _) => named.join(", "),
        }
    }
}

/// Reads an answer.
pub(super) fn read(media_type: &str, body: &[u8]) -> Reading {
    match document::read(body) {
        Ok(doc) => said(&doc).unwrap_or(Reading::Silent),
        Err(NoDoc::TooLarge) => Reading::TooLarge,
        Err(NoDoc::NoJson) => read_text(&media_type.to_ascii_lowercase(), &String::from_utf8_lossy(body)),
    }
}

fn said(doc: &Doc) -> Option<Reading> {
    judge(doc).map(Reading::Health)
}

/// A page, or a single word as ASP.NET answers it.
fn read_text(media_type: &str, text: &str) -> Reading {
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let begins = |with: &str| start.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if media_type.starts_with("text/html") || begins("<!doctype html") || begins("<html") {
        return read_page(text);
    }
    // A bare `OK` may come under any type.
    if media_type.contains("json") && start.starts_with(['{', '[']) {
        return Reading::NoJson;
    }
    said(&Doc::Text(text.trim().to_owned())).unwrap_or(Reading::Silent)
}

/// A page may tell its health by a word between its tags, or by being there: Rails answers /up with one that is green and
/// empty.
fn read_page(text: &str) -> Reading {
    if text.to_ascii_lowercase().contains("<script") {
        return Reading::Page;
    }
    let texts = text.split('>').filter_map(|part| part.split('<').next()).map(str::trim);
    let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    match texts.as_slice() {
        [] => Reading::Silent,
        [one] => said(&Doc::Text((*one).to_owned())).unwrap_or(Reading::Page),
        many if many.iter().any(|text| words::tone(text) == Some(Tone::Good)) => Reading::Silent,
        _ => Reading::Page,
    }
}

fn judge(doc: &Doc) -> Option<Health> {
    match doc {
        Doc::Text(text) => {
            let tone = words::tone(text)?;
            Some(Health { tone, word: Some(words::first(text).to_owned()), parts: Vec::new() })
        }
        Doc::Bool(value) => {
            let tone = if *value { Tone::Good } else { Tone::Bad };
            Some(Health { tone, word: Some(value.to_string()), parts: Vec::new() })
        }
        Doc::Map(entries) => whole(entries),
        Doc::List(_) => {
            let mut reader = Reader::default();
            reader.container("", doc, 0);
            reader.health(None)
        }
        Doc::Other => None,
    }
}

/// The top of a document.
fn whole(entries: &[(String, Doc)]) -> Option<Health> {
    let own = own_word(entries);
    let mut reader = Reader { said: own.is_some(), ..Reader::default() };
    reader.entries("", entries, PartContext::Plain, 0);
    if own.as_ref().is_some_and(|own| own.tone == Tone::Warn) {
        // It has judged its parts itself: what they say is a warning at most.
        reader.parts.iter_mut().for_each(|part| part.tone = Tone::Warn);
    }
    reader.health(own)
}

/// The word of an object for itself.
struct OwnStatus {
    /// The key it stands under.
    key: String,
    word: String,
    tone: Tone,
}

/// What an object reports: `status: UP`, `healthy: true`. A bad word wins over a good one beside it.
fn own_word(entries: &[(String, Doc)]) -> Option<OwnStatus> {
    let said = entries.iter().filter_map(|(key, value)| {
        let (word, tone) = match value {
            Doc::Text(text) if Name::new(key).is_status() => (words::first(text).to_owned(), words::status_tone(text)?),
            Doc::Bool(value) if Name::new(key).is_praise() => {
                (value.to_string(), if *value { Tone::Good } else { Tone::Bad })
            }
            _ => return None,
        };
        Some(OwnStatus { key: key.clone(), word, tone })
    });
    // The first of the worst.
    said.reduce(|worst, next| if next.tone > worst.tone { next } else { worst })
}

/// How much is taken for a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PartContext {
    /// Among checks: every entry is one.
    Checks,
    /// Anywhere else: what looks like one.
    Plain,
    /// Details of a part that has spoken for itself: only what has a status of its own.
    Details,
}

#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    /// Whether anything was said, be it good.
    said: bool,
}

impl Reader {
    fn health(self, own: Option<OwnStatus>) -> Option<Health> {
        if !self.said {
            return None;
        }
        let worst = self.parts.iter().map(|part| part.tone).max().unwrap_or(Tone::Good);
        let tone = match own.as_ref().map(|own| own.tone) {
            Some(said @ (Tone::Warn | Tone::Bad)) => said,
            Some(Tone::Good) | None => worst,
        };
        let word = own.map(|own| match Name::new(&own.key).is_status() {
            true => own.word,
            false => format!("{}: {}", own.key, own.word),
        });
        Some(Health { tone, word, parts: self.parts })
    }

    fn entries(&mut self, path: &str, entries: &[(String, Doc)], place: PartContext, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for (key, value) in entries {
            let name = Name::new(key);
            if place != PartContext::Checks && name.is_aside() {
                continue;
            }
            match value {
                // An object's word for itself was read before.
                Doc::Text(_) | Doc::Bool(_)
                    if place != PartContext::Checks && (name.is_status() || name.is_praise()) => {}
                Doc::Map(_) | Doc::List(_) if place != PartContext::Checks && name.holds_checks() => {
                    self.container(path, value, depth);
                }
                Doc::Map(inner) if place != PartContext::Checks && name.is_wrapper() => {
                    self.entries(path, inner, place, depth + 1);
                }
                _ => self.read_part(&join(path, key), &name, value, place, depth),
            }
        }
    }

    /// A list or mapping of checks.
    fn container(&mut self, path: &str, checks: &Doc, depth: usize) {
        match checks {
            Doc::Map(entries) => self.entries(path, entries, PartContext::Checks, depth + 1),
            Doc::List(items) => {
                for item in items.iter().filter_map(entries_of) {
                    let called = item.iter().find_map(|(key, value)| match value {
                        Doc::Text(text) if Name::new(key).is_naming() => Some(text.as_str()),
                        _ => None,
                    });
                    self.object(&join(path, called.unwrap_or("a part without a name")), item, depth + 1);
                }
            }
            Doc::Text(_) | Doc::Bool(_) | Doc::Other => {}
        }
    }

    fn read_part(&mut self, path: &str, name: &Name, value: &Doc, place: PartContext, depth: usize) {
        match value {
            Doc::Text(text) if place != PartContext::Details => {
                if let Some(tone) = words::tone(text) {
                    self.add_part(path, words::first(text), tone);
                }
            }
            Doc::Bool(value) if means_health(name, place) => {
                self.add_part(path, &value.to_string(), if *value { Tone::Good } else { Tone::Bad });
            }
            Doc::Map(entries) if place == PartContext::Details && own_word(entries).is_none() => {}
            Doc::Map(entries) => self.object(path, entries, depth + 1),
            // health+json: one entry per measurement or address.
            Doc::List(items) if place == PartContext::Checks => {
                for entries in items.iter().filter_map(entries_of) {
                    self.object(path, entries, depth + 1);
                }
            }
            Doc::List(_) | Doc::Text(_) | Doc::Bool(_) | Doc::Other => {}
        }
    }

    /// A part that is an object: its own word, and the parts of it. A part of it that is down is named instead of it.
    fn object(&mut self, path: &str, entries: &[(String, Doc)], depth: usize) {
        let Some(own) = own_word(entries) else { return self.entries(path, entries, PartContext::Plain, depth) };
        let before = self.parts.len();
        for (key, value) in entries {
            let name = Name::new(key);
            match value {
                Doc::Map(_) | Doc::List(_) if name.holds_checks() => self.container(path, value, depth),
                Doc::Map(inner) if name.is_wrapper() => self.entries(path, inner, PartContext::Details, depth + 1),
                _ => {}
            }
        }
        self.loose_parts(path, entries, depth);
        let own_is_named = self.parts[before..].iter().any(|part| part.tone == own.tone);
        if own.tone == Tone::Warn {
            // It has judged its parts: what they say is a warning at most.
            self.parts[before..].iter_mut().for_each(|part| part.tone = Tone::Warn);
        }
        if !own_is_named {
            let named = if Name::new(&own.key).is_status() { path.to_owned() } else { join(path, &own.key) };
            self.add_part(&named, &own.word, own.tone);
        }
    }

    /// What stands beside an object's own word and looks like a part: `{"status":"ok","replica":"disconnected"}`.
    fn loose_parts(&mut self, path: &str, entries: &[(String, Doc)], depth: usize) {
        let beside = |(key, _): &&(String, Doc)| {
            let name = Name::new(key);
            !name.holds_checks() && !name.is_wrapper()
        };
        let beside: Vec<(String, Doc)> = entries.iter().filter(beside).cloned().collect();
        self.entries(path, &beside, PartContext::Plain, depth);
    }

    fn add_part(&mut self, path: &str, word: &str, tone: Tone) {
        self.said = true;
        if tone == Tone::Good {
            return;
        }
        let part = Part { name: clean_text(path, NAME_LENGTH), word: word.to_owned(), tone };
        // Terminus tells each failed part twice.
        if !self.parts.contains(&part) {
            self.parts.push(part);
        }
    }
}

/// Whether a boolean under this name is one of health.
fn means_health(name: &Name, place: PartContext) -> bool {
    match place {
        PartContext::Checks => !name.is_aside(),
        PartContext::Plain => name.claims_good(),
        PartContext::Details => false,
    }
}

fn entries_of(doc: &Doc) -> Option<&Vec<(String, Doc)>> {
    match doc {
        Doc::Map(entries) => Some(entries),
        Doc::List(_) | Doc::Text(_) | Doc::Bool(_) | Doc::Other => None,
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests;
