//! The failure of an outcome, and the one line that stands for it where words are few: the event of the kubelet, `ask`, `/readyz`, the log and the
//! termination message. The statement comes first, then the fix.

use serde::Serialize;

use super::advice::{Advice, FIX};
use super::detail::Detail;
use super::phase::Phase;
use super::text::{MESSAGE_LIMIT, clean_text, cut_at_clause, cut_at_word};
use crate::cause::{Cause, Info};

/// The longest line of a check, in bytes, with its name: about what a person reads in `kubectl describe`.
pub const LINE_LIMIT: usize = 200;
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
    /// As [`Fault::risks_lock`](super::Fault::risks_lock).
    #[serde(skip)]
    pub risks_lock: bool,
}

impl Failure {
    /// Of a check whose code failed.
    pub const PANICKED: &'static str = "the check panicked; the log says where";

    /// Of a check whose code failed, whatever it had seen until then.
    #[must_use]
    pub fn internal() -> Self {
        let cause = Cause::Internal;
        let (message, hint) = (Self::PANICKED.to_owned(), cause.info().remedy.to_owned());
        Self { phase: Phase::Assert, cause, statement: None, message, hint, detail: None, risks_lock: false }
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
        let Info { slug, meaning, remedy, .. } = self.cause.info();
        let advice = Advice::of(&self.hint);
        let rest = room.saturating_sub(slug.len() + FIX.len());
        // The fix gets the other half, or what it needs where that is less.
        let statement = self.statement.as_deref().unwrap_or(meaning);
        let statement = cut_at_clause(&clean_text(statement, MESSAGE_LIMIT), (rest / 2).max(rest - advice.need(rest)));
        let link = if statement.starts_with("for ") { " " } else { ": " };
        let seen = format!("{slug}{link}{}", statement.trim_end_matches('.'));
        let advice = advice.within(room.saturating_sub(seen.len() + FIX.len()), remedy);
        let end = if seen.ends_with('…') { "" } else { "." };
        cut_at_word(&format!("{seen}{end}{advice}"), room)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause, Failure, LINE_LIMIT, Phase};

    fn failure(cause: Cause, statement: Option<&str>, hint: &str) -> Failure {
        let statement = statement.map(str::to_owned);
        Failure {
            phase: Phase::Login,
            cause,
            statement,
            message: "seen".to_owned(),
            hint: hint.to_owned(),
            detail: None,
            risks_lock: false,
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
            assert!(line.len() <= LINE_LIMIT && line.contains(" Fix: Run `"), "{}: {line}", line.len());
            assert!(!line.contains("…."), "{line}");
        }
        let endless = failure(Cause::HttpStatus, None, &"Check the very long list of what there is, ".repeat(20));
        let line = endless.line("web");
        assert!(line.len() <= LINE_LIMIT && line.ends_with('…'), "{line}");
    }
}
