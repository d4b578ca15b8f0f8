//! What the variables of an app say of its mail server: a URL, or `SMTP_HOST` and those beside it.

use crate::check::parts;
use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn};
use crate::env::Env;

/// The rule.
pub(super) const RULE: DiscoveryRule =
    DiscoveryRule { usual_variables: &["SMTP_URL", "MAILER_DSN"], by_parts, ..DiscoveryRule::NONE };

const HOST: &str = "SMTP_HOST";
/// For each key the names that apps have for it: the first that is set counts.
const PARTS: [(&str, &[&str]); 3] = [
    ("port", &["SMTP_PORT"]),
    ("username", &["SMTP_USER", "SMTP_USERNAME"]),
    ("password", &["SMTP_PASSWORD", "SMTP_PASS"]),
];

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let value = |name: &str| env.var(name).filter(|value| !value.is_empty());
    // Kubernetes sets `tcp://…` where a Service is called smtp.
    value(HOST).filter(|host| !host.contains("://"))?;
    let part = |(key, names): &(&'static str, &[&'static str])| {
        let name = names.iter().find(|name| value(name).is_some_and(|value| !value.contains("://")))?;
        Some((*key, *name))
    };
    let variables: Vec<KeyVariable> = std::iter::once(("host", HOST)).chain(PARTS.iter().filter_map(part)).collect();
    let has = |key: &str| variables.iter().any(|(known, _)| *known == key);
    let not = |why| Some(ByParts { variable: HOST, found: Err(why) });
    if has("username") != has("password") {
        return not("only one of user and password is in the SMTP_… variables: write a check");
    }
    Some(parts::check_of(HOST, variables, parse))
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
                Some("only one of user and password is in the SMTP_… variables: write a check"),
            ),
            (login.to_vec(), None),
            (vec![("SMTP_HOST", "")], None),
        ] {
            assert_eq!(found(&vars).as_deref(), expected, "{vars:?}");
        }
    }
}
