//! What variables mean to libpq, and so to every client of a PostgreSQL URL: a password that stands in no URL, a check that
//! is spread over the PG… variables, and what libpq alone can use.
//!
//! <https://www.postgresql.org/docs/current/libpq-envars.html>

use super::dsn;
use super::forms;
use super::url::read_url;
use crate::cause::Cause;
use crate::check::parts::{self, Parts};
use crate::check::server_keys::ON_SOCKET;
use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn, literal};
use crate::config::node::Node;
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule = DiscoveryRule {
    usual_variables: &["DATABASE_URL"],
    reader: "libpq",
    reads,
    unfit,
    beside,
    by_parts,
    ..DiscoveryRule::NONE
};

/// Where libpq has the host.
const HOST: &str = "PGHOST";
/// Where libpq has a password that stands in no URL.
const PASSWORD: &str = "PGPASSWORD";
/// Where libpq has a user that stands in no URL.
const USER: &str = "PGUSER";

const KEYS: [KeyVariable; 7] = [
    ("host", HOST),
    ("port", "PGPORT"),
    ("user", USER),
    ("database", "PGDATABASE"),
    ("password", PASSWORD),
    ("sslmode", "PGSSLMODE"),
    ("channel_binding", "PGCHANNELBINDING"),
];
/// Paths of files: no secret, and not to be taken for the files' content.
const FILES: [KeyVariable; 3] = [("ca", "PGSSLROOTCERT"), ("cert", "PGSSLCERT"), ("key", "PGSSLKEY")];

/// Whether a text that is no plain URL is a connection string of PostgreSQL, which is read to its end.
fn reads(_variable: &str, text: &str) -> bool {
    dsn::is_one(text) || forms::is_one(text) && !read_url(text).is_err_and(|blame| blame.cause == Cause::ProbeLimit)
}

/// What works for the app, and not for a check.
fn unfit(url: &str, env: &dyn Env) -> Option<&'static str> {
    // The adapters of Ecto for other servers take the same scheme.
    let of_mysql = url.starts_with("ecto://")
        && read_url(url).is_ok_and(|url| url.hosts.iter().any(|host| host.port == Some(3306)));
    if of_mysql {
        return Some("its port is that of MySQL: write a check of the kind mysql");
    }
    if leads_to_socket(url) { Some(ON_SOCKET) } else { passfile(env).filter(|_| lacks_password(url)) }
}

/// Every client of a URL without a user or a password takes it from libpq's variable.
fn beside(url: &str, env: &dyn Env) -> Vec<KeyVariable> {
    let Ok(read) = read_url(url) else { return Vec::new() };
    // pgjdbc knows none of them.
    if read.dialect == Some("jdbc") {
        return Vec::new();
    }
    let lacking = [("user", USER, !read.names_user()), ("password", PASSWORD, read.password.is_none())];
    let set = lacking.into_iter().filter(|(_, name, lacks)| *lacks && value(env, name).is_some());
    set.map(|(key, name, _)| (key, name)).collect()
}

/// The variables of the images of PostgreSQL, of Spring, and of most apps.
const WAYS: &[Parts] = &[
    Parts {
        first: ("host", "POSTGRES_HOST"),
        others: &[
            ("port", &["POSTGRES_PORT"]),
            ("user", &["POSTGRES_USER", "POSTGRES_USERNAME"]),
            ("password", &["POSTGRES_PASSWORD"]),
            ("database", &["POSTGRES_DB", "POSTGRES_DATABASE"]),
        ],
        needed: &["user"],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("host", "POSTGRESQL_HOST"),
        others: &[
            ("port", &["POSTGRESQL_PORT"]),
            ("user", &["POSTGRESQL_USER", "POSTGRESQL_USERNAME"]),
            ("password", &["POSTGRESQL_PASSWORD"]),
            ("database", &["POSTGRESQL_DATABASE", "POSTGRESQL_DB"]),
        ],
        needed: &["user"],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("url", "SPRING_DATASOURCE_URL"),
        others: &[("user", &["SPRING_DATASOURCE_USERNAME"]), ("password", &["SPRING_DATASOURCE_PASSWORD"])],
        needed: &[],
        means: |env| env.var("SPRING_DATASOURCE_URL").is_some_and(|url| url.starts_with("jdbc:postgresql:")),
    },
    Parts { first: parts::DB_HOST, others: &parts::BESIDE_DB_HOST, needed: &["user"], means: is_named },
    Parts { first: parts::DATABASE_HOST, others: &parts::BESIDE_DATABASE_HOST, needed: &["user"], means: is_named },
];

fn is_named(env: &dyn Env) -> bool {
    parts::database_is(env, &["postgres", "pgsql", "pg"], "5432")
}

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    of_libpq(env, parse).or_else(|| parts::find(WAYS, env, parse))
}

/// The PG… variables.
fn of_libpq(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let host = value(env, HOST)?;
    let not = |why| Some(ByParts { variable: HOST, found: Err(why) });
    if host.starts_with(['/', '@']) {
        return not(ON_SOCKET);
    }
    if let Some(why) = passfile(env) {
        return not(why);
    }
    if value(env, "PGHOSTADDR").is_some() || value(env, "PGPORT").is_some_and(|ports| ports.contains(',')) {
        return not("PGHOSTADDR, or a port for each host, has no key in a check: write one with `url`");
    }
    if value(env, USER).is_none() {
        return not("PGUSER is not set beside it");
    }
    let set = |keys: &[KeyVariable]| -> Vec<(KeyVariable, String)> {
        keys.iter().filter_map(|known| Some((*known, value(env, known.1)?))).collect()
    };
    let (keys, files) = (set(&KEYS), set(&FILES));
    let from_variable = |name: &str| Node::mapping(vec![("env", Node::scalar(name))]);
    let entries = keys.iter().map(|((key, name), _)| (*key, from_variable(name)));
    let entries = entries.chain(files.iter().map(|((key, _), path)| (*key, literal(path)))).collect();
    let Ok(check) = parse(&Node::mapping(entries)) else { return not("the PG… variables do not fit together") };
    let variables = keys.iter().chain(&files).map(|(known, _)| *known).collect();
    Some(ByParts { variable: HOST, found: Ok((variables, check)) })
}

/// The value of a variable that is not empty.
fn value(env: &dyn Env, name: &str) -> Option<String> {
    env.var(name).filter(|value| !value.is_empty())
}

fn lacks_password(url: &str) -> bool {
    read_url(url).is_ok_and(|url| url.password.is_none())
}

/// What a login without a password in the variables has it from, and a check has not.
fn passfile(env: &dyn Env) -> Option<&'static str> {
    let of_file = value(env, "PGPASSFILE").is_some() && value(env, PASSWORD).is_none();
    of_file.then_some("its password is in libpq's PGPASSFILE, which is not read: write a check with `password`")
}

/// Whether a URL leads to a socket in the file system, as those of Cloud SQL do.
fn leads_to_socket(url: &str) -> bool {
    if !url.contains("://") {
        return read_url(url).is_ok_and(|url| url.hosts.iter().any(|host| host.socket.is_some()));
    }
    let (host, query) = url.split_once('?').unwrap_or((url, ""));
    let of_path = |text: &str| text.starts_with('/') || text.get(..3).is_some_and(|c| c.eq_ignore_ascii_case("%2f"));
    query.split('&').any(|pair| pair.strip_prefix("host=").is_some_and(of_path))
        || host
            .split_once("://")
            .is_some_and(|(_, rest)| of_path(rest.rsplit('@').next().unwrap_or_default()) && !rest.starts_with('/'))
}
