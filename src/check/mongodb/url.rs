//! What drivers accept of a URL, where that differs from other URLs.
//!
//! Source: the drivers' specification "Connection String".

use super::parameters::Parameters;
use crate::url::{Host, Url};

/// The scheme whose servers are not in the URL, but in SRV records of its host.
pub(super) const SRV: &str = "mongodb+srv";
/// Of a URL for which [`is_unencoded`] holds.
pub(super) const UNENCODED: &str =
    "user or password has a character that is not percent-encoded, and no driver accepts it";
/// Of a port in a URL whose servers are in SRV records.
pub(super) const PORT_OF_SRV: &str = "a mongodb+srv URL has no port, because the SRV records have it";

/// What no driver accepts of a URL.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn of_url(url: &Url) -> Result<(), &'static str> {
    if url.scheme == SRV {
        if url.hosts.len() > 1 {
            return Err("a mongodb+srv URL has one host, that of the SRV records");
        }
        if url.hosts.iter().any(|(_, port)| port.is_some()) {
            return Err(PORT_OF_SRV);
        }
        if url.hosts.iter().any(|(host, _)| matches!(host, Host::Ip(_))) {
            return Err("a mongodb+srv URL needs a name, because an address has no SRV records");
        }
    }
    let parameters = Parameters::read(&url.query)?;
    if parameters.direct == Some(true) && (url.hosts.len() > 1 || url.scheme == SRV) {
        return Err("`directConnection=true` needs one host in the URL, without SRV records");
    }
    Ok(())
}

/// What only some drivers accept of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlOddity {
    /// No `/` before the `?`.
    NoSlash,
    /// A `:` in the password.
    Colon,
}

impl UrlOddity {
    /// The first one of a URL.
    pub(super) fn of(text: &str, url: &Url) -> Option<Self> {
        let login = text.split_once("://").and_then(|(_, rest)| rest.split('@').next()).unwrap_or_default();
        let has_colon = url.password.is_some() && login.matches(':').count() > 1;
        match (url.path.is_empty() && !url.query.is_empty(), has_colon) {
            (true, _) => Some(Self::NoSlash),
            (false, true) => Some(Self::Colon),
            (false, false) => None,
        }
    }
}

/// Whether user or password have an `@`, `/`, `?` or `#` as it is. Other clients look for the last `@`; those of MongoDB reject
/// such a URL, or take the rest of the password for the host.
pub(super) fn is_unencoded(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let (authority, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some((login, _)) => login.contains('@'),
        // An `@` in a parameter is no sign of that: `appName=@shop@`.
        None => after.contains('@') && Url::parse(text).is_err(),
    }
}

#[cfg(test)]
mod tests {
    use super::{UrlOddity, is_unencoded};
    use crate::url::Url;

    #[test]
    fn a_login_that_is_not_encoded_is_known() {
        for (text, expected) in [
            ("mongodb://app:p@ss@db/shop", true),
            ("mongodb://app:p/ss@db/shop", true),
            ("mongodb://app:p?ss@db/shop", true),
            ("mongodb://app:p#ss@db/shop", true),
            ("mongodb://a@b:pw@db/shop", true),
            ("mongodb://app:p%40ss@db/shop", false),
            ("mongodb://app:key==@db:10255/?ssl=true&appName=@shop@", false),
            ("mongodb://db/?appName=@shop@", false),
            ("mongodb://a,b:27018/shop", false),
            ("app@db", false),
            ("", false),
        ] {
            assert_eq!(is_unencoded(text), expected, "{text}");
        }
    }

    #[test]
    fn what_only_some_drivers_accept() {
        let of = |text: &str| UrlOddity::of(text, &Url::parse(text).expect(text));
        assert_eq!(of("mongodb://db?tls=true"), Some(UrlOddity::NoSlash));
        assert_eq!(of("mongodb://app:p:w@db/?tls=true"), Some(UrlOddity::Colon));
        for fine in ["mongodb://db", "mongodb://db/?tls=true", "mongodb://app:p%3Aw@db/shop?tls=true"] {
            assert_eq!(of(fine), None, "{fine}");
        }
    }
}
