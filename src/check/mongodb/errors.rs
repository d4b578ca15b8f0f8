//! What an error of the server means, by its number. Only this file reads a server's text, and only where several states share
//! a number.
//!
//! Numbers: "Error Codes" in the manual of MongoDB.

use super::code;
use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::mask::sentence;
use crate::outcome::{Detail, Fault, Phase, clean_text};
use crate::secret::Secret;

/// An error that a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The server's number; servers before 3.4 and proxies may send none.
    pub(super) code: Option<i32>,
    name: String,
    /// The server's sentence, cleaned.
    text: String,
}

/// What an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// Anything else, once logged in or not.
    Failed(Cause),
}

/// What is known of the login that was refused.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Known<'a> {
    /// Nothing more.
    #[default]
    Nothing,
    /// The server does not list the user in this database, in words.
    Unlisted(&'a str),
    /// The certificate was to log in.
    Certificate,
}

use LoginRefusal::{Full, Missing, NotAllowed, Rejected, Starting, Stopping, Unsupported};
use Meaning::{Failed, Refused};

/// A known error: its number, the code that selects the hint, its meaning, and what it says.
type Row = (i32, &'static str, Meaning, &'static str);

const REJECTED: &str = "the server rejected the user or the password";
const STOPPING: &str = "the server is shutting down";
const NOT_PRIMARY: &str = "the server is no longer the primary";
const BACKEND: &str = "the server cannot reach a server behind it";

/// The code of the hint, the meaning, and what it says.
type About = (&'static str, Meaning, &'static str);

const BY_CERTIFICATE: About =
    (code::X509_REJECTED, Refused(NotAllowed), "the server rejected the certificate as a login");

const ROWS: &[Row] = &[
    (18, code::REJECTED, Refused(Rejected), REJECTED),
    (11, code::NO_SUCH_USER, Refused(NotAllowed), "the server does not know the user"),
    (31, code::NOT_ALLOWED, Refused(NotAllowed), "a role of the user does not exist"),
    (13, code::NOT_LOGGED_IN, Refused(Missing), "the server requires a login, and no user is set"),
    // Atlas, which has one number for everything.
    (8000, code::REJECTED, Refused(Rejected), REJECTED),
    (334, code::MECHANISM, Refused(Unsupported), "the server does not accept the login method"),
    (91, code::STOPPING, Refused(Stopping), STOPPING),
    (11600, code::STOPPING, Refused(Stopping), STOPPING),
    (11602, code::NOT_PRIMARY, Failed(Cause::NotEnoughReplicas), "the state of the replica set changed"),
    (10107, code::NOT_PRIMARY, Failed(Cause::ReadOnly), NOT_PRIMARY),
    (13435, code::NOT_PRIMARY, Failed(Cause::ReadOnly), NOT_PRIMARY),
    (189, code::NOT_PRIMARY, Failed(Cause::ReadOnly), NOT_PRIMARY),
    (13436, code::STARTING, Refused(Starting), "the server is neither primary nor secondary"),
    (94, code::STARTING, Refused(Starting), "the replica set of the server is not initiated"),
    (6, code::BACKEND, Failed(Cause::QueryFailed), BACKEND),
    (7, code::BACKEND, Failed(Cause::QueryFailed), BACKEND),
    (89, code::BACKEND, Failed(Cause::QueryFailed), BACKEND),
    (133, code::BACKEND, Failed(Cause::NotEnoughReplicas), "no server of a shard accepts the login"),
    (202, code::BACKEND, Failed(Cause::QueryFailed), BACKEND),
    (262, code::BACKEND, Failed(Cause::QueryFailed), BACKEND),
    // Azure Cosmos DB: a request is more than what is paid for.
    (16500, code::THROTTLED, Refused(Full), "the server limits the rate of requests"),
    (59, code::TOO_OLD, Failed(Cause::QueryFailed), "the server does not know the command"),
];

/// The maximum size of the server's sentence in a message.
const SENTENCE_LIMIT: usize = 200;

impl ServerError {
    /// An error with this number, its name and its sentence.
    pub(super) fn new(code: Option<i32>, name: &str, text: &str) -> Self {
        let is_word = !name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Self { code, name: if is_word { name.to_owned() } else { String::new() }, text: clean_text(text, 512) }
    }

    /// Whether the server does not know the command.
    pub(super) fn is_unknown_command(&self) -> bool {
        self.code == Some(59) || (self.code.is_none() && self.has("no such c"))
    }

    fn has(&self, words: &str) -> bool {
        self.text.to_ascii_lowercase().contains(words)
    }

    fn meaning(&self) -> About {
        let method = (code::MECHANISM, Refused(Unsupported), "the server does not accept the login method");
        match self.code {
            // MongoDB 4 says BadValue of a method that is off, and FerretDB AuthenticationFailed of one that it lacks.
            Some(2 | 18) if self.has("mechanism") || self.has("authentication is disabled") => return method,
            Some(18) if self.has("x509") || self.has("x.509") || self.has("certificate") => {
                return BY_CERTIFICATE;
            }
            Some(8000) if self.has("not allowed") || self.has("whitelist") || self.has("access list") => {
                return (code::NOT_ALLOWED, Refused(NotAllowed), "the server accepts no login from this pod's address");
            }
            _ if self.has("too many") && self.has("connection") => {
                return (code::FULL, Refused(Full), "the server has reached its maximum number of connections");
            }
            _ => {}
        }
        let row = ROWS.iter().find(|(code, ..)| Some(*code) == self.code);
        row.map_or(
            (code::OTHER, Failed(Cause::QueryFailed), "the server answered with an error"),
            |(_, code, meaning, says)| (*code, *meaning, *says),
        )
    }

    /// The fault that it is while logging in.
    pub(super) fn at_login(&self, secrets: &[&Secret], known: Known<'_>) -> Fault {
        let (code, meaning, says) = match (known, self.meaning()) {
            (Known::Unlisted(says), (code::REJECTED, meaning, _)) => (code::NO_SUCH_USER, meaning, says),
            (Known::Certificate, (code::REJECTED, ..)) => BY_CERTIFICATE,
            (_, meaning) => meaning,
        };
        let message = self.message(says, secrets);
        let fault = match meaning {
            Refused(refusal) => refusal.fault(message),
            Failed(cause) => Fault::new(Phase::Login, cause, message).stating(says),
        };
        let fault =
            if code == code::NO_SUCH_USER || meaning == Refused(NotAllowed) { fault.stating(says) } else { fault };
        fault.with(Detail::Protocol { code, product: None })
    }

    /// The fault that it is once logged in, or where nobody logs in.
    pub(super) fn at_request(&self, secrets: &[&Secret], logged_in: bool) -> Fault {
        let (code, meaning, says) = self.meaning();
        match (meaning, self.code) {
            (_, Some(13)) if logged_in => {
                let says = "the login works, but the user may not do this";
                Fault::new(Phase::Request, Cause::PermissionDenied, self.message(says, secrets))
            }
            (_, Some(13)) => return self.at_login(secrets, Known::Nothing).stating(says),
            (Failed(cause), _) => Fault::new(Phase::Request, cause, self.message(says, secrets)).stating(says),
            (Refused(Stopping | Starting | Full), _) => return self.at_login(secrets, Known::Nothing),
            (Refused(_), _) => {
                Fault::new(Phase::Request, Cause::QueryFailed, self.message(says, secrets)).stating(says)
            }
        }
        .with(Detail::Protocol { code, product: None })
    }

    /// What it means, then the server's sentence without secrets, and its number.
    fn message(&self, says: &str, secrets: &[&Secret]) -> String {
        let number = match (self.code, self.name.as_str()) {
            (Some(code), "") => format!(" ({code})"),
            (Some(code), name) => format!(" ({code} {name})"),
            (None, _) => String::new(),
        };
        let text = sentence(&self.text, self.meaning().0 != code::OTHER, secrets.iter().copied());
        match clean_text(&text, SENTENCE_LIMIT).trim().trim_end_matches('.') {
            "" => format!("{says}{number}"),
            text => format!("{says}: {text}{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Known, ServerError};
    use crate::outcome::Phase;
    use crate::secret::Secret;

    #[test]
    fn every_way_in_which_a_login_is_refused() {
        for (code, text, slug) in [
            (18, "Authentication failed.", "password_rejected"),
            (8000, "bad auth : authentication failed", "password_rejected"),
            (8000, "IP 10.0.0.7 is not allowed to access this cluster", "login_rejected"),
            (11, "Could not find user \"app\" for db \"admin\"", "login_rejected"),
            (18, "There is no x.509 client certificate matching the user.", "login_rejected"),
            (13, "command listDatabases requires authentication", "password_missing"),
            (
                334,
                "Received authentication for mechanism SCRAM-SHA-1 which is unknown or not enabled",
                "auth_unsupported",
            ),
            (2, "SCRAM-SHA-1 authentication is disabled", "auth_unsupported"),
            (18, "Unsupported authentication mechanism \"SCRAM-SHA-1\".", "auth_unsupported"),
            (91, "The server is in quiesce mode and will shut down", "shutting_down"),
            (11600, "interrupted at shutdown", "shutting_down"),
            (10107, "not master", "read_only"),
            (13436, "node is recovering", "starting_up"),
            (133, "Could not find host matching read preference", "not_enough_replicas"),
            (16500, "Request rate is large", "too_many_connections"),
            (1, "Too many open connections", "too_many_connections"),
            (999, "who knows", "query_failed"),
        ] {
            let fault = ServerError::new(Some(code), "Name", text).at_login(&[], Known::Nothing);
            assert_eq!((fault.cause.slug(), fault.phase), (slug, Phase::Login), "{code} {text}");
            assert!(fault.message.ends_with(&format!("({code} Name)")), "{}", fault.message);
        }
    }

    #[test]
    fn a_user_that_the_server_does_not_list_is_named() {
        let error = ServerError::new(Some(18), "AuthenticationFailed", "Authentication failed.");
        let fault = error.at_login(&[], Known::Unlisted("the server lists no user app in the database shop"));
        assert_eq!(fault.cause.slug(), "password_rejected");
        assert_eq!(fault.statement.as_deref(), Some("the server lists no user app in the database shop"));
        assert_eq!(error.at_login(&[], Known::Certificate).cause.slug(), "login_rejected");
    }

    #[test]
    fn errors_of_a_request() {
        let of = |code: i32, logged_in: bool| {
            let fault = ServerError::new(Some(code), "", "no").at_request(&[], logged_in);
            format!("{} {}", fault.phase.as_str(), fault.cause.slug())
        };
        assert_eq!(of(13, true), "request permission_denied");
        assert_eq!(of(13, false), "login password_missing");
        assert_eq!(of(91, true), "login shutting_down");
        assert_eq!(of(10107, true), "request read_only");
        assert_eq!(of(999, true), "request query_failed");
    }

    #[test]
    fn no_secret_and_no_odd_name_is_shown() {
        let secret = Secret::new("sesame".to_owned());
        let error = ServerError::new(None, "a b\u{1b}", "what is sesame\u{1b}[0m, said SESAME");
        let message = error.at_login(&[&secret], Known::Nothing).message;
        assert_eq!(message, "the server answered with an error: what is *** [0m, said ***");
        let failed = ServerError::new(Some(18), "AuthenticationFailed", "Authentication failed.");
        let message = failed.at_login(&[&Secret::new("failed".to_owned())], Known::Nothing).message;
        assert_eq!(message, "the server rejected the user or the password (18 AuthenticationFailed)");
        let error = ServerError::new(Some(5), "Odd", "what is sesame");
        assert_eq!(
            error.at_login(&[&secret], Known::Nothing).message,
            "the server answered with an error: what is *** (5 Odd)"
        );
    }
}
