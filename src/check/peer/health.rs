//! What a document says of the health of who gave it.
//!
//! Read are `application/health+json` (draft-inadarei-api-health-check), Spring Boot's Actuator, ASP.NET's health
//! checks, MicroProfile, NestJS Terminus, etcd, and the plain style `{"status":"healthy","database":"connected"}`. No
//! format is asked for by name: they differ only in the keys that hold the parts, and many applications mix them.
//!
//! Two errors are possible, and both hurt: to miss a part that says it is down, and to take something for one that is
//! none (`"maintenance": false`, `"priority": "critical"`). So a word counts only where it is the whole value, under a key
//! that means health or names what is connected to, and in a document that is one of health. `false` counts only where
//! the key itself claims something good or stands in a list of checks. A status that is none of our words is noted: who
//! reports it may be down.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use crate::check::peer::document::{Doc, Entry};
use crate::check::peer::names::{Name, is_neutral};
use crate::check::peer::own_status::{OwnStatus, join, truth};
use crate::check::peer::statement;
use crate::check::peer::subject::{is_business, is_health_document, is_list_of_checks, wraps_a_status};
use crate::check::words::{self, Tone};
use crate::outcome::clean_text;

/// How deep parts of parts are looked for.
const DEEPEST: usize = 6;
/// How many parts a message names.
const NAMED: usize = 6;
/// How long the part's name in a message may be, in bytes.
const NAME_LENGTH: usize = 80;

/// What was said.
#[derive(Debug, PartialEq)]
pub(super) struct Health {
    /// All in all.
    pub(super) tone: Tone,
    /// The word for the whole, as it was written; one of those we know.
    pub(super) word: Option<String>,
    /// Whether that word is the number of a status of HTTP.
    pub(super) is_code: bool,
    /// Parts that are not well.
    parts: Vec<Part>,
    /// Where a status is none of our words.
    unknown: Vec<String>,
}

/// A part that is not well.
#[derive(Debug, PartialEq, Hash)]
struct Part {
    name: String,
    word: String,
    tone: Tone,
}

impl Part {
    /// The same for equal parts; for others another one, as good as surely.
    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }
}

impl Health {
    /// What a single word says.
    pub(super) fn of_word(tone: Tone, word: &str) -> Self {
        let word = Some(clean_text(word, NAME_LENGTH));
        Self { tone, word, is_code: false, parts: Vec::new(), unknown: Vec::new() }
    }

    /// What the number or the reason phrase of a status of HTTP says.
    pub(super) fn of_code(word: &str) -> Self {
        Self { is_code: true, ..Self::of_word(Tone::Bad, word) }
    }

    /// What parts with these names and words say; `None` where there is none.
    pub(super) fn of_parts<'a>(parts: impl IntoIterator<Item = (&'a str, &'static str, Tone)>) -> Option<Self> {
        let mut reader = Reader::default();
        parts.into_iter().for_each(|(name, word, tone)| reader.add_part(name, word, tone));
        reader.health(None)
    }

    /// Whether parts that are not well are known by name.
    pub(super) const fn names_parts(&self) -> bool {
        !self.parts.is_empty()
    }

    /// The place of the first status that is none of our words.
    pub(super) fn unknown(&self) -> Option<&str> {
        self.unknown.first().map(String::as_str)
    }

    /// What is not well: `database: disconnected, cache: down`; where no part is named, the word for the whole.
    pub(super) fn in_words(&self) -> String {
        let parts: Vec<&Part> = self.parts.iter().filter(|part| part.tone == self.tone).collect();
        let mut named: Vec<String> =
            parts.iter().take(NAMED).map(|part| format!("{}: {}", part.name, part.word)).collect();
        if parts.len() > NAMED {
            named.push(format!("and {} more", parts.len() - NAMED));
        }
        match (&self.word, named.is_empty()) {
            (Some(word), true) => word.clone(),
            (_, _) => named.join(", "),
        }
    }

    /// What is not well, in words that do not change from answer to answer.
    pub(super) fn statement(&self) -> String {
        let parts = self.parts.iter().filter(|part| part.tone == self.tone);
        let named = statement::of_parts(parts.map(|part| (part.name.as_str(), part.word.as_str())));
        named.unwrap_or_else(|| statement::of_peer(self.word.as_deref()))
    }

    /// The same for the message of a failure, which says who speaks.
    pub(super) fn as_message(&self) -> String {
        let names_a_part = self.parts.iter().any(|part| part.tone == self.tone);
        if names_a_part { self.in_words() } else { format!("the peer reports: {}", self.in_words()) }
    }
}

/// What a document says; `None` where it says nothing of health.
pub(super) fn judge(doc: &Doc) -> Option<Health> {
    match doc {
        Doc::Bool(value) => Some(Health::of_word(if *value { Tone::Good } else { Tone::Bad }, &value.to_string())),
        Doc::Map(entries) if is_health_document(entries) || tells_of_trouble(entries) => whole(entries),
        Doc::List(items) if is_list_of_checks(items) => {
            let mut reader = Reader::default();
            reader.list("", items, 0);
            reader.health(None)
        }
        Doc::Map(_) | Doc::List(_) | Doc::Text(_) | Doc::Number(_) | Doc::Other => None,
    }
}

/// The top of a document. Where it has no status of its own, what it wraps may have it.
fn whole(entries: &[Entry]) -> Option<Health> {
    let own = OwnStatus::of_whole(entries);
    if let (None, [wrapper]) = (&own, &entries.iter().filter_map(wraps_a_status).collect::<Vec<_>>()[..]) {
        return whole(wrapper);
    }
    let mut reader = Reader { said: own.is_some(), ..Reader::default() };
    if own.is_none() {
        reader.unknown.extend(OwnStatus::unknown(entries).map(|(key, _)| part_name(key)));
        let has_tally = has_tally(entries);
        reader
            .unknown
            .extend(entries.iter().filter(|entry| is_in_doubt(entry, has_tally)).map(|entry| part_name(&entry.key)));
    }
    reader.entries("", entries, Place::Plain, 0);
    if own.as_ref().is_some_and(|own| own.tone == Tone::Warn) {
        // It has judged its parts itself: what they say is a warning at most.
        reader.parts.iter_mut().for_each(|part| part.tone = Tone::Warn);
    }
    reader.health(own)
}

/// How much is taken for a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among checks: every entry is one.
    Checks,
    /// Anywhere else: what looks like one. In a table, where another entry is one beyond doubt, more does.
    Plain,
    /// The same, beside an entry that is a part beyond doubt.
    Table,
    /// Details of a part that has spoken for itself: only what has a status of its own.
    Details,
}

#[derive(Default)]
struct Reader {
    parts: Vec<Part>,
    /// The digests of the parts. A part that appears twice counts once.
    known: HashSet<u64>,
    unknown: Vec<String>,
    /// Whether anything was said, be it good.
    said: bool,
}

impl Reader {
    fn health(self, own: Option<OwnStatus<'_>>) -> Option<Health> {
        if !self.said && self.unknown.is_empty() {
            return None;
        }
        let worst = self.parts.iter().map(|part| part.tone).max().unwrap_or(Tone::Good);
        let tone = match own.as_ref().map(|own| own.tone) {
            Some(said @ (Tone::Warn | Tone::Bad)) => said,
            Some(Tone::Good) | None => worst,
        };
        let is_code = own.as_ref().is_some_and(|own| own.is_code);
        let word = own.map(|own| own.shown());
        Some(Health { tone, word, is_code, parts: self.parts, unknown: self.unknown })
    }

    fn entries(&mut self, path: &str, entries: &[Entry], place: Place, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let place = if place == Place::Plain && is_table(entries) { Place::Table } else { place };
        for entry in entries {
            let Entry { key, name, value } = entry;
            let among_checks = place == Place::Checks;
            let named = named_as_down(entry);
            if !named.is_empty() {
                named.iter().for_each(|part| self.add_part(part, word_of_list(key), Tone::Bad));
                continue;
            }
            if name.is_rank() || (!among_checks && name.is_aside()) {
                continue;
            }
            match value {
                // An object's word for itself was read before.
                Doc::Text(_) | Doc::Bool(_) | Doc::Number(_)
                    if !among_checks && (name.is_status() || name.is_praise()) => {}
                Doc::Map(_) | Doc::List(_) if !among_checks && name.holds_checks() => {
                    self.container(path, *name, value, depth);
                }
                Doc::Map(inner) if !among_checks && name.is_wrapper() => match wraps_a_status(entry) {
                    Some(inner) => self.object(&join(path, key), inner, false, depth + 1),
                    None => self.entries(path, inner, place, depth + 1),
                },
                // A description.
                Doc::Text(_) if !among_checks && name.is_wrapper() => {}
                _ => self.read_part(&join(path, key), *name, value, place, depth),
            }
        }
    }

    /// A list or mapping of checks.
    fn container(&mut self, path: &str, name: Name, checks: &Doc, depth: usize) {
        match checks {
            Doc::Map(entries) => {
                if !name.holds_anything() {
                    self.switches(path, entries);
                }
                self.entries(path, entries, Place::Checks, depth + 1);
            }
            Doc::List(items) if !name.holds_anything() || is_list_of_checks(items) => self.list(path, items, depth),
            Doc::List(_) | Doc::Text(_) | Doc::Bool(_) | Doc::Number(_) | Doc::Other => {}
        }
    }

    /// Checks as 0 and 1, where each number is one of these and none is a measure: `{"db": 1, "cache": 0}`.
    fn switches(&mut self, path: &str, entries: &[Entry]) {
        let numbers = || entries.iter().filter(|entry| is_number(&entry.value));
        let is_switch = |entry: &Entry| switch(&entry.value).is_some() && !entry.name.is_measure();
        if !numbers().all(is_switch) || !numbers().any(|entry| entry.name.is_dependency()) {
            return;
        }
        for entry in numbers() {
            let (word, tone) = if switch(&entry.value) == Some(true) { ("1", Tone::Good) } else { ("0", Tone::Bad) };
            self.add_part(&join(path, &entry.key), word, tone);
        }
    }

    fn list(&mut self, path: &str, items: &[Doc], depth: usize) {
        for item in items.iter().filter_map(entries_of) {
            let text = |is_it: fn(Name) -> bool| {
                item.iter().find_map(|entry| match &entry.value {
                    Doc::Text(text) if is_it(entry.name) => Some(text.as_str()),
                    _ => None,
                })
            };
            let called = text(Name::is_naming).or_else(|| text(Name::is_key)).unwrap_or("a part without a name");
            self.object(&join(path, called), item, true, depth + 1);
        }
    }

    fn read_part(&mut self, path: &str, name: Name, value: &Doc, place: Place, depth: usize) {
        match value {
            Doc::Text(_) | Doc::Bool(_) if truth(value).is_some() => {
                if let Some(truth) = truth(value).filter(|_| means_health(name, place)) {
                    let (word, tone) = if truth { ("true", Tone::Good) } else { ("false", Tone::Bad) };
                    self.add_part(path, word, tone);
                }
            }
            Doc::Text(text) => self.text_part(path, name, text, place),
            Doc::Map(entries) if place == Place::Details && OwnStatus::of(entries).is_none() => {}
            Doc::Map(entries) => {
                let is_part = place == Place::Checks || name.is_dependency();
                let is_aside = !is_part && (is_business(entries) || name.is_of_business());
                if !is_aside || OwnStatus::of(entries).is_some_and(|own| own.is_firm) {
                    self.object(path, entries, is_part, depth + 1);
                }
            }
            // health+json: one entry per measurement or address.
            Doc::List(items) if place == Place::Checks => {
                for entries in items.iter().filter_map(entries_of) {
                    self.object(path, entries, true, depth + 1);
                }
            }
            Doc::List(_) | Doc::Bool(_) | Doc::Number(_) | Doc::Other => {}
        }
    }

    fn text_part(&mut self, path: &str, name: Name, text: &str, place: Place) {
        let word = match place {
            Place::Details => None,
            Place::Checks => words::status(text),
            Place::Plain | Place::Table if name.is_dependency() => words::status(text),
            Place::Table if !name.is_of_business() => words::word(text),
            Place::Plain | Place::Table => words::word(text).filter(|word| word.is_firm),
        };
        if let Some(word) = word.filter(|word| word.tone != Tone::Bad || !is_stopped_work(path, word.text)) {
            self.add_part(path, word.text, word.tone);
        }
    }

    /// A part that is an object: its own word, and the parts of it. A part of it that is down is named instead of it.
    /// `is_part` where it is one beyond doubt.
    fn object(&mut self, path: &str, entries: &[Entry], is_part: bool, depth: usize) {
        let own = OwnStatus::of(entries)
            .filter(|own| is_part || !own.is_weak_denial())
            .filter(|own| own.tone != Tone::Bad || !is_stopped_work(path, own.word));
        let Some(own) = own else {
            if is_part
                && OwnStatus::unknown(entries).is_some_and(|(_, word)| !is_neutral(word))
                && !Name::new(path).is_of_work()
            {
                self.unknown.push(part_name(path));
            }
            return self.entries(path, entries, Place::Plain, depth);
        };
        let before = self.parts.len();
        for Entry { name, value, .. } in entries {
            match value {
                Doc::Map(_) | Doc::List(_) if name.holds_checks() => self.container(path, *name, value, depth),
                Doc::Map(inner) if name.is_wrapper() => self.entries(path, inner, Place::Details, depth + 1),
                _ => {}
            }
        }
        self.loose_parts(path, entries, depth);
        let own_is_named = self.parts[before..].iter().any(|part| part.tone == own.tone);
        if own.tone == Tone::Warn {
            // It has judged its parts: what they say is a warning at most.
            for part in &mut self.parts[before..] {
                // The same part elsewhere, with its own tone, is another one.
                self.known.remove(&part.digest());
                part.tone = Tone::Warn;
                self.known.insert(part.digest());
            }
        }
        if !own_is_named {
            self.add_part(&own.named(path), own.word, own.tone);
        }
    }

    /// What stands beside an object's own word and looks like a part: `{"status":"ok","replica":"disconnected"}`.
    fn loose_parts(&mut self, path: &str, entries: &[Entry], depth: usize) {
        let is_beside = |entry: &&Entry| !entry.name.holds_checks() && !entry.name.is_wrapper();
        let beside: Vec<Entry> = entries.iter().filter(is_beside).cloned().collect();
        self.entries(path, &beside, Place::Plain, depth);
    }

    fn add_part(&mut self, path: &str, word: &str, tone: Tone) {
        self.said = true;
        if tone == Tone::Good {
            return;
        }
        let part = Part { name: part_name(path), word: word.to_owned(), tone };
        // Terminus tells each failed part twice.
        if self.known.insert(part.digest()) {
            self.parts.push(part);
        }
    }
}

/// Whether the word says of work that it was stopped: a queue, a scheduler.
fn is_stopped_work(path: &str, word: &str) -> bool {
    words::is_of_stopped_work(word) && Name::new(path).is_of_work()
}

/// What a list or mapping names that is down: `"unhealthy": ["db"]`, `"failures": {"db": "timeout"}`. Under `failed`, which
/// jobs are too, only what is surely a dependency counts.
fn named_as_down(entry: &Entry) -> Vec<String> {
    let Entry { name, value, .. } = entry;
    if name.is_aside() || !(name.names_what_is_down() || name.names_what_failed()) {
        return Vec::new();
    }
    let names: Vec<&str> = match value {
        Doc::List(items) => items.iter().filter_map(name_of).collect(),
        // A mapping under `down` may be one of words about each, which are read for themselves.
        Doc::Map(entries) if name.names_what_failed() => entries.iter().map(|entry| &*entry.key).collect(),
        Doc::Map(_) | Doc::Text(_) | Doc::Bool(_) | Doc::Number(_) | Doc::Other => Vec::new(),
    };
    let counts = |part: &&str| is_name(part) && (name.names_what_is_down() || Name::new(part).is_dependency());
    names.into_iter().filter(counts).map(str::to_owned).collect()
}

fn name_of(item: &Doc) -> Option<&str> {
    match item {
        Doc::Text(text) => Some(text),
        Doc::Map(entries) => entries.iter().find_map(|entry| match &entry.value {
            Doc::Text(text) if entry.name.is_naming() => Some(text.as_str()),
            _ => None,
        }),
        Doc::List(_) | Doc::Bool(_) | Doc::Number(_) | Doc::Other => None,
    }
}

/// Whether a text can be the name of a part, and no sentence.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= NAME_LENGTH && text.split_whitespace().count() <= 3
}

/// The word for what such a list names.
fn word_of_list(key: &str) -> &'static str {
    let key = key.to_ascii_lowercase();
    ["unhealthy", "unreachable", "disconnected", "unavailable", "offline", "down"]
        .into_iter()
        .find(|word| key.contains(word))
        .unwrap_or("failed")
}

/// Whether something stands here that may be bad news, in a document that has no word for the whole: an error, a sentence
/// about something that is down, a 0 under `ready`, which may be a count.
fn is_in_doubt(entry: &Entry, has_tally: bool) -> bool {
    let Entry { name, value, .. } = entry;
    match value {
        Doc::Text(text) if name.tells_of_errors() => !is_no_error(text),
        Doc::Text(text) if is_message(&entry.key) => words::prose(text) == Some(Tone::Bad),
        Doc::List(items) => (name.tells_of_errors() || name.names_what_failed()) && !items.is_empty(),
        Doc::Map(items) => name.tells_of_errors() && !items.is_empty() && wraps_a_status(entry).is_none(),
        Doc::Text(_) | Doc::Number(_) => name.is_praise() && switch(value) == Some(false) && !has_tally,
        Doc::Bool(_) | Doc::Other => false,
    }
}

/// Whether a sentence for people stands under this key.
fn is_message(key: &str) -> bool {
    ["message", "msg"].iter().any(|known| key.eq_ignore_ascii_case(known))
}

/// Whether a number stands here that makes others counts as well.
fn has_tally(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.name.is_tally() && matches!(entry.value, Doc::Number(_)))
}

/// Whether a text under `error` says that there is none.
pub(super) fn is_no_error(text: &str) -> bool {
    let is_good = words::status(text).is_some_and(|word| word.tone == Tone::Good);
    is_neutral(text) || is_good || text.trim() == "0" || words::truth(text) == Some(false)
}

/// Whether a document that has no word for the whole tells that something is down, or may be.
fn tells_of_trouble(entries: &[Entry]) -> bool {
    let has_tally = has_tally(entries);
    let tells = |entry: &Entry| is_in_doubt(entry, has_tally) || !named_as_down(entry).is_empty();
    !is_business(entries) && entries.iter().any(tells)
}

fn is_number(value: &Doc) -> bool {
    matches!(value, Doc::Number(_)) || switch(value).is_some()
}

/// 0 and 1, as number or text.
fn switch(value: &Doc) -> Option<bool> {
    match value {
        Doc::Number(0) => Some(false),
        Doc::Number(1) => Some(true),
        Doc::Text(text) if text.trim() == "0" => Some(false),
        Doc::Text(text) if text.trim() == "1" => Some(true),
        Doc::Text(_) | Doc::Number(_) | Doc::List(_) | Doc::Map(_) | Doc::Bool(_) | Doc::Other => None,
    }
}

/// Whether one of these entries is a part beyond doubt: then the others may be parts as well.
fn is_table(entries: &[Entry]) -> bool {
    entries.iter().any(|Entry { name, value, .. }| match value {
        Doc::Text(text) if !name.is_status() && !name.is_praise() && !name.is_aside() => {
            words::word(text).is_some_and(|word| word.is_firm)
        }
        _ => false,
    })
}

/// Whether a boolean under this name is one of health.
const fn means_health(name: Name, place: Place) -> bool {
    match place {
        Place::Checks => !name.is_aside(),
        Place::Plain | Place::Table => name.claims_good(),
        Place::Details => false,
    }
}

/// A part's name as it may be shown. A check that is named by its URL would show the password in it.
fn part_name(name: &str) -> String {
    let is_address = name.contains("://") || name.contains('@');
    if is_address { "a part that is named by its URL".to_owned() } else { clean_text(name, NAME_LENGTH) }
}

fn entries_of(doc: &Doc) -> Option<&Vec<Entry>> {
    match doc {
        Doc::Map(entries) => Some(entries),
        Doc::List(_) | Doc::Text(_) | Doc::Bool(_) | Doc::Number(_) | Doc::Other => None,
    }
}
