//! Connection strings of `MySqlConnector` and MySQL's own client for .NET: `Server=db;Port=3306;User ID=app;Password=…`.

use zeroize::Zeroizing;

use crate::check::ado::settings;
use crate::check::server_keys::Form;
use crate::mask::percent_encode;
use crate::secret::Secret;

/// Whether only a client of MySQL takes such a string: other clients of .NET share most of its keys.
pub(super) fn is_sure(text: &str) -> bool {
    const OF_MYSQL: [&str; 6] = [
        "allowloadlocalinfile",
        "allowpublickeyretrieval",
        "allowuservariables",
        "allowzerodatetime",
        "convertzerodatetime",
        "treattinyasboolean",
    ];
    let is_its = |(key, value): &(String, Secret)| {
        OF_MYSQL.contains(&key.as_str()) || (key == "port" && value.expose() == "3306")
    };
    form(text).is_some() && settings(text).is_some_and(|settings| settings.iter().any(is_its))
}

/// Such a string as a URL; `None` for any other text, and for one that is of another server for sure.
pub(super) fn form(text: &str) -> Option<Form> {
    let encoded = |text: &str| Zeroizing::new(percent_encode(text));
    let (mut host, mut port, mut user, mut password, mut database) = Default::default();
    let mut parameters = Zeroizing::new(String::new());
    for (key, value) in settings(text)? {
        let value = value.expose();
        let mut parameter = |name: &str, value: &str| parameters.push_str(&format!("&{name}={}", *encoded(value)));
        match key.as_str() {
            "server" | "host" | "datasource" | "address" | "addr" | "networkaddress" => host = value.to_owned(),
            "port" => port = format!(":{}", *encoded(value)),
            "userid" | "username" | "uid" | "user" => user = encoded(value),
            "password" | "pwd" => password = encoded(value),
            "database" | "initialcatalog" => database = encoded(value),
            "sslmode" => {
                let mode = value.to_ascii_lowercase();
                parameter(
                    "sslmode",
                    match mode.as_str() {
                        "none" => "disabled",
                        "verifyca" => "verify_ca",
                        "verifyfull" => "verify_identity",
                        other => other,
                    },
                );
            }
            "sslca" | "cacertificatefile" => parameter("ssl_ca", value),
            "sslcert" => parameter("ssl_cert", value),
            "sslkey" => parameter("ssl_key", value),
            // A PFX file, or a pipe.
            "certificatefile" | "pipename" | "pipe" | "protocol" | "connectionprotocol" => return None,
            // Of SQL Server, and of brokers.
            "trustservercertificate" | "multipleactiveresultsets" | "virtualhost" => return None,
            _ => {}
        }
    }
    if host.is_empty() {
        return None;
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let query = parameters.get(1..).map_or(String::new(), |parameters| format!("?{parameters}"));
    let url = Zeroizing::new(format!("mysql://{}:{}@{host}{port}/{}{query}", *user, *password, *database));
    Some(Form { url, tls: false, socket: None })
}

#[cfg(test)]
mod tests {
    use super::{form, is_sure};

    #[test]
    fn what_no_other_client_writes_is_sure() {
        for (text, expected) in [
            (
                "Server=db;Port=3306;User ID=app;Password='p;w';Database=shop;SslMode=VerifyFull",
                Some("mysql://app:p%3bw@db:3306/shop?sslmode=verify_identity"),
            ),
            (
                "server=db;uid=app;pwd=x;port=3307;AllowUserVariables=true;SslMode=None",
                Some("mysql://app:x@db:3307/?sslmode=disabled"),
            ),
            (
                "Server=::1;Uid=app;Port=3306;Ssl Ca=/tls/ca.pem;Pwd=x@y/z;SslMode=VerifyCA",
                Some("mysql://app:x%40y%2fz@[::1]:3306/?ssl_ca=%2ftls%2fca.pem&sslmode=verify_ca"),
            ),
            ("Server=db;TrustServerCertificate=true;User ID=app;Password=x;Port=3306", None),
            ("host=mq;virtualHost=/;username=app;password=x", None),
            ("Server=db;Port=3306;User ID=app;Certificate File=/a.pfx", None),
            ("mysql://app:x@db/shop?a=b;c=d", None),
            ("s3cret", None),
        ] {
            assert_eq!(form(text).as_ref().map(|form| form.url.as_str()), expected, "{text}");
            assert_eq!(is_sure(text), expected.is_some(), "{text}");
        }
        for (text, expected) in [
            ("Server=db;Port=23306;User=app;Password=x;Database=shop", "mysql://app:x@db:23306/shop"),
            ("Server=db;User ID=app;Password=x;Database=shop", "mysql://app:x@db/shop"),
            ("DataSource=db;User=SYSDBA;Password=x;Port=3050;Charset=NONE", "mysql://SYSDBA:x@db:3050/"),
        ] {
            assert_eq!(form(text).map(|form| form.url.to_string()).as_deref(), Some(expected));
            assert!(!is_sure(text), "{text}");
        }
    }
}
