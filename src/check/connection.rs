//! As far as the connection: a URL whose protocol is not spoken here is resolved, connected to, and its TLS is checked
//! where its scheme means TLS. Nothing of the protocol is said, so nothing is logged in to.
//!
//! No kind of the configuration: `diagnose` takes such URLs, so that at least the way there is known.

use crate::cause::Cause;
use crate::check::{Check, Run, tcp, tls};
use crate::env::Env;
use crate::findings::{Blame, Reading, blame};
use crate::net::attempt::Attempt;
use crate::outcome::{Fault, Phase};
use crate::url::{Endpoint, Url};
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

    /// Whether this scheme can be connected to. A driver's name behind it (`mysql+pymysql`) does not matter, but one
    /// that is looked up by SRV records does.
    #[must_use]
    pub fn knows(scheme: &str) -> bool {
        row(scheme).is_some()
    }

    fn read(&self, env: &dyn Env) -> Result<(Url, u16, bool), Fault> {
        let text = self.url.resolve(env)?;
        let origin = self.url.origin();
        let wrong = |what: String| {
            let message = format!("{origin} holds no URL that can be read: {what}");
            Fault::new(Phase::Assert, Cause::UrlMalformed, message)
        };
        let read = Url::parse(text.expose());
        let url = match (blame(text.expose(), read.is_err()), read) {
            (Some(Blame { cause, message }), _) => {
                return Err(Fault::new(Phase::Assert, cause, format!("the URL from {origin}: {message}")));
            }
            (None, read) => read.map_err(|error| wrong(error.to_string()))?,
        };
        // The scheme itself may be anything, so it is not repeated.
        let (_, port, tls) = row(&url.scheme).ok_or_else(|| wrong("its scheme is not known".to_owned()))?;
        let asks_for_tls = |(key, value): &(String, _)| {
            let value: &crate::secret::Secret = value;
            matches!(key.as_str(), "tls" | "ssl") && value.expose() == "true"
        };
        let tls = *tls || (url.scheme == "mongodb" && url.query.iter().any(asks_for_tls));
        Ok((url, *port, tls))
    }

    fn dialled(&self, env: &dyn Env) -> Result<(Vec<Endpoint>, bool), Fault> {
        let (url, usual, tls) = self.read(env)?;
        let endpoint = |(host, port): &(_, Option<u16>)| {
            let host: &crate::url::Host = host;
            Endpoint { host: host.clone(), port: port.unwrap_or(usual) }
        };
        Ok((url.hosts.iter().map(endpoint).collect(), tls))
    }
}

fn row(scheme: &str) -> Option<&'static (&'static str, u16, bool)> {
    let scheme = scheme.to_ascii_lowercase();
    let stem = match scheme.split_once('+') {
        Some((_, "srv")) => return None,
        Some((stem, _)) => stem,
        None => &scheme,
    };
    SCHEMES.iter().find(|(name, ..)| *name == stem)
}

impl Check for Connection {
    /// Scheme, hosts and ports alone: in front of an `@` a token may stand where another protocol has a user.
    fn target(&self, env: &dyn Env) -> String {
        let Ok((url, ..)) = self.read(env) else { return self.url.origin() };
        let host = |(host, port): &(crate::url::Host, Option<u16>)| match port {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        format!("{}://{}", url.scheme, url.hosts.iter().map(host).collect::<Vec<_>>().join(","))
    }

    fn endpoints(&self, env: &dyn Env) -> Vec<Endpoint> {
        self.dialled(env).map(|(endpoints, _)| endpoints).unwrap_or_default()
    }

    fn values(&self) -> Vec<&Value> {
        vec![&self.url]
    }

    fn readings(&self, env: &dyn Env) -> Vec<Reading> {
        Reading::of("url", &self.url, env).into_iter().collect()
    }

    fn stops_short(&self) -> Option<&str> {
        Some(&self.why)
    }

    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let (endpoints, tls) = self.dialled(attempt.env())?;
            let several = endpoints.len() > 1;
            let mut reached = false;
            let mut first_fault = None;
            for endpoint in endpoints {
                attempt.for_host(several.then(|| endpoint.host.to_string()));
                // The kinds that end where this one ends.
                let (kind, scheme) = if tls { (tls::KIND, "tls") } else { (tcp::KIND, "tcp") };
                let check = (kind.from_url)(Value::literal(&format!("{scheme}://{endpoint}")));
                match check.run(attempt).await {
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
            ("https://hooks.example/s3cret", "https://hooks.example", &["hooks.example:443"]),
        ] {
            let check = Connection::new(Value::literal(url), String::new());
            assert_eq!(check.target(&env), target);
            let dialled: Vec<String> = check.endpoints(&env).iter().map(ToString::to_string).collect();
            assert_eq!(dialled, endpoints, "{url}");
        }
        for scheme in ["mongodb+srv", "tcp", "unheard", ""] {
            assert!(!Connection::knows(scheme), "{scheme}");
        }
        let broken = Connection::new(Value::Env("X".to_owned()), String::new());
        assert_eq!(broken.target(&MapEnv::with_vars(&[("X", "redis://:s3 cret@cache")])), "the variable X");
        assert!(broken.endpoints(&MapEnv::with_vars(&[("X", "s3cret://cache")])).is_empty());
    }
}
