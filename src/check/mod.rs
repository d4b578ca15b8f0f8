//! What a check is, and the registry of kinds: one protocol, one file, two adjacent lines here.

pub mod address;
pub mod ado;
pub mod amqp;
pub mod announced;
pub mod connection;
pub mod dapr;
pub mod days;
mod dialect;
mod dialogue;
pub mod dns;
pub mod early_end;
pub mod env;
mod expression;
pub mod file;
pub mod grpc;
pub mod http;
pub mod icmp;
pub(crate) mod jwk;
pub mod jwks;
pub mod kafka;
mod kind;
pub mod ldap;
pub mod listen;
pub mod login;
pub mod mail;
pub mod mcp;
pub mod memcached;
pub mod mongodb;
pub mod mqtt;
pub mod mysql;
pub mod nats;
pub mod oidc;
pub mod parity;
pub mod parts;
mod payload;
pub mod peer;
pub mod place;
pub mod postgres;
mod provider;
pub mod reader;
pub mod redis;
pub mod same_secret;
mod schemes;
pub mod scram;
pub mod server_keys;
pub mod several;
pub(crate) mod slip;
pub mod smtp;
pub mod tcp;
pub mod texts;
pub mod tls;
pub mod tls_keys;
pub mod tls_mode;
pub mod token;
pub mod warning;
pub mod websocket;
pub(crate) mod words;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::config::node::Problem;
use crate::env::Env;
use crate::findings::Reading;
use crate::net::attempt::Attempt;
use crate::outcome::Fault;
use crate::proof::Held;
use crate::url::{Endpoint, shown};
use crate::value::Value;

pub use dialect::{bare_address, dialect, keys_for, not_read};
pub(crate) use kind::no_hint;
pub use kind::{
    ByParts, Care, DiscoveryRule, HintFn, KeyVariable, Kind, ParseFn, ShownKeys, StartTls, Subject, fault_of_url,
    literal,
};
pub use schemes::{Meaning, SCHEMES, blame_scheme, meaning};

/// What a run gives back: boxed, so that checks can be kept as trait objects.
pub type Run<'a> = Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>>;

/// One configured check.
pub trait Check: Send + Sync {
    /// Resolves every value: what one run shows, dials and judges is made from this alone.
    fn prepare(&self, env: &dyn Env) -> Prepared;

    /// Whether it only looks at this pod itself and dials nothing at all, so that it may gate `live`.
    fn stays_in_pod(&self) -> bool {
        false
    }

    /// Every value it reads at a run: a changed file among them ends a back-off.
    fn values(&self) -> Vec<&Value>;

    /// The secret that it proves to others, and that others may ask to be proved.
    fn holds(&self) -> Option<Held> {
        None
    }

    /// What its user should know of its keys: each with the key, and what it does beyond asking.
    fn warnings(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// From run to run while it is up, at least, where it sets no `interval`: what it does beyond its kind's usual work.
    fn calm_interval(&self) -> Duration {
        Duration::ZERO
    }

    /// Why it ends before its protocol, where it does: what was reached then is the connection, and no more.
    fn stops_short(&self) -> Option<&str> {
        None
    }
}

/// A check whose values are resolved: it reads top to bottom like a script, connect, start TLS, log in, ask.
pub trait Runnable: Send + Sync {
    /// One run. Facts go to `attempt.facts()`, also before a failure.
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a>;
}

/// A check with the values that it has now.
#[derive(Clone)]
pub struct Prepared {
    /// What it dials, redacted, as text for people. Where its values cannot be resolved: where they come from.
    pub target: String,
    /// What it dials, as far as its values could be resolved; empty where it dials nothing.
    pub endpoints: Vec<Endpoint>,
    /// What it reads, as far as that could be resolved, each with the key that takes it where that tells what it is.
    pub readings: Vec<Reading>,
    /// What to run, or why its values cannot be used.
    pub run: Result<Arc<dyn Runnable>, Fault>,
}

impl Prepared {
    /// A check with this run, or with what is wrong with its values.
    #[must_use]
    pub fn new<R: Runnable + 'static>(
        target: String,
        endpoints: Vec<Endpoint>,
        readings: Vec<Reading>,
        run: Result<R, Fault>,
    ) -> Self {
        Self { target: shown(target), endpoints, readings, run: run.map(|run| Arc::new(run) as Arc<dyn Runnable>) }
    }
}

/// The readings of values whose keys tell nothing about them.
#[must_use]
pub fn readings(values: &[&Value], env: &dyn Env) -> Vec<Reading> {
    values.iter().flat_map(|value| Reading::all("", value, env)).collect()
}

/// The same where one of the values is a secret that two sides share.
pub(crate) fn readings_with_secret(values: &[&Value], secret: Option<&Value>, env: &dyn Env) -> Vec<Reading> {
    let is_secret = |value: &Value| secret.is_some_and(|secret| std::ptr::eq(secret, value));
    let key = |value: &Value| if is_secret(value) { Reading::SECRET } else { "" };
    values.iter().flat_map(|value| Reading::all(key(value), value, env)).collect()
}

/// A check, or all that is wrong with its configuration.
pub type Parsed = Result<Arc<dyn Check>, Vec<Problem>>;

/// Every kind, in the order of the docs.
pub const KINDS: &[Kind] = &[
    tcp::KIND,
    tls::KIND,
    http::KIND,
    peer::KIND,
    parity::KIND,
    dns::KIND,
    postgres::KIND,
    mysql::KIND,
    mongodb::KIND,
    redis::KIND,
    memcached::KIND,
    amqp::KIND,
    nats::KIND,
    kafka::KIND,
    smtp::KIND,
    grpc::KIND,
    websocket::KIND,
    mcp::KIND,
    ldap::KIND,
    mqtt::KIND,
    listen::KIND,
    env::KIND,
    file::KIND,
    icmp::KIND,
    dapr::KIND,
    same_secret::KIND,
    jwks::KIND,
    token::KIND,
    oidc::KIND,
];

/// Whether these first bytes are of a server that counts connections which end before their login.
#[must_use]
pub fn counts_unfinished(head: &[u8]) -> bool {
    KINDS.iter().filter_map(|kind| kind.counts_unfinished).any(|is_one| is_one(head))
}

/// Whether such a server is usual on this port.
#[must_use]
pub fn usually_counts_unfinished(port: u16) -> bool {
    let counting = KINDS.iter().filter(|kind| kind.counts_unfinished.is_some());
    counting.flat_map(|kind| kind.schemes).any(|scheme| scheme.default_port == Some(port))
}

/// The kind with this name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::KINDS;

    /// Facts that several kinds share: a kind's own has another name.
    const SHARED: &[&str] = &[
        "first_byte_seconds",
        "http_version",
        "status_code",
        "redirects",
        "body_bytes",
        "tls_version",
        "tls_cipher",
        "tls_alpn",
        "tls_verified",
        "certificates",
        "peer_date",
        "location",
        "health",
        "health_warning",
        "health_unread",
        "passed_over",
        "note",
        "excerpt",
    ];

    #[test]
    fn facts_of_a_kind_have_names_of_their_own_and_say_what_they_mean() {
        for kind in KINDS {
            for (index, fact) in kind.facts.iter().enumerate() {
                assert!(!SHARED.contains(&fact.name), "{}: {} is a fact that kinds share", kind.name, fact.name);
                let twice = kind.facts[..index].iter().any(|other| other.name == fact.name);
                assert!(!twice && !fact.meaning.is_empty(), "{}: {}", kind.name, fact.name);
            }
        }
    }
}
