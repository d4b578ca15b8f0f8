//! `memcached`: the version of every server, after a login with the pod's own credentials where the server asks for one.
//!
//! Nothing is read or written. The login of the text protocol is a `set`, which a server without logins would store: so it is
//! sent only to a server that has asked for it. Clients spread their keys over all servers of a list, so each is visited.

mod client;
mod discovery;
mod errors;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod run;

use std::sync::Arc;

use crate::check::server_keys::ServerKeys;
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, Kind, Parsed, Prepared, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::outcome::{AUTH_METHOD, SERVER_VERSION};
use crate::value::Value;

use keys::{MemcachedKeys, RULES};

/// The form of its URLs.
const URL_FORM: &str = "memcached://user:password@host:11211,host:11211";

/// The kind.
pub const KIND: Kind = Kind {
    name: "memcached",
    summary: "asks every memcached server of a list for its version, after a login where the server asks for one",
    example: "{servers: [\"cache-0:11211\", \"cache-1:11211\"], user: app, password: {file: /etc/secrets/memcached}}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["auth", "host", "port", "server_name", "servers", "socket", "user", "username", "verify"],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: discovery::RULE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| {
        Arc::new(Memcached { keys: MemcachedKeys { server: ServerKeys::of_url(url), ..MemcachedKeys::default() } })
    },
    facts: &[SERVER_VERSION, AUTH_METHOD],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| keys::schema(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Memcached {
    keys: MemcachedKeys,
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Memcached { keys: MemcachedKeys::read(node)? }))
}

impl Check for Memcached {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        Prepared::new(
            destination.as_ref().map_or_else(|fault| self.keys.blamed_origin(fault), |to| to.server.target(None)),
            destination.as_ref().map(|to| to.server.endpoints()).unwrap_or_default(),
            self.keys.named().flat_map(|(key, value)| Reading::all(key, value, env)).collect(),
            destination.and_then(|destination| self.keys.settings(destination, env)),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}
