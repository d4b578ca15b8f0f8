//! Our own reader of URLs, because how they are misread is our subject.
//!
//! It reads `scheme://user:password@host:port,host:port/path?query#fragment` as RFC 3986 has it, with a list of hosts as
//! libpq allows. Errors say which part is wrong and where, never what stands there: the text may hold a password.

mod host;
mod problems;
mod unix;

use crate::outcome::{ValueDetail, is_invisible};
use crate::secret::Secret;

pub use host::{Endpoint, Host, parse_port};
use problems::{SERVICE_PORT, TOO_LONG};
pub use problems::{SOCKET, TOO_MANY_HOSTS, detail_of};
pub use unix::SocketPath;

/// What is wrong with a URL, and at which character; never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlError {
    /// The character at which it goes wrong, from 0 on.
    pub position: usize,
    /// What is wrong, in words.
    pub problem: &'static str,
}

impl std::fmt::Display for UrlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.problem {
            // Here the position is the length.
            TOO_LONG => write!(f, "it has {} bytes, and at most {LONGEST} are read", self.position),
            problem => write!(f, "{problem} (at character {})", self.position + 1),
        }
    }
}

impl std::error::Error for UrlError {}

/// The longest URL that is read, in bytes.
pub const LONGEST: usize = 8 * 1024;
/// How many hosts a URL may name.
pub const MOST_HOSTS: usize = 64;
/// The longest text that a target is shown as, in bytes.
const SHOWN: usize = 512;

/// What is wrong with a URL that is too long to be read, `None` where it is not.
#[must_use]
pub const fn too_long(text: &str) -> Option<UrlError> {
    if text.len() > LONGEST { Some(UrlError { position: text.len(), problem: TOO_LONG }) } else { None }
}

/// A target as it is shown: cut where it is too long.
#[must_use]
pub fn shown(mut target: String) -> String {
    if target.len() > SHOWN {
        target.truncate(target.floor_char_boundary(SHOWN - '…'.len_utf8()));
        target.push('…');
    }
    target
}

impl UrlError {
    /// The same as the detail of a fault; `None` where it is any other mistake.
    #[must_use]
    pub fn detail(&self) -> Option<ValueDetail> {
        detail_of(self.problem)
    }
}

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
        let in_characters = |error: UrlError| UrlError {
            position: text.char_indices().take_while(|(at, _)| *at < error.position).count(),
            ..error
        };
        Self::read(text).map_err(in_characters)
    }

    /// The same, with the byte at which it goes wrong.
    fn read(text: &str) -> Result<Self, UrlError> {
        let fail = |position: usize, problem: &'static str| UrlError { position, problem };
        if let Some(error) = too_long(text) {
            return Err(error);
        }
        no_white_space(text)?;
        let scheme_end = text.find("://").ok_or_else(|| fail(0, "no scheme: a URL starts with scheme://"))?;
        let scheme = &text[..scheme_end];
        let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if !scheme_ok {
            return Err(fail(0, "the scheme contains an invalid character"));
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
        let rest = &text[authority_end..];
        let hosts = parse_hosts(&text[hosts_at..authority_end], hosts_at, userinfo.is_none() && rest.contains('@'))?;
        let (rest, fragment) = rest.split_once('#').map_or((rest, ""), |(before, after)| (before, after));
        let (path, raw_query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        if !is_web(scheme) && holds_credentials(userinfo.is_some(), path, raw_query, fragment) {
            return Err(fail(authority_end, UNENCODED));
        }
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

    /// The URL as it may be shown: scheme, user, hosts, ports, path; no password, and nothing that shares four letters with
    /// it; every query value is `***`, and so is every path segment over 20 characters, and what stands before an `@` in the
    /// path. Separators stay as they were written.
    #[must_use]
    pub fn redacted(&self) -> String {
        let mut out = format!("{}://", self.scheme);
        if let Some(user) = &self.user {
            // Most mail servers have addresses as users.
            let shown = printable(&user.replace('@', "%40"), "/:?#");
            out.push_str(if self.shares_with_password(user) { MASK } else { &shown });
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
        let segments = shown_segments(&self.path)
            .into_iter()
            .map(|(segment, shown)| if self.shares_with_password(segment) { MASK.to_owned() } else { shown });
        out.push_str(&segments.collect::<Vec<_>>().join("/"));
        for (index, part) in self.query_parts().enumerate() {
            out.push(if index == 0 { '?' } else { '&' });
            match part {
                QueryPart::Pair { name, .. } => {
                    // A password may hold the separators, too.
                    let is_secret = name.contains('@') || self.shares_with_password(&format!("&{name}="));
                    out.push_str(&if is_secret { MASK.to_owned() } else { short(&name, "?#&=") });
                    out.push_str("=***");
                }
                QueryPart::Flag(flag) => out.push_str(flag),
                QueryPart::Bare(_) => out.push_str(MASK),
            }
        }
        out
    }

    /// What [`Url::redacted`] does not show, as it was written and decoded: for a peer that repeats it. What is shorter than
    /// four bytes, such as `1` and `yes`, is no secret and stands in every text.
    #[must_use]
    pub fn hidden(&self) -> Vec<Secret> {
        let segments = shown_segments(&self.path).into_iter();
        // The scheme of a URL that is a part of the path is in every URL that a peer answers.
        let is_scheme = |segment: &str| {
            segment.strip_suffix(':').is_some_and(|scheme| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        };
        let segments = segments
            .filter(|(segment, shown)| shown != segment && !is_scheme(segment) || self.shares_with_password(segment));
        let parts = self.query_parts().filter_map(|part| match part {
            QueryPart::Pair { name, value } if short(&name, "") == MASK => Some([name, value].join("=")),
            QueryPart::Pair { value, .. } | QueryPart::Bare(value) => Some(value),
            QueryPart::Flag(_) => None,
        });
        let written = segments.map(|(segment, _)| segment.to_owned()).chain(parts).map(Secret::new);
        let decoded = self.query.iter().map(|(_, value)| value.clone());
        written.chain(decoded).chain(self.password.clone()).filter(|text| text.expose().len() >= SHARED).collect()
    }

    /// The parts of the query, in order.
    fn query_parts(&self) -> impl Iterator<Item = QueryPart> {
        let query = self.raw_query.as_ref().map(Secret::expose).unwrap_or_default();
        query.split('&').filter(|part| !part.is_empty()).map(QueryPart::of)
    }

    /// Whether a text has four letters in a row of the password, whether or not it is percent-encoded.
    fn shares_with_password(&self, text: &str) -> bool {
        self.password.as_ref().is_some_and(|password| shares(password, text))
    }

    /// Masks a path that repeats a part of this password, which stands elsewhere.
    pub fn hide_in_path(&mut self, password: &Secret) {
        if shares(password, &self.path) {
            self.path = format!("/{MASK}");
        }
    }
}

/// Whether a text has four letters in a row of a password, whether or not it is percent-encoded.
fn shares(password: &Secret, text: &str) -> bool {
    let password = password.expose().to_ascii_lowercase();
    let shares = |text: &str| {
        let text = text.to_ascii_lowercase();
        password.as_bytes().windows(SHARED).any(|part| text.as_bytes().windows(SHARED).any(|own| own == part))
    };
    shares(text) || percent_decode(text).is_some_and(|decoded| shares(&decoded))
}

/// Instead of what is not shown.
const MASK: &str = "***";
/// How many letters of a password, in a row, are a part of it.
const SHARED: usize = 4;

/// A part of a query, between its `&`.
enum QueryPart {
    /// `name=value`: the name decoded, the value as it was written.
    Pair { name: String, value: String },
    /// A word alone that says nothing of the one who asks.
    Flag(&'static str),
    /// Any other word alone: it may well be a token.
    Bare(String),
}

/// What servers take as a word alone.
const FLAGS: &[&str] = &[
    "acl",
    "all",
    "cached",
    "checks",
    "consistent",
    "debug",
    "deep",
    "details",
    "format",
    "full",
    "health",
    "help",
    "json",
    "list",
    "live",
    "liveness",
    "local",
    "location",
    "metrics",
    "passing",
    "perfstandbyok",
    "ping",
    "pretty",
    "raw",
    "readiness",
    "ready",
    "recurse",
    "stale",
    "standbyok",
    "status",
    "uploads",
    "v",
    "verbose",
    "version",
    "versions",
    "wsdl",
];

impl QueryPart {
    fn of(part: &str) -> Self {
        // Base64 ends in `=`, which gives a value to nothing.
        match part.split_once('=').filter(|(name, value)| !name.is_empty() && !value.trim_matches('=').is_empty()) {
            Some((name, value)) => {
                Self::Pair { name: percent_decode(name).unwrap_or_else(|| name.to_owned()), value: value.to_owned() }
            }
            None => match FLAGS.iter().find(|flag| **flag == part) {
                Some(flag) => Self::Flag(flag),
                None => Self::Bare(part.to_owned()),
            },
        }
    }
}

const UNENCODED: &str = "`/`, `?` or `#` is before the `@`: percent-encode the password";

/// Values that were pasted or piped often carry white space or quotes.
fn no_white_space(text: &str) -> Result<(), UrlError> {
    if let Some(position) = text.find(|c: char| c.is_control() || c == ' ') {
        let problem = if text[position..].trim().is_empty() {
            "white space or a newline at the end"
        } else if position == 0 {
            "white space at the start"
        } else {
            "white space or a control character inside"
        };
        return Err(UrlError { position, problem });
    }
    if text.starts_with(['"', '\'']) {
        return Err(UrlError { position: 0, problem: "the value is in quotes: remove them" });
    }
    Ok(())
}

/// Whether an `@` may well stand in a path: the special schemes of the URL standard, and what is built on them. It is no
/// list of what pilotfish knows, which the kinds have.
fn is_web(scheme: &str) -> bool {
    let scheme = scheme.to_ascii_lowercase();
    matches!(scheme.rsplit('+').next(), Some("http" | "https" | "ws" | "wss"))
}

/// Whether an `@` behind the authority shows that the authority was cut short by a password.
fn holds_credentials(user_before: bool, path: &str, query: Option<&str>, fragment: &str) -> bool {
    let in_a_name = |query: &str| query.split('&').any(|pair| pair.split('=').next().unwrap_or(pair).contains('@'));
    let query = query.unwrap_or_default();
    // libpq too looks for the `@` until the first `/`, through `?` and `#`.
    let before_any_path = !user_before && path.is_empty() && query.contains('@');
    path.contains('@') || fragment.contains('@') || in_a_name(query) || before_any_path
}

/// A path as it may be shown: without what is before an `@`, each segment over 20 characters masked.
#[must_use]
pub fn redacted_path(path: &str) -> String {
    shown_segments(path).into_iter().map(|(_, shown)| shown).collect::<Vec<_>>().join("/")
}

/// Each segment of a path, and what may be shown of it.
fn shown_segments(path: &str) -> Vec<(&str, String)> {
    let segments: Vec<&str> = path.split('/').collect();
    let at_sign = segments.iter().rposition(|segment| segment.contains('@'));
    // Where the `?` was forgotten, what looks like more segments is a part of the value.
    let of_query = segments.iter().position(|segment| segment.split('&').skip(1).any(|part| part.contains('=')));
    let shown = segments.iter().enumerate().map(|(index, segment)| {
        let before_at_sign = at_sign.is_some_and(|last| index <= last);
        let hidden = !segment.is_empty() && (before_at_sign || of_query.is_some_and(|first| index > first));
        (*segment, if hidden { MASK.to_owned() } else { shown_segment(segment) })
    });
    shown.collect()
}

/// A segment may hold parameters of its own: `v1;id=5`, or `shop&sslmode=require` where the `?` was forgotten.
fn shown_segment(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for part in segment.split_inclusive(['&', ';']) {
        let (part, separator) = match part.strip_suffix(['&', ';']) {
            Some(bare) => (bare, &part[bare.len()..]),
            None => (part, ""),
        };
        match part.split_once('=').filter(|(_, value)| !value.is_empty()) {
            Some((name, _)) => out.push_str(&format!("{}=***", short(name, "?#"))),
            None => out.push_str(&short(part, "?#")),
        }
        out.push_str(separator);
    }
    out
}

/// A short text as it is, another masked.
fn short(text: &str, taken: &str) -> String {
    if text.chars().count() > 20 { MASK.to_owned() } else { printable(text, taken) }
}

/// A text without what would not show, or would look like another part of the URL.
fn printable(text: &str, taken: &str) -> String {
    let fine = |c: char| (c.is_ascii_graphic() || (c.is_alphanumeric() && !is_invisible(c))) && !taken.contains(c);
    text.chars().map(|c| if fine(c) { c } else { '?' }).collect()
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

fn parse_hosts(text: &str, at: usize, at_sign_later: bool) -> Result<Vec<(Host, Option<u16>)>, UrlError> {
    let mut hosts = Vec::new();
    let mut position = at;
    if text.split(',').nth(MOST_HOSTS).is_some() {
        return Err(UrlError { position, problem: TOO_MANY_HOSTS });
    }
    for piece in text.split(',') {
        let fail =
            |problem: &'static str| UrlError { position, problem: if at_sign_later { UNENCODED } else { problem } };
        let colon = piece.rfind(':').filter(|colon| !piece[*colon..].contains(']'));
        let (host, port) = colon.map_or((piece, None), |colon| (&piece[..colon], Some(&piece[colon + 1..])));
        let port = match port {
            None | Some("") => None,
            Some(port) => Some(parse_port(port).map_err(fail)?),
        };
        if host.ends_with(":tcp") {
            return Err(fail(SERVICE_PORT));
        }
        if host.contains(':') && !host.starts_with('[') {
            return Err(fail("an IPv6 address needs brackets, and a host has no `:`"));
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
mod tests;
