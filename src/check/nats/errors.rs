//! What an error of the server means. Only this file reads a server's text: messages and hints use the row that it finds.
//!
//! Texts of nats-server (`server/errors.go`, `server/client.go`), in lower case. The first match counts.

use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::mask;
use crate::outcome::clean_text;
use crate::secret::Secret;

/// What an error means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// Anything else.
    Failed(Cause),
}

/// An error that a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The code that selects the hint.
    pub(super) code: &'static str,
    /// What it means.
    pub(super) meaning: Meaning,
    /// What it means, in our words; empty if the error is not known.
    pub(super) says: &'static str,
    /// The server's sentence, which may hold the password.
    text: Secret,
}

/// A known error: a part of its text in lower case, its code, its meaning and what it says.
type Row = (&'static str, &'static str, Meaning, &'static str);

use LoginRefusal::{Full, NotAllowed, Rejected, Stopping};
use Meaning::{Failed, Refused};

/// The login is refused, and the server does not say why.
pub(super) const AUTHORIZATION: &str = "authorization";

const WRONG_PORT: &str = "the port is not for clients, but for other servers of NATS";

pub(super) const ROWS: &[Row] = &[
    ("authorization violation", AUTHORIZATION, Refused(Rejected), "the server rejected the login"),
    (
        "authentication timeout",
        "auth_timeout",
        Failed(Cause::Timeout),
        "the login took longer than the server allows (its `timeout` of `authorization`)",
    ),
    ("user authentication expired", "expired", Refused(NotAllowed), "the user's JWT has expired"),
    ("account authentication expired", "account_expired", Refused(NotAllowed), "the account's JWT has expired"),
    ("authentication revoked", "revoked", Refused(NotAllowed), "the account has revoked the user"),
    ("failed account registration", "account", Refused(NotAllowed), "the server cannot use the account of the user"),
    (
        "maximum account active connections exceeded",
        "account_connections",
        Refused(Full),
        "the account has reached its maximum number of connections",
    ),
    (
        "maximum connections exceeded",
        "max_connections",
        Refused(Full),
        "the server has reached its maximum number of connections",
    ),
    ("connection throttling", "throttled", Refused(Full), "the server limits how many clients may start TLS at a time"),
    ("tls required", "wants_tls", Failed(Cause::TlsUnsupported), "the server accepts only TLS"),
    ("server shutdown", "shutdown", Refused(Stopping), "the server is shutting down"),
    ("attempted to connect to", "wrong_port", Failed(Cause::ProtocolError), WRONG_PORT),
];

/// The maximum size of the server's sentence in a message.
const SENTENCE_LIMIT: usize = 160;
/// The maximum size of a sentence that is searched for secrets; a longer one is cut before.
const SEARCH_LIMIT: usize = 1024;

impl ServerError {
    /// Reads the text behind `-ERR`, which is in quotes.
    pub(super) fn read(text: &str) -> Self {
        let text = clean_text(text.trim().trim_matches('\''), SEARCH_LIMIT);
        let lower = text.to_ascii_lowercase();
        let known = ROWS.iter().find(|row| lower.contains(row.0));
        let (code, meaning, says) =
            known.map_or(("other", Failed(Cause::QueryFailed), ""), |row| (row.1, row.2, row.3));
        Self { code, meaning, says, text: Secret::new(text) }
    }

    /// The message: what it means (`says`), and the server's sentence where it holds no part of these secrets.
    pub(super) fn message(&self, says: &str, secrets: &[Secret]) -> String {
        let says = if says.is_empty() { "the server answered the login with an error" } else { says };
        let text = self.text.expose().trim_end().trim_end_matches('.');
        match clean_text(&mask::sentence(text, !self.says.is_empty(), secrets.iter()), SENTENCE_LIMIT) {
            text if text.is_empty() => says.to_owned(),
            text => format!("{says}: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ServerError;
    use crate::secret::Secret;

    #[test]
    fn errors_are_told_apart_and_show_no_secret() {
        for (text, code) in [
            ("'Authorization Violation'", "authorization"),
            ("'Authentication Timeout'", "auth_timeout"),
            ("'User Authentication Expired'", "expired"),
            ("'Account Authentication Expired'", "account_expired"),
            ("'User Authentication Revoked'", "revoked"),
            ("'maximum account active connections exceeded'", "account_connections"),
            ("'maximum connections exceeded'", "max_connections"),
            ("'Secure Connection - TLS Required'", "wants_tls"),
            ("'attempted to connect to route port'", "wrong_port"),
            ("'Unknown Protocol Operation'", "other"),
            ("", "other"),
        ] {
            assert_eq!(ServerError::read(text).code, code, "{text}");
        }
        let secrets = [Secret::new("sesame".to_owned())];
        for (text, expected) in [
            ("'no: sesame'", "the server answered the login with an error: no: ***"),
            ("'no: SESAM'", "the server answered the login with an error: the server's text repeats the secret"),
            ("''", "the server answered the login with an error"),
        ] {
            assert_eq!(ServerError::read(text).message("", &secrets), expected);
        }
        let error = ServerError::read("'Authorization Violation'");
        for (secret, shown) in [("o", ""), ("violation", ""), ("sesame", ": Authorization Violation")] {
            let message = error.message(error.says, &[Secret::new(secret.to_owned())]);
            assert_eq!(message, format!("the server rejected the login{shown}"), "{secret}");
        }
    }
}
