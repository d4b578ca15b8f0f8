//! The settings of an HTTP check that are no plain texts: each reads itself from the configuration and says what it
//! expects, never what it got.

use std::fmt;

use hyper::Method;

use crate::check::expression::Expression;
use crate::check::http::origin::Origin;
use crate::config::node::{Error, FromNode, Reader};
use crate::url::Url;
use crate::value::Value;

/// The largest `max_response` that can be set, in bytes.
const RESPONSE_CEILING: u64 = 64 * 1024 * 1024;
/// How many redirects are followed under `follow_redirects: true`.
const REDIRECTS: u8 = 10;
/// The most that can be asked for.
const REDIRECTS_CEILING: u8 = 20;

/// The URL; a literal is read at load, anything else at each run.
#[derive(Debug, Clone)]
pub(crate) struct HttpUrl(pub(crate) Value);

impl FromNode for HttpUrl {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let value = Value::from_node(node)?;
        if let Value::Literal(text) = &value {
            let url = Url::parse(text.expose()).map_err(Error::custom)?;
            Origin::of(&url).map_err(Error::custom)?;
            if let Some((kind, _)) = url.scheme.split_once('+') {
                let text = format_args!("{kind}+ belongs to targets of the command line: write the kind {kind}");
                return Err(Error::custom(text));
            }
        }
        Ok(Self(value))
    }
}

/// A word of the configuration that is read from its text.
trait Word: Sized {
    const EXPECTED: &'static str;

    fn parse(text: &str) -> Option<Self>;
}

/// Reads a [`Word`] from what is written, be it a text, a number or a boolean to YAML.
fn word<T: Word>(node: &Reader<'_>) -> Result<T, Error> {
    T::parse(node.text(T::EXPECTED)?).ok_or_else(|| Error::expected(T::EXPECTED))
}

/// The method, in capitals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verb(pub(crate) Method);

impl Word for Verb {
    const EXPECTED: &'static str = "a method: GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE";

    fn parse(text: &str) -> Option<Self> {
        const METHODS: [Method; 7] =
            [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        METHODS.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text)).map(Self)
    }
}

impl FromNode for Verb {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        word(node)
    }
}

/// Which version of HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpVersion {
    /// HTTP/1.1.
    One,
    /// HTTP/2: by ALPN over TLS, by prior knowledge in clear text.
    Two,
}

impl Word for HttpVersion {
    const EXPECTED: &'static str = "1.1 or 2";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "1.1" => Some(Self::One),
            "2" | "2.0" => Some(Self::Two),
            _ => None,
        }
    }
}

impl FromNode for HttpVersion {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        word(node)
    }
}

/// How many redirects are followed; `None` where the first one is an answer like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Follow(pub(crate) Option<u8>);

impl Word for Follow {
    const EXPECTED: &'static str = "true, false or the number of redirects to follow, at most 20";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "true" => Some(Self(Some(REDIRECTS))),
            "false" | "0" => Some(Self(None)),
            number => number.parse().ok().filter(|count| *count <= REDIRECTS_CEILING).map(|count| Self(Some(count))),
        }
    }
}

impl FromNode for Follow {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        word(node)
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

impl Default for Size {
    fn default() -> Self {
        Self(1024 * 1024)
    }
}

impl Word for Size {
    const EXPECTED: &'static str = "a size from 1 to 64MiB, like 4096, 256KiB or 2MiB";

    fn parse(text: &str) -> Option<Self> {
        let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let unit = match unit.trim() {
            "" | "B" => 1,
            "KiB" | "Ki" => 1024,
            "MiB" | "Mi" => 1024 * 1024,
            _ => return None,
        };
        let bytes = digits.parse::<u64>().ok()?.checked_mul(unit)?;
        (1..=RESPONSE_CEILING).contains(&bytes).then_some(Self(bytes))
    }
}

impl FromNode for Size {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        word(node)
    }
}

/// The statuses that are wanted, as ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statuses(Vec<(u16, u16)>);

impl Default for Statuses {
    fn default() -> Self {
        Self(vec![(200, 299)])
    }
}

impl Statuses {
    /// This one alone.
    pub(crate) fn of(status: hyper::StatusCode) -> Self {
        Self(vec![(status.as_u16(), status.as_u16())])
    }

    /// Those from the first to the last.
    pub(crate) fn range(first: u16, last: u16) -> Self {
        Self(vec![(first, last)])
    }

    /// Whether this one is among them.
    pub(crate) fn contains(&self, status: u16) -> bool {
        self.0.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match first == last {
                true => write!(f, "{comma}{first}")?,
                false => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

/// How many entries the list of statuses may have.
const MOST_STATUSES: usize = 64;

/// One entry of the list of statuses.
struct StatusRange(u16, u16);

impl Word for StatusRange {
    const EXPECTED: &'static str = "a status like 200, a range like 200-299, or a list of them";

    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let read = |text: &str| text.trim().parse::<u16>().ok().filter(|status| (100..=999).contains(status));
        let (first, last) = (read(first)?, read(last)?);
        (first <= last).then_some(Self(first, last))
    }
}

impl FromNode for StatusRange {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        word(node)
    }
}

impl FromNode for Statuses {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        if !node.is_list() {
            let StatusRange(first, last) = word(node)?;
            return Ok(Self::range(first, last));
        }
        let ranges: Vec<StatusRange> = Vec::from_node(node)?;
        match ranges.len() {
            0 => Err(Error::expected("at least one status")),
            1..=MOST_STATUSES => Ok(Self(ranges.into_iter().map(|StatusRange(first, last)| (first, last)).collect())),
            _ => Err(Error::expected(format_args!("at most {MOST_STATUSES} statuses and ranges"))),
        }
    }
}

/// A regular expression, compiled at load.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(pub(crate) Expression);

impl FromNode for Pattern {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let compiled = Expression::compile(node.text("a string")?);
        compiled.map(Self).map_err(|refused| Error::custom(format_args!("expected a regular expression: {refused}")))
    }
}
