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

impl Word<'_> {
    /// Whether it is good news with bad news behind it in this text: `OK (db down)`.
    pub(crate) fn is_contradicted_in(&self, text: &str) -> bool {
        let behind = text.find(self.text).map_or("", |at| &text[at + self.text.len()..]);
        self.tone == Tone::Good && prose(behind) == Some(Tone::Bad)
    }
}

/// The tables, each word with its letters and digits alone.
const LISTS: [(Class, &str); 10] = [
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
         notup inoperative temporarilyunavailable notresponding unresponsive notinitialized uninitialized \
         nonoperational notfunctional",
    ),
    // These say something only as somebody's status: elsewhere `standby`, `stopped` or `red` may be anything.
    (
        Class::Status(Tone::Good),
        "green online active enabled started normal nominal fine working functional stable synced insync idle standby \
         leader follower primary replica succeeded successful valid open accepting listening responding established \
         initialized pong allgood works alright done complete completed circuitclosed",
    ),
    (
        Class::Status(Tone::Warn),
        "yellow amber starting startingup initializing initialising loading warmingup stopping terminating shuttingdown draining maintenance \
         undermaintenance inmaintenance maintenancemode recovering reconnecting connecting unstable impaired overloaded",
    ),
    (
        Class::Status(Tone::Bad),
        "red stopped startfailed halted terminated exited crashloopbackoff panic emergency outage bad faulted fault \
         refused exception dying killed aborted defunct lost",
    ),
    // Of a part they say that it is not in use: only a whole that is so does not serve.
    (Class::Whole(Tone::Bad), "inactive"),
];

/// Where a word counts, and what it says.
#[derive(Debug, Clone, Copy)]
enum Class {
    /// Wherever it stands; whether it is firm.
    Anywhere(Tone, bool),
    /// As somebody's status.
    Status(Tone),
    /// As the status of a whole program.
    Whole(Tone),
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
        Some(Class::Status(_) | Class::Whole(_)) => None,
        None => cannot(text, &letters),
    }
}

/// A word as somebody's status: there, colours and states of work count too.
pub(crate) fn status(text: &str) -> Option<Word<'_>> {
    let text = first(text);
    let Some(letters) = letters(text) else { return sign(text) };
    match TABLE.get(letters.as_str()) {
        Some(Class::Anywhere(tone, is_firm)) => Some(Word { text, tone: *tone, is_firm: *is_firm }),
        Some(Class::Status(tone)) => Some(Word { text, tone: *tone, is_firm: false }),
        Some(Class::Whole(_)) => None,
        None => cannot(text, &letters),
    }
}

/// A word as the status of a whole program: there, `inactive` counts too.
pub(crate) fn of_whole(text: &str) -> Option<Word<'_>> {
    let text = first(text);
    match TABLE.get(letters(text)?.as_str()) {
        Some(Class::Whole(tone)) => Some(Word { text, tone: *tone, is_firm: false }),
        Some(Class::Anywhere(..) | Class::Status(_)) | None => None,
    }
}

/// A tick or a cross without any letters.
fn sign(text: &str) -> Option<Word<'_>> {
    let has = |signs: &str| text.contains(|c| signs.contains(c));
    let tone = match (text.contains(char::is_alphanumeric), has("✓✔✅👍🟢💚"), has("✗✘❌👎🔴")) {
        (false, true, false) => Tone::Good,
        (false, false, true) => Tone::Bad,
        _ => return None,
    };
    Some(Word { text, tone, is_firm: false })
}

/// Whether a word says that work was stopped, which somebody may have wanted: a queue, a scheduler.
pub(crate) fn is_of_stopped_work(word: &str) -> bool {
    const STOPPED: [&str; 5] = ["stopped", "halted", "terminated", "exited", "inactive"];
    letters(first(word)).is_some_and(|letters| STOPPED.contains(&letters.as_str()))
}

/// Whether a text is the reason phrase of a status of HTTP that is about the server: `Service Unavailable`.
pub(crate) fn phrase(text: &str) -> Option<Word<'_>> {
    const PHRASES: [&str; 7] = [
        "serviceunavailable",
        "servicetemporarilyunavailable",
        "servererror",
        "internalservererror",
        "badgateway",
        "gatewaytimeout",
        "servernotavailable",
    ];
    let text = first(text).trim_end_matches(['.', '!']);
    let is_phrase = PHRASES.contains(&letters(text)?.as_str());
    is_phrase.then_some(Word { text, tone: Tone::Bad, is_firm: true })
}

/// Words that add nothing to a word of health.
const FILLERS: &str = "a all am api app application check currently everything health healthcheck i im is it its node now \
                       process seems server service state status system systems the this backend are we still fully s \
                       m re site website instance";
/// Words that only good news has, beside those of the table and of [`FILLERS`].
const GOOD_COMPANY: &str = "and well go kicking very perfectly serve requests to accept connections";
/// What follows a word and names a reason for it: `down for maintenance`.
const REASONS: &str = "for due because since with";

fn is_one_of(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word))
}

/// What a text of several words says, where it is a word of health and words that add nothing: `all systems operational`,
/// `the service is not ready`, `up and running`, `down for maintenance`.
pub(crate) fn sentence(text: &str) -> Option<Word<'_>> {
    let text = text.trim();
    if text.len() > 2 * LONGEST || phrase(text).is_some() {
        return None;
    }
    behind_fillers(text).or_else(|| good_company(text))
}

fn behind_fillers(text: &str) -> Option<Word<'_>> {
    let mut rest = text;
    loop {
        if let Some(word) = status(rest).or_else(|| with_reason(rest)) {
            return Some(word);
        }
        let (part, behind) = rest.split_once(|c: char| !c.is_alphanumeric())?;
        if !is_one_of(FILLERS, part) {
            return None;
        }
        rest = behind.trim_start_matches([' ', ':', '-', '.', ',', '\'']);
    }
}

/// `down for maintenance`: bad news with its reason.
fn with_reason(text: &str) -> Option<Word<'_>> {
    let is_reason = |(at, _): &(usize, &str)| is_one_of(REASONS, text[at + 1..].split(' ').next().unwrap_or_default());
    let (at, _) = text.match_indices(' ').find(is_reason)?;
    status(&text[..at]).filter(|word| word.tone == Tone::Bad)
}

/// A text of which each word is good or adds nothing, and one at least is good.
fn good_company(text: &str) -> Option<Word<'_>> {
    if text.contains(['{', '}', '[', '<', '>', '"', '=', '/', '\\', '@', '?']) {
        return None;
    }
    let mut good = None;
    for part in parts(text) {
        match status(part).filter(|word| word.tone == Tone::Good) {
            Some(word) => good = good.or(Some(word)),
            None if is_one_of(GOOD_COMPANY, part) => {}
            None if is_one_of(FILLERS, part) => {}
            None => return None,
        }
    }
    let all_go = parts(text).last().is_some_and(|last| last.eq_ignore_ascii_case("go")) && parts(text).count() > 1;
    good.or_else(|| all_go.then_some(Word { text, tone: Tone::Good, is_firm: false }))
}

/// The words of a text.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty())
}

/// What a line says that is written for people: good news where one word of it is good and none means down or doubt, bad
/// news or doubt where one does. `nothing is down` and `0 errors` are good news.
pub(crate) fn prose(text: &str) -> Option<Tone> {
    const DENIALS: &str = "no 0 zero none nothing without never";
    const DENIALS_BEHIND: &str = "0 zero none";
    const DENIALS_OF_GOOD: &str = "no none nothing never without";
    const DOUBTS: &str = "not un but except unless however waiting pending until cannot cant couldn isn aren wasn won \
                          doesn unable problem problems issue issues errors failures trouble partially partly almost \
                          maybe unknown soon missing limited unauthorized forbidden denied";
    let parts: Vec<&str> = parts(text).collect();
    let is_bad = |part: &str| is_one_of(DOUBTS, part) || status(part).is_some_and(|word| word.tone != Tone::Good);
    let mut tone = None;
    for (at, part) in parts.iter().enumerate() {
        if is_bad(part) {
            let denied_before = parts[at.saturating_sub(2)..at].iter().any(|before| is_one_of(DENIALS, before));
            let denied_behind = parts.get(at + 1).is_some_and(|behind| is_one_of(DENIALS_BEHIND, behind));
            if !denied_before && !denied_behind {
                return Some(Tone::Bad);
            }
            tone = Some(Tone::Good);
        } else if status(part).is_some() {
            // `none up`; of `errors 0, up` the 0 is about the errors.
            if parts[..at].last().is_some_and(|before| is_one_of(DENIALS_OF_GOOD, before)) {
                return Some(Tone::Bad);
            }
            tone = Some(Tone::Good);
        }
    }
    tone
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
            ("up and running", Some(Tone::Good)),
            ("All systems go", Some(Tone::Good)),
            ("alive and well", Some(Tone::Good)),
            ("I'm alive", Some(Tone::Good)),
            ("down for maintenance", Some(Tone::Bad)),
            ("running with errors", None),
            ("go away", None),
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
