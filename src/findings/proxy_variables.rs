//! The variables that tell HTTP clients of a proxy. Whether they have a value is all that is kept of a proxy's URL, which may
//! hold a password.

use crate::env::Env;

/// The proxy variables of this container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    /// Those that name a proxy and are set, and whether they have a value.
    proxies: Vec<(&'static str, bool)>,
    /// `NO_PROXY` and `no_proxy`, where they are set.
    lists: Vec<(&'static str, String)>,
    /// Whether Node's own clients read them, too.
    node: bool,
}

const PROXIES: &[&str] = &["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const LISTS: &[&str] = &["NO_PROXY", "no_proxy"];

/// An empty variable: whether it means that there is none, or is passed over for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    Ends,
    Skipped,
}

impl ProxyVariables {
    /// Those of this process.
    #[must_use]
    pub fn read(env: &dyn Env) -> Self {
        let set = |name: &&'static str| Some((*name, env.var(name)?));
        let proxies = PROXIES.iter().filter_map(set).map(|(name, text)| (name, !text.is_empty())).collect();
        let by_option = || env.var("NODE_OPTIONS").unwrap_or_default().split(' ').any(|word| word == "--use-env-proxy");
        let node = env.var("NODE_USE_ENV_PROXY").is_some_and(|text| text == "1") || by_option();
        Self { proxies, lists: LISTS.iter().filter_map(set).collect(), node }
    }

    /// Whether there is no proxy at all.
    pub(super) fn is_empty(&self) -> bool {
        !self.proxies.iter().any(|(_, has_value)| *has_value)
    }

    /// Whether Node's own clients read them, too.
    pub(super) const fn node(&self) -> bool {
        self.node
    }

    /// Whether one of these names a proxy.
    pub(in crate::findings) fn any(&self, names: &[&'static str]) -> bool {
        self.proxy(names, Empty::Skipped).is_some()
    }

    /// The first of these that names a proxy.
    pub(super) fn proxy(&self, names: &[&'static str], empty: Empty) -> Option<&'static str> {
        let set = names.iter().filter_map(|name| self.proxies.iter().find(|(known, _)| known == name));
        let mut counted = set.filter(|(_, has_value)| *has_value || empty == Empty::Ends);
        counted.next().filter(|(_, has_value)| *has_value).map(|(name, _)| *name)
    }

    /// The text of the first of these lists.
    pub(super) fn list(&self, names: [&'static str; 2], empty: Empty) -> &str {
        let set = names.iter().filter_map(|name| self.lists.iter().find(|(known, _)| known == name));
        let mut counted = set.filter(|(_, text)| !text.is_empty() || empty == Empty::Ends);
        counted.next().map_or("", |(_, text)| text)
    }

    /// The lists that are to be changed for every client to read the same.
    pub(super) fn lists(&self) -> Vec<&'static str> {
        let set: Vec<&'static str> = self.lists.iter().map(|(name, _)| *name).collect();
        if set.is_empty() { vec!["NO_PROXY"] } else { set }
    }

    /// Whether a list has a value.
    pub(super) fn has_list(&self) -> bool {
        self.lists.iter().any(|(_, text)| !text.is_empty())
    }
}

impl Default for &ProxyVariables {
    fn default() -> Self {
        static NONE: ProxyVariables = ProxyVariables { proxies: Vec::new(), lists: Vec::new(), node: false };
        &NONE
    }
}
