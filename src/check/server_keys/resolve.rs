//! The server of one run: the URL, and the keys over it.

use zeroize::Zeroizing;

use super::form::Form;
use super::keys::{Port, SEVERAL, ServerKeys, ServerRules, read_hosts, read_socket};
use super::socket::{HERE, form_of, of_query};
use crate::cause::Cause;
use crate::check::place::Place;
use crate::check::{SCHEMES, bare_address, blame_scheme, dialect, not_read};
use crate::env::Env;
use crate::findings::{Blame, blame};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{Fault, Phase, ValueDetail};
use crate::scheme::Scheme;
use crate::secret::Secret;
use crate::url::{Endpoint, Host, SocketPath, Url, percent_decode, too_long};
use crate::value::Value;

/// So many letters in a row that a user has in common with the password make it a secret.
const SHARED: usize = 4;

/// Where to go, and as whom.
#[derive(Debug)]
pub struct Server {
    /// At least one; no more where the rules say so. This machine, for one on a socket.
    pub hosts: Vec<Endpoint>,
    /// Where it listens, if that is a Unix socket of this pod.
    pub socket: Option<SocketPath>,
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
    /// As it is shown.
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
        let socket = self.socket(&mut url, env)?;
        Ok(Server {
            hosts: self.hosts(&mut url, socket.is_some(), scheme, rules, env)?,
            tls: scheme.tls || tls || url.tls,
            shows_user: !user_is_of_url || user.as_ref().is_none_or(|user| scheme.shows_user(user)),
            user,
            user_is_of_url,
            path: url.path,
            query: url.query,
            scheme: match rules.schemes.iter().find(|scheme| scheme.is_socket) {
                Some(of_socket) if socket.is_some() => of_socket.name,
                _ => scheme.name,
            },
            socket,
            url_password: url.password,
        })
    }

    /// Whether it is on a socket of this pod, whatever the environment is.
    #[must_use]
    pub fn is_on_socket(&self, rules: &ServerRules) -> bool {
        match (&self.socket, &self.host, &self.url) {
            (Some(_), ..) => true,
            (None, Some(host), _) => matches!(host, Value::Literal(text) if SocketPath::is_meant(text.expose())),
            (None, None, Some(Value::Literal(text))) => {
                read_url(text.expose(), rules).is_ok_and(|url| url.socket.is_some())
            }
            (None, None, _) => false,
        }
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

    /// The key `socket`, then a host that is one, then what the URL says.
    fn socket(&self, url: &mut ServerUrl, env: &dyn Env) -> Result<Option<SocketPath>, Fault> {
        for (key, value) in [("socket", &self.socket), ("host", &self.host)] {
            let Some(value) = value else { continue };
            let text = value.resolve(env)?;
            if key == "host" && !SocketPath::is_meant(text.expose()) {
                return Ok(None);
            }
            return read_socket(text.expose()).map(Some).map_err(|problem| problem.fault(key, value));
        }
        Ok(url.socket.take())
    }

    fn hosts(
        &self,
        url: &mut ServerUrl,
        on_socket: bool,
        scheme: &Scheme,
        rules: &ServerRules,
        env: &dyn Env,
    ) -> Result<Vec<Endpoint>, Fault> {
        let mut hosts = std::mem::take(&mut url.hosts);
        if on_socket || (hosts.is_empty() && self.host.is_none()) {
            // The kind's own keys say where it is, if neither does.
            hosts = vec![(Host::Name(HERE.to_owned()), None)];
        } else if let Some(value) = &self.host {
            // The URL's port stays where only the host is another one.
            let of_url = if let [(_, port)] = hosts[..] { port } else { None };
            let given = read_hosts(value.resolve(env)?.expose(), rules);
            let given = given.map_err(|problem| problem.fault("host", value));
            hosts = given?.into_iter().map(|host| (host, of_url)).collect();
        }
        let port = self.port.as_ref().map(|port| port.resolve("port", env)).transpose()?.map(|Port(port)| port);
        let usual = scheme.default_port.expect("the scheme of a server has a port");
        let endpoint = |(host, of_url): (Host, Option<u16>)| Endpoint { host, port: port.or(of_url).unwrap_or(usual) };
        Ok(hosts.into_iter().map(endpoint).collect())
    }
}

impl Server {
    /// The first of its hosts, whose name its certificate covers.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        self.hosts.first().expect("a server has a host")
    }

    /// What is dialled over the network.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        if self.socket.is_some() { Vec::new() } else { self.hosts.clone() }
    }

    /// The first of its hosts, or its socket.
    #[must_use]
    pub fn place(&self) -> Place {
        let network = || Place::Network(self.endpoint().clone());
        self.socket.clone().map_or_else(network, Place::Socket)
    }

    /// Moves it to this place.
    pub fn move_to(&mut self, place: Place) {
        match place {
            Place::Network(endpoint) => (self.hosts, self.socket) = (vec![endpoint], None),
            Place::Socket(path) => self.socket = Some(path),
        }
    }

    /// Connects to one of its hosts, or to its socket: phases `resolve` and `connect`.
    ///
    /// # Errors
    /// The causes of these phases.
    pub async fn connect(&self, attempt: &mut Attempt, endpoint: &Endpoint) -> Result<Io, Fault> {
        match &self.socket {
            Some(path) => attempt.connect_unix(path).await,
            None => attempt.connect(endpoint).await,
        }
    }

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
        let hosts = self.endpoints();
        let mut url = Url {
            scheme: self.scheme.to_owned(),
            user: user.map(str::to_owned),
            password: None,
            hosts: hosts.into_iter().map(|endpoint| (endpoint.host, Some(endpoint.port))).collect(),
            path: path.map(|path| format!("/{path}")).unwrap_or_default(),
            query: Vec::new(),
            raw_query: None,
        };
        // A password that is the user's name is shown there.
        if let Some(password) = self.url_password.as_ref().filter(|password| user != Some(password.expose())) {
            url.hide_in_path(password);
        }
        let whole = url.redacted();
        let Some(path) = &self.socket else { return whole };
        url.path.clear();
        let start = url.redacted();
        format!("{start}{path}{}", &whole[start.len()..])
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
    socket: Option<SocketPath>,
    tls: bool,
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
            socket: of_query(&url.query, rules).transpose().map_err(Blame::malformed)?,
            query: url.query,
            tls: false,
        })
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
    if let Some(form) = form_of(text, rules) {
        let Form { url, tls, socket } = form.map_err(Blame::malformed)?;
        let mut read = read_plain(&url, rules)?;
        read.tls = tls;
        read.socket = socket.or(read.socket);
        return Ok(read);
    }
    read_plain(text, rules)
}

/// Why discovery does not probe a server on a socket.
pub const ON_SOCKET: &str = "a local socket, whose folder may not be mounted here: write a check";

/// [`ON_SOCKET`], if that is where a URL leads; for [`crate::check::DiscoveryRule::unfit`].
#[must_use]
pub fn unfit_socket(url: &str, rules: &ServerRules) -> Option<&'static str> {
    read_url(url, rules).is_ok_and(|url| url.socket.is_some()).then_some(ON_SOCKET)
}

/// A text that the kind takes for a URL, as a URL of one of its schemes; unchanged where it cannot be read.
#[must_use]
pub fn plain(text: &str, rules: &ServerRules) -> Zeroizing<String> {
    match form_of(text, rules) {
        Some(Ok(form)) => form.url,
        _ => Zeroizing::new(text.to_owned()),
    }
}

fn read_plain(text: &str, rules: &ServerRules) -> Result<ServerUrl, Blame> {
    if let Some(form) = dialect(text) {
        return Err(not_read(format!("it is {form}, which is not read"), text));
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
