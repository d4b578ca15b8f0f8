//! The variables of this container that say how other clients in the pod behave.

use crate::env::Env;
use crate::findings::proxy_variables::ProxyVariables;
use crate::findings::public_url::PublicUrl;

/// What the rules know of this container's variables. They never change while the process runs.
#[derive(Debug, Default)]
pub struct ContainerVariables {
    /// The proxies that they name.
    pub proxies: ProxyVariables,
    /// The URL that browsers use for the app.
    pub public_url: Option<PublicUrl>,
    /// `NODE_OPTIONS`.
    pub node_options: String,
    /// `PGCONNECT_TIMEOUT`.
    pub pg_connect_timeout: String,
}

impl ContainerVariables {
    /// Those of this environment.
    #[must_use]
    pub fn read(env: &dyn Env) -> Self {
        let var = |name| env.var(name).unwrap_or_default();
        Self {
            proxies: ProxyVariables::read(env),
            public_url: PublicUrl::read(env),
            node_options: var("NODE_OPTIONS"),
            pg_connect_timeout: var("PGCONNECT_TIMEOUT"),
        }
    }
}
