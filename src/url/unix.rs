//! Sockets in the file system, and abstract ones.

use std::fmt;
use std::str::FromStr;

use crate::value::Expected;

/// The longest path that the kernel takes, in bytes.
const LONGEST: usize = 107;

/// Where a Unix socket is: an absolute path, or `@` and an abstract name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SocketPath(String);

impl SocketPath {
    /// Whether a text in the place of a host means a socket: `unix:PATH`, a path, or `@NAME`.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("unix:") || text.starts_with(['/', '@'])
    }

    /// Reads `unix:PATH`, `PATH` or `@NAME`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let path = text.strip_prefix("unix:").unwrap_or(text);
        // `unix:///run/x` is a URL without a host.
        let path = path.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(path);
        if !path.starts_with(['/', '@']) || path.starts_with("//") || path.len() == 1 {
            return Err("a socket needs an absolute path: unix:/run/NAME.sock");
        }
        if path.len() > LONGEST {
            return Err("the path of a socket has at most 107 bytes");
        }
        if path.chars().any(char::is_control) {
            return Err("the path of the socket contains a control character");
        }
        Ok(Self(path.to_owned()))
    }

    /// The path; `None` for an abstract socket, whose name is in [`SocketPath::abstract_name`].
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        (!self.0.starts_with('@')).then_some(self.0.as_str())
    }

    /// The name of an abstract socket.
    #[must_use]
    pub fn abstract_name(&self) -> Option<&str> {
        self.0.strip_prefix('@')
    }
}

/// For [`crate::value::Setting`]: the error says what was expected.
impl FromStr for SocketPath {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        Self::parse(text).map_err(|problem| Expected::from(format!("the path of a socket: {problem}")))
    }
}

impl fmt::Display for SocketPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SocketPath;

    #[test]
    fn a_socket_is_an_absolute_path_or_an_abstract_name() {
        for (text, shown) in [
            ("unix:/run/redis.sock", "/run/redis.sock"),
            ("unix:///run/redis.sock", "/run/redis.sock"),
            ("/run/redis.sock", "/run/redis.sock"),
            ("@redis", "@redis"),
            ("unix:@redis", "@redis"),
        ] {
            assert_eq!(SocketPath::parse(text).map(|path| path.to_string()).as_deref(), Ok(shown), "{text}");
            assert!(SocketPath::is_meant(text), "{text}");
        }
        let long = format!("/{}", "a".repeat(107));
        for text in ["unix:", "unix:redis.sock", "/", "@", "unix://run/redis.sock", "/run/a\nb", &long] {
            assert!(SocketPath::parse(text).is_err(), "{text}");
        }
        for text in ["cache", "10.0.0.1", "unix.example.com", ""] {
            assert!(!SocketPath::is_meant(text), "{text}");
        }
        let name = SocketPath::parse("@redis").unwrap();
        assert_eq!((name.path(), name.abstract_name()), (None, Some("redis")));
    }
}
