//! Settings that browsers and servers must agree on: origins, where a login comes back to, cookies, base paths. Told only where two
//! variables contradict each other, or one can never work.

use super::rows::INCONSISTENT;
use super::sites::{self, LISTS, Pair, is_for_browsers, without_prefix};
use crate::finding::Finding;
use crate::findings::public_url::PublicUrl;

/// Endings of the names of variables with the URL that a provider sends a login back to.
const CALLBACKS: &[&str] = &["REDIRECT_URI", "REDIRECT_URL", "CALLBACK_URL", "CALLBACK_URI"];
/// Variables with the path under which the app is served.
const BASE_PATHS: &[&str] = &["BASE_PATH", "APP_BASE_PATH", "ROOT_PATH"];
/// Names of the base URL of an API, without what a bundler wants before them.
const APIS: &[&str] = &["API_URL", "API_BASE_URL", "API_BASE", "BACKEND_URL", "BACKEND_API_URL", "API_ENDPOINT"];

/// A rule for one variable among the others: what is wrong, and what to do.
type Rule = for<'p> fn(Pair<'p>, &[Pair<'p>]) -> Option<(String, String)>;

/// What they show, and about which variable.
pub(super) fn judge<'a>(pairs: &[Pair<'a>]) -> Vec<(&'a str, Finding)> {
    // A developer's own machine.
    if sites::stage(pairs).is_some_and(|stage| stage != "production") {
        return Vec::new();
    }
    let rules: [Rule; 6] = [allow_list, callback, for_browsers, cookie, base_path, api_suffix];
    let judged = pairs.iter().flat_map(|pair| {
        let found = rules.iter().find_map(|rule| rule(*pair, pairs));
        found.map(|(message, fix)| (pair.0, INCONSISTENT.found(message, fix)))
    });
    judged.collect()
}

/// A web address, as browsers compare origins.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Site {
    /// `https://app.example.com`, without a port that the scheme has by itself.
    origin: String,
    url: PublicUrl,
    /// The path, without a final slash.
    path: String,
}

impl Site {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let url = PublicUrl::parse(text)?;
        let (scheme, rest) = text.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = rest[..end].rsplit('@').next()?.to_ascii_lowercase();
        let usual = if url.https { ":443" } else { ":80" };
        let authority = authority.strip_suffix(usual).unwrap_or(&authority);
        let path = rest[end..].split(['?', '#']).next()?.trim_end_matches('/').to_owned();
        Some(Self { origin: format!("{}://{authority}", scheme.to_ascii_lowercase()), url, path })
    }

    /// Whether only scheme or port differ.
    fn is_near(&self, other: &Self) -> bool {
        self.origin != other.origin && self.url.host == other.url.host
    }
}

/// The first variable that says where browsers find the app, but this one.
fn site<'a>(pairs: &[Pair<'a>], name: &str, is_one: impl Fn(&str) -> bool) -> Option<(&'a str, Site)> {
    let of = |(other, text): &Pair<'a>| (*other != name && is_one(other)).then(|| Site::parse(text)).flatten();
    pairs.iter().find_map(|pair| Some((pair.0, of(pair)?)))
}

/// An allow-list without the origin of the frontend. What allows nothing, or only localhost, is told elsewhere.
fn allow_list<'a>((name, text): Pair<'a>, pairs: &[Pair<'a>]) -> Option<(String, String)> {
    if !LISTS.iter().any(|list| name.ends_with(list)) || text.contains('*') {
        return None;
    }
    let marks = |c: char| c.is_whitespace() || matches!(c, ',' | '"' | '\'' | '[' | ']');
    let listed: Vec<Site> = text.split(marks).filter_map(Site::parse).collect();
    if listed.is_empty() || listed.iter().all(|one| one.url.is_local()) {
        return None;
    }
    let lacks = |site: &Site| listed.iter().all(|one| one.origin != site.origin);
    let frontend = site(pairs, name, sites::is_frontend).filter(|(_, site)| lacks(site));
    // Of the app itself only what was nearly written is told: its own pages need no entry.
    let own = || site(pairs, name, |other| sites::is_site(other, pairs));
    let (other, site) =
        frontend.or_else(|| own().filter(|(_, site)| lacks(site) && listed.iter().any(|one| one.is_near(site))))?;
    let near = listed.iter().find(|one| one.is_near(&site));
    let near = near.map(|one| format!(", only {}", one.origin)).unwrap_or_default();
    let message = format!("the variable {name} does not list {}, the origin of {other}{near}", site.origin);
    Some((
        message,
        format!("add {} to {name}: browsers send scheme, host and port, compared letter by letter", site.origin),
    ))
}

/// Where a provider sends a login back to, while browsers use another address.
fn callback<'a>((name, text): Pair<'a>, pairs: &[Pair<'a>]) -> Option<(String, String)> {
    if !CALLBACKS.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    let to = Site::parse(text)?;
    let (other, site) = site(pairs, name, |other| sites::is_site(other, pairs))?;
    // An API of its own name may well take the login.
    let elsewhere = site.url.is_public() && !to.url.is_public();
    (elsewhere || to.is_near(&site)).then(|| {
        let message = format!("the variable {name} leads to {}, but browsers use {} ({other})", to.origin, site.origin);
        (message, format!("write {}{} in {name}, and register it at the provider", site.origin, shown_path(&to.path)))
    })
}

/// A name of the cluster in what browsers get.
fn for_browsers<'a>((name, text): Pair<'a>, pairs: &[Pair<'a>]) -> Option<(String, String)> {
    if !is_for_browsers(name) || !name.ends_with("URL") {
        return None;
    }
    let to = Site::parse(text)?;
    let host = &to.url.host;
    let of_cluster = host.ends_with(".svc") || host.ends_with(".cluster.local");
    let short = !host.contains(['.', ':']) && !to.url.is_local();
    let public = || site(pairs, name, |other| sites::is_site(other, pairs)).filter(|(_, site)| site.url.is_public());
    (of_cluster || (short && public().is_some())).then(|| {
        let message = format!("the variable {name} is for browsers, and {host} is a name that only pods resolve");
        (message, format!("write the public URL in {name}, or let the server forward a path such as /api to {host}"))
    })
}

fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")
}

/// A cookie that browsers drop.
fn cookie<'a>((name, text): Pair<'a>, pairs: &[Pair<'a>]) -> Option<(String, String)> {
    if !name.contains("COOKIE") {
        return None;
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let (other, site) = site(pairs, name, |other| sites::is_site(other, pairs))?;
    if ends(&["SECURE", "SECURE_COOKIE", "SECURE_COOKIES"]) && is_true(text) {
        // Browsers take localhost for safe.
        return (!site.url.https && !site.url.is_local()).then(|| {
            let message =
                format!("the variable {name} makes cookies Secure, and {other} is an http:// URL: browsers drop them");
            (message, format!("write the https:// URL that browsers use in {other}, or set {name} to false"))
        });
    }
    if ends(&["SAMESITE", "SAME_SITE"]) && text.trim().eq_ignore_ascii_case("none") {
        let insecure = pairs.iter().find(|(other, text)| {
            other.contains("COOKIE") && other.ends_with("SECURE") && !text.is_empty() && !is_true(text)
        });
        return insecure.map(|(other, _)| {
            let message = format!("the variable {name} is none, and {other} is not true: browsers drop such cookies");
            (message, format!("set {other} to true, or {name} to lax"))
        });
    }
    let domain = text.trim().trim_start_matches('.').to_ascii_lowercase();
    let is_domain = ends(&["COOKIE_DOMAIN", "COOKIES_DOMAIN"]) && !domain.is_empty() && site.url.is_public();
    let host = &site.url.host;
    let within = host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    (is_domain && !within).then(|| {
        let message = format!("the variable {name} does not include {host} ({other}): browsers drop such cookies");
        (message, format!("set {name} to {host} or to a domain above it, or leave it empty"))
    })
}

/// A base path that the URL of the app lacks, or has twice.
fn base_path<'a>((name, text): Pair<'a>, pairs: &[Pair<'a>]) -> Option<(String, String)> {
    let to = Site::parse(text)?;
    let base = pairs.iter().find_map(|(other, text)| {
        let path = text.trim().trim_end_matches('/');
        (BASE_PATHS.contains(&without_prefix(other)) && path.starts_with('/')).then_some((*other, path))
    });
    let twice = |path: &str| to.path.contains(&format!("{path}{path}"));
    if let Some(path) = [Some("/api"), base.map(|(_, path)| path)].into_iter().flatten().find(|path| twice(path)) {
        let message = format!("the path of the URL in the variable {name} has {} twice", shown_path(path));
        return Some((message, "write it once: either the base URL has it, or what is appended to it".to_owned()));
    }
    // Auth.js takes its routes from the path of its URL.
    let (other, path) = base.filter(|_| name == "NEXTAUTH_URL")?;
    (to.path != path && !to.path.starts_with(&format!("{path}/"))).then(|| {
        let path = shown_path(path);
        let message = format!("the URL in the variable {name} does not have the base path {path} of {other}");
        (message, format!("write {}{path}/api/auth in {name}", to.origin))
    })
}

/// Two base URLs of one API, of which one ends with `/api`.
fn api_suffix<'a>((name, text): Pair<'a>, pairs: &[Pair<'a>]) -> Option<(String, String)> {
    let is_api = |name: &str| APIS.contains(&without_prefix(name));
    let to = is_api(name).then(|| Site::parse(text)).flatten()?;
    let longer = |(other, text): &Pair<'a>| {
        let other_site = is_api(other).then(|| Site::parse(text)).flatten()?;
        let same = other_site.origin == to.origin && other_site.path.strip_suffix("/api") == Some(&to.path);
        same.then_some(*other)
    };
    let other = pairs.iter().find_map(longer)?;
    let message = format!("the variable {other} ends with /api, and {name}, of the same server, does not");
    Some((message, format!("write both as the app appends its paths: add /api to {name}, or remove it from {other}")))
}

/// A path as it may be shown.
fn shown_path(path: &str) -> String {
    crate::url::redacted_path(path)
}

#[cfg(test)]
mod tests {
    use super::{Pair, judge};
    use crate::finding::Severity;

    const SITE: &str = "https://app.example.com";

    fn found(pairs: &[Pair<'_>]) -> Vec<(String, String)> {
        let found = judge(pairs);
        let warns = |finding: &crate::finding::Finding| finding.severity == Severity::Warning;
        assert!(found.iter().all(|(_, one)| one.code == "config_inconsistent" && warns(one)), "{found:?}");
        found.into_iter().map(|(name, one)| (name.to_owned(), one.message)).collect()
    }

    #[test]
    fn settings_that_browsers_and_servers_must_agree_on() {
        for (pairs, name, says) in [
            (
                &[("CORS_ORIGINS", "https://app.example.org"), ("FRONTEND_URL", SITE)][..],
                "CORS_ORIGINS",
                "does not list https://app.example.com, the origin of FRONTEND_URL",
            ),
            (
                &[("ALLOWED_ORIGINS", "http://app.example.com,https://x.example"), ("BETTER_AUTH_URL", SITE)],
                "ALLOWED_ORIGINS",
                "does not list https://app.example.com, the origin of BETTER_AUTH_URL, only http://app.example.com",
            ),
            (
                &[("CORS_ORIGINS", "[\"https://app.example.com\"]"), ("CLIENT_URL", "https://app.example.com:8443/x")],
                "CORS_ORIGINS",
                "does not list https://app.example.com:8443",
            ),
            (
                &[("GOOGLE_REDIRECT_URI", "http://localhost:3001/api/auth/callback/google"), ("BETTER_AUTH_URL", SITE)],
                "GOOGLE_REDIRECT_URI",
                "leads to http://localhost:3001, but browsers use https://app.example.com (BETTER_AUTH_URL)",
            ),
            (
                &[("GITHUB_CALLBACK_URL", "http://app.example.com/cb"), ("NEXT_PUBLIC_APP_URL", SITE)],
                "GITHUB_CALLBACK_URL",
                "leads to http://app.example.com",
            ),
            (
                &[("NEXT_PUBLIC_API_URL", "http://backend-api:8000"), ("APP_URL", SITE)],
                "NEXT_PUBLIC_API_URL",
                "backend-api is a name that only pods resolve",
            ),
            (
                &[("VITE_API_URL", "http://api.shop.svc.cluster.local:8000")],
                "VITE_API_URL",
                "a name that only pods resolve",
            ),
            (
                &[("SESSION_COOKIE_SECURE", "true"), ("APP_URL", "http://shop.example.com")],
                "SESSION_COOKIE_SECURE",
                "APP_URL is an http:// URL",
            ),
            (
                &[("COOKIE_SAMESITE", "None"), ("COOKIE_SECURE", "false"), ("APP_URL", SITE)],
                "COOKIE_SAMESITE",
                "COOKIE_SECURE is not true",
            ),
            (
                &[("COOKIE_DOMAIN", ".example.org"), ("BETTER_AUTH_URL", SITE)],
                "COOKIE_DOMAIN",
                "does not include app.example.com",
            ),
            (&[("NEXT_PUBLIC_API_URL", "https://app.example.com/api/api/")], "NEXT_PUBLIC_API_URL", "has /api twice"),
            (
                &[("APP_URL", "https://app.example.com/shop/shop"), ("NEXT_PUBLIC_BASE_PATH", "/shop")],
                "APP_URL",
                "has /shop twice",
            ),
            (
                &[("NEXTAUTH_URL", SITE), ("BASE_PATH", "/shop/")],
                "NEXTAUTH_URL",
                "does not have the base path /shop of BASE_PATH",
            ),
            (
                &[("NEXT_PUBLIC_API_URL", SITE), ("API_URL", "https://app.example.com/api")],
                "NEXT_PUBLIC_API_URL",
                "API_URL ends with /api",
            ),
        ] {
            let found = found(pairs);
            assert_eq!(found.len(), 1, "{pairs:?}: {found:?}");
            assert!(found[0].0 == name && found[0].1.contains(says), "{pairs:?}: {found:?}");
        }
    }

    #[test]
    fn what_goes_together_is_silent() {
        for pairs in [
            &[("CORS_ORIGINS", "https://app.example.com, https://x.example"), ("FRONTEND_URL", SITE)][..],
            &[("CORS_ORIGINS", "https://app.example.com:443"), ("FRONTEND_URL", "https://App.Example.com/start")],
            &[("CORS_ORIGINS", "https://*.example.com"), ("FRONTEND_URL", SITE)],
            &[("CORS_ORIGINS", "*"), ("FRONTEND_URL", SITE)],
            // An API of its own name.
            &[("ALLOWED_ORIGINS", SITE), ("APP_URL", "https://api.example.com")],
            &[("GOOGLE_REDIRECT_URI", "https://api.example.com/cb"), ("APP_URL", SITE)],
            &[("GOOGLE_REDIRECT_URI", "https://app.example.com/cb"), ("APP_URL", SITE)],
            &[("GOOGLE_REDIRECT_URI", "http://localhost:3000/cb"), ("APP_URL", "http://localhost:3000")],
            &[("NEXT_PUBLIC_API_URL", "https://api.example.com"), ("APP_URL", SITE)],
            &[("NEXT_PUBLIC_API_URL", "http://localhost:8000")],
            &[("API_URL", "http://backend-api:8000"), ("APP_URL", SITE)],
            &[("SESSION_COOKIE_SECURE", "true"), ("APP_URL", SITE)],
            &[("SESSION_COOKIE_SECURE", "false"), ("APP_URL", "http://shop.example.com")],
            &[("SESSION_COOKIE_SECURE", "true"), ("APP_URL", "http://localhost:3000")],
            &[("COOKIE_SAMESITE", "none"), ("COOKIE_SECURE", "true"), ("APP_URL", SITE)],
            &[("COOKIE_SAMESITE", "lax"), ("COOKIE_SECURE", "false"), ("APP_URL", SITE)],
            &[("COOKIE_DOMAIN", "example.com"), ("APP_URL", SITE)],
            &[("COOKIE_DOMAIN", ""), ("APP_URL", SITE)],
            &[("NEXT_PUBLIC_API_URL", "https://app.example.com/api")],
            &[("NEXTAUTH_URL", "https://app.example.com/shop/api/auth"), ("BASE_PATH", "/shop")],
            &[("NEXTAUTH_URL", SITE), ("BASE_PATH", "/")],
            &[("NEXT_PUBLIC_API_URL", "https://app.example.com/api"), ("API_URL", "http://backend:8000")],
            &[("NEXT_PUBLIC_API_URL", SITE), ("APP_URL", "https://app.example.com/api")],
            &[("APP_URL", "nonsense"), ("CORS_ORIGINS", "x")],
        ] {
            assert_eq!(found(pairs), [], "{pairs:?}");
        }
    }
}
