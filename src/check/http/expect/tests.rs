//! Pieces that the tests against servers do not turn over one by one.

use hyper::header::{HeaderName, HeaderValue};

use super::{Wanted, contains, in_short};
use crate::check::http::exchange::HttpResponse;
use crate::check::http::keys::HttpKeys;
use crate::check::http::pointer::{Found, Pointer};
use crate::check::http::request::Request;
use crate::env::MapEnv;
use crate::outcome::{Detail, Fault, HttpDetail};
use crate::slices::{Slices, at_once};
use crate::url::Url;
use crate::value::Value;

#[test]
fn finds_bytes_wherever_they_are() {
    for (body, wanted, expected) in [
        ("", "", true),
        ("abc", "", true),
        ("", "a", false),
        ("aab", "ab", true),
        ("ababac", "abac", true),
        ("abab", "abac", false),
        ("x", "xx", false),
    ] {
        let found = at_once(contains(body.as_bytes(), wanted.as_bytes(), &mut Slices::unlimited()));
        assert_eq!(found, expected, "{body} {wanted}");
    }
}

#[test]
fn only_what_can_be_no_secret_is_shown() {
    for (found, expected) in [
        (Found::Text("disconnected".into()), "\"disconnected\""),
        (Found::Text("hunter2".into()), "another text"),
        (Found::Text("error: hunter2".into()), "another text"),
        (Found::Text(String::new()), "an empty text"),
        (Found::Integer(-7), "-7"),
        (Found::Integer(4_929_000_000_006), "another number"),
        (Found::Bool(false), "false"),
        (Found::Null, "null"),
        (Found::List, "a list"),
    ] {
        assert_eq!(in_short(&found), expected);
    }
}

/// A check of `http` and what it states of an answer, with the hint.
fn stated(method: &str, answer: &HttpResponse, change: impl FnOnce(&mut HttpKeys)) -> (String, Fault) {
    let url = "http://web/health";
    let mut keys = HttpKeys::of_url(Value::literal(url));
    change(&mut keys);
    let mut request = Request::new(&keys, Url::parse(url).unwrap(), &MapEnv::default()).unwrap();
    request.method = method.parse().unwrap();
    let wanted = Wanted::new(&keys, &MapEnv::default()).unwrap();
    let fault =
        wanted.status(&request, answer).and_then(|()| crate::slices::at_once(wanted.content(answer))).unwrap_err();
    (fault.statement.clone().unwrap_or_default(), fault)
}

fn answer(status: u16, header: Option<(&'static str, &'static str)>, body: &str) -> HttpResponse {
    let headers = header.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    HttpResponse {
        status,
        headers: headers.into_iter().collect(),
        body: body.into(),
        packed: None,
        trailers: Default::default(),
    }
}

#[test]
fn the_statement_holds_the_fact_that_the_fix_refers_to() {
    for (status, header, body, expected) in [
        (403, None, "Blocked request. This host (\"web\") is not allowed.", "the app rejects this Host"),
        (401, None, r#"{"error":"MISSING_API_KEY"}"#, "an API key is required"),
        (503, None, "<h1>Down for maintenance</h1>", "it is under maintenance"),
        (503, None, r#"{"status":"DOWN"}"#, "its health document reports a failure"),
        (302, Some(("location", "/login?next=%2Fhealth&nonce=8271")), "", "a redirect to a login page"),
        (301, Some(("location", "https://web/health")), "", "a redirect to https://"),
        (308, Some(("location", "/health/")), "", "only the final slash differs"),
        (302, Some(("location", "/tenants/4711")), "", "a redirect to another URL"),
        (405, Some(("allow", "POST, head, X-OWN")), "", "it allows HEAD, POST"),
    ] {
        let (statement, _) = stated("GET", &answer(status, header, body), |_| {});
        assert_eq!(statement, format!("GET /health answered {status}: {expected}"), "{body}");
    }
    let (statement, _) = stated("GET", &answer(404, None, "no such page 17"), |_| {});
    assert_eq!(statement, "GET /health answered 404");
}

#[test]
fn a_method_that_is_allowed_is_the_one_to_set() {
    for (allow, expected) in [("GET, HEAD", Some("GET")), ("PUT,post", Some("POST")), ("", None), ("BREW", None)] {
        let (_, fault) = stated("DELETE", &answer(405, Some(("allow", allow)), ""), |_| {});
        let expected = expected.map(|method| Detail::Http(HttpDetail::Allows(method)));
        assert_eq!(fault.detail, expected, "{allow}");
    }
}

#[test]
fn what_is_stated_of_a_body_does_not_change_with_it() {
    let json = |keys: &mut HttpKeys| {
        keys.json.0.push((Pointer::parse("/db/state").unwrap(), Value::literal("connected")));
    };
    for (body, expected) in [
        (r#"{"db":{"state":"down"}}"#, "/db/state is \"down\", not \"connected\""),
        (r#"{"db":{"state":17}}"#, "/db/state is another number, not \"connected\""),
        (r#"{"db":{"state":"hunter2"}}"#, "/db/state is another text, not \"connected\""),
        (r#"{"db":{}}"#, "/db/state is missing, not \"connected\""),
        ("hello 17", "the answer is no JSON"),
        ("<html></html>", "a page for people answers"),
    ] {
        assert_eq!(stated("GET", &answer(200, None, body), json).0, expected, "{body}");
    }
    let contains = |keys: &mut HttpKeys| keys.body_contains = Some(Value::literal("ready"));
    for (body, expected) in
        [("12 of 17", "the body does not contain \"ready\""), ("", "an empty body does not contain \"ready\"")]
    {
        assert_eq!(stated("GET", &answer(200, None, body), contains).0, expected);
    }
}

#[test]
fn a_long_text_is_looked_for_in_linear_time() {
    let body = [b"a".repeat(1024 * 1024), b"b".to_vec()].concat();
    for (wanted, expected) in [
        ([b"a".repeat(30_000), b"b".to_vec()].concat(), true),
        ([b"a".repeat(30_000), b"c".to_vec()].concat(), false),
        ([b"a".repeat(15_000), b"b".to_vec(), b"a".repeat(15_000)].concat(), false),
        ([b"a".repeat(1024 * 1024), b"bb".to_vec()].concat(), false),
    ] {
        let started = crate::slices::cpu_time_of_this_thread();
        assert_eq!(at_once(contains(&body, &wanted, &mut Slices::unlimited())), expected);
        let took = crate::slices::cpu_time_of_this_thread() - started;
        assert!(took < std::time::Duration::from_millis(1000), "{took:?}");
    }
}
