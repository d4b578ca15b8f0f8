//! What an error of the server means. Only this file reads a server's text: messages and hints use the row that it finds.
//!
//! Texts of memcached (`memcached.c`, `proto_text.c`, `proto_bin.c`), in lower case. The first match counts.

use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::mask;
use crate::outcome::{Fault, clean_text};
use crate::secret::Secret;

/// What an error means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// Anything else.
    Failed,
}

/// An error that a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The code that selects the hint.
    pub(super) code: &'static str,
    meaning: Meaning,
    /// What it means, in our words.
    says: &'static str,
    /// The server's sentence.
    text: Secret,
}

/// A known error: a part of its text in lower case, its code, its meaning and what it says.
type Row = (&'static str, &'static str, Meaning, &'static str);

use LoginRefusal::{Full, Missing, Rejected};
use Meaning::{Failed, Refused};

/// The server asks for a login.
pub(super) const NO_LOGIN: &str = "no_login";
const REJECTED: &str = "rejected";
/// The server has no free connection.
pub(super) const FULL: &str = "max_connections";
/// What the server says before it closes such a connection, also where it speaks TLS.
pub(super) const FULL_TEXT: &[u8] = b"ERROR Too many open connections";
const OTHER: &str = "other";

const WRONG: &str = "the server rejected the user or the password";
/// The status of the binary protocol for a login that failed.
const AUTH_ERROR: u16 = 0x20;

pub(super) const ROWS: &[Row] = &[
    ("too many open connections", FULL, Refused(Full), "the server has reached its maximum number of connections"),
    ("unauthenticated", NO_LOGIN, Refused(Missing), "the server requires a login, and no user and password are set"),
    ("authentication failure", REJECTED, Refused(Rejected), WRONG),
    ("auth token too long", REJECTED, Refused(Rejected), WRONG),
    ("auth failure", REJECTED, Refused(Rejected), WRONG),
    ("out of memory", "memory", Failed, "the server has no memory left to answer"),
    ("", OTHER, Failed, "the server answered with an error"),
];

/// The maximum size of the server's sentence in a message.
const SENTENCE_LIMIT: usize = 160;
/// The maximum size of a sentence that is searched for secrets; a longer one is cut before.
const SEARCH_LIMIT: usize = 1024;

impl ServerError {
    /// Reads a line.
    pub(super) fn read(text: &str) -> Self {
        let text = clean_text(text, SEARCH_LIMIT);
        let lower = text.to_ascii_lowercase();
        let row = ROWS.iter().find(|row| lower.contains(row.0)).copied();
        let (_, code, meaning, says) = row.unwrap_or(ROWS[ROWS.len() - 1]);
        Self { code, meaning, says, text: Secret::new(text) }
    }

    /// Reads a status of the binary protocol, with its text.
    pub(super) fn of_status(status: u16, text: &str) -> Self {
        let text = if text.trim().is_empty() { format!("status {status:#04x}") } else { text.to_owned() };
        let read = Self::read(&text);
        if status == AUTH_ERROR {
            return Self { code: REJECTED, meaning: Refused(Rejected), says: WRONG, ..read };
        }
        read
    }

    /// The fault in a phase, with the server's sentence where it holds no part of these secrets.
    pub(super) fn fault(&self, phase: crate::outcome::Phase, secrets: &[&Secret]) -> Fault {
        let text = mask::sentence(self.text.expose(), self.code != OTHER, secrets.iter().copied());
        let message = match clean_text(text.trim_end().trim_end_matches('.'), SENTENCE_LIMIT) {
            text if text.is_empty() => self.says.to_owned(),
            text => format!("{}: {text}", self.says),
        };
        match self.meaning {
            Refused(refusal) => refusal.fault(message),
            Failed => Fault::new(phase, Cause::QueryFailed, message).stating(self.says),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ServerError;
    use crate::outcome::Phase;
    use crate::secret::Secret;

    #[test]
    fn every_answer_has_a_meaning() {
        for (line, code, cause) in [
            ("CLIENT_ERROR unauthenticated", "no_login", "password_missing"),
            ("CLIENT_ERROR authentication failure", "rejected", "password_rejected"),
            ("ERROR Too many open connections", "max_connections", "too_many_connections"),
            ("SERVER_ERROR out of memory writing get response", "memory", "query_failed"),
            ("SERVER_ERROR Host is down", "other", "query_failed"),
            ("ERROR", "other", "query_failed"),
        ] {
            let error = ServerError::read(line);
            assert_eq!((error.code, error.fault(Phase::Request, &[]).cause.slug()), (code, cause), "{line}");
        }
        for (status, text, code) in [(0x20, "Auth failure.", "rejected"), (0x20, "", "rejected"), (0x85, "", "other")] {
            assert_eq!(ServerError::of_status(status, text).code, code);
        }
        assert!(ServerError::of_status(0x85, "").fault(Phase::Login, &[]).message.ends_with("error: status 0x85"));
    }

    #[test]
    fn no_sentence_repeats_a_secret() {
        let secret = Secret::new("sesame".to_owned());
        let message = |line: &str| ServerError::read(line).fault(Phase::Login, &[&secret]).message;
        assert_eq!(message("SERVER_ERROR busy."), "the server answered with an error: SERVER_ERROR busy");
        let hidden = "the server answered with an error: the server's text repeats the secret";
        assert_eq!(message("CLIENT_ERROR no sesa here"), hidden);
        for secret in ["a", "authentication", "failure"] {
            let fault = ServerError::read("CLIENT_ERROR authentication failure")
                .fault(Phase::Login, &[&Secret::new(secret.to_owned())]);
            assert_eq!(fault.message, "the server rejected the user or the password");
        }
    }
}
