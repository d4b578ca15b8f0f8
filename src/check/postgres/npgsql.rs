//! Npgsql's `Host=db;Username=app;Password=…`, as ADO.NET's `DbConnectionStringBuilder` splits it.

use super::dsn::Pairs;
use crate::check::ado::{keyword, settings};
use crate::findings::Blame;
use crate::outcome::ValueDetail;
use crate::secret::Secret;

/// The error for a value that has a `;` and no quotes: Npgsql rejects it.
const BROKEN: &str =
    "it is a connection string of Npgsql, and other text is where a key belongs: a value with a `;` must be in quotes";
/// The error for an `SSL Mode` in libpq's spelling: Npgsql rejects it.
const MODE: &str = "it is a connection string of Npgsql, which rejects this SSL Mode: write VerifyCA or VerifyFull";

/// What is said of a string that its client rejects.
pub(super) fn rejected(says: impl Into<String>) -> Blame {
    Blame::with_detail(Some(ValueDetail::ConnectionString), says)
}

/// A keyword and its value.
pub(super) fn pair(name: &str, value: &str) -> (String, Secret) {
    (name.to_owned(), Secret::new(value.to_owned()))
}

/// Hosts with ports, separated by commas, as two lists; `port` is that of the hosts without one.
pub(super) fn servers(hosts: &str, port: &str) -> Pairs {
    let port = if port.is_empty() { "5432" } else { port };
    let split = |host: &str| match host.trim().rsplit_once(':') {
        // The sockets of Cloud SQL have colons in their names.
        _ if host.trim().starts_with('/') => (host.trim().to_owned(), port.to_owned()),
        Some((name, own)) if !own.contains(']') && (name.ends_with(']') || !name.contains(':')) => {
            (name.to_owned(), own.to_owned())
        }
        _ => (host.trim().to_owned(), port.to_owned()),
    };
    let (names, ports): (Vec<String>, Vec<String>) = hosts.split(',').map(split).unzip();
    vec![pair("host", &names.join(",")), pair("port", &ports.join(","))]
}

/// The keywords that such a string means; `None` where it is none, or a key is another database's.
pub(super) fn read(text: &str) -> Option<Result<Pairs, Blame>> {
    /// Of SQL Server, MySQL and ODBC.
    const FOREIGN: [&str; 17] = [
        "addr",
        "address",
        "allowloadlocalinfile",
        "allowpublickeyretrieval",
        "allowuservariables",
        "charset",
        "convertzerodatetime",
        "datasource",
        "driver",
        "encrypt",
        "initialcatalog",
        "integratedsecurity",
        "multipleactiveresultsets",
        "provider",
        "sslca",
        "treattinyasboolean",
        "trusted_connection",
    ];
    let (mut pairs, mut hosts, mut port) = (Pairs::new(), Secret::new(String::new()), Secret::new(String::new()));
    let Some(settings) = settings(text) else {
        let broken = is_sure(text).then(|| rejected(BROKEN));
        return broken.map(Err);
    };
    for (key, value) in settings {
        let text = value.expose();
        let known = match key.as_str() {
            "host" | "server" => {
                hosts = value;
                continue;
            }
            "port" => {
                port = value;
                continue;
            }
            "username" | "userid" | "uid" | "user" => "user",
            "password" | "psw" | "pwd" => "password",
            "database" | "db" => "dbname",
            "rootcertificate" => "sslrootcert",
            "applicationname" => "application_name",
            "options" => "options",
            "searchpath" => "search_path",
            "passfile" => "passfile",
            "sslmode" => {
                let mode = match text.to_ascii_lowercase().as_str() {
                    "verify-ca" | "verify-full" => return Some(Err(rejected(MODE))),
                    "verifyca" => "verify-ca",
                    "verifyfull" => "verify-full",
                    other => other,
                }
                .to_owned();
                pairs.push(pair("sslmode", &mode));
                continue;
            }
            "channelbinding" | "gssencryptionmode" | "targetsessionattributes" => {
                let name = match key.as_str() {
                    "channelbinding" => "channel_binding",
                    "gssencryptionmode" => "gssencmode",
                    _ => "target_session_attrs",
                };
                let word = text.to_ascii_lowercase();
                let any = name == "target_session_attrs" && word.starts_with("prefer");
                pairs.push(pair(name, if any { "any" } else { &word }));
                continue;
            }
            // It may be a PFX file.
            "sslcertificate" | "sslkey" => return None,
            foreign if FOREIGN.contains(&foreign) => return None,
            _ => continue,
        };
        pairs.push((known.to_owned(), value));
    }
    if hosts.expose().is_empty() || pairs.is_empty() {
        return None;
    }
    pairs.extend(servers(hosts.expose(), port.expose()));
    Some(Ok(pairs))
}

/// Whether a string that stands anywhere is Npgsql's, and no other client's: those of ClickHouse, MySQL, RabbitMQ and SQL
/// Server for .NET share its keys. Its documentation writes `Host` and `Username`.
pub(super) fn is_sure(text: &str) -> bool {
    const PORTS: [&str; 5] = ["5432", "5433", "6432", "6543", "26257"];
    const OF_OTHERS: [&str; 8] = ["1433", "1521", "3306", "5671", "5672", "8123", "9000", "9440"];
    const OF_RABBIT: [&str; 4] = ["prefetchcount", "publisherconfirms", "requestedheartbeat", "virtualhost"];
    let pairs =
        || text.split(';').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (keyword(key), value.trim()));
    let value = |names: &[&str]| pairs().find(|(key, _)| names.contains(&key.as_str())).map(|(_, value)| value);
    let has = |names: &[&str]| value(names).is_some();
    let port = value(&["port"]);
    // The users that RabbitMQ and ClickHouse come with.
    let is_named = has(&["host"]) && value(&["username"]).is_some_and(|user| !matches!(user, "guest" | "default"));
    let is_usual = port.is_some_and(|port| PORTS.contains(&port))
        || is_named && !port.is_some_and(|port| OF_OTHERS.contains(&port));
    let names_both = has(&["host", "server"]) && has(&["username", "userid", "uid"]);
    names_both && is_usual && !has(&OF_RABBIT) && !text.contains("://")
}

#[cfg(test)]
mod tests {
    use super::{is_sure, read};

    #[test]
    fn only_what_no_other_client_writes_is_npgsqls() {
        for text in [
            "Host=db;Database=app;Username=u;Password=p",
            "host = db ; username = u",
            "Server=db;Port=5432;User Id=u;Password=p;Database=app",
            "Host=db;Username=u;Password=a;b;Database=app",
            "Host=db;Port=15432;Username=u;Password=p",
            "Host=db;Port=6543;Username=u;SSL Mode=Require;Trust Server Certificate=true",
        ] {
            assert!(is_sure(text), "{text}");
        }
        for text in [
            "Server=db;Database=app;User Id=u;Password=p",
            "Server=db;Uid=u;Pwd=p;Database=app",
            "Server=db;Port=3306;User ID=u;Password=p;Database=app",
            "Host=db;Port=3306;Username=u;Password=p",
            "Data Source=db,1433;Initial Catalog=app;User ID=u;Password=p",
            "host=mq;username=guest;password=guest",
            "host=mq;virtualHost=/;username=u;password=p",
            "Host=ch;Port=8123;Username=default;Password=;Database=default",
            "Host=ch;Username=default;Password=;Database=default",
            "Host=db;Database=app",
            "s3cret",
            "",
        ] {
            assert!(!is_sure(text), "{text}");
        }
    }

    /// What Npgsql throws at start is wrong for the app too.
    #[test]
    fn what_npgsql_refuses_is_said() {
        for (text, says) in [
            ("Host=db;Username=u;Password=a;s3;Database=x", "a value with a `;` must be in quotes"),
            ("Host=db;Username=u;Password='s3", "a value with a `;` must be in quotes"),
            ("Host=db;Username=u;Password=p;SSL Mode=verify-full", "write VerifyCA or VerifyFull"),
        ] {
            let blame = read(text).expect("it is one").expect_err(text);
            assert!(blame.cause.slug() == "url_malformed" && blame.message.contains(says), "{text}: {blame:?}");
            assert!(!blame.message.contains("s3"), "{text}");
        }
        for text in ["Host=db;Username=u;Password='a;b'", "Host=db;Username=u;Password=p;SSL Mode=VerifyFull"] {
            assert!(read(text).expect("it is one").is_ok(), "{text}");
        }
    }
}
