//! What a browser makes of the answers to a request of another origin, as the Fetch standard has it: "CORS check" (4.10) and
//! "CORS-preflight fetch" (4.9). Pure.

use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, HeaderMap, HeaderName, VARY,
};
use hyper::{Method, StatusCode};

/// What a page asks for.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The method.
    pub(super) method: Method,
    /// Headers that need to be allowed, sorted.
    pub(super) headers: Vec<HeaderName>,
    /// Whether cookies go with it.
    pub(super) credentials: bool,
}

/// Why a browser blocks a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Denied {
    /// No `Access-Control-Allow-Origin`.
    NoOrigin,
    /// Another origin.
    OtherOrigin(String),
    /// More than one of them.
    SeveralOrigins,
    /// `*` for a request with credentials.
    AnyWithCredentials,
    /// `Access-Control-Allow-Credentials` is not `true`; what it is instead.
    Credentials(Option<String>),
    /// The method is not listed; whether `*` is.
    Method { any: bool },
    /// These headers are not listed; whether `*` is.
    Headers { names: Vec<HeaderName>, any: bool },
    /// This header cannot be read.
    Unreadable(HeaderName),
    /// The status of the preflight.
    Status,
}

impl Question {
    /// Whether a browser asks for permission first.
    pub(super) fn needs_preflight(&self) -> bool {
        !is_safe(&self.method) || !self.headers.is_empty()
    }

    /// Whether the preflight allows the request.
    ///
    /// # Errors
    /// Why not: of several reasons, the one to fix first.
    pub(super) fn preflight(&self, status: u16, headers: &HeaderMap, origin: &str) -> Result<(), Denied> {
        check(headers, origin, self.credentials)?;
        let is_any = |list: &[String]| list.iter().any(|one| one == "*");
        let methods = listed(headers, &ACCESS_CONTROL_ALLOW_METHODS)?;
        let any = is_any(&methods);
        let has_method = methods.iter().any(|one| *one == self.method.as_str());
        if !has_method && !is_safe(&self.method) && (self.credentials || !any) {
            return Err(Denied::Method { any });
        }
        let allowed = listed(headers, &ACCESS_CONTROL_ALLOW_HEADERS)?;
        let any = is_any(&allowed);
        let covers = |name: &HeaderName| {
            let is_named = allowed.iter().any(|one| one.eq_ignore_ascii_case(name.as_str()));
            is_named || (any && !self.credentials && *name != AUTHORIZATION)
        };
        let names: Vec<HeaderName> = self.headers.iter().filter(|name| !covers(name)).cloned().collect();
        if !names.is_empty() {
            return Err(Denied::Headers { names, any });
        }
        let is_ok = StatusCode::from_u16(status).is_ok_and(|status| status.is_success());
        if is_ok { Ok(()) } else { Err(Denied::Status) }
    }
}

/// Methods that need no permission.
pub(super) fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::POST].contains(method)
}

/// Whether an answer may be read by a page of this origin.
///
/// # Errors
/// Why not.
pub(super) fn check(headers: &HeaderMap, origin: &str, credentials: bool) -> Result<(), Denied> {
    let mut values = texts(headers, &ACCESS_CONTROL_ALLOW_ORIGIN);
    let value = values.next().filter(|value| !value.is_empty()).ok_or(Denied::NoOrigin)?;
    if values.next().is_some() || value.contains(',') {
        return Err(Denied::SeveralOrigins);
    }
    match value.as_str() {
        "*" if !credentials => return Ok(()),
        "*" => return Err(Denied::AnyWithCredentials),
        other if other != origin => return Err(Denied::OtherOrigin(value)),
        _ if !credentials => return Ok(()),
        _ => {}
    }
    let said = texts(headers, &ACCESS_CONTROL_ALLOW_CREDENTIALS).reduce(|all, one| format!("{all}, {one}"));
    if said.as_deref() == Some("true") { Ok(()) } else { Err(Denied::Credentials(said)) }
}

/// Whether a cache may hand the answer for this origin to a page of another one: it names the origin, and does not say that
/// it depends on it.
pub(super) fn lacks_vary(headers: &HeaderMap, origin: &str) -> bool {
    let names_origin = texts(headers, &ACCESS_CONTROL_ALLOW_ORIGIN).any(|value| value == origin);
    let has = |name: &HeaderName, words: &[&str]| {
        let all: Vec<String> = texts(headers, name).collect();
        let mut said = all.iter().flat_map(|value| value.split(',')).map(str::trim);
        said.any(|one| words.iter().any(|word| one.eq_ignore_ascii_case(word)))
    };
    names_origin && !has(&VARY, &["origin", "*"]) && !has(&hyper::header::CACHE_CONTROL, &["no-store"])
}

/// How an origin that is allowed and the one that is wanted differ, where that is a slip.
pub(super) fn slip(allowed: &str, wanted: &str) -> Option<&'static str> {
    let without_port = |text: &str| match text.rsplit_once(':') {
        Some((before, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => before.to_owned(),
        _ => text.to_owned(),
    };
    let host = |text: &str| text.split_once("://").map(|(_, host)| host.to_owned());
    match allowed {
        _ if allowed.strip_suffix('/') == Some(wanted) => Some("the slash at the end"),
        _ if allowed.eq_ignore_ascii_case(wanted) => Some("upper and lower case"),
        _ if without_port(allowed) == without_port(wanted) => Some("the port"),
        _ if host(allowed).is_some() && host(allowed) == host(wanted) => Some("http and https"),
        _ => None,
    }
}

/// The values of a header, without white space around them.
fn texts<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> + use<'a> {
    let values = headers.get_all(name).into_iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
}

/// The tokens of a header that is a list of them.
fn listed(headers: &HeaderMap, name: &HeaderName) -> Result<Vec<String>, Denied> {
    let is_token =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    let mut all = Vec::new();
    for value in texts(headers, name) {
        all.extend(value.split(',').map(|one| one.trim_matches([' ', '\t']).to_owned()));
    }
    all.retain(|one| !one.is_empty());
    if all.iter().all(|one| is_token(one)) { Ok(all) } else { Err(Denied::Unreadable(name.clone())) }
}

#[cfg(test)]
mod tests {
    use hyper::Method;
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{Denied, Question, check, lacks_vary, slip};

    const APP: &str = "https://app.example";

    fn map(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").expect(line);
            let name = match name {
                "origin" => "access-control-allow-origin",
                "credentials" => "access-control-allow-credentials",
                "methods" => "access-control-allow-methods",
                "headers" => "access-control-allow-headers",
                other => other,
            };
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).expect(line),
                HeaderValue::from_str(value).expect(line),
            );
        }
        headers
    }

    #[test]
    fn an_answer_is_for_an_origin_as_the_fetch_standard_says() {
        let other = |text: &str| Err(Denied::OtherOrigin(text.to_owned()));
        let rows: &[(&[&str], bool, Result<(), Denied>)] = &[
            (&["origin: https://app.example"], false, Ok(())),
            (&["origin:  https://app.example"], false, Ok(())),
            (&["origin: *"], false, Ok(())),
            (&["origin: *", "credentials: true"], true, Err(Denied::AnyWithCredentials)),
            (&["origin: https://app.example", "credentials: true"], true, Ok(())),
            (&["origin: https://app.example", "credentials: false"], false, Ok(())),
            (&["origin: https://app.example"], true, Err(Denied::Credentials(None))),
            (
                &["origin: https://app.example", "credentials: True"],
                true,
                Err(Denied::Credentials(Some("True".to_owned()))),
            ),
            (
                &["origin: https://app.example", "credentials: true", "credentials: true"],
                true,
                Err(Denied::Credentials(Some("true, true".to_owned()))),
            ),
            (&[], false, Err(Denied::NoOrigin)),
            (&["credentials: true"], true, Err(Denied::NoOrigin)),
            (&["origin: "], false, Err(Denied::NoOrigin)),
            (&["origin: https://app.example/"], false, other("https://app.example/")),
            (&["origin: https://APP.example"], false, other("https://APP.example")),
            (&["origin: https://app.example:443"], false, other("https://app.example:443")),
            (&["origin: null"], false, other("null")),
            (&["origin: https://app.example", "origin: https://app.example"], false, Err(Denied::SeveralOrigins)),
            (&["origin: *", "origin: *"], false, Err(Denied::SeveralOrigins)),
            (&["origin: https://app.example, https://b.example"], false, Err(Denied::SeveralOrigins)),
            (&["origin: https://app.example https://b.example"], false, other("https://app.example https://b.example")),
        ];
        for (lines, credentials, expected) in rows {
            assert_eq!(&check(&map(lines), APP, *credentials), expected, "{lines:?}");
        }
        assert_eq!(check(&map(&["origin: null"]), "null", false), Ok(()));
    }

    #[test]
    fn a_preflight_allows_method_and_headers_as_the_fetch_standard_says() {
        let question = |method: &str, names: &str, credentials| Question {
            method: method.parse().unwrap(),
            headers: names.split_whitespace().map(|name| name.parse().unwrap()).collect(),
            credentials,
        };
        let headers = |names: &str, any| {
            Err(Denied::Headers { names: names.split_whitespace().map(|name| name.parse().unwrap()).collect(), any })
        };
        let put = |names: &str| question("PUT", names, false);
        for (question, status, lines, expected) in [
            (put(""), 204, vec!["methods: PUT"], Ok(())),
            (put(""), 299, vec!["methods: GET, PUT,"], Ok(())),
            (put(""), 200, vec!["methods: GET", "methods: PUT"], Ok(())),
            (put(""), 200, vec!["methods: *"], Ok(())),
            (put(""), 200, vec!["methods: put"], Err(Denied::Method { any: false })),
            (put(""), 200, vec![], Err(Denied::Method { any: false })),
            (
                put(""),
                200,
                vec!["methods: GET POST"],
                Err(Denied::Unreadable("access-control-allow-methods".parse().unwrap())),
            ),
            (question("PUT", "", true), 200, vec!["methods: *"], Err(Denied::Method { any: true })),
            (question("POST", "x-a", false), 200, vec!["headers: X-A"], Ok(())),
            (question("GET", "x-a", false), 200, vec!["methods: PUT", "headers: x-a"], Ok(())),
            (question("POST", "x-a", false), 200, vec!["headers: *"], Ok(())),
            (question("POST", "x-a", true), 200, vec!["headers: *"], headers("x-a", true)),
            (question("POST", "authorization x-a", false), 200, vec!["headers: *"], headers("authorization", true)),
            (question("POST", "authorization", false), 200, vec!["headers: *, Authorization"], Ok(())),
            (
                question("POST", "content-type x-a x-b", false),
                200,
                vec!["headers: x-a"],
                headers("content-type x-b", false),
            ),
            (question("POST", "x-a", false), 400, vec!["headers: x-b"], headers("x-a", false)),
            (put(""), 400, vec!["methods: PUT"], Err(Denied::Status)),
            (put(""), 302, vec!["methods: PUT"], Err(Denied::Status)),
            (put(""), 199, vec!["methods: PUT"], Err(Denied::Status)),
        ] {
            let lines: Vec<&str> =
                ["origin: https://app.example", "credentials: true"].into_iter().chain(lines).collect();
            assert_eq!(question.preflight(status, &map(&lines), APP), expected, "{question:?} {status} {lines:?}");
        }
        assert!(!question("GET", "", true).needs_preflight() && !question("POST", "", false).needs_preflight());
        assert!(question("DELETE", "", true).needs_preflight() && question("GET", "x-a", false).needs_preflight());
        assert!(question(Method::OPTIONS.as_str(), "", false).needs_preflight());
    }

    #[test]
    fn an_answer_that_names_the_origin_depends_on_it() {
        for (lines, lacks) in [
            (vec!["origin: https://app.example"], true),
            (vec!["origin: https://app.example", "vary: Accept-Encoding"], true),
            (vec!["origin: https://app.example", "vary: Accept, ORIGIN"], false),
            (vec!["origin: https://app.example", "vary: accept", "vary: origin"], false),
            (vec!["origin: https://app.example", "vary: *"], false),
            (vec!["origin: https://app.example", "cache-control: private, no-store"], false),
            (vec!["origin: *"], false),
            (vec![], false),
        ] {
            assert_eq!(lacks_vary(&map(&lines), APP), lacks, "{lines:?}");
        }
    }

    #[test]
    fn a_slip_in_the_allow_list_is_named() {
        for (allowed, named) in [
            ("https://app.example/", Some("the slash at the end")),
            ("https://App.example", Some("upper and lower case")),
            ("https://app.example:8443", Some("the port")),
            ("http://app.example", Some("http and https")),
            ("https://www.app.example", None),
            ("null", None),
            ("app.example", None),
        ] {
            assert_eq!(slip(allowed, APP), named, "{allowed}");
        }
    }
}
