//! The keys of a server, and what a kind says of its URLs and hosts.

use std::str::FromStr;

use super::form::Form;
use crate::cause::Cause;
use crate::config::node::{Keys, Node, Problem};
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::Scheme;
use crate::url::{Host, LONGEST, MOST_HOSTS, SOCKET, SocketPath, TOO_MANY_HOSTS, Url, detail_of, parse_port};
use crate::value::{Setting, Value};

/// The keys of a server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerKeys {
    /// The URL; every other key overrides its part of it.
    pub url: Option<Value>,
    /// The server's name or address, or `unix:PATH` (or the path alone) for a Unix socket.
    pub host: Option<Value>,
    /// The path of the server's Unix socket, in place of `host`: the same as `host: unix:PATH`.
    pub socket: Option<Value>,
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
    /// The schemes that its URLs may have, each with a port; the first one is that of a server without a URL. Those of
    /// sockets: `SCHEME://user:password@/run/NAME.sock?db=1`.
    pub schemes: &'static [Scheme],
    /// Whether several hosts may be given, separated by commas.
    pub several_hosts: bool,
    /// Keys of the kind itself that say where the server is, in place of `url` and `host`.
    pub own_targets: &'static [&'static str],
    /// Parameters of a URL that hold the path of a Unix socket, in small letters and with `_` for `-`.
    pub sockets: &'static [&'static str],
    /// Reads what clients also take in place of such a URL; `None` for any other text.
    pub form: fn(text: &str) -> Option<Result<Form, &'static str>>,
}

impl ServerRules {
    /// Of URLs with these schemes: one host, or a socket.
    #[must_use]
    pub const fn of(schemes: &'static [Scheme]) -> Self {
        Self { schemes, several_hosts: false, own_targets: &[], sockets: &[], form: |_| None }
    }
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

    /// The values that are read at a run, each with its key: what tells whether a text is a password.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let values = [
            ("url", self.url.as_ref()),
            ("host", self.host.as_ref()),
            ("socket", self.socket.as_ref()),
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
        let value = self.url.as_ref().or(self.host.as_ref()).or(self.socket.as_ref());
        value.map_or_else(|| "the configuration".to_owned(), Value::origin)
    }

    /// The fault of a URL in which this kind cannot use something.
    #[must_use]
    pub fn malformed(&self, problem: &str) -> Fault {
        Fault::new(Phase::Assert, Cause::UrlMalformed, format!("the URL from {}: {problem}", self.origin()))
    }

    /// What the kind finds wrong with a URL in the file that reads well otherwise.
    pub fn problem_of_url(&self, node: &Node, judge: &dyn Fn(&Url) -> Option<String>) -> Option<Problem> {
        let Some(Value::Literal(text)) = &self.url else { return None };
        let problem = judge(&Url::parse(text.expose()).ok()?)?;
        Some(Problem::new(node.get("url").map_or(node.span, |value| value.span), "url", problem))
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
    let found = blamed.or_else(|| named.iter().find(|(key, _)| matches!(*key, "url" | "host" | "socket")));
    found.map_or_else(|| "the configuration".to_owned(), |(_, value)| value.origin())
}

/// What is wrong with the value of a key that says where the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostProblem(pub &'static str);

impl HostProblem {
    /// The fault of a key with a value that comes from there: invalid, unless the limit is ours.
    #[must_use]
    pub fn fault(self, key: &'static str, value: &Value) -> Fault {
        let detail = detail_of(self.0);
        let is_limit = detail.as_ref().is_some_and(ValueDetail::is_limit);
        let cause = if is_limit { Cause::ProbeLimit } else { value.invalid_cause() };
        let detail = detail.unwrap_or(ValueDetail::Key(key));
        Fault::new(Phase::Assert, cause, format!("{key}: {}", self.0)).with(Detail::Value(detail))
    }
}

/// Reads a name or an address; a path leads to a socket.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read_host(text: &str) -> Result<Host, &'static str> {
    if text.starts_with(['/', '@']) { Err(SOCKET) } else { Host::parse(text) }
}

/// The path of a socket.
pub(super) fn read_socket(text: &str) -> Result<SocketPath, HostProblem> {
    SocketPath::parse(text).map_err(HostProblem)
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
