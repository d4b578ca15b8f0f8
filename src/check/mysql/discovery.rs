//! What variables that each hold a part of a connection mean: those of the images of MySQL and MariaDB, and of most apps.

use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn};
use crate::config::node::Node;
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule =
    DiscoveryRule { usual_variables: &["MYSQL_URL", "MARIADB_URL"], reader: "mysql", by_parts, ..DiscoveryRule::NONE };

/// The host first, then the user.
const SETS: [[KeyVariable; 5]; 2] = [
    [
        ("host", "MYSQL_HOST"),
        ("user", "MYSQL_USER"),
        ("password", "MYSQL_PASSWORD"),
        ("database", "MYSQL_DATABASE"),
        ("port", "MYSQL_PORT"),
    ],
    [
        ("host", "MARIADB_HOST"),
        ("user", "MARIADB_USER"),
        ("password", "MARIADB_PASSWORD"),
        ("database", "MARIADB_DATABASE"),
        ("port", "MARIADB_PORT"),
    ],
];

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let value = |name: &str| env.var(name).filter(|value| !value.is_empty());
    let known = SETS.iter().find(|[(_, host), ..]| value(host).is_some())?;
    let [(_, host), (_, user), ..] = *known;
    let not = |why| Some(ByParts { variable: host, found: Err(why) });
    if value(user).is_none() {
        return not("there is no variable with its user beside it");
    }
    // Kubernetes sets NAME_PORT to tcp://… for a Service of this name: that is no port.
    let is_set = |(_, name): &&KeyVariable| value(name).is_some_and(|value| !value.contains("://"));
    let variables: Vec<KeyVariable> = known.iter().filter(is_set).copied().collect();
    let from = |name: &str| Node::mapping(vec![("env", Node::scalar(name))]);
    let entries = variables.iter().map(|(key, name)| (*key, from(name))).collect();
    match parse(&Node::mapping(entries)) {
        Ok(check) => Some(ByParts { variable: host, found: Ok((variables, check)) }),
        Err(_) => not("its variables do not fit together"),
    }
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
    fn parts_are_a_check_where_host_and_user_are_set() {
        let (host, user) = (("MYSQL_HOST", "db"), ("MYSQL_USER", "app"));
        for (vars, expected) in [
            (&[host, user][..], Some("mysql://app@db:3306")),
            (&[host, user, ("MYSQL_PORT", "3307"), ("MYSQL_DATABASE", "shop")], Some("mysql://app@db:3307/shop")),
            (&[host, user, ("MYSQL_PORT", "tcp://10.0.0.7:3306")], Some("mysql://app@db:3306")),
            (&[("MARIADB_HOST", "db"), ("MARIADB_USER", "app")], Some("mysql://app@db:3306")),
            (&[host], Some("there is no variable with its user beside it")),
            // The container of the server itself.
            (&[user, ("MYSQL_PASSWORD", "s3cret"), ("MYSQL_DATABASE", "shop")], None),
            (&[], None),
        ] {
            assert_eq!(found(vars).as_deref(), expected, "{vars:?}");
        }
    }
}
