//! What a rule may know of the check, beside the evidence.

use crate::env::Env;
use crate::findings::proxy_variables::ProxyVariables;
use crate::findings::public_url::PublicUrl;
use crate::findings::tls_key_names::TlsKeyNames;
use crate::outcome::{Evidence, Fault, Phase};
use crate::scheme::Schemes;
use crate::secret::Secret;
use crate::url::{Endpoint, Host, LONGEST};
use crate::value::Value;

/// What else a rule may know of the check.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// How keys about TLS are written in checks of this kind.
    pub tls_keys: TlsKeyNames,
    /// Every URL scheme that is known.
    pub schemes: Schemes,
    /// The family of connection strings that checks of this kind read; see `findings::Family`.
    pub family: Option<&'a str>,
    /// Whether it asks a server that apps log in to, such as a database: such a server has its own settings for addresses.
    pub is_server: bool,
    /// What it dials, as far as that could be resolved.
    pub endpoints: &'a [Endpoint],
    /// What it reads, as far as that could be resolved.
    pub readings: &'a [Reading],
    /// The runtimes to judge for, as `clients` names them; see [`RUNTIMES`](crate::findings::RUNTIMES).
    pub clients: &'a [&'static str],
    /// When it was run, in seconds since 1970 by this pod's clock.
    pub now: i64,
    /// Whether names went through the whole search list, as an app's resolver sends them, and not only to what matched
    /// last.
    pub full_walk: bool,
    /// Whether every runtime is judged where `clients` names none.
    pub judges_all: bool,
    /// The proxies that this container's environment names: apps go through them, pilotfish does not.
    pub proxies: &'a ProxyVariables,
    /// The URL that browsers use for the app, where a variable of this container has one with a public name.
    pub public_url: Option<&'a PublicUrl>,
    /// `NODE_OPTIONS` of this container.
    pub node_options: &'a str,
    /// `PGCONNECT_TIMEOUT` of this container.
    pub pg_connect_timeout: &'a str,
}

impl Context<'_> {
    /// The endpoint that the evidence speaks of: that of the connection which the fault came from; else the last one that
    /// something was recorded for, which may be where a redirect led; else the first.
    pub(super) fn endpoint(&self, evidence: &Evidence, fault: Option<&Fault>) -> Option<Endpoint> {
        let tried = match fault {
            Some(Fault { attempt: Some(index), .. }) => evidence.tries.get(*index),
            // The name that does not resolve was never tried.
            Some(Fault { phase: Phase::Resolve, .. }) => None,
            Some(_) | None => evidence.tries.last(),
        };
        let named = tried.and_then(|one| one.host.as_deref());
        let named = named.or_else(|| evidence.queries.last().and_then(|one| one.host.as_deref()));
        let first = self.endpoints.first();
        let Some(host) = named.and_then(|name| Host::parse(name).ok()) else { return first.cloned() };
        let known = self.endpoints.iter().find(|one| one.host == host).or(first).map(|one| one.port);
        Some(Endpoint { host, port: tried.map(|one| one.address.port()).or(known)? })
    }
}

/// A value as it was read for this run.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The key of the check that takes it (`url`, `password`, …), [`Reading::VARIABLE`], or empty where the check does not
    /// tell.
    pub key: &'static str,
    /// The variable that holds it, where it is one.
    pub variable: Option<String>,
    /// Whether it is made of variables (`${NAME}`), each of which has a reading of its own.
    pub is_template: bool,
    /// Where it comes from, in words: `the variable DATABASE_URL`.
    pub origin: String,
    /// The text.
    pub text: Secret,
}

impl Reading {
    /// The key of a variable that is checked for itself, whatever the app uses it for.
    pub const VARIABLE: &'static str = "variable";

    /// The key of a secret that two sides share.
    pub const SECRET: &'static str = "secret";

    /// Whether a text is short enough for the rules, which read values as URLs, passwords and the like.
    #[must_use]
    pub fn takes(text: &Secret) -> bool {
        text.expose().len() <= LONGEST
    }

    /// Whether it is a variable that is checked for itself.
    pub(super) fn is_listed(&self) -> bool {
        self.key == Self::VARIABLE
    }

    /// The value of a key, now; `None` where it cannot be resolved, or is longer than any that the rules read.
    #[must_use]
    pub fn of(key: &'static str, value: &Value, env: &dyn Env) -> Option<Self> {
        let variable = match value {
            Value::Env(name) => Some(name.clone()),
            Value::Literal(_) | Value::File(_) | Value::Template(_) => None,
        };
        let is_template = matches!(value, Value::Template(_));
        let text = value.resolve(env).ok().filter(Self::takes)?;
        Some(Self { key, variable, is_template, origin: value.origin(), text })
    }

    /// The value of a key, and before it each variable that a template is made of: what is wrong with one of them is
    /// best told of it.
    #[must_use]
    pub fn all(key: &'static str, value: &Value, env: &dyn Env) -> Vec<Self> {
        let parts = value.parts().filter_map(|name| Self::of("", &Value::Env(name.to_owned()), env));
        parts.chain(Self::of(key, value, env)).collect()
    }
}
