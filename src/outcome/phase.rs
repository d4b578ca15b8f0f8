//! The steps of an attempt.

/// A step of an attempt; each has its own duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Names to addresses.
    Resolve,
    /// One TCP connect after another.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Greeting and authentication of the protocol.
    Login,
    /// The question asked: an HTTP request, a query.
    Request,
    /// What was expected of the answer.
    Assert,
}

impl Phase {
    /// Every phase, in the order in which an attempt goes through them.
    pub const ALL: [Self; 6] = [Self::Resolve, Self::Connect, Self::Tls, Self::Login, Self::Request, Self::Assert];

    /// The word in JSON, metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::Request => "request",
            Self::Assert => "assert",
        }
    }
}
