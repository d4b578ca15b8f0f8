//! The words in which programs report their health, and what each means.
//!
//! The spelling does not matter: `OUT_OF_SERVICE`, `Out of service` and `outOfService` are one word. A word that is not in
//! these tables means nothing here: who reads it must not guess.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// It works, but something is not well.
    Warn,
    /// It does not work.
    Bad,
}

/// A word of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// The word as it was written, without what stands behind it.
    pub(crate) text: &'a str,
    /// What it says.
    pub(crate) tone: Tone,
    /// Whether it says so of a thing that is connected to, whatever the thing is called: `disconnected`, and not `critical`,
    /// which may as well be a priority.
    pub(crate) is_firm: bool,
}

/// The tables, each word with its letters and digits alone.
const LISTS: [(Class, &str); 9] = [
    // These mean the same wherever they stand.
    (Class::Anywhere(Tone::Good, true), "ok okay up healthy alive operational connected reachable"),
    (Class::Anywhere(Tone::Good, false), "pass passed passing live ready good available running serving success"),
    (Class::Anywhere(Tone::Warn, true), "degraded partiallydegraded partialoutage degradedperformance"),
    (Class::Anywhere(Tone::Warn, false), "warn warning partial"),
    // Down. The firm ones are said of a connection or a server alone; the others may as well be a priority, the result of a
    // job or the name of a level.
    (
        Class::Anywhere(Tone::Bad, true),
        "down unhealthy nothealthy disconnected notconnected unreachable notreachable outofservice notserving \
         connectionrefused connectionfailed connectionerror connectiontimeout connectiontimedout connectionlost \
         connectionclosed connectionreset connectionisclosed noconnection lostconnection econnrefused econnreset \
         etimedout ehostunreach enotfound majoroutage",
    ),
    (
        Class::Anywhere(Tone::Bad, false),
        "fail failed failing failure error errored err critical crit fatal dead broken unavailable notavailable notready \
         unready notok nok ko offline timeout timedout crashed notworking notrunning notoperational notalive notlive \
         notup inoperative",
    ),
    // These say something only as somebody's status: elsewhere `standby`, `stopped` or `red` may be anything.
    (
        Class::Status(Tone::Good),
        "green online active enabled started normal nominal fine working functional stable synced insync idle standby \
         leader follower primary replica succeeded successful valid open accepting listening responding established \
         initialized pong allgood",
    ),
    (
        Class::Status(Tone::Warn),
        "yellow amber starting startingup initializing initialising loading warmingup stopping terminating shuttingdown draining maintenance \
         undermaintenance inmaintenance maintenancemode recovering reconnecting connecting unstable impaired overloaded",
    ),
    (
        Class::Status(Tone::Bad),
        "red stopped startfailed halted terminated exited crashloopbackoff panic emergency outage bad",
    ),
];

/// Where a word counts, and what it says.
#[derive(Debug, Clone, Copy)]
enum Class {
    /// Wherever it stands; whether it is firm.
    Anywhere(Tone, bool),
    /// As somebody's status.
    Status(Tone),
}

/// The lists, turned round: a document may have thousands of words.
static TABLE: LazyLock<HashMap<&'static str, Class>> = LazyLock::new(|| {
    let words = |(class, list): (Class, &'static str)| list.split_ascii_whitespace().map(move |word| (word, class));
    LISTS.into_iter().flat_map(words).collect()
});

/// Texts of two parts that say together that something cannot be reached: `failed to connect`, `cannot reach`.
const CANNOT: [&str; 8] = ["failedto", "unableto", "cannotbe", "cannot", "cant", "couldnotbe", "couldnot", "couldnt"];
const WHAT_CANNOT: [&str; 10] =
    ["connect", "reach", "ping", "query", "resolve", "open", "establish", "access", "authenticate", "login"];

/// The longest text that can be such a word, in bytes.
const LONGEST: usize = 64;

/// A word wherever it stands; `None` for a text that says nothing of health. What stands behind a colon, a comma, a dash
/// or a bracket is not part of the word: `error: connection refused`, `ok (3 ms)`.
pub(crate) fn word(text: &str) -> Option<Word<'_>> {
    let text = first(text);
    let letters = letters(text)?;
    match TABLE.get(letters.as_str()) {
        Some(Class::Anywhere(tone, is_firm)) => Some(Word { text, tone: *tone, is_firm: *is_firm }),
        Some(Class::Status(_)) => None,
        None => cannot(text, &letters),
    }
}

/// A word as somebody's status: there, colours and states of work count too.
pub(crate) fn status(text: &str) -> Option<Word<'_>> {
    let text = first(text);
    let letters = letters(text)?;
    match TABLE.get(letters.as_str()) {
        Some(Class::Anywhere(tone, is_firm)) => Some(Word { text, tone: *tone, is_firm: *is_firm }),
        Some(Class::Status(tone)) => Some(Word { text, tone: *tone, is_firm: false }),
        None => cannot(text, &letters),
    }
}

/// What a text of several words says, where it is a word of health and words that add nothing: `all systems operational`,
/// `the service is not ready`.
pub(crate) fn sentence(text: &str) -> Option<Word<'_>> {
    /// The reason phrases of HTTP name a status, not a health.
    const PHRASES: [&str; 5] =
        ["serviceunavailable", "servicetemporarilyunavailable", "servererror", "internalservererror", "badgateway"];
    const FILLERS: &str = "a all am api app application check currently everything health healthcheck i im is it its \
                           node now process seems server service state status system systems the this";
    let text = text.trim();
    if text.len() > 2 * LONGEST || PHRASES.contains(&letters(first(text))?.as_str()) {
        return None;
    }
    let is_filler = |part: &str| FILLERS.split(' ').any(|filler| filler.eq_ignore_ascii_case(part));
    let mut rest = text;
    loop {
        if let Some(word) = status(rest) {
            return Some(word);
        }
        let (part, behind) = rest.split_once(|c: char| !c.is_alphanumeric())?;
        if !is_filler(part) {
            return None;
        }
        rest = behind.trim_start_matches([' ', ':', '-', '.', ',', '\'']);
    }
}

/// What a text says that stands for a boolean: `"false"`, `"No"`.
pub(crate) fn truth(text: &str) -> Option<bool> {
    let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
    if is("true") || is("yes") {
        Some(true)
    } else if is("false") || is("no") {
        Some(false)
    } else {
        None
    }
}

/// Whether the whole text is one of these words: then it is no secret.
pub(crate) fn is_known(text: &str) -> bool {
    word(text).is_some_and(|word| word.text.len() == text.trim().len())
}

/// `failed to connect …`: the verb is the word, what it was done to is not.
fn cannot<'a>(text: &'a str, letters: &str) -> Option<Word<'a>> {
    let verb = CANNOT.iter().find_map(|start| letters.strip_prefix(start))?;
    let verb = *WHAT_CANNOT.iter().find(|known| verb.starts_with(**known))?;
    let lower = text.to_ascii_lowercase();
    let end = lower.find(verb)? + verb.len();
    let whole_word = !lower[end..].starts_with(|c: char| c.is_alphanumeric());
    whole_word.then(|| Word { text: &text[..end], tone: Tone::Bad, is_firm: true })
}

/// The text up to what may stand behind a word: a colon, a comma, a bracket, a dash.
fn first(text: &str) -> &str {
    let text = text.trim();
    let bytes = text.as_bytes();
    let ends = |at: &usize| match bytes[*at] {
        b':' | b'(' | b'[' | b',' | b';' | b'|' | b'\n' => true,
        b'-' => bytes[..*at].ends_with(b" ") && bytes[at + 1..].starts_with(b" "),
        // An en dash or an em dash.
        0xe2 => matches!(bytes[at + 1..], [0x80, 0x93 | 0x94, ..]),
        _ => false,
    };
    let end = (0..bytes.len().min(2 * LONGEST)).find(ends);
    end.map_or(text, |end| text[..end].trim_end())
}

/// Letters and digits in lower case; `None` where it is too long for a word, written with other letters than ours, or where
/// something of a language of machines is in it.
fn letters(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let mut letters = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' => letters.push(c),
            'A'..='Z' => letters.push(c.to_ascii_lowercase()),
            '{' | '}' | '<' | '>' | '"' | '=' | '/' | '\\' | '@' | '$' | '%' | '#' | '&' | '*' | '?' | '^' | '~'
            | '`' => {
                return None;
            }
            c if !c.is_ascii() && c.is_alphanumeric() => return None,
            _ => {}
        }
    }
    (!letters.is_empty()).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::{Tone, is_known, sentence, status, word};

    fn tone(text: &str) -> Option<Tone> {
        word(text).map(|word| word.tone)
    }

    #[test]
    fn the_spelling_does_not_matter() {
        for (text, expected) in [
            ("UP", Some(Tone::Good)),
            (" Healthy ", Some(Tone::Good)),
            ("OK!", Some(Tone::Good)),
            ("✅ ok (3 ms)", Some(Tone::Good)),
            ("Degraded", Some(Tone::Warn)),
            ("partially-degraded", Some(Tone::Warn)),
            ("OUT_OF_SERVICE", Some(Tone::Bad)),
            ("Out of service", Some(Tone::Bad)),
            ("outOfService", Some(Tone::Bad)),
            ("not-connected", Some(Tone::Bad)),
            ("notReady", Some(Tone::Bad)),
            ("NOT READY", Some(Tone::Bad)),
            ("KO", Some(Tone::Bad)),
            ("error: connection refused", Some(Tone::Bad)),
            ("fail - pool is exhausted", Some(Tone::Bad)),
            ("failed to connect", Some(Tone::Bad)),
            ("Could not connect to 10.0.0.7", Some(Tone::Bad)),
            ("cannot reach db", Some(Tone::Bad)),
            ("cannot openly say", None),
            ("UNKNOWN", None),
            ("DB_MIGRATION_NEEDED", None),
            ("down-under", None),
            ("downtown", None),
            ("offline mode", None),
            ("ок", None),
            ("{ready", None),
            ("/health/down", None),
            ("", None),
            (":", None),
        ] {
            assert_eq!(tone(text), expected, "{text}");
        }
    }

    #[test]
    fn some_words_count_only_as_a_status() {
        for (text, expected) in
            [("Starting", Tone::Warn), ("red", Tone::Bad), ("stopped", Tone::Bad), ("online", Tone::Good)]
        {
            assert_eq!(status(text).map(|word| word.tone), Some(expected), "{text}");
            assert_eq!(tone(text), None, "{text}: of a part it may be anything");
        }
        assert!(word("disconnected").is_some_and(|word| word.is_firm));
        assert!(word("critical").is_some_and(|word| !word.is_firm), "it may be a priority");
    }

    #[test]
    fn words_that_add_nothing_are_skipped() {
        for (text, expected) in [
            ("All systems operational", Some(Tone::Good)),
            ("Service is not ready", Some(Tone::Bad)),
            ("I am alive", Some(Tone::Good)),
            ("Status: DOWN", Some(Tone::Bad)),
            ("Service Unavailable", None),
            ("Internal Server Error", None),
            ("Ingester not ready: waiting for 15s", None),
            ("hello world", None),
            ("", None),
        ] {
            assert_eq!(sentence(text).map(|word| word.tone), expected, "{text}");
        }
    }

    #[test]
    fn only_the_word_is_shown() {
        assert_eq!(word("error: password=hunter2").map(|word| word.text), Some("error"));
        assert_eq!(word("failed to connect as hunter2").map(|word| word.text), Some("failed to connect"));
        assert!(is_known("connected") && !is_known("error: password=hunter2") && !is_known("hunter2"));
        assert!(!is_known("failed to connect as hunter2"));
    }
}
