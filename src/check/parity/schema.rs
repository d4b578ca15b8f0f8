//! The schemas of what reads itself: the docs of the keys stand with them.

use super::keys::{Header, Ignored, OwnKeys, Path};
use crate::check::http::keys::BasicAuth;
use crate::check::http::proxy::ProxyKey;
use crate::check::http::rules::Headers;
use crate::check::http::settings::{HttpUrl, HttpVersion};
use crate::check::tls_keys::TlsKeys;
use crate::url::SocketPath;
use crate::value::{Setting, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// Asks two deployments the same, with GET, and compares their answers.
#[derive(JsonSchema)]
#[schemars(rename = "parity", extend("additionalProperties" = false))]
#[expect(dead_code, reason = "it stands for the schema; the keys are read in two parts")]
pub(super) struct ParitySchema {
    /// The first deployment: its URL, or a mapping that says how it is asked.
    left: SideSchema,
    /// The second deployment, in the same form.
    right: SideSchema,
    #[serde(flatten)]
    own: OwnKeys,
}

struct SideSchema;

impl JsonSchema for SideSchema {
    fn schema_name() -> Cow<'static, str> {
        "ParitySide".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<Value>();
        let keys = generator.subschema_for::<SideKeys>();
        json_schema!({"anyOf": [value, keys]})
    }
}

/// How a deployment is asked; the keys are those of `http`.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "it stands for the schema; the keys are read as those of `http`")]
struct SideKeys {
    /// The URL, to which each path of `requests` is appended.
    url: HttpUrl,
    /// `unix:PATH` if the server listens on a Unix socket.
    socket: Option<Setting<SocketPath>>,
    /// Headers to send, by name.
    headers: Option<Headers>,
    /// `1.1` or `2`.
    http_version: Option<HttpVersion>,
    /// The HTTP proxy to go through: `none` (the default), `env` or its URL.
    proxy: Option<ProxyKey>,
    /// TLS settings, for `https://`.
    tls: Option<TlsKeys>,
    /// User and password.
    basic_auth: Option<BasicAuth>,
    /// A bearer token.
    bearer_token: Option<Value>,
}

impl JsonSchema for Path {
    fn schema_name() -> Cow<'static, str> {
        "RequestPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^/"})
    }
}

impl JsonSchema for Header {
    fn schema_name() -> Cow<'static, str> {
        "HeaderName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "minLength": 1})
    }
}

impl JsonSchema for Ignored {
    fn schema_name() -> Cow<'static, str> {
        "IgnoredPlace".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^/"})
    }
}
