//! What variables that each hold a part of a connection mean: those of the images of MySQL and MariaDB, and of most apps.

use super::keys::RULES;
use super::{connection_string, dsn};
use crate::check::parts::{self, Parts};
use crate::check::server_keys::unfit_socket;
use crate::check::{ByParts, DiscoveryRule, ParseFn};
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule = DiscoveryRule {
    usual_variables: &["MYSQL_URL", "MARIADB_URL", "DATABASE_URL"],
    reads,
    perhaps,
    unfit: |url, _| unfit_socket(url, &RULES),
    by_parts,
    ..DiscoveryRule::NONE
};

/// Databases share most keys, and what names no database may be of a broker.
fn perhaps(text: &str) -> Option<&'static str> {
    let form = connection_string::form(text)?;
    let names_database = !form.url.ends_with('/') && !form.url.contains("/?");
    names_database.then_some("it may be of SQL Server or MySQL")
}

/// Whether it is of MySQL: by its form, or by the name of its variable, such as `ConnectionStrings__MySql`.
fn reads(variable: &str, text: &str) -> bool {
    let variable = variable.to_ascii_lowercase();
    let is_named = || variable.contains("mysql") || variable.contains("mariadb");
    dsn::form(text).is_some()
        || connection_string::is_sure(text)
        || is_named() && connection_string::form(text).is_some()
}

/// Frameworks connect to the socket where one is set, whatever the host is.
const BESIDE_DB_HOST: [(&str, &[&str]); 5] = {
    let [port, user, password, database] = parts::BESIDE_DB_HOST;
    [port, user, password, database, ("socket", &["DB_SOCKET"])]
};

const USER: &[(&str, &[&str])] = &[("user", &["MYSQL_USER", "MYSQL_USERNAME"])];

const WAYS: &[Parts] = &[
    Parts {
        first: ("host", "MYSQL_HOST"),
        others: &[
            ("user", &["MYSQL_USER", "MYSQL_USERNAME"]),
            ("password", &["MYSQL_PASSWORD"]),
            ("database", &["MYSQL_DATABASE", "MYSQL_DB"]),
            ("port", &["MYSQL_PORT"]),
            ("socket", &["MYSQL_SOCKET", "MYSQL_UNIX_SOCKET"]),
        ],
        needed: &["user"],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("host", "MARIADB_HOST"),
        others: &[
            ("user", &["MARIADB_USER"]),
            ("password", &["MARIADB_PASSWORD"]),
            ("database", &["MARIADB_DATABASE"]),
            ("port", &["MARIADB_PORT"]),
            ("socket", &["MARIADB_SOCKET"]),
        ],
        needed: &["user"],
        means: Parts::OF_KIND,
    },
    Parts { first: parts::DB_HOST, others: &BESIDE_DB_HOST, needed: &["user"], means: is_named },
    Parts { first: parts::DATABASE_HOST, others: &parts::BESIDE_DATABASE_HOST, needed: &["user"], means: is_named },
    Parts { first: ("socket", "MYSQL_UNIX_SOCKET"), others: USER, needed: &["user"], means: Parts::OF_KIND },
    Parts { first: ("socket", "MYSQL_SOCKET"), others: USER, needed: &["user"], means: Parts::OF_KIND },
];

fn is_named(env: &dyn Env) -> bool {
    parts::database_is(env, &["mysql", "mariadb"], "3306")
}

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    parts::find(WAYS, env, parse)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::check::mysql::KIND;
    use crate::env::MapEnv;

    /// The target, or why there is none.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        let found = (RULE.by_parts)(&env, KIND.parse)?.found;
        Some(found.map_or_else(str::to_owned, |(_, check)| check.prepare(&env).target))
    }

    #[test]
    fn a_string_of_dotnet_is_read_where_its_name_or_its_keys_are_those_of_mysql() {
        let text = "Server=db;Port=23306;User=app;Password=x;Database=shop";
        for (variable, text, reads, perhaps) in [
            ("ConnectionStrings__MySql", text, true, true),
            ("ConnectionStrings__mariaDbMain", text, true, true),
            ("ConnectionStrings__Default", text, false, true),
            ("ConnectionStrings__Default", "Server=db;Port=3306;User=app;Password=x;Database=shop", true, true),
            ("ConnectionStrings__MySql", "Server=db;User=app;TrustServerCertificate=true", false, false),
            ("Queue", "host=mq;username=guest;password=x", false, false),
            ("U", "mysql://app:x@tcp(db)/shop", true, false),
            ("MYSQL_URL", "mysql://app:x@db/shop", false, false),
        ] {
            assert_eq!((RULE.reads)(variable, text), reads, "{variable} {text}");
            assert_eq!((RULE.perhaps)(text).is_some(), perhaps, "{variable} {text}");
        }
    }

    #[test]
    fn parts_are_a_check_where_host_and_user_are_set() {
        let (host, user) = (("MYSQL_HOST", "db"), ("MYSQL_USER", "app"));
        for (vars, expected) in [
            (&[host, user][..], Some("mysql://app@db:3306")),
            (&[host, user, ("MYSQL_PORT", "3307"), ("MYSQL_DATABASE", "shop")], Some("mysql://app@db:3307/shop")),
            (&[host, user, ("MYSQL_PORT", "tcp://10.0.0.7:3306")], Some("mysql://app@db:3306")),
            (&[("MARIADB_HOST", "db"), ("MARIADB_USER", "app")], Some("mysql://app@db:3306")),
            (&[host, user, ("MYSQL_SOCKET", "/run/m.sock")], Some("mysql://app@/run/m.sock")),
            (
                &[("DB_HOST", "localhost"), ("DB_PORT", "3306"), ("DB_USER", "app"), ("DB_SOCKET", "/run/m.sock")],
                Some("mysql://app@/run/m.sock"),
            ),
            (&[host], Some("there is no variable with its user beside it")),
            // The container of the server itself.
            (&[user, ("MYSQL_PASSWORD", "s3cret"), ("MYSQL_DATABASE", "shop")], None),
            (&[], None),
        ] {
            assert_eq!(found(vars).as_deref(), expected, "{vars:?}");
        }
    }
}
