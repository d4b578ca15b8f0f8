//! The schemas of what reads itself: the docs of the keys stand with them.

use super::rules::{Name, Pattern};
use super::source::Source;
use super::url::UrlKind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "VariableName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$"})
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Regex".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "regex"})
    }
}

impl JsonSchema for UrlKind {
    fn schema_name() -> Cow<'static, str> {
        "UrlKind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"enum": UrlKind::all().map(|kind| kind.name).collect::<Vec<_>>()})
    }
}

impl JsonSchema for Source {
    fn schema_name() -> Cow<'static, str> {
        "VariablesFrom".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"const": "pod"}, {"type": "string", "pattern": "^/"}]})
    }
}
