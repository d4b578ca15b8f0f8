//! The parameters of a URL: the names that clients and tools give to Kafka's own settings. A name that nobody reads changes
//! nothing.

use super::words::{Mechanism, SecurityProtocol};
use crate::secret::Secret;

/// What the parameters say.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) mechanism: Option<Mechanism>,
    pub(super) protocol: Option<SecurityProtocol>,
    /// `tls=true`.
    pub(super) tls: bool,
}

impl Parameters {
    /// Reads them: capitals, `.`, `_` and `-` in a name do not matter.
    pub(super) fn read(query: &[(String, Secret)]) -> Self {
        let mut found = Self::default();
        for (name, value) in query {
            let name: String = name.chars().filter(|c| !matches!(c, '.' | '_' | '-')).collect();
            let value = value.expose();
            match &*name.to_ascii_lowercase() {
                "username" | "user" | "saslusername" | "sasluser" if !value.is_empty() && !value.contains("://") => {
                    found.user = Some(value.to_owned());
                }
                "password" | "saslpassword" if !value.is_empty() => {
                    found.password = Some(Secret::new(value.to_owned()))
                }
                "mechanism" | "saslmechanism" | "saslmechanisms" | "authmechanism" => {
                    found.mechanism = value.parse().ok()
                }
                "securityprotocol" | "protocol" => found.protocol = value.parse().ok(),
                "tls" | "ssl" | "tlsenabled" | "usetls" => {
                    found.tls |= matches!(&*value.to_ascii_lowercase(), "true" | "1" | "yes" | "on");
                }
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;
    use crate::check::kafka::words::Mechanism;
    use crate::url::Url;

    #[test]
    fn what_clients_read_is_read() {
        for (query, expected) in [
            ("?sasl.mechanism=SCRAM-SHA-512&security.protocol=SASL_SSL", "- - SCRAM-SHA-512 true"),
            ("?authMechanism=scram-sha-256", "- - SCRAM-SHA-256 false"),
            ("?sasl_username=app&sasl_password=s3%2Fcret&mechanism=plain&tls=true", "app s3/cret PLAIN true"),
            ("?security_protocol=SSL", "- - - true"),
            ("?mechanism=none&security.protocol=x&ssl=maybe&username=a://b&password=&acks=all", "- - - false"),
            ("", "- - - false"),
        ] {
            let read = Parameters::read(&Url::parse(&format!("kafka://b{query}")).expect(query).query);
            let password = read.password.as_ref().map_or("-", |password| password.expose());
            let tls = read.tls || read.protocol.is_some_and(|protocol| protocol.tls);
            let mechanism = read.mechanism.map_or("-", Mechanism::name);
            assert_eq!(
                format!("{} {password} {mechanism} {tls}", read.user.as_deref().unwrap_or("-")),
                expected,
                "{query}"
            );
        }
    }
}
