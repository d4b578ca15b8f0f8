//! A host, and a host with its port.

use std::net::{IpAddr, Ipv6Addr};

use super::problems::{LINK_LOCAL, NOT_ASCII, NUMBER, SOCKET, ZONE, detail_of};
use crate::outcome::ValueDetail;
use crate::value::Expected;

/// A host as a URL or an address names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name, lower case.
    Name(String),
    /// A literal address.
    Ip(IpAddr),
}

impl Host {
    /// Reads a name, an IPv4 literal or an IPv6 literal with or without brackets.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(inner) = bare {
            return match inner.parse::<Ipv6Addr>() {
                Ok(ip) => Ok(Self::Ip(ip.into())),
                Err(_) => Err(zone_problem(inner).unwrap_or("the brackets contain no IPv6 address")),
            };
        }
        if let Some(problem) = zone_problem(text) {
            return Err(problem);
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Ip(ip));
        }
        if text.is_empty() {
            return Err("the host is empty");
        }
        if text.len() > 254 {
            return Err("the host is too long for a name");
        }
        if text.contains("://") {
            return Err("expected a host, not a URL");
        }
        if text.rsplit_once(':').is_some_and(|(host, port)| !host.contains(':') && parse_port(port).is_ok()) {
            return Err("a port follows the host");
        }
        if text.starts_with("%2F") || text.starts_with("%2f") {
            return Err(SOCKET);
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !text.chars().all(allowed) {
            if text.chars().all(|c| allowed(c) || c.is_alphabetic()) {
                return Err(NOT_ASCII);
            }
            return Err("the host contains an invalid character");
        }
        if text.trim_end_matches('.').split('.').any(|label| label.is_empty() || label.len() > 63) {
            return Err("the host has a label that is empty or too long");
        }
        if is_number_for_libc(text) {
            return Err(NUMBER);
        }
        if text.trim_end_matches('.').rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit())) {
            return Err("the host looks like an IPv4 address, but is invalid");
        }
        Ok(Self::Name(text.to_ascii_lowercase()))
    }

    /// Whether it is this pod's loopback: `localhost` or a loopback literal.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => matches!(name.trim_end_matches('.'), "localhost") || name.ends_with(".localhost"),
            Self::Ip(ip) => ip.to_canonical().is_loopback(),
        }
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
        }
    }
}

/// Where to dial: a host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Name or address.
    pub host: Host,
    /// The port.
    pub port: u16,
}

impl Endpoint {
    /// Reads `host:port`, `1.2.3.4:port` or `[::1]:port`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (host, port) = text.rsplit_once(':').ok_or("no port: write host:port")?;
        if host.contains("://") || host.ends_with(":tcp") {
            return Err("expected host and port, not a URL");
        }
        if host.contains(':') && !host.starts_with('[') {
            return Err("an IPv6 address needs brackets: [::1]:port");
        }
        Ok(Self { host: Host::parse(host)?, port: parse_port(port)? })
    }
}

/// For [`crate::value::Setting`]: the error says what was expected.
impl std::str::FromStr for Host {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        Self::parse(text).map_err(|problem| expected("a host name or an address", problem))
    }
}

/// For [`crate::value::Setting`]: the error says what was expected.
impl std::str::FromStr for Endpoint {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        Self::parse(text).map_err(|problem| expected("host:port", problem))
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Reads a port: 1 to 65535.
///
/// # Errors
/// What was expected, in words.
pub fn parse_port(text: &str) -> Result<u16, &'static str> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err("the port is not a number from 1 to 65535"),
    }
}

/// What is wrong with an IPv6 address that has a zone, as `%eth0` or as URLs have it, `%25eth0` (RFC 6874).
fn zone_problem(text: &str) -> Option<&'static str> {
    let (ip, zone) = text.split_once('%')?;
    let ip: Ipv6Addr = ip.parse().ok()?;
    let bound_to_link = ip.is_unicast_link_local() || matches!(ip.octets(), [0xff, scope, ..] if scope & 0x0f <= 2);
    match (zone.is_empty(), bound_to_link) {
        (true, _) => None,
        (false, true) => Some(LINK_LOCAL),
        (false, false) => Some(ZONE),
    }
}

/// Whether `inet_aton`, and so libc's `getaddrinfo`, takes this for an IPv4 address: one to four numbers, octal behind a `0`
/// and hexadecimal behind a `0x`, of which the last one fills the bytes that are left.
fn is_number_for_libc(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let Some((last, first)) = parts.split_last().filter(|(_, first)| first.len() <= 3) else { return false };
    let number = |part: &&str| match part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        Some(digits) if digits.starts_with('+') => None,
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if !part.bytes().all(|byte| byte.is_ascii_digit()) => None,
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None => part.parse().ok(),
    };
    let room = u32::MAX.checked_shr(8 * u32::try_from(first.len()).unwrap_or(4)).unwrap_or(0);
    first.iter().all(|part| number(part).is_some_and(|byte| byte <= 0xff))
        && number(last).is_some_and(|rest| rest <= room)
}

fn expected(what: &str, problem: &str) -> Expected {
    Expected { text: format!("{what}: {problem}"), limit: detail_of(problem).filter(ValueDetail::is_limit) }
}
