//! The base URL of the app, its allow-list of origins and what else the pod says of where browsers find it: told only where
//! two variables contradict each other.

use super::rows::INCONSISTENT;
use crate::finding::{Finding, Severity};
use crate::findings::public_url::{BASES, PublicUrl};

/// A variable and its value.
pub(super) type Pair<'a> = (&'a str, &'a str);

/// Variables whose value is built into what browsers get.
const PREFIXES: &[&str] = &["NEXT_PUBLIC_", "NUXT_PUBLIC_", "VITE_", "REACT_APP_"];
/// Variables of the site by its own name; that of an API may well be elsewhere.
const SITES: &[&str] = &["SITE_URL", "BASE_URL", "WEB_URL", "FRONTEND_URL", "CLIENT_URL"];
/// Variables by which a backend knows its frontend.
const FRONTENDS: &[&str] = &["FRONTEND_URL", "CLIENT_URL", "WEB_URL"];
/// Endings of the names of allow-lists.
pub(super) const LISTS: &[&str] =
    &["ALLOWED_ORIGINS", "CORS_ORIGINS", "TRUSTED_ORIGINS", "CORS_ALLOWED_ORIGINS", "CORS_ALLOW_ORIGINS"];

/// What they show, and about which variable.
pub(super) fn judge<'a>(pairs: &[Pair<'a>]) -> Vec<(&'a str, Finding)> {
    let production = match stage(pairs) {
        Some("production") => true,
        None => false,
        // A developer's own machine.
        Some(_) => return Vec::new(),
    };
    let judged = pairs.iter().filter_map(|pair| {
        let finding = local_base(*pair, pairs, production).or_else(|| allow_list(*pair, pairs, production))?;
        Some((pair.0, finding))
    });
    judged.collect()
}

/// What the app runs for, where a variable says it.
pub(super) fn stage<'a>(pairs: &[Pair<'a>]) -> Option<&'a str> {
    let stage = pairs.iter().find(|(name, _)| *name == "NODE_ENV").map(|(_, text)| text.trim());
    stage.filter(|stage| !stage.is_empty())
}

/// The first of these variables that has a public name, but this one.
fn public<'a>(pairs: &[Pair<'a>], name: &str, is_one: impl Fn(&str) -> bool) -> Option<&'a str> {
    let site = |(other, text): &Pair<'_>| {
        *other != name && is_one(other) && PublicUrl::parse(text).is_some_and(|url| url.is_public())
    };
    pairs.iter().find(|pair| site(pair)).map(|(name, _)| *name)
}

/// Whether the value of a variable of this name is built into what browsers get.
#[must_use]
pub fn is_for_browsers(name: &str) -> bool {
    without_prefix(name) != name
}

pub(super) fn without_prefix(name: &str) -> &str {
    PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}

/// Whether it says where browsers find the app. `AUTH_URL` does beside `AUTH_SECRET` (Auth.js); else it may be that of
/// another service.
fn is_base(name: &str, pairs: &[Pair<'_>]) -> bool {
    BASES.contains(&name) && (name != "AUTH_URL" || pairs.iter().any(|(other, _)| *other == "AUTH_SECRET"))
}

/// Whether it says where the frontend of a backend is.
pub(super) fn is_frontend(name: &str) -> bool {
    FRONTENDS.contains(&without_prefix(name))
}

pub(super) fn is_site(name: &str, pairs: &[Pair<'_>]) -> bool {
    let bare = without_prefix(name);
    SITES.contains(&bare) || is_base(bare, pairs)
}

/// A localhost URL is the browser's own machine to every browser.
fn local_base((name, text): Pair<'_>, pairs: &[Pair<'_>], production: bool) -> Option<Finding> {
    let of_browser = is_for_browsers(name) && name.ends_with("URL");
    let url = PublicUrl::parse(text).filter(PublicUrl::is_local)?;
    let (base, host) = (is_base(name, pairs), url.host);
    if !base && !of_browser {
        return None;
    }
    if let Some(other) = public(pairs, name, |name| is_site(name, pairs)) {
        let what = if of_browser {
            "browsers would ask their own machine"
        } else {
            "sign-in would send browsers to their own machine"
        };
        return Some(INCONSISTENT.found(
            format!("the variable {name} is a URL of {host}, but {other} is one of a public name: {what}"),
            format!("write the URL that browsers use in {name}"),
        ));
    }
    // With kubectl port-forward it is right.
    (base && production).then(|| {
        let finding = INCONSISTENT.found(
            format!("the variable {name} is a URL of {host}, and NODE_ENV is production"),
            "write the URL that browsers use; a localhost URL works only through kubectl port-forward",
        );
        Finding { severity: Severity::Info, ..finding }
    })
}

/// An allow-list that allows no browser.
fn allow_list((name, text): Pair<'_>, pairs: &[Pair<'_>], production: bool) -> Option<Finding> {
    if !LISTS.iter().any(|list| name.ends_with(list)) {
        return None;
    }
    let marks = |c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '[' | ']');
    let origins: Vec<&str> = text.split(marks).filter(|item| !item.is_empty()).collect();
    let frontend = public(pairs, name, is_frontend);
    let fix = "list the origins that browsers come from, such as https://app.example.com, without a final `/`";
    if origins.is_empty() {
        // Better Auth always trusts its own base URL.
        let alone = production && !name.ends_with("TRUSTED_ORIGINS");
        let (why, severity) = match frontend {
            Some(other) => (format!("but {other} is a URL of a public name"), INCONSISTENT.severity),
            None if alone => ("and NODE_ENV is production".to_owned(), Severity::Info),
            None => return None,
        };
        let finding =
            INCONSISTENT.found(format!("the variable {name} is empty, {why}: it allows no other origin"), fix);
        return Some(Finding { severity, ..finding });
    }
    let local = |origin: &&str| PublicUrl::parse(origin).is_some_and(|url| url.is_local());
    let other = frontend.or_else(|| public(pairs, name, |other| is_site(other, pairs)))?;
    let trusted = name.ends_with("TRUSTED_ORIGINS") && is_base(other, pairs);
    (origins.iter().all(local) && !trusted).then(|| {
        INCONSISTENT
            .found(format!("the variable {name} lists only localhost, but {other} is a URL of a public name"), fix)
    })
}

#[cfg(test)]
mod tests {
    use super::{Pair, judge};
    use crate::finding::Severity;

    const PROD: Pair<'_> = ("NODE_ENV", "production");
    const LOCAL: &str = "http://localhost:3000";
    const SITE: &str = "https://app.example.com";

    fn found(pairs: &[Pair<'_>]) -> Vec<(String, Severity)> {
        let found = judge(pairs);
        assert!(found.iter().all(|(_, finding)| finding.code == "config_inconsistent"), "{found:?}");
        found.into_iter().map(|(name, finding)| (name.to_owned(), finding.severity)).collect()
    }

    #[test]
    fn settings_that_contradict_each_other() {
        use Severity::{Info, Warning};
        for (pairs, name, severity) in [
            (&[("BETTER_AUTH_URL", LOCAL), ("NEXT_PUBLIC_APP_URL", SITE)][..], "BETTER_AUTH_URL", Warning),
            (&[PROD, ("NEXTAUTH_URL", "http://127.0.0.1:3000"), ("APP_URL", SITE)], "NEXTAUTH_URL", Warning),
            (
                &[("NEXT_PUBLIC_API_URL", "http://localhost:8000"), ("BETTER_AUTH_URL", SITE)],
                "NEXT_PUBLIC_API_URL",
                Warning,
            ),
            (&[("AUTH_URL", LOCAL), ("AUTH_SECRET", "x"), ("SITE_URL", SITE)], "AUTH_URL", Warning),
            (&[("APP_URL", "http://localhost"), ("FRONTEND_URL", SITE)], "APP_URL", Warning),
            (&[PROD, ("BETTER_AUTH_URL", LOCAL)], "BETTER_AUTH_URL", Info),
            (&[("ALLOWED_ORIGINS", ""), ("FRONTEND_URL", SITE)], "ALLOWED_ORIGINS", Warning),
            (&[("CORS_ORIGINS", "[]"), ("CLIENT_URL", SITE), PROD], "CORS_ORIGINS", Warning),
            (&[("BETTER_AUTH_TRUSTED_ORIGINS", " , "), ("FRONTEND_URL", SITE)], "BETTER_AUTH_TRUSTED_ORIGINS", Warning),
            (&[PROD, ("ALLOWED_ORIGINS", "")], "ALLOWED_ORIGINS", Info),
            (
                &[("CORS_ORIGINS", "http://localhost:3000,http://127.0.0.1:3000"), ("FRONTEND_URL", SITE)],
                "CORS_ORIGINS",
                Warning,
            ),
            (
                &[("CORS_ORIGINS", "[\"http://localhost:3000\"]"), ("NEXT_PUBLIC_APP_URL", SITE)],
                "CORS_ORIGINS",
                Warning,
            ),
        ] {
            assert_eq!(found(pairs), [(name.to_owned(), severity)], "{pairs:?}");
        }
    }

    #[test]
    fn what_goes_together_and_what_a_developer_has_is_silent() {
        for pairs in [
            &[("NODE_ENV", "development"), ("BETTER_AUTH_URL", LOCAL), ("NEXT_PUBLIC_APP_URL", SITE)][..],
            &[("NODE_ENV", "test"), ("ALLOWED_ORIGINS", ""), ("FRONTEND_URL", SITE)],
            &[("BETTER_AUTH_URL", LOCAL), ("NEXT_PUBLIC_APP_URL", LOCAL)],
            &[("BETTER_AUTH_URL", LOCAL)],
            &[("ALLOWED_ORIGINS", "")],
            &[("ALLOWED_ORIGINS", LOCAL)],
            &[PROD, ("BETTER_AUTH_URL", SITE), ("NEXT_PUBLIC_APP_URL", SITE), ("ALLOWED_ORIGINS", SITE)],
            // The server's own way to itself, and another service.
            &[PROD, ("NEXTAUTH_URL", SITE), ("NEXTAUTH_URL_INTERNAL", LOCAL)],
            &[("AUTH_URL", "http://localhost:8080"), ("APP_URL", SITE)],
            // An API or a vendor elsewhere, with a frontend on the laptop.
            &[("APP_URL", LOCAL), ("NEXT_PUBLIC_API_URL", "https://api.staging.example.com")],
            &[("APP_URL", LOCAL), ("NEXT_PUBLIC_SENTRY_URL", "https://sentry.example.io")],
            &[("BETTER_AUTH_URL", SITE), ("TRUSTED_ORIGINS", LOCAL)],
            &[PROD, ("BETTER_AUTH_URL", SITE), ("TRUSTED_ORIGINS", "")],
            &[("CORS_ORIGINS", "http://localhost:3000,https://app.example.com"), ("FRONTEND_URL", SITE)],
            &[("CORS_ORIGINS", "*"), ("FRONTEND_URL", SITE)],
            &[PROD, ("BETTER_AUTH_URL", "http://web.shop.svc.cluster.local:3000")],
        ] {
            assert_eq!(found(pairs), [], "{pairs:?}");
        }
    }
}
