//! The schemas of what reads itself: the docs of the keys stand with them.

use super::keys::{Header, Ignored, OwnKeys, Path};
use crate::check::http::keys::HttpKeys;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// Asks two deployments the same, with GET, and compares their answers.
#[derive(JsonSchema)]
#[schemars(rename = "parity", extend("additionalProperties" = false))]
#[expect(dead_code, reason = "it stands for the schema; the keys are read in two parts")]
pub(super) struct ParitySchema {
    /// The first deployment: its URL, or keys of `http` that say how it is asked: `url`, `socket`, `headers`, `http_version`, `proxy`,
    /// `tls`, `basic_auth`, `bearer_token`.
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
        let value = generator.subschema_for::<crate::value::Value>();
        let keys = generator.subschema_for::<HttpKeys>();
        json_schema!({"anyOf": [value, keys]})
    }
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
