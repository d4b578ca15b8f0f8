//! The URL schemes that pilotfish knows, and what each means in this version.

use crate::check::{KINDS, Kind, kind_of_scheme};
use crate::config::node::nearest;

/// Schemes of databases, caches, brokers and mail: what discovery may dial, with the name of the kind.
const SERVERS: &[(&str, &str)] = &[
    ("postgres", "postgres"),
    ("postgresql", "postgres"),
    ("redis", "redis"),
    ("rediss", "redis"),
    ("valkey", "redis"),
    ("valkeys", "redis"),
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
    ("amqp", "amqp"),
    ("amqps", "amqp"),
    ("mongodb", "mongodb"),
    ("mongodb+srv", "mongodb"),
    ("nats", "nats"),
    ("smtp", "smtp"),
    ("smtps", "smtp"),
];

/// Other schemes of the contract that this version has no kind for.
const OTHERS: &[(&str, &str)] = &[
    ("grpc", "grpc"),
    ("grpcs", "grpc"),
    ("ws", "websocket"),
    ("wss", "websocket"),
    ("kafka", "kafka"),
    ("mqtt", "mqtt"),
    ("mqtts", "mqtt"),
    ("icmp", "icmp"),
    ("unix", "unix"),
    ("file", "file"),
    ("dapr", "dapr"),
];

/// What a scheme means.
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// A kind that can be run.
    Kind(&'static Kind),
    /// A kind of the contract that this version does not have, by its name.
    Later(&'static str),
    /// Nothing that we know.
    Unknown,
}

/// What a scheme means; capitals do not matter.
pub(super) fn meaning(scheme: &str) -> Meaning {
    let scheme = scheme.to_ascii_lowercase();
    if let Some(kind) = kind_of_scheme(&scheme) {
        return Meaning::Kind(kind);
    }
    let later = SERVERS.iter().chain(OTHERS).find(|(name, _)| *name == scheme);
    later.map_or(Meaning::Unknown, |(_, kind)| Meaning::Later(kind))
}

/// What is left to do with a URL whose protocol is not spoken.
pub(super) const PORT: &str = "tcp://host:port, or its URL with diagnose";

/// Why a kind of the contract cannot be had, and what to do `instead`.
pub(super) fn lacking(kind: &str, instead: &str) -> String {
    match kind {
        "file" | "unix" | "icmp" | "jwks" | "same_secret" | "parity" => {
            format!("this version has no {kind} check: leave it out")
        }
        _ => format!("this version has no {kind} check: probe its port with {instead}"),
    }
}

/// The kind's name, where the scheme is one that discovery may dial.
pub(super) fn server(scheme: &str) -> Option<&'static str> {
    let scheme = scheme.to_ascii_lowercase();
    SERVERS.iter().find(|(name, _)| *name == scheme).map(|(_, kind)| *kind)
}

/// The schemes that can be probed, as a list for people.
pub(super) fn known() -> Vec<&'static str> {
    KINDS.iter().flat_map(|kind| kind.schemes).copied().collect()
}

/// What to write in place of an unknown scheme. The scheme itself may be a piece of a secret: only right words are shown.
pub(super) fn advice(scheme: &str) -> String {
    let schemes = known();
    let meant = nearest(scheme, &schemes).map(|right| format!(", did you mean {right}://?")).unwrap_or_default();
    format!("unknown scheme{meant} (known: {})", schemes.join(", "))
}
