//! What daprd says: why it is not ready, and which components it has loaded.

use serde::Deserialize;

use crate::check::http::json;
use crate::outcome::clean_text;

/// The codes of these answers (`pkg/messages/errorcodes`).
const NOT_READY: [&str; 2] = ["ERR_HEALTH_NOT_READY", "ERR_OUTBOUND_HEALTH_NOT_READY"];
/// How many names are read, and how long each is shown.
const MOST: usize = 32;
const LONGEST: usize = 64;

/// The error of daprd.
#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "errorCode")]
    code: String,
    #[serde(default)]
    message: String,
}

/// The metadata of daprd, as far as it counts.
#[derive(Deserialize)]
struct Metadata {
    id: String,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    name: String,
}

/// Why daprd is not ready.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotReady {
    /// It is about the outbound side alone.
    pub(super) outbound: bool,
    /// The parts of daprd that are not ready, as it names them: `component-reconciler`. Older versions name none.
    pub(super) parts: Vec<String>,
}

impl NotReady {
    /// Reads the body of an answer.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let wire: Wire = json::read(body)?;
        let at = NOT_READY.iter().position(|code| *code == wire.code)?;
        let outbound = at == 1 || wire.message.contains("outbound");
        let named = wire.message.split_once("not ready:").map_or("", |(_, named)| named);
        let parts = named.split(|c: char| matches!(c, '[' | ']' | ',') || c.is_whitespace());
        Some(Self { outbound, parts: names(parts.filter(|part| !part.is_empty())) })
    }

    /// Whether one of the parts is what loads components.
    pub(super) fn names_components(&self) -> bool {
        self.parts.iter().any(|part| part.contains("component"))
    }
}

/// The names of the components that are loaded, in the order of their names.
pub(super) fn components(body: &[u8]) -> Option<Vec<String>> {
    let metadata: Metadata = json::read(body)?;
    let mut all = names(metadata.components.iter().map(|component| component.name.as_str()));
    crate::order::sort_by(&mut all, Ord::cmp);
    Some(all).filter(|_| !metadata.id.is_empty())
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<String> {
    all.take(MOST).map(|name| clean_text(name, LONGEST)).collect()
}

#[cfg(test)]
mod tests {
    use super::{NotReady, components};

    #[test]
    fn the_parts_that_are_not_ready_are_named() {
        for (body, expected) in [
            (r#"{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready"}"#, Some((false, ""))),
            (
                r#"{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready: [component-reconciler grpc-api-server]","details":[]}"#,
                Some((false, "component-reconciler grpc-api-server")),
            ),
            (r#"{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready: a, b"}"#, Some((false, "a b"))),
            (r#"{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready: []"}"#, Some((false, ""))),
            (
                r#"{"errorCode":"ERR_OUTBOUND_HEALTH_NOT_READY","message":"dapr outbound is not ready"}"#,
                Some((true, "")),
            ),
            (r#"{"errorCode":"ERR_HEALTH_APPID_NOT_MATCH","message":"x"}"#, None),
            (r#"{"status":"down"}"#, None),
            ("oops", None),
            ("", None),
        ] {
            let found = NotReady::read(body.as_bytes()).map(|why| (why.outbound, why.parts.join(" ")));
            assert_eq!(found.as_ref().map(|(outbound, parts)| (*outbound, parts.as_str())), expected, "{body}");
        }
        let many = format!(r#"{{"errorCode":"ERR_HEALTH_NOT_READY","message":"not ready: {}"}}"#, "x ".repeat(1000));
        assert_eq!(NotReady::read(many.as_bytes()).map(|why| why.parts.len()), Some(32));
    }

    #[test]
    fn the_loaded_components_are_those_of_the_metadata() {
        let body = r#"{"id":"app","runtimeVersion":"1.16.1","components":[{"name":"statestore","type":"state.redis",
            "version":"v1","capabilities":[]},{"name":"pubsub","type":"pubsub.kafka"}],"actorRuntime":{"hostReady":true}}"#;
        assert_eq!(components(body.as_bytes()), Some(vec!["pubsub".to_owned(), "statestore".to_owned()]));
        assert_eq!(components(br#"{"id":"app"}"#), Some(Vec::new()));
        for body in ["", "[]", "{}", r#"{"id":""}"#, r#"{"id":"a","components":[1]}"#] {
            assert_eq!(components(body.as_bytes()), None, "{body}");
        }
    }
}
