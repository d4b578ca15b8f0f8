//! `redis`: a fresh login with the pod's own credentials, then PING. For Redis, Valkey and servers that speak their protocol.
//!
//! Each run sends at most one AUTH to a server, and reads or writes no value. If the server answers PING with an error that
//! only a logged-in user gets, the check passes, degraded, unless it requires a primary.

mod client;
mod cluster;
mod database;
mod errors;
mod fault;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod identity;
mod keys;
mod parameters;
mod role;
mod run;
mod sentinel;
mod sentinel_keys;
mod session;

use std::sync::Arc;

use crate::check::announced::Turn;
use crate::check::parts::{self, Parts};
use crate::check::server_keys::{ServerKeys, unfit_socket};
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{
    ByParts, Care, Check, DiscoveryRule, Kind, ParseFn, Parsed, Prepared, ShownKeys, Subject, fault_of_url,
};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::outcome::{AUTH_METHOD, Fault, ROLE, SERVER_VERSION};
use crate::secret::Secret;
use crate::value::Value;

use keys::{BORROWED, Destination, RULES, RedisKeys, SCHEMES};
use run::RedisRun;
use sentinel::PRIMARY;

/// The form of its URLs.
const URL_FORM: &str = "redis://user:password@host:6379/0";

/// The variables by which most apps know their Redis.
const WAYS: &[Parts] = &[
    Parts {
        first: ("host", "REDIS_HOST"),
        others: &[
            ("port", &["REDIS_PORT"]),
            ("username", &["REDIS_USERNAME", "REDIS_USER"]),
            ("password", &["REDIS_PASSWORD", "REDIS_PASS"]),
            ("db", &["REDIS_DB", "REDIS_DATABASE"]),
        ],
        needed: &[],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("host", "VALKEY_HOST"),
        others: &[("port", &["VALKEY_PORT"]), ("password", &["VALKEY_PASSWORD"])],
        needed: &[],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("host", "SPRING_DATA_REDIS_HOST"),
        others: &[
            ("port", &["SPRING_DATA_REDIS_PORT"]),
            ("username", &["SPRING_DATA_REDIS_USERNAME"]),
            ("password", &["SPRING_DATA_REDIS_PASSWORD"]),
            ("db", &["SPRING_DATA_REDIS_DATABASE"]),
        ],
        needed: &[],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("host", "SPRING_REDIS_HOST"),
        others: &[
            ("port", &["SPRING_REDIS_PORT"]),
            ("username", &["SPRING_REDIS_USERNAME"]),
            ("password", &["SPRING_REDIS_PASSWORD"]),
            ("db", &["SPRING_REDIS_DATABASE"]),
        ],
        needed: &[],
        means: Parts::OF_KIND,
    },
    Parts { first: ("socket", "REDIS_SOCKET"), others: &[], needed: &[], means: Parts::OF_KIND },
    Parts { first: ("socket", "REDIS_UNIX_SOCKET"), others: &[], needed: &[], means: Parts::OF_KIND },
];
/// How apps ask for TLS beside these.
const TLS: &[&str] = &[
    "REDIS_TLS",
    "REDIS_SSL",
    "REDIS_SCHEME",
    "SPRING_DATA_REDIS_SSL_ENABLED",
    "SPRING_DATA_REDIS_SSL",
    "SPRING_REDIS_SSL",
];

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let found = parts::find(WAYS, env, parse)?;
    match parts::asks_tls(env, TLS) {
        true => {
            Some(ByParts { found: Err("a variable beside it asks for TLS: write a check with `tls: {}`"), ..found })
        }
        false => Some(found),
    }
}

/// The kind.
pub const KIND: Kind = Kind {
    name: "redis",
    summary: "logs in to Redis or Valkey with the pod's own credentials, then sends PING",
    example: "{url: {env: REDIS_URL}, password: {file: /etc/secrets/redis}}",
    url_form: URL_FORM,
    schemes: SCHEMES,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &[
            "addresses",
            "cluster",
            "database",
            "db",
            "host",
            "master",
            "port",
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
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule {
        usual_variables: &["REDIS_URL", "VALKEY_URL"],
        borrowed_schemes: &[BORROWED],
        unfit: |url, _| unfit_socket(url, &RULES),
        by_parts,
        ..DiscoveryRule::NONE
    },
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Redis::new(RedisKeys { server: ServerKeys::of_url(url), ..RedisKeys::default() })),
    facts: &[SERVER_VERSION, AUTH_METHOD, ROLE, PRIMARY],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| keys::schema(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Redis {
    keys: RedisKeys,
    /// Whose turn it is of the nodes of a cluster.
    turn: Arc<Turn>,
}

impl Redis {
    fn new(keys: RedisKeys) -> Self {
        Self { keys, turn: Arc::default() }
    }

    fn resolve(&self, destination: Destination, env: &dyn Env) -> Result<RedisRun, Fault> {
        let (password, tls) = (self.keys.password(&destination, env)?, self.keys.tls(&destination));
        let server = &destination.server;
        let hidden_user = server.user.clone().filter(|_| server.shown_user().is_none()).map(Secret::new);
        Ok(RedisRun {
            destination,
            password,
            hidden_user,
            tls,
            wants_sentinel: self.keys.wants_sentinel(),
            role: self.keys.role(env)?,
            key: self.keys.key_exists(env)?,
            sentinel: self.keys.sentinel(env)?,
            turn: (self.keys.own.cluster == Some(true)).then(|| Arc::clone(&self.turn)),
        })
    }
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Redis::new(RedisKeys::read(node)?)))
}

impl Check for Redis {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        let readings = self.keys.named().flat_map(|(key, value)| Reading::all(key, value, env)).collect();
        Prepared::new(
            destination.as_ref().map_or_else(|fault| self.keys.blamed_origin(fault), Destination::target),
            destination.as_ref().map(|destination| destination.server.endpoints()).unwrap_or_default(),
            readings,
            destination.and_then(|destination| self.resolve(destination, env)),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}
