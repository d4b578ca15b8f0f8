//! What is sent in headers, and what headers and places of the answer must hold, as the configuration has it.

use std::collections::HashSet;

use hyper::header::HeaderName;

use crate::check::http::pointer::Pointer;
use crate::check::http::settings::Pattern;
use crate::config::node::{Entry, Error, FromNode, Reader};
use crate::secret::Secret;
use crate::value::{Part, Value};

/// How many headers, or places of a body, a check may name.
const MOST: usize = 128;

/// What a header must be: a text that equals it, or `{matches: REGEX}`.
#[derive(Debug, Clone)]
pub(crate) enum HeaderRule {
    /// The header's value, white space around it aside.
    Equals(Value),
    /// Something in the header's value.
    Matches(Pattern),
}

impl FromNode for HeaderRule {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        const KEYS: &[&str] = &["matches", "env", "file"];
        if !node.is_mapping() {
            let expected = "the header's value, {env: NAME}, {file: PATH} or {matches: REGEX}";
            return Value::parse(node.text(expected)?).map(Self::Equals).map_err(Error::custom);
        }
        match node.only(KEYS, "{matches: REGEX}, {env: NAME} or {file: PATH}")? {
            ("matches", pattern) => pattern.read().map(Self::Matches),
            _ => Value::from_node(node).map(Self::Equals),
        }
    }
}

/// The name of a header.
#[derive(Debug)]
pub(crate) struct Name(pub(crate) HeaderName);

impl FromNode for Name {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let text = node.text("a string")?;
        HeaderName::from_bytes(text.as_bytes())
            .map(Self)
            .map_err(|_| Error::custom("expected the name of a header: letters, digits and -"))
    }
}

/// Headers that belong to the connection or to the framing of the body: they are ours to send.
const OURS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// The name of a header that may be sent.
struct OwnName(Name);

impl FromNode for OwnName {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let name = Name::from_node(node)?;
        match OURS.contains(&name.0.as_str()) {
            true => Err(Error::custom("this header belongs to the connection: it cannot be set")),
            false => Ok(Self(name)),
        }
    }
}

impl From<Name> for HeaderName {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl From<OwnName> for HeaderName {
    fn from(name: OwnName) -> Self {
        name.0.0
    }
}

/// What is sent in a header: a literal is free of line breaks and other control characters.
#[derive(Debug, Clone)]
struct HeaderText(Value);

impl FromNode for HeaderText {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let value = Value::from_node(node)?;
        let broken = |text: &Secret| text.expose().chars().any(|c| c.is_control() && c != '\t');
        let literal_is_broken = match &value {
            Value::Literal(text) => broken(text),
            Value::Template(parts) => parts.iter().any(|part| matches!(part, Part::Text(text) if broken(text))),
            Value::Env(_) | Value::File(_) => false,
        };
        match literal_is_broken {
            true => Err(Error::custom("a header holds no line breaks or other control characters")),
            false => Ok(Self(value)),
        }
    }
}

/// Headers to send, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers(pub(crate) Vec<(HeaderName, Value)>);

impl FromNode for Headers {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let pairs = named::<OwnName, HeaderText>(node)?;
        Ok(Self(pairs.into_iter().map(|(name, HeaderText(value))| (name, value)).collect()))
    }
}

/// What headers of the answer must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeaderRules(pub(crate) Vec<(HeaderName, HeaderRule)>);

impl FromNode for HeaderRules {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        named::<Name, HeaderRule>(node).map(Self)
    }
}

/// A mapping of headers; a name that stands twice, in whatever case, is a fault.
fn named<N: FromNode + Into<HeaderName>, T: FromNode>(node: &Reader<'_>) -> Result<Vec<(HeaderName, T)>, Error> {
    let mut pairs: Vec<(HeaderName, T)> = Vec::new();
    let mut known = HashSet::new();
    for Entry { key, value } in node.mapping("a mapping from the names of headers")? {
        let name: HeaderName = key.read::<N>()?.into();
        if !known.insert(name.clone()) {
            return Err(Error::custom(format_args!("the header {name} is given twice")));
        }
        if pairs.len() == MOST {
            return Err(Error::custom(format_args!("expected at most {MOST} headers")));
        }
        pairs.push((name, value.read()?));
    }
    Ok(pairs)
}

/// What places of a JSON body must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct JsonRules(pub(crate) Vec<(Pointer, Value)>);

impl FromNode for JsonRules {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let mut rules = Vec::new();
        for Entry { key, value } in node.mapping("a mapping from places, /a/b or a.b, to the values expected there")? {
            if rules.len() == MOST {
                return Err(Error::custom(format_args!("expected at most {MOST} places")));
            }
            rules.push((key.read()?, value.read()?));
        }
        Ok(Self(rules))
    }
}
