//! HTTP answers that pass and still tell of trouble.

use super::context::Context;
use super::entry::Entry;
use super::host_class::{HostClass, classify};
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{Cookie, Evidence, Fault, RedirectPurpose};

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[REDIRECTED_TO_HTTPS, PEER_WARNS, COOKIE_WILL_BE_DROPPED];

const REDIRECTED_TO_HTTPS: Entry = Entry {
    code: "redirected_to_https",
    severity: Severity::Info,
    cause: Cause::HttpRedirect,
    meaning: "the URL is plain HTTP, and its server redirects every request to HTTPS",
    remedy: "write `https://` in the URL",
};
const PEER_WARNS: Entry = Entry {
    code: "peer_warns",
    severity: Severity::Warning,
    cause: Cause::HealthDown,
    meaning: "the peer passes, but reports that one of its parts is not healthy",
    remedy: "check the part that it names in the log of the peer",
};
const COOKIE_WILL_BE_DROPPED: Entry = Entry {
    code: "cookie_will_be_dropped",
    severity: Severity::Warning,
    cause: Cause::HeaderMismatch,
    meaning: "the answer sets a cookie that browsers drop, because Secure, its prefix, SameSite or Domain does not \
              match",
    remedy: "let the app set it for the URL that browsers use: set its base URL (`BETTER_AUTH_URL`, `NEXTAUTH_URL`)",
};

/// What the answer says beyond pass or fail.
pub(super) fn judge(fault: Option<&Fault>, evidence: &Evidence, context: Context<'_>) -> Vec<Finding> {
    let facts = &evidence.facts;
    let mut findings = Vec::new();
    // Where it is not followed, it is the failure.
    let followed = facts
        .redirect
        .as_ref()
        .filter(|redirect| redirect.purpose == RedirectPurpose::Tls && facts.redirects > Some(0));
    if let Some(redirect) = followed {
        let message = format!(
            "the server redirects the plain HTTP URL to {}: each request is first sent unencrypted, and a POST \
             arrives as GET",
            redirect.to
        );
        findings.push(REDIRECTED_TO_HTTPS.found(message, "write https:// in the URL, in this check and in the app"));
    }
    if let (None, Some(warning)) = (fault, &facts.health_warning) {
        let message = format!("the peer answers and passes, but reports: {}", warning.text);
        findings.push(PEER_WARNS.found(message, warning.fix));
    }
    findings.extend(dropped_cookie(evidence, context));
    findings
}

fn dropped_cookie(evidence: &Evidence, context: Context<'_>) -> Option<Finding> {
    let cookies = &evidence.facts.cookies;
    // Browsers do not come by a Service's name, and TLS may end before it.
    let host = context.endpoint(evidence, None).and_then(|endpoint| match classify(&endpoint.host, evidence) {
        HostClass::Public(name) | HostClass::Laptop(name) => Some(name),
        HostClass::Service { .. } | HostClass::Unclear { .. } | HostClass::Docker(_) | HostClass::Address(_) => None,
    });
    let plain = evidence.facts.tls_version.is_none();
    let why = cookies.iter().find_map(|cookie| why_dropped(cookie, host.as_deref(), plain))?;
    // Neither its name nor its domain: findings are served and logged, and headers are not.
    let message = format!("the answer sets a cookie that browsers drop: {why}");
    Some(COOKIE_WILL_BE_DROPPED.found(message, COOKIE_WILL_BE_DROPPED.remedy.replace('`', "")))
}

/// Why no browser keeps it; `host` is the name that browsers use, where this is known.
fn why_dropped(cookie: &Cookie, host: Option<&str>, plain: bool) -> Option<String> {
    let prefixed = |prefix: &str| cookie.name.get(..prefix.len()).is_some_and(|name| name.eq_ignore_ascii_case(prefix));
    if !cookie.secure && (prefixed("__Secure-") || prefixed("__Host-")) {
        return Some("its name requires Secure, which is not set".to_owned());
    }
    if prefixed("__Host-") && !(cookie.whole_site && cookie.domain.is_empty()) {
        return Some("a __Host- cookie requires Path=/ and no Domain".to_owned());
    }
    if cookie.cross_site && !cookie.secure {
        return Some("SameSite=None without Secure".to_owned());
    }
    let host = host?;
    if plain && cookie.secure {
        return Some(format!("it is Secure, but http://{host} is not"));
    }
    let within = host.strip_suffix(&cookie.domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let of_other = !cookie.domain.is_empty() && !within;
    of_other.then(|| format!("its domain does not include {host}"))
}

#[cfg(test)]
mod tests {
    use super::{judge, why_dropped};
    use crate::cause::Cause;
    use crate::findings::Context;
    use crate::outcome::{Cookie, Evidence, Facts, Fault, HealthWarning, Phase, Redirect, RedirectPurpose};

    fn codes(fault: Option<&Fault>, facts: Facts) -> Vec<&'static str> {
        judge(fault, &Evidence { facts, ..Evidence::default() }, Context::default())
            .iter()
            .map(|found| found.code)
            .collect()
    }

    #[test]
    fn answers_that_pass_and_tell_of_trouble() {
        let redirected = |aim, redirects| Facts {
            redirect: Some(Redirect { to: "https://a/".to_owned(), purpose: aim }),
            redirects: Some(redirects),
            ..Facts::default()
        };
        assert_eq!(codes(None, redirected(RedirectPurpose::Tls, 1)), ["redirected_to_https"]);
        assert!(codes(None, redirected(RedirectPurpose::Slash, 1)).is_empty());
        let fault = Fault::new(Phase::Assert, Cause::HttpRedirect, "");
        assert!(codes(Some(&fault), redirected(RedirectPurpose::Tls, 0)).is_empty(), "it is the failure itself");
        let warning = HealthWarning { text: "cache is degraded".to_owned(), fix: "look at it" };
        let warns = Facts { health_warning: Some(warning), ..Facts::default() };
        assert_eq!(codes(None, warns.clone()), ["peer_warns"]);
        let fault = Fault::new(Phase::Assert, Cause::HealthDown, "");
        assert!(codes(Some(&fault), warns).is_empty());
        assert!(codes(None, Facts::default()).is_empty());
    }

    #[test]
    fn cookies_that_browsers_drop() {
        let cookie = |name: &str, secure, domain: &str| Cookie {
            name: name.to_owned(),
            secure,
            domain: domain.to_owned(),
            ..Cookie::default()
        };
        let everywhere = [None, Some("app.example.com")];
        let host = Cookie { whole_site: true, ..cookie("__Host-id", true, "") };
        for (cookie, hosts, plain, why) in [
            (cookie("__Secure-id", false, ""), &everywhere[..], false, Some("requires Secure")),
            (cookie("__host-id", true, ""), &everywhere, false, Some("Path=/ and no Domain")),
            (Cookie { cross_site: true, ..cookie("id", false, "") }, &everywhere, true, Some("SameSite=None")),
            (Cookie { cross_site: true, ..cookie("id", true, "") }, &everywhere, false, None),
            (host.clone(), &everywhere, false, None),
            (host, &everywhere[..1], true, None),
            (cookie("id", true, ""), &everywhere[1..], true, Some("http://app.example.com is not")),
            (cookie("id", true, "other.example"), &everywhere[..1], true, None),
            (
                cookie("id", false, "ample.com"),
                &everywhere[1..],
                true,
                Some(
                    "its domain does not include \
                                                                             app.example.com",
                ),
            ),
            (cookie("id", false, "example.com"), &everywhere, true, None),
            (cookie("id", false, "app.example.com"), &everywhere, true, None),
        ] {
            for host in hosts {
                let got = why_dropped(&cookie, *host, plain);
                assert_eq!(got.is_some(), why.is_some(), "{cookie:?}: {got:?}");
                assert!(why.is_none_or(|why| got.as_deref().unwrap_or_default().contains(why)), "{cookie:?}: {got:?}");
            }
        }
    }
}
