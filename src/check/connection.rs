//! As far as the connection: a URL whose protocol is not spoken here is resolved, connected to, and its TLS is checked
//! where its scheme means TLS. Nothing of the protocol is said, so nothing is logged in to.
//!
//! No kind of the configuration: `diagnose` takes such URLs, so that at least the way there is known.

use std::sync::Arc;

use crate::check::{Check, Kind, Prepared, Run, Runnable, SCHEMES, tcp, tls};
use crate::env::Env;
use crate::findings::{Blame, Reading, blame_url};
use crate::net::attempt::Attempt;
use crate::outcome::{Detail, Fault, Phase};
use crate::scheme::{Discovery, Scheme, without_jdbc};
use crate::url::{Endpoint, Host, Url};
use crate::value::Value;

/// A protocol that no kind speaks yet. The kind of the same name that comes to speak it supersedes the row, and takes its
/// schemes.
#[derive(Debug)]
pub struct Protocol {
    /// The name that its kind would have.
    pub name: &'static str,
    /// Its schemes; without a port nothing is connected to.
    pub schemes: &'static [Scheme],
    /// Whether its servers have ports at all, which could be probed instead.
    has_port: bool,
}

/// Every protocol that is known and not spoken.
pub const PROTOCOLS: &[Protocol] = &[
    Protocol::new("sqlserver", &[server("sqlserver", 1433), server("mssql", 1433)]),
    Protocol::without_port("sqlite", &[Scheme::new("sqlite").opaque()]),
];

/// Schemes that one driver alone reads, beside `jdbc:…` and `scheme+driver`.
pub const DRIVERS: &[Scheme] = &[Scheme::new("prisma+postgres")];

const fn server(name: &'static str, port: u16) -> Scheme {
    Scheme::new(name).port(port).discovery(Discovery::List)
}

impl Protocol {
    const fn new(name: &'static str, schemes: &'static [Scheme]) -> Self {
        Self { name, schemes, has_port: true }
    }

    const fn without_port(name: &'static str, schemes: &'static [Scheme]) -> Self {
        Self { has_port: false, ..Self::new(name, schemes) }
    }

    /// The protocol whose kind would have this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        PROTOCOLS.iter().find(|protocol| protocol.name == name)
    }

    /// Why there is no check of it, and what to do `instead` with a port.
    #[must_use]
    pub fn lacking(&self, instead: &str) -> String {
        match self.has_port {
            true => format!("this version has no {} check: test its port with {instead}", self.name),
            false => format!("this version has no {} check: remove it", self.name),
        }
    }

    /// The check of such a URL.
    #[must_use]
    pub fn connection(&self, url: Value) -> Arc<dyn Check> {
        Arc::new(Connection::new(url, format!("this version does not speak {}", self.name)))
    }
}

/// The connection that a URL asks for.
pub struct Connection {
    url: Value,
    why: String,
}

impl Connection {
    /// The connection of the URL in `url`, which may come from a variable; `why` says why no more is done.
    #[must_use]
    pub const fn new(url: Value, why: String) -> Self {
        Self { url, why }
    }

    /// The connection of a URL in a form that one driver alone reads.
    #[must_use]
    pub fn of_driver(url: Value) -> Self {
        Self::new(url, "this version does not read driver-specific URLs".to_owned())
    }

    /// The connection of a web address in a variable, whose meaning nobody knows.
    #[must_use]
    pub fn of_web(url: Value) -> Self {
        Self::new(url, "web addresses from the environment get no request".to_owned())
    }

    /// Whether this scheme can be connected to. A driver's name (`mysql+pymysql`, `jdbc:mysql`) does not matter.
    #[must_use]
    pub fn knows(scheme: &str) -> bool {
        SCHEMES.stem(scheme).is_some_and(|scheme| scheme.default_port.is_some())
    }

    fn read(&self, env: &dyn Env) -> Result<Dialled, Fault> {
        let text = self.url.resolve(env)?;
        let origin = self.url.origin();
        let wrong = |Blame { cause, message, detail }: Blame| {
            let fault = Fault::new(Phase::Assert, cause, format!("{origin} is not a valid URL: {message}"));
            Fault { detail: detail.map(Detail::Value), ..fault }
        };
        let read = Url::parse(without_jdbc(text.expose()));
        let url = match (blame_url(text.expose(), read.is_err(), SCHEMES), read) {
            (Some(blame), _) => return Err(blame.fault(&origin)),
            (None, read) => read.map_err(|error| wrong(error.into()))?,
        };
        // The scheme itself may be anything, so it is not repeated.
        let unknown = || wrong(Blame::malformed("unknown scheme"));
        let scheme = SCHEMES.stem(&url.scheme).ok_or_else(unknown)?;
        let port = scheme.default_port.ok_or_else(unknown)?;
        let endpoint = |(host, own): &(Host, Option<u16>)| Endpoint { host: host.clone(), port: own.unwrap_or(port) };
        Ok(Dialled {
            target: shown(text.expose(), &url),
            endpoints: url.hosts.iter().map(endpoint).collect(),
            tls: scheme.tls,
        })
    }
}

/// What one run dials.
struct Dialled {
    target: String,
    endpoints: Vec<Endpoint>,
    tls: bool,
}

/// Scheme, hosts and ports alone: in front of an `@` a token may stand where another protocol has a user.
fn shown(text: &str, url: &Url) -> String {
    let driver = if without_jdbc(text) != text { "jdbc:" } else { "" };
    let host = |(host, port): &(Host, Option<u16>)| match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_string(),
    };
    format!("{driver}{}://{}", url.scheme, url.hosts.iter().map(host).collect::<Vec<_>>().join(","))
}

/// The kind that ends where a connection ends.
#[must_use]
pub const fn connecting_kind(tls: bool) -> &'static Kind {
    if tls { &tls::KIND } else { &tcp::KIND }
}

impl Check for Connection {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let plan = self.read(env);
        let target = plan.as_ref().map_or_else(|_| self.url.origin(), |plan| plan.target.clone());
        let endpoints = plan.as_ref().map(|plan| plan.endpoints.clone()).unwrap_or_default();
        Prepared::new(target, endpoints, Reading::all("url", &self.url, env), plan)
    }

    fn values(&self) -> Vec<&Value> {
        vec![&self.url]
    }

    fn stops_short(&self) -> Option<&str> {
        Some(&self.why)
    }
}

impl Runnable for Dialled {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let several = self.endpoints.len() > 1;
            let mut reached = false;
            let mut first_fault = None;
            for endpoint in &self.endpoints {
                attempt.for_host(several.then(|| endpoint.host.to_string()));
                let kind = connecting_kind(self.tls);
                let check = (kind.from_url)(Value::literal(&format!("{}://{endpoint}", kind.name)));
                let result = match check.prepare(attempt.env()).run {
                    Ok(run) => run.run(attempt).await,
                    Err(fault) => Err(fault),
                };
                match result {
                    Ok(()) => reached = true,
                    Err(fault) => first_fault = first_fault.or(Some(fault)),
                }
            }
            // Clients of several hosts are content with one.
            first_fault.filter(|_| !reached).map_or(Ok(()), Err)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Connection;
    use crate::check::Check as _;
    use crate::env::MapEnv;
    use crate::value::Value;

    #[test]
    fn schemes_give_ports_and_nothing_but_hosts_is_shown() {
        let env = MapEnv::default();
        for (url, target, endpoints) in [
            ("sqlserver://:s3cret@queue/0", "sqlserver://queue", &["queue:1433"][..]),
            ("mqtts://s3cret@queue:7000", "mqtts://queue:7000", &["queue:7000"]),
            ("mongodb://s3cret@a,b:27018", "mongodb://a,b:27018", &["a:27017", "b:27018"]),
            ("mysql+pymysql://app:s3cret@db/app?key=s3cret", "mysql+pymysql://db", &["db:3306"]),
            ("jdbc:postgresql://db/app?user=app&password=s3cret", "jdbc:postgresql://db", &["db:5432"]),
            ("https://hooks.example/s3cret", "https://hooks.example", &["hooks.example:443"]),
        ] {
            let check = Connection::new(Value::literal(url), String::new());
            let prepared = check.prepare(&env);
            assert_eq!(prepared.target, target);
            let dialled: Vec<String> = prepared.endpoints.iter().map(ToString::to_string).collect();
            assert_eq!(dialled, endpoints, "{url}");
        }
        for scheme in ["tcp", "unheard", "jdbc:unheard", ""] {
            assert!(!Connection::knows(scheme), "{scheme}");
        }
        let jdbc = Connection::new(Value::literal("jdbc:postgresql://app:s3cret@db/app"), String::new());
        let fault = jdbc.prepare(&env).run.err().unwrap();
        assert_eq!(fault.cause, crate::cause::Cause::UrlPasswordUnencoded);
        assert!(
            fault.message.contains("JDBC does not support a user and password") && !fault.message.contains("s3cret")
        );
        let broken = Connection::new(Value::Env("X".to_owned()), String::new());
        assert_eq!(broken.prepare(&MapEnv::with_vars(&[("X", "sqlserver://:s3 cret@queue")])).target, "the variable X");
        assert!(broken.prepare(&MapEnv::with_vars(&[("X", "s3cret://cache")])).endpoints.is_empty());
    }
}
