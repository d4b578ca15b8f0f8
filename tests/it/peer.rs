//! The `peer` kind against Node, Python, nginx and scripted servers.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::http::{check, node, only, verdict};
use crate::support::http::HttpServer;
use crate::support::nginx::Nginx;
use crate::support::{Folder, Running, free_port, json, need, ran, until_listening};

mod unreadable;

/// The finding `peer_unreadable` of the one check of a report; such a check passes, degraded.
pub(crate) fn unreadable(report: &Value) -> Option<String> {
    let findings = only(report)["findings"].as_array().expect("a report has findings");
    let found = findings.iter().find(|finding| finding["code"] == "peer_unreadable")?;
    assert_eq!((verdict(report).as_str(), &only(report)["degraded"]), ("passed", &Value::Bool(true)), "{report}");
    assert_eq!(found["severity"], "warning");
    Some(found["message"].as_str().expect("it is a text").to_owned())
}

const DOCUMENTS: &str = r#"require('http').createServer((q, s) => {
    const say = (status, type, body) => { s.writeHead(status, {'content-type': type}); s.end(body); };
    const [, name] = q.url.split('/');
    if (name == 'up') say(200, 'application/json', '{"status":"healthy","database":"connected"}');
    if (name == 'lies') say(200, 'application/json', '{"status":"healthy","database":"disconnected","debug":false}');
    if (name == 'down') say(503, 'application/health+json', '{"status":"fail","checks":{"db:connections":[{"status":"fail","output":"CANARY"}]}}');
    if (name == 'warn') say(200, 'application/health+json', '{"status":"warn","checks":{"disk":[{"status":"warn"}]}}');
    if (name == 'mute') say(503, 'text/plain', 'no healthy upstream');
    if (name == 'well') say(503, 'application/json', '{"status":"UP"}');
    if (name == 'actuator') say(503, 'application/vnd.spring-boot.actuator.v3+json', '{"status":"DOWN","components":{"db":{"status":"DOWN","details":{"error":"CANARY"}}}}');
    if (name == 'aspnet') say(503, 'text/plain', 'Unhealthy');
    if (name == 'denied') say(401, 'application/json', '{"status":"error"}');
    if (name == 'pong') say(200, 'text/plain', 'pong');
}).listen(process.env.PORT, '127.0.0.1')"#;

#[test]
fn health_as_the_peer_tells_it() {
    let (_node, port) = node(DOCUMENTS);
    for (path, expected, degraded, health) in [
        ("up", "passed", false, Some("healthy")),
        ("lies", "assert health_down: database: disconnected", false, Some("healthy")),
        ("down", "assert health_down: db:connections: fail (503, expected 200-299)", false, Some("fail")),
        ("warn", "passed", true, Some("warn")),
        ("mute", "assert http_status: 503, expected 200-299", false, None),
        ("well", "assert http_status: 503, expected 200-299", false, Some("UP")),
        ("actuator", "assert health_down: db: DOWN (503, expected 200-299)", false, Some("DOWN")),
        ("aspnet", "assert health_down: the peer reports: Unhealthy (503, expected 200-299)", false, Some("Unhealthy")),
        ("denied", "assert http_status: 401, expected 200-299", false, Some("error")),
        ("pong", "passed", false, None),
    ] {
        let report = json(&["check", &format!("peer+http://127.0.0.1:{port}/{path}"), "-o", "json"]);
        assert_eq!(verdict(&report), expected, "{path}");
        assert_eq!(only(&report)["degraded"], degraded, "{path}");
        assert_eq!(only(&report)["facts"]["health"].as_str(), health, "{path}");
        assert_eq!(only(&report)["kind"], "peer");
        let failure = only(&report)["failure"].to_string();
        assert!(!failure.contains("CANARY"), "{failure}");
    }
    let strict = check("peer", &format!("url: 'http://127.0.0.1:{port}/warn', accept_degraded: false"));
    assert_eq!(verdict(&strict), "assert health_down: disk: warn, and accept_degraded is false");
    let wanted = check("peer", &format!("url: 'http://127.0.0.1:{port}/up', json: {{database: primary}}"));
    assert_eq!(verdict(&wanted), "assert json_mismatch: /database: expected the configured text, got \"connected\"");
    let named = check("peer", &format!("url: 'http://127.0.0.1:{port}/lies', json: {{database: connected}}"));
    assert_eq!(verdict(&named), "assert health_down: database: disconnected", "the part is named first");
    let http = check("http", &format!("url: 'http://127.0.0.1:{port}/lies'"));
    assert_eq!(verdict(&http), "passed", "http reads no health");
}

#[test]
fn a_python_server() {
    let port = free_port();
    let script = "
import http.server, json, sys
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({'status': 'unhealthy', 'checks': {'redis': False, 'postgres': True}}).encode()
        self.send_response(200); self.send_header('content-type', 'application/json'); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()";
    let mut command = Command::new(need("python3", "python3"));
    let _python = Running::start(command.args(["-c", script, &port.to_string()]).stdout(Stdio::null()));
    until_listening(([127, 0, 0, 1], port).into());
    let report = json(&["check", &format!("peer+http://127.0.0.1:{port}/health"), "-o", "json"]);
    assert_eq!(verdict(&report), "assert health_down: redis: false");
    assert_eq!(only(&report)["facts"]["http_version"], "HTTP/1.0");
}

#[test]
fn the_page_of_an_application_is_no_health() {
    let folder = Folder::new();
    folder.write("index.html", "<!doctype html><html><script type=module src=/app.js></script></html>");
    let base = folder.path().to_str().expect("the path is UTF-8").to_owned();
    let port = free_port();
    let server = format!(
        "types {{ text/html html; }} server {{ listen 127.0.0.1:{port}; root {base}; location / {{ try_files $uri /index.html; }} }}"
    );
    let _nginx = Nginx::with_files(folder, &[port], &server);
    let url = format!("http://127.0.0.1:{port}/health");
    let report = check("peer", &format!("url: '{url}'"));
    let text = "the body (69 bytes of text/html) is a page for people, and not the peer's health";
    assert_eq!(unreadable(&report), Some(format!("the peer passes by its status alone: {text}")));
    let folder = Folder::new();
    let yaml = format!("checks: [{{name: it, gates: [], fail_on: [peer_unreadable], peer: {{url: '{url}'}}}}]\n");
    let strict = json(&["check", "-o", "json", "-c", &folder.write("c.yaml", yaml)]);
    let expected = format!("assert json_mismatch: peer_unreadable: the peer passes by its status alone: {text}");
    assert_eq!(verdict(&strict), expected);
    let strict = check("peer", &format!("url: '{url}', accept_degraded: false"));
    assert!(unreadable(&strict).is_some(), "what cannot be read is no warning of the peer's");
    assert_eq!(verdict(&check("peer", &format!("url: '{url}', body_contains: app.js"))), "passed");
    assert_eq!(
        verdict(&check("http", &format!("url: '{url}', json: {{status: ok}}"))),
        "assert json_mismatch: /status: expected \"ok\", but the body (69 bytes of text/html) is no JSON"
    );
}

#[test]
fn keys_of_peer_are_those_of_http_and_one_more() {
    let folder = Folder::new();
    let yaml = "checks:\n  - name: p\n    gates: [ready]\n    peer:\n      url: http://h.example/\n      accept_degrade: true\n      metod: GET\n";
    let path = folder.write("c.yaml", yaml);
    let ran = ran(&["check", "-c", &path]);
    assert_eq!(ran.code, 2);
    for fault in [
        ":6:7: checks[0].peer.accept_degrade: unknown key, did you mean accept_degraded?",
        ":7:7: checks[0].peer.metod: unknown key, did you mean method?",
    ] {
        assert!(ran.stderr.contains(fault), "{ran:?}");
    }
}

#[test]
fn a_document_without_end_is_bounded() {
    let many = format!("[{}1]", "{\"status\":\"ok\"},".repeat(20_000));
    let server = HttpServer::always(200, "Content-Type: application/json\r\n", &many);
    let report = json(&["check", &server.url("/").replace("http://", "peer+http://"), "-o", "json"]);
    let expected = "the peer passes by its status alone: the health document has more than 10000 values";
    assert_eq!(unreadable(&report).as_deref(), Some(expected));
}
