//! What the variables of an app say of its Kafka: a URL, or a list of brokers and who logs in.

use crate::check::parts;
use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn};
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule =
    DiscoveryRule { usual_variables: &["KAFKA_URL"], reader: "Kafka", by_parts, ..DiscoveryRule::NONE };

/// For each key the names that apps have for it: the first that is set counts.
const BROKERS: &[&str] =
    &["KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS", "SPRING_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKER_LIST"];
const PARTS: [(&str, &[&str]); 4] = [
    ("user", &["KAFKA_SASL_USERNAME", "KAFKA_USERNAME"]),
    ("password", &["KAFKA_SASL_PASSWORD", "KAFKA_PASSWORD"]),
    ("mechanism", &["KAFKA_SASL_MECHANISM"]),
    ("security_protocol", &["KAFKA_SECURITY_PROTOCOL", "SPRING_KAFKA_SECURITY_PROTOCOL"]),
];

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let value = |name: &str| env.var(name).filter(|value| !value.is_empty());
    let of = |names: &[&'static str]| names.iter().copied().find(|name| value(name).is_some());
    // A URL is found as one.
    let is_url = |text: &str| text.trim_start().starts_with("kafka") && text.contains("://");
    let brokers = of(BROKERS).filter(|name| value(name).is_some_and(|value| !is_url(&value)))?;
    let parts = PARTS.iter().filter_map(|(key, names)| Some((*key, of(names)?)));
    let variables: Vec<KeyVariable> = std::iter::once(("bootstrap", brokers)).chain(parts).collect();
    let not = |why| Some(ByParts { variable: brokers, found: Err(why) });
    let has = |key: &str| variables.iter().any(|(known, _)| *known == key);
    if has("user") != has("password") {
        return not("only one of user and password is in the KAFKA_… variables: write a check");
    }
    Some(parts::check_of(brokers, variables, parse))
}

#[cfg(test)]
mod tests {
    use super::by_parts;
    use crate::env::MapEnv;

    /// The target and the variables of what is found; else why not.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        by_parts(&env, crate::check::kafka::KIND.parse).map(|parts| match parts.found {
            Ok((variables, check)) => {
                let names: Vec<&str> = variables.iter().map(|(_, name)| *name).collect();
                format!("{} {}", check.prepare(&env).target, names.join(" "))
            }
            Err(why) => why.to_owned(),
        })
    }

    #[test]
    fn variables_that_each_hold_a_part() {
        let brokers = ("KAFKA_BROKERS", "b1:9092,b2:9092");
        let login = [("KAFKA_USERNAME", "app"), ("KAFKA_PASSWORD", "s3cret")];
        for (vars, expected) in [
            (vec![brokers], Some("kafka://b1:9092,b2:9092 KAFKA_BROKERS")),
            (vec![("KAFKA_BROKERS", "PLAINTEXT://b:29092")], Some("kafka://b:29092 KAFKA_BROKERS")),
            (vec![("SPRING_KAFKA_BOOTSTRAP_SERVERS", "b:9092")], Some("kafka://b:9092 SPRING_KAFKA_BOOTSTRAP_SERVERS")),
            (
                [&[("KAFKA_BOOTSTRAP_SERVERS", "b:9092"), ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")][..], &login]
                    .concat(),
                Some(
                    "kafkas://app@b:9092 KAFKA_BOOTSTRAP_SERVERS KAFKA_USERNAME KAFKA_PASSWORD KAFKA_SECURITY_PROTOCOL",
                ),
            ),
            (
                vec![brokers, ("KAFKA_PASSWORD", "s3cret")],
                Some("only one of user and password is in the KAFKA_… variables: write a check"),
            ),
            // A URL is found as one.
            (vec![("KAFKA_BROKERS", "kafka://b:9092")], None),
            (login.to_vec(), None),
            (vec![("KAFKA_BROKERS", "")], None),
        ] {
            assert_eq!(found(&vars).as_deref(), expected, "{vars:?}");
        }
    }
}
