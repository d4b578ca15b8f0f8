//! The JSON Schema of the configuration, for editors and charts: made from the types that read it.

use crate::packed;

/// The schema as the repository keeps it, in a tenth of its size; a test compares it with the code.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/config.schema.json.zlib"));

/// The schema as JSON over several lines, as the repository keeps it.
pub fn schema() -> String {
    packed::text(PACKED)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use schemars::generate::SchemaSettings;
    use schemars::{JsonSchema as _, SchemaGenerator};
    use serde_json::{Map, Value as Json, json};

    use super::schema;
    use crate::check::KINDS;
    use crate::config::keys::{Common, Outer};
    use crate::env::{Env as _, ProcessEnv};

    /// Says that the file is to be written instead of compared.
    const WRITE: &str = "PILOTFISH_WRITE_SCHEMA";

    fn properties(schema: schemars::Schema) -> Map<String, Json> {
        let mut schema = schema.to_value();
        let properties = schema.get_mut("properties").and_then(Json::as_object_mut).map(std::mem::take);
        properties.expect("a struct has properties")
    }

    /// A check: the common keys and exactly one kind.
    fn check(generator: &mut SchemaGenerator) -> Json {
        let mut keys = properties(Common::json_schema(generator));
        for kind in KINDS {
            let schema = (kind.schema)(generator).to_value();
            keys.insert(kind.name.to_owned(), json!({"description": kind.summary, "allOf": [schema]}));
        }
        let one_kind: Vec<Json> = KINDS.iter().map(|kind| json!({"required": [kind.name]})).collect();
        json!({
            "type": "object",
            "description": "One check: a name, exactly one kind, and the keys that control how it runs.",
            "additionalProperties": false,
            "required": ["name"],
            "oneOf": one_kind,
            "properties": keys,
        })
    }

    fn generated() -> String {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        let mut keys = properties(Outer::json_schema(&mut generator));
        let check = check(&mut generator);
        keys.insert("checks".to_owned(), json!({"type": "array", "minItems": 1, "items": check}));
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "pilotfish",
            "description": "The configuration of pilotfish.",
            "type": "object",
            "additionalProperties": false,
            "required": ["checks"],
            "properties": keys,
            "$defs": generator.take_definitions(true),
        });
        serde_json::to_string_pretty(&schema).expect("JSON can be written") + "\n"
    }

    #[test]
    fn it_is_given_as_it_is_kept() {
        assert_eq!(schema(), include_str!("../../config.schema.json"));
    }

    #[test]
    fn the_kept_schema_is_that_of_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.schema.json");
        let generated = generated();
        if ProcessEnv.var(WRITE).is_some() {
            std::fs::write(&path, &generated).expect("the schema can be written");
        } else {
            assert!(generated == schema(), "config.schema.json differs from the code: run make schema");
        }
    }
}
