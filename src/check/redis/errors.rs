//! What an error of the server means. Only this file reads a server's text: messages, hints and findings use the row that
//! it finds.
//!
//! The server's own sentence is shown behind ours, unless it repeats a secret or a part of one: a server without AUTH
//! repeats the password in its error.

use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::mask;
use crate::outcome::clean_text;
use crate::secret::Secret;
use crate::url::{Endpoint, Host};

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
    /// Its first word, if the table has it: a word of the protocol, which is no part of a secret.
    word: &'static str,
    /// What it means, in our words; empty if the error is not known.
    says: &'static str,
    /// The server's sentence, which may hold the password.
    text: Secret,
}

/// A known error: its first word (empty: any), a part of its text in lower case, its code, its meaning and what it says.
pub(super) type Row = (&'static str, &'static str, &'static str, Meaning, &'static str);

use LoginRefusal::{Full, Missing, NoSuchDatabase, NotAllowed, NotExpected, Rejected, Starting, Unsupported};
use Meaning::{Failed, LoggedIn, Refused};

const REJECTED: &str = "the server rejected the user or the password";
const NO_PASSWORD: &str = "the server has no password set, but one was sent";
const NOAUTH: &str = "the server requires a password, and none is set";
const UNKNOWN: &str = "the server does not know the command";
const QUOTA: &str = "the server rejects commands, because a quota of its plan is used up";
const BACKEND: &str = "the proxy in front of Redis cannot reach its server";
const ANOTHER_NODE: &str = "the server redirects its clients to another node of its cluster";
const ZERO_ONLY: &str = "the server is a cluster, which has only database 0";
const NOT_CLUSTER: &str = "the server is no node of a cluster, but `cluster` is set";
/// The Sentinels cannot fail over.
pub(super) const NO_QUORUM: &str = "noquorum";
/// Another node of the cluster has the key.
pub(super) const MOVED: &str = "moved";
/// The user's ACL does not allow a command.
pub(super) const NO_PERMISSION: &str = "noperm";
/// The server lacks the command.
pub(super) const UNKNOWN_COMMAND: &str = "unknown_command";
/// The server has no password.
pub(super) const NOT_EXPECTED: &str = "no_password";

/// Texts of Redis 2.8 to 8, Valkey, `KeyDB`, Dragonfly, Upstash, Redis Enterprise, Envoy and twemproxy. The first match counts.
pub(super) const ROWS: &[Row] = &[
    ("NOAUTH", "", "noauth", Refused(Missing), NOAUTH),
    ("ERR", "operation not permitted", "noauth", Refused(Missing), NOAUTH),
    ("WRONGPASS", "auth token", "wrong_token", Refused(Rejected), "the server rejected the token"),
    ("WRONGPASS", "", "wrongpass", Refused(Rejected), REJECTED),
    ("ERR", "invalid password", "wrongpass", Refused(Rejected), "the server rejected the password"),
    ("ERR", "invalid username-password", "wrongpass", Refused(Rejected), REJECTED),
    ("ERR", "invalid credentials", "wrongpass", Refused(Rejected), REJECTED),
    (
        "NOUPSTREAMAUTH",
        "",
        "upstream_login",
        Refused(NotAllowed),
        "the proxy accepted the login, but its own login to the server behind it failed",
    ),
    ("ERR", "without any password configured", NOT_EXPECTED, Refused(NotExpected), NO_PASSWORD),
    ("ERR", "no password is set", NOT_EXPECTED, Refused(NotExpected), NO_PASSWORD),
    ("ERR", "no username-password pair is set", "no_users", Refused(Unsupported), "the proxy has no users"),
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
        "the server is in protected mode: it has no password and accepts loopback connections only",
    ),
    ("DENIED", "", "denied", Refused(NotAllowed), "the server denies access to this client"),
    (
        "ERR",
        "max number of clients",
        "max_clients",
        Refused(Full),
        "the server has reached its maximum number of clients",
    ),
    (
        "ERR",
        "max concurrent connections",
        "max_clients",
        Refused(Full),
        "the server has reached its maximum number of clients",
    ),
    ("ERR", "request limit exceeded", "quota", Failed(Cause::QueryFailed), QUOTA),
    ("ERR", "requests limit exceeded", "quota", Failed(Cause::QueryFailed), QUOTA),
    ("ERR", "bandwidth limit exceeded", "quota", Failed(Cause::QueryFailed), QUOTA),
    ("ERR", "size limit exceeded", "quota", Failed(Cause::QueryFailed), QUOTA),
    ("ERR", "db index", "no_database", Refused(NoSuchDatabase), "the server has no database of this number"),
    ("ERR", "select is not allowed in cluster mode", "cluster_database", Refused(NoSuchDatabase), ZERO_ONLY),
    ("ERR", "database is supported", "cluster_database", Refused(NoSuchDatabase), "the server has only database 0"),
    ("ERR", "unencrypted connection", "wants_tls", Failed(Cause::TlsUnsupported), "the server accepts only TLS"),
    ("LOADING", "", "loading", Refused(Starting), "the server is loading its data"),
    ("NOPERM", "", NO_PERMISSION, LoggedIn, "the login works, but the user may not run the command"),
    ("MISCONF", "", "misconf", LoggedIn, "the login works, but the server cannot save its data to disk"),
    ("MASTERDOWN", "", "masterdown", LoggedIn, "the login works, but the server is a replica that lost its primary"),
    ("NOREPLICAS", "", "noreplicas", LoggedIn, "the login works, but the server has too few replicas to accept writes"),
    ("OOM", "", "oom", LoggedIn, "the login works, but the server has no memory left for writes"),
    ("TRYAGAIN", "", "tryagain", LoggedIn, "the login works, but the cluster is moving these keys to another node"),
    ("READONLY", "", "readonly", Failed(Cause::ReadOnly), "the server is a read-only replica"),
    ("CLUSTERDOWN", "", "clusterdown", Failed(Cause::NotEnoughReplicas), "the cluster is down"),
    ("ERR", "cluster support disabled", "not_cluster", Failed(Cause::QueryFailed), NOT_CLUSTER),
    (
        "NOQUORUM",
        "",
        NO_QUORUM,
        Failed(Cause::NotEnoughReplicas),
        "the Sentinels that are up are too few to elect another primary",
    ),
    ("MOVED", "", MOVED, Failed(Cause::QueryFailed), ANOTHER_NODE),
    ("ASK", "", MOVED, Failed(Cause::QueryFailed), ANOTHER_NODE),
    ("BUSY", "", "busy", Failed(Cause::QueryFailed), "a script keeps the server busy"),
    (
        "UNKILLABLE",
        "",
        "unkillable",
        Failed(Cause::QueryFailed),
        "a script that has written data keeps the server busy, so it cannot be killed",
    ),
    ("ERR", "unknown command", UNKNOWN_COMMAND, Failed(Cause::QueryFailed), UNKNOWN),
    ("", "unsupported command", UNKNOWN_COMMAND, Failed(Cause::QueryFailed), UNKNOWN),
    ("", "no upstream host", "backend", Failed(Cause::QueryFailed), BACKEND),
    ("", "upstream failure", "backend", Failed(Cause::QueryFailed), BACKEND),
    ("", "upstream protocol error", "backend", Failed(Cause::QueryFailed), BACKEND),
    ("ERR", "connection refused", "backend", Failed(Cause::QueryFailed), BACKEND),
    ("ERR", "connection timed out", "backend", Failed(Cause::QueryFailed), BACKEND),
    ("ERR", "connection reset", "backend", Failed(Cause::QueryFailed), BACKEND),
    ("ERR", "no route to host", "backend", Failed(Cause::QueryFailed), BACKEND),
    ("ERR", "host is down", "backend", Failed(Cause::QueryFailed), BACKEND),
];

/// Answers to AUTH that say no more than that it failed, whatever their first word is.
const REFUSALS: [&str; 7] = [
    "authentication failed",
    "authentication failure",
    "auth failed",
    "unauthorized",
    "access denied",
    "invalid username",
    "wrong password",
];

/// The maximum size of the server's sentence in a message; those of Redis are shorter.
const SENTENCE_LIMIT: usize = 160;
/// The maximum size of a sentence that is searched for secrets; a longer one is cut before.
const SEARCH_LIMIT: usize = 1024;

impl ServerError {
    /// Reads the text behind the `-`.
    pub(super) fn read(text: &str) -> Self {
        let text = clean_text(text, SEARCH_LIMIT);
        let (word, lower) = (text.split_ascii_whitespace().next().unwrap_or_default(), text.to_ascii_lowercase());
        let fits = |row: &&Row| (row.0.is_empty() || row.0 == word) && lower.contains(row.1);
        let known = ROWS.iter().map(|row| row.0).find(|known| *known == word).unwrap_or_default();
        let (code, meaning, says) = match ROWS.iter().find(fits) {
            Some((_, _, code, meaning, says)) => (*code, *meaning, *says),
            None => ("other", Failed(Cause::QueryFailed), ""),
        };
        Self { code, meaning, word: known, says, text: Secret::new(text) }
    }

    /// Whether it shows, as the answer to PING, that the login works.
    pub(super) fn shows_a_working_login(&self) -> bool {
        self.meaning == LoggedIn || self.code == UNKNOWN_COMMAND
    }

    /// The same error as an answer to AUTH.
    pub(super) fn of_auth(self) -> Self {
        if self.code == UNKNOWN_COMMAND {
            return Self { meaning: Refused(Unsupported), ..self };
        }
        let lower = self.text.expose().to_ascii_lowercase();
        if self.says.is_empty() && REFUSALS.iter().any(|refusal| lower.contains(refusal)) {
            return Self { code: "wrongpass", meaning: Refused(Rejected), says: REJECTED, ..self };
        }
        self
    }

    /// The node that `MOVED SLOT HOST:PORT` names; without a host it is reached at the one that was `asked`.
    pub(super) fn owner(&self, asked: &Endpoint) -> Option<Endpoint> {
        let place = self.text.expose().strip_prefix("MOVED ")?.split_ascii_whitespace().nth(1)?;
        let (host, port) = place.rsplit_once(':')?;
        let host = match host {
            "" | "?" => asked.host.clone(),
            host => Host::parse(host).ok()?,
        };
        Some(Endpoint { host, port: port.parse().ok().filter(|port| *port != 0)? })
    }

    /// What it means, in our words, which never change; `None` for an unknown error.
    pub(super) fn says(&self) -> Option<&'static str> {
        Some(self.says).filter(|says| !says.is_empty())
    }

    /// The message: what it means, and the server's sentence where it holds no part of these secrets.
    pub(super) fn message(&self, command: &str, secrets: &[&Secret]) -> String {
        let says = match self.says {
            "" => format!("the server answered {command} with an error"),
            says => says.to_owned(),
        };
        let text = self.text.expose();
        let rest = text.strip_prefix(self.word).unwrap_or(text).trim_start();
        let shown = mask::sentence(rest, !self.says.is_empty(), secrets.iter().copied());
        let word = if shown == mask::REPEATS { "" } else { self.word };
        let text = format!("{word} {}", shown.trim_end().trim_end_matches('.'));
        match clean_text(text.trim(), SENTENCE_LIMIT) {
            text if text.is_empty() => says,
            text => format!("{says}: {text}"),
        }
    }
}

#[cfg(test)]
mod tests;
