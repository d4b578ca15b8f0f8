//! What is sent in headers, and what headers and places of the answer must hold, as the configuration has it.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use hyper::header::HeaderName;
use serde::de::value::MapDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::check::http::pointer::Pointer;
use crate::check::http::settings::Pattern;
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

impl<'de> Deserialize<'de> for HeaderRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(HeaderRuleVisitor)
    }
}

struct HeaderRuleVisitor;

impl<'de> Visitor<'de> for HeaderRuleVisitor {
    type Value = HeaderRule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the header's value, {env: NAME}, {file: PATH} or {matches: REGEX}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<HeaderRule, E> {
        Value::parse(text).map(HeaderRule::Equals).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeaderRule, A::Error> {
        const KEYS: &[&str] = &["matches", "env", "file"];
        let Some(key) = map.next_key::<String>()? else {
            return Err(de::Error::custom("expected {matches: REGEX}, {env: NAME} or {file: PATH}"));
        };
        let rule = match key.as_str() {
            "matches" => HeaderRule::Matches(map.next_value()?),
            "env" | "file" => {
                let pair = std::iter::once((key, map.next_value::<String>()?));
                HeaderRule::Equals(Value::deserialize(MapDeserializer::new(pair))?)
            }
            other => return Err(de::Error::unknown_field(other, KEYS)),
        };
        match map.next_key::<String>()? {
            None => Ok(rule),
            Some(_) => Err(de::Error::custom("expected only one of `matches`, `env` and `file`")),
        }
    }
}

/// The name of a header.
#[derive(Debug)]
pub(crate) struct Name(pub(crate) HeaderName);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        HeaderName::from_bytes(text.as_bytes())
            .map(Self)
            .map_err(|_| de::Error::custom("expected the name of a header: letters, digits and -"))
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

impl<'de> Deserialize<'de> for OwnName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Name::deserialize(deserializer)?;
        match OURS.contains(&name.0.as_str()) {
            true => Err(de::Error::custom("this header belongs to the connection: it cannot be set")),
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

impl<'de> Deserialize<'de> for HeaderText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let broken = |text: &Secret| text.expose().chars().any(|c| c.is_control() && c != '\t');
        let literal_is_broken = match &value {
            Value::Literal(text) => broken(text),
            Value::Template(parts) => parts.iter().any(|part| matches!(part, Part::Text(text) if broken(text))),
            Value::Env(_) | Value::File(_) => false,
        };
        match literal_is_broken {
            true => Err(de::Error::custom("a header holds no line breaks or other control characters")),
            false => Ok(Self(value)),
        }
    }
}

/// Headers to send, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Headers(pub(crate) Vec<(HeaderName, Value)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = named::<OwnName, HeaderText, D>(deserializer)?;
        Ok(Self(pairs.into_iter().map(|(name, HeaderText(value))| (name, value)).collect()))
    }
}

/// What headers of the answer must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeaderRules(pub(crate) Vec<(HeaderName, HeaderRule)>);

impl<'de> Deserialize<'de> for HeaderRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        named::<Name, HeaderRule, D>(deserializer).map(Self)
    }
}

/// A mapping of headers; a name that stands twice, in whatever case, is a fault.
fn named<'de, N, T, D>(deserializer: D) -> Result<Vec<(HeaderName, T)>, D::Error>
where
    N: Deserialize<'de> + Into<HeaderName>,
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct NamedVisitor<N, T>(PhantomData<(N, T)>);

    impl<'de, N: Deserialize<'de> + Into<HeaderName>, T: Deserialize<'de>> Visitor<'de> for NamedVisitor<N, T> {
        type Value = Vec<(HeaderName, T)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a mapping from the names of headers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs: Vec<(HeaderName, T)> = Vec::new();
            let mut known = HashSet::new();
            while let Some(name) = map.next_key::<N>()? {
                let name = name.into();
                if !known.insert(name.clone()) {
                    return Err(de::Error::custom(format_args!("the header {name} is given twice")));
                }
                if pairs.len() == MOST {
                    return Err(de::Error::custom(format_args!("expected at most {MOST} headers")));
                }
                pairs.push((name, map.next_value()?));
            }
            Ok(pairs)
        }
    }

    deserializer.deserialize_map(NamedVisitor::<N, T>(PhantomData))
}

/// What places of a JSON body must hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct JsonRules(pub(crate) Vec<(Pointer, Value)>);

impl<'de> Deserialize<'de> for JsonRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RulesVisitor;

        impl<'de> Visitor<'de> for RulesVisitor {
            type Value = JsonRules;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping from places, /a/b or a.b, to the values expected there")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonRules, A::Error> {
                let mut rules = Vec::new();
                while let Some(place) = map.next_key::<Pointer>()? {
                    if rules.len() == MOST {
                        return Err(de::Error::custom(format_args!("expected at most {MOST} places")));
                    }
                    rules.push((place, map.next_value()?));
                }
                Ok(JsonRules(rules))
            }
        }

        deserializer.deserialize_map(RulesVisitor)
    }
}
