//! As far as the connection: a URL whose protocol is not spoken here is resolved, connected to, and its TLS is checked
//! where its scheme means TLS. Nothing of the protocol is said, so nothing is logged in to.
//!
//! No kind of the configuration: `diagnose` takes such URLs, so that at least the way there is known.

use crate::cause::Cause;
use crate::check::{Check, Prepared, Run, Runnable, tcp, tls};
use crate::env::Env;
use crate::findings::{Family, Reading, blame, lint};
use crate::net::attempt::Attempt;
use crate::net::resolve::{self, Budget, RecordType};
use crate::outcome::{Detail, Fault, Phase};
use crate::url::{Endpoint, Host, Url, parse_port};
use crate::value::Value;

/// Schemes with the port where none is written, and whether they mean TLS from the first byte.
const SCHEMES: &[(&str, u16, bool)] = &[
    ("amqp", 5672, false),
    ("amqps", 5671, true),
    ("grpc", 80, false),
    ("grpcs", 443, true),
    ("http", 80, false),
    ("https", 443, true),
    ("kafka", 9092, false),
    ("mariadb", 3306, false),
    ("mongodb", 27017, false),
    ("mqtt", 1883, false),
    ("mqtts", 8883, true),
    ("mysql", 3306, false),
    ("mysql2", 3306, false),
    ("nats", 4222, false),
    ("postgres", 5432, false),
    ("postgresql", 5432, false),
    ("redis", 6379, false),
    ("rediss", 6379, true),
    ("smtp", 25, false),
    ("smtps", 465, true),
    ("valkey", 6379, false),
    ("valkeys", 6379, true),
    ("ws", 80, false),
    ("wss", 443, true),
];

/// So many servers of SRV records are dialled.
const SERVERS: usize = 8;

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

    /// Whether this scheme can be connected to. A driver's name (`mysql+pymysql`, `jdbc:mysql`) does not matter.
    #[must_use]
    pub fn knows(scheme: &str) -> bool {
        row(scheme).is_some()
    }

    fn read(&self, env: &dyn Env) -> Result<Dialled, Fault> {
        let text = self.url.resolve(env)?;
        let origin = self.url.origin();
        let wrong = |what: String| {
            let message = format!("{origin} holds no URL that can be read: {what}");
            Fault::new(Phase::Assert, Cause::UrlMalformed, message)
        };
        let read = Url::parse(plain(text.expose()));
        let of_driver = text.expose().starts_with("jdbc:postgres").then_some(Family::Postgres);
        let blamed = match of_driver {
            Some(family) => lint(text.expose(), family),
            None => blame(text.expose(), read.is_err()),
        };
        let url = match (blamed, read) {
            (Some(blame), _) => return Err(blame.fault(&origin)),
            (None, read) => {
                read.map_err(|error| Fault { detail: error.detail().map(Detail::Value), ..wrong(error.to_string()) })?
            }
        };
        // The scheme itself may be anything, so it is not repeated.
        let (_, port, tls) = row(&url.scheme).ok_or_else(|| wrong("its scheme is not known".to_owned()))?;
        let asks_for_tls = |(key, value): &(String, _)| {
            let value: &crate::secret::Secret = value;
            matches!(key.as_str(), "tls" | "ssl") && value.expose() == "true"
        };
        let tls = *tls || (url.scheme == "mongodb" && url.query.iter().any(asks_for_tls)) || looks_up(&url);
        let endpoint = |(host, own): &(Host, Option<u16>)| Endpoint { host: host.clone(), port: own.unwrap_or(*port) };
        Ok(Dialled {
            target: shown(text.expose(), &url),
            endpoints: url.hosts.iter().map(endpoint).collect(),
            tls,
            by_srv: looks_up(&url),
        })
    }
}

/// What one run dials.
struct Dialled {
    target: String,
    /// The servers; where they are in SRV records, the one name that these belong to.
    endpoints: Vec<Endpoint>,
    tls: bool,
    by_srv: bool,
}

/// Scheme, hosts and ports alone: in front of an `@` a token may stand where another protocol has a user.
fn shown(text: &str, url: &Url) -> String {
    let driver = if text.starts_with("jdbc:") { "jdbc:" } else { "" };
    let host = |(host, port): &(Host, Option<u16>)| match port {
        Some(port) => format!("{host}:{port}"),
        None => host.to_string(),
    };
    format!("{driver}{}://{}", url.scheme, url.hosts.iter().map(host).collect::<Vec<_>>().join(","))
}

fn row(scheme: &str) -> Option<&'static (&'static str, u16, bool)> {
    let scheme = scheme.to_ascii_lowercase();
    let stem = plain(&scheme).split('+').next().unwrap_or_default();
    SCHEMES.iter().find(|(name, ..)| *name == stem)
}

/// A URL, or its scheme, without the word that JDBC has before it.
fn plain(text: &str) -> &str {
    text.strip_prefix("jdbc:").unwrap_or(text)
}

/// Whether its servers are not in it, but in SRV records of its host.
fn looks_up(url: &Url) -> bool {
    url.scheme == "mongodb+srv"
}

/// The servers that the SRV records of a name tell: `0 0 27017 db-0.example.com.`
async fn looked_up(attempt: &mut Attempt, host: &Host) -> Result<Vec<Endpoint>, Fault> {
    let name = format!("_mongodb._tcp.{}.", host.to_string().trim_end_matches('.'));
    attempt.enter(Phase::Resolve);
    let budget = Budget::start(attempt);
    let found = resolve::records(attempt, &name, RecordType::Srv, None, budget).await?;
    let endpoint = |text: &String| {
        let [_, _, port, target] = text.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
        Some(Endpoint { host: Host::parse(target).ok()?, port: parse_port(port).ok()? })
    };
    let found: Vec<Endpoint> = found.iter().filter_map(endpoint).take(SERVERS).collect();
    if found.is_empty() {
        let message = format!("{name} has no SRV record that names a server");
        return Err(attempt.fault(Cause::DnsNoAddress, message));
    }
    Ok(found)
}

impl Check for Connection {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let plan = self.read(env);
        let target = plan.as_ref().map_or_else(|_| self.url.origin(), |plan| plan.target.clone());
        let known = plan.as_ref().ok().filter(|plan| !plan.by_srv);
        let endpoints = known.map(|plan| plan.endpoints.clone()).unwrap_or_default();
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
            let mut endpoints = self.endpoints.clone();
            if self.by_srv
                && let Some(first) = endpoints.first().map(|endpoint| endpoint.host.clone())
            {
                endpoints = looked_up(attempt, &first).await?;
            }
            let several = endpoints.len() > 1;
            let mut reached = false;
            let mut first_fault = None;
            for endpoint in endpoints {
                attempt.for_host(several.then(|| endpoint.host.to_string()));
                // The kinds that end where this one ends.
                let (kind, scheme) = if self.tls { (tls::KIND, "tls") } else { (tcp::KIND, "tcp") };
                let check = (kind.from_url)(Value::literal(&format!("{scheme}://{endpoint}")));
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
            ("redis://:s3cret@cache/0", "redis://cache", &["cache:6379"][..]),
            ("rediss://s3cret@cache:7000", "rediss://cache:7000", &["cache:7000"]),
            ("nats://s3cret@a,b:4223", "nats://a,b:4223", &["a:4222", "b:4223"]),
            ("mysql+pymysql://app:s3cret@db/app?key=s3cret", "mysql+pymysql://db", &["db:3306"]),
            ("jdbc:postgresql://db/app?user=app&password=s3cret", "jdbc:postgresql://db", &["db:5432"]),
            ("mongodb+srv://app:s3cret@c0.example.com/x", "mongodb+srv://c0.example.com", &[]),
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
        assert!(fault.message.contains("JDBC takes no user and password") && !fault.message.contains("s3cret"));
        let broken = Connection::new(Value::Env("X".to_owned()), String::new());
        assert_eq!(broken.prepare(&MapEnv::with_vars(&[("X", "redis://:s3 cret@cache")])).target, "the variable X");
        assert!(broken.prepare(&MapEnv::with_vars(&[("X", "s3cret://cache")])).endpoints.is_empty());
    }
}
