//! `http: cors` against Express with `cors`, FastAPI, and servers that set the headers by hand.

use serde_json::Value;

use crate::support::contracts::{App, example};
use crate::support::http::{HttpServer, page};
use crate::support::one_check::{check_of, codes, failed, passed, warnings};

const APP: &str = "https://app.example.com";

/// The check of a URL with these keys of `cors`.
fn cors(url: &str, keys: &str) -> Value {
    check_of("http", "10s", &format!("{{url: '{url}', cors: {{{keys}}}}}"))
}

/// What the allow-list lacks.
fn missing(check: &Value) -> &str {
    check["facts"]["cors_missing"].as_str().unwrap_or_default()
}

#[test]
fn fastapi_names_the_entry_that_is_missing() {
    let api = App::start("api.py");
    for (path, keys, says, lacks, hint) in [
        (
            "/good/ok",
            "origin: 'https://www.example.com', method: PUT",
            "the preflight (400) does not allow the origin",
            "https://www.example.com",
            "allow_origins",
        ),
        (
            "/good/ok",
            "origin: 'https://www.example.com'",
            "the answer to GET (200) does not allow the origin",
            "https://www.example.com",
            "allow_origins",
        ),
        (
            "/good/ok",
            "origin: 'https://app.example.com', method: DELETE",
            "does not allow the method DELETE",
            "DELETE",
            "allow_methods",
        ),
        (
            "/good/ok",
            "origin: 'https://app.example.com', headers: [X-Id, x-other, Authorization]",
            "does not allow the headers authorization, x-other",
            "authorization, x-other",
            "allow_headers",
        ),
        ("/slash/ok", "origin: 'https://app.example.com'", "does not allow the origin", APP, "without a slash"),
        ("/empty/ok", "origin: 'https://app.example.com'", "does not allow the origin", APP, "allow_origins"),
        (
            "/star/ok",
            "origin: 'https://app.example.com', credentials: true, headers: [x-id]",
            "allows the origin `*`",
            APP,
            "Replace `*`",
        ),
        ("/none", "origin: 'https://app.example.com', method: PUT", "is answered 405", "", "No CORS middleware"),
        ("/none", "origin: 'https://app.example.com'", "does not allow the origin", APP, "Add"),
    ] {
        let check = cors(&api.url(path), keys);
        let message = failed(&check, "assert", "cors_denied", hint);
        assert!(message.contains(says), "{path} {keys}: {message}");
        assert_eq!(missing(&check), lacks, "{check:#}");
    }
    // Behind the browser's CORS error is another one.
    let message =
        failed(&cors(&api.url("/good/crash"), "origin: 'https://app.example.com'"), "assert", "http_status", "log");
    assert_eq!(message, "500, expected 200-299; browsers report this as a CORS error");
    failed(
        &cors(&api.url("/hosts/ok"), "origin: 'https://app.example.com', method: PUT"),
        "assert",
        "http_status",
        "TrustedHostMiddleware",
    );

    for (path, keys) in [
        ("/good/ok", "origin: 'https://app.example.com', credentials: true, refused_origin: 'https://evil.example'"),
        ("/good/ok", "origin: 'https://app.example.com', headers: [accept, content-type, X-ID], credentials: true"),
        ("/good/ok", "origin: 'https://app.example.com', method: PUT, credentials: true, refused_origin: 'null'"),
        ("/star/ok", "origin: 'https://app.example.com', method: PUT, headers: [x-any]"),
        ("/any/ok", "origin: 'https://app.example.com', credentials: true"),
    ] {
        passed(&cors(&api.url(path), keys));
    }
    let any = cors(&api.url("/any/ok"), "origin: 'https://app.example.com', refused_origin: 'https://evil.example'");
    assert_eq!(codes(&any), ["cors_origin_allowed"], "{any:#}");
}

#[test]
fn express_names_the_entry_that_is_missing() {
    let app = App::start("express.mjs");
    for (path, keys, says, hint) in [
        (
            "/list",
            "origin: 'http://localhost:3001', method: POST, headers: [content-type]",
            "the preflight (204) does not allow the origin http://localhost:3001",
            "Add `http://localhost:3001`",
        ),
        (
            "/list",
            "origin: 'https://localhost:3000'",
            "does not allow the origin https://localhost:3000",
            "Add `https://localhost:3000`",
        ),
        ("/list", "origin: 'http://localhost:3000', method: PATCH", "does not allow the method PATCH", "Add `PATCH`"),
        ("/list", "origin: 'http://localhost:3000', headers: [x-id]", "does not allow the header x-id", "Add `x-id`"),
        ("/slash", "origin: 'https://app.example.com'", "they differ in the slash at the end", "without a slash"),
        ("/port", "origin: 'https://app.example.com'", "they differ in the port", "exactly"),
        (
            "/any",
            "origin: 'https://app.example.com', credentials: true",
            "allows the origin `*`, which browsers reject",
            "Replace `*`",
        ),
        ("/twice", "origin: 'https://app.example.com'", "more than once", "only one of the app and the proxies"),
        ("/late", "origin: 'https://app.example.com', method: PUT", "is answered 401", "before the login"),
        (
            "/half",
            "origin: 'https://app.example.com', headers: [x-id]",
            "the answer to GET (200) does not allow",
            "The preflight passes",
        ),
    ] {
        let message = failed(&cors(&app.url(path), keys), "assert", "cors_denied", hint);
        assert!(message.contains(says), "{path} {keys}: {message}");
    }
    for (path, keys) in [
        ("/list", "origin: 'http://localhost:3000', credentials: true, refused_origin: 'http://localhost:3001'"),
        ("/list", "origin: 'http://localhost:3000', method: HEAD, credentials: true"),
        ("/list", "origin: 'http://localhost:3000', method: POST, headers: [content-type], credentials: true"),
        ("/any", "origin: 'https://app.example.com'"),
        // The same for everybody: no cache can mix it up.
        ("/fixed", "origin: 'https://app.example.com', refused_origin: 'https://evil.example'"),
    ] {
        passed(&cors(&app.url(path), keys));
    }
    let post = cors(&app.url("/list"), "origin: 'http://localhost:3000', method: POST, headers: [content-type]");
    assert_eq!(post["facts"]["note"], "only the preflight was sent: the answer to POST itself was not seen");
    let hand = cors(&app.url("/hand"), "origin: 'http://localhost:3000', refused_origin: 'https://evil.example'");
    assert_eq!(codes(&hand), ["cors_without_vary"], "{hand:#}");
    let echo = cors(&app.url("/echo"), "origin: 'http://localhost:3000', credentials: true, refused_origin: 'null'");
    assert_eq!(codes(&echo), ["cors_origin_allowed"]);
    assert!(warnings(&echo).contains("the origin null, which it must refuse, with credentials"), "{echo:#}");
    example("CORS", &[], &[("http://api:8000", &app.url(""))]);
}

#[test]
fn what_is_sent_is_what_a_browser_sends() {
    let server = HttpServer::start(|asked| {
        let origin = asked.header("origin").unwrap_or_default();
        let allow = format!(
            "Access-Control-Allow-Origin: {origin}\r\nVary: Origin\r\nAccess-Control-Allow-Methods: PUT\r\n\
             Access-Control-Allow-Headers: x-b,x-a,authorization,content-type\r\nAccess-Control-Allow-Credentials: true\r\n"
        );
        page(if origin.contains("evil") { 403 } else { 204 }, &allow, "")
    });
    let keys = |cors: &str| {
        format!(
            "{{url: '{}', bearer_token: s3cret-token, headers: {{Host: shop.example, X-B: '1', Cookie: a=b}}, cors: {{{cors}}}}}",
            server.url("/x?y=1")
        )
    };
    let names = "headers: [X-B, authorization, x-a, Content-Type, accept, X-A]";
    passed(&check_of("http", "10s", &keys(&format!("origin: '{APP}', {names}, credentials: true"))));
    let asked = server.asked();
    let lines: Vec<&str> = asked.iter().map(|asked| asked.line.as_str()).collect();
    assert_eq!(lines, ["OPTIONS /x?y=1 HTTP/1.1", "GET /x?y=1 HTTP/1.1"]);
    let preflight = &asked[0];
    for (name, value) in [
        ("origin", Some(APP)),
        ("access-control-request-method", Some("GET")),
        ("access-control-request-headers", Some("authorization,content-type,x-a,x-b")),
        ("host", Some("shop.example")),
        ("accept", Some("*/*")),
        ("authorization", None),
        ("cookie", None),
        ("x-b", None),
        ("content-length", None),
    ] {
        assert_eq!(preflight.header(name), value, "{preflight:?}");
    }
    let actual = &asked[1];
    assert_eq!(
        (actual.header("origin"), actual.header("cookie"), actual.header("x-b")),
        (Some(APP), Some("a=b"), Some("1"))
    );
    assert_eq!(actual.header("authorization"), Some("Bearer s3cret-token"));
    assert_eq!(actual.header("access-control-request-method"), None);

    // Only what is needed: no preflight for a simple GET, and nothing but preflights for a PUT.
    passed(&check_of("http", "10s", &keys(&format!("origin: '{APP}', headers: [accept]"))));
    passed(
        &check_of("http", "10s", &keys(&format!("origin: '{APP}', method: put, refused_origin: 'https://b.example'")))
            .as_object()
            .map(|check| {
                let mut check = check.clone();
                // The server allows everybody.
                check.insert("findings".to_owned(), Value::Array(Vec::new()));
                Value::Object(check)
            })
            .expect("a check"),
    );
    let lines: Vec<String> =
        server.asked()[2..].iter().map(|asked| asked.line.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(lines, ["GET", "OPTIONS", "OPTIONS"]);
}

#[test]
fn what_cannot_be_asked_is_said_at_load() {
    use crate::support::{Folder, pilotfish, run};
    let folder = Folder::new();
    for (keys, problem) in [
        ("cors: {origin: 'https://a/'}", "without a slash at the end"),
        ("cors: {origin: a.example}", "with the scheme"),
        ("cors: {method: GET}", "origin"),
        ("cors: {origin: 'https://a', method: POST}", "browsers send such a POST without a preflight"),
        ("cors: {origin: 'https://a', method: PUT}, json: {a: 1}", "only GET and HEAD are sent"),
        ("cors: {origin: 'https://a', method: PUT}, status: 401", "only GET and HEAD are sent"),
        ("cors: {origin: 'https://a', method: HEAD}, body_contains: a", "an answer to HEAD has no body"),
        ("cors: {origin: 'https://a'}, method: PUT", "`cors.method` is the method"),
        ("cors: {origin: 'https://a'}, headers: {Origin: 'https://a'}", "`cors.origin`"),
        ("cors: {origin: 'https://a', headers: [Cookie]}", "set `credentials`"),
        ("cors: {origin: 'https://a', headers: ['a b']}", "the name of a header"),
        ("cors: {origin: 'https://a'}, follow_redirects: true", "excludes cors"),
        ("trusted_origin: 'https://a', method: POST", "excludes trusted_origin"),
        ("trusted_origin: 'https://a', cors: {origin: 'https://a'}", "excludes trusted_origin"),
    ] {
        let yaml = format!("checks: [{{name: a, gates: [], http: {{url: 'http://h/', {keys}}}}}]");
        let ran = run(pilotfish().args(["config", "check", "-c", &folder.write("c.yaml", yaml)]));
        let text = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code != 0 && text.contains(problem), "{keys}: {ran:?}");
    }
    // `peer` has neither.
    let yaml = "checks: [{name: a, gates: [], peer: {url: 'http://h/', cors: {origin: 'https://a'}}}]";
    assert_ne!(run(pilotfish().args(["config", "check", "-c", &folder.write("c.yaml", yaml)])).code, 0);
}

#[test]
fn a_server_that_does_not_know_options_has_no_cors() {
    for (status, hint) in [(405, "No CORS middleware"), (501, "No CORS middleware"), (401, "without one")] {
        // As Python's http.server, which knows no CORS, answers in its own words.
        let server = HttpServer::start(move |_| page(status, "Content-Type: text/html\r\n", "Unsupported method"));
        let check = cors(&server.url("/"), &format!("origin: '{APP}', method: PUT"));
        let message = failed(&check, "assert", "cors_denied", hint);
        assert!(message.contains(&format!("is answered {status}")), "{message}");
    }
    // A fault of the server itself is no matter of CORS.
    let server = HttpServer::start(|_| page(503, "", ""));
    failed(&cors(&server.url("/"), &format!("origin: '{APP}', method: PUT")), "assert", "http_status", "");
}
