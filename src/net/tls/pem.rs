//! Where certificates and keys come from: a path, the PEM text itself, or a variable or file that holds one of the two.
//!
//! No error here holds key material, nor a text that came from a variable: it may be a key by mistake.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::cause::Cause;
use crate::config::node::{Error, FromNode, Reader};
use crate::env::Env;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::value::Value;

const BEGIN: &str = "-----BEGIN ";

/// PEM: a path, the text itself (from `-----BEGIN` on), or `{env: NAME}` and `{file: PATH}` that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pem(Value);

/// Where PEM comes from; it is not yet read.
pub(super) enum PemSource {
    /// No PEM: the word `system` or `builtin`, which a CA may be.
    Word(&'static str),
    /// The text itself.
    Text {
        bytes: Zeroizing<Vec<u8>>,
        /// Where it stood, for messages.
        origin: String,
    },
    /// A file.
    Path {
        path: PathBuf,
        /// How messages name it.
        shown: String,
    },
}

impl Pem {
    /// A path written in the configuration becomes a file value, so that a change of the file is seen like any other's.
    #[must_use]
    pub fn new(value: Value) -> Self {
        if let Value::Literal(text) = &value {
            let text = text.expose().trim();
            if !text.contains(BEGIN) && !matches!(text, "system" | "builtin") {
                return Self(Value::File(text.into()));
            }
        }
        Self(value)
    }

    /// The value that it is read from.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.0
    }

    /// Resolves the value, and says where the PEM is.
    pub(super) fn find(&self, env: &dyn Env) -> Result<PemSource, Fault> {
        if let Value::File(path) = &self.0 {
            return Ok(PemSource::Path { path: path.clone(), shown: format!("the file {}", path.display()) });
        }
        let text = self.0.resolve(env)?;
        Ok(match text.expose().trim() {
            "system" => PemSource::Word("system"),
            "builtin" => PemSource::Word("builtin"),
            text if text.contains(BEGIN) => PemSource::Text {
                bytes: Zeroizing::new(text.as_bytes().to_vec()),
                origin: match &self.0 {
                    Value::Literal(_) => "the PEM text in the configuration".to_owned(),
                    other => other.origin(),
                },
            },
            path => PemSource::Path { path: path.into(), shown: format!("the file that {} names", self.0.origin()) },
        })
    }

    /// The text, and how messages name it.
    pub(super) fn read(&self, env: &dyn Env) -> Result<(Zeroizing<Vec<u8>>, String), Fault> {
        match self.find(env)? {
            PemSource::Word(word) => {
                Err(fault(Cause::FileInvalid, format!("`{word}` is valid for `ca`, not for `cert` or `key`")))
            }
            PemSource::Text { bytes, origin } => Ok((bytes, origin)),
            PemSource::Path { path, shown } => {
                let bytes = env.file(&path).map_err(|error| read_fault(&shown, &error))?;
                Ok((Zeroizing::new(bytes), shown))
            }
        }
    }
}

impl FromNode for Pem {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        Value::from_node(node).map(Self::new)
    }
}

/// The fault of a file that cannot be read.
pub(super) fn read_fault(shown: &str, error: &std::io::Error) -> Fault {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            fault(Cause::FileMissing, format!("{shown} does not exist: check whether its volume is mounted"))
        }
        kind => {
            let fault = fault(Cause::FileInvalid, format!("cannot read {shown}: {error}"));
            let denied = kind == std::io::ErrorKind::PermissionDenied;
            if denied { fault.with(Detail::Value(ValueDetail::NotPermitted { of_process: false })) } else { fault }
        }
    }
}

/// What is wrong with bytes in which no PEM section of that label was found.
pub(super) fn no_section_in(shown: &str, bytes: &[u8], label: &str) -> Fault {
    let holds = |marker: &str| bytes.windows(marker.len()).any(|window| window == marker.as_bytes());
    let what = if bytes.is_empty() {
        "is empty".to_owned()
    } else if bytes.starts_with(&[0x30]) && bytes.get(1).is_some_and(|length| *length >= 0x80) {
        format!("is DER: convert it to PEM with openssl, so that it contains -----BEGIN {label}-----")
    } else if label.ends_with("KEY") && holds("ENCRYPTED") {
        "contains an encrypted key: decrypt it with `openssl pkey`".to_owned()
    } else if !holds(BEGIN) {
        format!("is not PEM: it must contain -----BEGIN {label}-----")
    } else {
        format!("is PEM, but contains no -----BEGIN {label}-----")
    };
    let detail = if bytes.is_empty() { ValueDetail::Empty } else { ValueDetail::NotPem };
    fault(Cause::FileInvalid, format!("{shown} {what}")).with(Detail::Value(detail))
}

pub(super) fn fault(cause: Cause, message: String) -> Fault {
    Fault::new(Phase::Assert, cause, message)
}

#[cfg(test)]
mod schema {
    use super::Pem;
    use crate::value::Value;
    use schemars::{JsonSchema, Schema, SchemaGenerator};

    impl JsonSchema for Pem {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            Value::schema_name()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            Value::json_schema(generator)
        }
    }
}
