//! `nats`: a fresh login with the pod's own credentials, then PING. Nothing is subscribed to, and nothing is published.
//!
//! The server speaks first and says whether it wants TLS. Its cluster announces the addresses of its servers to clients:
//! this pod connects to them, too, without a login.

mod credential;
mod discovery;
mod errors;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod info;
mod keys;
mod nkey;
mod run;
mod servers;
mod session;

use std::sync::Arc;

use crate::check::announced::Turn;
use crate::check::server_keys::{Server, ServerKeys};
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, Kind, Parsed, Prepared, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::outcome::{AUTH_METHOD, SERVER_VERSION};
use crate::value::Value;

use keys::{NatsKeys, RULES};
use run::NatsRun;

/// The form of its URLs.
const URL_FORM: &str = "nats://user:password@host:4222";

/// The keys whose values are paths, or the text of such a file.
const PATHS: &[&str] = &[PEM_KEYS[0], PEM_KEYS[1], PEM_KEYS[2], "creds"];

/// The kind.
pub const KIND: Kind = Kind {
    name: "nats",
    summary: "logs in to NATS with the pod's own credentials, then sends PING",
    example: "{url: {env: NATS_URL}, creds: /etc/secrets/app.creds}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["cluster", "host", "port", "server_name", "socket", "tls_first", "user", "username", "verify"],
        urls: &["url"],
        paths: PATHS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: discovery::RULE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Nats::new(NatsKeys { server: ServerKeys::of_url(url), ..NatsKeys::default() })),
    facts: &[SERVER_VERSION, AUTH_METHOD],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| keys::schema(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Nats {
    keys: NatsKeys,
    /// Whose turn it is of the servers that the cluster announces.
    turn: Arc<Turn>,
}

impl Nats {
    fn new(keys: NatsKeys) -> Self {
        Self { keys, turn: Arc::default() }
    }
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Nats::new(NatsKeys::read(node)?)))
}

impl Check for Nats {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let server = self.keys.server(env);
        Prepared::new(
            server.as_ref().map_or_else(|fault| self.keys.blamed_origin(fault), |server| server.target(None)),
            server.as_ref().map(Server::endpoints).unwrap_or_default(),
            self.keys.readings(env),
            server.and_then(|server| {
                let settings = self.keys.settings(server, env)?;
                Ok(NatsRun { settings, turn: Arc::clone(&self.turn) })
            }),
        )
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}
