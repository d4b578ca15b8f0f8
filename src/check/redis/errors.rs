//! What an error of the server means. Only this file reads a server's text: messages, hints and findings use the row that
//! it finds.
//!
//! The text itself is rarely shown, because a server without AUTH repeats the password in its error.

use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::outcome::{SERVER_TEXT_LIMIT, clean_text};
use crate::secret::Secret;

/// What an error means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// The login works, but the server did not execute the command.
    LoggedIn,
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
    /// The message; empty if the error is not known.
    says: &'static str,
    /// The text of an unknown error, cleaned and cut.
    text: String,
}

/// A known error: its first word, a part of its text, its code, its meaning and the message.
pub(super) type Row = (&'static str, &'static str, &'static str, Meaning, &'static str);

use LoginRefusal::{Full, Missing, NoSuchDatabase, NotAllowed, NotExpected, Rejected, Starting, Unsupported};
use Meaning::{Failed, LoggedIn, Refused};

/// Texts of Redis 2.8 to 7.4, of Valkey and of compatible servers. The first match counts.
pub(super) const ROWS: &[Row] = &[
    ("NOAUTH", "", "noauth", Refused(Missing), "the server requires a password, and none is set (NOAUTH)"),
    ("WRONGPASS", "", "wrongpass", Refused(Rejected), "the server rejected the user or the password (WRONGPASS)"),
    (
        "ERR",
        "invalid password",
        "wrongpass",
        Refused(Rejected),
        "the server rejected the password (ERR invalid password)",
    ),
    ("ERR", "without any password configured", "no_password", Refused(NotExpected), NO_PASSWORD),
    ("ERR", "no password is set", "no_password", Refused(NotExpected), NO_PASSWORD),
    (
        "ERR",
        "wrong number of arguments for 'auth'",
        "no_users",
        Refused(Unsupported),
        "the server has no users: its AUTH takes only a password",
    ),
    (
        "DENIED",
        "protected mode",
        "protected_mode",
        Refused(NotAllowed),
        "the server is in protected mode: it has no password and accepts loopback connections only (DENIED)",
    ),
    (
        "ERR",
        "max number of clients",
        "max_clients",
        Refused(Full),
        "the server has reached its maximum number of clients",
    ),
    ("ERR", "DB index", "no_database", Refused(NoSuchDatabase), "the server has no database of this number"),
    (
        "ERR",
        "SELECT is not allowed in cluster mode",
        "cluster_database",
        Refused(NoSuchDatabase),
        "the server is a cluster, which has only database 0",
    ),
    ("LOADING", "", "loading", Refused(Starting), "the server is loading its data (LOADING)"),
    ("NOPERM", "", "noperm", LoggedIn, "the login works, but the user may not run the command (NOPERM)"),
    ("MISCONF", "", "misconf", LoggedIn, "the login works, but the server cannot save its data to disk (MISCONF)"),
    (
        "MASTERDOWN",
        "",
        "masterdown",
        LoggedIn,
        "the login works, but the server is a replica that lost its primary (MASTERDOWN)",
    ),
    ("READONLY", "", "readonly", Failed(Cause::ReadOnly), "the server is a read-only replica (READONLY)"),
    ("CLUSTERDOWN", "", "clusterdown", Failed(Cause::QueryFailed), "the cluster is down (CLUSTERDOWN)"),
    (
        "MOVED",
        "",
        "moved",
        Failed(Cause::QueryFailed),
        "the server redirects its clients to another node of its cluster (MOVED)",
    ),
    ("BUSY", "", "busy", Failed(Cause::QueryFailed), "a script keeps the server busy (BUSY)"),
    ("ERR", "unknown command", UNKNOWN_COMMAND, Failed(Cause::QueryFailed), "the server does not know the command"),
];

/// The server lacks the command.
const UNKNOWN_COMMAND: &str = "unknown_command";
const NO_PASSWORD: &str = "the server has no password set, but one was sent";

impl ServerError {
    /// Reads the text behind the `-`.
    pub(super) fn read(text: &str) -> Self {
        let word = text.split_ascii_whitespace().next().unwrap_or_default();
        let fits = |row: &&Row| row.0 == word && text.contains(row.1);
        match ROWS.iter().find(fits) {
            Some((_, _, code, meaning, says)) => Self { code, meaning: *meaning, says, text: String::new() },
            None => Self {
                code: "other",
                meaning: Failed(Cause::QueryFailed),
                says: "",
                text: clean_text(text, SERVER_TEXT_LIMIT),
            },
        }
    }

    /// Whether its message is a fixed one, without any text of the server.
    pub(super) const fn is_known(&self) -> bool {
        !self.says.is_empty()
    }

    /// Whether it shows, as the answer to PING, that the login works.
    pub(super) fn shows_a_working_login(&self) -> bool {
        self.meaning == LoggedIn || self.code == UNKNOWN_COMMAND
    }

    /// The same error as an answer to AUTH. It may repeat the password, so its text is dropped.
    pub(super) fn of_auth(self) -> Self {
        let no_auth = self.code == UNKNOWN_COMMAND;
        let meaning = if no_auth { Refused(Unsupported) } else { self.meaning };
        let says = match self.says {
            "" => "the server answered AUTH with an unknown error",
            says => says,
        };
        Self { meaning, says, text: String::new(), ..self }
    }

    /// The message: a fixed one, or the server's text without the password.
    pub(super) fn message(&self, command: &str, password: Option<&Secret>) -> String {
        let repeats = password.is_some_and(|password| self.text.contains(password.expose()));
        match self.says {
            "" if repeats => format!("the server answered {command} with an error that repeats the password"),
            "" => format!("the server answered {command} with: {}", self.text),
            says => says.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, ROWS, ServerError};
    use crate::secret::Secret;

    /// Texts as the servers write them.
    const TEXTS: &[(&str, &str, &str)] = &[
        ("NOAUTH Authentication required.", "noauth", "password_missing"),
        (
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> \
             option can be used to authenticate the client and select the RESP protocol version at the same time",
            "noauth",
            "password_missing",
        ),
        ("WRONGPASS invalid username-password pair or user is disabled.", "wrongpass", "password_rejected"),
        ("ERR invalid password", "wrongpass", "password_rejected"),
        (
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration \
             is correct?",
            "no_password",
            "password_not_expected",
        ),
        ("ERR Client sent AUTH, but no password is set", "no_password", "password_not_expected"),
        ("ERR wrong number of arguments for 'auth' command", "no_users", "auth_unsupported"),
        (
            "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default \
             user. In this mode connections are only accepted from the loopback interface.",
            "protected_mode",
            "login_rejected",
        ),
        ("ERR max number of clients reached", "max_clients", "too_many_connections"),
        ("ERR max number of clients + cluster connections reached", "max_clients", "too_many_connections"),
        ("ERR DB index is out of range", "no_database", "no_such_database"),
        ("ERR invalid DB index", "no_database", "no_such_database"),
        ("ERR SELECT is not allowed in cluster mode", "cluster_database", "no_such_database"),
        ("LOADING Redis is loading the dataset in memory", "loading", "starting_up"),
        ("NOPERM this user has no permissions to run the 'ping' command", "noperm", "-"),
        ("NOPERM User app has no permissions to run the 'ping' command", "noperm", "-"),
        (
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
            "misconf",
            "-",
        ),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "masterdown", "-"),
        ("READONLY You can't write against a read only replica.", "readonly", "read_only"),
        ("CLUSTERDOWN The cluster is down", "clusterdown", "query_failed"),
        ("MOVED 3999 127.0.0.1:6381", "moved", "query_failed"),
        (
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "busy",
            "query_failed",
        ),
        ("ERR unknown command 'PING', with args beginning with: ", "unknown_command", "query_failed"),
        ("ERR something new", "other", "query_failed"),
        ("", "other", "query_failed"),
    ];

    fn cause(error: &ServerError) -> &'static str {
        match error.meaning {
            Meaning::Refused(refusal) => refusal.cause().slug(),
            Meaning::Failed(cause) => cause.slug(),
            Meaning::LoggedIn => "-",
        }
    }

    #[test]
    fn each_error_has_its_code_and_its_cause() {
        for (text, code, slug) in TEXTS {
            let error = ServerError::read(text);
            assert_eq!((error.code, cause(&error)), (*code, *slug), "{text}");
        }
        for (_, _, code, ..) in ROWS {
            assert!(TEXTS.iter().any(|(_, known, _)| known == code), "{code}");
        }
    }

    #[test]
    fn a_known_error_is_told_in_our_words() {
        for (text, code, _) in TEXTS.iter().filter(|(_, code, _)| *code != "other") {
            let message = ServerError::read(text).message("PING", None);
            assert!(message.starts_with("the ") || message.starts_with("a "), "{code}: {message}");
            assert!(message.len() < 120 && !message.ends_with('.'), "{code}: {message}");
        }
        assert_eq!(
            ServerError::read("ERR some\tthing new").message("PING", None),
            "the server answered PING with: ERR some thing new"
        );
    }

    #[test]
    fn no_error_shows_the_password() {
        let password = Secret::new("s3cret".to_owned());
        let unknown = ServerError::read("ERR unknown command 'AUTH', with args beginning with: 'app' 's3cret' ");
        let unknown = unknown.of_auth();
        assert_eq!((unknown.code, cause(&unknown)), ("unknown_command", "auth_unsupported"));
        for text in ["ERR s3cret is wrong", "ERR unknown command 'AUTH', with args beginning with: 's3cret'", "s3cret"]
        {
            for error in [ServerError::read(text), ServerError::read(text).of_auth()] {
                let message = error.message("AUTH", Some(&password));
                assert!(!message.contains("s3cret"), "{message}");
            }
            // A cut password is one, too: what AUTH was answered with is not shown at all.
            let error = ServerError::read(text).of_auth();
            assert!(!format!("{error:?}").contains("s3"), "{error:?}");
        }
    }
}
