//! The block `sentinel` of the keys, and its values for one run.

use super::sentinel::Sentinel;
use crate::check::texts::{Addresses, Texts};
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::outcome::Fault;
use crate::secret::Secret;
use crate::value::Value;

/// The usual port of a Sentinel.
pub(super) const SENTINEL_PORT: u16 = 26379;
/// The maximum number of Sentinels; nobody runs more.
const MOST_SENTINELS: usize = 16;

/// Where the Sentinels are, and how to log in to them.
#[derive(Debug, Clone, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct SentinelKeys {
    /// The name under which the Sentinels monitor the primary (`sentinel monitor NAME …`).
    pub(super) master: Value,
    /// The Sentinels, each as `host` or `host:port` (default 26379), tried in order: a list, or one text with commas.
    pub(super) addresses: Texts<Addresses<SENTINEL_PORT>>,
    /// The user for the Sentinels.
    pub(super) username: Option<Value>,
    /// The password of the Sentinels. They never get the password of Redis.
    pub(super) password: Option<Value>,
    /// Settings of TLS with the Sentinels. With this key (`{}` is enough), the check uses TLS with them.
    pub(super) tls: Option<TlsKeys>,
}

impl SentinelKeys {
    /// What is wrong with the keys as a whole; the node is the mapping that they were read from.
    pub(super) fn problems(&self, node: &Node) -> Vec<Problem> {
        let mut found = Vec::new();
        found.extend(TlsKeys::problem_in(self.tls.as_ref(), node));
        if self.username.is_some() && self.password.is_none() {
            let span = node.get("username").map_or(node.span, |value| value.span);
            found.push(Problem::new(span, "username", "needs `password` beside it"));
        }
        found
    }

    /// Resolves the keys.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved.
    pub(super) fn resolve(&self, env: &dyn Env) -> Result<Sentinel, Fault> {
        let text = |value: &Option<Value>| value.as_ref().map(|value| value.resolve(env)).transpose();
        let mut addresses = self.addresses.resolve("addresses", env)?;
        addresses.truncate(MOST_SENTINELS);
        let password = text(&self.password)?.filter(|password| !password.expose().is_empty());
        Ok(Sentinel {
            master: self.master.resolve(env)?.expose().trim().to_owned(),
            addresses,
            user: text(&self.username)?.map(|user| user.expose().to_owned()).filter(|user| !user.is_empty()),
            password,
            tls: self.tls.clone(),
        })
    }

    /// The values whose keys tell what they are.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        [("username", self.username.as_ref()), ("password", self.password.as_ref())]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let addresses = self.addresses.later();
        let tls = self.tls.iter().flat_map(TlsKeys::values);
        std::iter::once(&self.master).chain(addresses).chain(self.named().map(|(_, value)| value)).chain(tls).collect()
    }
}

impl Sentinel {
    /// What no message may repeat.
    pub(super) fn secrets(&self) -> Vec<&Secret> {
        self.password.iter().collect()
    }
}
