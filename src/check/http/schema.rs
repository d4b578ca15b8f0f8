//! The schemas of what reads itself: the docs of the keys stand in `keys`.

use crate::check::http::proxy::ProxyKey;
use crate::check::http::rules::{HeaderRule, HeaderRules, Headers, JsonRules, Name};
use crate::check::http::settings::{Follow, HttpUrl, HttpVersion, Pattern, Size, Statuses, Verb};
use crate::value::Value;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// The schema of a type that is no struct: its name, and what stands for it.
macro_rules! schema {
    ($($type:ty, $name:literal, $generator:ident => $schema:expr;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

fn values_by_name(generator: &mut SchemaGenerator) -> Schema {
    let value = generator.subschema_for::<Value>();
    json_schema!({"type": "object", "additionalProperties": value})
}

const STATUS: &str = "^[1-9][0-9]{2}( *- *[1-9][0-9]{2})?$";

schema! {
    ProxyKey, "Proxy", generator => Value::json_schema(generator);
    HttpUrl, "HttpUrl", generator => Value::json_schema(generator);
    Verb, "Method", _generator => json_schema!({"enum": ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]});
    HttpVersion, "HttpVersion", _generator => json_schema!({"enum": [1.1, 2, "1.1", "2"]});
    Follow, "FollowRedirects", _generator => json_schema!({
        "anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 0, "maximum": 20}]
    });
    Size, "Size", _generator => json_schema!({
        "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^[0-9]+ *(B|Ki|KiB|Mi|MiB)?$"}]
    });
    Statuses, "Statuses", _generator => json_schema!({
        "anyOf": [
            {"type": "integer", "minimum": 100, "maximum": 999},
            {"type": "string", "pattern": STATUS},
            {"type": "array", "minItems": 1, "items": {
                "anyOf": [
                    {"type": "integer", "minimum": 100, "maximum": 999},
                    {"type": "string", "pattern": STATUS}
                ]
            }}
        ]
    });
    Pattern, "Regex", _generator => json_schema!({"type": "string", "format": "regex"});
    Name, "HeaderName", _generator => json_schema!({"type": "string", "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"});
    Headers, "Headers", generator => values_by_name(generator);
    JsonRules, "JsonRules", generator => values_by_name(generator);
    HeaderRule, "HeaderRule", generator => {
        let value = generator.subschema_for::<Value>();
        let pattern = generator.subschema_for::<Pattern>();
        json_schema!({"anyOf": [value, {
            "type": "object", "additionalProperties": false, "required": ["matches"], "properties": {"matches": pattern}
        }]})
    };
    HeaderRules, "HeaderRules", generator => {
        let rule = generator.subschema_for::<HeaderRule>();
        json_schema!({"type": "object", "additionalProperties": rule})
    };
}
