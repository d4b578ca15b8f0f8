//! An answer that is no JSON: a word as ASP.NET answers it, lines as the Kubernetes API server does, a page.

use crate::check::peer::document::{Doc, Entry};
use crate::check::peer::health::{self, Health};
use crate::check::peer::names::Name;
use crate::check::peer::reading::{Reading, Unreadable};
use crate::check::words::{self, Tone};

/// How long a text may be to be a word that we do not know, in bytes, and of how many parts. What is longer is prose.
const WORD: usize = 40;
const WORD_PARTS: usize = 3;
/// How long a line may be that says something of health, in bytes.
const LINE: usize = 128;
/// How long a text and a list of parts may be that are read word by word, in bytes.
const PROSE: usize = 1024;
const LIST: usize = 8 * 1024;
/// How many lines of a list of checks are looked at.
const LINES: usize = 1_000;
/// How many texts of a page are looked at.
const PAGE_TEXTS: usize = 50;

/// Reads a text that came under this media type, in lower case.
pub(super) fn read(media_type: &str, text: &str) -> Reading {
    let text = text.trim_start_matches('\u{feff}').trim();
    let begins = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if text.is_empty() {
        return Reading::Silent;
    }
    if media_type.starts_with("text/html") || begins("<!doctype html") || begins("<html") {
        return read_page(text);
    }
    if media_type.contains("xml") || begins("<?xml") || (text.starts_with('<') && text.ends_with('>')) {
        return match texts(text).as_slice() {
            [one] => read_word(one),
            _ => Reading::Unreadable(Unreadable::Markup),
        };
    }
    let is_enclosed = text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
    let entries = parts_in_lines(text);
    if entries.as_ref().is_some_and(|entries| entries.iter().all(says_nothing)) {
        return Reading::Silent;
    }
    let in_lines = || entries.and_then(|entries| health::judge(&Doc::Map(entries)));
    if let Some(health) = checks_in_lines(text).or_else(in_lines) {
        return Reading::Health(health);
    }
    match read_word(text) {
        // A bare `OK` or `pong` may come under any type.
        Reading::Silent | Reading::Unreadable(_)
            if (media_type.contains("json") && !is_greeting(text)) || is_enclosed =>
        {
            Reading::Unreadable(Unreadable::NoJson)
        }
        reading => reading,
    }
}

/// Reads a text that may be a word: `Unhealthy`, `"OK"`.
pub(super) fn read_word(text: &str) -> Reading {
    if is_greeting(text) {
        return Reading::Silent;
    }
    if let Some(truth) = words::truth(text) {
        return Reading::of_word(if truth { Tone::Good } else { Tone::Bad }, if truth { "true" } else { "false" });
    }
    let unknown = Reading::Unreadable(Unreadable::Word(String::new()));
    if let Some(word) = words::phrase(text) {
        return Reading::of_code(word.text);
    }
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    match (first.parse::<u16>(), words::sentence(text)) {
        // `500 Internal Server Error`; `404 page not found`, and a bare `503`, which may be a count.
        (Ok(500..=599), _) if words::phrase(rest).is_some() => Reading::of_code(first),
        (Ok(400..=599), _) => unknown,
        (_, Some(word)) if word.is_contradicted_in(text) => unknown,
        (_, Some(word)) => Reading::of_word(word.tone, word.text),
        (_, None) if text.len() > PROSE => Reading::Silent,
        (_, None) => match words::prose(text) {
            Some(Tone::Good) => Reading::Silent,
            Some(Tone::Warn | Tone::Bad) if is_word(text) || is_line(text) => unknown,
            None if is_word(text) => unknown,
            Some(Tone::Warn | Tone::Bad) | None => Reading::Silent,
        },
    }
}

/// Whether a text is one line that somebody wrote about something, and no page.
fn is_line(text: &str) -> bool {
    text.len() <= LINE && !text.contains('\n')
}

/// Whether a text is a word or a few, so that it is a verdict: `DB_MIGRATION_NEEDED`, `Service Unavailable`.
fn is_word(text: &str) -> bool {
    let parts = text.split_whitespace().count();
    let plain = |c: char| c.is_alphabetic() || c.is_whitespace() || matches!(c, '_' | '-' | '.' | '!');
    (1..=WORD_PARTS).contains(&parts) && text.len() <= WORD && text.chars().all(plain)
}

/// Whether a text is what people let a server say that has nothing to say.
fn is_greeting(text: &str) -> bool {
    const GREETINGS: [&str; 12] =
        ["hello", "hi", "hey", "welcome", "world", "ping", "pong", "imok", "healthcheck", "index", "home", "home page"];
    let text = text.trim_end_matches(['!', '.']);
    let start = &text[..text.floor_char_boundary(WORD)];
    let first = start.split_whitespace().next().unwrap_or_default();
    GREETINGS.iter().any(|greeting| greeting.eq_ignore_ascii_case(first) || greeting.eq_ignore_ascii_case(text))
}

/// The Kubernetes API server, staging/src/k8s.io/apiserver/pkg/server/healthz: `[+]ping ok`, `[-]etcd failed: reason
/// withheld`. Others follow it.
fn checks_in_lines(text: &str) -> Option<Health> {
    let checks = text.lines().take(LINES).filter_map(|line| {
        let (rest, word, tone) = match (line.strip_prefix("[+]"), line.strip_prefix("[-]")) {
            (Some(rest), _) => (rest, "ok", Tone::Good),
            (_, Some(rest)) => (rest, "failed", Tone::Bad),
            (None, None) => return None,
        };
        Some((rest.split_whitespace().next()?, word, tone))
    });
    Health::of_parts(checks)
}

/// Whether a line is aside from health, or tells that there is no error: `version: 1.2`, `Error: none`.
fn says_nothing(entry: &Entry) -> bool {
    let is_no_error = |text: &str| entry.name.tells_of_errors() && health::is_no_error(text);
    entry.name.is_aside() || matches!(&entry.value, Doc::Text(text) if is_no_error(text))
}

/// Lines, each of which names a part and how it is: `database: down`, `db=ok, cache=DOWN`, `redis unreachable`. They are read like
/// a document; `None` where one of them is something else.
fn parts_in_lines(text: &str) -> Option<Vec<Entry>> {
    if text.len() > LIST {
        return None;
    }
    let pieces = || text.split(['\n', ',', ';']).map(str::trim).filter(|piece| !piece.is_empty());
    let by_line = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let read =
        |pieces: &mut dyn Iterator<Item = &str>| pieces.take(LINES).map(part_in_line).collect::<Option<Vec<_>>>();
    read(&mut by_line()).filter(|entries| !entries.is_empty()).or_else(|| read(&mut pieces()))
}

fn part_in_line(line: &str) -> Option<Entry> {
    let line = line.trim_start_matches(['-', '*', '•', ' ']);
    let is_key = |key: &str| {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.');
        !key.is_empty() && key.split_whitespace().count() <= WORD_PARTS && key.chars().all(plain)
    };
    let (key, value) = match line.split_once(['=', ':']) {
        Some((key, value)) if !value.contains(['=', ',']) => (key.trim(), value.trim()),
        Some(_) => return None,
        None if line.contains(',') => return None,
        None => {
            let (key, value) = line.split_once(' ')?;
            let is_part = Name::new(key).is_dependency() && words::word(value).is_some_and(|word| word.is_firm);
            (key, is_part.then_some(value.trim())?)
        }
    };
    is_key(key).then(|| Entry { name: Name::new(key), key: key.to_owned(), value: Doc::Text(value.to_owned()) })
}

/// A page may tell its health by a word between its tags, or by being there: Rails answers /up with one that is green and
/// empty.
fn read_page(page: &str) -> Reading {
    let unread = Reading::Unreadable(Unreadable::Page);
    if page.to_ascii_lowercase().contains("<script") {
        return unread;
    }
    match texts(page).as_slice() {
        [] => Reading::Silent,
        [one] => match words::status(one) {
            Some(word) => Reading::of_word(word.tone, word.text),
            None => unread,
        },
        many if many.iter().any(|text| words::word(text).is_some_and(|word| word.tone == Tone::Good)) => {
            Reading::Silent
        }
        _ => unread,
    }
}

/// What stands between the tags, as far as it is looked at.
fn texts(markup: &str) -> Vec<&str> {
    let texts = markup.split('>').filter_map(|part| part.split('<').next()).map(str::trim);
    texts.filter(|text| !text.is_empty()).take(PAGE_TEXTS).collect()
}
