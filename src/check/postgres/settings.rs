//! The keys and the URL, resolved for one run: keys of the configuration override the URL's part.

use std::io::ErrorKind;
use std::path::Path;

use super::keys::{PUBLIC_CA, PostgresKeys, is_public};
use super::url::{HostPart, PORT, UrlPart, read_hosts, read_url};
use super::words::{ChannelBinding, Role, SslMode};
use crate::cause::Cause;
use crate::check::login::Cleartext;
use crate::check::server_keys::HostProblem;
use crate::env::Env;
use crate::mask::Mask;
use crate::net::tls::Pem;
use crate::outcome::{AbsentFile, Detail, Fault, Phase, ValueDetail};
use crate::secret::Secret;
use crate::url::{Endpoint, Host, SocketPath, Url};
use crate::value::{Expected, Setting, Value};

/// What the server's `pg_stat_activity` shows.
const APPLICATION_NAME: &str = "pilotfish";

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Server {
    /// What is dialled: `hostaddr` where there is one.
    pub(super) endpoint: Endpoint,
    /// Its name, which its certificate must have; `None` where there is only a `hostaddr`.
    pub(super) name: Option<Host>,
    /// Its socket in this pod, which is connected to in place of the endpoint.
    pub(super) socket: Option<SocketPath>,
}

/// Who goes where: what a target shows.
#[derive(Debug)]
pub(super) struct Target {
    /// At least one, in the order in which they are tried.
    pub(super) hosts: Vec<Server>,
    pub(super) user: Option<String>,
    /// The database; the one named like the user where there is none.
    pub(super) database: Option<String>,
    /// The password next to them. No text that is shown may contain it.
    password: Option<Secret>,
}

/// All that one run needs to know.
#[derive(Debug)]
pub(super) struct Settings {
    /// At least one, in the order in which they are tried.
    pub(super) hosts: Vec<Server>,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) password: Option<Secret>,
    /// The password is in a file that libpq reads, and pilotfish does not.
    pub(super) passfile: bool,
    pub(super) sslmode: SslMode,
    pub(super) channel_binding: ChannelBinding,
    pub(super) cleartext: Cleartext,
    /// By the TLS where there is none.
    pub(super) min_scram_iterations: Option<u64>,
    /// Where there is none, the system's CAs where the mode verifies.
    pub(super) ca: Option<Pem>,
    pub(super) cert: Option<Pem>,
    pub(super) key: Option<Pem>,
    pub(super) application_name: String,
    pub(super) options: Option<String>,
    pub(super) role: Role,
    /// Where the app's tables are by the URL.
    pub(super) schema: Option<String>,
    /// Nothing but encryption by GSSAPI will do.
    pub(super) gss_only: bool,
    /// Whose form the URL has, where not every client reads it.
    pub(super) dialect: Option<&'static str>,
    /// Files that the URL names, which are not in this container, and without which libpq goes on.
    pub(super) absent_files: Vec<AbsentFile>,
}

impl Target {
    /// Resolves the keys that say where to, now.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub(super) fn resolve(keys: &PostgresKeys, env: &dyn Env) -> Result<Self, Fault> {
        Self::with(keys, &mut url(keys, env)?, env)
    }

    fn with(keys: &PostgresKeys, url: &mut UrlPart, env: &dyn Env) -> Result<Self, Fault> {
        let text = |key: &Option<Value>, from_url: &mut Option<String>| -> Result<Option<String>, Fault> {
            let text = match key {
                None => from_url.take(),
                Some(value) => Some(value.resolve(env)?.expose().to_owned()),
            };
            Ok(text.filter(|text| !text.is_empty()))
        };
        let user = text(&keys.user, &mut url.user)?;
        let database = text(&keys.database, &mut url.database)?.or_else(|| user.clone());
        // A server repeats such a name in its answer, with the password in it.
        for (key, value, name) in [("user", &keys.user, &user), ("database", &keys.database, &database)] {
            if name.as_ref().is_some_and(|name| name.contains("://")) {
                let cause = value.as_ref().map_or(Cause::UrlMalformed, Value::invalid_cause);
                let fault = Fault::new(Phase::Assert, cause, format!("{key}: there is a URL where a name belongs"));
                return Err(fault.with(Detail::Value(ValueDetail::Key(key))));
            }
        }
        let password = url.password.clone();
        Ok(Self { hosts: hosts(keys, std::mem::take(&mut url.hosts), env)?, user, database, password })
    }

    /// As it may be shown: `postgres://app@db:5432/app`, or `postgres://app@/app?host=/run/postgresql`.
    pub(super) fn redacted(mut self) -> String {
        let sockets: Vec<String> = self.hosts.iter().filter_map(|server| server.socket.as_ref()).map(folder).collect();
        self.hosts.retain(|server| server.socket.is_none());
        let sockets = sockets.join(",");
        let is_secret = self.password.as_ref().is_some_and(|password| sockets.contains(password.expose()));
        let target = self.redacted_url();
        match sockets.as_str() {
            "" => target,
            _ if is_secret => format!("{target}?host=***"),
            _ => format!("{target}?host={sockets}"),
        }
    }

    fn redacted_url(self) -> String {
        let shown = |server: Server| (server.name.unwrap_or(server.endpoint.host), Some(server.endpoint.port));
        let url = Url {
            scheme: "postgres".to_owned(),
            user: self.user,
            password: self.password,
            hosts: self.hosts.into_iter().map(shown).collect(),
            path: self.database.map(|database| format!("/{database}")).unwrap_or_default(),
            query: Vec::new(),
            raw_query: None,
        };
        url.redacted()
    }
}

impl Settings {
    /// What is sent to the server and shown nowhere: what the target masks, and settings of the session.
    pub(super) fn confidential(&self) -> Mask {
        let mut mask = Mask::default();
        let url = Url {
            scheme: "postgres".to_owned(),
            user: None,
            password: self.password.clone().filter(|password| password.expose() != self.user),
            hosts: Vec::new(),
            path: format!("/{}", self.database),
            query: Vec::new(),
            raw_query: None,
        };
        // That a name is shown percent-encoded makes it no secret.
        let hidden = url.hidden().into_iter();
        let is_encoded = !url.redacted().contains("***");
        let hidden = hidden.filter(|text| !is_encoded || Some(text) == url.password.as_ref());
        hidden.for_each(|text| mask.add(text.expose()));
        if let Some(options) = &self.options {
            mask.add_words(options);
        }
        if self.application_name != APPLICATION_NAME {
            mask.add(&self.application_name);
        }
        mask
    }

    /// Resolves the keys, now.
    ///
    /// # Errors
    /// As [`Value::resolve`]; `url_malformed` for a URL that cannot be used; `probe_limit` for one that only other clients can,
    /// such as one that names no user where no key does.
    pub(super) fn resolve(keys: &PostgresKeys, env: &dyn Env) -> Result<Self, Fault> {
        let mut url = url(keys, env)?;
        let target = Target::with(keys, &mut url, env)?;
        let (Some(user), Some(database)) = (target.user, target.database) else {
            let fault = Fault::new(Phase::Assert, Cause::ProbeLimit, NO_USER);
            return Err(fault.with(Detail::Value(ValueDetail::NoUser)));
        };
        let password = keys.password.as_ref().map(|value| value.resolve(env)).transpose()?;
        // As of a variable: a Secret's key that nobody filled is no login without a password.
        if let (Some(of @ Value::File(_)), Some("")) = (&keys.password, password.as_ref().map(Secret::expose)) {
            let fault = Fault::new(Phase::Assert, Cause::FileInvalid, format!("{} is empty", of.origin()));
            return Err(fault.with(Detail::Value(ValueDetail::Empty)));
        }
        let password = password.or(url.password.take());
        let chosen = setting(&keys.sslmode, "sslmode", env)?.or(url.sslmode);
        let absent_files = drop_absent_files(&mut url, chosen, env);
        let ca = file(&keys.ca, url.ca);
        let (cert, key) = (file(&keys.cert, url.cert), file(&keys.key, url.key));
        if cert.is_some() != key.is_some() {
            return Err(malformed("a client certificate and its key (sslcert, sslkey) go together: one is missing"));
        }
        let sslmode = sslmode(chosen, ca.as_ref().is_some_and(is_public))?;
        let has_no_name = |server: &Server| server.name.is_none() && server.socket.is_none();
        if sslmode == SslMode::VerifyFull && target.hosts.iter().any(has_no_name) {
            return Err(malformed("hostaddr is set without host, and sslmode=verify-full needs the host name"));
        }
        Ok(Self {
            hosts: target.hosts,
            user,
            database,
            password: password.filter(|password| !password.expose().is_empty()),
            passfile: url.passfile,
            sslmode,
            channel_binding: setting(&keys.channel_binding, "channel_binding", env)?
                .or(url.channel_binding)
                .unwrap_or_default(),
            cleartext: setting(&keys.cleartext, "cleartext", env)?.unwrap_or_default(),
            min_scram_iterations: setting(&keys.min_scram_iterations, "min_scram_iterations", env)?
                .map(|least| least.0),
            ca,
            cert,
            key,
            application_name: url.application_name.unwrap_or_else(|| APPLICATION_NAME.to_owned()),
            options: url.options,
            schema: url.schema,
            gss_only: url.gss_only,
            dialect: url.dialect,
            absent_files,
            role: setting(&keys.role, "role", env)?.map(|role| role.0).or(url.role).unwrap_or_default(),
        })
    }
}

fn url(keys: &PostgresKeys, env: &dyn Env) -> Result<UrlPart, Fault> {
    let Some(value) = &keys.url else { return Ok(UrlPart::default()) };
    read_url(value.resolve(env)?.expose()).map_err(|blame| blame.fault(&value.origin()))
}

/// As libpq has it for `sslrootcert=system`: under public CAs a server could be anybody, so the name must fit.
fn sslmode(chosen: Option<SslMode>, public_ca: bool) -> Result<SslMode, Fault> {
    match (chosen, public_ca) {
        (None, true) => Ok(SslMode::VerifyFull),
        (Some(mode), true) if mode != SslMode::VerifyFull => Err(malformed(PUBLIC_CA)),
        (chosen, _) => Ok(chosen.unwrap_or(SslMode::Prefer)),
    }
}

/// As libpq has it (`initialize_SSL`): a missing client certificate is not shown, and then its key is not read; without the
/// file of the CA nothing is verified, where the mode does not ask for that.
fn drop_absent_files(url: &mut UrlPart, mode: Option<SslMode>, env: &dyn Env) -> Vec<AbsentFile> {
    let mut absent = Vec::new();
    let mut drop_absent = |file: &mut Option<String>, parameter: &'static str| {
        let is_absent = |path: &String| {
            let read = env.file(Path::new(path));
            matches!(read.map_err(|error| error.kind()), Err(ErrorKind::NotFound | ErrorKind::NotADirectory))
        };
        if let Some(path) = file.take_if(|path| !is_word(path) && is_absent(path)) {
            absent.push(AbsentFile { parameter, path });
        }
    };
    if !matches!(mode, Some(SslMode::VerifyCa | SslMode::VerifyFull)) {
        drop_absent(&mut url.ca, "sslrootcert");
    }
    drop_absent(&mut url.cert, "sslcert");
    if url.cert.is_none() {
        url.key = None;
    }
    absent
}

fn is_word(ca: &str) -> bool {
    matches!(ca, "system" | "builtin")
}

fn setting<T: Clone + std::str::FromStr<Err: Into<Expected>>>(
    key: &Option<Setting<T>>,
    name: &'static str,
    env: &dyn Env,
) -> Result<Option<T>, Fault> {
    key.as_ref().map(|setting| setting.resolve(name, env)).transpose()
}

fn file(key: &Option<Pem>, from_url: Option<String>) -> Option<Pem> {
    key.clone().or_else(|| from_url.map(|path| Pem::new(Value::literal(&path))))
}

/// The servers; the key `host` takes the place of the URL's hosts and of their `hostaddr`.
fn hosts(keys: &PostgresKeys, mut hosts: Vec<HostPart>, env: &dyn Env) -> Result<Vec<Server>, Fault> {
    if let Some(value) = &keys.host {
        let text = value.resolve(env)?;
        let ports: Vec<Option<u16>> = hosts.iter().map(|host| host.port).collect();
        hosts = read_hosts(text.expose()).map_err(|problem| HostProblem(problem).fault("host", value))?;
        // The URL's port stays where only the host was given anew.
        if let [port] = ports[..] {
            hosts.iter_mut().for_each(|host| host.port = port);
        }
    }
    if hosts.is_empty() {
        let fault = Fault::new(Phase::Assert, Cause::ProbeLimit, "it names no host; libpq then uses a local socket");
        return Err(fault.with(Detail::Value(ValueDetail::Socket)));
    }
    let port = setting(&keys.port, "port", env)?.map(|port| port.0);
    let server = |HostPart { name, address, socket, port: own }: HostPart| {
        let port = port.or(own).unwrap_or(PORT);
        // As with libpq an address goes before all.
        let socket = socket.filter(|_| address.is_none()).map(|folder| socket_in(&folder, port)).transpose()?;
        let host = address.map(Host::Ip).or_else(|| name.clone());
        let host = host.unwrap_or_else(|| Host::Name("localhost".to_owned()));
        Ok(Server { endpoint: Endpoint { host, port }, name, socket })
    };
    let origin = keys.host.as_ref().or(keys.url.as_ref());
    let hosts: Result<Vec<Server>, &'static str> = hosts.into_iter().map(server).collect();
    hosts.map_err(|problem| match origin {
        Some(value) if keys.host.is_some() => HostProblem(problem).fault("host", value),
        _ => malformed(problem),
    })
}

/// How the name of every socket of PostgreSQL begins; the port is its end.
const SOCKET_NAME: &str = ".s.PGSQL.";

/// The socket in a folder, unless the text names it already.
fn socket_in(text: &str, port: u16) -> Result<SocketPath, &'static str> {
    let is_whole = text.rsplit('/').next().is_some_and(|name| name.starts_with(SOCKET_NAME));
    if is_whole {
        SocketPath::parse(text)
    } else {
        SocketPath::parse(&format!("{}/{SOCKET_NAME}{port}", text.trim_end_matches('/')))
    }
}

/// What libpq has as the host, where the port is the usual one; else the whole path.
fn folder(socket: &SocketPath) -> String {
    let path = socket.to_string();
    let folder = path.strip_suffix(&format!("/{SOCKET_NAME}{PORT}"));
    folder.map_or_else(|| path.clone(), str::to_owned)
}

/// Where neither the URL nor a key says who logs in.
const NO_USER: &str = "no user: the URL names none, and there is no key `user`";

fn malformed(message: &str) -> Fault {
    Fault::new(Phase::Assert, Cause::UrlMalformed, message)
}

#[cfg(test)]
mod tests;
