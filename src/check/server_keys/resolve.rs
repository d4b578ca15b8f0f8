//! The server of one run: the URL, and the keys over it.

use super::keys::{Port, SEVERAL, ServerKeys, ServerRules, UrlParts, read_host, read_hosts};
use crate::cause::Cause;
use crate::check::{SCHEMES, bare_address, blame_scheme, dialect};
use crate::env::Env;
use crate::findings::{Blame, blame};
use crate::outcome::{Fault, Phase, ValueDetail};
use crate::scheme::Scheme;
use crate::secret::Secret;
use crate::url::{Endpoint, Host, Url, parse_port, percent_decode, too_long};
use crate::value::Value;

/// So many letters in a row that a user has in common with the password make it a secret.
const SHARED: usize = 4;

/// Where to go, and as whom.
#[derive(Debug)]
pub struct Server {
    /// At least one; no more where the rules say so.
    pub hosts: Vec<Endpoint>,
    /// TLS from the first byte: the URL's scheme or the check's own keys ask for it.
    pub tls: bool,
    /// Who logs in; never empty.
    pub user: Option<String>,
    /// Whether `user` is of the URL, not of a key.
    pub user_is_of_url: bool,
    /// The path of the URL, decoded, without its first `/`; never empty.
    pub path: Option<String>,
    /// The parameters of the URL, decoded.
    pub query: Vec<(String, Secret)>,
    scheme: &'static str,
    shows_user: bool,
    url_password: Option<Secret>,
}

impl ServerKeys {
    /// Resolves the keys, now. `tls` says whether the check's own keys ask for TLS, whatever the scheme says.
    ///
    /// # Errors
    /// As [`Value::resolve`]; `url_malformed` and the other causes of [`blame`] for a URL that cannot be used;
    /// `variable_invalid` or `file_invalid` for a host that is none.
    pub fn resolve(&self, rules: &ServerRules, tls: bool, env: &dyn Env) -> Result<Server, Fault> {
        let mut url = self.url(rules, env)?;
        let scheme = url.scheme(rules, tls);
        let user_is_of_url = self.user.is_none() && self.username.is_none();
        let user = self.user(&mut url, env)?;
        Ok(Server {
            hosts: self.hosts(&mut url, scheme, rules, env)?,
            tls: scheme.tls || tls,
            shows_user: !user_is_of_url || user.as_ref().is_none_or(|user| scheme.shows_user(user)),
            user,
            user_is_of_url,
            path: url.path,
            query: url.query,
            scheme: scheme.name,
            url_password: url.password,
        })
    }

    /// The password, now; never empty. Apart from [`ServerKeys::resolve`]: where to connect can be told without it.
    ///
    /// # Errors
    /// As [`Value::resolve`]; `file_invalid` for an empty file.
    pub fn password(&self, server: &Server, env: &dyn Env) -> Result<Option<Secret>, Fault> {
        let password = match &self.password {
            Some(value) => Some(password(value, env)?),
            None => server.url_password.clone(),
        };
        Ok(password.filter(|password| !password.expose().is_empty()))
    }

    /// A server may repeat the name in its answer: a URL in its place would show a password.
    fn user(&self, url: &mut ServerUrl, env: &dyn Env) -> Result<Option<String>, Fault> {
        let key = self.user.as_ref().or(self.username.as_ref());
        let user = match key {
            Some(value) => Some(value.resolve(env)?.expose().to_owned()),
            None => url.user.take(),
        };
        if user.as_ref().is_some_and(|user| user.contains("://")) {
            let cause = key.map_or(Cause::UrlMalformed, Value::invalid_cause);
            return Err(Fault::new(Phase::Assert, cause, "user: expected a name, not a URL"));
        }
        Ok(user.filter(|user| !user.is_empty()))
    }

    fn url(&self, rules: &ServerRules, env: &dyn Env) -> Result<ServerUrl, Fault> {
        let Some(value) = &self.url else { return Ok(ServerUrl::default()) };
        read_url(value.resolve(env)?.expose(), rules).map_err(|blame| blame.fault(&value.origin()))
    }

    fn hosts(
        &self,
        url: &mut ServerUrl,
        scheme: &Scheme,
        rules: &ServerRules,
        env: &dyn Env,
    ) -> Result<Vec<Endpoint>, Fault> {
        let mut hosts = std::mem::take(&mut url.hosts);
        if let Some(value) = &self.host {
            // The URL's port stays where only the host is another one.
            let of_url = if let [(_, port)] = hosts[..] { port } else { None };
            let given = read_hosts(value.resolve(env)?.expose(), rules);
            let given = given.map_err(|problem| problem.fault(value));
            hosts = given?.into_iter().map(|host| (host, of_url)).collect();
        }
        let port = self.port.as_ref().map(|port| port.resolve("port", env)).transpose()?.map(|Port(port)| port);
        let usual = scheme.default_port.expect("the scheme of a server has a port");
        let endpoint = |(host, of_url): (Host, Option<u16>)| Endpoint { host, port: port.or(of_url).unwrap_or(usual) };
        Ok(hosts.into_iter().map(endpoint).collect())
    }
}

impl Server {
    /// The user, where it may be shown.
    #[must_use]
    pub fn shown_user(&self) -> Option<&str> {
        self.user.as_deref().filter(|_| self.shows_user)
    }

    /// Shows the user of the URL, where something else tells that it is no password.
    pub const fn show_user(&mut self) {
        self.shows_user = true;
    }

    /// Never shows a user that shares a part with this password: some providers take one token for both.
    pub fn hide_user_like(&mut self, password: &Secret) {
        let (user, password) = (self.user.as_deref().unwrap_or_default(), password.expose().to_ascii_lowercase());
        let user: Vec<char> = user.to_ascii_lowercase().chars().collect();
        self.shows_user &= !user.windows(SHARED).any(|part| password.contains(&part.iter().collect::<String>()));
    }

    /// Never shows the user: it may be a token.
    pub const fn hide_user(&mut self) {
        self.shows_user = false;
    }

    /// As it may be shown, with this path: `redis://cache:6379/0`.
    #[must_use]
    pub fn target(&self, path: Option<&str>) -> String {
        self.shown_as(self.shown_user(), path)
    }

    /// As it may be shown in a protocol whose URLs have no user.
    #[must_use]
    pub fn target_without_user(&self) -> String {
        self.shown_as(None, None)
    }

    fn shown_as(&self, user: Option<&str>, path: Option<&str>) -> String {
        let mut url = Url {
            scheme: self.scheme.to_owned(),
            user: user.map(str::to_owned),
            password: None,
            hosts: self.hosts.iter().map(|endpoint| (endpoint.host.clone(), Some(endpoint.port))).collect(),
            path: path.map(|path| format!("/{path}")).unwrap_or_default(),
            query: Vec::new(),
            raw_query: None,
        };
        // A password that is the user's name is shown there.
        if let Some(password) = self.url_password.as_ref().filter(|password| user != Some(password.expose())) {
            url.hide_in_path(password);
        }
        url.redacted()
    }
}

/// What a URL says.
#[derive(Debug, Default)]
pub(super) struct ServerUrl {
    scheme: &'static str,
    hosts: Vec<(Host, Option<u16>)>,
    user: Option<String>,
    password: Option<Secret>,
    path: Option<String>,
    query: Vec<(String, Secret)>,
}

impl ServerUrl {
    fn read(text: &str, rules: &ServerRules) -> Result<Self, Blame> {
        let url = Url::parse(text)?;
        // A driver behind the scheme does not matter, as SQLAlchemy writes it.
        let stem = url.scheme.split_once('+').map(|(stem, _)| stem);
        let is_one = |scheme: &&Scheme| scheme.name == url.scheme || (scheme.takes_driver && stem == Some(scheme.name));
        let Some(scheme) = rules.schemes.iter().find(is_one) else {
            let known: Vec<&str> = rules.schemes.iter().map(|scheme| scheme.name).collect();
            return Err(blame_scheme(&url.scheme, &known, format!("the scheme is not one of {}", known.join(", "))));
        };
        if url.hosts.len() > 1 && !rules.several_hosts {
            return Err(Blame::with_detail(Some(ValueDetail::NotRead), SEVERAL));
        }
        let path = url.path.trim_start_matches('/');
        let path = percent_decode(path).ok_or_else(|| Blame::malformed("bad percent-encoding in the path"))?;
        Ok(Self {
            scheme: scheme.name,
            hosts: url.hosts,
            user: url.user,
            password: url.password,
            path: Some(path).filter(|path| !path.is_empty()),
            query: url.query,
        })
    }

    /// The same of a connection string of another form.
    fn of_parts(parts: UrlParts, rules: &ServerRules) -> Result<Self, Blame> {
        let first = rules.schemes.first().expect("a kind of servers has a scheme");
        let mut read = Self { scheme: first.name, ..Self::default() };
        let (mut host, mut port) = (String::new(), None);
        for (name, value) in parts {
            let text = || value.expose().to_owned();
            match name {
                "host" => host = text(),
                "port" => port = Some(parse_port(value.expose()).map_err(|_| Blame::malformed("its port is invalid"))?),
                "user" => read.user = Some(text()),
                "password" => read.password = Some(value),
                "path" => read.path = Some(text()),
                _ => read.query.push((name.to_owned(), value)),
            }
        }
        if host.contains(',') {
            return Err(Blame::with_detail(Some(ValueDetail::NotRead), SEVERAL));
        }
        read.hosts.push((read_host(&host).map_err(Blame::malformed)?, port));
        Ok(read)
    }

    /// The scheme that is in force: where the check's own keys ask for TLS, the one of the same name over TLS.
    fn scheme(&self, rules: &ServerRules, tls: bool) -> &'static Scheme {
        let named = rules.schemes.iter().find(|scheme| scheme.name == self.scheme);
        let named = named.or(rules.schemes.first()).expect("a kind of servers has a scheme");
        let over_tls = || rules.schemes.iter().find(|scheme| scheme.tls && scheme.name.starts_with(named.name));
        if tls && !named.tls { over_tls().unwrap_or(named) } else { named }
    }
}

/// Reads a URL; where it cannot be used, or where user and password appear in it twice, what is to blame.
pub(super) fn read_url(text: &str, rules: &ServerRules) -> Result<ServerUrl, Blame> {
    if let Some(error) = too_long(text) {
        return Err(error.into());
    }
    if let Some(parts) = (rules.other_form)(text) {
        return ServerUrl::of_parts(parts, rules);
    }
    if let Some(form) = dialect(text) {
        return Err(Blame::with_detail(Some(ValueDetail::NotRead), format!("it is {form}, which is not read")));
    }
    let read = ServerUrl::read(text, rules);
    match (blame(text, read.is_err(), SCHEMES), read) {
        (Some(blame), _) => Err(blame),
        (None, Err(_)) if let Some(form) = bare_address(text) => {
            Err(Blame::with_detail(Some(ValueDetail::NotRead), format!("it is {form}, without scheme://")))
        }
        (None, read) => read,
    }
}

/// As of a variable: a key of a Secret that nobody filled is no login without a password.
fn password(value: &Value, env: &dyn Env) -> Result<Secret, Fault> {
    let password = value.resolve(env)?;
    if matches!(value, Value::File(_)) && password.expose().is_empty() {
        return Err(Fault::new(Phase::Assert, Cause::FileInvalid, format!("{} is empty", value.origin())));
    }
    Ok(password)
}
