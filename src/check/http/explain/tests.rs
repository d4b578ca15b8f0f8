//! What servers really answer, and what is read out of each.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::rows::{Mark, ROWS};
use super::{explain, hint, rows};
use crate::check::http::exchange::HttpResponse;
use crate::check::http::keys::HttpKeys;
use crate::check::http::request::Request;
use crate::env::MapEnv;
use crate::outcome::Detail;
use crate::url::Url;
use crate::value::Value;

fn request(url: &str) -> Request {
    let keys = HttpKeys::of_url(Value::literal(url));
    Request::new(&keys, Url::parse(url).unwrap(), &MapEnv::default()).unwrap()
}

fn answer(status: u16, header: Option<(&'static str, &'static str)>, body: &str) -> HttpResponse {
    let mut headers = HeaderMap::new();
    if let Some((name, value)) = header {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    HttpResponse { status, headers, body: body.as_bytes().to_vec(), packed: None, trailers: Default::default() }
}

fn code(request: &Request, answer: &HttpResponse) -> &'static str {
    match explain(request, answer) {
        Some(Detail::Protocol { code, .. }) => code,
        None => "",
        Some(other) => panic!("{other:?}"),
    }
}

/// The answers of FastAPI's tutorial, fastapi-users, Better Auth, Django REST and Spring to a login; and who sent none.
#[test]
fn a_login_that_was_sent_is_the_wrong_one() {
    let mut login = request("http://api/login");
    login.body = "{}".into();
    let (plain, mut token) = (request("http://api/me"), login.clone());
    token.headers.insert(hyper::header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
    let challenge = Some(("www-authenticate", "Bearer"));
    for (status, header, body) in [
        (401, challenge, r#"{"detail":"Incorrect username or password"}"#),
        (400, None, r#"{"detail":"LOGIN_BAD_CREDENTIALS"}"#),
        (401, None, r#"{"message":"Invalid email or password","code":"INVALID_EMAIL_OR_PASSWORD"}"#),
        (401, None, r#"{"detail":"No active account found with the given credentials"}"#),
        (401, None, r#"{"error":"Bad credentials"}"#),
    ] {
        let answer = answer(status, header, body);
        assert_eq!(code(&login, &answer), rows::LOGIN, "{body}");
        assert_ne!(code(&plain, &answer), rows::LOGIN, "{body}");
        assert_ne!(code(&token, &answer), rows::LOGIN, "{body}");
    }
    assert_eq!(code(&login, &answer(401, challenge, "")), rows::BEARER);
}

#[test]
fn bodies_explain_their_status() {
    let haproxy =
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>";
    let nginx = |title: &str| {
        format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>"
        )
    };
    let vault = r#"{"initialized":true,"sealed":false,"standby":true,"performance_standby":false,"replication_dr_mode":"disabled","version":"1.15.2"}"#;
    for (status, body, expected) in [
        (429, r#"{"standby":true}"#, "vault_standby"),
        (429, vault, "vault_standby"),
        (429, r#"{ "initialized": true, "sealed": false, "standby": true }"#, "vault_standby"),
        (473, r#"{"initialized":true,"sealed":false,"standby":true,"performance_standby":true}"#, "vault_standby"),
        (
            472,
            r#"{"initialized":true,"sealed":false,"standby":true,"replication_dr_mode":"secondary"}"#,
            "vault_dr_secondary",
        ),
        (501, r#"{"initialized":false,"sealed":true,"standby":true}"#, "vault_uninitialized"),
        (503, r#"{"initialized":true,"sealed":true,"standby":true}"#, "vault_sealed"),
        (503, r#"{"errors":["Vault is sealed"]}"#, "vault_sealed"),
        (503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n", "etcd_unhealthy"),
        (503, haproxy, "no_backend"),
        (503, "no healthy upstream", "no_healthy_upstream"),
        (
            503,
            "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
            "upstream_unreached",
        ),
        (504, "upstream request timeout", "slow_upstream_envoy"),
        (503, "no available server\n", "no_backend_traefik"),
        (503, &nginx("503 Service Temporarily Unavailable"), "no_backend_nginx"),
        (502, &nginx("502 Bad Gateway"), "upstream_unreached_nginx"),
        (504, &nginx("504 Gateway Time-out"), "slow_upstream_nginx"),
        (404, "default backend - 404", "default_backend"),
        (404, r#"{"message":"no Route matched with those values"}"#, "no_route_kong"),
        (403, "RBAC: access denied", "mesh_denied"),
        (403, r#"{"message":"Invalid origin","code":"INVALID_ORIGIN"}"#, "origin_rejected"),
        (403, r#"{"code":"MISSING_OR_NULL_ORIGIN","message":"Missing or null Origin"}"#, "origin_missing"),
        (403, "Invalid Origin header", "origin_rejected"),
        (403, "Blocked request. This host (\"web\") is not allowed.", "host_vite"),
        (403, "<h1>Blocked hosts: backend-api:8000</h1>", "host_rails"),
        (400, "Invalid host header", "host_starlette"),
        (403, "Invalid Host header", "host_webpack"),
        (400, "<!doctype html><html><body><h1>Bad Request (400)</h1></body></html>", "host_django"),
        (421, "Invalid Host header", "host_mcp_python"),
        (403, r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: web"},"id":null}"#, "host_mcp"),
        (400, "<BODY><h2>Bad Request - Invalid Hostname</h2>", "host_aspnet"),
        (403, "untrusted host", "host_rejected"),
        (403, "<p>CSRF verification failed. Request aborted.</p>", "csrf_wanted"),
        (403, r#"{"error":"Forbidden","message":"Invalid CSRF token 'null' was found"}"#, "csrf_wanted"),
        (
            403,
            r#"{"kind":"Status","status":"Failure","message":"forbidden: User \"system:anonymous\" cannot get path \"/x\"","reason":"Forbidden","code":403}"#,
            "kubernetes_anonymous",
        ),
        (
            401,
            r#"{"kind":"Status","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#,
            "kubernetes_anonymous",
        ),
        (401, "<html><form method=post><input name=p type=\"password\"></form></html>", "login_form"),
        (403, "<!DOCTYPE html><html><body><button>Sign in with GitHub</button></body></html>", "login_form"),
        (530, "error code: 1033", "cloudflare_tunnel"),
        // APIs that name what is missing.
        (401, r#"{"message":"No API key found in request"}"#, "api_key_wanted"),
        (401, r#"{"error":"MISSING_API_KEY"}"#, "api_key_wanted"),
        (401, r#"{"message":"Invalid API key"}"#, "api_key_rejected"),
        (401, r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#, "api_key_rejected"),
        (403, r#"{"message":"Missing Authentication Token"}"#, "aws_no_route"),
        (401, r#"{"error":"jwt expired"}"#, "token_expired"),
        (401, "Jwt is expired", "token_expired"),
        (401, r#"{"msg":"Token has expired"}"#, "token_expired"),
        (401, "invalid signature", "token_rejected"),
        (401, "Jwt verification fails", "token_rejected"),
        (403, "Audiences in Jwt are not allowed", "token_rejected"),
        (401, r#"{"detail":"Authentication credentials were not provided."}"#, "token_wanted"),
        (401, "Jwt is missing", "token_wanted"),
        (403, r#"{"message":"Your IP address is not allowed"}"#, "address_blocked"),
        (403, "error code: 1020", "address_blocked"),
        (403, r#"{"message":"API rate limit exceeded for 10.0.0.7."}"#, "rate_limited"),
        (403, r#"{"message":"You have exceeded a secondary rate limit."}"#, "rate_limited"),
        (403, "Forbidden host: web", "host_rejected"),
        (419, "<title>Page Expired</title>", "csrf_wanted"),
        // What an app says of its own state.
        (503, "<h1>Down for maintenance</h1>", "maintenance"),
        (503, r#"{"status":"maintenance"}"#, "maintenance"),
        (503, "Server is shutting down", "shutting_down"),
        (503, r#"{"status":"draining"}"#, "shutting_down"),
        (503, "Warming up, try again", "starting"),
        (503, r#"{"status":"STARTING"}"#, "starting"),
        (503, r#"{"status":"DOWN","components":{"db":{"status":"DOWN"}}}"#, rows::HEALTH_DOCUMENT),
        (503, r#"{"status":"fail","checks":{"db":[{"status":"fail"}]}}"#, rows::HEALTH_DOCUMENT),
        (503, r#"{"status":"error","info":{},"error":{"db":{"status":"down"}},"details":{}}"#, rows::HEALTH_DOCUMENT),
        (503, r#"{"status":"error","message":"x"}"#, ""),
        (503, r#"{"maintenance":false,"draining":false,"initializing":false}"#, ""),
        // And those that explain nothing.
        (429, "Too Many Requests", ""),
        (429, r#"{"error":"slow down","standby":false}"#, ""),
        (503, "Service Unavailable", ""),
        (503, r#"{"status":"UP"}"#, ""),
        (403, "Forbidden", ""),
        (400, "Bad Request", ""),
        (401, r#"{"error":"unauthorized"}"#, ""),
        (404, "404 page not found", ""),
        (200, "no healthy upstream", ""),
        (502, "Bad Gateway", ""),
        (403, "<html><body>our catalog in print</body></html>", ""),
    ] {
        assert_eq!(code(&request("http://h/"), &answer(status, None, body)), expected, "{status} {body}");
    }
}

#[test]
fn headers_explain_their_status() {
    for (status, name, value, body, expected) in [
        (401, "www-authenticate", "Bearer realm=\"api\"", "", rows::BEARER),
        (401, "www-authenticate", "Basic realm=\"x\"", "", rows::BASIC),
        (401, "www-authenticate", "Negotiate", "", "other_scheme_wanted"),
        (404, "server", "istio-envoy", "", "no_route"),
        (404, "server", "istio-envoy", "{\"detail\":\"Not Found\"}", ""),
        (502, "server", "awselb/2.0", "<html></html>", "no_backend_aws"),
        (403, "cf-mitigated", "challenge", "<html></html>", "cloudflare_challenge"),
        (504, "l5d-proxy-error", "connect timed out after 1s", "", "upstream_unreached_linkerd"),
        (401, "server", "uvicorn", "", ""),
    ] {
        assert_eq!(
            code(&request("http://h/"), &answer(status, Some((name, value)), body)),
            expected,
            "{status} {value}"
        );
    }
}

#[test]
fn credentials_of_the_scheme_that_is_asked_for_are_wrong_ones() {
    let basic = answer(401, Some(("www-authenticate", "Basic realm=\"x\"")), "");
    let bearer = answer(401, Some(("www-authenticate", "Bearer")), "");
    let request = request("http://app:pw@h/");
    assert_eq!((code(&request, &basic), code(&request, &bearer)), ("", rows::BEARER));
}

#[test]
fn a_plain_options_request_is_no_matter_of_the_host() {
    let mut plain = request("http://h/");
    plain.method = hyper::Method::OPTIONS;
    let mut preflight = plain.clone();
    for (name, value) in [("origin", "https://app.example"), ("access-control-request-method", "POST")] {
        preflight.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    for status in [400, 403, 404, 405, 421] {
        assert_eq!(code(&plain, &answer(status, None, "")), rows::PLAIN_OPTIONS, "{status}");
        assert_eq!(code(&preflight, &answer(status, None, "")), rows::PREFLIGHT, "{status}");
    }
    assert_eq!(code(&preflight, &answer(400, None, "Disallowed CORS origin")), "origin_rejected");
    for status in [401, 429, 503] {
        assert_eq!(code(&plain, &answer(status, None, "")), "", "{status}: of any method");
    }
    let text = hint(rows::PLAIN_OPTIONS).unwrap();
    assert!(!text.contains("Host") && text.contains("Access-Control-Request-Method"), "{text}");
}

#[test]
fn each_row_has_a_short_hint() {
    let own = [rows::PLAIN_OPTIONS, rows::PREFLIGHT];
    for code in ROWS.iter().map(|row| row.code).chain(own) {
        let text = hint(code).unwrap();
        assert!(text.len() <= 300, "{code} ({}): {text}", text.len());
        assert!(text.ends_with('.') && text.matches(". ").count() <= 1 && !text.contains("  "), "{code}: {text}");
    }
    for (index, row) in ROWS.iter().enumerate() {
        let twice = ROWS[..index].iter().any(|other| other.code == row.code && other.hint != row.hint);
        assert!(!twice, "{} has two hints", row.code);
        let lower = |text: &str| text.chars().all(|c| !c.is_ascii_uppercase());
        for mark in row.any.iter().copied().flatten() {
            match mark {
                Mark::Says(text) | Mark::Json(text) | Mark::Header(_, text) => {
                    assert!(lower(text), "{}: {text}", row.code);
                }
                Mark::Empty => {}
            }
        }
    }
}
