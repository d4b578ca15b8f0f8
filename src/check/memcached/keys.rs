//! The keys of `memcached`, and their values for one run.

use std::str::FromStr;

use zeroize::Zeroizing;

use super::hint::code;
use crate::check::login::LoginRefusal;
use crate::check::server_keys::{Form, Server, ServerKeys, ServerRules, origin_of, read};
use crate::check::texts::{Addresses, Texts};
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::net::tls::Pem;
use crate::outcome::{Detail, Fault};
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::url::{Endpoint, Host, SocketPath};
use crate::value::{Expected, Setting, Value};

const PORT: u16 = 11211;

const fn scheme(name: &'static str) -> Scheme {
    Scheme::new(name).port(PORT).discovery(Discovery::List)
}

/// The URLs; those of `memcache` are read by clients of Rust and Python.
pub(super) const RULES: ServerRules = ServerRules {
    several_hosts: true,
    own_targets: &["servers"],
    form,
    ..ServerRules::of(&[
        scheme("memcached"),
        scheme("memcache"),
        scheme("memcache+tls").tls(),
        scheme("memcached+tls").tls(),
        scheme("memcache+tcp"),
        scheme("memcached+unix").socket(),
        scheme("memcache+unix").socket(),
    ])
};

/// Without a host, the path is that of a socket, as Symfony and django-environ read it.
fn form(text: &str) -> Option<Result<Form, &'static str>> {
    let (scheme, rest) = text.split_once("://")?;
    let (before, _) = rest.split_once('/')?;
    let is_here = matches!(scheme, "memcached" | "memcache") && (before.is_empty() || before.ends_with('@'));
    let url = || Zeroizing::new(format!("memcached+unix://{rest}"));
    is_here.then(|| Ok(Form { url: url(), tls: false, socket: None }))
}

/// The schema of all keys; `url_form` is what its URLs look like.
#[cfg(test)]
pub(super) fn schema(generator: &mut schemars::SchemaGenerator, url_form: &str) -> schemars::Schema {
    use crate::check::server_keys::{describe, schema};

    let mut schema = schema::<OwnKeys>(generator, url_form);
    let url = format!(
        "`{url_form}`, also `memcache://`, `memcached+tls://` for TLS, or `memcached:///run/memcached.sock` for a Unix socket; \
         every other key overrides its part of it."
    );
    describe(&mut schema, "url", url);
    let host =
        "The server's name or address, several with commas, or `unix:PATH` (or the path alone) for a Unix socket.";
    describe(&mut schema, "host", host);
    let user = "Who logs in, where the server asks for it; needs `password`.";
    describe(&mut schema, "user", user);
    schema
}

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The servers, each as `host` or `host:port` (default 11211), also with a weight behind it (`:1` or after a space), which is ignored: a list, or one text with commas. Each run visits all of them. The check passes, degraded, as long as one answers; with `require: each`, all must. A server that rejects the login, or asks for one that is not set, fails the check.
    pub(super) servers: Option<Texts<Servers>>,
    /// How the app logs in: `sasl` (binary protocol, memcached `-S`) or `text` (text protocol, memcached `-Y`). A server that wants the other one then fails the check. Default: what the server asks for.
    pub(super) auth: Option<Setting<Auth>>,
    /// Settings of TLS. With this key (`{}` is enough), the check uses TLS whatever the scheme of the URL is.
    pub(super) tls: Option<TlsKeys>,
}

/// How the app logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Auth {
    /// SASL in the binary protocol.
    Sasl,
    /// A `set` in the text protocol.
    Text,
}

impl FromStr for Auth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sasl" => Ok(Self::Sasl),
            "text" => Ok(Self::Text),
            _ => Err("one of sasl, text".to_owned()),
        }
    }
}

/// The servers in one text, as clients read it: with commas, semicolons or spaces, and a weight behind the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Servers(Addresses<PORT>);

impl FromStr for Servers {
    type Err = Expected;

    fn from_str(text: &str) -> Result<Self, Expected> {
        // A number behind a space is a weight, for no host has such a name.
        let is_weight = |index: usize, word: &str| index > 0 && word.parse::<u32>().is_ok();
        let words = |part: &'_ str| -> Vec<String> {
            let words = part.split_whitespace().enumerate().filter(|(index, word)| !is_weight(*index, word));
            words.map(|(_, word)| without_weight(word).to_owned()).collect()
        };
        let entries: Vec<String> = text.split([',', ';']).flat_map(words).collect();
        if entries.iter().any(|entry| SocketPath::is_meant(entry)) {
            return Err(Expected::from(
                "hosts, because a Unix socket is set with `socket` in place of `servers`".to_owned(),
            ));
        }
        entries.join(",").parse().map(Self)
    }
}

impl IntoIterator for Servers {
    type Item = Endpoint;
    type IntoIter = std::vec::IntoIter<Endpoint>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// `host:port` of `host:port:weight`.
fn without_weight(entry: &str) -> &str {
    match entry.rsplit_once(':') {
        Some((address, weight))
            if weight.parse::<u32>().is_ok() && Host::parse(entry).is_err() && address.parse::<Endpoint>().is_ok() =>
        {
            address
        }
        _ => entry,
    }
}

/// The keys of `memcached`.
#[derive(Debug, Clone, Default)]
pub(super) struct MemcachedKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// Where to connect, and as whom.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) server: Server,
    /// Why there is none, where a part of it is missing.
    credential: Result<Option<Credential>, Fault>,
}

/// The values of one run; the files of CA and client certificate are read when TLS starts.
pub(super) struct Settings {
    pub(super) destination: Destination,
    pub(super) credential: Option<Credential>,
    /// How the app logs in, where the check says it.
    pub(super) auth: Option<Auth>,
    pub(super) tls: Option<TlsKeys>,
}

/// Who logs in.
#[derive(Debug, Clone)]
pub(super) struct Credential {
    pub(super) user: String,
    pub(super) password: Secret,
    /// The user, if it may not be shown.
    pub(super) hidden_user: Option<Secret>,
}

impl MemcachedKeys {
    /// Reads them.
    ///
    /// # Errors
    /// Every fault at once.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let (server, own) = read::<OwnKeys>(node, &RULES)?;
        let keys = Self { server, own };
        let mut found = Vec::new();
        for key in ["host", "port", "socket"] {
            if let (Some(_), Some(value)) = (&keys.own.servers, node.get(key)) {
                found.push(Problem::new(value.span, key, "`servers` names the servers: remove one of them"));
            }
        }
        if let (Some(tls), Some(node)) = (&keys.own.tls, node.get("tls")) {
            found.extend(tls.problems(node).into_iter().map(|problem| problem.under("tls")));
        }
        if found.is_empty() { Ok(keys) } else { Err(found) }
    }

    /// Resolves the keys that say where to connect, and as whom.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`].
    pub(super) fn destination(&self, env: &dyn Env) -> Result<Destination, Fault> {
        let mut server = self.server.resolve(&RULES, self.own.tls.is_some(), env)?;
        if let Some(servers) = &self.own.servers {
            (server.hosts, server.socket) = (servers.resolve("servers", env)?, None);
        }
        let credential = self.server.password(&server, env).and_then(|password| credential(&mut server, password));
        Ok(Destination { server, credential })
    }

    /// The values of one run.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved; `password_missing` where a part of the login is missing.
    pub(super) fn settings(&self, destination: Destination, env: &dyn Env) -> Result<Settings, Fault> {
        let parameter = |name: &str| parameter(&destination.server, name);
        let is_text = parameter("protocol").is_some_and(|value| value.expose() == "ascii");
        let mut tls = self.own.tls.clone().unwrap_or_default();
        let pem = |name: &str| parameter(name).map(|path| Pem::new(Value::Literal(path.clone())));
        tls.ca = tls.ca.or_else(|| pem("ca_path"));
        if tls.cert.is_none() {
            (tls.cert, tls.key) = (pem("cert_path"), pem("key_path"));
        }
        tls.verify &= parameter("verify_mode").is_none_or(|value| value.expose() != "none");
        Ok(Settings {
            credential: destination.credential.clone()?,
            auth: match &self.own.auth {
                Some(word) => Some(word.resolve("auth", env)?),
                None => is_text.then_some(Auth::Text),
            },
            tls: destination.server.tls.then_some(tls),
            destination,
        })
    }

    /// Whether it is on a socket of this pod, whatever the environment is.
    pub(super) fn is_on_socket(&self) -> bool {
        self.own.servers.is_none() && self.server.is_on_socket(&RULES)
    }

    /// The values with their keys that tell what each is.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let servers = self.own.servers.iter().flat_map(Texts::later).map(|value| ("host", value));
        self.server.named().chain(servers)
    }

    /// What stands for the target that cannot be resolved, for this reason.
    pub(super) fn blamed_origin(&self, fault: &Fault) -> String {
        origin_of(fault, self.named())
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let auth = self.own.auth.as_ref().and_then(Setting::later);
        let tls = self.own.tls.iter().flat_map(TlsKeys::values);
        self.named().map(|(_, value)| value).chain(auth).chain(tls).collect()
    }
}

/// A parameter of the URL, as the client `memcache` of Rust has them: other clients ignore these.
fn parameter<'a>(server: &'a Server, name: &str) -> Option<&'a Secret> {
    server.query.iter().rev().find(|(key, value)| key == name && !value.expose().is_empty()).map(|(_, value)| value)
}

/// Who logs in. A login has both parts; what stands alone may be a token.
fn credential(server: &mut Server, password: Option<Secret>) -> Result<Option<Credential>, Fault> {
    let missing = |what: &str, code| LoginRefusal::Missing.fault(what).with(Detail::Protocol { code, product: None });
    match (server.user.clone(), password) {
        (None, None) => Ok(None),
        (Some(_), None) => {
            server.hide_user();
            Err(missing("a user is set, but no password", code::USER_ALONE))
        }
        (None, Some(_)) => Err(missing("a password is set, but no user", code::PASSWORD_ALONE)),
        (Some(user), Some(password)) => {
            server.hide_user_like(&password);
            let hidden_user = server.shown_user().is_none().then(|| Secret::new(user.clone()));
            Ok(Some(Credential { user, password, hidden_user }))
        }
    }
}

#[cfg(test)]
mod tests;
