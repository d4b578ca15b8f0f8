//! Bytes as a configuration writes them, and what an answer is compared with.

use zeroize::Zeroizing;

use crate::check::expression::{Expression, Search, TooCostly};
use crate::config::node::{Error, FromNode, Keys, Reader};
use crate::env::Env;
use crate::outcome::Fault;
use crate::value::{LONGEST, Part, Value, too_long};

/// Bytes to send or to expect: pieces in order. What stands in the configuration has its escapes undone at load; what
/// comes from a variable or a file is taken as it is. It may hold a secret, so it has no `Debug`.
pub(crate) struct Payload(Vec<Piece>);

enum Piece {
    Bytes(Zeroizing<Vec<u8>>),
    Value(Value),
}

impl Payload {
    fn new(value: Value) -> Result<Self, &'static str> {
        let bytes =
            |text: &crate::secret::Secret| unescape(text.expose()).map(|bytes| Piece::Bytes(Zeroizing::new(bytes)));
        let pieces = match value {
            Value::Literal(text) => vec![bytes(&text)?],
            Value::Env(_) | Value::File(_) => vec![Piece::Value(value)],
            Value::Template(parts) => parts
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) => bytes(&text),
                    Part::Var(name) => Ok(Piece::Value(Value::Env(name))),
                })
                .collect::<Result<_, _>>()?,
        };
        Ok(Self(pieces))
    }

    /// The bytes, now.
    pub(crate) fn resolve(&self, env: &dyn Env) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let mut all = Zeroizing::new(Vec::new());
        for piece in &self.0 {
            match piece {
                Piece::Bytes(bytes) => all.extend_from_slice(bytes),
                Piece::Value(value) => all.extend_from_slice(value.resolve(env)?.expose().as_bytes()),
            }
            if all.len() > LONGEST {
                return Err(too_long("the text of the configuration"));
            }
        }
        Ok(all)
    }

    /// What is read at each run.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Bytes(_) => None,
            Piece::Value(value) => Some(value),
        })
    }
}

/// Undoes `\r`, `\n`, `\t`, `\0`, `\\` and `\xNN`.
fn unescape(text: &str) -> Result<Vec<u8>, &'static str> {
    const KNOWN: &str = r"a text in which `\` is followed by r, n, t, 0, \ or xNN";
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().ok_or(KNOWN)? {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16)).ok_or(KNOWN);
                u8::try_from(digit()? * 16 + digit()?).expect("two hexadecimal digits are a byte")
            }
            _ => return Err(KNOWN),
        });
    }
    Ok(bytes)
}

impl FromNode for Payload {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        Self::new(Value::from_node(node)?).map_err(|expected| Error::custom(format!("expected {expected}")))
    }
}

/// What must come, as configured.
pub(crate) enum Expect {
    Bytes(Payload),
    Regex(Expression),
}

impl Expect {
    pub(crate) fn resolve(&self, env: &dyn Env) -> Result<Pattern, Fault> {
        match self {
            Self::Bytes(payload) => payload.resolve(env).map(Pattern::Bytes),
            Self::Regex(regex) => Ok(Pattern::Regex(regex.clone())),
        }
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        let payload = match self {
            Self::Bytes(payload) => Some(payload),
            Self::Regex(_) => None,
        };
        payload.into_iter().flat_map(Payload::values)
    }
}

/// What must come, in one run.
pub(crate) enum Pattern {
    /// The answer begins with these.
    Bytes(Zeroizing<Vec<u8>>),
    /// It is found somewhere in the answer.
    Regex(Expression),
}

impl Pattern {
    /// Whether more bytes may always decide otherwise, until the answer ends.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Regex(_))
    }

    /// The judge of one answer.
    pub(crate) fn judge(&self) -> Judge<'_> {
        match self {
            Self::Bytes(bytes) => Judge::Bytes(bytes),
            Self::Regex(expression) => Judge::Regex(Box::new(expression.search())),
        }
    }

    /// What did not come, in words; never the bytes, which may be a secret.
    pub(crate) fn absent(&self) -> &'static str {
        match self {
            Self::Bytes(_) => "the answer does not start with the expected bytes",
            Self::Regex(_) => "the answer does not match the expected expression",
        }
    }
}

/// Judges an answer that grows.
pub(crate) enum Judge<'a> {
    Bytes(&'a [u8]),
    Regex(Box<Search>),
}

impl Judge<'_> {
    /// Whether the answer so far is the expected one; `None` where more bytes decide.
    pub(crate) async fn judge(&mut self, answer: &[u8], ended: bool) -> Result<Option<bool>, TooCostly> {
        Ok(match self {
            Self::Bytes(bytes) if answer.starts_with(bytes) => Some(true),
            Self::Bytes(bytes) => (!bytes.starts_with(answer)).then_some(false),
            Self::Regex(search) => {
                search.advance(answer).await?;
                match search.ends_well(answer)? {
                    true => Some(true),
                    false => (ended && !answer.is_empty()).then_some(false),
                }
            }
        })
    }
}

impl FromNode for Expect {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        if !node.is_mapping() {
            let text = node.text("a string, {regex: EXPRESSION}, {env: NAME} or {file: PATH}")?;
            let value = Value::parse(text).map_err(Error::custom)?;
            return Payload::new(value).map(Self::Bytes).map_err(Error::expected);
        }
        let Form { regex, env, file } = Form::from_node(node)?;
        let value = match (regex, env, file) {
            (Some(text), None, None) => {
                let compiled = Expression::compile(&text).map(Expect::Regex);
                return compiled.map_err(|refused| Error::custom(format_args!("`regex` is not accepted: {refused}")));
            }
            // Read as a template, so that the name is checked.
            (None, Some(name), None) => Value::parse(&format!("${{{name}}}")).map_err(Error::custom)?,
            (None, None, Some(path)) => Value::File(path.into()),
            _ => return Err(Error::custom("expected exactly one of `regex`, `env` and `file`")),
        };
        Payload::new(value).map(Expect::Bytes).map_err(Error::custom)
    }
}

#[derive(Keys)]
#[serde(deny_unknown_fields)]
struct Form {
    regex: Option<String>,
    env: Option<String>,
    file: Option<String>,
}

#[cfg(test)]
mod schema {
    use super::{Expect, Payload};
    use crate::value::Value;
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    impl JsonSchema for Payload {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Bytes".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            Value::json_schema(generator)
        }
    }

    impl JsonSchema for Expect {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Expect".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let bytes = generator.subschema_for::<Value>();
            json_schema!({"anyOf": [
                bytes,
                {"type": "object", "additionalProperties": false, "required": ["regex"], "properties": {"regex": {
                    "type": "string",
                    "description": "The expression that must match somewhere in the answer; `^(\\+PONG|-NOAUTH)` matches a Redis without and with a password."
                }}}
            ]})
        }
    }
}
