//! The WHATWG URL standard for schemes that are not special, as `new URL` of Node and the crate `url` have it.

use super::reading::{Refused, port};
use zeroize::Zeroizing;

/// What the parser gives; the user part is not decoded.
pub(super) struct Url {
    /// `None` where it took the base's.
    pub(super) scheme: Option<String>,
    pub(super) user: Zeroizing<String>,
    pub(super) password: Zeroizing<String>,
    pub(super) host: Zeroizing<String>,
    pub(super) port: Option<u16>,
    /// With its `/`.
    pub(super) path: Zeroizing<String>,
}

/// Reads a URL; with a base, what has no scheme is taken to be a path on its host.
pub(super) fn parse(text: &str, base: Option<&str>) -> Result<Url, Refused> {
    let text = text.trim_matches(|c: char| c <= ' ');
    let text: Zeroizing<String> = Zeroizing::new(text.chars().filter(|c| !"\t\r\n".contains(*c)).collect());
    let scheme = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
    let (scheme, rest) = match (scheme, base) {
        (Some((scheme, rest)), _) => (Some(scheme.to_ascii_lowercase()), rest),
        (None, Some(_)) => (None, text.as_str()),
        (None, None) => return Err(Refused),
    };
    let (authority, rest) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (info, place) = match authority.rsplit_once('@') {
        Some((_, "")) => return Err(Refused),
        Some((info, place)) => (info, place),
        None => ("", authority),
    };
    let (user, password) = info.split_once(':').unwrap_or((info, ""));
    let (host, digits) = split_port(place)?;
    let host = if scheme.is_none() { base.unwrap_or_default() } else { check_host(host)? };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let own = |text: &str| Zeroizing::new(text.to_owned());
    Ok(Url { scheme, user: own(user), password: own(password), host: own(host), port: port(digits)?, path: own(path) })
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// The first `:` outside brackets begins the port.
fn split_port(place: &str) -> Result<(&str, &str), Refused> {
    let behind = if place.starts_with('[') { place.find(']').ok_or(Refused)? } else { 0 };
    match place[behind..].find(':') {
        Some(0) if behind == 0 => Err(Refused),
        Some(at) => Ok((&place[..behind + at], &place[behind + at + 1..])),
        None => Ok((place, "")),
    }
}

fn check_host(host: &str) -> Result<&str, Refused> {
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(Refused)?;
        return inner.parse::<std::net::Ipv6Addr>().map(|_| host).map_err(|_| Refused);
    }
    let forbidden = |c: char| "\0\t\n\r #/:<>?@[\\]^|".contains(c);
    if host.contains(forbidden) { Err(Refused) } else { Ok(host) }
}
