//! The keys of `amqp`, and their values for one run.

use super::auth::Auth;
use super::code;
use super::login::Credential;
use super::parameters::Parameters;
use super::vhost;
use crate::cause::Cause;
use crate::check::login;
use crate::check::server_keys::{Server, ServerKeys, ServerRules, plain, read};
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::mask;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::url::Url;
use crate::value::{Setting, Value};

/// The URLs of AMQP brokers.
pub(super) const RULES: ServerRules = ServerRules::of(&[
    Scheme::new("amqp").port(5672).discovery(Discovery::Login).vhost(),
    Scheme::new("amqps").port(5671).tls().discovery(Discovery::Login).vhost(),
]);

/// User and password of clients that have neither.
pub(super) const GUEST: &str = "guest";

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The virtual host. Default: the path of the URL, decoded, where `/%2F` is the virtual host `/`; else `/`.
    pub(super) vhost: Option<Value>,
    /// How to log in: `plain`, or `external` with the client certificate. Default: that in the URL (`?auth_mechanism=`), else `external` if there is a client certificate but neither user nor password, else `plain`. Without a user and a password, `plain` logs in as `guest`, as clients do.
    pub(super) auth: Option<Setting<Auth>>,
    /// Settings of TLS. With this key (`{}` is enough), the check uses TLS whatever the scheme of the URL is. Parameters of the URL count as its clients read them: `cacertfile`, `certfile`, `keyfile`, `verify`.
    pub(super) tls: Option<TlsKeys>,
    /// A queue that must exist. The check asks with a passive declaration: it creates and consumes nothing, but it counts as a use of the queue, so a queue with `x-expires` never expires while the check runs. Do not name such a queue. Alarms of the broker (memory, disk) only block publishers, so this check does not see them: use an `http` check of `/api/health/checks/alarms` of the management API.
    pub(super) queue: Option<Value>,
}

/// The keys of `amqp`.
#[derive(Debug, Clone, Default)]
pub(super) struct AmqpKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// Where to connect.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) server: Server,
    /// `None` if neither a key nor the URL names one: `/`.
    pub(super) vhost: Option<String>,
    /// Whether it has a part of the password.
    hides_vhost: bool,
    /// The settings of TLS, if the check uses TLS.
    pub(super) tls: Option<TlsKeys>,
    auth: Option<Auth>,
}

impl AmqpKeys {
    /// Reads them.
    ///
    /// # Errors
    /// Every fault at once.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let (server, own) = read::<OwnKeys>(node, &RULES)?;
        let keys = Self { server, own };
        let problems = keys.problems(node);
        if problems.is_empty() { Ok(keys) } else { Err(problems) }
    }

    fn problems(&self, node: &Node) -> Vec<Problem> {
        let judge = |url: &Url| vhost::of_path(&url.path).err().map(str::to_owned);
        let mut found: Vec<Problem> = self.server.problem_of_url(node, &judge).into_iter().collect();
        let given = |key: &str| node.get(key).is_some();
        let span = |key: &str| node.get(key).map_or(node.span, |value| value.span);
        for (key, value) in [("vhost", &self.own.vhost), ("queue", &self.own.queue)] {
            if let Some(Value::Literal(text)) = value
                && !vhost::fits(text.expose())
            {
                found.push(Problem::new(span(key), key, format!("expected {}", vhost::NAME)));
            }
        }
        let has_user = given("user") || given("username");
        match (given("url"), has_user, given("password")) {
            (false, true, false) if self.own.auth.is_none() => {
                found.push(Problem::new(node.span, "", "needs `password` beside `user`"));
            }
            (false, false, true) => found.push(Problem::new(span("password"), "password", "needs `user` beside it")),
            _ => {}
        }
        found.extend(TlsKeys::problem_in(self.own.tls.as_ref(), node));
        found
    }

    /// Resolves the keys that say where to connect.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`]; `url_malformed` for a path that is no name.
    pub(super) fn destination(&self, env: &dyn Env) -> Result<Destination, Fault> {
        let mut server = self.server.resolve(&RULES, self.own.tls.is_some(), env)?;
        let parameters = Parameters::read(&server.query);
        let vhost = match &self.own.vhost {
            Some(value) => Some(name("vhost", value, env)?),
            None => self.vhost_of_url(env)?,
        };
        let auth = match &self.own.auth {
            Some(auth) => Some(auth.resolve("auth", env)?),
            None => parameters.auth,
        };
        let tls = server.tls.then(|| parameters.fill(self.own.tls.clone().unwrap_or_default()));
        // Everybody knows the usual one, and no other name is hidden for it. That it cannot be read is reported later.
        let password = self.server.password(&server, env).ok().flatten().filter(|password| password.expose() != GUEST);
        password.iter().for_each(|password| server.hide_user_like(password));
        let name = vhost.as_deref().unwrap_or_default();
        let hides_vhost = mask::repeats(name, password.iter());
        Ok(Destination { server, vhost, hides_vhost, tls, auth })
    }

    /// The server's keys know the path without any `/` at its start; here, one more is a part of the name.
    fn vhost_of_url(&self, env: &dyn Env) -> Result<Option<String>, Fault> {
        let Some(value) = &self.server.url else { return Ok(None) };
        let Ok(url) = Url::parse(&plain(value.resolve(env)?.expose(), &RULES)) else { return Ok(None) };
        vhost::of_path(&url.path).map_err(|problem| self.server.malformed(problem))
    }

    /// Who logs in.
    ///
    /// # Errors
    /// As [`ServerKeys::password`]; `password_missing` if a part is missing, `probe_limit` for a zero byte.
    pub(super) fn credential(&self, destination: &Destination, env: &dyn Env) -> Result<Credential, Fault> {
        let server = &destination.server;
        let password = self.server.password(server, env)?;
        let certificate = destination.tls.as_ref().is_some_and(|tls| tls.cert.is_some());
        let by_certificate = certificate && server.user.is_none() && password.is_none();
        let auth = destination.auth.unwrap_or(if by_certificate { Auth::External } else { Auth::Plain });
        if auth == Auth::External {
            let message = "the login is EXTERNAL, but no client certificate is set";
            return if certificate {
                Ok(Credential::External)
            } else {
                Err(login::missing(message, code::NO_CERTIFICATE))
            };
        }
        let (user, password) = match (server.user.clone(), password) {
            (None, None) => (GUEST.to_owned(), Secret::new(GUEST.to_owned())),
            (Some(_), None) => return Err(login::missing("a user is set, but no password", code::USER_ALONE)),
            // Some backends take a token for the password, and no user.
            (user, Some(password)) => (user.unwrap_or_default(), password),
        };
        if [user.as_str(), password.expose()].iter().any(|text| text.contains('\0')) {
            return Err(Fault::new(Phase::Assert, Cause::ProbeLimit, "the login has a zero byte, which ends it"));
        }
        Ok(Credential::Plain { user, password })
    }

    /// The queue that must exist.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved, or that is no name.
    pub(super) fn queue(&self, env: &dyn Env) -> Result<Option<String>, Fault> {
        self.own.queue.as_ref().map(|value| name("queue", value, env)).transpose()
    }

    /// The values whose keys tell what they are.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let own = [("vhost", &self.own.vhost), ("queue", &self.own.queue)];
        self.server.named().chain(own.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))))
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let tls = self.own.tls.iter().flat_map(TlsKeys::values);
        let auth = self.own.auth.as_ref().and_then(Setting::later);
        self.named().map(|(_, value)| value).chain(auth).chain(tls).collect()
    }
}

/// A server repeats the name in its answer: a URL in its place would show a password.
fn name(key: &'static str, value: &Value, env: &dyn Env) -> Result<String, Fault> {
    let text = value.resolve(env)?;
    if vhost::fits(text.expose()) && !text.expose().contains("://") {
        return Ok(text.expose().to_owned());
    }
    let fault = Fault::new(Phase::Assert, value.invalid_cause(), format!("{key}: expected {}", vhost::NAME));
    Err(fault.with(Detail::Value(ValueDetail::Key(key))))
}

impl Destination {
    /// The virtual host.
    pub(super) fn vhost(&self) -> &str {
        self.vhost.as_deref().unwrap_or(vhost::DEFAULT)
    }

    /// The virtual host, where it may be shown.
    pub(super) fn shown_vhost(&self) -> Option<&str> {
        (!self.hides_vhost).then(|| self.vhost())
    }

    /// As it may be shown.
    pub(super) fn target(&self) -> String {
        // The default one is written as clients want it.
        let shown = self.vhost.as_deref().map(|name| if self.hides_vhost { "***" } else { name });
        let path = shown.map(|name| name.replace('%', "%25").replace('/', "%2F"));
        self.server.target(path.as_deref())
    }
}

#[cfg(test)]
mod tests;
