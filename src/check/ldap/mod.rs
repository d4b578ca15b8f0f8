//! `ldap`: TLS as asked for, a simple bind with the pod's own credentials or an anonymous one, whether one entry exists, and
//! an unbind.
//!
//! A DN with an empty password is never sent: directories accept such a login as an anonymous one, so it would prove
//! nothing. TLS, once asked for, is never given up. A rejected credential is reported as one that must not be sent again soon,
//! because directories lock accounts.

mod answers;
mod client;
mod discovery;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod message;
mod run;
mod start_tls;

use std::sync::Arc;

use crate::check::server_keys::ServerKeys;
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, Kind, Parsed, Prepared, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::outcome::AUTH_METHOD;
use crate::value::Value;

use keys::LdapKeys;
use run::LdapRun;

/// The form of its URLs.
const URL_FORM: &str = "ldap://host:389/dc=example,dc=org";

/// The kind.
pub const KIND: Kind = Kind {
    name: "ldap",
    summary: "logs in to a directory (OpenLDAP, Active Directory) with the pod's own credentials, then looks for an entry",
    example: "{url: \"ldap://directory:389\", tls: starttls, user: \"cn=app,dc=example,dc=org\", password: {file: \
              /etc/secrets/ldap}, base: \"ou=people,dc=example,dc=org\"}",
    url_form: URL_FORM,
    schemes: keys::RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["base", "host", "mode", "port", "server_name", "socket", "tls", "user", "username", "verify"],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: discovery::RULE,
    counts_unfinished: None,
    start_tls: Some(|| Box::new(start_tls::TlsOnly)),
    care: Care { accounts_lock: true, ..Care::USUAL },
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Ldap { keys: LdapKeys { server: ServerKeys::of_url(url), ..LdapKeys::default() } }),
    facts: &[AUTH_METHOD],
    hint: hint::hint,
    #[cfg(test)]
    schema: |generator| keys::schema(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Ldap {
    keys: LdapKeys,
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Ldap { keys: LdapKeys::read(node)? }))
}

impl Check for Ldap {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        let origin = |fault| crate::check::server_keys::origin_of(fault, self.keys.named());
        Prepared::new(
            destination.as_ref().map_or_else(origin, keys::Destination::target),
            destination.as_ref().map(|destination| destination.server.endpoints()).unwrap_or_default(),
            self.keys.named().flat_map(|(key, value)| Reading::all(key, value, env)).collect(),
            destination.and_then(|destination| {
                let login = destination.login.clone()?;
                Ok(LdapRun { login, tls: self.keys.tls(), destination })
            }),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}
