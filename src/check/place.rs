//! Where a server listens: a host with a port, or a Unix socket of this pod.

use std::fmt;
use std::str::FromStr;

use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::Fault;
use crate::url::{Endpoint, Host, SocketPath};
use crate::value::Expected;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On the network.
    Network(Endpoint),
    /// On a Unix socket.
    Socket(SocketPath),
}

impl Place {
    /// Where it is on the network.
    #[must_use]
    pub const fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Network(endpoint) => Some(endpoint),
            Self::Socket(_) => None,
        }
    }

    /// The socket that it is on.
    #[must_use]
    pub const fn socket(&self) -> Option<&SocketPath> {
        match self {
            Self::Network(_) => None,
            Self::Socket(path) => Some(path),
        }
    }

    /// The name that its certificate has to cover: that of this machine, where it is on a socket.
    #[must_use]
    pub fn host(&self) -> Host {
        match self {
            Self::Network(endpoint) => endpoint.host.clone(),
            Self::Socket(_) => Host::Name("localhost".to_owned()),
        }
    }

    /// Connects: phases `resolve` and `connect`.
    ///
    /// # Errors
    /// The causes of these phases.
    pub async fn connect(&self, attempt: &mut Attempt) -> Result<Io, Fault> {
        match self {
            Self::Network(endpoint) => attempt.connect(endpoint).await,
            Self::Socket(path) => attempt.connect_unix(path).await,
        }
    }
}

/// For [`crate::value::Setting`]: the error says what was expected.
impl FromStr for Place {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        match SocketPath::is_meant(text) {
            true => text.parse().map(Self::Socket),
            false => text.parse().map(Self::Network),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(endpoint) => write!(f, "{endpoint}"),
            Self::Socket(path) => write!(f, "unix:{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_place_is_on_the_network_or_on_a_socket() {
        for (text, shown, host) in [
            ("db:1", "db:1", "db"),
            ("[::1]:1", "[::1]:1", "[::1]"),
            ("unix:/run/a.sock", "unix:/run/a.sock", "localhost"),
            ("/run/a.sock", "unix:/run/a.sock", "localhost"),
            ("@a", "unix:@a", "localhost"),
        ] {
            let place: Place = text.parse().unwrap();
            assert_eq!((place.to_string().as_str(), place.host().to_string().as_str()), (shown, host));
            assert_eq!(place.endpoint().is_none(), shown.starts_with("unix:"));
        }
        for text in ["unix:a.sock", "unix:", "db", ""] {
            let expected = text.parse::<Place>().unwrap_err().text;
            assert!(expected.contains("unix:/run/NAME.sock") || expected.contains("host:port"), "{expected}");
        }
    }
}
