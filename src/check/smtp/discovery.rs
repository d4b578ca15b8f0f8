//! What the variables of an app say of its mail server: a URL, or `SMTP_HOST` and those beside it.

use crate::check::parts::{self, Parts};
use crate::check::{ByParts, DiscoveryRule, ParseFn};
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule =
    DiscoveryRule { usual_variables: &["SMTP_URL", "MAILER_DSN"], by_parts, ..DiscoveryRule::NONE };

/// Of most apps, Laravel, Django and Spring.
const WAYS: &[Parts] = &[
    Parts {
        first: ("host", "SMTP_HOST"),
        others: &[
            ("port", &["SMTP_PORT"]),
            ("username", &["SMTP_USER", "SMTP_USERNAME"]),
            ("password", &["SMTP_PASSWORD", "SMTP_PASS"]),
        ],
        needed: &[],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("host", "MAIL_HOST"),
        others: &[
            ("port", &["MAIL_PORT"]),
            ("username", &["MAIL_USERNAME", "MAIL_USER"]),
            ("password", &["MAIL_PASSWORD", "MAIL_PASS"]),
        ],
        needed: &[],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("host", "EMAIL_HOST"),
        others: &[
            ("port", &["EMAIL_PORT"]),
            ("username", &["EMAIL_HOST_USER", "EMAIL_USER", "EMAIL_USERNAME"]),
            ("password", &["EMAIL_HOST_PASSWORD", "EMAIL_PASSWORD", "EMAIL_PASS"]),
        ],
        needed: &[],
        means: Parts::OF_KIND,
    },
    Parts {
        first: ("host", "SPRING_MAIL_HOST"),
        others: &[
            ("port", &["SPRING_MAIL_PORT"]),
            ("username", &["SPRING_MAIL_USERNAME"]),
            ("password", &["SPRING_MAIL_PASSWORD"]),
        ],
        needed: &[],
        means: Parts::OF_KIND,
    },
];
/// How apps ask for TLS beside these.
const TLS: &[&str] = &[
    "SMTP_TLS",
    "SMTP_SSL",
    "SMTP_SECURE",
    "MAIL_ENCRYPTION",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
    "SPRING_MAIL_PROPERTIES_MAIL_SMTP_STARTTLS_ENABLE",
    "SPRING_MAIL_PROPERTIES_MAIL_SMTP_SSL_ENABLE",
];

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let ByParts { variable, found } = parts::find(WAYS, env, parse)?;
    // Kubernetes sets `tcp://…` where a Service is called smtp; a URL is found as one.
    env.var(variable).filter(|host| !host.contains("://"))?;
    let found = found.and_then(|(variables, check)| {
        let of = |key: &str| variables.iter().find(|(known, _)| *known == key).map(|(_, name)| *name);
        // Laravel sends mail elsewhere: to its log, or to the API of a provider.
        if variable == "MAIL_HOST" && env.var("MAIL_MAILER").is_some_and(|mailer| mailer != "smtp") {
            return Err("MAIL_MAILER is not smtp, so the app may not use it: write a check if it does");
        }
        if of("username").is_some() != of("password").is_some() {
            return Err("only one of user and password is in the variables beside it: write a check");
        }
        let port = of("port").and_then(|name| env.var(name)).unwrap_or_default();
        // These ports mean TLS by themselves.
        if parts::asks_tls(env, TLS) && port != "465" && port != "587" {
            return Err("a variable beside it asks for TLS: write a check with `tls: starttls` or `tls: implicit`");
        }
        Ok((variables, check))
    });
    Some(ByParts { variable, found })
}

#[cfg(test)]
mod tests {
    use super::by_parts;
    use crate::env::MapEnv;

    /// The target and the variables of what is found; else why not.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        by_parts(&env, crate::check::smtp::KIND.parse).map(|parts| match parts.found {
            Ok((variables, check)) => {
                let names: Vec<&str> = variables.iter().map(|(_, name)| *name).collect();
                format!("{} {}", check.prepare(&env).target, names.join(" "))
            }
            Err(why) => why.to_owned(),
        })
    }

    #[test]
    fn variables_that_each_hold_a_part() {
        let login = [("SMTP_USER", "app"), ("SMTP_PASSWORD", "s3cret")];
        for (vars, expected) in [
            (vec![("SMTP_HOST", "mail")], Some("smtp://mail:25 SMTP_HOST")),
            (
                [&[("SMTP_HOST", "mail"), ("SMTP_PORT", "587")][..], &login].concat(),
                Some("smtp://app@mail:587 SMTP_HOST SMTP_PORT SMTP_USER SMTP_PASSWORD"),
            ),
            (
                vec![("SMTP_HOST", "mail"), ("SMTP_USERNAME", "app"), ("SMTP_PASS", "s3cret")],
                Some("smtp://app@mail:25 SMTP_HOST SMTP_USERNAME SMTP_PASS"),
            ),
            // Set by Kubernetes for a Service of this name.
            (vec![("SMTP_HOST", "smtp"), ("SMTP_PORT", "tcp://10.0.0.9:25")], Some("smtp://smtp:25 SMTP_HOST")),
            (vec![("SMTP_HOST", "tcp://10.0.0.9"), ("SMTP_PORT", "25")], None),
            (
                vec![("SMTP_HOST", "mail"), ("SMTP_USER", "app")],
                Some("only one of user and password is in the variables beside it: write a check"),
            ),
            (
                vec![
                    ("MAIL_HOST", "mail"),
                    ("MAIL_PORT", "1025"),
                    ("MAIL_USERNAME", "null"),
                    ("MAIL_PASSWORD", "null"),
                ],
                Some("smtp://mail:1025 MAIL_HOST MAIL_PORT"),
            ),
            (
                vec![
                    ("EMAIL_HOST", "mail"),
                    ("EMAIL_PORT", "587"),
                    ("EMAIL_HOST_USER", "app"),
                    ("EMAIL_HOST_PASSWORD", "s3cret"),
                    ("EMAIL_USE_TLS", "True"),
                ],
                Some("smtp://app@mail:587 EMAIL_HOST EMAIL_PORT EMAIL_HOST_USER EMAIL_HOST_PASSWORD"),
            ),
            (
                vec![("EMAIL_HOST", "mail"), ("EMAIL_USE_TLS", "True")],
                Some("a variable beside it asks for TLS: write a check with `tls: starttls` or `tls: implicit`"),
            ),
            (vec![("SPRING_MAIL_HOST", "mail")], Some("smtp://mail:25 SPRING_MAIL_HOST")),
            (
                vec![("MAIL_HOST", "127.0.0.1"), ("MAIL_MAILER", "log")],
                Some("MAIL_MAILER is not smtp, so the app may not use it: write a check if it does"),
            ),
            (login.to_vec(), None),
            (vec![("SMTP_HOST", "")], None),
        ] {
            assert_eq!(found(&vars).as_deref(), expected, "{vars:?}");
        }
    }
}
