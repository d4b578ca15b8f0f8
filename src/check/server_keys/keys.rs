//! The keys of a server, and what a kind says of its URLs and hosts.

use std::str::FromStr;

use serde::Deserialize;

use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::Scheme;
use crate::secret::Secret;
use crate::url::{Host, LONGEST, MOST_HOSTS, SOCKET, TOO_MANY_HOSTS, detail_of, parse_port};
use crate::value::{Setting, Value};

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
    /// Keys of the kind itself that say where the server is, in place of `url` and `host`.
    pub own_targets: &'static [&'static str],
    /// What a connection string of another form says: `host`, `port`, `user`, `password`, `path`, and parameters of a URL.
    pub other_form: fn(text: &str) -> Option<UrlParts>,
}

/// Names and what they are set to.
pub type UrlParts = Vec<(&'static str, Secret)>;

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

    /// Where the target comes from.
    #[must_use]
    pub fn origin(&self) -> String {
        let value = self.url.as_ref().or(self.host.as_ref());
        value.map_or_else(|| "the configuration".to_owned(), Value::origin)
    }

    /// What stands for the target that cannot be resolved, for this reason.
    #[must_use]
    pub fn blamed_origin(&self, fault: &Fault) -> String {
        origin_of(fault, self.named())
    }
}

/// Where the value comes from that keeps a target from being resolved: the one that the fault names, else the URL or the
/// host.
pub fn origin_of<'a>(fault: &Fault, named: impl Iterator<Item = (&'static str, &'a Value)>) -> String {
    let named: Vec<(&str, &Value)> = named.collect();
    let is_blamed = |key: &str, value: &Value| match &fault.detail {
        Some(Detail::Value(ValueDetail::Key(blamed))) => key == *blamed,
        Some(Detail::Value(ValueDetail::Unset(variable))) => {
            matches!(value, Value::Env(name) if name == variable) || value.parts().any(|part| part == variable)
        }
        _ => false,
    };
    let blamed = named.iter().find(|(key, value)| is_blamed(key, value));
    let found = blamed.or_else(|| named.iter().find(|(key, _)| matches!(*key, "url" | "host")));
    found.map_or_else(|| "the configuration".to_owned(), |(_, value)| value.origin())
}

/// What is wrong with the value of the key `host`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostProblem(pub &'static str);

impl HostProblem {
    /// The fault of a `host` that comes from there: invalid, unless the limit is ours.
    #[must_use]
    pub fn fault(self, value: &Value) -> Fault {
        let detail = detail_of(self.0);
        let is_limit = detail.as_ref().is_some_and(ValueDetail::is_limit);
        let cause = if is_limit { Cause::ProbeLimit } else { value.invalid_cause() };
        let detail = detail.unwrap_or(ValueDetail::Key("host"));
        Fault::new(Phase::Assert, cause, format!("host: {}", self.0)).with(Detail::Value(detail))
    }
}

/// Reads a name or an address; a path leads to a socket.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read_host(text: &str) -> Result<Host, &'static str> {
    if text.starts_with(['/', '@']) { Err(SOCKET) } else { Host::parse(text) }
}

/// Names or addresses, separated by commas.
pub(super) fn read_hosts(text: &str, rules: &ServerRules) -> Result<Vec<Host>, HostProblem> {
    if text.len() > LONGEST || text.split(',').nth(MOST_HOSTS).is_some() {
        return Err(HostProblem(TOO_MANY_HOSTS));
    }
    let hosts: Vec<Host> = text.split(',').map(read_host).collect::<Result<_, _>>().map_err(HostProblem)?;
    if hosts.len() > 1 && !rules.several_hosts {
        return Err(HostProblem(SEVERAL));
    }
    Ok(hosts)
}

/// Of more hosts than a kind takes.
pub(super) const SEVERAL: &str = "expected one host, not several";
