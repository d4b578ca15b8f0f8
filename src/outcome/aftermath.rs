//! What a run leaves behind at a server that remembers it, and how long the next run waits for that.

use std::time::Duration;

/// From a connection that ended before its login, or without one, to the next one.
const UNFINISHED: Duration = Duration::from_mins(5);
/// From a session that could not be ended to the next one.
const SESSION_LEFT: Duration = Duration::from_hours(1);
/// From a login that met a locked account to the next one.
const LOCKED: Duration = Duration::from_mins(30);

/// What a run leaves behind at a server that remembers it; what weighs most comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Aftermath {
    /// Nothing that is known.
    #[default]
    Nothing,
    /// The server counts connections that end before their login, and this one came to its login.
    Finished,
    /// The same, but nobody logged in: the server refused a client without a name, which its log may show.
    Refused,
    /// The peer counts wrong proofs of a secret, and there was one.
    Guessed,
    /// The server counts the connection as one that ended before its login: many of them block this pod's address.
    Unfinished,
    /// The server keeps the session of each run until it expires.
    SessionLeft,
    /// The server says that the account is locked.
    Locked,
}

impl Aftermath {
    /// The least time until the next run; `None` where there is none.
    #[must_use]
    pub const fn pause(self) -> Option<Duration> {
        match self {
            Self::Nothing | Self::Finished => None,
            Self::Refused | Self::Guessed | Self::Unfinished => Some(UNFINISHED),
            Self::SessionLeft => Some(SESSION_LEFT),
            Self::Locked => Some(LOCKED),
        }
    }
}
