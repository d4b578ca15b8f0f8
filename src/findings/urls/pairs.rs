//! Variables that do not go together, or that say something wrong by their name: told only where it can be told for sure.

use super::about::About;
use super::clients::Family;
use super::intent::Intent;
use super::percent;
use super::rows::{INCONSISTENT, PUBLIC, REDIS_DOUBLE, UNENCODED};
use super::sites::{self, Pair};
use super::{together, values};
use crate::finding::{Finding, Severity};
use crate::findings::public_url::{BASES, PublicUrl};
use crate::scheme::Schemes;

/// What they show, and about which variable.
pub(super) fn judge<'a>(pairs: &[Pair<'a>], schemes: Schemes) -> Vec<(About<'a>, Finding)> {
    let each = |rule: &dyn Fn(&str, &str) -> Option<Finding>| -> Vec<(&'a str, Finding)> {
        pairs.iter().filter_map(|(name, text)| Some((*name, rule(name, text)?))).collect()
    };
    let one = |(name, finding): (&'a str, Finding)| (About::Variable(name), finding);
    let one_or_two = |(name, finding): (&'a str, Finding)| match finding.code {
        code if code == INCONSISTENT.code => (About::Variables(name), finding),
        _ => (About::Variable(name), finding),
    };
    let mut found: Vec<(About<'a>, Finding)> = each(&public).into_iter().map(one).collect();
    found.extend(each(&origins).into_iter().map(one));
    found.extend(each(&|name, text| redis(name, text, pairs, schemes)).into_iter().map(one_or_two));
    found.extend(each(&|name, text| postgres(name, text, pairs, schemes)).into_iter().map(one_or_two));
    found.extend(plain_base(pairs).map(one));
    found.extend(together::judge(pairs).into_iter().map(|(name, finding)| (About::Variables(name), finding)));
    found.extend(sites::judge(pairs).into_iter().map(|(name, finding)| (About::Variables(name), finding)));
    found
}

/// Where sessions begin, at a public name, in plain text, in production.
fn plain_base<'a>(pairs: &[Pair<'a>]) -> Option<(&'a str, Finding)> {
    value(pairs, &["NODE_ENV"]).filter(|(_, text)| *text == "production")?;
    let (name, text) = value(pairs, BASES)?;
    // Names of the cluster, of a laptop and addresses may well be asked in plain text.
    PublicUrl::parse(text).is_some_and(|url| url.is_public() && !url.https).then(|| {
        let finding = INCONSISTENT.found(
            format!("the variable {name} is an http:// URL of a public name, and NODE_ENV is production"),
            "write the URL that browsers use: if TLS ends before the app (Ingress), their origin is https:// and \
             session cookies must be Secure",
        );
        (name, finding)
    })
}

fn value<'a>(pairs: &[Pair<'a>], names: &[&str]) -> Option<Pair<'a>> {
    let find = |name: &&str| pairs.iter().find(|(known, text)| known == name && !text.is_empty()).copied();
    names.iter().find_map(find)
}

fn public(name: &str, text: &str) -> Option<Finding> {
    values::is_public_secret(name, text).then(|| {
        let public = name.find("PUBLIC_").map(|at| at + "PUBLIC_".len());
        let prefix = &name[..public.or_else(|| Some(name.find('_')? + 1)).unwrap_or(name.len())];
        // Tokens of analytics and maps are made for browsers.
        let token = !["SECRET", "PASSWORD", "PRIVATE"].iter().any(|word| name.contains(word));
        let severity = if token { Severity::Info } else { PUBLIC.severity };
        let found = PUBLIC.found(
            format!(
                "the variable {name} has the name of a secret, and every variable with the prefix {prefix} is \
                     sent to every browser"
            ),
            "rename it without that prefix, read it only on the server, and replace the secret, because builds may \
             contain it",
        );
        Finding { severity, ..found }
    })
}

/// A browser sends `scheme://host[:port]`, and servers compare it letter by letter.
fn origins(name: &str, text: &str) -> Option<Finding> {
    if !sites::LISTS.iter().any(|list| name.ends_with(list)) {
        return None;
    }
    let mut items = text.trim().trim_start_matches('[').trim_end_matches(']').split(',');
    let path = |item: &str| {
        let item = item.trim().trim_matches(['"', '\'']);
        let rest = item.strip_prefix("http://").or_else(|| item.strip_prefix("https://"));
        rest.is_some_and(|rest| rest.contains('/') && !rest.contains('*'))
    };
    items.any(path).then(|| {
        INCONSISTENT.found(
            format!("an origin in the variable {name} ends with `/` or a path, which no browser sends"),
            "write only scheme://host[:port], without a final `/`",
        )
    })
}

fn redis(name: &str, text: &str, pairs: &[Pair<'_>], schemes: Schemes) -> Option<Finding> {
    if Family::of(text, schemes) != Some(Family::Redis) {
        return None;
    }
    let intent = Intent::of(text)?;
    let raw = intent.password.filter(|password| !password.is_empty())?;
    let (other, password) = value(pairs, &["REDIS_PASSWORD"])?;
    if name == other || !name.starts_with("REDIS") || intent.doubled().is_some() {
        return None;
    }
    let same = raw == password || *intent.meant(None) == *password.as_bytes();
    if !same {
        // Another user, another server: another password.
        let one_server = name == "REDIS_URL"
            && matches!(intent.user, None | Some("" | "default"))
            && value(pairs, &["REDIS_HOST"]).is_none_or(|(_, host)| {
                intent.host().is_some_and(|(own, _)| own.to_string() == host.to_ascii_lowercase())
            });
        if !one_server {
            return None;
        }
        return Some(INCONSISTENT.found(
            format!("the variables {name} and {other} hold different passwords"),
            "keep the password in one place, and derive the other value from it",
        ));
    }
    let mut finding = REDIS_DOUBLE.found(
        format!(
            "the variable {name} already contains a password, and {other} is set too: an app that adds it sends it \
             twice"
        ),
        format!("keep the password in one of them: {} with {other}, or only the URL", without_password(&intent)),
    );
    finding.severity = Severity::Info;
    Some(finding)
}

fn without_password(intent: &Intent<'_>) -> String {
    format!("{}://{}", intent.scheme, intent.shown_hosts())
}

/// The password of the URL beside the one that stands alone, where both are for the same user.
fn postgres(name: &str, text: &str, pairs: &[Pair<'_>], schemes: Schemes) -> Option<Finding> {
    if Family::of(text, schemes) != Some(Family::Postgres) {
        return None;
    }
    let intent = Intent::of(text)?;
    let raw = intent.password?;
    let sets = [
        ("POSTGRES_PASSWORD", "POSTGRES_USER", "POSTGRES_HOST"),
        ("PGPASSWORD", "PGUSER", "PGHOST"),
        ("DB_PASSWORD", "DB_USER", "DB_HOST"),
        ("DATABASE_PASSWORD", "DATABASE_USER", "DATABASE_HOST"),
    ];
    let (other, password, host) = sets.iter().find_map(|(password, user, host)| {
        let (_, user) = value(pairs, &[*user])?;
        let (name, password) = value(pairs, &[*password])?;
        let same = user.as_bytes() == intent.meant_user().as_slice();
        same.then(|| (name, password, value(pairs, &[*host]).map(|(_, host)| host)))
    })?;
    let broken = values::white(password).is_some() || values::unexpanded(password).is_some();
    let decoded = intent.meant(None);
    if *decoded == *password.as_bytes() || values::unexpanded(text).is_some() || broken {
        return None;
    }
    if raw == password && percent::odd(raw).is_empty() {
        return Some(UNENCODED.found(
            format!(
                "the password in the variable {name} is {other} unchanged, and it contains a `%`: every client \
                     decodes it to another password"
            ),
            format!("write %25 for % in the URL: {}", intent.shown()),
        ));
    }
    // The same user on another host may well have another password.
    let same_server = match host {
        Some(host) => intent.host().is_some_and(|(known, _)| known.to_string() == host.to_ascii_lowercase()),
        None => value(pairs, &["POSTGRES_DB"])
            .is_some_and(|(_, db)| other == "POSTGRES_PASSWORD" && db == intent.database()),
    };
    (raw != password && same_server).then(|| {
        let what = if host.is_some() { "host" } else { "database" };
        INCONSISTENT.found(
            format!("the variables {name} and {other} hold different passwords for the same user and {what}"),
            "keep the password in one place, and derive the other value from it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{Pair, Severity, judge};
    use crate::check::SCHEMES;

    fn codes(pairs: &[Pair<'_>]) -> Vec<&'static str> {
        judge(pairs, SCHEMES).iter().map(|(_, finding)| finding.code).collect()
    }

    #[test]
    fn a_token_may_be_made_for_browsers() {
        let of = |name| judge(&[(name, "hunter2")], SCHEMES)[0].1.severity;
        assert_eq!(of("NEXT_PUBLIC_MIXPANEL_TOKEN"), Severity::Info);
        assert_eq!(of("NEXT_PUBLIC_TOKEN_SECRET"), Severity::Warning);
        let says = |name| judge(&[(name, "hunter2")], SCHEMES)[0].1.message.clone();
        assert!(says("NEXT_PUBLIC_APP_SECRET").contains("prefix NEXT_PUBLIC_ is sent"));
        assert!(says("VITE_APP_SECRET").contains("prefix VITE_ is sent"));
    }

    #[test]
    fn what_does_not_go_together() {
        let cases: &[(&[Pair<'_>], &[&str])] = &[
            (&[("REDIS_URL", "redis://:hunter2@cache"), ("REDIS_PASSWORD", "hunter2")], &["redis_double_password"]),
            (&[("REDIS_URL", "redis://:hunter2@cache"), ("REDIS_PASSWORD", "hunter3")], &["config_inconsistent"]),
            (&[("REDIS_URL", "redis://cache"), ("REDIS_PASSWORD", "hunter2")], &[]),
            (&[("REDIS_URL", "redis://worker:hunter2@cache"), ("REDIS_PASSWORD", "hunter3")], &[]),
            (&[("REDIS_QUEUE_URL", "redis://:hunter2@queue"), ("REDIS_PASSWORD", "hunter3")], &[]),
            (&[("REDIS_URL", "redis://:hunter2@a"), ("REDIS_PASSWORD", "hunter3"), ("REDIS_HOST", "b")], &[]),
            (
                &[("DATABASE_URL", "postgres://a:b%41c@db/x"), ("POSTGRES_PASSWORD", "b%41c"), ("POSTGRES_USER", "a")],
                &["url_password_unencoded"],
            ),
            (&[("DATABASE_URL", "postgres://a:b%2Fc@db/x"), ("POSTGRES_PASSWORD", "b/c"), ("POSTGRES_USER", "a")], &[]),
            (
                &[("DATABASE_URL", "postgres://a:x@db/x"), ("PGPASSWORD", "y"), ("PGUSER", "a"), ("PGHOST", "db")],
                &["config_inconsistent"],
            ),
            (&[("DATABASE_URL", "postgres://a:x@db/x"), ("PGPASSWORD", "y"), ("PGUSER", "a")], &[]),
            (&[("DATABASE_URL", "postgres://a:x@db/x"), ("PGPASSWORD", "y"), ("PGUSER", "b")], &[]),
            (&[("DATABASE_URL", "postgres://a:x@db/x"), ("PGPASSWORD", "y")], &[]),
            (
                &[
                    ("DATABASE_URL", "postgres://a:x@db/x"),
                    ("POSTGRES_PASSWORD", "y"),
                    ("POSTGRES_USER", "a"),
                    ("POSTGRES_DB", "x"),
                ],
                &["config_inconsistent"],
            ),
            (&[("NODE_ENV", "production"), ("NEXTAUTH_URL", "http://app.example.com/x")], &["config_inconsistent"]),
            (&[("NODE_ENV", "production"), ("NEXTAUTH_URL", "https://app.example.com")], &[]),
            (&[("NODE_ENV", "production"), ("NEXTAUTH_URL", "http://localhost:3000")], &["config_inconsistent"]),
            (&[("NODE_ENV", "production"), ("APP_URL", "http://app.example.com")], &["config_inconsistent"]),
            (&[("NODE_ENV", "production"), ("AUTH_URL", "http://web.shop.svc.cluster.local")], &[]),
            (&[("NODE_ENV", "production"), ("AUTH_URL", "http://10.0.0.7:3000")], &[]),
            (&[("NODE_ENV", "development"), ("AUTH_URL", "http://app.example.com")], &[]),
            (&[("CORS_ORIGINS", "https://a.example,http://b.example/")], &["config_inconsistent"]),
            (&[("CORS_ORIGINS", "[\"https://a.example\",\"http://b:3000\"]")], &[]),
            (&[("NEXT_PUBLIC_AUTH_SECRET", "hunter2")], &["secret_public_prefix"]),
        ];
        for (pairs, expected) in cases {
            assert_eq!(codes(pairs), *expected, "{pairs:?}");
            let told: Vec<_> = judge(pairs, SCHEMES).into_iter().map(|(_, finding)| finding).collect();
            assert!(!format!("{told:?}").contains("hunter"), "{pairs:?}");
        }
    }
}
