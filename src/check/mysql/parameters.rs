//! Parameters of a URL that change the login. Clients read different ones; all others, and values that no client reads, are
//! ignored here.
//!
//! `mysql` and MySQL Shell: `ssl-mode`, `ssl-ca`. Connector/J: `sslMode`, `useSSL`, `requireSSL`, `user`, `password`. Go:
//! `tls`. PyMySQL, mysqlclient: `ssl_ca`, `ssl_verify_cert`, `ssl_verify_identity`. mysql2 of Node: `ssl={…}`. Prisma:
//! `sslaccept`, `sslcert`. Rails: `sslca`, `ssl_mode`. sqlx: `ssl-mode`, `ssl-ca`.

use super::words::SslMode;
use crate::net::tls::Pem;
use crate::secret::Secret;
use crate::value::Value;

/// What the parameters of one URL say.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) user: Option<String>,
    pub(super) password: Option<Secret>,
    pub(super) sslmode: Option<SslMode>,
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
            match name.to_ascii_lowercase().replace('-', "_").as_str() {
                // A URL in the place of a name would show a password.
                "user" if !text.contains("://") => read.user = Some(text.to_owned()),
                "password" => read.password = Some(value.clone()),
                "ssl_ca" | "sslca" | "sslrootcert" => read.ca = Some(value.clone()),
                "ssl_cert" | "sslcert" => read.cert = Some(value.clone()),
                "ssl_key" | "sslkey" => read.key = Some(value.clone()),
                name => read.sslmode = mode(name, text).or(read.sslmode),
            }
        }
        read
    }

    /// The file of the CA, as a key would name it.
    pub(super) fn ca(&self) -> Option<Pem> {
        pem(&self.ca)
    }

    /// The client certificate and its key.
    pub(super) fn identity(&self) -> Option<(Pem, Pem)> {
        pem(&self.cert).zip(pem(&self.key))
    }
}

fn pem(path: &Option<Secret>) -> Option<Pem> {
    path.clone().map(|path| Pem::new(Value::Literal(path)))
}

/// What a parameter of this name says about TLS.
fn mode(name: &str, value: &str) -> Option<SslMode> {
    let lower = value.to_ascii_lowercase().replace('-', "_");
    let (is_true, is_false) =
        (matches!(&*lower, "true" | "1" | "yes" | "on"), matches!(&*lower, "false" | "0" | "no" | "off"));
    match name {
        "ssl_mode" | "sslmode" => match &*lower {
            "disable" => Some(SslMode::Disabled),
            "prefer" => Some(SslMode::Preferred),
            "require" => Some(SslMode::Required),
            "verify_full" => Some(SslMode::VerifyIdentity),
            word => word.parse().ok(),
        },
        // Of Go, which verifies.
        "tls" if is_true => Some(SslMode::VerifyIdentity),
        "tls" if lower == "skip_verify" => Some(SslMode::Required),
        "tls" if lower == "preferred" => Some(SslMode::Preferred),
        "tls" | "ssl" | "usessl" if is_false => Some(SslMode::Disabled),
        "ssl" | "requiressl" if is_true => Some(SslMode::Required),
        "ssl" if lower.starts_with('{') => {
            Some(match lower.replace(' ', "").contains("\"rejectunauthorized\":false") {
                true => SslMode::Required,
                false => SslMode::VerifyIdentity,
            })
        }
        "sslaccept" if lower == "strict" => Some(SslMode::VerifyIdentity),
        "sslaccept" if lower == "accept_invalid_certs" => Some(SslMode::Required),
        "ssl_verify_identity" if is_true => Some(SslMode::VerifyIdentity),
        "ssl_verify_cert" | "verifyservercertificate" if is_true => Some(SslMode::VerifyCa),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;
    use crate::url::Url;

    fn read(query: &str) -> Parameters {
        Parameters::read(&Url::parse(&format!("mysql://db/shop{query}")).expect(query).query)
    }

    #[test]
    fn what_clients_read_is_read() {
        for (query, expected) in [
            ("?ssl-mode=REQUIRED", "Some(Required)"),
            ("?sslMode=VERIFY_IDENTITY", "Some(VerifyIdentity)"),
            ("?ssl_mode=verify-ca", "Some(VerifyCa)"),
            ("?sslmode=disable", "Some(Disabled)"),
            ("?sslmode=verify-full", "Some(VerifyIdentity)"),
            ("?tls=true", "Some(VerifyIdentity)"),
            ("?tls=skip-verify", "Some(Required)"),
            ("?tls=preferred", "Some(Preferred)"),
            ("?tls=false", "Some(Disabled)"),
            ("?ssl=true", "Some(Required)"),
            ("?useSSL=false", "Some(Disabled)"),
            ("?useSSL=true&requireSSL=true&verifyServerCertificate=true", "Some(VerifyCa)"),
            ("?ssl=%7B%22rejectUnauthorized%22:true%7D", "Some(VerifyIdentity)"),
            ("?ssl={\"rejectUnauthorized\":%20false}", "Some(Required)"),
            ("?sslaccept=strict", "Some(VerifyIdentity)"),
            ("?sslaccept=accept_invalid_certs", "Some(Required)"),
            ("?ssl_verify_identity=true", "Some(VerifyIdentity)"),
            // What no client reads changes nothing.
            ("?ssl-mode=sometimes&tls=custom&parseTime=true&charset=utf8mb4&pool=5", "None"),
            ("", "None"),
        ] {
            assert_eq!(format!("{:?}", read(query).sslmode), expected, "{query}");
        }
    }

    #[test]
    fn files_and_logins() {
        let read = read("?user=app&password=s%2Fecret&ssl-ca=/ca.pem&sslcert=/c.pem&sslkey=/k.pem");
        assert_eq!(read.user.as_deref(), Some("app"));
        assert_eq!(read.password.as_ref().map(|password| password.expose()), Some("s/ecret"));
        assert_eq!(read.ca().map(|ca| ca.value().origin()).as_deref(), Some("the file /ca.pem"));
        assert!(read.identity().is_some() && self::read("?sslcert=/c.pem").identity().is_none());
        assert_eq!(self::read("?user=mysql://app:s3cret@db").user, None);
    }
}
