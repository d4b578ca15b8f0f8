//! Answers that pilotfish cannot read: real servers that send them packed, in another encoding, or in words of their own.

use std::process::{Command, Stdio};

use crate::http::{check, node, only, verdict};
use crate::peer::unreadable;
use crate::support::http::{HttpServer, page};
use crate::support::nginx::Nginx;
use crate::support::{Folder, Running, free_port, json, need, ran, run, until_listening};

#[test]
fn nginx_sends_packed_files_to_everybody() {
    let folder = Folder::new();
    for (name, body) in [
        ("down", r#"{"status":"DOWN","components":{"db":{"status":"DOWN"}}}"#),
        ("up", r#"{"status":"UP"}"#),
        ("bomb", &" ".repeat(3_000_000)),
    ] {
        let path = folder.write(name, body);
        assert!(run(Command::new(need("gzip", "gzip")).args(["-k", "-f", &path])).code == 0);
    }
    folder.write("broken.gz", "this is no gzip");
    let base = folder.path().to_str().expect("the path is UTF-8").to_owned();
    let port = free_port();
    let server = format!(
        "default_type application/json; server {{ listen 127.0.0.1:{port}; root {base}; gzip_static always; }}"
    );
    let nginx = Nginx::with_files(folder, &[port], &server);
    let url = |path: &str| format!("url: 'http://127.0.0.1:{port}/{path}'");
    assert_eq!(verdict(&check("peer", &url("down"))), "assert health_down: db: DOWN");
    let up = check("peer", &url("up"));
    assert_eq!((verdict(&up).as_str(), &only(&up)["degraded"]), ("passed", &false.into()));
    assert_eq!(verdict(&check("http", &format!("{}, json: {{/status: UP}}, body_contains: UP", url("up")))), "passed");
    let bomb = check("peer", &url("bomb"));
    assert_eq!(verdict(&bomb), "request too_large: the body is over the limit of 1048576 bytes");
    let broken = check("peer", &url("broken"));
    let text = "the peer passes by its status alone: the body (15 bytes of application/json, sent as gzip, which cannot be unpacked)";
    assert_eq!(unreadable(&broken).as_deref(), Some(text));
    assert!(nginx.access_log().contains("GET /down"), "it was nginx");
}

#[test]
fn node_sends_brotli_and_what_else_it_likes() {
    let (_node, port) = node(
        r#"const zlib = require('zlib'), down = '{"status":"DOWN"}';
        const bodies = {
            br: zlib.brotliCompressSync(down), gzip: zlib.gzipSync(down), deflate: zlib.deflateSync(down),
            raw: zlib.deflateRawSync(down), zstd: Buffer.from('28b52ffd', 'hex'), snappy: Buffer.from(down),
        };
        require('http').createServer((q, s) => {
            const name = q.url.slice(1);
            s.writeHead(200, {'content-type': 'application/json', 'content-encoding': name == 'raw' ? 'deflate' : name});
            s.end(bodies[name]);
        }).listen(process.env.PORT, '127.0.0.1')"#,
    );
    for name in ["gzip", "deflate", "raw"] {
        let report = check("peer", &format!("url: 'http://127.0.0.1:{port}/{name}'"));
        assert_eq!(verdict(&report), "assert health_down: the peer reports: DOWN", "{name}");
    }
    for name in ["br", "zstd", "snappy"] {
        let report = check("peer", &format!("url: 'http://127.0.0.1:{port}/{name}'"));
        let text = unreadable(&report).unwrap_or_else(|| panic!("{name}: {report}"));
        assert!(text.contains(&format!("sent as {name}, which is not unpacked)")), "{text}");
        assert_eq!(only(&report)["excerpt"], serde_json::Value::Null, "noise is no excerpt");
    }
}

#[test]
fn python_in_its_own_words() {
    let port = free_port();
    let script = r#"
import http.server, sys
BODIES = {
    '/utf16': ('application/json', '{"status":"DOWN"}'.encode('utf-16')),
    '/utf32': ('application/json', '{"status":"DOWN"}'.encode('utf-32')),
    '/repr': ('text/html', str({'status': 'DOWN'}).encode()),
    '/nan': ('application/json', b'{"status": "ok", "lag": NaN}'),
    '/word': ('application/json', b'{"status": "DB_MIGRATION_NEEDED"}'),
    '/text': ('text/plain', b'DB_MIGRATION_NEEDED'),
    '/False': ('application/json', ('{"healthy": "%s"}' % False).encode()),
    '/empty': ('application/json', b''),
    '/latin': ('text/plain; charset=iso-8859-1', b'ok'),
}
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        media, body = BODIES[self.path]
        self.send_response(200); self.send_header('content-type', media); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()"#;
    let mut command = Command::new(need("python3", "python3"));
    let _python = Running::start(command.args(["-c", script, &port.to_string()]).stdout(Stdio::null()));
    until_listening(([127, 0, 0, 1], port).into());
    let ask = |path: &str, keys: &str| check("peer", &format!("url: 'http://127.0.0.1:{port}/{path}'{keys}"));
    for (path, says) in [
        ("utf16", "the body (36 bytes of application/json) is no text in UTF-8"),
        ("utf32", "the body (72 bytes of application/json) is no text in UTF-8"),
        ("repr", "is a page for people"),
        ("nan", "is no valid JSON"),
        ("word", "status is a word that pilotfish does not know"),
        ("text", "the answer is a word that pilotfish does not know"),
    ] {
        let report = ask(path, "");
        let text = unreadable(&report).unwrap_or_else(|| panic!("{path}: {report}"));
        assert!(text.contains(says), "{path}: {text}");
        assert!(!text.contains("DB_MIGRATION"), "what a peer says is not repeated: {text}");
    }
    assert_eq!(verdict(&ask("False", "")), "assert health_down: the peer reports: healthy: false");
    for (path, keys) in [
        ("empty", ""),
        ("latin", ""),
        ("word", ", json: {status: DB_MIGRATION_NEEDED}"),
        ("text", ", body_contains: MIGRATION"),
    ] {
        let report = ask(path, keys);
        assert_eq!((verdict(&report).as_str(), &only(&report)["degraded"]), ("passed", &false.into()), "{path}{keys}");
        assert_eq!(unreadable(&report), None, "{path}{keys}");
    }
}

#[test]
fn what_cannot_be_read_is_said_wherever_people_look() {
    let server = HttpServer::always(200, "Content-Type: application/json\r\n", r#"{"status":"BEWARE"}"#);
    let url = server.url("/").replace("http://", "peer+http://");
    let text = ran(&["check", &url]);
    assert_eq!(text.code, 0, "it passes");
    assert!(text.stdout.contains("degraded") && text.stdout.contains("peer_unreadable: "), "{text:?}");
    assert!(text.stdout.contains("received {\"status\":\"BEWARE\"}"), "the excerpt shows the word: {text:?}");
    let waited = ran(&["wait", &url, "--timeout", "20s"]);
    assert_eq!(waited.code, 0, "{waited:?}");
    let diagnosed = ran(&["diagnose", &url]);
    assert!(diagnosed.stdout.contains("peer_unreadable"), "{diagnosed:?}");
}

#[test]
fn a_status_that_fails_is_the_failure_whatever_the_body_is() {
    for (status, headers, body) in [
        (503, "Content-Encoding: br\r\n", "xyz"),
        (500, "Content-Type: text/html\r\n", "<html><script></script></html>"),
        (404, "Content-Type: application/json\r\n", "{\"detail\":"),
        (503, "Content-Type: application/json\r\n", r#"{"status":503,"error":"Service Unavailable"}"#),
    ] {
        let server = HttpServer::always(status, headers, body);
        let report = check("peer", &format!("url: '{}'", server.url("/")));
        assert_eq!(verdict(&report), format!("assert http_status: {status}, expected 200-299"));
        assert_eq!(only(&report)["findings"].as_array().map(Vec::len), Some(0));
    }
}

#[test]
fn streams_and_bodies_that_never_end_under_a_status_that_fails() {
    let events =
        HttpServer::start(|_| b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\r\n\r\n".to_vec());
    let report = check("peer", &format!("url: '{}'", events.url("/")));
    assert_eq!(
        unreadable(&report).as_deref(),
        Some("the peer passes by its status alone: the answer is a stream of events")
    );
    // It announces more than it sends: what came explains the status all the same.
    let cut = HttpServer::start(|_| {
        b"HTTP/1.1 503 X\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\nUnhealthy".to_vec()
    });
    let report = check("peer", &format!("url: '{}'", cut.url("/")));
    assert_eq!(verdict(&report), "assert health_down: the peer reports: Unhealthy (503, expected 200-299)");
    let nested = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let deep = page(200, "Content-Type: application/json\r\n", &format!(r#"{{"status":"ok","trace":{nested}}}"#));
    let deep = HttpServer::start(move |_| deep.clone());
    let report = check("peer", &format!("url: '{}', json: {{status: ok}}", deep.url("/")));
    assert_eq!(verdict(&report), "passed");
    let report = json(&["check", &deep.url("/").replace("http://", "peer+http://"), "-o", "json"]);
    assert_eq!((verdict(&report).as_str(), unreadable(&report)), ("passed", None));
}
