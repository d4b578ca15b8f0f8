//! Parameters of a URL that change the login. Clients read different ones; all others, such as `heartbeat`, and values that no
//! client reads, are ignored here.
//!
//! The Erlang client, Shovel, amqp091-go, lapin: `cacertfile`, `certfile`, `keyfile`, `verify`, `server_name_indication`,
//! `auth_mechanism`. aio-pika: `cafile`, `no_verify_ssl`, `auth`.

use super::auth::Auth;
use crate::check::tls_keys::TlsKeys;
use crate::net::tls::Pem;
use crate::secret::Secret;
use crate::url::Host;
use crate::value::{Setting, Value};

/// What the parameters of one URL say.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) auth: Option<Auth>,
    server_name: Option<Host>,
    skips_verification: bool,
    ca: Option<Secret>,
    cert: Option<Secret>,
    key: Option<Secret>,
}

impl Parameters {
    /// Reads the decoded pairs. The last one of a name counts, and an empty one is none.
    pub(super) fn read(query: &[(String, Secret)]) -> Self {
        let mut read = Self::default();
        for (name, value) in query.iter().filter(|(_, value)| !value.expose().is_empty()) {
            let text = value.expose();
            match name.as_str() {
                "auth_mechanism" | "auth" => read.auth = text.parse().ok().or(read.auth),
                "cacertfile" | "cafile" => read.ca = Some(value.clone()),
                "certfile" => read.cert = Some(value.clone()),
                "keyfile" => read.key = Some(value.clone()),
                "server_name_indication" => read.server_name = Host::parse(text).ok().or(read.server_name),
                "verify" if text == "verify_none" => read.skips_verification = true,
                "no_verify_ssl" if matches!(text, "1" | "true" | "True") => read.skips_verification = true,
                _ => {}
            }
        }
        read
    }

    /// The settings of TLS with what the keys leave open.
    pub(super) fn fill(&self, mut keys: TlsKeys) -> TlsKeys {
        let pem = |path: &Option<Secret>| path.clone().map(|path| Pem::new(Value::Literal(path)));
        keys.ca = keys.ca.or_else(|| pem(&self.ca));
        if keys.cert.is_none() && self.cert.is_some() && self.key.is_some() {
            (keys.cert, keys.key) = (pem(&self.cert), pem(&self.key));
        }
        keys.server_name = keys.server_name.or_else(|| self.server_name.clone().map(Setting::Known));
        keys.verify &= !self.skips_verification;
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;
    use crate::check::tls_keys::TlsKeys;
    use crate::url::Url;

    fn read(query: &str) -> Parameters {
        Parameters::read(&Url::parse(&format!("amqps://broker/shop{query}")).expect(query).query)
    }

    #[test]
    fn what_clients_read_is_read() {
        for (query, expected) in [
            ("?auth_mechanism=external", "Some(External) true"),
            ("?auth=EXTERNAL&verify=verify_none", "Some(External) false"),
            ("?auth_mechanism=PLAIN&auth_mechanism=magic", "Some(Plain) true"),
            ("?no_verify_ssl=1", "None false"),
            ("?verify=verify_peer&no_verify_ssl=0&heartbeat=30&channel_max=8&vhost=other", "None true"),
            ("", "None true"),
        ] {
            let read = read(query);
            let keys = read.fill(TlsKeys::default());
            assert_eq!(format!("{:?} {}", read.auth, keys.verify), expected, "{query}");
        }
    }

    #[test]
    fn keys_override_parameters() {
        let read = read("?cacertfile=/ca.pem&certfile=/c.pem&keyfile=/k.pem&server_name_indication=broker.lab");
        let filled = read.fill(TlsKeys::default());
        let origins: Vec<String> = filled.values().iter().map(|value| value.origin()).collect();
        assert_eq!(origins, ["the file /ca.pem", "the file /c.pem", "the file /k.pem"]);
        assert_eq!(format!("{:?}", filled.server_name), r#"Some(Known(Name("broker.lab")))"#);
        let own = TlsKeys { ca: filled.cert.clone(), ..TlsKeys::default() };
        assert_eq!(read.fill(own).values()[0].origin(), "the file /c.pem");
        assert!(self::read("?certfile=/c.pem").fill(TlsKeys::default()).cert.is_none());
    }
}
