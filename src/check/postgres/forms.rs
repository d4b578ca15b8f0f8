//! Connection strings of other clients, read where their meaning is exact: pgjdbc's URLs, Npgsql's strings, and PDO's `pgsql:host=…;dbname=…`. Each becomes the keywords of libpq that mean the same.

use super::dsn::{self, Pairs};
use super::npgsql::{self, pair, servers};
use crate::findings::Blame;
use crate::outcome::ValueDetail;
use crate::secret::Secret;
use crate::url::percent_decode;

/// Whose form such a text has, and the keywords that it means; `None` for any other text. An error is a limit: what the
/// app's own client makes of the rest is not known.
pub(super) fn read(text: &str) -> Option<(&'static str, Result<Pairs, Blame>)> {
    if let Some(rest) = text.strip_prefix("jdbc:") {
        return Some(("jdbc", jdbc(rest).ok_or_else(|| not_read("it is a JDBC URL with parts that are not read"))));
    }
    if let Some(rest) = text.strip_prefix("pgsql:") {
        // PDO itself only puts spaces for the semicolons.
        let spaced = Secret::new(rest.replace(';', " "));
        let broken = |_| not_read("it is a DSN of PHP's PDO with parts that are not read");
        return dsn::read(spaced.expose()).map(|pairs| ("pdo", pairs.map_err(broken)));
    }
    npgsql::read(text).map(|pairs| ("npgsql", pairs))
}

/// Whether a text that stands anywhere is such a form of PostgreSQL's clients, and says who logs in.
pub(super) fn is_one(text: &str) -> bool {
    let has_user = |pairs: Pairs| pairs.iter().any(|(name, _)| name == "user");
    match read(text) {
        Some(("npgsql", pairs)) => npgsql::is_sure(text) && pairs.map_or(true, has_user),
        Some((_, pairs)) => pairs.is_ok_and(has_user),
        None => false,
    }
}

/// What is said of a form that only its own client reads as a whole.
pub(super) fn not_read(says: &str) -> Blame {
    Blame::with_detail(Some(ValueDetail::NotRead), says)
}

/// As `java.net.URLDecoder` decodes: a `+` is a space.
fn form_decode(text: &str) -> Option<Secret> {
    percent_decode(&zeroize::Zeroizing::new(text.replace('+', " "))).map(Secret::new)
}

/// `postgresql://host:port/database?user=…&password=…`, as `Driver.parseURL` of pgjdbc has it.
fn jdbc(text: &str) -> Option<Pairs> {
    let (rest, port) = match text.strip_prefix("yugabytedb:") {
        Some(rest) => (rest, "5433"),
        None => (text.strip_prefix("postgresql:")?, ""),
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = match place.strip_prefix("//") {
        Some(place) => place.split_once('/').unwrap_or((place, "")),
        None => ("", place.trim_start_matches('/')),
    };
    let mut pairs = servers(if hosts.is_empty() { "localhost" } else { hosts }, port);
    pairs.push(("dbname".to_owned(), form_decode(database)?));
    let mut mode = None;
    for (name, value) in query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))) {
        let value = form_decode(value)?;
        let text = value.expose();
        let known = match name {
            "user" => "user",
            "password" => "password",
            "sslrootcert" => "sslrootcert",
            "options" => "options",
            "currentSchema" => "currentSchema",
            "ApplicationName" => "application_name",
            "channelBinding" => "channel_binding",
            "gssEncMode" => "gssencmode",
            "sslmode" => {
                mode = Some(text.to_ascii_lowercase());
                continue;
            }
            // Beside `sslmode` it means nothing.
            "ssl" => {
                let on = matches!(text, "" | "true");
                mode = mode.or_else(|| on.then(|| "verify-full".to_owned()));
                continue;
            }
            "targetServerType" => {
                let wanted = match text {
                    "primary" | "master" => "primary",
                    "secondary" | "slave" => "standby",
                    _ => "any",
                };
                pairs.push(pair("target_session_attrs", wanted));
                continue;
            }
            // Keys of its own format, and classes that only a JVM has.
            "sslcert" | "sslkey" | "sslfactory" | "socketFactory" | "socketFactoryArg" | "service" => return None,
            _ => continue,
        };
        pairs.push((known.to_owned(), value));
    }
    pairs.extend(mode.map(|mode| pair("sslmode", &mode)));
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::check::postgres::url::read_url;

    /// What a text means, `keyword:value` in order; `limit` where it is not read.
    fn shown(text: &str) -> String {
        match read(text) {
            None => "none".to_owned(),
            Some((_, Err(blame))) => blame.cause.slug().to_owned(),
            Some((_, Ok(mut pairs))) => {
                pairs.sort_by(|a, b| a.0.cmp(&b.0));
                pairs.iter().map(|(name, value)| format!("[{name}:{}]", value.expose())).collect()
            }
        }
    }

    #[test]
    fn forms_of_other_clients_are_read_as_these_read_them() {
        for (text, expected) in [
            (
                "jdbc:postgresql://db:5433/shop?user=app&password=p%40w+x",
                "[dbname:shop][host:db][password:p@w x][port:5433][user:app]",
            ),
            (
                "jdbc:postgresql://a,b:5433/shop?ssl=true",
                "[dbname:shop][host:a,b][port:5432,5433][sslmode:verify-full]",
            ),
            (
                "jdbc:postgresql://[::1]/shop?sslmode=Require&ssl=true",
                "[dbname:shop][host:[::1]][port:5432][sslmode:require]",
            ),
            ("jdbc:yugabytedb://a,b:1/shop", "[dbname:shop][host:a,b][port:5433,1]"),
            ("jdbc:postgresql:shop", "[dbname:shop][host:localhost][port:5432]"),
            (
                "jdbc:postgresql://db/shop?targetServerType=secondary&currentSchema=x&ApplicationName=web",
                "[application_name:web][currentSchema:x][dbname:shop][host:db][port:5432][target_session_attrs:standby]",
            ),
            ("jdbc:postgresql://db/shop?sslfactory=org.postgresql.ssl.NonValidatingFactory", "probe_limit"),
            ("jdbc:aws-wrapper:postgresql://db/shop", "probe_limit"),
            ("jdbc:mysql://db/shop", "probe_limit"),
            (
                "pgsql:host=db;port=5433;dbname=shop;sslmode=require",
                "[dbname:shop][host:db][port:5433][sslmode:require]",
            ),
            ("pgsql:host=db dbname=shop", "[dbname:shop][host:db]"),
            (
                "Host=db;Port=5433;Username=app;Password=p=w;Database=shop;SSL Mode=VerifyFull;Pooling=true",
                "[dbname:shop][host:db][password:p=w][port:5433][sslmode:verify-full][user:app]",
            ),
            (
                "server=a:5433,b; user id=app; password='p;''w';database=shop;",
                "[dbname:shop][host:a,b][password:p;'w][port:5433,5432][user:app]",
            ),
            ("host=db; port=5433; username=app; password=p w", "[host:db][password:p w][port:5433][user:app]"),
            ("Host=db;Username=app;Password=\"p;w\" ", "[host:db][password:p;w][port:5432][user:app]"),
            (
                "Host=/cloudsql/p:r:i;Username=app;Password=x;Database=shop",
                "[dbname:shop][host:/cloudsql/p:r:i][password:x][port:5432][user:app]",
            ),
            ("Server=db;Initial Catalog=shop;User Id=app;Password=x", "none"),
            ("Driver={PostgreSQL};Server=db;Uid=app;Pwd=x", "none"),
            ("Server=db", "none"),
            ("mysql:host=db;dbname=shop", "none"),
            ("postgres://app:pw@db/shop?a=b;c=d", "none"),
            ("host=db user=app password=a;b", "none"),
            ("s3cret", "none"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    /// Another form, or one whose rest is not understood, says nothing of the app; a slip is one for every client.
    #[test]
    fn what_is_not_read_is_a_limit_and_a_slip_is_none() {
        for (text, cause) in [
            ("db:5432", "probe_limit"),
            ("db", "probe_limit"),
            ("10.0.0.7:5432/shop", "probe_limit"),
            ("mysql:host=db;dbname=s3cret", "probe_limit"),
            ("cache:6379,password=s3cret,ssl=True", "probe_limit"),
            ("Data Source=db;User ID=app;Password=s3cret", "probe_limit"),
            ("Server=tcp:db,1433;Database=shop;User ID=app;Password=s3cret", "probe_limit"),
            ("Host=db;Username=app;Password=s3cret;SSL Mode=s3cret", "probe_limit"),
            ("jdbc:sqlserver://db;databaseName=shop;password=s3cret", "probe_limit"),
            ("service=prod user=app", "probe_limit"),
            (r#"{"host":"db","username":"app","password":"s3cret"}"#, "probe_limit"),
            ("null", "url_malformed"),
            ("changeme", "url_malformed"),
            ("postgres:/db", "url_malformed"),
            ("postgres//app:s3cret@db/shop", "url_malformed"),
            ("app:s3cret@db:5432/shop", "url_malformed"),
            ("postgres://app:s3cret@db:99999/shop", "url_malformed"),
            ("jdbc:postgres://db/shop?user=app&password=s3cret", "url_malformed"),
            ("jdbc:postgresql://db:99999/shop?password=s3cret", "url_malformed"),
        ] {
            let blame = read_url(text).expect_err(text);
            assert_eq!(blame.cause.slug(), cause, "{text}: {}", blame.message);
            assert!(!blame.message.contains("s3"), "{text}: {}", blame.message);
        }
        for text in ["postgres://app:pw@db/shop", "postgresql+asyncpg://app:pw@a:1,b:2/shop", "host=db user=app"] {
            assert!(read_url(text).is_ok(), "{text}");
        }
    }
}
