//! Connections that apps spread over variables, each with a part: `DB_HOST`, `DB_USER`, `DB_PASSWORD`.

use crate::check::{ByParts, KeyVariable, ParseFn};
use crate::config::node::Node;
use crate::env::Env;

/// One way to spread a connection.
pub struct Parts {
    /// The key of a check and the variable that lead to it.
    pub first: KeyVariable,
    /// For each other key the names that apps have for it: the first that is set counts.
    pub others: &'static [(&'static str, &'static [&'static str])],
    /// Keys without which nobody logs in.
    pub needed: &'static [&'static str],
    /// Whether these variables mean this kind, where their names do not tell.
    pub means: fn(env: &dyn Env) -> bool,
}

impl Parts {
    /// For variables whose names tell the kind.
    pub const OF_KIND: fn(&dyn Env) -> bool = |_| true;

    fn find(&'static self, env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
        let (first, variable) = self.first;
        value(env, variable).filter(|_| (self.means)(env))?;
        let other = |(key, names): &(&'static str, &'static [&'static str])| {
            Some((*key, *names.iter().find(|name| value(env, name).is_some())?))
        };
        let variables: Vec<KeyVariable> =
            std::iter::once((first, variable)).chain(self.others.iter().filter_map(other)).collect();
        let not = |why| Some(ByParts { variable, found: Err(why) });
        let has = |key: &&str| variables.iter().any(|(known, _)| known == key);
        if !self.needed.iter().all(has) {
            return not("there is no variable with its user beside it");
        }
        Some(check_of(variable, variables, parse))
    }
}

/// The check of these variables; `variable` is the one that led to it.
#[must_use]
pub fn check_of(variable: &'static str, variables: Vec<KeyVariable>, parse: ParseFn) -> ByParts {
    let from = |name: &str| Node::mapping(vec![("env", Node::scalar(name))]);
    let found = match parse(&Node::mapping(variables.iter().map(|(key, name)| (*key, from(name))).collect())) {
        Ok(check) => Ok((variables, check)),
        Err(_) => Err("its variables do not fit together"),
    };
    ByParts { variable, found }
}

/// The variable of a key: of the names that apps have for it, the first one that is set and holds no URL, as Kubernetes sets
/// it for a Service of this name.
#[must_use]
pub fn variable_of((key, names): (&'static str, &[&'static str]), env: &dyn Env) -> Option<KeyVariable> {
    let is_set = |name: &&&str| env.var(name).is_some_and(|value| !value.is_empty() && !value.contains("://"));
    names.iter().find(is_set).map(|name| (key, *name))
}

/// The first way that the variables of this environment show.
#[must_use]
pub fn find(ways: &'static [Parts], env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    ways.iter().find_map(|parts| parts.find(env, parse))
}

/// A value that is set. Kubernetes sets `NAME_PORT` to `tcp://…` for a Service of this name: that is no part of anything.
/// Laravel reads `null` as no value.
fn value(env: &dyn Env, name: &str) -> Option<String> {
    env.var(name).filter(|value| !value.is_empty() && !value.starts_with("tcp://") && value != "null")
}

/// Whether one of these variables asks for TLS.
#[must_use]
pub fn asks_tls(env: &dyn Env, names: &[&str]) -> bool {
    const YES: [&str; 7] = ["1", "on", "ssl", "starttls", "tls", "true", "yes"];
    names.iter().filter_map(|name| value(env, name)).any(|value| YES.iter().any(|yes| value.eq_ignore_ascii_case(yes)))
}

/// The name of a database in the variables beside `DB_HOST`, in small letters, as frameworks have it: `pgsql`,
/// `django.db.backends.postgresql`; without it the usual port of one.
#[must_use]
pub fn database_is(env: &dyn Env, names: &[&str], port: &str) -> bool {
    const DIALECTS: [&str; 7] =
        ["DB_CONNECTION", "DB_DIALECT", "DB_TYPE", "DB_ENGINE", "DB_DRIVER", "DB_CLIENT", "DATABASE_TYPE"];
    match DIALECTS.iter().find_map(|name| value(env, name)) {
        Some(dialect) => {
            let dialect = dialect.to_ascii_lowercase();
            names.iter().any(|name| dialect.contains(name))
        }
        None => ["DB_PORT", "DATABASE_PORT"].iter().any(|name| value(env, name).is_some_and(|value| value == port)),
    }
}

/// The variables of a database that is named nowhere but in [`database_is`].
pub const DB_HOST: KeyVariable = ("host", "DB_HOST");
/// What stands beside [`DB_HOST`], for databases with these keys.
pub const BESIDE_DB_HOST: [(&str, &[&str]); 4] = [
    ("port", &["DB_PORT"]),
    ("user", &["DB_USER", "DB_USERNAME"]),
    ("password", &["DB_PASSWORD", "DB_PASS"]),
    ("database", &["DB_NAME", "DB_DATABASE"]),
];
/// The longer name.
pub const DATABASE_HOST: KeyVariable = ("host", "DATABASE_HOST");
/// The variables that belong to [`DATABASE_HOST`].
pub const BESIDE_DATABASE_HOST: [(&str, &[&str]); 4] = [
    ("port", &["DATABASE_PORT"]),
    ("user", &["DATABASE_USER", "DATABASE_USERNAME"]),
    ("password", &["DATABASE_PASSWORD", "DATABASE_PASS"]),
    ("database", &["DATABASE_NAME", "DATABASE_DB"]),
];
