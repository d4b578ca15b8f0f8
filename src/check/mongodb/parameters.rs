//! Parameters of a URL that change where it leads, as whom and how; all others are ignored here. Drivers do not mind
//! capitals in their names.
//!
//! Source: the drivers' specification "URI Options".

use super::words::{MechanismWord, Role};
use crate::check::tls_keys::TlsKeys;
use crate::net::tls::Pem;
use crate::secret::Secret;
use crate::value::Value;

/// What the parameters of one URL say.
#[derive(Debug, Clone, Default)]
pub(super) struct Parameters {
    pub(super) source: Option<String>,
    pub(super) mechanism: Option<MechanismWord>,
    pub(super) tls: Option<bool>,
    pub(super) set: Option<String>,
    pub(super) direct: Option<bool>,
    pub(super) load_balanced: bool,
    /// What `readPreference` cannot do without.
    pub(super) role: Option<Role>,
    /// The name of the SRV records' service.
    pub(super) service: Option<String>,
    /// What of the server's certificate is not to be verified.
    pub(super) leniency: Leniency,
    /// The key in the file of the client certificate is encrypted.
    pub(super) has_encrypted_key: bool,
    ca: Option<Secret>,
    identity: Option<Secret>,
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
    ///
    /// # Errors
    /// What no driver accepts.
    pub(super) fn read(query: &[(String, Secret)]) -> Result<Self, &'static str> {
        let mut read = Self::default();
        for (name, value) in query.iter().filter(|(_, value)| !value.expose().is_empty()) {
            let text = value.expose();
            // A URL in the place of a name would show a password.
            let word = || (!text.contains("://")).then(|| text.to_owned());
            match name.to_ascii_lowercase().as_str() {
                "authsource" => read.source = word(),
                "authmechanism" => read.mechanism = text.parse().ok(),
                "tls" | "ssl" => {
                    let wanted = boolean(text);
                    if wanted.is_some() && read.tls.is_some_and(|known| Some(known) != wanted) {
                        return Err("its `tls` and `ssl` contradict each other, so no driver accepts it");
                    }
                    read.tls = wanted.or(read.tls);
                }
                "replicaset" => read.set = word(),
                "directconnection" => read.direct = boolean(text).or(read.direct),
                "loadbalanced" => read.load_balanced = boolean(text) == Some(true),
                "readpreference" => read.role = Role::of_read_preference(text).or(read.role),
                "srvservicename" => read.service = word(),
                "tlscafile" | "sslcertificateauthorityfile" => read.ca = Some(value.clone()),
                "tlscertificatekeyfile" | "sslclientcertificatekeyfile" => read.identity = Some(value.clone()),
                "tlscertificatekeyfilepassword" | "sslclientcertificatekeypassword" => read.has_encrypted_key = true,
                "tlsinsecure" | "tlsallowinvalidcertificates" if boolean(text) == Some(true) => {
                    read.leniency = Leniency::All;
                }
                "tlsallowinvalidhostnames" if boolean(text) == Some(true) && read.leniency == Leniency::None => {
                    read.leniency = Leniency::Name;
                }
                _ => {}
            }
        }
        if read.direct == Some(true) && read.load_balanced {
            return Err("its `directConnection` and `loadBalanced` contradict each other, so no driver accepts it");
        }
        Ok(read)
    }

    /// Whether it cannot be what it is without TLS: an option for TLS turns it on.
    pub(super) const fn implies_tls(&self) -> bool {
        self.ca.is_some() || self.identity.is_some() || !matches!(self.leniency, Leniency::None)
    }

    /// The settings of TLS with what the keys leave open.
    pub(super) fn fill(&self, mut keys: TlsKeys) -> TlsKeys {
        let pem = |path: &Option<Secret>| path.clone().map(|path| Pem::new(Value::Literal(path)));
        keys.ca = keys.ca.or_else(|| pem(&self.ca));
        if keys.cert.is_none() {
            // One file has both.
            (keys.cert, keys.key) = (pem(&self.identity), pem(&self.identity));
        }
        keys.verify &= self.leniency != Leniency::All;
        keys
    }

    /// The options in a TXT record of a name with SRV records: those of the URL come first.
    ///
    /// # Errors
    /// What no driver accepts.
    pub(super) fn add_txt(&mut self, text: &str) -> Result<(), &'static str> {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name.to_ascii_lowercase().as_str() {
                "authsource" if !value.is_empty() => {
                    self.source = self.source.take().or_else(|| Some(value.to_owned()))
                }
                "replicaset" if !value.is_empty() => self.set = self.set.take().or_else(|| Some(value.to_owned())),
                "loadbalanced" => self.load_balanced |= boolean(value) == Some(true),
                _ => return Err("it has an option other than authSource, replicaSet and loadBalanced"),
            }
        }
        Ok(())
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Leniency, Parameters};
    use crate::check::mongodb::words::{Mechanism, MechanismWord, Role};
    use crate::check::tls_keys::TlsKeys;
    use crate::url::Url;

    fn read(query: &str) -> Result<Parameters, &'static str> {
        Parameters::read(&Url::parse(&format!("mongodb://db/shop{query}")).expect(query).query)
    }

    #[test]
    fn what_drivers_read_is_read() {
        let all = read("?authSource=users&authmechanism=SCRAM-SHA-256&tls=true&replicaSet=rs0&directConnection=false")
            .unwrap();
        assert_eq!((all.source.as_deref(), all.set.as_deref()), (Some("users"), Some("rs0")));
        assert_eq!(all.mechanism, Some(MechanismWord::Spoken(Mechanism::Sha256)));
        assert_eq!((all.tls, all.direct, all.load_balanced), (Some(true), Some(false), false));
        assert_eq!(read("?readPreference=secondary").unwrap().role, Some(Role::Secondary));
        assert_eq!(read("?ssl=true&tls=true").unwrap().tls, Some(true));
        assert_eq!(
            read("?ssl=false&tls=true").unwrap_err().split(',').next(),
            Some("its `tls` and `ssl` contradict each other")
        );
        assert!(read("?directConnection=true&loadBalanced=true").is_err());
        let none = read("?tls=maybe&retryWrites=true&w=majority&appName=shop&authSource=").unwrap();
        assert!(none.tls.is_none() && none.source.is_none() && !none.implies_tls());
        assert_eq!(read("?authSource=mongodb%3A%2F%2Fapp%3As3cret%40db").unwrap().source, None);
    }

    #[test]
    fn files_and_leniency() {
        let read = |query| read(query).expect("drivers accept it");
        let files = read("?tlsCAFile=/ca.pem&tlsCertificateKeyFile=/client.pem");
        let origins: Vec<String> = files.fill(TlsKeys::default()).values().iter().map(|value| value.origin()).collect();
        assert_eq!(origins, ["the file /ca.pem", "the file /client.pem", "the file /client.pem"]);
        assert!(files.implies_tls());
        assert_eq!(read("?tlsInsecure=true").leniency, Leniency::All);
        assert_eq!(read("?tlsAllowInvalidCertificates=true&tlsAllowInvalidHostnames=true").leniency, Leniency::All);
        assert_eq!(read("?tlsAllowInvalidHostnames=true").leniency, Leniency::Name);
        assert!(!read("?tlsInsecure=true").fill(TlsKeys::default()).verify);
        assert!(read("?tlsCertificateKeyFilePassword=x").has_encrypted_key);
    }

    #[test]
    fn a_txt_record_fills_what_the_url_leaves_open() {
        let mut parameters = read("?authSource=users").unwrap();
        parameters.add_txt("authSource=admin&replicaSet=rs0").unwrap();
        assert_eq!((parameters.source.as_deref(), parameters.set.as_deref()), (Some("users"), Some("rs0")));
        assert!(parameters.add_txt("ssl=false").is_err());
    }
}
