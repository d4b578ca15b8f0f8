//! Whom an HTTP URL asks: scheme, host and port.

use std::fmt;

use crate::url::{Endpoint, Url};

/// The port of `http://`.
pub(crate) const HTTP_PORT: u16 = 80;
/// The port of `https://`.
pub(crate) const HTTPS_PORT: u16 = 443;

/// Whom a request goes to: what credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `https`.
    pub(crate) secure: bool,
    /// Host and port.
    pub(crate) endpoint: Endpoint,
}

impl Origin {
    /// The origin that a URL asks.
    ///
    /// # Errors
    /// What an HTTP URL may not have, in words.
    pub(crate) fn of(url: &Url) -> Result<Self, &'static str> {
        let bare = url.scheme.strip_prefix("peer+").or_else(|| url.scheme.strip_prefix("mcp+"));
        let secure = match bare.unwrap_or(&url.scheme) {
            "http" => false,
            "https" => true,
            _ => return Err("expected a URL that begins with http:// or https://"),
        };
        let [(host, port)] = url.hosts.as_slice() else { return Err("expected one host") };
        let endpoint =
            Endpoint { host: host.clone(), port: port.unwrap_or(if secure { HTTPS_PORT } else { HTTP_PORT }) };
        Ok(Self { secure, endpoint })
    }

    /// Host and port as `Host` has them: the port only where it is not the scheme's own.
    pub(crate) fn authority(&self) -> String {
        let usual = if self.secure { HTTPS_PORT } else { HTTP_PORT };
        if self.endpoint.port == usual { self.endpoint.host.to_string() } else { self.endpoint.to_string() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.secure { "https" } else { "http" }, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;
    use crate::url::{Endpoint, Url};

    #[test]
    fn the_port_is_named_only_where_it_is_not_the_schemes_own() {
        for (secure, at, authority) in [
            (false, "h:80", "h"),
            (false, "h:443", "h:443"),
            (true, "h:443", "h"),
            (true, "h:80", "h:80"),
            (false, "[::1]:80", "[::1]"),
            (false, "[::1]:8080", "[::1]:8080"),
        ] {
            let origin = Origin { secure, endpoint: Endpoint::parse(at).unwrap() };
            assert_eq!(origin.authority(), authority);
        }
    }

    #[test]
    fn urls_that_http_can_ask() {
        for (url, expected) in [
            ("http://h", Ok("http://h")),
            ("HTTPS://H:8443/x", Ok("https://h:8443")),
            ("peer+https://h", Ok("https://h")),
            ("ftp://h", Err("expected a URL that begins with http:// or https://")),
            ("http://a,b", Err("expected one host")),
        ] {
            let got = Origin::of(&Url::parse(url).unwrap()).map(|origin| origin.to_string());
            assert_eq!(got, expected.map(str::to_owned), "{url}");
        }
    }
}
