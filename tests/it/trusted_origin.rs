//! `http: trusted_origin` against Better Auth.

use serde_json::Value;

use crate::support::contracts::{App, example};
use crate::support::http::{HttpServer, page};
use crate::support::one_check::{check_of, failed, passed};

fn trusted(url: &str, origin: &str) -> Value {
    check_of("http", "10s", &format!("{{url: '{url}', trusted_origin: '{origin}'}}"))
}

#[test]
fn better_auth_trusts_what_it_is_told_to_trust() {
    let auth = App::start("auth.mjs");
    for (path, origin) in [
        ("", "https://app.example.com"),
        ("/", "https://app.example.com"),
        ("/api/auth", "https://app.example.com"),
        // The origin of its base URL.
        ("/api/auth/", "https://auth.example.com"),
    ] {
        passed(&trusted(&auth.url(path), origin));
    }
    for origin in
        ["https://www.example.com", "http://app.example.com", "https://app.example.com:8443", "http://localhost:3000"]
    {
        let check = trusted(&auth.url(""), origin);
        let message = failed(&check, "assert", "origin_rejected", &format!("Add `{origin}` to `trustedOrigins`"));
        assert_eq!(message, format!("Better Auth does not trust the origin {origin}"));
    }
    failed(&trusted(&auth.url(""), "null"), "assert", "origin_rejected", "sandboxed frames");
    failed(&trusted(&auth.url("/auth"), "https://app.example.com"), "assert", "http_status", "base URL of Better Auth");
    let page = HttpServer::always(200, "Content-Type: text/html\r\n", "<html>hello</html>");
    failed(&trusted(&page.url("/"), "https://app.example.com"), "assert", "json_mismatch", "base URL of Better Auth");
    example("Trusted origins of Better Auth", &[], &[("http://auth:3000", &auth.url(""))]);
}

#[test]
fn the_question_changes_nothing() {
    let server = HttpServer::start(|_| page(200, "Content-Type: application/json\r\n", r#"{"success":true}"#));
    passed(&trusted(&server.url("/api/auth?x=1"), "https://app.example.com"));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].line.as_str(), asked[0].body.as_str()), ("POST /api/auth/sign-out HTTP/1.1", "{}"));
    assert_eq!(asked[0].header("cookie"), Some("x=1"), "no session");
    assert_eq!(asked[0].header("origin"), Some("https://app.example.com"));
}
