//! Parameters of a URL that change the login. Clients read different ones; a finding (`findings::urls`) names the clients
//! that ignore or reject a parameter. All other parameters, such as those of pools and timeouts, and values that no client
//! reads are ignored here.
//!
//! redis-py, Celery: `username`, `password`, `db`, `ssl_…` (of a socket: `virtual_host`). ioredis: `username`, `password`, `db`, `tls`. Predis: `password`,
//! `database`. Vert.x: `user`, `password`, `db`. go-redis: `db`, `skip_verify`. Lettuce: `database`, `verifyPeer`.
//! `ServiceStack`: `ssl`, `db`, `password`.

use super::database::Database;
use crate::check::tls_keys::TlsKeys;
use crate::net::tls::Pem;
use crate::secret::Secret;
use crate::value::Value;

/// What the parameters of one URL say.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) database: Option<Database>,
    /// The same as Celery names it in the URL of a socket.
    pub(super) of_celery: Option<Database>,
    /// Whether one asks for TLS.
    pub(super) tls: bool,
    /// What of the server's certificate is not to be verified.
    pub(super) leniency: Leniency,
    ca: Option<Secret>,
    cert: Option<Secret>,
    key: Option<Secret>,
}

/// What of the server's certificate is not to be verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Leniency {
    /// Everything is.
    #[default]
    None,
    /// The name.
    Name,
    /// Anything.
    All,
}

impl Parameters {
    /// Reads the decoded pairs. The last one of a name counts, and an empty one is none.
    pub(super) fn read(query: &[(String, Secret)]) -> Self {
        let mut read = Self::default();
        for (name, value) in query.iter().filter(|(_, value)| !value.expose().is_empty()) {
            let text = value.expose();
            let lower = text.to_ascii_lowercase();
            match name.as_str() {
                // A URL in the place of a name would show a password.
                "username" | "user" if !text.contains("://") => read.user = Some(text.to_owned()),
                "password" => read.password = Some(value.clone()),
                "db" | "database" => read.database = text.parse().ok().or(read.database),
                "virtual_host" => read.of_celery = text.parse().ok(),
                "ssl" | "tls" => read.tls |= is_true(&lower),
                "ssl_cert_reqs" if matches!(lower.as_str(), "none" | "cert_none") => read.leniency = Leniency::All,
                "skip_verify" if is_true(&lower) => read.leniency = Leniency::All,
                "verifypeer" | "verifyPeer" => match lower.as_str() {
                    "none" => read.leniency = Leniency::All,
                    "ca" => read.weaken(),
                    _ => {}
                },
                "ssl_check_hostname" if matches!(lower.as_str(), "0" | "f" | "false" | "n" | "no") => read.weaken(),
                "ssl_ca_certs" => read.ca = Some(value.clone()),
                "ssl_certfile" => read.cert = Some(value.clone()),
                "ssl_keyfile" => read.key = Some(value.clone()),
                _ => {}
            }
        }
        read
    }

    /// The name is not verified; what asks for less still counts.
    fn weaken(&mut self) {
        if self.leniency == Leniency::None {
            self.leniency = Leniency::Name;
        }
    }

    /// The settings of TLS with what the keys leave open.
    pub(super) fn fill(&self, mut keys: TlsKeys) -> TlsKeys {
        let pem = |path: &Option<Secret>| path.clone().map(|path| Pem::new(Value::Literal(path)));
        keys.ca = keys.ca.or_else(|| pem(&self.ca));
        if keys.cert.is_none()
            && let (Some(cert), Some(key)) = (&self.cert, self.key.as_ref().or(self.cert.as_ref()))
        {
            (keys.cert, keys.key) = (pem(&Some(cert.clone())), pem(&Some(key.clone())));
        }
        keys.verify &= self.leniency != Leniency::All;
        keys
    }
}

/// As the clients' readers of booleans have it.
fn is_true(lower: &str) -> bool {
    matches!(lower, "1" | "t" | "true" | "y" | "yes" | "on")
}

#[cfg(test)]
mod tests {
    use super::{Leniency, Parameters};
    use crate::check::redis::database::Database;
    use crate::check::tls_keys::TlsKeys;
    use crate::url::Url;

    fn read(query: &str) -> Parameters {
        Parameters::read(&Url::parse(&format!("rediss://cache{query}")).expect(query).query)
    }

    #[test]
    fn what_clients_read_is_read() {
        for (query, expected) in [
            ("?password=s3%2Fcret", "- s3/cret - false None"),
            ("?username=app&password=s3cret&db=2", "app s3cret 2 false None"),
            ("?user=app&database=2", "app - 2 false None"),
            ("?ssl=true", "- - - true None"),
            ("?tls=True&ssl=false", "- - - true None"),
            ("?ssl_cert_reqs=none", "- - - false All"),
            ("?ssl_cert_reqs=CERT_NONE&ssl_check_hostname=true", "- - - false All"),
            ("?ssl_cert_reqs=required&ssl_check_hostname=False", "- - - false Name"),
            ("?ssl_cert_reqs=CERT_OPTIONAL", "- - - false None"),
            ("?skip_verify=true", "- - - false All"),
            ("?verifyPeer=CA", "- - - false Name"),
            ("?verifyPeer=FULL", "- - - false None"),
            // What no client reads changes nothing.
            ("?db=many&ssl_cert_reqs=maybe&tls=perhaps&username=redis://x&password=", "- - - false None"),
            ("?protocol=3&dial_timeout=5s&pool_size=10&family=6&timeout=2s&virtual_host=1", "- - - false None"),
            ("", "- - - false None"),
        ] {
            let read = read(query);
            let password = read.password.as_ref().map_or("-", |password| password.expose());
            let database = read.database.map_or_else(|| "-".to_owned(), |Database(number)| number.to_string());
            let user = read.user.as_deref().unwrap_or("-");
            let shown = format!("{user} {password} {database} {} {:?}", read.tls, read.leniency);
            assert_eq!(shown, expected, "{query}");
        }
    }

    #[test]
    fn keys_override_parameters() {
        let read = read("?ssl_ca_certs=/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem&ssl_cert_reqs=none");
        let filled = read.fill(TlsKeys::default());
        let origins: Vec<String> = filled.values().iter().map(|value| value.origin()).collect();
        assert_eq!(origins, ["the file /ca.pem", "the file /c.pem", "the file /k.pem"]);
        assert!(!filled.verify && read.leniency == Leniency::All);
        let own = TlsKeys { ca: filled.cert.clone(), ..TlsKeys::default() };
        assert_eq!(read.fill(own).values()[0].origin(), "the file /c.pem");
    }
}
