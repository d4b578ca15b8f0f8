//! Our own reader of URLs, because how they are misread is our subject.
//!
//! It reads `scheme://user:password@host:port,host:port/path?query#fragment` as RFC 3986 has it, with a list of hosts as
//! libpq allows. Errors say which part is wrong and where, never what stands there: the text may hold a password.

use std::net::{IpAddr, Ipv6Addr};

use crate::secret::Secret;

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
            return inner
                .parse::<Ipv6Addr>()
                .map(|ip| Self::Ip(ip.into()))
                .map_err(|_| "the brackets hold no IPv6 address");
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::Ip(ip));
        }
        if text.is_empty() {
            return Err("the host is empty");
        }
        if text.len() > 254 {
            return Err("the host is longer than a name may be");
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !text.chars().all(allowed) {
            return Err("the host holds a character that no name has");
        }
        if text.trim_end_matches('.').split('.').any(|label| label.is_empty() || label.len() > 63) {
            return Err("the host has an empty or too long label");
        }
        if text.trim_end_matches('.').rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit())) {
            return Err("the host looks like an IPv4 address, but is none");
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
        let (host, port) = text.rsplit_once(':').ok_or("the port is missing: write host:port")?;
        if host.contains(':') && !host.starts_with('[') {
            return Err("an IPv6 address needs brackets: [::1]:port");
        }
        Ok(Self { host: Host::parse(host)?, port: parse_port(port)? })
    }
}

/// For [`crate::value::Setting`]: the error says what was expected.
impl std::str::FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|problem| format!("a host name or an address: {problem}"))
    }
}

/// For [`crate::value::Setting`]: the error says what was expected.
impl std::str::FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|problem| format!("host:port: {problem}"))
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// What is wrong with a URL, and at which byte; never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlError {
    /// The byte at which it goes wrong.
    pub position: usize,
    /// What is wrong, in words.
    pub problem: &'static str,
}

impl std::fmt::Display for UrlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (at character {})", self.problem, self.position + 1)
    }
}

impl std::error::Error for UrlError {}

/// A URL taken apart; percent-encoding is undone in user, password and query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Lower case, without `://`.
    pub scheme: String,
    /// The user, decoded.
    pub user: Option<String>,
    /// The password, decoded.
    pub password: Option<Secret>,
    /// At least one host, each with its port where one is given.
    pub hosts: Vec<(Host, Option<u16>)>,
    /// The path as written, with its `/`, or empty.
    pub path: String,
    /// The query's pairs, decoded, in order.
    pub query: Vec<(String, Secret)>,
    /// The query as written, for the wire.
    pub raw_query: Option<Secret>,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// The first thing that is wrong, with its position, without the text.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let fail = |position: usize, problem: &'static str| UrlError { position, problem };
        if let Some(at) = text.find(|c: char| c.is_control() || c == ' ') {
            let problem = if text[at..].trim().is_empty() {
                "white space or a newline at the end"
            } else if text[..at].is_empty() {
                "white space at the start"
            } else {
                "white space or a control character inside"
            };
            return Err(fail(at, problem));
        }
        if text.starts_with(['"', '\'']) {
            return Err(fail(0, "the value is in quotes: take them away"));
        }
        let scheme_end = text.find("://").ok_or_else(|| fail(0, "no scheme: a URL begins with scheme://"))?;
        let scheme = &text[..scheme_end];
        let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if !scheme_ok {
            return Err(fail(0, "the scheme holds a character that no scheme has"));
        }
        let start = scheme_end + 3;
        let authority_end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
        let authority = &text[start..authority_end];
        let (userinfo, hosts_at) = match authority.rfind('@') {
            Some(at) => (Some(&authority[..at]), start + at + 1),
            None => (None, start),
        };
        let (user, password) = match userinfo {
            None => (None, None),
            Some(info) => {
                let (user, password) = info.split_once(':').map_or((info, None), |(user, pw)| (user, Some(pw)));
                let decode =
                    |text: &str| percent_decode(text).ok_or_else(|| fail(start, "bad percent-encoding before the `@`"));
                let user = Some(decode(user)?).filter(|user| !user.is_empty());
                (user, password.map(decode).transpose()?.map(Secret::new))
            }
        };
        let hosts = parse_hosts(
            &text[hosts_at..authority_end],
            hosts_at,
            userinfo.is_none() && text[authority_end..].contains('@'),
        )?;
        let rest = &text[authority_end..];
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (path, raw_query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        let query_at = authority_end + path.len() + 1;
        let query = raw_query.map(|query| parse_query(query, query_at)).transpose()?.unwrap_or_default();
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            user,
            password,
            hosts,
            path: path.to_owned(),
            query,
            raw_query: raw_query.map(|query| Secret::new(query.to_owned())),
        })
    }

    /// The value of a query parameter, the last one where it stands more than once.
    #[must_use]
    pub fn param(&self, key: &str) -> Option<&str> {
        self.query.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value.expose())
    }

    /// The URL as it may be shown: scheme, user, hosts, ports, path; no password; every query value is `***`, and so is
    /// every path segment over 20 characters.
    #[must_use]
    pub fn redacted(&self) -> String {
        let mut out = format!("{}://", self.scheme);
        if let Some(user) = &self.user {
            out.push_str(
                &user.chars().map(|c| if c.is_control() || c == '@' || c == '/' { '?' } else { c }).collect::<String>(),
            );
            out.push('@');
        }
        for (index, (host, port)) in self.hosts.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str(&host.to_string());
            if let Some(port) = port {
                out.push_str(&format!(":{port}"));
            }
        }
        let mask = |segment: &str| if segment.chars().count() > 20 { "***".to_owned() } else { segment.to_owned() };
        out.push_str(&self.path.split('/').map(mask).collect::<Vec<_>>().join("/"));
        for (index, (name, _)) in self.query.iter().enumerate() {
            out.push(if index == 0 { '?' } else { '&' });
            out.push_str(&mask(name));
            out.push_str("=***");
        }
        out
    }
}

/// Undoes percent-encoding; `None` where it is broken or the result is not UTF-8. `+` stays `+`.
#[must_use]
pub fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// Reads a port: 1 to 65535.
///
/// # Errors
/// What was expected, in words.
pub fn parse_port(text: &str) -> Result<u16, &'static str> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err("the port is no number from 1 to 65535"),
    }
}

fn parse_hosts(text: &str, at: usize, at_sign_later: bool) -> Result<Vec<(Host, Option<u16>)>, UrlError> {
    let mut hosts = Vec::new();
    let mut position = at;
    for piece in text.split(',') {
        let fail = |problem: &'static str| {
            let unencoded = "`/`, `?` or `#` stands before the `@`: percent-encode the password";
            UrlError { position, problem: if at_sign_later { unencoded } else { problem } }
        };
        let colon = piece.rfind(':').filter(|colon| !piece[*colon..].contains(']'));
        let (host, port) = colon.map_or((piece, None), |colon| (&piece[..colon], Some(&piece[colon + 1..])));
        let port = match port {
            None | Some("") => None,
            Some(port) => Some(parse_port(port).map_err(fail)?),
        };
        if host.contains(':') && !host.starts_with('[') {
            return Err(fail("an IPv6 address needs brackets, a host no `:`"));
        }
        hosts.push((Host::parse(host).map_err(fail)?, port));
        position += piece.len() + 1;
    }
    Ok(hosts)
}

fn parse_query(query: &str, at: usize) -> Result<Vec<(String, Secret)>, UrlError> {
    let mut position = at;
    let mut pairs = Vec::new();
    for pair in query.split('&') {
        let fail = UrlError { position, problem: "bad percent-encoding in the query" };
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !name.is_empty() {
            pairs.push((percent_decode(name).ok_or(fail)?, Secret::new(percent_decode(value).ok_or(fail)?)));
        }
        position += pair.len() + 1;
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Host, Url};

    #[test]
    fn takes_a_url_apart() {
        let url = Url::parse("postgres://app:p%40ss@db.ns:5432,[::1]/shop?sslmode=require&x=%2F").unwrap();
        assert_eq!(url.scheme, "postgres");
        assert_eq!(url.user.as_deref(), Some("app"));
        assert_eq!(url.password.as_ref().unwrap().expose(), "p@ss");
        assert_eq!(url.hosts[0], (Host::Name("db.ns".into()), Some(5432)));
        assert_eq!(url.hosts[1], (Host::Ip("::1".parse().unwrap()), None));
        assert_eq!(url.path, "/shop");
        assert_eq!(url.param("x"), Some("/"));
        assert_eq!(url.redacted(), "postgres://app@db.ns:5432,[::1]/shop?sslmode=***&x=***");
    }

    #[test]
    fn errors_show_a_place_and_no_text() {
        for (text, problem) in [
            ("postgres://app:s3/cret@db/x", "percent-encode the password"),
            ("postgres://app:s3cret@db/x\n", "newline at the end"),
            ("\"postgres://app:s3cret@db/x\"", "in quotes"),
            ("s3cret", "no scheme"),
            ("http://h:99999/", "65535"),
            ("http://u:s3cret%zz@h/", "percent-encoding"),
            ("http://[s3cret]/", "IPv6"),
            ("http://1.2.3/", "IPv4"),
            ("http:///x", "empty"),
        ] {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
            assert!(!error.contains("s3"), "{error}");
        }
    }

    #[test]
    fn addresses() {
        assert_eq!(Endpoint::parse("[::1]:80").unwrap().to_string(), "[::1]:80");
        assert_eq!(Endpoint::parse("db:5432").unwrap().to_string(), "db:5432");
        for text in ["db", "db:", "db:0", "::1:80", ":80", "a b:80"] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
        assert!(Host::parse("localhost").unwrap().is_loopback());
        assert!(Host::parse("::ffff:127.0.0.1").unwrap().is_loopback());
    }
}
