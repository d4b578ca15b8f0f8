//! What the variables of an app say of its broker: a URL with the login beside it, or `MQTT_HOST` and those beside it. What is
//! found is listed, and only commands that a person types log in.

use crate::check::parts::{self, variable_of};
use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn};
use crate::env::Env;
use crate::url::Url;

/// The rule.
pub(super) const RULE: DiscoveryRule = DiscoveryRule {
    usual_variables: &["MQTT_URL", "MQTT_BROKER_URL"],
    reader: "mqtt",
    beside,
    by_parts,
    ..DiscoveryRule::NONE
};

const HOSTS: (&str, &[&str]) = ("host", &["MQTT_HOST", "MQTT_BROKER", "MQTT_BROKER_HOST", "MQTT_SERVER"]);
/// For each key the names that apps have for it: the first that is set counts.
const USER: (&str, &[&str]) = ("user", &["MQTT_USERNAME", "MQTT_USER"]);
const PASSWORD: (&str, &[&str]) = ("password", &["MQTT_PASSWORD", "MQTT_PASS"]);
const PORT: (&str, &[&str]) = ("port", &["MQTT_PORT", "MQTT_BROKER_PORT"]);
/// The port of brokers with TLS.
const TLS_PORT: &str = "8883";

fn beside(url: &str, env: &dyn Env) -> Vec<KeyVariable> {
    if Url::parse(url).is_ok_and(|url| url.user.is_some()) {
        return Vec::new();
    }
    let login = variable_of(USER, env).zip(variable_of(PASSWORD, env));
    login.into_iter().flat_map(|(user, password)| [user, password]).collect()
}

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let (_, host) = variable_of(HOSTS, env)?;
    let parts = [PORT, USER, PASSWORD].into_iter().filter_map(|one| variable_of(one, env));
    let variables: Vec<KeyVariable> = std::iter::once(("host", host)).chain(parts).collect();
    let of = |key: &str| variables.iter().find(|(known, _)| *known == key).and_then(|(_, name)| env.var(name));
    let not = |why| Some(ByParts { variable: host, found: Err(why) });
    if of("port").is_some_and(|port| port == TLS_PORT) {
        return not("its port is that of TLS, which no variable asks for: write a check with mqtts://");
    }
    if of("user").is_none() && of("password").is_some() {
        return not("the MQTT_… variables hold a password and no user: write a check");
    }
    Some(parts::check_of(host, variables, parse))
}

#[cfg(test)]
mod tests {
    use super::{beside, by_parts};
    use crate::env::MapEnv;

    const LOGIN: [(&str, &str); 2] = [("MQTT_USERNAME", "app"), ("MQTT_PASSWORD", "s3cret")];

    /// The target and the variables of what is found; else why not.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        by_parts(&env, crate::check::mqtt::KIND.parse).map(|parts| match parts.found {
            Ok((variables, check)) => {
                let names: Vec<&str> = variables.iter().map(|(_, name)| *name).collect();
                format!("{} {}", check.prepare(&env).target, names.join(" "))
            }
            Err(why) => why.to_owned(),
        })
    }

    #[test]
    fn variables_that_each_hold_a_variable_of() {
        let host = ("MQTT_HOST", "broker");
        for (vars, expected) in [
            (vec![host], Some("mqtt://broker:1883 MQTT_HOST")),
            (vec![("MQTT_BROKER", "broker")], Some("mqtt://broker:1883 MQTT_BROKER")),
            (vec![("MQTT_BROKER", "mqtt://broker")], None),
            (
                [&[host, ("MQTT_PORT", "1884")][..], &LOGIN].concat(),
                Some("mqtt://app@broker:1884 MQTT_HOST MQTT_PORT MQTT_USERNAME MQTT_PASSWORD"),
            ),
            // Set by Kubernetes for a Service of this name.
            (vec![host, ("MQTT_PORT", "tcp://10.0.0.9:1883")], Some("mqtt://broker:1883 MQTT_HOST")),
            (
                vec![host, ("MQTT_PORT", "8883")],
                Some("its port is that of TLS, which no variable asks for: write a check with mqtts://"),
            ),
            (vec![host, LOGIN[1]], Some("the MQTT_… variables hold a password and no user: write a check")),
            (LOGIN.to_vec(), None),
        ] {
            assert_eq!(found(&vars).as_deref(), expected, "{vars:?}");
        }
    }

    #[test]
    fn the_login_is_beside_the_url() {
        let env = MapEnv::with_vars(&LOGIN);
        assert_eq!(beside("mqtt://broker", &env), [("user", "MQTT_USERNAME"), ("password", "MQTT_PASSWORD")]);
        assert_eq!(beside("mqtt://me:x@broker", &env), []);
        assert_eq!(beside("mqtt://broker", &MapEnv::with_vars(&LOGIN[..1])), []);
    }
}
