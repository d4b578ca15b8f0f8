//! Connection strings of `MySqlConnector` and MySQL's own client for .NET: `Server=db;Port=3306;User ID=app;Password=…`.

use zeroize::Zeroizing;

use crate::check::ado::settings;
use crate::check::server_keys::Form;
use crate::mask::percent_encode;

/// Such a string as a URL; `None` for any other text, and where it may be meant for another database: other clients of .NET
/// share most of its keys.
pub(super) fn form(text: &str) -> Option<Form> {
    const OF_MYSQL: [&str; 6] = [
        "allowloadlocalinfile",
        "allowpublickeyretrieval",
        "allowuservariables",
        "allowzerodatetime",
        "convertzerodatetime",
        "treattinyasboolean",
    ];
    let encoded = |text: &str| Zeroizing::new(percent_encode(text));
    let (mut host, mut port, mut user, mut password, mut database) = Default::default();
    let (mut parameters, mut is_sure) = (Zeroizing::new(String::new()), false);
    for (key, value) in settings(text)? {
        let value = value.expose();
        let mut parameter = |name: &str, value: &str| parameters.push_str(&format!("&{name}={}", *encoded(value)));
        match key.as_str() {
            "server" | "host" | "datasource" | "address" | "addr" | "networkaddress" => host = value.to_owned(),
            "port" => {
                is_sure |= value == "3306";
                port = format!(":{}", *encoded(value));
            }
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
            known => is_sure |= OF_MYSQL.contains(&known),
        }
    }
    if !is_sure || host.is_empty() || user.is_empty() {
        return None;
    }
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let query = parameters.get(1..).map_or(String::new(), |parameters| format!("?{parameters}"));
    let url = Zeroizing::new(format!("mysql://{}:{}@{host}{port}/{}{query}", *user, *password, *database));
    Some(Form { url, tls: false, socket: None })
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn only_what_no_other_client_writes_is_read() {
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
            ("Server=db;User ID=app;Password=x;Database=shop", None),
            ("Server=db;Port=5432;User ID=app;Password=x;Database=shop", None),
            ("DataSource=db;User=SYSDBA;Password=x;Port=3050;Charset=NONE", None),
            ("Server=db;Port=3306;Database=shop", None),
            ("Server=db;Port=3306;User ID=app;Certificate File=/a.pfx", None),
            ("mysql://app:x@db/shop?a=b;c=d", None),
            ("s3cret", None),
        ] {
            assert_eq!(form(text).as_ref().map(|form| form.url.as_str()), expected, "{text}");
        }
    }
}
