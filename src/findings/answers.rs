//! HTTP answers that pass and still tell of trouble.

use super::context::Context;
use super::entry::Entry;
use super::host_class::{HostClass, classify};
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{Cookie, Evidence, Fault, RedirectPurpose};
use crate::url::Host;

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[REDIRECTED_TO_HTTPS, PEER_WARNS, PEER_UNREADABLE, COOKIE_WILL_BE_DROPPED];

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
const PEER_UNREADABLE: Entry = Entry {
    code: "peer_unreadable",
    severity: Severity::Warning,
    cause: Cause::JsonMismatch,
    meaning: "the peer passes, but pilotfish cannot read its answer or does not know the word in it: it may report that \
              it is down",
    remedy: "let the path answer with JSON or text that says `ok`, or set `json` or `body_contains` to what it answers",
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
        findings.push(PEER_WARNS.found(message, warning.fix.clone()));
    }
    if let (None, Some(unread)) = (fault, &facts.health_unread) {
        let message = format!("the peer passes by its status alone: {}", unread.text);
        findings.push(PEER_UNREADABLE.found(message, unread.fix.clone()));
    }
    findings.extend(dropped_cookie(evidence, context));
    findings
}

fn dropped_cookie(evidence: &Evidence, context: Context<'_>) -> Option<Finding> {
    let browser = Browser::of(evidence, context);
    let why = evidence.facts.cookies.iter().find_map(|cookie| why_dropped(cookie, &browser))?;
    // Neither its name nor its domain: findings are served and logged, and headers are not.
    let message = format!("the answer sets a cookie that browsers drop: {why}");
    Some(COOKIE_WILL_BE_DROPPED.found(message, COOKIE_WILL_BE_DROPPED.remedy.replace('`', "")))
}

/// How browsers come to what answered, as far as that is known.
#[derive(Debug, Default)]
struct Browser {
    /// The host that they ask for.
    host: Option<String>,
    /// Whether it may be another host of the same site: an app behind another name than the one that this pod knows.
    may_be_sibling: bool,
    /// Whether they come without TLS.
    plain: bool,
}

impl Browser {
    /// Browsers do not come by the name of a Service, and TLS may end before it: then only headers of the request and the
    /// variables of this pod say how they come.
    fn of(evidence: &Evidence, context: Context<'_>) -> Self {
        let said = evidence.facts.browser.clone().unwrap_or_default();
        let endpoint = context.endpoint(evidence, None);
        let class = endpoint.map(|endpoint| (endpoint.host.to_string(), classify(&endpoint.host, evidence)));
        let plain = |known: bool| said.https.map_or(known, |https| !https);
        let of_browsers = |host: &String| {
            !Host::parse(host).is_ok_and(|host| matches!(classify(&host, evidence), HostClass::Service { .. }))
        };
        if let Some(host) = said.host.clone().filter(of_browsers) {
            return Self { host: Some(host), may_be_sibling: false, plain: plain(false) };
        }
        match (class, context.public_url) {
            (Some((_, HostClass::Public(name) | HostClass::Laptop(name))), _) => {
                Self { host: Some(name), may_be_sibling: false, plain: plain(evidence.facts.tls_version.is_none()) }
            }
            // The app of this pod, whose URL the variables have.
            (Some((host, _)), Some(url)) if is_this_pod(&host) => {
                Self { host: Some(url.host.clone()), may_be_sibling: false, plain: plain(!url.https) }
            }
            (_, Some(url)) => Self { host: Some(url.host.clone()), may_be_sibling: true, plain: plain(false) },
            (_, None) => Self { host: None, may_be_sibling: false, plain: plain(false) },
        }
    }

    /// Whether a cookie of this domain is kept.
    fn takes(&self, domain: &str) -> bool {
        let Some(host) = self.host.as_deref().filter(|_| !domain.is_empty()) else { return true };
        let within = host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        within || (self.may_be_sibling && site(host) == site(domain))
    }
}

fn is_this_pod(host: &str) -> bool {
    matches!(Host::parse(host), Ok(Host::Ip(ip)) if ip.is_loopback()) || host == "localhost"
}

/// The last two labels: more than one site may have them, but one site has no others.
fn site(host: &str) -> &str {
    let before = host.rmatch_indices('.').nth(1);
    before.map_or(host, |(at, _)| &host[at + 1..])
}

/// Why no browser keeps it.
fn why_dropped(cookie: &Cookie, browser: &Browser) -> Option<String> {
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
    if browser.plain && cookie.secure {
        return Some(match &browser.host {
            Some(host) => format!("it is Secure, but http://{host} is not"),
            None => "it is Secure, but X-Forwarded-Proto says that browsers use plain HTTP".to_owned(),
        });
    }
    let host = browser.host.as_deref()?;
    (!browser.takes(&cookie.domain)).then(|| format!("its domain does not include {host}"))
}

#[cfg(test)]
mod tests {
    use super::{Browser, judge, why_dropped};
    use crate::cause::Cause;
    use crate::findings::{Context, PublicUrl};
    use crate::outcome::{
        BrowserOrigin, Cookie, Evidence, Facts, Fault, HealthRemark, Phase, Redirect, RedirectPurpose,
    };
    use crate::url::Endpoint;

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
        let warning = HealthRemark { text: "cache is degraded".to_owned(), fix: "look at it".into() };
        let warns = Facts { health_warning: Some(warning), ..Facts::default() };
        assert_eq!(codes(None, warns.clone()), ["peer_warns"]);
        let fault = Fault::new(Phase::Assert, Cause::HealthDown, "");
        assert!(codes(Some(&fault), warns).is_empty());
        let unread = HealthRemark { text: "the body is XML".to_owned(), fix: "read it".into() };
        let unread = Facts { health_unread: Some(unread), ..Facts::default() };
        assert_eq!(codes(None, unread.clone()), ["peer_unreadable"]);
        let fault = Fault::new(Phase::Assert, Cause::JsonMismatch, "");
        assert!(codes(Some(&fault), unread).is_empty());
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
                let plain = plain && host.is_some();
                let browser = Browser { host: host.map(str::to_owned), may_be_sibling: false, plain };
                let got = why_dropped(&cookie, &browser);
                assert_eq!(got.is_some(), why.is_some(), "{cookie:?}: {got:?}");
                assert!(why.is_none_or(|why| got.as_deref().unwrap_or_default().contains(why)), "{cookie:?}: {got:?}");
            }
        }
    }

    /// An answer of an address within the cluster, which browsers never ask for.
    #[test]
    fn a_cookie_over_http_in_the_cluster_is_judged_by_what_browsers_use() {
        let found = |target: &str, headers: [Option<&str>; 2], base: Option<&str>, cookie: Cookie| {
            let endpoints = [Endpoint::parse(target).unwrap()];
            let [https, host] = headers;
            let browser = BrowserOrigin { https: https.map(|proto| proto == "https"), host: host.map(str::to_owned) };
            let facts = Facts { cookies: vec![cookie], browser: Some(browser), ..Facts::default() };
            let url = base.and_then(PublicUrl::parse);
            let context = Context { endpoints: &endpoints, public_url: url.as_ref(), ..Context::default() };
            judge(None, &Evidence { facts, ..Evidence::default() }, context).pop().map(|found| found.message)
        };
        let cookie = |secure, domain: &str| Cookie {
            name: "__Secure-session".to_owned(),
            secure,
            domain: domain.to_owned(),
            ..Cookie::default()
        };
        let plain_name = |secure, domain: &str| Cookie { name: "session".to_owned(), ..cookie(secure, domain) };
        let (service, pod) = ("backend-api:8000", "127.0.0.1:3000");
        let (https, http) = (Some("https"), Some("http"));
        let (app, plain) = (Some("https://app.example.com"), Some("http://app.example.com"));
        let none = [None, None];
        for (target, headers, base, cookie, why) in [
            // Behind an ingress that ends TLS.
            (service, none, None, cookie(true, ""), None),
            (service, [https, None], None, cookie(true, "example.com"), None),
            (service, [https, Some("app.example.com")], None, cookie(true, "example.com"), None),
            (service, none, app, cookie(true, "example.com"), None),
            (service, none, app, cookie(true, "api.example.com"), None),
            (service, none, plain, plain_name(true, ""), None),
            (pod, none, app, cookie(true, "app.example.com"), None),
            (pod, none, None, plain_name(true, "other.example"), None),
            ("app.example.com:80", [https, None], None, cookie(true, ""), None),
            (service, [https, Some("backend-api")], None, cookie(true, "example.com"), None),
            (service, none, app, cookie(false, ""), Some("its name requires Secure")),
            (service, [https, None], None, cookie(false, ""), Some("its name requires Secure")),
            (service, [http, None], None, plain_name(true, ""), Some("X-Forwarded-Proto says")),
            (service, [https, Some("app.example.com")], None, cookie(true, "shop.example"), Some("app.example.com")),
            (service, [None, Some("app.example.com")], None, cookie(true, "api.example.com"), Some("app.example.com")),
            (service, none, app, plain_name(false, "backend-api"), Some("does not include app.example.com")),
            (service, none, app, plain_name(true, "shop.svc.cluster.local"), Some("does not include app")),
            (pod, none, plain, plain_name(true, ""), Some("http://app.example.com is not")),
            (pod, none, app, plain_name(true, "localhost"), Some("does not include app.example.com")),
            (pod, none, app, plain_name(true, "api.example.com"), Some("does not include app.example.com")),
        ] {
            let got = found(target, headers, base, cookie.clone());
            let as_expected = match (why, &got) {
                (Some(why), Some(got)) => got.contains(why),
                (None, None) => true,
                _ => false,
            };
            assert!(as_expected, "{target} {headers:?} {base:?} {cookie:?}: {got:?}");
        }
    }
}
