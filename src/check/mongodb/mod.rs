//! `mongodb`: a fresh login with the pod's own credentials, the role of the server, and the members of its replica set, which
//! clients must reach. For MongoDB and servers that speak its protocol.
//!
//! Each run logs in once, at one server. The other members get a hello and no login.

mod code;
mod discovery;
mod errors;
mod facts;
mod fault;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hello;
mod hint;
mod keys;
mod link;
mod login;
mod members;
mod parameters;
mod role;
mod run;
mod srv;
mod url;
mod wire;
mod words;

use std::sync::Arc;

use crate::check::announced::Turn;
use crate::check::server_keys::ServerKeys;
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, Kind, Parsed, Prepared, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::outcome::{AUTH_METHOD, SERVER_VERSION};
use crate::value::Value;

use facts::{REPLICA_SET, SERVER_STATE};
use keys::{Destination, MongodbKeys, RULES};
use run::MongodbRun;

/// The form of its URLs.
const URL_FORM: &str = "mongodb://user:password@host:27017/database";
/// The kind.
pub const KIND: Kind = Kind {
    name: "mongodb",
    summary: "logs in to MongoDB with the pod's own credentials, and checks that the pod reaches its replica set",
    example: "{url: {env: MONGODB_URI}, password: {file: /etc/secrets/mongodb}, auth_source: admin, replica_set: rs0}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &[
            "auth_mechanism",
            "auth_source",
            "cleartext",
            "database",
            "direct_connection",
            "host",
            "min_scram_iterations",
            "port",
            "replica_set",
            "role",
            "server_name",
            "socket",
            "user",
            "username",
            "verify",
        ],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames { ca_in_url: Some("tlsCAFile"), ..TlsKeyNames::BLOCK },
    discovery: discovery::RULE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Mongodb::new(MongodbKeys { server: ServerKeys::of_url(url), ..MongodbKeys::default() })),
    facts: &[SERVER_VERSION, AUTH_METHOD, SERVER_STATE, REPLICA_SET],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| keys::schema(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Mongodb {
    keys: MongodbKeys,
    /// Whose turn it is of the members of a replica set.
    turn: Arc<Turn>,
}

impl Mongodb {
    fn new(keys: MongodbKeys) -> Self {
        Self { keys, turn: Arc::default() }
    }
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Mongodb::new(MongodbKeys::read(node)?)))
}

impl Check for Mongodb {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        let named = self.keys.server.named().chain(self.keys.own.database.iter().map(|value| ("database", value)));
        let run = destination.as_ref().map(drop).map_err(Clone::clone).and_then(|()| self.keys.settings(env));
        Prepared::new(
            destination.as_ref().map_or_else(|fault| self.keys.server.blamed_origin(fault), Destination::target),
            destination.as_ref().map(Destination::endpoints).unwrap_or_default(),
            named.flat_map(|(key, value)| Reading::all(key, value, env)).collect(),
            run.map(|settings| MongodbRun { settings, turn: Arc::clone(&self.turn) }),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}
