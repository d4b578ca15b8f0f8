//! The keys that every server with a login has: where it is, and who logs in. Read and checked once, for every kind.
//!
//! A kind reads them beside its own keys ([`read`]), says with [`ServerRules`] what its URLs look like, and gets a
//! [`Server`] for each run. What the path and the parameters of the URL mean, and every other key, is the kind's own.

mod beside;
mod resolve;

use std::str::FromStr;

use serde::Deserialize;

use crate::config::node::{Node, Problem};
use crate::scheme::Scheme;
use crate::url::{Host, parse_port};
use crate::value::{Setting, Value};

pub use beside::read;
#[cfg(test)]
pub use beside::schema;
pub use resolve::Server;

/// The keys of a server.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerKeys {
    /// The URL; every other key overrides its part of it.
    pub url: Option<Value>,
    /// The server's name or address.
    pub host: Option<Value>,
    /// The server's port. Default: that of the URL, then that of the protocol.
    pub port: Option<Setting<Port>>,
    /// Who logs in.
    pub user: Option<Value>,
    /// The same as `user`.
    pub username: Option<Value>,
    /// The password, taken as it is: no percent-encoding.
    pub password: Option<Value>,
}

/// What the URLs and hosts of a kind look like.
#[derive(Debug, Clone, Copy)]
pub struct ServerRules {
    /// The schemes that its URLs may have, each with a port; the first one is that of a server without a URL.
    pub schemes: &'static [Scheme],
    /// Whether several hosts may be given, separated by commas.
    pub several_hosts: bool,
    /// Whether a user in the URL may well be a password that lacks its colon: no target shows it.
    pub user_may_be_secret: bool,
}

/// A port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port(pub u16);

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_port(text).map(Self).map_err(|_| "a port from 1 to 65535".to_owned())
    }
}

impl ServerKeys {
    /// The keys of a TARGET: its URL alone.
    #[must_use]
    pub fn of_url(url: Value) -> Self {
        Self { url: Some(url), ..Self::default() }
    }

    /// What is wrong with them, seen at load. A key that is there but faulty counts as given. Texts of the file are judged
    /// here, what comes from elsewhere at each run.
    fn problems(&self, node: &Node, rules: &ServerRules) -> Vec<Problem> {
        let given = |key: &str| node.get(key).is_some();
        let mut found: Vec<(&str, String)> = Vec::new();
        if let Some(Value::Literal(text)) = &self.url
            && let Err(blame) = resolve::read_url(text.expose(), rules)
        {
            found.push(("url", blame.message));
        }
        if !given("url") && !given("host") {
            found.push(("", "needs `url` or `host`".to_owned()));
        }
        if let Some(Value::Literal(text)) = &self.host
            && let Err(problem) = read_hosts(text.expose(), rules)
        {
            found.push(("host", problem));
        }
        if given("user") && given("username") {
            found.push(("username", "is the same as `user`: keep one of them".to_owned()));
        }
        let place = |path: &str| node.get(path).map_or(node.span, |value| value.span);
        found.into_iter().map(|(path, message)| Problem::new(place(path), path, message)).collect()
    }

    /// The values that are read at a run, each with its key: what tells whether a text is a password.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let values = [
            ("url", self.url.as_ref()),
            ("host", self.host.as_ref()),
            ("port", self.port.as_ref().and_then(Setting::later)),
            ("user", self.user.as_ref()),
            ("username", self.username.as_ref()),
            ("password", self.password.as_ref()),
        ];
        values.into_iter().filter_map(|(key, value)| Some((key, value?)))
    }

    /// Where the target comes from, where it cannot be resolved.
    #[must_use]
    pub fn origin(&self) -> String {
        let value = self.url.as_ref().or(self.host.as_ref());
        value.map_or_else(|| "the configuration".to_owned(), Value::origin)
    }
}

/// Names or addresses, separated by commas.
fn read_hosts(text: &str, rules: &ServerRules) -> Result<Vec<Host>, String> {
    let read = |host: &str| {
        if host.starts_with(['/', '@']) {
            return Err("a socket in the file system is not dialled: give a host".to_owned());
        }
        Host::parse(host).map_err(str::to_owned)
    };
    let hosts: Vec<Host> = text.split(',').map(read).collect::<Result<_, _>>()?;
    if hosts.len() > 1 && !rules.several_hosts {
        return Err(SEVERAL.to_owned());
    }
    Ok(hosts)
}

const SEVERAL: &str = "several hosts are given, one is expected";

#[cfg(test)]
mod tests;
