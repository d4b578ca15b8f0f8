//! What variables that each hold a part of a connection mean: those of Spring, and of most apps.

use super::keys::RULES;
use crate::check::parts;
use crate::check::server_keys::unfit_socket;
use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn};
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule = DiscoveryRule {
    usual_variables: &[
        "MONGODB_URI",
        "MONGO_URI",
        "MONGODB_URL",
        "MONGO_URL",
        "SPRING_DATA_MONGODB_URI",
        "SPRING_MONGODB_URI",
    ],
    reader: "mongodb",
    unfit: |url, _| unfit_socket(url, &RULES),
    by_parts,
    ..DiscoveryRule::NONE
};

/// The host first, then the user; of several variables for a key, the first one that is set counts. The database also says where
/// the user is: with the variables of Bitnami's image and of Spring it is there, with those of other apps mostly in `admin`.
const SETS: [&[KeyVariable]; 3] = [
    &[
        ("host", "MONGO_HOST"),
        ("user", "MONGO_USER"),
        ("user", "MONGO_USERNAME"),
        ("password", "MONGO_PASSWORD"),
        ("auth_source", "MONGO_AUTH_SOURCE"),
        ("port", "MONGO_PORT"),
    ],
    &[
        ("host", "MONGODB_HOST"),
        ("user", "MONGODB_USER"),
        ("user", "MONGODB_USERNAME"),
        ("password", "MONGODB_PASSWORD"),
        ("database", "MONGODB_DATABASE"),
        ("database", "MONGODB_DB"),
        ("auth_source", "MONGODB_AUTH_SOURCE"),
        ("port", "MONGODB_PORT"),
    ],
    &[
        ("host", "SPRING_DATA_MONGODB_HOST"),
        ("user", "SPRING_DATA_MONGODB_USERNAME"),
        ("password", "SPRING_DATA_MONGODB_PASSWORD"),
        ("database", "SPRING_DATA_MONGODB_DATABASE"),
        ("auth_source", "SPRING_DATA_MONGODB_AUTHENTICATION_DATABASE"),
        ("replica_set", "SPRING_DATA_MONGODB_REPLICA_SET_NAME"),
        ("port", "SPRING_DATA_MONGODB_PORT"),
    ],
];

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let value = |name: &str| env.var(name).filter(|value| !value.is_empty());
    let known = SETS.iter().find(|set| set.first().is_some_and(|(_, host)| value(host).is_some()))?;
    let (_, host) = *known.first()?;
    let not = |why| Some(ByParts { variable: host, found: Err(why) });
    let mut variables: Vec<KeyVariable> = Vec::new();
    for (key, name) in known.iter() {
        // Kubernetes sets NAME_PORT to tcp://… for a Service of this name: that is no port.
        let is_set = value(name).is_some_and(|value| !value.contains("://"));
        if is_set && !variables.iter().any(|(known, _)| known == key) {
            variables.push((*key, *name));
        }
    }
    if !variables.iter().any(|(key, _)| *key == "user") {
        return not("there is no variable with its user beside it");
    }
    Some(parts::check_of(host, variables, parse))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::check::mongodb::KIND;
    use crate::env::MapEnv;

    /// The target, or why there is none.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        let found = (RULE.by_parts)(&env, KIND.parse)?.found;
        Some(found.map_or_else(str::to_owned, |(_, check)| check.prepare(&env).target))
    }

    #[test]
    fn parts_are_a_check_where_host_and_user_are_set() {
        let (host, user) = (("MONGO_HOST", "db"), ("MONGO_USERNAME", "app"));
        for (vars, expected) in [
            (&[host, user][..], Some("mongodb://app@db:27017")),
            (&[host, user, ("MONGO_PORT", "27018"), ("MONGO_DB", "shop")], Some("mongodb://app@db:27018")),
            (&[host, user, ("MONGO_PORT", "tcp://10.0.0.7:27017")], Some("mongodb://app@db:27017")),
            (
                &[("MONGODB_HOST", "db"), ("MONGODB_USER", "app"), ("MONGODB_DATABASE", "shop")],
                Some("mongodb://app@db:27017/shop"),
            ),
            (
                &[("SPRING_DATA_MONGODB_HOST", "db"), ("SPRING_DATA_MONGODB_USERNAME", "app")],
                Some("mongodb://app@db:27017"),
            ),
            (&[host], Some("there is no variable with its user beside it")),
            // The container of the server itself.
            (&[("MONGO_INITDB_ROOT_USERNAME", "root"), ("MONGO_INITDB_ROOT_PASSWORD", "s3cret")], None),
            (&[], None),
        ] {
            assert_eq!(found(vars).as_deref(), expected, "{vars:?}");
        }
    }
}
