//! Connection strings of `MySqlConnector` and MySQL's own client for .NET: `Server=db;Port=3306;User ID=app;Password=…`.

use crate::check::ado::settings;
use crate::check::server_keys::UrlParts;
use crate::secret::Secret;

/// What such a string says; `None` for any other text, and where it may be meant for another database: other clients of .NET
/// share most of its keys.
pub(super) fn read(text: &str) -> Option<UrlParts> {
    const OF_MYSQL: [&str; 6] = [
        "allowloadlocalinfile",
        "allowpublickeyretrieval",
        "allowuservariables",
        "allowzerodatetime",
        "convertzerodatetime",
        "treattinyasboolean",
    ];
    let (mut parts, mut is_sure) = (UrlParts::new(), false);
    for (key, value) in settings(text)? {
        let name = match key.as_str() {
            "server" | "host" | "datasource" | "address" | "addr" | "networkaddress" => "host",
            "port" => {
                is_sure |= value.expose() == "3306";
                "port"
            }
            "userid" | "username" | "uid" | "user" => "user",
            "password" | "pwd" => "password",
            "database" | "initialcatalog" => "path",
            "sslmode" => {
                let mode = match value.expose().to_ascii_lowercase().as_str() {
                    "none" => "disabled",
                    "verifyca" => "verify_ca",
                    "verifyfull" => "verify_identity",
                    other => other,
                }
                .to_owned();
                parts.push(("sslmode", Secret::new(mode)));
                continue;
            }
            "sslca" | "cacertificatefile" => "ssl_ca",
            "sslcert" => "ssl_cert",
            "sslkey" => "ssl_key",
            // A PFX file, or a pipe.
            "certificatefile" | "pipename" | "pipe" | "protocol" | "connectionprotocol" => return None,
            known => {
                is_sure |= OF_MYSQL.contains(&known);
                continue;
            }
        };
        parts.push((name, value));
    }
    let has = |name: &str| parts.iter().any(|(known, value)| *known == name && !value.expose().is_empty());
    (is_sure && has("host") && has("user")).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn only_what_no_other_client_writes_is_read() {
        let shown = |text: &str| {
            let parts = read(text)?;
            Some(parts.iter().map(|(name, value)| format!("[{name}:{}]", value.expose())).collect::<String>())
        };
        for (text, expected) in [
            (
                "Server=db;Port=3306;User ID=app;Password='p;w';Database=shop;SslMode=VerifyFull",
                Some("[host:db][port:3306][user:app][password:p;w][path:shop][sslmode:verify_identity]"),
            ),
            (
                "server=db;uid=app;pwd=x;port=3307;AllowUserVariables=true;SslMode=None",
                Some("[host:db][user:app][password:x][port:3307][sslmode:disabled]"),
            ),
            ("Server=db;User ID=app;Password=x;Database=shop", None),
            ("Server=db;Port=5432;User ID=app;Password=x;Database=shop", None),
            ("DataSource=db;User=SYSDBA;Password=x;Port=3050;Charset=NONE", None),
            ("Server=db;Port=3306;Database=shop", None),
            ("Server=db;Port=3306;User ID=app;Certificate File=/a.pfx", None),
            ("mysql://app:x@db/shop?a=b;c=d", None),
            ("s3cret", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
    }
}
