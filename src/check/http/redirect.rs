//! Redirects: where one points, and what the next request may carry there (RFC 9110 15.4, RFC 3986 5).

use hyper::Method;
use hyper::header::{HeaderMap, LOCATION};

use crate::check::http::exchange::HttpResponse;
use crate::check::http::origin::Origin;
use crate::check::http::request::Request;
use crate::outcome::clean_text;
use crate::outcome::{Redirect, RedirectPurpose};
use crate::url::Url;

/// Where a redirect points.
#[derive(Debug)]
pub(crate) struct Next {
    /// The URL, without what it says of a user.
    pub(crate) url: Url,
    /// Whom it asks.
    pub(crate) origin: Origin,
}

/// The `Location` of an answer that redirects; `None` where it does not.
///
/// # Errors
/// Why the place it points to cannot be asked, in words, without the text.
pub(crate) fn location(request: &Request, answer: &HttpResponse) -> Option<Result<Next, String>> {
    if !leads_on(answer.status, &answer.headers) {
        return None;
    }
    let location = answer.headers.get(LOCATION)?;
    let text = String::from_utf8_lossy(location.as_bytes());
    Some(next(request, text.trim()))
}

/// Whether an answer with this head redirects.
pub(crate) fn leads_on(status: u16, headers: &HeaderMap) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308) && headers.contains_key(LOCATION)
}

fn next(request: &Request, location: &str) -> Result<Next, String> {
    if let Some(scheme) = other_scheme(location) {
        return Err(format!("a Location of the scheme {}", clean_text(scheme, 20)));
    }
    if names_no_host(location) {
        return Err("a Location without a host".to_owned());
    }
    let absolute = resolve(&request.origin, request.target.expose(), location);
    let mut url = Url::parse(&absolute).map_err(|error| format!("a Location that cannot be read: {error}"))?;
    url.user = None;
    url.password = None;
    let origin = Origin::of(&url).map_err(|problem| format!("a Location that cannot be asked: {problem}"))?;
    Ok(Next { url, origin })
}

/// Whether a reference has the scheme of HTTP and nothing that says where: `http:x`, `https:`, `http:\\h`. It is no relative path.
fn names_no_host(reference: &str) -> bool {
    let Some((scheme, rest)) = reference.split_once(':') else { return false };
    ["http", "https"].iter().any(|own| scheme.eq_ignore_ascii_case(own)) && !rest.starts_with("//")
}

/// The scheme of a reference, where it has one and HTTP is not spoken by it: `mailto:a@b`, `ftp://h/`. A relative path has
/// no `:` in its first segment (RFC 3986, 4.2).
fn other_scheme(reference: &str) -> Option<&str> {
    let (scheme, _) = reference.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let is_http = ["http", "https"].iter().any(|own| scheme.eq_ignore_ascii_case(own));
    (is_scheme && !is_http).then_some(scheme)
}

/// The fact of a redirect, for whoever wonders what it is for.
pub(crate) fn fact(request: &Request, answer: &HttpResponse) -> Option<Redirect> {
    let next = location(request, answer)?.ok()?;
    Some(Redirect { to: shown(request, &next), purpose: purpose(&request.origin, request.target.expose(), &next) })
}

fn purpose(origin: &Origin, target: &str, next: &Next) -> RedirectPurpose {
    let path = |target: &str| target.split('?').next().unwrap_or_default().to_owned();
    let (from, to) = (path(target), if next.url.path.is_empty() { "/".to_owned() } else { path(&next.url.path) });
    let is_login = |segment: &str| {
        let word: String = segment.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        ["login", "signin", "sso", "oauth", "oauth2", "authorize", "openidconnect", "saml", "saml2"]
            .contains(&word.as_str())
    };
    let before = |path: &str| path.split('/').any(is_login);
    let same_host = origin.endpoint.host == next.origin.endpoint.host;
    if before(&to) && !before(&from) {
        return RedirectPurpose::Login;
    }
    if same_host && !origin.secure && next.origin.secure {
        let same_port = origin.endpoint.port == next.origin.endpoint.port;
        return if same_port { RedirectPurpose::TlsSamePort } else { RedirectPurpose::Tls };
    }
    let slash = from.trim_end_matches('/') == to.trim_end_matches('/') && from != to;
    if slash && *origin == next.origin { RedirectPurpose::Slash } else { RedirectPurpose::Elsewhere }
}

/// The kind of a redirect. The text stays the same if the target changes.
pub(crate) const fn states(purpose: RedirectPurpose) -> &'static str {
    match purpose {
        RedirectPurpose::Tls => "a redirect to https://",
        RedirectPurpose::TlsSamePort => "a redirect to https:// on this port",
        RedirectPurpose::Slash => "only the final slash differs",
        RedirectPurpose::Login => "a redirect to a login page",
        RedirectPurpose::Elsewhere => "a redirect to another URL",
    }
}

/// Turns the request to where the redirect points. What the methods turn into is as browsers have it.
///
/// # Errors
/// Why it is not followed, in words.
pub(crate) fn follow(request: &mut Request, status: u16, next: &Next) -> Result<(), &'static str> {
    let post_to_get = matches!(status, 301 | 302) && request.method == Method::POST;
    if post_to_get || (status == 303 && request.method != Method::HEAD) {
        request.become_get();
    }
    if !request.body.is_empty() && next.origin != request.origin {
        return Err("the body would leave its origin");
    }
    request.turn_to(&next.url, next.origin.clone());
    Ok(())
}

/// Where it points, as it may be shown.
pub(crate) fn shown(request: &Request, next: &Next) -> String {
    request.mask.strike(&next.url.redacted()).into_owned()
}

/// A reference, as it stands in a `Location`, to an absolute URL.
fn resolve(origin: &Origin, target: &str, reference: &str) -> String {
    // Servers send spaces and worse: they mean the encoded form.
    let reference = reference.split('#').next().unwrap_or_default().replace(' ', "%20");
    let scheme_end = reference.find([':', '/', '?']).filter(|at| reference[*at..].starts_with("://"));
    if scheme_end.is_some() {
        return reference;
    }
    let scheme = if origin.secure { "https" } else { "http" };
    if reference.starts_with("//") {
        return format!("{scheme}:{reference}");
    }
    let base = target.split('?').next().unwrap_or_default();
    let (path, query) = match reference.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (reference.as_str(), None),
    };
    let path = match path {
        "" => base.to_owned(),
        absolute if absolute.starts_with('/') => without_dots(absolute),
        relative => {
            let folder = base.rfind('/').map_or("/", |at| &base[..=at]);
            without_dots(&format!("{folder}{relative}"))
        }
    };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{}{path}{query}", origin.endpoint)
}

/// RFC 3986 5.2.4, for a path that begins with `/`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Next, names_no_host, other_scheme, purpose, resolve};
    use crate::check::http::origin::Origin;
    use crate::outcome::RedirectPurpose;
    use crate::url::{Endpoint, Url};

    #[test]
    fn what_a_redirect_is_for() {
        for (from, to, expected) in [
            ("http://a/health", "https://a/health", RedirectPurpose::Tls),
            ("http://a:8080/health", "https://a/", RedirectPurpose::Tls),
            ("http://a:8080/health", "https://a:8080/health", RedirectPurpose::TlsSamePort),
            ("http://a/health", "https://b/health", RedirectPurpose::Elsewhere),
            ("https://a/health", "http://a/health", RedirectPurpose::Elsewhere),
            ("http://a/health?x=1", "http://a/health/", RedirectPurpose::Slash),
            ("http://a/health/", "http://a/health", RedirectPurpose::Slash),
            ("http://a/health", "http://b/health/", RedirectPurpose::Elsewhere),
            ("http://a/health", "http://a/ready", RedirectPurpose::Elsewhere),
            ("http://a/app", "https://a/auth/sign-in?to=%2Fapp", RedirectPurpose::Login),
            ("http://a/app", "https://id.example/oauth2/authorize", RedirectPurpose::Login),
            ("http://a/app", "https://id.example/realms/a/protocol/openid-connect/auth", RedirectPurpose::Login),
            ("http://a/login", "http://a/login/", RedirectPurpose::Slash),
        ] {
            let read = |text: &str| Url::parse(text).map(|url| (Origin::of(&url).unwrap(), url)).unwrap();
            let ((asked, url), (next, next_url)) = (read(from), read(to));
            let next = Next { url: next_url, origin: next };
            assert_eq!(purpose(&asked, &url.path, &next), expected, "{from} → {to}");
        }
    }

    #[test]
    fn a_reference_with_the_scheme_of_http_names_a_host() {
        for reference in ["http:x", "HTTP:/x", "https:", "http:\\\\evil:1\\x", "http:?a", "https:/"] {
            assert!(names_no_host(reference), "{reference}");
        }
    }

    #[test]
    fn a_reference_with_another_scheme_is_no_path() {
        for (reference, scheme) in [
            ("mailto:help@example.com", "mailto"),
            ("MailTo:a@b?subject=x/y", "MailTo"),
            ("tel:+49-30-1", "tel"),
            ("javascript:alert(1)", "javascript"),
            ("data:text/html,x", "data"),
            ("ftp://h/x", "ftp"),
            ("file:///etc/passwd", "file"),
            ("about:blank", "about"),
            ("myapp.auth+v2:x", "myapp.auth+v2"),
        ] {
            assert_eq!(other_scheme(reference), Some(scheme), "{reference}");
        }
        for reference in [
            "https://b/x",
            "HTTP://b",
            "http:x",
            "/a:b",
            "a/b:c",
            "?x=a:b",
            "#a:b",
            "//h:80/x",
            "./a:b",
            "1a:b",
            "",
            "a",
        ] {
            assert_eq!(other_scheme(reference), None, "{reference}");
            assert_eq!(names_no_host(reference), reference == "http:x", "{reference}");
        }
    }

    #[test]
    fn references_resolve_as_rfc_3986_has_it() {
        let origin = Origin { secure: false, endpoint: Endpoint::parse("a:8080").unwrap() };
        for (reference, expected) in [
            ("https://b/x?y=1#z", "https://b/x?y=1"),
            ("//b/x", "http://b/x"),
            ("/x y", "http://a:8080/x%20y"),
            ("/x/../y", "http://a:8080/y"),
            ("g", "http://a:8080/b/c/g"),
            ("./g/", "http://a:8080/b/c/g/"),
            ("../g", "http://a:8080/b/g"),
            ("../../../g", "http://a:8080/g"),
            ("..", "http://a:8080/b/"),
            (".", "http://a:8080/b/c/"),
            ("?y", "http://a:8080/b/c/d?y"),
            ("", "http://a:8080/b/c/d"),
            ("/go?to=http://b/", "http://a:8080/go?to=http://b/"),
            ("go?to=http://b/", "http://a:8080/b/c/go?to=http://b/"),
        ] {
            assert_eq!(resolve(&origin, "/b/c/d?q", reference), expected, "{reference}");
        }
    }
}
