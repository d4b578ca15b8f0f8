//! What variables that each hold a part of a connection mean: those of the image of RabbitMQ, of most apps, and of Spring Boot.

use crate::check::parts;
use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn};
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule = DiscoveryRule {
    usual_variables: &["AMQP_URL", "AMQP_URI", "RABBITMQ_URL", "RABBITMQ_URI", "RABBIT_URL", "CLOUDAMQP_URL"],
    reader: "AMQP clients",
    by_parts,
    ..DiscoveryRule::NONE
};

/// Who sets the variables, by the host.
struct Names {
    host: &'static str,
    /// For each key the names that apps have for it: the first that is set counts.
    parts: [(&'static str, &'static [&'static str]); 4],
}

const SETS: [Names; 3] = [
    Names {
        host: "RABBITMQ_HOST",
        parts: [
            ("port", &["RABBITMQ_PORT"]),
            ("user", &["RABBITMQ_USER", "RABBITMQ_USERNAME", "RABBITMQ_DEFAULT_USER"]),
            ("password", &["RABBITMQ_PASSWORD", "RABBITMQ_PASS", "RABBITMQ_DEFAULT_PASS"]),
            ("vhost", &["RABBITMQ_VHOST", "RABBITMQ_DEFAULT_VHOST"]),
        ],
    },
    Names {
        host: "SPRING_RABBITMQ_HOST",
        parts: [
            ("port", &["SPRING_RABBITMQ_PORT"]),
            ("user", &["SPRING_RABBITMQ_USERNAME"]),
            ("password", &["SPRING_RABBITMQ_PASSWORD"]),
            ("vhost", &["SPRING_RABBITMQ_VIRTUALHOST", "SPRING_RABBITMQ_VIRTUAL_HOST"]),
        ],
    },
    Names {
        host: "AMQP_HOST",
        parts: [
            ("port", &["AMQP_PORT"]),
            ("user", &["AMQP_USER", "AMQP_USERNAME"]),
            ("password", &["AMQP_PASSWORD", "AMQP_PASS"]),
            ("vhost", &["AMQP_VHOST"]),
        ],
    },
];
/// Spring's list of servers, in place of host and port.
const SPRING_LIST: &str = "SPRING_RABBITMQ_ADDRESSES";
/// How Spring asks for TLS.
const SPRING_TLS: &str = "SPRING_RABBITMQ_SSL_ENABLED";

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let value = |name: &str| env.var(name).filter(|value| !value.is_empty());
    // Kubernetes sets NAME_PORT to tcp://… for a Service of this name.
    let plain = |name: &str| value(name).is_some_and(|value| !value.contains("://"));
    if plain(SPRING_LIST) {
        let why = "it lists servers: write a check for each of them";
        return Some(ByParts { variable: SPRING_LIST, found: Err(why) });
    }
    let known = SETS.iter().find(|names| plain(names.host))?;
    let not = |why| Some(ByParts { variable: known.host, found: Err(why) });
    let part = |(key, names): &(&'static str, &'static [&'static str])| {
        names.iter().find(|name| plain(name)).map(|name| (*key, *name))
    };
    let variables: Vec<KeyVariable> =
        std::iter::once(("host", known.host)).chain(known.parts.iter().filter_map(part)).collect();
    let has = |key: &str| variables.iter().any(|(known, _)| *known == key);
    if has("user") != has("password") {
        return not("only one of user and password is in the variables beside it: write a check");
    }
    if known.host.starts_with("SPRING") && value(SPRING_TLS).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return not("SPRING_RABBITMQ_SSL_ENABLED asks for TLS: write a check with `tls: {}`");
    }
    Some(parts::check_of(known.host, variables, parse))
}

#[cfg(test)]
mod tests {
    use super::by_parts;
    use crate::check::amqp::KIND;
    use crate::env::MapEnv;

    /// The target and the variables of what is found; else why not.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        by_parts(&env, KIND.parse).map(|parts| match parts.found {
            Ok((variables, check)) => {
                let names: Vec<&str> = variables.iter().map(|(_, name)| *name).collect();
                format!("{} {}", check.prepare(&env).target, names.join(" "))
            }
            Err(why) => why.to_owned(),
        })
    }

    #[test]
    fn variables_that_each_hold_a_part() {
        let host = ("RABBITMQ_HOST", "mq");
        let login = [("RABBITMQ_USER", "app"), ("RABBITMQ_PASSWORD", "s3cret")];
        let spring = [
            ("SPRING_RABBITMQ_HOST", "mq"),
            ("SPRING_RABBITMQ_USERNAME", "app"),
            ("SPRING_RABBITMQ_PASSWORD", "s3cret"),
        ];
        for (vars, expected) in [
            (vec![host], Some("amqp://mq:5672 RABBITMQ_HOST")),
            (
                [&[host, ("RABBITMQ_PORT", "5673"), ("RABBITMQ_VHOST", "/")][..], &login].concat(),
                Some(
                    "amqp://app@mq:5673/%2F RABBITMQ_HOST RABBITMQ_PORT RABBITMQ_USER RABBITMQ_PASSWORD RABBITMQ_VHOST",
                ),
            ),
            (
                vec![host, ("RABBITMQ_DEFAULT_USER", "app"), ("RABBITMQ_DEFAULT_PASS", "s3cret")],
                Some("amqp://app@mq:5672 RABBITMQ_HOST RABBITMQ_DEFAULT_USER RABBITMQ_DEFAULT_PASS"),
            ),
            // Set by Kubernetes for a Service of this name.
            (vec![host, ("RABBITMQ_PORT", "tcp://10.0.0.9:5672")], Some("amqp://mq:5672 RABBITMQ_HOST")),
            (
                spring.to_vec(),
                Some("amqp://app@mq:5672 SPRING_RABBITMQ_HOST SPRING_RABBITMQ_USERNAME SPRING_RABBITMQ_PASSWORD"),
            ),
            (
                [&spring[..], &[("SPRING_RABBITMQ_VIRTUALHOST", "shop")]].concat(),
                Some(
                    "amqp://app@mq:5672/shop SPRING_RABBITMQ_HOST SPRING_RABBITMQ_USERNAME SPRING_RABBITMQ_PASSWORD \
                     SPRING_RABBITMQ_VIRTUALHOST",
                ),
            ),
            (
                [&spring[..], &[("SPRING_RABBITMQ_SSL_ENABLED", "true")]].concat(),
                Some("SPRING_RABBITMQ_SSL_ENABLED asks for TLS: write a check with `tls: {}`"),
            ),
            (
                vec![("SPRING_RABBITMQ_ADDRESSES", "a:5672,b:5672")],
                Some("it lists servers: write a check for each of them"),
            ),
            (
                vec![host, ("RABBITMQ_USER", "app")],
                Some("only one of user and password is in the variables beside it: write a check"),
            ),
            // The container of the broker itself.
            (vec![("RABBITMQ_DEFAULT_USER", "app"), ("RABBITMQ_DEFAULT_PASS", "s3cret")], None),
            (login.to_vec(), None),
            (vec![("AMQP_HOST", "mq"), ("AMQP_VHOST", "a b")], Some("amqp://mq:5672/a?b AMQP_HOST AMQP_VHOST")),
        ] {
            assert_eq!(found(&vars).as_deref(), expected, "{vars:?}");
        }
    }
}
