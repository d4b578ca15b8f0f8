//! Reading the keys of a server from a mapping that has the kind's own keys, too.

use super::keys::{ServerKeys, ServerRules, read_hosts, read_socket};
use super::resolve::read_url;
use crate::config::node::{Keys, LenientParse, Node, Problem, Raw, parse_leniently};
use crate::url::SocketPath;
use crate::value::Value;

/// Reads a mapping: the keys of the server, and the kind's own keys into `Own`.
///
/// # Errors
/// Every fault at once, in the order of their places.
pub fn read<Own: Keys>(node: &Node, rules: &ServerRules) -> Result<(ServerKeys, Own), Vec<Problem>> {
    let own_keys = Own::NAMES;
    let Raw::Mapping(entries) = &node.raw else {
        return Err(parse_leniently::<ServerKeys>(node, own_keys).problems);
    };
    let is_own = |key: &Node| key.text().is_some_and(|key| own_keys.contains(&key));
    let (own, server) = entries.iter().cloned().partition(|(key, _)| is_own(key));
    let part = |entries| Node { span: node.span, raw: Raw::Mapping(entries) };
    let LenientParse { value: server, whole, mut problems } = parse_leniently::<ServerKeys>(&part(server), own_keys);
    let own = parse_leniently::<Own>(&part(own), &[]);
    problems.extend(own.problems);
    problems.extend(server.iter().flat_map(|server| faults_of(server, node, rules)));
    Problem::in_order(&mut problems);
    match (server, own.value) {
        (Some(server), Some(own_value)) if whole && own.whole && problems.is_empty() => Ok((server, own_value)),
        _ => Err(problems),
    }
}

/// What is wrong with the keys of a server, seen at load. A key that is there but faulty counts as given. Texts of the
/// file are judged here, what comes from elsewhere at each run.
fn faults_of(keys: &ServerKeys, node: &Node, rules: &ServerRules) -> Vec<Problem> {
    let given = |key: &str| node.get(key).is_some();
    let mut found: Vec<(&str, String)> = Vec::new();
    if let Some(Value::Literal(text)) = &keys.url
        && let Err(blame) = read_url(text.expose(), rules)
    {
        found.push(("url", blame.message));
    }
    let targets = || ["url", "host"].into_iter().chain(rules.own_targets.iter().copied());
    if !targets().chain(["socket"]).any(given) {
        let names: Vec<String> = targets().map(|key| format!("`{key}`")).collect();
        found.push(("", format!("needs {}", names.join(" or "))));
    }
    for (key, value) in [("host", &keys.host), ("socket", &keys.socket)] {
        let Some(Value::Literal(text)) = value else { continue };
        let problem = match key == "socket" || SocketPath::is_meant(text.expose()) {
            true => read_socket(text.expose()).err(),
            false => read_hosts(text.expose(), rules).err(),
        };
        found.extend(problem.map(|problem| (key, problem.0.to_owned())));
    }
    if given("user") && given("username") {
        found.push(("username", "is the same as `user`: keep one of them".to_owned()));
    }
    let place = |path: &str| node.get(path).map_or(node.span, |value| value.span);
    found.into_iter().map(|(path, message)| Problem::new(place(path), path, message)).collect()
}

/// The schema of such a mapping; `url_form` is what its URLs look like.
#[cfg(test)]
pub fn schema<Own: schemars::JsonSchema>(
    generator: &mut schemars::SchemaGenerator,
    url_form: &str,
) -> schemars::Schema {
    let mut schema = <ServerKeys as schemars::JsonSchema>::json_schema(generator);
    let mut own = Own::json_schema(generator);
    let mut part = |key: &str| own.get_mut(key).map(serde_json::Value::take).unwrap_or_default();
    let (properties, required) = (part("properties"), part("required"));
    let of_server = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut).expect("a struct has keys");
    let url = of_server.get_mut("url").and_then(serde_json::Value::as_object_mut).expect("a server has a URL");
    url.insert("description".to_owned(), format!("`{url_form}`; every other key overrides its part of it.").into());
    of_server.extend(properties.as_object().cloned().unwrap_or_default());
    if !required.is_null() {
        schema.insert("required".to_owned(), required);
    }
    schema.remove("description");
    schema
}

/// Another description of one of these keys, where it means more in a kind than in others.
#[cfg(test)]
pub fn describe(schema: &mut schemars::Schema, key: &str, text: impl Into<String>) {
    let keys = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut).expect("a struct has keys");
    let key = keys.get_mut(key).and_then(serde_json::Value::as_object_mut).expect("a server has this key");
    key.insert("description".to_owned(), text.into().into());
}
