//! Connection strings that are no URL and that no kind reads: who does.

use crate::findings::Blame;
use crate::outcome::ValueDetail;
use crate::url::{Endpoint, Host};

const ADO: &str = "a connection string of ADO.NET (Key=Value;…)";
const STACK_EXCHANGE: &str = "a connection string of StackExchange.Redis (host:port,key=value,…)";
const GO_MYSQL: &str = "a DSN of Go's MySQL driver";

/// Whose form a connection string has, where it has one; `None` for any other text.
#[must_use]
pub fn dialect(text: &str) -> Option<&'static str> {
    if text.starts_with("jdbc:") {
        return Some("a JDBC URL");
    }
    if is_pdo(text) {
        return Some("a DSN of PHP's PDO (driver:key=value;…)");
    }
    if is_key_value_list(text) {
        return Some(ADO);
    }
    if is_stack_exchange(text) {
        return Some(STACK_EXCHANGE);
    }
    let (login, address) = text.split_once('@')?;
    let of_go = ["tcp(", "unix("].iter().any(|form| address.starts_with(form)) && address.contains(")/");
    (of_go && login.contains(':')).then_some(GO_MYSQL)
}

/// The kind and the keys of a check that says the same as such a text, where the text tells the server's protocol.
#[must_use]
pub fn keys_for(text: &str) -> Option<&'static str> {
    const MYSQL: &str = "`mysql: {host: …, user: …, password: …, database: …}`";
    const POSTGRES: &str = "`postgres: {host: …, user: …, password: …, database: …}`";
    let lower = text.to_ascii_lowercase();
    let starts = |starts: &[&str]| starts.iter().any(|start| lower.starts_with(start));
    if starts(&["jdbc:mysql:", "jdbc:mariadb:"]) || lower.starts_with("mysql:") && is_pdo(text) {
        return Some(MYSQL);
    }
    if starts(&["jdbc:postgresql:"]) || lower.starts_with("pgsql:") && is_pdo(text) {
        return Some(POSTGRES);
    }
    match dialect(text)? {
        STACK_EXCHANGE => Some("`redis: {host: …, password: …}`"),
        GO_MYSQL => Some(MYSQL),
        ADO if lower.split(';').any(|pair| pair.trim_start().starts_with("virtualhost=")) => {
            Some("`amqp: {host: …, user: …, password: …, vhost: …}`")
        }
        _ => None,
    }
}

/// What is said of a text in a form that is not read (`what`), with what to write in its place where that is known.
#[must_use]
pub fn not_read(what: String, text: &str) -> Blame {
    match keys_for(text) {
        Some(keys) => Blame::with_detail(Some(ValueDetail::NotWritten), format!("{what}: write {keys}")),
        None => Blame::with_detail(Some(ValueDetail::NotRead), what),
    }
}

/// What a text is that only names a server, as some apps take it; `None` for any other text. A word alone may be anything:
/// ask only where nothing else is known to be wrong with it.
#[must_use]
pub fn bare_address(text: &str) -> Option<&'static str> {
    let named =
        |host: &Host| matches!(host, Host::Ip(_)) || host.to_string().contains(|c: char| c.is_ascii_alphabetic());
    if Host::parse(text).is_ok_and(|host| named(&host)) {
        return Some("a bare host");
    }
    let place = text.split('/').next().unwrap_or(text);
    let path = text[place.len()..].trim_start_matches('/');
    let is_path = !path.contains(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let is_one = |place: &str| Endpoint::parse(place).is_ok_and(|endpoint| named(&endpoint.host));
    (is_path && place.split(',').all(is_one)).then_some("a bare host and port")
}

/// `pgsql:host=db;dbname=app`, of which the text before the colon names a driver of PDO.
fn is_pdo(text: &str) -> bool {
    const DRIVERS: [&str; 9] = ["cubrid", "dblib", "firebird", "informix", "mysql", "oci", "odbc", "pgsql", "sqlsrv"];
    text.split_once(':').is_some_and(|(driver, rest)| {
        DRIVERS.contains(&driver) && rest.split_once('=').is_some_and(|(key, _)| is_word(key.trim()))
    })
}

/// `cache:6379,password=…,ssl=True`: servers, then options of which one is known.
fn is_stack_exchange(text: &str) -> bool {
    const OPTIONS: [&str; 12] = [
        "abortconnect",
        "allowadmin",
        "connectretry",
        "connecttimeout",
        "defaultdatabase",
        "name",
        "password",
        "servicename",
        "ssl",
        "sslhost",
        "synctimeout",
        "user",
    ];
    let mut parts = text.split(',').map(str::trim);
    let is_server = |part: &str| Host::parse(part).is_ok() || Endpoint::parse(part).is_ok();
    let option = |part: &str| part.split_once('=').map(|(key, _)| key.trim().to_ascii_lowercase());
    parts.next().is_some_and(is_server) && parts.filter_map(option).any(|key| OPTIONS.contains(&key.as_str()))
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_'))
}

/// `Server=db;Database=app;User Id=app;…`, of which one key names a server.
fn is_key_value_list(text: &str) -> bool {
    const SERVERS: [&str; 6] = ["server", "host", "data source", "datasource", "address", "addr"];
    let pairs = || text.split(';').filter(|pair| !pair.trim().is_empty());
    let key = |pair: &str| pair.split_once('=').map(|(key, _)| key.trim().to_ascii_lowercase());
    pairs().count() > 1
        && pairs().all(|pair| key(pair).is_some_and(|key| is_word(&key)))
        && pairs().filter_map(key).any(|key| SERVERS.contains(&key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{bare_address, dialect, keys_for};

    #[test]
    fn forms_of_other_clients_are_known_and_any_other_text_is_not() {
        for (text, expected) in [
            ("Server=db;Database=app;User Id=app;Password=s3cret;", Some("a connection string of ADO.NET")),
            ("Host=db;Username=app;Password=a=b;Database=app", Some("a connection string of ADO.NET")),
            (
                "Data Source=db,1433;Initial Catalog=app;Integrated Security=true",
                Some("a connection string of ADO.NET"),
            ),
            ("app:s3cret@tcp(db:3306)/app?parseTime=true", Some("a DSN of Go's MySQL driver")),
            ("pgsql:host=db;port=5432;dbname=app", Some("a DSN of PHP's PDO")),
            ("mysql:host=db;dbname=app", Some("a DSN of PHP's PDO")),
            ("sqlsrv:Server=db,1433;Database=app", Some("a DSN of PHP's PDO")),
            (
                "cache:6379,password=s3cret,ssl=True,abortConnect=False",
                Some("a connection string of StackExchange.Redis"),
            ),
            ("a:6379,b:6379,serviceName=main", Some("a connection string of StackExchange.Redis")),
            ("jdbc:sqlserver://db;databaseName=app", Some("a JDBC URL")),
            ("postgres:/db?x=1", None),
            ("redis:6379", None),
            ("cache,other", None),
            ("app:s3@cret@tcp(db:3306)/app", None),
            ("s3cret", None),
            ("a=b;c=d", None),
            ("Server=db", None),
            ("db:5432", None),
            ("app:s3cret@db/app", None),
            ("", None),
        ] {
            let found = dialect(text);
            assert_eq!(found.map(|found| found.split(" (").next().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn the_keys_of_a_check_in_place_of_such_a_text() {
        for (text, expected) in [
            ("cache:6379,password=s3cret,ssl=True", Some("`redis: {host: …, password: …}`")),
            (
                "host=mq;virtualHost=/;username=app;password=s3cret",
                Some("`amqp: {host: …, user: …, password: …, vhost: …}`"),
            ),
            ("jdbc:mysql://db/x?user=app", Some("`mysql: {host: …, user: …, password: …, database: …}`")),
            ("jdbc:mariadb://db/x", Some("`mysql: {host: …, user: …, password: …, database: …}`")),
            ("jdbc:postgresql://db/x", Some("`postgres: {host: …, user: …, password: …, database: …}`")),
            ("mysql:host=db;dbname=app", Some("`mysql: {host: …, user: …, password: …, database: …}`")),
            ("Server=sql;Database=shop;User Id=app;Password=s3cret", None),
            ("jdbc:sqlserver://db", None),
            ("mysql://db/x", None),
            ("db:5432", None),
        ] {
            assert_eq!(keys_for(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_alone_are_known() {
        for (text, expected) in [
            ("db", Some("a bare host")),
            ("db.prod.svc.cluster.local", Some("a bare host")),
            ("10.0.0.7", Some("a bare host")),
            ("db:5432", Some("a bare host and port")),
            ("[::1]:5432", Some("a bare host and port")),
            ("10.0.0.7:5432/shop", Some("a bare host and port")),
            ("a:5432,b:5432/shop", Some("a bare host and port")),
            ("postgres:/db", None),
            ("postgres//app:s3cret@db/shop", None),
            ("//db:5432/shop", None),
            ("app:s3cret@db:5432/shop", None),
            ("db:99999", None),
            ("postgres://db", None),
            ("5432", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(bare_address(text), expected, "{text}");
        }
    }
}
