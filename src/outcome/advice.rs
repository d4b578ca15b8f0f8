//! What of a hint the one line has room for: what to do, and what was observed before it where the fix refers to that.

use std::fmt;

use super::text::{cut_at_clause, with_capital};

/// Between the statement and the fix, with the full stop of the statement.
pub(super) const FIX: &str = ". Fix: ";

/// How hints start a clause that tells what to do.
const IMPERATIVES: &[&str] = &[
    "add",
    "allow",
    "ask",
    "change",
    "check",
    "choose",
    "close",
    "compare",
    "configure",
    "connect",
    "copy",
    "correct",
    "create",
    "define",
    "delete",
    "deploy",
    "disable",
    "do",
    "drop",
    "enable",
    "enter",
    "exempt",
    "export",
    "extend",
    "fill",
    "find",
    "finish",
    "fix",
    "free",
    "generate",
    "get",
    "give",
    "grant",
    "increase",
    "install",
    "issue",
    "keep",
    "leave",
    "let",
    "limit",
    "link",
    "list",
    "look",
    "lower",
    "make",
    "mount",
    "move",
    "name",
    "open",
    "pass",
    "percent-encode",
    "point",
    "probe",
    "publish",
    "put",
    "raise",
    "read",
    "recreate",
    "reduce",
    "register",
    "reissue",
    "reload",
    "remove",
    "renew",
    "repair",
    "replace",
    "report",
    "request",
    "resolve",
    "restart",
    "restore",
    "rewrite",
    "run",
    "scale",
    "see",
    "send",
    "set",
    "shorten",
    "show",
    "start",
    "stop",
    "store",
    "switch",
    "take",
    "try",
    "turn",
    "unlock",
    "unset",
    "update",
    "use",
    "verify",
    "wait",
    "write",
];

/// How hints start a sentence whose main clause follows behind a comma.
const CONDITIONS: &[&str] =
    &["behind", "for", "if", "in", "on", "to", "until", "where", "when", "while", "with", "without"];

/// A hint, apart: what was observed, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Advice<'a> {
    /// What stands before the first clause that tells what to do; the whole hint where none does.
    observed: &'a str,
    /// From that clause to the end of the hint; empty where none tells what to do.
    action: &'a str,
    /// The same up to the end of its sentence.
    first: &'a str,
}

/// What the line says behind the statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    observed: &'a str,
    fix: String,
}

impl<'a> Advice<'a> {
    pub(super) fn of(hint: &'a str) -> Self {
        let mut at = 0;
        for sentence in sentences(hint) {
            if let Some(inner) = action_in(sentence) {
                let observed = hint[..at + inner].trim_end().trim_end_matches([':', ';']);
                return Self { observed, action: &hint[at + inner..], first: &sentence[inner..] };
            }
            at += sentence.len() + 1;
        }
        Self { observed: hint, action: "", first: "" }
    }

    /// The room that it asks for, at most `limit`: that of its first sentence.
    pub(super) fn need(&self, limit: usize) -> usize {
        (if self.first.is_empty() { self.observed } else { self.first }).len().min(limit)
    }

    /// What fits, or the remedy of the cause where that says more than a torn hint.
    pub(super) fn within(self, room: usize, remedy: &str) -> Shown<'a> {
        let Self { observed, action, first } = self;
        // A clause from within a sentence gets its capital.
        let sentence = |text: &str| if observed.is_empty() { text.to_owned() } else { with_capital(text) };
        let fix = |text: &str| Shown { observed: "", fix: sentence(text) };
        let both = |text: &str| Shown { observed, fix: sentence(text) };
        // A space and a full stop.
        let fits = |observed: &str, text: &str| observed.len() + 2 + text.len() <= room;
        let remedy = || format!("{}.", with_capital(remedy.trim_end_matches('.')));
        let remedy_serves = |remedy: &str| is_imperative(remedy) && remedy.len() <= room && !refers_back(remedy);
        if action.is_empty() {
            return match (observed.len() <= room, remedy()) {
                (false, remedy) if remedy_serves(&remedy) => Shown { observed: "", fix: remedy },
                _ => Shown { observed, fix: String::new() },
            };
        }
        for text in [action, first] {
            if !observed.is_empty() && fits(observed, text) {
                return both(text);
            }
            // A hint that is nothing else is about the statement.
            if text.len() <= room && (observed.is_empty() || !refers_back(text)) {
                return fix(text);
            }
        }
        match remedy() {
            remedy if refers_back(first) && remedy_serves(&remedy) => Shown { observed: "", fix: remedy },
            _ => fix(&cut_at_clause(first, room)),
        }
    }
}

/// Behind a statement with its full stop.
impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.observed.is_empty() {
            let end = if self.observed.ends_with(['.', '…']) || self.fix.is_empty() { "" } else { "." };
            write!(f, " {}{end}", with_capital(self.observed))?;
        }
        if !self.fix.is_empty() {
            write!(f, " Fix: {}", self.fix)?;
        }
        Ok(())
    }
}

/// Whether a hint tells what to do, in a sentence of its own or behind a condition (`if …, correct it`).
#[cfg(test)]
pub(crate) fn tells_what_to_do(hint: &str) -> bool {
    !Advice::of(hint).action.is_empty()
}

/// What every hint of a kind is: short, with an imperative, one or two sentences.
///
/// # Panics
/// For a text that is not.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_hint(hint: &str) {
    let limit = super::text::HINT_LIMIT;
    let is_whole = hint.ends_with('.') && !hint.contains("  ") && sentences(hint).len() <= 2;
    assert!(hint.len() <= limit && is_whole, "{} bytes, {} sentences: {hint}", hint.len(), sentences(hint).len());
    assert!(tells_what_to_do(hint), "nothing to do: {hint}");
}

/// A sentence ends with a full stop before a space and a capital or a command.
fn sentences(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.match_indices(". ").map(|(at, _)| at + 1).find(|end| starts_sentence(&rest[end + 1..])) {
        all.push(&rest[..end]);
        rest = &rest[end + 1..];
    }
    all.push(rest);
    all
}

fn starts_sentence(text: &str) -> bool {
    text.starts_with(|first: char| first.is_uppercase() || first == '`')
}

/// Where the clause starts in a sentence that tells what to do.
fn action_in(sentence: &str) -> Option<usize> {
    let is_condition = CONDITIONS.contains(&&*first_word(sentence));
    let main = is_condition && sentence.match_indices(", ").any(|(at, _)| is_imperative(&sentence[at + 2..]));
    if is_imperative(sentence) || main {
        return Some(0);
    }
    let clauses = sentence.match_indices([':', ';']).filter(|(at, _)| sentence[at + 1..].starts_with(' '));
    let mut behind = clauses.map(|(at, _)| at + 2);
    behind.find(|at| is_imperative(&sentence[*at..]))
}

fn first_word(text: &str) -> String {
    text.split([' ', ':', ',', ';']).next().unwrap_or_default().to_ascii_lowercase()
}

fn is_imperative(text: &str) -> bool {
    IMPERATIVES.contains(&&*first_word(text))
}

/// Whether it speaks of something that it does not name.
fn refers_back(text: &str) -> bool {
    const PREPOSITIONS: [&str; 12] =
        ["as", "at", "behind", "by", "for", "from", "in", "of", "on", "than", "to", "with"];
    let mut names_object = false;
    let mut before = String::new();
    let mut words = text.split(' ').enumerate().peekable();
    while let Some((at, word)) = words.next() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
        let next = words.peek().map(|(_, next)| next.trim_matches(|c: char| !c.is_alphanumeric())).unwrap_or_default();
        match &*bare {
            "it" | "its" | "they" | "them" | "their" | "both" if !names_object => return true,
            "one" | "ones" if !names_object && next != "of" => return true,
            // `check that …` is no pronoun.
            "that" | "those" | "these"
                if next != "time"
                    && (at == 1 || PREPOSITIONS.contains(&&*before))
                    && !matches!(&*before, "check" | "see" | "sure") =>
            {
                return true;
            }
            "the" | "a" | "an" | "every" | "each" => names_object = true,
            _ => {}
        }
        let is_name = word.contains(['`', '_', '/', '=', '.']) && !word.ends_with('.')
            || word == "kubectl"
            || word.contains(|c: char| c.is_ascii_digit())
            || at > 0 && word.starts_with(char::is_uppercase);
        names_object |= is_name;
        before = bare;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Advice, refers_back, sentences};

    #[test]
    fn sentences_end_where_another_one_starts() {
        assert_eq!(sentences("Run a.b c. Then d. `x` is it."), ["Run a.b c.", "Then d.", "`x` is it."]);
        assert_eq!(sentences("set e.g. this"), ["set e.g. this"]);
    }

    #[test]
    fn a_fix_is_an_imperative_and_nothing_else() {
        const REMEDY: &str = "read the log of the peer at that time";
        for (hint, room, expected) in [
            ("The port is closed. Open it.", 90, " The port is closed. Fix: Open it."),
            ("The port is closed. Open it.", 10, " Fix: Open it."),
            (
                "The host is up: compare the port with the server's.",
                90,
                " The host is up. Fix: Compare the port with the server's.",
            ),
            ("The host is up: compare the port with the server's.", 40, " Fix: Compare the port with the server's."),
            ("If the host is up, compare the port.", 90, " Fix: If the host is up, compare the port."),
            ("The port is closed. Its log shows why.", 90, " The port is closed. Its log shows why."),
            (
                "The port is closed, as far as that shows. Its log shows why.",
                40,
                " Fix: Read the log of the peer at that time.",
            ),
            (
                "The server hangs, which may have many reasons. Read its log at this time.",
                45,
                " Fix: Read the log of the peer at that time.",
            ),
            (
                "Compare the port with the server's, and check its listener.",
                45,
                " Fix: Compare the port with the server's…",
            ),
            ("Set the key of the check (of http and of tls) to another value.", 40, " Fix: Set the key of the check…"),
        ] {
            assert_eq!(Advice::of(hint).within(room, REMEDY).to_string(), expected, "{hint} {room}");
        }
    }

    #[test]
    fn a_fix_names_what_it_is_about() {
        for text in [
            "Read its log.",
            "Mount it (or its authority) and set it as `ca`.",
            "Use that port.",
            "Mount the certificate of that authority.",
            "Give it one, or use its port.",
            "Add one that accepts the user.",
        ] {
            assert!(refers_back(text), "{text}");
        }
        for text in [
            "Read the server's log at that time.",
            "Mount the certificate and set it as `ca`.",
            "Check that the server listens.",
            "Use the port that `tls-port` names.",
            "Run kubectl get svc web, and correct it.",
            "Set `server_name` to one of the names.",
        ] {
            assert!(!refers_back(text), "{text}");
        }
    }
}
