//! A connection URL or keyword string, as libpq reads it.
//!
//! Of its parameters only those named in [`UrlPart::set`] mean something here. The others are for other clients: they
//! are ignored, and never go to the server as settings of the session.

use std::net::IpAddr;

use super::words::{ChannelBinding, Port, Role, SslMode};
use super::{dsn, forms, npgsql};
use crate::check::server_keys::read_host;
use crate::check::{SCHEMES, bare_address, blame_scheme, dialect, not_read};
use crate::findings::{Blame, as_its_client_reads, blame, blame_url};
use crate::scheme::{Discovery, Scheme, without_jdbc};
use crate::secret::Secret;
use crate::url::{Host, MOST_HOSTS, SocketPath, TOO_MANY_HOSTS, Url, detail_of, percent_decode, too_long};

/// PostgreSQL's port.
pub(super) const PORT: u16 = 5432;

/// The schemes of its URLs. Those behind the first two are of one client each: dj-database-url, Ecto, and SQLAlchemy and
/// golang-migrate for CockroachDB.
pub(super) const OWN_SCHEMES: &[Scheme] = &[
    Scheme::new("postgres").port(PORT).discovery(Discovery::Login).family("postgres").takes_driver(),
    Scheme::new("postgresql").port(PORT).discovery(Discovery::Login).family("postgres").takes_driver(),
    Scheme::new("postgis").port(PORT).discovery(Discovery::Login).family("postgres"),
    Scheme::new("ecto").port(PORT).discovery(Discovery::Login).family("postgres"),
    Scheme::new("cockroachdb").port(PORT).discovery(Discovery::Login).family("postgres").takes_driver(),
];

/// A server, as far as a URL names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HostPart {
    /// Its name or address; `None` where only `hostaddr` stands.
    pub(super) name: Option<Host>,
    /// `hostaddr`: what is dialled in place of the name.
    pub(super) address: Option<IpAddr>,
    /// The folder of a socket, or its path.
    pub(super) socket: Option<String>,
    pub(super) port: Option<u16>,
}

impl HostPart {
    /// A server that has a name and no more.
    pub(super) fn named(name: Host) -> Self {
        Self { name: Some(name), ..Self::default() }
    }

    /// Reads a name or an address, or as libpq does the folder of a socket.
    fn read(text: &str) -> Result<Self, &'static str> {
        if SocketPath::is_meant(text) {
            let path = SocketPath::parse(text)?;
            return Ok(Self { socket: Some(path.to_string()), ..Self::default() });
        }
        read_host(text).map(Self::named)
    }
}

/// What a URL says.
#[derive(Debug, Default)]
pub(super) struct UrlPart {
    /// Whose form it has, where not every client reads it.
    pub(super) dialect: Option<&'static str>,
    pub(super) hosts: Vec<HostPart>,
    pub(super) user: Option<String>,
    pub(super) database: Option<String>,
    pub(super) password: Option<Secret>,
    /// The password is in a file that libpq reads.
    pub(super) passfile: bool,
    pub(super) sslmode: Option<SslMode>,
    pub(super) channel_binding: Option<ChannelBinding>,
    pub(super) ca: Option<String>,
    pub(super) cert: Option<String>,
    pub(super) key: Option<String>,
    pub(super) application_name: Option<String>,
    pub(super) options: Option<String>,
    pub(super) role: Option<Role>,
    /// The first schema that the app looks for tables in, by a parameter of its client.
    pub(super) schema: Option<String>,
    /// Nothing but encryption by GSSAPI will do.
    pub(super) gss_only: bool,
}

/// The parameters that make up the servers, each a list.
#[derive(Default)]
struct Lists {
    hosts: Option<String>,
    addresses: Option<String>,
    ports: Option<String>,
}

impl UrlPart {
    /// Nothing yet, in the form of one client.
    fn of(dialect: &'static str) -> Self {
        Self { dialect: Some(dialect), ..Self::default() }
    }

    /// Reads a URL as libpq does; `postgresql+driver://`, as SQLAlchemy has it, too.
    ///
    /// # Errors
    /// What is wrong, in words, never the text.
    pub(super) fn read(text: &str) -> Result<Self, Blame> {
        let (filled, socket) = match without_socket(text) {
            Some((filled, socket)) => (Some(filled), Some(socket)),
            None => (fill_empty_host(text), None),
        };
        let url = Url::parse(filled.as_ref().map_or(text, Secret::expose))?;
        let scheme = url.scheme.split('+').next().unwrap_or_default();
        if !OWN_SCHEMES.iter().any(|own| own.name == scheme) {
            let own = ["postgres", "postgresql"];
            return Err(blame_scheme(&url.scheme, &own, "the scheme is neither postgres:// nor postgresql://"));
        }
        let database = url.path.strip_prefix('/').filter(|path| !path.is_empty());
        let database = database.map(|path| percent_decode(path).ok_or("bad percent-encoding in the database's name"));
        let host = |(name, port): (Host, Option<u16>)| HostPart { port, ..HostPart::named(name) };
        let hosts = match socket {
            Some(folder) => {
                let port = url.hosts.first().and_then(|(_, port)| *port);
                vec![HostPart { port, ..HostPart::read(&folder).map_err(Blame::malformed)? }]
            }
            None if filled.is_some() => Vec::new(),
            None => url.hosts.into_iter().map(host).collect(),
        };
        let part = Self {
            hosts,
            user: url.user,
            database: database.transpose().map_err(Blame::malformed)?,
            password: url.password,
            ..Self::default()
        };
        part.with(&url.query)
    }

    /// The same with these parameters, in their order.
    fn with(mut self, parameters: &[(String, Secret)]) -> Result<Self, Blame> {
        let mut lists = Lists::default();
        for (name, value) in parameters {
            self.set(&mut lists, name, value.expose())?;
        }
        self.set_hosts(&lists)?;
        Ok(self)
    }

    fn set(&mut self, lists: &mut Lists, name: &str, value: &str) -> Result<(), Blame> {
        let bad = |expected: String| Blame::malformed(format!("the parameter {name} is not {expected}"));
        let text = || Some(value.to_owned()).filter(|value| !value.is_empty());
        match name {
            // As pg8000 has it.
            "host" | "unix_sock" => lists.hosts = text(),
            "hostaddr" => lists.addresses = text(),
            "port" => lists.ports = text(),
            "user" => self.user = text(),
            "password" => self.password = text().map(Secret::new),
            "passfile" => self.passfile = !value.is_empty(),
            "service" if !value.is_empty() => {
                return Err(forms::not_read("it names a service of pg_service.conf, which is not read"));
            }
            "dbname" => self.database = text(),
            // The word of node-postgres for it.
            "sslmode" if value == "no-verify" => self.sslmode = Some(SslMode::Require),
            "sslmode" => self.sslmode = Some(value.parse().map_err(bad)?),
            // What JDBC writes; libpq reads it so.
            "ssl" if value == "true" => self.sslmode = Some(SslMode::Require),
            "gssencmode" => self.gss_only = value == "require",
            "channel_binding" => self.channel_binding = Some(value.parse().map_err(bad)?),
            "sslrootcert" => self.ca = text(),
            "sslcert" => self.cert = text(),
            "sslkey" => self.key = text(),
            "application_name" => self.application_name = text(),
            "options" => self.options = text(),
            // Of Prisma; of pgjdbc; of Go's drivers, Npgsql and others.
            "schema" | "currentSchema" | "search_path" => {
                let first = value.split(',').next().unwrap_or_default().trim().trim_matches('"');
                self.schema = Some(first.to_owned()).filter(|schema| !schema.is_empty() && !schema.starts_with('$'));
            }
            "target_session_attrs" => self.role = Some(Role::from_session_attrs(value).map_err(bad)?),
            _ => {}
        }
        Ok(())
    }

    /// Whether it says who logs in.
    pub(super) const fn names_user(&self) -> bool {
        self.user.is_some()
    }

    fn set_hosts(&mut self, lists: &Lists) -> Result<(), Blame> {
        if let Some(hosts) = &lists.hosts {
            self.hosts = read_hosts(hosts).map_err(|problem| Blame::with_detail(detail_of(problem), problem))?;
        }
        if let Some(addresses) = &lists.addresses {
            self.set_addresses(addresses)?;
        }
        lists.ports.as_ref().map_or(Ok(()), |ports| self.set_ports(ports).map_err(Blame::malformed))
    }

    /// An address for each host; an empty one leaves the host as it is.
    fn set_addresses(&mut self, text: &str) -> Result<(), Blame> {
        let addresses: Vec<&str> = text.split(',').map(str::trim).collect();
        if addresses.len() > MOST_HOSTS {
            return Err(Blame::with_detail(detail_of(TOO_MANY_HOSTS), TOO_MANY_HOSTS));
        }
        if self.hosts.is_empty() {
            self.hosts = vec![HostPart::default(); addresses.len()];
        }
        if addresses.len() != self.hosts.len() {
            let says = "the parameter hostaddr names another number of addresses than there are hosts";
            return Err(Blame::malformed(says));
        }
        for (host, address) in self.hosts.iter_mut().zip(addresses) {
            if address.is_empty() && (host.name.is_some() || host.socket.is_some()) {
                continue;
            }
            let address = address.parse();
            host.address = Some(address.map_err(|_| Blame::malformed("the parameter hostaddr is no IP address"))?);
        }
        Ok(())
    }

    /// One port for all hosts, or one for each.
    fn set_ports(&mut self, text: &str) -> Result<(), String> {
        let ports: Vec<&str> = text.split(',').collect();
        if ports.len() != 1 && ports.len() != self.hosts.len() {
            return Err("the parameter port names another number of ports than there are hosts".to_owned());
        }
        for (index, host) in self.hosts.iter_mut().enumerate() {
            let text = ports.get(index).or(ports.first()).copied().unwrap_or_default();
            let Port(number) = text.parse().map_err(|expected| format!("the parameter port is not {expected}"))?;
            host.port = Some(number);
        }
        Ok(())
    }
}

/// The one client that reads URLs of this scheme, where there is one.
fn dialect_of(scheme: &str) -> Option<&'static str> {
    const OF_ONE: [(&str, &str); 3] = [("ecto", "ecto"), ("postgis", "dj-database-url"), ("cockroachdb", "sqlalchemy")];
    let of_driver = scheme.contains('+').then_some("sqlalchemy");
    let known = || OF_ONE.into_iter().find(|(known, _)| scheme.eq_ignore_ascii_case(known));
    of_driver.or_else(|| known().map(|(_, client)| client))
}

/// Reads a URL, a keyword string or a form of another client; where that fails, or where user and password appear in a URL
/// twice, what is to blame.
pub(super) fn read_url(text: &str) -> Result<UrlPart, Blame> {
    if let Some(error) = too_long(text) {
        return Err(error.into());
    }
    // Npgsql's keys may be written in small letters, with spaces between.
    if let Some(pairs) = dsn::read(text).filter(|_| !npgsql::is_sure(text)) {
        let broken = |problem| npgsql::rejected(format!("it is a string of keywords (host=… user=…), and {problem}"));
        return pairs.map_err(broken).and_then(|pairs| UrlPart::of("libpq").with(&pairs));
    }
    if let Some(blame) = blame_url(text, true, SCHEMES).filter(|_| without_jdbc(text) != text) {
        return Err(blame);
    }
    if let Some((dialect, pairs)) = forms::read(text) {
        let limit =
            |blame: Blame| forms::not_read(&format!("it is another client's form of a URL, and {}", blame.message));
        return pairs.and_then(|pairs| UrlPart::of(dialect).with(&pairs).map_err(limit));
    }
    if let Some(form) = dialect(text) {
        return Err(not_read(format!("it is {form}, which is not read"), text));
    }
    let mut read = UrlPart::read(text);
    if read.is_err()
        && let Some(encoded) = as_its_client_reads(text, SCHEMES)
    {
        read = UrlPart::read(encoded.expose()).or(read);
    }
    match (blame(text, read.is_err(), SCHEMES), read) {
        (Some(blame), _) => Err(blame),
        (None, Err(_)) if let Some(form) = bare_address(text) => {
            Err(forms::not_read(&format!("it is {form}, without scheme:// and user")))
        }
        (None, read) => read.map(|read| UrlPart { dialect: text.split("://").next().and_then(dialect_of), ..read }),
    }
}

/// Names or addresses, separated by commas.
pub(super) fn read_hosts(text: &str) -> Result<Vec<HostPart>, &'static str> {
    if text.split(',').nth(MOST_HOSTS).is_some() {
        return Err(TOO_MANY_HOSTS);
    }
    text.split(',').map(HostPart::read).collect()
}

/// `postgresql://app@%2Fvar%2Frun%2Fpostgresql:5433/db` is a URL to libpq: the same with a name in place of the folder, and
/// the folder.
fn without_socket(text: &str) -> Option<(Secret, String)> {
    let start = text.find("://")? + 3;
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    let at = text[start..end].rfind('@').map_or(start, |at| start + at + 1);
    let place = &text[at..end];
    let is_path = place.get(..3).is_some_and(|first| first.eq_ignore_ascii_case("%2f"));
    let host = place.split(':').next().filter(|_| is_path && !place.contains(','))?;
    let folder = percent_decode(host)?;
    Some((Secret::new(format!("{}localhost{}", &text[..at], &text[at + host.len()..])), folder))
}

/// `postgresql:///db?host=name` is a URL to libpq: a host that a parameter will replace is filled in.
fn fill_empty_host(text: &str) -> Option<Secret> {
    let start = text.find("://")? + 3;
    let end = text[start..].find(['/', '?', '#']).map_or(text.len(), |at| start + at);
    let authority = &text[start..end];
    let has = |name: &str| text[end..].contains(&format!("?{name}=")) || text[end..].contains(&format!("&{name}="));
    let empty = authority.is_empty() || authority.ends_with('@');
    let named = has("host") || has("hostaddr") || has("unix_sock");
    (named && empty).then(|| Secret::new(format!("{}localhost{}", &text[..end], &text[end..])))
}
