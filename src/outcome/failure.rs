//! The failure of an outcome, and the one line that stands for it where words are few: the event of the kubelet, `ask`, `/readyz`, the log and the
//! termination message. The statement comes first, then the fix.

use serde::Serialize;

use super::detail::Detail;
use super::phase::Phase;
use super::text::{clean_text, cut_at_word};
use crate::cause::Cause;

/// The longest line of a check, in bytes, with its name: about what a person reads in `kubectl describe`.
pub const LINE_LIMIT: usize = 200;
/// Between the statement and the fix.
const FIX: &str = ". Fix: ";

/// The failure of an outcome: the fault and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Where it failed.
    pub phase: Phase,
    /// The slug of the closed vocabulary.
    pub cause: Cause,
    /// What was observed, in words that stay the same from run to run; see [`Failure::line`].
    #[serde(skip)]
    pub statement: Option<String>,
    /// What was observed.
    pub message: String,
    /// At most two short sentences: the likeliest reason and the one command or change that settles it.
    pub hint: String,
    /// What was observed, typed: for tests and for the verdict on several addresses, not a part of the JSON.
    #[serde(skip)]
    pub detail: Option<Detail>,
}

/// How hints start a sentence that tells what to do.
const IMPERATIVES: &[&str] = &[
    "add",
    "allow",
    "ask",
    "change",
    "check",
    "compare",
    "connect",
    "correct",
    "create",
    "disable",
    "drop",
    "enable",
    "find",
    "fix",
    "give",
    "grant",
    "increase",
    "let",
    "list",
    "look",
    "lower",
    "make",
    "mount",
    "move",
    "open",
    "percent-encode",
    "point",
    "probe",
    "put",
    "raise",
    "read",
    "recreate",
    "reduce",
    "reissue",
    "remove",
    "renew",
    "repair",
    "replace",
    "report",
    "restart",
    "run",
    "see",
    "set",
    "start",
    "stop",
    "update",
    "use",
    "wait",
    "write",
];

impl Failure {
    /// Of a check whose code failed.
    pub const PANICKED: &'static str = "the check panicked; the log says where";

    /// Of a check whose code failed, whatever it had seen until then.
    #[must_use]
    pub fn internal() -> Self {
        let cause = Cause::Internal;
        let (message, hint) = (Self::PANICKED.to_owned(), cause.info().remedy.to_owned());
        Self { phase: Phase::Assert, cause, statement: None, message, hint, detail: None }
    }

    /// Whether the hint says this already, at the start of a sentence or within one.
    pub(super) fn advises(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let first = rest.next();
        !rest.as_str().is_empty()
            && self.hint.match_indices(rest.as_str()).any(|(at, _)| {
                let before = self.hint[..at].chars().next_back();
                before.zip(first).is_some_and(|(one, other)| one.eq_ignore_ascii_case(&other))
            })
    }

    /// `NAME: CAUSE: FACT. Fix: FIX`, or `NAME: CAUSE for …` where the statement says for whom; at most [`LINE_LIMIT`] bytes. It
    /// holds no time and no counter, so it stays the same while nothing changes.
    #[must_use]
    pub fn line(&self, name: &str) -> String {
        format!("{name}: {}", self.reason(name))
    }

    /// The same behind the name of the check.
    #[must_use]
    pub fn reason(&self, name: &str) -> String {
        // The longest of what stands before it: `[-]NAME failed: `.
        let room = LINE_LIMIT.saturating_sub(name.len() + "[-] failed: ".len());
        let slug = self.cause.slug();
        let statement = self.statement.as_deref().unwrap_or_else(|| self.cause.info().meaning);
        // The fix needs the other half.
        let statement = clean_text(statement, room.saturating_sub(slug.len() + FIX.len()) / 2);
        let link = if statement.starts_with("for ") { " " } else { ": " };
        let seen = format!("{slug}{link}{}", statement.trim_end_matches('.'));
        let fix = fix(&self.hint, room.saturating_sub(seen.len() + FIX.len()));
        cut_at_word(&format!("{seen}{FIX}{fix}"), room)
    }
}

/// The hint as far as it fits: all of it, else its first sentence that tells what to do, which is the last one where none
/// is an imperative.
fn fix(hint: &str, room: usize) -> &str {
    let sentences = || sentences(hint).into_iter();
    match hint.len() <= room {
        true => hint,
        false => sentences().find(|one| is_imperative(one)).or_else(|| sentences().next_back()).unwrap_or(hint),
    }
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

fn is_imperative(sentence: &str) -> bool {
    let word = sentence.split([' ', ':', ',', ';']).next().unwrap_or_default().to_ascii_lowercase();
    IMPERATIVES.contains(&&*word)
}

#[cfg(test)]
mod tests {
    use super::{Cause, Failure, LINE_LIMIT, Phase, fix, sentences};

    fn failure(cause: Cause, statement: Option<&str>, hint: &str) -> Failure {
        let statement = statement.map(str::to_owned);
        Failure {
            phase: Phase::Login,
            cause,
            statement,
            message: "seen".to_owned(),
            hint: hint.to_owned(),
            detail: None,
        }
    }

    #[test]
    fn fact_and_fix() {
        let user = failure(Cause::PasswordRejected, Some("for user app"), "Compare the Secret with the server.");
        assert_eq!(
            user.line("database"),
            "database: password_rejected for user app. Fix: Compare the Secret with the server."
        );
        let part = failure(Cause::HealthDown, Some("database is disconnected"), "Check that part.");
        assert_eq!(part.line("backend"), "backend: health_down: database is disconnected. Fix: Check that part.");
        let bare = failure(Cause::ReadOnly, None, "Point it at the primary.");
        assert_eq!(
            bare.reason("database"),
            "read_only: the server is a replica, and a primary is required. Fix: Point it at the primary."
        );
    }

    #[test]
    fn it_is_never_too_long_and_names_the_fix() {
        let observed = "The server answers, and it says a lot about what it is. ".repeat(4);
        let hint = format!("{observed}Run `kubectl -n shop get svc`. Then look again.");
        let long = failure(Cause::HttpStatus, Some(&"/path".repeat(50)), &hint);
        for name in ["a", &"n".repeat(63)] {
            let line = long.line(name);
            assert!(line.len() <= LINE_LIMIT && line.contains(". Fix: Run `"), "{}: {line}", line.len());
        }
        let endless = failure(Cause::HttpStatus, None, &"Check the very long list of what there is, ".repeat(20));
        let line = endless.line("web");
        assert!(line.len() <= LINE_LIMIT && line.ends_with('…'), "{line}");
    }

    #[test]
    fn sentences_end_where_another_one_starts() {
        assert_eq!(sentences("Run a.b c. Then d. `x` is it."), ["Run a.b c.", "Then d.", "`x` is it."]);
        assert_eq!(sentences("set e.g. this"), ["set e.g. this"]);
        assert_eq!(fix("The port is closed. Open it.", 10), "Open it.");
        assert_eq!(fix("The port is closed. Its log shows why.", 10), "Its log shows why.");
    }
}
