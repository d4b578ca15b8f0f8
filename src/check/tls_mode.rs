//! The key `tls` of protocols in which TLS may start inside the conversation: a word that says how it starts, or a block with
//! that and the usual settings.

use std::str::FromStr;

use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Error, FromNode, Keys, Reader};
use crate::env::Env;
use crate::net::tls::Pem;
use crate::outcome::Fault;
use crate::url::Host;
use crate::value::{Setting, Value};

/// How TLS starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It does not.
    None,
    /// Inside the conversation, once the server has consented (STARTTLS).
    StartTls,
    /// At once.
    Implicit,
}

const WORDS: &str = "one of none, starttls, implicit";

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "starttls" => Ok(Self::StartTls),
            "implicit" => Ok(Self::Implicit),
            _ => Err(WORDS.to_owned()),
        }
    }
}

/// The key.
#[derive(Debug, Clone)]
pub struct TlsKey {
    mode: Option<Setting<Mode>>,
    /// The usual settings.
    pub keys: TlsKeys,
}

/// The block.
#[derive(Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Block {
    /// How TLS starts: `starttls` or `implicit`. Default: by the scheme and the port.
    mode: Option<Setting<Mode>>,
    /// The trusted authorities: a PEM file, the PEM text itself, `system` (the bundle of the image) or `builtin` (the
    /// roots inside pilotfish). Default: `system` if the image has a bundle, otherwise `builtin`.
    ca: Option<Pem>,
    /// The client certificate and its chain, for servers that require one: a PEM file or the PEM text itself.
    cert: Option<Pem>,
    /// The key of `cert`: a PEM file or the PEM text itself, not encrypted.
    key: Option<Pem>,
    /// The name to request (SNI) and to expect in the certificate. Default: the host of the target.
    server_name: Option<Setting<Host>>,
    /// `false` accepts any certificate. Every report shows that.
    #[serde(default = "yes")]
    verify: bool,
}

fn yes() -> bool {
    true
}

impl TlsKey {
    /// How TLS starts, where the key says so; a block that does not asks for TLS all the same.
    ///
    /// # Errors
    /// As [`Setting::resolve`].
    pub fn mode(&self, env: &dyn Env) -> Result<Option<Mode>, Fault> {
        self.mode.as_ref().map(|mode| mode.resolve("tls", env)).transpose()
    }

    /// Every value that is read at a run.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.mode.as_ref().and_then(Setting::later).into_iter().chain(self.keys.values())
    }
}

impl FromNode for TlsKey {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        if node.is_mapping() {
            let Block { mode, ca, cert, key, server_name, verify } = Block::from_node(node)?;
            return Ok(Self { mode, keys: TlsKeys { ca, cert, key, server_name, verify } });
        }
        let text = node.text(&format!("{WORDS}, or a mapping such as {{mode: starttls, ca: /etc/tls/ca.pem}}"))?;
        let mode = text.parse().map_err(|_| Error::expected(format_args!("{WORDS}, or a mapping")))?;
        Ok(Self { mode: Some(Setting::Known(mode)), keys: TlsKeys::default() })
    }
}

#[cfg(test)]
mod schema {
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Block, TlsKey};

    impl JsonSchema for TlsKey {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "TlsMode".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let block = Block::json_schema(generator);
            json_schema!({"anyOf": [{"type": "string", "enum": ["none", "starttls", "implicit"]}, block]})
        }
    }
}
