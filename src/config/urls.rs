//! What is made of a URL that stands alone: on the command line, or in a variable.

use std::sync::Arc;

use crate::check::{Check, KINDS, KeyVariable, Kind, Meaning, SCHEMES, meaning};
use crate::config::node::{Node, nearest};
use crate::env::Env;
use crate::value::Value;

/// What is left to do with a URL whose protocol is not spoken.
pub(super) const INSTEAD: &str = "tcp://host:port, or its URL with diagnose";

/// The check of a URL in a variable, and the keys beside it that every client of such a URL takes from other variables.
pub(super) fn in_variable(kind: &Kind, variable: &str, url: &str, env: &dyn Env) -> (Arc<dyn Check>, Vec<KeyVariable>) {
    let beside = (kind.discovery.beside)(url, env);
    let from = |name: &str| Node::mapping(vec![("env", Node::scalar(name))]);
    let keys = std::iter::once(("url", variable)).chain(beside.iter().copied());
    let whole = (!beside.is_empty()).then(|| Node::mapping(keys.map(|(key, name)| (key, from(name))).collect()));
    match whole.and_then(|keys| (kind.parse)(&keys).ok()) {
        Some(check) => (check, beside),
        None => ((kind.from_url)(Value::Env(variable.to_owned())), Vec::new()),
    }
}

/// The kind that reads the text of this variable, where its scheme does not tell: a text which is no URL, in a form of the
/// kind's own, or a URL with a scheme that means the kind by the variable's name.
pub(super) fn reader_of(variable: &str, text: &str) -> Option<&'static Kind> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let has = |name: &str| variable.split('_').any(|word| word.eq_ignore_ascii_case(name));
    let is_named = |kind: &Kind| kind.discovery.usual_variables.iter().any(|usual| usual.split('_').take(1).any(has));
    let borrows = |kind: &Kind| kind.discovery.borrowed_schemes.contains(&scheme) && is_named(kind);
    KINDS.iter().find(|kind| (kind.discovery.reads)(variable, text) || borrows(kind))
}

/// What a text may be that only a check of a kind makes clear: the kind's words for it, and that check.
pub(super) fn perhaps(variable: &str, text: &str) -> Option<String> {
    KINDS.iter().find_map(|kind| {
        let what = (kind.discovery.perhaps)(text)?;
        Some(format!("{what}: write `{}: {{url: {{env: {variable}}}}}`", kind.name))
    })
}

/// The schemes of all kinds.
pub(super) fn spoken() -> Vec<&'static str> {
    KINDS.iter().flat_map(|kind| kind.schemes).map(|scheme| scheme.name).collect()
}

/// What to write in place of an unknown scheme. The scheme itself may be a piece of a secret: only right words are shown.
pub(super) fn advice(scheme: &str) -> String {
    if let Some(text) = on_socket(scheme) {
        return text;
    }
    let known = spoken();
    let meant = nearest(scheme, &known).map(|right| format!(", did you mean {right}://?")).unwrap_or_default();
    format!("unknown scheme{meant} (known: {})", known.join(", "))
}

/// What to write in place of a scheme that a kind has not, and that means its server on a Unix socket: `amqp+unix`.
pub(super) fn on_socket(scheme: &str) -> Option<String> {
    let (stem, _) = scheme.rsplit_once('+').filter(|(_, end)| matches!(*end, "unix" | "socket"))?;
    let stem = SCHEMES.get(stem).filter(|_| SCHEMES.get(scheme).is_none())?.name;
    let Meaning::Kind(kind) = meaning(stem) else { return None };
    let right = format!("{stem}://user:password@%2Frun%2FNAME.sock");
    Some(match (kind.target_fault)(&right) {
        None => format!("unknown scheme: write the socket's path percent-encoded in place of the host ({right})"),
        Some(_) => format!("unknown scheme: the URL of a {} check cannot name a Unix socket", kind.name),
    })
}

/// What to write in place of a URL that one driver alone reads, where a kind has the server.
pub(super) fn instead_of_driver(scheme: &str, name: &str) -> Option<String> {
    let kind = KINDS.iter().find(|kind| kind.name == name)?;
    // Of JDBC's forms a kind may read those with a login.
    let by_parameters = (kind.discovery.reads)("", &format!("{scheme}://host/database?user=u"));
    let what = if by_parameters {
        "JDBC takes the login from parameters: write ?user=…&password=… after the database, or"
    } else {
        "the URL has a form that one driver alone reads: write"
    };
    Some(format!("{what} {}", kind.url_form))
}
