//! What variables mean to NATS: logins beside a URL, as the `nats` command reads them, and parts of a connection.

use crate::check::parts;
use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn};
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule = DiscoveryRule {
    usual_variables: &["NATS_URL"],
    borrowed_schemes: &["tls"],
    reader: "nats",
    beside,
    by_parts,
    ..DiscoveryRule::NONE
};

/// A login is one of these: each needs its first variable.
const LOGINS: [&[KeyVariable]; 4] = [
    &[("creds", "NATS_CREDS")],
    &[("nkey", "NATS_NKEY_SEED")],
    &[("token", "NATS_TOKEN")],
    &[("password", "NATS_PASSWORD"), ("user", "NATS_USER")],
];

/// What is set, and is no address that Kubernetes sets for a Service of this name.
fn is_set(env: &dyn Env, name: &str) -> bool {
    env.var(name).is_some_and(|value| !value.is_empty() && !value.contains("://"))
}

fn login(env: &dyn Env) -> Vec<KeyVariable> {
    let whole = |variables: &&&[KeyVariable]| variables.iter().all(|(_, name)| is_set(env, name));
    LOGINS.iter().find(whole).map(|variables| variables.to_vec()).unwrap_or_default()
}

/// A URL with a login of its own needs none.
fn beside(url: &str, env: &dyn Env) -> Vec<KeyVariable> {
    if url.contains('@') { Vec::new() } else { login(env) }
}

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    const HOST: KeyVariable = ("host", "NATS_HOST");
    const PORT: KeyVariable = ("port", "NATS_PORT");
    let variables: Vec<KeyVariable> = [HOST, PORT].into_iter().filter(|(_, name)| is_set(env, name)).collect();
    if variables.first() != Some(&HOST) {
        return None;
    }
    let variables: Vec<KeyVariable> = variables.into_iter().chain(login(env)).collect();
    Some(parts::check_of(HOST.1, variables, parse))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::check::nats::KIND;
    use crate::env::MapEnv;

    /// The target and the variables, or why there is none.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        let found = (RULE.by_parts)(&env, KIND.parse)?.found;
        let names = |names: Vec<(&str, &str)>| names.into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(" ");
        let text = |(variables, check): (Vec<_>, std::sync::Arc<dyn crate::check::Check>)| {
            format!("{} {}", check.prepare(&env).target, names(variables))
        };
        Some(found.map_or_else(str::to_owned, text))
    }

    #[test]
    fn a_host_is_a_check_with_the_login_beside_it() {
        let host = ("NATS_HOST", "mq");
        let (user, password) = (("NATS_USER", "app"), ("NATS_PASSWORD", "x"));
        for (vars, expected) in [
            (&[host][..], Some("nats://mq:4222 host")),
            (&[host, ("NATS_PORT", "4223")], Some("nats://mq:4223 host port")),
            (&[host, ("NATS_PORT", "tcp://10.0.0.7:4222")], Some("nats://mq:4222 host")),
            (&[host, user, password], Some("nats://app@mq:4222 host password user")),
            (&[host, password], Some("nats://mq:4222 host")),
            (&[host, ("NATS_TOKEN", "t"), user, password], Some("nats://mq:4222 host token")),
            (&[user, password, ("NATS_PORT", "4222")], None),
            (&[], None),
        ] {
            assert_eq!(found(vars).as_deref(), expected, "{vars:?}");
        }
        let env = MapEnv::with_vars(&[("NATS_CREDS", "/c"), user, password]);
        assert_eq!((RULE.beside)("nats://mq", &env), [("creds", "NATS_CREDS")]);
        assert_eq!((RULE.beside)("nats://app:x@mq", &env), []);
    }
}
