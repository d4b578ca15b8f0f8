//! Values that a build wrote into the scripts of a page, against those of the running container.

use super::entry::Entry;
use super::public_url::PublicUrl;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{Bundle, Evidence};

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[SECRET_IN_BUNDLE, PUBLIC_VALUE_STALE, BUNDLE_UNREAD];

const SECRET_IN_BUNDLE: Entry = Entry {
    code: "secret_in_bundle",
    severity: Severity::Error,
    cause: Cause::VariableInvalid,
    meaning: "the value of a secret is in a script that every browser downloads",
    remedy: "replace the secret, and read it only on the server, under a name without the prefix of public variables",
};
const PUBLIC_VALUE_STALE: Entry = Entry {
    code: "public_value_stale",
    severity: Severity::Error,
    cause: Cause::VariableInvalid,
    meaning: "the scripts that browsers get contain another URL than the variable of the running container: the build wrote its \
              own value into them",
    remedy: "rebuild the image with the right value as a build argument, or let the app read it when it runs",
};
const BUNDLE_UNREAD: Entry = Entry {
    code: "bundle_unread",
    severity: Severity::Warning,
    cause: Cause::BodyMismatch,
    meaning: "the page of `bundle` or one of its scripts could not be read, so nothing is known of the values in them",
    remedy: "set `bundle` to a page of the app that loads scripts from `/_next/static/`",
};

/// URLs of a developer's own machine that libraries carry with them: Sentry's Spotlight, Supabase's Auth.
const OF_LIBRARIES: &[&str] = &["localhost:8969", "localhost:9999"];

/// What the scripts say of the variables.
pub(super) fn judge(evidence: &Evidence) -> Vec<Finding> {
    evidence.facts.bundle.as_deref().map(found).unwrap_or_default()
}

fn found(bundle: &Bundle) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for name in &bundle.exposed {
        let message = format!("the value of the variable {name} is in a script that every browser downloads");
        found.push(SECRET_IN_BUNDLE.found(message, SECRET_IN_BUNDLE.remedy));
    }
    let wanted = |url: &String| bundle.built_in.iter().any(|(_, value)| url.starts_with(value.trim_end_matches('/')));
    let others: Vec<&String> = bundle.urls.iter().filter(|url| !wanted(url)).collect();
    let fix = "rebuild the image with this value as a build argument: Next.js writes NEXT_PUBLIC_ values into the scripts when \
               it builds, and ignores those of the running container";
    for (name, value) in &bundle.absent {
        let Some(url) = others.iter().find(|url| replaces(url, value)) else { continue };
        let message = format!("the scripts contain {url}, but the variable {name} is {value}");
        found.push(PUBLIC_VALUE_STALE.found(message, fix));
    }
    let local = others.iter().find(|url| is_local(url));
    if let Some(url) = local.filter(|_| found.iter().all(|one| one.code != PUBLIC_VALUE_STALE.code)) {
        let message = format!("the scripts contain {url}, which is the browser's own machine");
        let fix =
            "rebuild the image with the public URL as a build argument, or use a path such as /api on the same origin";
        found.push(Finding { severity: Severity::Warning, ..PUBLIC_VALUE_STALE.found(message, fix) });
    }
    if let Some(why) = &bundle.unread {
        let message = format!("the scripts of the page in `bundle` were not searched: {why}");
        found.push(BUNDLE_UNREAD.found(message, BUNDLE_UNREAD.remedy.replace('`', "")));
    }
    found
}

/// Whether a URL of the scripts stands where the value of a variable belongs, as far as that is sure.
fn replaces(url: &str, value: &str) -> bool {
    let (Some((origin, path)), Some((own_origin, own_path))) = (split(url), split(value)) else { return false };
    let (Some(to), Some(own)) = (PublicUrl::parse(origin), PublicUrl::parse(own_origin)) else { return false };
    let same_path = !own_path.is_empty() && path == own_path;
    let private = is_of_cluster(origin, &to) && own.is_public();
    is_local(url) || same_path || to.host == own.host || private || site(&to.host) == site(&own.host)
}

/// Whether it is a server that only pods or a company's machines know; polyfills test themselves with `https://a`.
fn is_of_cluster(origin: &str, url: &PublicUrl) -> bool {
    let has_port = origin.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    !url.is_public() && !url.is_local() && (has_port || url.host.contains('.'))
}

/// Whether it is a server on the machine of whoever reads it, and no name that stands for any.
fn is_local(url: &str) -> bool {
    let Some((origin, path)) = split(url) else { return false };
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
    let names_server =
        authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) || !path.is_empty();
    names_server && !OF_LIBRARIES.contains(&authority) && PublicUrl::parse(origin).is_some_and(|url| url.is_local())
}

/// The origin, and the path without a final slash.
fn split(url: &str) -> Option<(&str, &str)> {
    let start = url.find("://")? + 3;
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    Some((&url[..end], url[end..].trim_end_matches('/')))
}

/// The last two labels of a name; nothing of an address or a single word.
fn site(host: &str) -> Option<&str> {
    let end = host.rfind('.')?;
    let is_name = host[end + 1..].bytes().all(|byte| byte.is_ascii_alphabetic());
    is_name.then(|| host[..end].rfind('.').map_or(host, |before| &host[before + 1..]))
}

#[cfg(test)]
mod tests {
    use super::found;
    use crate::outcome::Bundle;

    fn judged(urls: &[&str], built_in: &[(&str, &str)], absent: &[(&str, &str)]) -> Vec<(&'static str, String)> {
        let named = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let bundle = Bundle {
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            built_in: named(built_in),
            absent: named(absent),
            ..Bundle::default()
        };
        found(&bundle).into_iter().map(|one| (one.code, one.message)).collect()
    }

    #[test]
    fn a_value_of_the_build_stands_in_place_of_the_variable() {
        for (urls, value) in [
            (&["http://localhost:8000"][..], "http://todo.local/api"),
            (&["https://nextjs.org/docs", "http://localhost:8000/api"], "https://app.example.com/api"),
            (&["https://old.example.org/api/v1"], "https://new.example.com/api/v1"),
            (&["https://staging.example.com"], "https://app.example.com"),
            (&["http://app.example.com"], "https://app.example.com"),
            (&["http://backend-api:8000"], "https://api.example.com"),
        ] {
            let found = judged(urls, &[], &[("NEXT_PUBLIC_API_URL", value)]);
            assert_eq!(found.len(), 1, "{urls:?}: {found:?}");
            assert!(found[0].0 == "public_value_stale" && found[0].1.contains(value), "{found:?}");
        }
        let found = judged(&["http://127.0.0.1:8000"], &[], &[]);
        assert!(found[0].1.contains("the browser's own machine"), "{found:?}");
    }

    #[test]
    fn what_the_build_and_the_libraries_hold_is_silent() {
        let api = ("NEXT_PUBLIC_API_URL", "https://app.example.com/api");
        for (urls, built_in, absent) in [
            (&["https://app.example.com/api", "https://nextjs.org"][..], &[api][..], &[][..]),
            (&["https://app.example.com/api/todos"], &[api], &[]),
            // Not used by this page.
            (
                &["https://nextjs.org/docs/messages/x", "https://react.dev/errors", "http://www.w3.org/2000/svg"],
                &[],
                &[api],
            ),
            (&["http://localhost", "http://localhost:8969/stream", "http://localhost:9999"], &[], &[api]),
            (&["http://localhost:3000/api"], &[("NEXT_PUBLIC_API_URL", "http://localhost:3000/api/")], &[]),
            // What the polyfills and the router of Next.js hold.
            (&["https://a", "https://a/c", "https://x", "http://n", "http://www.w3.org/1999/xlink"], &[], &[api]),
            (&[], &[], &[]),
        ] {
            assert_eq!(judged(urls, built_in, absent), [], "{urls:?}");
        }
    }

    #[test]
    fn a_secret_in_a_script_and_a_page_that_cannot_be_read() {
        let exposed = Bundle { exposed: vec!["AUTH_SECRET".to_owned()], ..Bundle::default() };
        assert_eq!(found(&exposed)[0].code, "secret_in_bundle");
        let unread = Bundle { unread: Some("404".to_owned()), ..Bundle::default() };
        assert_eq!(found(&unread)[0].code, "bundle_unread");
    }
}
