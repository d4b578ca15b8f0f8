//! The keys and the URL, resolved for one run: keys of the configuration override the URL's part.
//!
//! Of the URL's parameters only those named in [`UrlPart::read`] mean something here. The others are for other clients:
//! they are passed over, and never go to the server as settings of the session.

use super::keys::Keys;
use super::words::{ChannelBinding, Port, Role, SslMode};
use crate::cause::Cause;
use crate::check::SCHEMES;
use crate::env::Env;
use crate::findings::{Blame, as_sqlalchemy_reads, blame};
use crate::net::tls::Pem;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::secret::Secret;
use crate::url::{Endpoint, Host, SOCKET, Url, percent_decode};
use crate::value::{Setting, Value};

/// PostgreSQL's port.
pub(super) const PORT: u16 = 5432;
/// What the server's `pg_stat_activity` shows.
const APPLICATION_NAME: &str = "pilotfish";

/// Who goes where: what a target shows.
#[derive(Debug)]
pub(super) struct Place {
    /// At least one, in the order in which they are tried.
    pub(super) hosts: Vec<Endpoint>,
    pub(super) user: Option<String>,
    /// The database; the one named like the user where there is none.
    pub(super) database: Option<String>,
}

/// All that one run needs to know.
#[derive(Debug)]
pub(super) struct Settings {
    /// At least one, in the order in which they are tried.
    pub(super) hosts: Vec<Endpoint>,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) password: Option<Secret>,
    pub(super) sslmode: SslMode,
    pub(super) channel_binding: ChannelBinding,
    /// Where there is none, the system's CAs where the mode verifies.
    pub(super) ca: Option<Pem>,
    pub(super) cert: Option<Pem>,
    pub(super) key: Option<Pem>,
    pub(super) application_name: String,
    pub(super) options: Option<String>,
    pub(super) role: Role,
}

/// What a URL says.
#[derive(Debug, Default)]
pub(super) struct UrlPart {
    hosts: Vec<(Host, Option<u16>)>,
    user: Option<String>,
    database: Option<String>,
    password: Option<Secret>,
    sslmode: Option<SslMode>,
    channel_binding: Option<ChannelBinding>,
    ca: Option<String>,
    cert: Option<String>,
    key: Option<String>,
    application_name: Option<String>,
    options: Option<String>,
    role: Option<Role>,
}

impl UrlPart {
    /// Reads a URL as libpq does; `postgresql+driver://`, as SQLAlchemy has it, too.
    ///
    /// # Errors
    /// What is wrong, in words, never the text.
    pub(super) fn read(text: &str) -> Result<Self, Blame> {
        if text.starts_with("jdbc:") {
            return Err(Blame { detail: Some(ValueDetail::NotRead), ..Blame::malformed("a JDBC URL is not read") });
        }
        let filled = fill_empty_host(text);
        let url = Url::parse(filled.as_ref().map_or(text, Secret::expose))?;
        let scheme = url.scheme.split('+').next().unwrap_or_default();
        if !matches!(scheme, "postgres" | "postgresql") {
            return Err(Blame::malformed("the scheme is neither postgres:// nor postgresql://"));
        }
        let database = url.path.strip_prefix('/').filter(|path| !path.is_empty());
        let database = database.map(|path| percent_decode(path).ok_or("bad percent-encoding in the database's name"));
        let mut part = Self {
            hosts: url.hosts.clone(),
            user: url.user.clone(),
            database: database.transpose().map_err(Blame::malformed)?,
            password: url.password.clone(),
            ..Self::default()
        };
        let (mut hosts, mut ports) = (None, None);
        for (name, value) in &url.query {
            let value = value.expose();
            let bad = |expected: String| Blame::malformed(format!("the parameter {name} is not {expected}"));
            let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
            match name.as_str() {
                "host" => hosts = text(),
                "port" => ports = text(),
                "user" => part.user = text(),
                "password" => part.password = text().map(Secret::new),
                "dbname" => part.database = text(),
                // The word of node-postgres for it.
                "sslmode" if value == "no-verify" => part.sslmode = Some(SslMode::Require),
                "sslmode" => part.sslmode = Some(value.parse().map_err(bad)?),
                // What JDBC writes; libpq reads it so.
                "ssl" if value == "true" => part.sslmode = Some(SslMode::Require),
                "channel_binding" => part.channel_binding = Some(value.parse().map_err(bad)?),
                "sslrootcert" => part.ca = text(),
                "sslcert" => part.cert = text(),
                "sslkey" => part.key = text(),
                "application_name" => part.application_name = text(),
                "options" => part.options = text(),
                "target_session_attrs" => part.role = Some(Role::from_session_attrs(value).map_err(bad)?),
                _ => {}
            }
        }
        if let Some(hosts) = hosts {
            let detail = |problem: &str| (problem == SOCKET).then_some(ValueDetail::Socket);
            part.hosts =
                read_hosts(&hosts).map_err(|problem| Blame { detail: detail(problem), ..Blame::malformed(problem) })?;
        }
        if let Some(ports) = ports {
            part.set_ports(&ports).map_err(Blame::malformed)?;
        }
        Ok(part)
    }

    /// Whether it says who logs in.
    pub(super) const fn names_user(&self) -> bool {
        self.user.is_some()
    }

    /// One port for all hosts, or one for each.
    fn set_ports(&mut self, text: &str) -> Result<(), String> {
        let ports: Vec<&str> = text.split(',').collect();
        if ports.len() != 1 && ports.len() != self.hosts.len() {
            return Err("the parameter port names another number of ports than there are hosts".to_owned());
        }
        for (index, (_, port)) in self.hosts.iter_mut().enumerate() {
            let text = ports.get(index).or(ports.first()).copied().unwrap_or_default();
            let Port(number) = text.parse().map_err(|expected| format!("the parameter port is not {expected}"))?;
            *port = Some(number);
        }
        Ok(())
    }
}

impl Place {
    /// Resolves the keys that say where to, now.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub(super) fn resolve(keys: &Keys, env: &dyn Env) -> Result<Self, Fault> {
        Self::with(keys, &mut url(keys, env)?, env)
    }

    fn with(keys: &Keys, url: &mut UrlPart, env: &dyn Env) -> Result<Self, Fault> {
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
        Ok(Self { hosts: hosts(keys, std::mem::take(&mut url.hosts), env)?, user, database })
    }

    /// As it may be shown: `postgres://app@db:5432/app`.
    pub(super) fn redacted(self) -> String {
        let url = Url {
            scheme: "postgres".to_owned(),
            user: self.user,
            password: None,
            hosts: self.hosts.into_iter().map(|endpoint| (endpoint.host, Some(endpoint.port))).collect(),
            path: self.database.map(|database| format!("/{database}")).unwrap_or_default(),
            query: Vec::new(),
            raw_query: None,
        };
        url.redacted()
    }
}

impl Settings {
    /// Resolves the keys, now.
    ///
    /// # Errors
    /// As [`Value::resolve`]; `url_malformed` for a URL that cannot be used, or that names no user where no key does.
    pub(super) fn resolve(keys: &Keys, env: &dyn Env) -> Result<Self, Fault> {
        let mut url = url(keys, env)?;
        let place = Place::with(keys, &mut url, env)?;
        let (Some(user), Some(database)) = (place.user, place.database) else {
            return Err(malformed("no user: the URL names none, and there is no key `user`"));
        };
        let password = keys.password.as_ref().map(|value| value.resolve(env)).transpose()?;
        // As of a variable: a Secret's key that nobody filled is no login without a password.
        if let (Some(of @ Value::File(_)), Some("")) = (&keys.password, password.as_ref().map(Secret::expose)) {
            let fault = Fault::new(Phase::Assert, Cause::FileInvalid, format!("{} is empty", of.origin()));
            return Err(fault.with(Detail::Value(ValueDetail::Empty)));
        }
        let password = password.or(url.password);
        let ca = file(&keys.ca, url.ca);
        let (cert, key) = (file(&keys.cert, url.cert), file(&keys.key, url.key));
        if cert.is_some() != key.is_some() {
            return Err(malformed("a client certificate and its key (sslcert, sslkey) go together: one is missing"));
        }
        let chosen = setting(&keys.sslmode, "sslmode", env)?.or(url.sslmode);
        Ok(Self {
            hosts: place.hosts,
            user,
            database,
            password: password.filter(|password| !password.expose().is_empty()),
            sslmode: sslmode(chosen, ca.as_ref().is_some_and(is_public))?,
            channel_binding: setting(&keys.channel_binding, "channel_binding", env)?
                .or(url.channel_binding)
                .unwrap_or_default(),
            ca,
            cert,
            key,
            application_name: url.application_name.unwrap_or_else(|| APPLICATION_NAME.to_owned()),
            options: url.options,
            role: setting(&keys.role, "role", env)?.map(|role| role.0).or(url.role).unwrap_or_default(),
        })
    }
}

fn url(keys: &Keys, env: &dyn Env) -> Result<UrlPart, Fault> {
    let Some(value) = &keys.url else { return Ok(UrlPart::default()) };
    read_url(value.resolve(env)?.expose()).map_err(|blame| blame.fault(&value.origin()))
}

/// Reads a URL; where that fails, or where user and password appear in it twice, what is to blame.
pub(super) fn read_url(text: &str) -> Result<UrlPart, Blame> {
    let mut read = UrlPart::read(text);
    if read.is_err()
        && let Some(encoded) = as_sqlalchemy_reads(text, SCHEMES)
    {
        read = UrlPart::read(encoded.expose()).or(read);
    }
    match (blame(text, read.is_err(), SCHEMES), read) {
        (Some(blame), _) => Err(blame),
        (None, read) => read,
    }
}

/// What is wrong with a lesser mode and public CAs.
pub(super) const PUBLIC_CA: &str = "the system's or the built-in CAs go with sslmode verify-full alone";

/// Whether it is the word for CAs that anybody can get a certificate of.
pub(super) fn is_public(ca: &Pem) -> bool {
    matches!(ca.value(), Value::Literal(text) if matches!(text.expose().trim(), "system" | "builtin"))
}

/// As libpq has it for `sslrootcert=system`: under public CAs a server could be anybody, so the name must fit.
fn sslmode(chosen: Option<SslMode>, public_ca: bool) -> Result<SslMode, Fault> {
    match (chosen, public_ca) {
        (None, true) => Ok(SslMode::VerifyFull),
        (Some(mode), true) if mode != SslMode::VerifyFull => Err(malformed(PUBLIC_CA)),
        (chosen, _) => Ok(chosen.unwrap_or(SslMode::Prefer)),
    }
}

fn setting<T: Clone + std::str::FromStr<Err = String>>(
    key: &Option<Setting<T>>,
    name: &'static str,
    env: &dyn Env,
) -> Result<Option<T>, Fault> {
    key.as_ref().map(|setting| setting.resolve(name, env)).transpose()
}

fn file(key: &Option<Pem>, from_url: Option<String>) -> Option<Pem> {
    key.clone().or_else(|| from_url.map(|path| Pem::new(Value::literal(&path))))
}

fn hosts(keys: &Keys, mut hosts: Vec<(Host, Option<u16>)>, env: &dyn Env) -> Result<Vec<Endpoint>, Fault> {
    if let Some(value) = &keys.host {
        let text = value.resolve(env)?;
        let ports: Vec<Option<u16>> = hosts.iter().map(|(_, port)| *port).collect();
        hosts = read_hosts(text.expose())
            .map_err(|problem| Fault::new(Phase::Assert, value.invalid_cause(), format!("host: {problem}")))
            .map_err(|fault| fault.with(Detail::Value(ValueDetail::Key("host"))))?;
        // The URL's port stays where only the host was given anew.
        if let [port] = ports[..] {
            hosts.iter_mut().for_each(|host| host.1 = port);
        }
    }
    let port = setting(&keys.port, "port", env)?.map(|port| port.0);
    let endpoint = |(host, own): (Host, Option<u16>)| Endpoint { host, port: port.or(own).unwrap_or(PORT) };
    Ok(hosts.into_iter().map(endpoint).collect())
}

/// Names or addresses, separated by commas.
pub(super) fn read_hosts(text: &str) -> Result<Vec<(Host, Option<u16>)>, &'static str> {
    let read = |host: &str| {
        if host.starts_with(['/', '@']) {
            return Err(SOCKET);
        }
        Host::parse(host).map(|host| (host, None))
    };
    text.split(',').map(read).collect()
}

/// `postgresql:///db?host=name` is a URL to libpq: the host that the parameter will replace is filled in.
fn fill_empty_host(text: &str) -> Option<Secret> {
    let start = text.find("://")? + 3;
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    let authority = &text[start..end];
    let named = text[end..].contains("?host=") || text[end..].contains("&host=");
    let empty = authority.is_empty() || authority.ends_with('@');
    (named && empty).then(|| Secret::new(format!("{}localhost{}", &text[..end], &text[end..])))
}

fn malformed(message: &str) -> Fault {
    Fault::new(Phase::Assert, Cause::UrlMalformed, message)
}

#[cfg(test)]
mod tests;
