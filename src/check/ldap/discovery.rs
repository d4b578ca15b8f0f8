//! What the variables of an app say of its directory: a URL with the login beside it, or `LDAP_HOST` and those beside it.
//! Directories lock accounts, so what is found is listed, and only commands that a person types log in.

use crate::check::parts::{self, variable_of};
use crate::check::{ByParts, DiscoveryRule, KeyVariable, ParseFn};
use crate::env::Env;
use crate::url::Url;

/// The rule.
pub(super) const RULE: DiscoveryRule = DiscoveryRule {
    usual_variables: &["LDAP_URL", "LDAP_URI"],
    reader: "ldap",
    beside,
    by_parts,
    ..DiscoveryRule::NONE
};

const HOSTS: [&str; 2] = ["LDAP_HOST", "LDAP_SERVER"];
/// For each key the names that apps have for it: the first that is set counts.
const USER: (&str, &[&str]) =
    ("user", &["LDAP_BIND_DN", "LDAP_BINDDN", "LDAP_BIND_USER", "LDAP_USER_DN", "LDAP_USERNAME", "LDAP_USER"]);
const PASSWORD: (&str, &[&str]) =
    ("password", &["LDAP_BIND_PASSWORD", "LDAP_BINDPW", "LDAP_BIND_PW", "LDAP_BIND_CREDENTIALS", "LDAP_PASSWORD"]);
const BASE: (&str, &[&str]) = ("base", &["LDAP_BASE_DN", "LDAP_BASEDN", "LDAP_BASE", "LDAP_SEARCH_BASE"]);
const PORT: (&str, &[&str]) = ("port", &["LDAP_PORT"]);

fn beside(url: &str, env: &dyn Env) -> Vec<KeyVariable> {
    let url = Url::parse(url).ok();
    let has_user = url.as_ref().is_some_and(|url| url.user.is_some());
    let has_base = url.as_ref().is_some_and(|url| !url.path.trim_start_matches('/').is_empty());
    let login = variable_of(USER, env).zip(variable_of(PASSWORD, env)).filter(|_| !has_user);
    let login = login.into_iter().flat_map(|(user, password)| [user, password]);
    login.chain(variable_of(BASE, env).filter(|_| !has_base)).collect()
}

fn by_parts(env: &dyn Env, parse: ParseFn) -> Option<ByParts> {
    let (_, host) = variable_of(("host", &HOSTS), env)?;
    let parts = [PORT, USER, PASSWORD, BASE].into_iter().filter_map(|one| variable_of(one, env));
    let variables: Vec<KeyVariable> = std::iter::once(("host", host)).chain(parts).collect();
    let has = |key: &str| variables.iter().any(|(known, _)| *known == key);
    let not = |why| Some(ByParts { variable: host, found: Err(why) });
    if has("user") != has("password") {
        return not("only one of user and password is in the LDAP_… variables: write a check");
    }
    Some(parts::check_of(host, variables, parse))
}

#[cfg(test)]
mod tests {
    use super::{beside, by_parts};
    use crate::env::MapEnv;

    const LOGIN: [(&str, &str); 2] = [("LDAP_BIND_DN", "cn=app,dc=lab"), ("LDAP_BIND_PASSWORD", "s3cret")];

    /// The target and the variables of what is found; else why not.
    fn found(vars: &[(&str, &str)]) -> Option<String> {
        let env = MapEnv::with_vars(vars);
        by_parts(&env, crate::check::ldap::KIND.parse).map(|parts| match parts.found {
            Ok((variables, check)) => {
                let names: Vec<&str> = variables.iter().map(|(_, name)| *name).collect();
                format!("{} {}", check.prepare(&env).target, names.join(" "))
            }
            Err(why) => why.to_owned(),
        })
    }

    #[test]
    fn variables_that_each_hold_a_variable_of() {
        let host = ("LDAP_HOST", "dc1");
        for (vars, expected) in [
            (vec![host], Some("ldap://dc1:389 LDAP_HOST")),
            (
                [&[host, ("LDAP_PORT", "636"), ("LDAP_BASE_DN", "dc=lab")][..], &LOGIN].concat(),
                Some("ldap://dc1:636/dc=lab LDAP_HOST LDAP_PORT LDAP_BIND_DN LDAP_BIND_PASSWORD LDAP_BASE_DN"),
            ),
            // Set by Kubernetes for a Service of this name.
            (vec![host, ("LDAP_PORT", "tcp://10.0.0.9:389")], Some("ldap://dc1:389 LDAP_HOST")),
            (vec![host, LOGIN[0]], Some("only one of user and password is in the LDAP_… variables: write a check")),
            (LOGIN.to_vec(), None),
            (vec![("LDAP_HOST", "")], None),
        ] {
            assert_eq!(found(&vars).as_deref(), expected, "{vars:?}");
        }
    }

    #[test]
    fn the_login_is_beside_the_url() {
        let env = |vars: &[(&str, &str)]| MapEnv::with_vars(vars);
        let base = ("LDAP_BASE_DN", "dc=lab");
        let names = |url: &str, vars: &[(&str, &str)]| {
            let found = beside(url, &env(vars));
            found.iter().map(|(key, name)| format!("{key}={name}")).collect::<Vec<_>>().join(" ")
        };
        let login = "user=LDAP_BIND_DN password=LDAP_BIND_PASSWORD";
        assert_eq!(names("ldap://dc1", &LOGIN), login);
        assert_eq!(names("ldap://dc1", &[LOGIN[0], LOGIN[1], base]), format!("{login} base=LDAP_BASE_DN"));
        assert_eq!(names("ldap://dc1/dc=other", &[LOGIN[0], base]), "");
        assert_eq!(names("ldap://cn=x:y@dc1", &LOGIN), "");
    }
}
