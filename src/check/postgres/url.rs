//! A connection URL, as libpq reads it.
//!
//! Of its parameters only those named in [`UrlPart::read`] mean something here. The others are for other clients: they
//! are ignored, and never go to the server as settings of the session.

use super::words::{ChannelBinding, Port, Role, SslMode};
use crate::check::SCHEMES;
use crate::findings::{Blame, as_sqlalchemy_reads, blame};
use crate::outcome::ValueDetail;
use crate::secret::Secret;
use crate::url::{Host, SOCKET, Url, percent_decode};

/// What a URL says.
#[derive(Debug, Default)]
pub(super) struct UrlPart {
    pub(super) hosts: Vec<(Host, Option<u16>)>,
    pub(super) user: Option<String>,
    pub(super) database: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) sslmode: Option<SslMode>,
    pub(super) channel_binding: Option<ChannelBinding>,
    pub(super) ca: Option<String>,
    pub(super) cert: Option<String>,
    pub(super) key: Option<String>,
    pub(super) application_name: Option<String>,
    pub(super) options: Option<String>,
    pub(super) role: Option<Role>,
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
