//! The closed words of the keys and of the URL's parameters, with libpq's meaning.

use std::str::FromStr;

/// The most rounds of SCRAM that are done; PostgreSQL's default is 4096. A hostile server could make the one thread count
/// for long, and a round cannot be interrupted: these take about 8 ms.
pub(super) const MAX_ROUNDS: u64 = 30_000;

/// Whether and how the connection is encrypted; libpq's six.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SslMode {
    /// Plain text only.
    Disable,
    /// Plain text; TLS where the server refuses that.
    Allow,
    /// TLS; plain text where the server has none, refuses it, or the handshake fails.
    Prefer,
    /// TLS; the certificate's chain is verified only where a CA is configured.
    Require,
    /// TLS, and the certificate's chain is verified.
    VerifyCa,
    /// TLS, and the certificate's chain and name are verified.
    VerifyFull,
}

/// Whether the login is tied to the server's certificate; libpq's three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ChannelBinding {
    /// Never.
    Disable,
    /// Where both sides can.
    #[default]
    Prefer,
    /// Always: a login without it is refused.
    Require,
}

/// What the server must be for the session to do; libpq's `target_session_attrs`, and our `role`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    /// Anything.
    #[default]
    Any,
    /// Not in recovery.
    Primary,
    /// In recovery.
    Replica,
    /// Transactions may write by default.
    ReadWrite,
    /// Transactions may not write by default.
    ReadOnly,
}

/// The words of the key `role`; the URL's `target_session_attrs` has more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RoleKey(pub(super) Role);

const SSL_MODES: &[(&str, SslMode)] = &[
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

const CHANNEL_BINDINGS: &[(&str, ChannelBinding)] =
    &[("disable", ChannelBinding::Disable), ("prefer", ChannelBinding::Prefer), ("require", ChannelBinding::Require)];

const ROLES: &[(&str, Role)] = &[("primary", Role::Primary), ("replica", Role::Replica), ("any", Role::Any)];

/// `prefer-standby` takes a primary too, so for one login a host it asks for nothing.
const SESSION_ATTRS: &[(&str, Role)] = &[
    ("any", Role::Any),
    ("read-write", Role::ReadWrite),
    ("read-only", Role::ReadOnly),
    ("primary", Role::Primary),
    ("standby", Role::Replica),
    ("prefer-standby", Role::Any),
];

impl Role {
    /// Reads a word of the URL's `target_session_attrs`.
    pub(super) fn from_session_attrs(text: &str) -> Result<Self, String> {
        word(SESSION_ATTRS, text)
    }
}

impl FromStr for SslMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        word(SSL_MODES, text)
    }
}

impl FromStr for ChannelBinding {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        word(CHANNEL_BINDINGS, text)
    }
}

impl FromStr for RoleKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        word(ROLES, text).map(RoleKey)
    }
}

/// Rounds of SCRAM, from 1 to as many as are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Iterations(pub(super) u64);

impl FromStr for Iterations {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (1..=MAX_ROUNDS).contains(number));
        number.map(Self).ok_or_else(|| format!("a number from 1 to {MAX_ROUNDS}"))
    }
}

/// A port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Port(pub(super) u16);

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        crate::url::parse_port(text).map(Self).map_err(|_| "a port from 1 to 65535".to_owned())
    }
}

/// The word's meaning, or what was expected; never what stands there.
fn word<T: Copy>(words: &[(&str, T)], text: &str) -> Result<T, String> {
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        format!("one of {}", all.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::{Port, Role, RoleKey, SslMode};

    #[test]
    fn words_are_closed_and_errors_do_not_repeat_the_text() {
        assert_eq!("verify-full".parse(), Ok(SslMode::VerifyFull));
        assert_eq!("replica".parse(), Ok(RoleKey(Role::Replica)));
        assert_eq!(Role::from_session_attrs("read-write"), Ok(Role::ReadWrite));
        assert!("read-write".parse::<RoleKey>().is_err());
        let error = "no-verify".parse::<SslMode>().unwrap_err();
        assert_eq!(error, "one of disable, allow, prefer, require, verify-ca, verify-full");
        assert!("0".parse::<Port>().is_err());
    }
}
