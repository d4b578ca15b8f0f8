//! Answers judged by their head, and statuses that head or body explain.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::http::{check, node, only, time_waits_towards, verdict};
use crate::support::http::HttpServer;
use crate::support::nginx::Nginx;
use crate::support::{Folder, free_port, json};

fn hint(report: &serde_json::Value) -> String {
    only(report)["failure"]["hint"].as_str().expect("a failure has a hint").to_owned()
}

#[test]
fn who_asks_for_a_status_alone_has_it_with_the_head() {
    let (_node, port) = node(
        "require('http').createServer((q, s) => {
            if (q.url == '/large') { s.end('x'.repeat(5 * 1024 * 1024)); return; }
            if (q.url == '/events') { s.writeHead(200, {'content-type': 'text/event-stream'}); setInterval(() => s.write('data: 1\\n\\n'), 50); return; }
            if (q.url == '/silent') { s.writeHead(200); s.flushHeaders(); return; }
            if (q.url == '/promise') { s.writeHead(200, {'content-length': 10}); s.flushHeaders(); return; }
            if (q.url == '/failing') { s.writeHead(500); setInterval(() => s.write('x'), 50); return; }
        }).listen(process.env.PORT, '127.0.0.1')",
    );
    for path in ["large", "events", "silent", "promise"] {
        let report = json(&["check", &format!("http://127.0.0.1:{port}/{path}"), "-o", "json"]);
        assert_eq!(verdict(&report), "passed", "{path}");
        let facts = &only(&report)["facts"];
        assert_eq!(facts["status_code"], 200, "{path}");
        assert!(facts["first_byte_seconds"].as_f64().is_some_and(|first| first > 0.0), "{path}: {facts}");
        let report =
            check("http", &format!("url: 'http://127.0.0.1:{port}/{path}', header: {{date: {{matches: GMT}}}}"));
        assert_eq!(verdict(&report), "passed", "{path}, and a header");
    }
    let failing = json(&["check", &format!("http://127.0.0.1:{port}/failing"), "-o", "json"]);
    assert_eq!(verdict(&failing), "assert http_status: 500, expected 200-299", "a body without end hides no status");
    let asked = check("http", &format!("url: 'http://127.0.0.1:{port}/large', body_contains: y"));
    assert!(verdict(&asked).starts_with("request too_large: "), "{asked}");
    let asked = check("http", &format!("url: 'http://127.0.0.1:{port}/large', max_response: 1MiB"));
    assert!(verdict(&asked).starts_with("request too_large: "), "who sets the limit asks for it: {asked}");
}

#[test]
fn nginx_serves_a_large_file_and_logs_no_error() {
    let folder = Folder::new();
    folder.write("large", "x".repeat(5 * 1024 * 1024));
    folder.write("small", "x".repeat(20_000));
    let base = folder.path().to_str().expect("the path is UTF-8").to_owned();
    let port = free_port();
    let nginx = Nginx::with_files(folder, &[port], &format!("server {{ listen 127.0.0.1:{port}; root {base}; }}"));
    let before = time_waits_towards(port);
    for path in ["large", "small"] {
        let report = json(&["check", &format!("http://127.0.0.1:{port}/{path}"), "-o", "json"]);
        assert_eq!(verdict(&report), "passed", "{path}");
    }
    assert_eq!(time_waits_towards(port), before, "the goodbye leaves nothing behind");
    assert!(!nginx.error_log().contains("[error]"), "{}", nginx.error_log());
    assert!(nginx.access_log().contains("GET /small HTTP/1.1\" 200 20000"), "{}", nginx.access_log());
}

#[test]
fn nginx_without_its_upstream() {
    let (port, dead) = (free_port(), free_port());
    let _nginx = Nginx::start(
        &[port],
        &format!(
            "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{dead}; }}
             location /limited {{ return 503; }} location /denied {{ deny all; }}
             location /basic {{ auth_basic x; auth_basic_user_file /dev/null; }} }}"
        ),
    );
    for (path, says) in [
        ("", "no valid answer from the app"),
        ("limited", "nginx itself answers"),
        ("denied", "nginx forbids the request"),
        ("basic", "Set `basic_auth`"),
    ] {
        let report = json(&["check", &format!("http://127.0.0.1:{port}/{path}"), "-o", "json"]);
        assert!(hint(&report).contains(says), "{path}: {report}");
        assert!(!hint(&report).contains("bearer_token"), "{path}: {report}");
    }
}

#[test]
fn bodies_that_explain_a_status() {
    let haproxy = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n";
    for (kind, status, headers, body, message, says) in [
        (
            "http",
            429,
            "",
            r#"{"initialized":true,"sealed":false,"standby":true}"#,
            "http_status: 429",
            "standbyok=true",
        ),
        ("peer", 429, "", r#"{"standby":true}"#, "http_status: 429", "standbyok=true"),
        (
            "peer",
            503,
            "",
            r#"{"initialized":true,"sealed":true,"standby":true}"#,
            "health_down: the peer reports: sealed",
            "vault operator unseal",
        ),
        ("http", 503, "", "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}", "http_status: 503", "etcdctl"),
        (
            "peer",
            503,
            "",
            "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}\n",
            "health_down: the peer reports: health: false",
            "etcdctl",
        ),
        ("http", 503, "", haproxy, "http_status: 503", "HAProxy has no backend"),
        ("peer", 503, "", haproxy, "http_status: 503", "HAProxy has no backend"),
        ("http", 503, "", "no healthy upstream", "http_status: 503", "no healthy endpoint"),
        ("http", 522, "", "", "http_status: 522", "firewall"),
        ("http", 408, "", "", "http_status: 408", "gave up"),
        ("http", 426, "Upgrade: websocket\r\n", "", "http_status: 426", "WebSocket"),
        (
            "http",
            403,
            "",
            r#"{"code":"INVALID_ORIGIN","message":"Invalid origin"}"#,
            "http_status: 403",
            "headers: {Origin: …}",
        ),
        ("http", 403, "", "Invalid host header", "http_status: 403", "devServer.allowedHosts"),
        ("http", 401, "", "<html><form><input type=\"password\"></form></html>", "http_status: 401", "people log in"),
        ("http", 401, "WWW-Authenticate: Bearer\r\n", "", "http_status: 401", "Set `bearer_token`"),
        ("http", 401, "WWW-Authenticate: Basic realm=x\r\n", "", "http_status: 401", "Set `basic_auth`"),
        ("http", 401, "", "{\"error\":\"unauthorized\"}", "http_status: 401", "does not say of which kind"),
    ] {
        let server = HttpServer::always(status, headers, body);
        let report = check(kind, &format!("url: '{}'", server.url("/")));
        assert!(verdict(&report).contains(message), "{kind} {status} {body}: {report}");
        assert!(hint(&report).contains(says), "{kind} {status} {body}: {}", hint(&report));
    }
}

#[test]
fn a_body_that_explains_counts_also_with_credentials() {
    let origin = HttpServer::always(403, "", r#"{"code":"INVALID_ORIGIN"}"#);
    let report = check("http", &format!("url: '{}', bearer_token: abcd", origin.url("/")));
    assert!(verdict(&report).starts_with("request permission_denied: 403"), "{report}");
    assert!(hint(&report).contains("headers: {Origin: …}"), "{report}");
    let challenge = HttpServer::always(401, "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n", "");
    let report = check("http", &format!("url: '{}', bearer_token: abcd", challenge.url("/")));
    assert!(hint(&report).contains("Compare its `iss` and `aud`"), "{report}");
    let other = check("http", &format!("url: '{}', basic_auth: {{username: a, password: b}}", challenge.url("/")));
    assert!(hint(&other).contains("Set `bearer_token`"), "{other}");
}

#[test]
fn a_plain_options_request_never_blames_the_host() {
    for status in [400, 403, 404, 405, 421] {
        let server = HttpServer::always(status, "", "");
        let report = check("http", &format!("url: '{}', method: OPTIONS", server.url("/")));
        assert!(!hint(&report).contains("Host") && hint(&report).contains("preflight"), "{status}: {report}");
        let headers = "headers: {Origin: 'https://a.example', Access-Control-Request-Method: POST}";
        let report = check("http", &format!("url: '{}', method: OPTIONS, {headers}", server.url("/")));
        assert!(!hint(&report).contains("Host") && hint(&report).contains("CORS settings"), "{status}: {report}");
    }
}

/// HAProxy in TCP mode whose backend has no server: it accepts, and closes.
#[test]
fn a_balancer_of_connections_without_a_backend() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // It reads what is there, so that closing is no reset.
            drop(stream.read(&mut [0; 4096]));
            drop(stream.flush());
        }
    });
    let report = json(&["check", &format!("http://{address}/"), "-o", "json"]);
    assert!(verdict(&report).starts_with("request connection_closed: "), "{report}");
    assert!(hint(&report).contains("load balancer (HAProxy) has no backend"), "{report}");
}
