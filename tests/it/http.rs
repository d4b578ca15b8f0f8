//! The `http` kind against nginx, Node and scripted servers: what is sent, every expectation, HTTP/2, redirects, TLS.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::ca::{Ca, Leaf};
use crate::support::hostile::{self, Manner};
use crate::support::http::{HttpServer, page};
use crate::support::nginx::Nginx;
use crate::support::{Folder, Running, free_port, json, need, pilotfish, run, until, until_listening};

/// The one check of a report.
pub(crate) fn only(report: &Value) -> &Value {
    let checks = report["checks"].as_array().expect("a report has checks");
    assert_eq!(checks.len(), 1, "{report}");
    &checks[0]
}

/// `passed`, or `PHASE CAUSE: MESSAGE`.
pub(crate) fn verdict(report: &Value) -> String {
    let check = only(report);
    match check["failure"].as_object() {
        None => "passed".to_owned(),
        Some(failure) => {
            let text = |key: &str| failure[key].as_str().expect("it is a text").to_owned();
            format!("{} {}: {}", text("phase"), text("cause"), text("message"))
        }
    }
}

/// The report of one check of this kind with these keys, in YAML's flow style without the braces.
pub(crate) fn check(kind: &str, keys: &str) -> Value {
    check_with(kind, keys, &[])
}

/// The same, with variables.
pub(crate) fn check_with(kind: &str, keys: &str, variables: &[(&str, &str)]) -> Value {
    let folder = Folder::new();
    let yaml = format!(
        "checks:\n  - name: it\n    gates: [ready]\n    timeout: 10s\n    interval: 30s\n    {kind}: {{{keys}}}\n"
    );
    let path = folder.write("pilotfish.yaml", yaml);
    let mut command = pilotfish();
    command.args(["check", "-c", &path, "-o", "json"]).envs(variables.iter().copied());
    let ran = run(&mut command);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// A Node server that listens on `process.env.PORT`.
pub(crate) fn node(script: &str) -> (Running, u16) {
    let port = free_port();
    let mut command = Command::new(need("node", "nodejs"));
    command.args(["-e", script]).env("PORT", port.to_string()).stdout(Stdio::null());
    let running = Running::start(&mut command);
    until_listening(([127, 0, 0, 1], port).into());
    (running, port)
}

#[test]
fn what_is_sent() {
    let server = HttpServer::always(200, "", "ok");
    let report = json(&["check", &server.url("/a b?x=1&y=ä#z").replace(' ', "%20"), "-o", "json"]);
    assert_eq!(verdict(&report), "passed");
    let asked = &server.asked()[0];
    assert_eq!(asked.line, "GET /a%20b?x=1&y=%C3%A4 HTTP/1.1");
    let version = env!("CARGO_PKG_VERSION");
    for (name, value) in [
        ("host", server.address.to_string().as_str()),
        ("user-agent", &format!("pilotfish/{version}")),
        ("accept", "*/*"),
        ("accept-encoding", "identity"),
        ("connection", "close"),
    ] {
        assert_eq!(asked.header(name), Some(value), "{asked:?}");
    }
    assert_eq!(asked.headers.len(), 5, "and nothing else: {asked:?}");
    let keys = format!(
        "url: '{}', method: post, body: 'a=1', headers: {{Host: shop.example, User-Agent: x, X-A: '1'}}",
        server.url("/")
    );
    assert_eq!(verdict(&check("http", &keys)), "passed");
    let asked = &server.asked()[1];
    assert_eq!((asked.line.as_str(), asked.body.as_str()), ("POST / HTTP/1.1", "a=1"));
    assert_eq!(asked.header("host"), Some("shop.example"));
    assert_eq!(asked.header("user-agent"), Some("x"));
    assert_eq!(asked.header("x-a"), Some("1"));
    assert_eq!(asked.header("content-length"), Some("3"));
    for (method, length) in [("POST", Some("0")), ("PUT", Some("0")), ("DELETE", None), ("GET", None)] {
        let server = HttpServer::always(200, "", "");
        verdict(&check("http", &format!("url: '{}', method: {method}", server.url("/"))));
        assert_eq!(server.asked()[0].header("content-length"), length, "{method}");
    }
}

#[test]
fn credentials_are_sent_and_never_shown() {
    let echo = HttpServer::start(|asked| {
        let secrets = format!("{asked:?}");
        page(200, &format!("X-Echo: {}\r\n", asked.header("authorization").unwrap_or("none")), &secrets)
    });
    let folder = Folder::new();
    let token = folder.write("token", "CANARY-token\n");
    let at = echo.address;
    for (keys, sent) in [
        (format!("url: 'http://app:CANARY%40pw@{at}/'"), Some("Basic YXBwOkNBTkFSWUBwdw==")),
        (
            format!("url: 'http://no:no@{at}/', basic_auth: {{username: app, password: {{env: SECRET}}}}"),
            Some("Basic YXBwOkNBTkFSWS1lbnY="),
        ),
        (format!("url: 'http://{at}/', bearer_token: {{file: {token}}}"), Some("Bearer CANARY-token")),
        (format!("url: 'http://{at}/', headers: {{X-Key: {{env: SECRET}}, Cookie: sid=CANARY}}"), None),
        (format!("url: 'http://{at}/?key=CANARY-query'"), None),
    ] {
        let keys = format!("{keys}, header: {{x-echo: CANARYx}}, json: {{a: b}}");
        let report = check_with("http", &keys, &[("SECRET", "CANARY-env")]);
        let asked = echo.asked().pop().expect("it was asked");
        assert_eq!(asked.header("authorization"), sent, "{keys}");
        let shown = report.to_string();
        assert!(!shown.contains("CANARY") && !shown.contains("YXBw"), "{shown}");
        let expected = "assert header_mismatch: header x-echo: expected the configured text, got another value";
        assert_eq!(verdict(&report), expected);
    }
}

#[test]
fn what_would_break_out_of_a_header_is_refused_unsent() {
    let server = HttpServer::always(200, "", "ok");
    let folder = Folder::new();
    let file = folder.write("key", "CANARY\nX-Evil: 1\n");
    let url = server.url("/");
    for (key, expected) in [
        (
            "headers: {X-Key: {env: SECRET}}",
            "assert variable_invalid: x-key: the variable SECRET holds a line break or another control character",
        ),
        (
            "bearer_token: {env: SECRET}",
            "assert variable_invalid: bearer_token: the variable SECRET holds a line break or another control character",
        ),
        (
            &format!("headers: {{X-Key: {{file: {file}}}}}"),
            &format!("assert file_invalid: x-key: the file {file} holds a line break or another control character"),
        ),
        ("headers: {X-Key: {env: NONE}}", "assert variable_missing: the variable NONE is not set or empty"),
    ] {
        let report = check_with("http", &format!("url: '{url}', {key}"), &[("SECRET", "CANARY\r\nX-Evil: 1")]);
        assert_eq!(verdict(&report), expected);
        assert!(!report.to_string().contains("CANARY"));
    }
    let report = check_with("http", "url: {env: URL}", &[("URL", "http://u:CANARY@h:99999/")]);
    let expected = "assert url_malformed: the URL from the variable URL: the port is not a number from 1 to 65535";
    assert!(verdict(&report).starts_with(expected), "{report}");
    assert_eq!(only(&report)["target"], "the variable URL");
    assert!(!report.to_string().contains("CANARY"));
    assert!(server.asked().is_empty());
}

#[test]
fn expectations() {
    let body =
        r#"{"status":"ok","database":{"state":"connected","ms":12},"tags":["a"],"n":null,"token":"hunter2hunter2"}"#;
    let server =
        HttpServer::always(200, "Content-Type: application/json\r\nX-A: one\r\nX-A: two\r\nX-Token: hunter2\r\n", body);
    let url = server.url("/");
    for (keys, expected) in [
        ("json: {/database/state: connected, database.ms: 12, tags.0: a, n: null}", "passed"),
        (
            "json: {/database/state: disconnected}",
            "assert json_mismatch: /database/state: expected \"disconnected\", got \"connected\"",
        ),
        ("json: {token: x}", "assert json_mismatch: /token: expected the configured text, got another text"),
        ("json: {database: x}", "assert json_mismatch: /database: expected the configured text, got an object"),
        ("json: {database.ms: '13'}", "assert json_mismatch: /database/ms: expected \"13\", got 12"),
        (
            "json: {tags.1: a}",
            "assert json_mismatch: /tags/1: expected the configured text, and there is no such place in the document",
        ),
        (
            "json: {status: {env: WANTED}}",
            "assert json_mismatch: /status: expected the value of the variable WANTED, got \"ok\"",
        ),
        ("body_contains: connected", "passed"),
        (
            "body_contains: {env: WANTED}",
            "assert body_mismatch: the body (103 bytes of application/json) does not contain the value of the variable WANTED",
        ),
        ("body_matches: '\"ms\": ?[0-9]+'", "passed"),
        (
            "body_matches: ^ok$",
            "assert body_mismatch: the body (103 bytes of application/json) does not match the configured expression",
        ),
        ("body_not_contains: error", "passed"),
        (
            "body_not_contains: connected",
            "assert body_mismatch: the body (103 bytes of application/json) contains \"connected\", which it must not",
        ),
        (
            "body_not_contains: hunter2hunter2",
            "assert body_mismatch: the body (103 bytes of application/json) contains the configured text, which it must not",
        ),
        ("body_not_matches: '\"status\": ?\"(down|error)\"'", "passed"),
        (
            "body_not_matches: 'hunter[0-9]'",
            "assert body_mismatch: the body (103 bytes of application/json) matches the expression that it must not match",
        ),
        ("json: {'$.database.state': connected, 'tags[0]': a, \"$['database']['ms']\": 12}", "passed"),
        ("header: {x-a: two, X-Token: {matches: ^h}, content-type: {matches: json}}", "passed"),
        ("header: {x-a: three}", "assert header_mismatch: header x-a: expected the configured text, got another value"),
        ("header: {x-b: '1'}", "assert header_mismatch: header x-b: expected \"1\", it is missing"),
        (
            "header: {content-type: {matches: xml}}",
            "assert header_mismatch: header content-type: expected a match of the configured expression, got \"application/json\"",
        ),
        ("status: 204", "assert http_status: 200, expected 204"),
        ("status: [204, \"300-399\"]", "assert http_status: 200, expected 204, 300-399"),
        ("status: [204, 200-201]", "passed"),
        ("max_response: 103", "passed"),
        ("max_response: 102", "request too_large: the body is announced with 103 bytes, over the limit of 102"),
        ("method: HEAD", "passed"),
    ] {
        let report = check_with("http", &format!("url: '{url}', {keys}"), &[("WANTED", "CANARY")]);
        let facts = &only(&report)["facts"];
        assert_eq!(verdict(&report).replace(&body.len().to_string(), "103"), expected, "{keys}");
        assert_eq!(facts["status_code"], 200, "{keys}");
        assert!(!report.to_string().contains("CANARY"), "{report}");
    }
}

#[test]
fn credentials_that_are_not_enough_are_a_matter_of_rights() {
    for status in [401, 403] {
        let server = HttpServer::always(status, "", "no");
        let plain = server.url("/");
        assert_eq!(
            verdict(&check("http", &format!("url: '{plain}'"))),
            format!("assert http_status: {status}, expected 200-299")
        );
        let report = check("http", &format!("url: '{plain}', bearer_token: x1234"));
        let expected = format!("request permission_denied: {status} with the configured credentials, expected 200-299");
        assert_eq!(verdict(&report), expected);
        assert_eq!(verdict(&check("http", &format!("url: '{plain}', bearer_token: x, status: {status}"))), "passed");
    }
}

#[test]
fn bodies_that_end_where_they_should_and_elsewhere() {
    let (_node, port) = node(
        "require('http').createServer((q, s) => {
            if (q.url == '/chunked') { s.write('a'.repeat(70000)); setTimeout(() => { s.end('end') }, 20); }
            if (q.url == '/endless') { const more = () => { while (s.write('x'.repeat(65536))); s.once('drain', more) }; more(); }
            if (q.url == '/cut') { s.writeHead(200, {'content-length': 100}); s.write('half'); setTimeout(() => s.destroy(), 20); }
            if (q.url == '/cut-chunked') { s.write('half'); setTimeout(() => s.destroy(), 20); }
            if (q.url == '/headers') { s.setHeader('x-a', 'y'.repeat(70000)); s.end('x'); }
            if (q.url == '/lines') { for (let i = 0; i < 400; i++) s.setHeader('x-' + i, 'y'); s.end('x'); }
        }).listen(process.env.PORT, '127.0.0.1')",
    );
    for (path, cause, bytes) in [
        ("/chunked", "passed", Some(70003)),
        ("/endless", "request too_large: the body is over the limit of 1048576 bytes", None),
        ("/cut", "request connection_closed: ", None),
        ("/cut-chunked", "request connection_closed: ", None),
        ("/headers", "request too_large: the headers are over the limit of 65536 bytes or 512 lines", None),
        ("/lines", "passed", Some(1)),
    ] {
        let report = check("http", &format!("url: 'http://127.0.0.1:{port}{path}', body_matches: '.'"));
        assert!(verdict(&report).starts_with(cause), "{path}: {report}");
        assert_eq!(only(&report)["facts"]["body_bytes"].as_u64(), bytes, "{path}");
        // Who asks nothing of the body has all that is asked for with the head.
        let report = json(&["check", &format!("http://127.0.0.1:{port}{path}"), "-o", "json"]);
        let expected = if path == "/headers" { cause } else { "passed" };
        assert_eq!(verdict(&report), expected, "{path}");
        assert_eq!(only(&report)["facts"]["body_bytes"].as_u64(), None, "{path}");
    }
}

#[test]
fn http_2_by_alpn_and_by_prior_knowledge() {
    let ca = Ca::root("root");
    let folder = Folder::new();
    let root = folder.write("ca.pem", &ca.pem);
    let (cert, key) = ca.issue(&Leaf::server("here", &["localhost", "127.0.0.1"])).write(&folder, "server", &[]);
    folder.write("big", "b".repeat(1_000_000));
    let base = folder.path().to_str().expect("the path is UTF-8").to_owned();
    let (port, old) = (free_port(), free_port());
    let tls = format!("ssl_certificate {cert}; ssl_certificate_key {key}; root {base};");
    let http = format!(
        "log_format it '$server_protocol $ssl_server_name $http_host $host $request'; access_log {base}/it.log it;
         server {{ listen 127.0.0.1:{port} ssl http2; {tls} }} server {{ listen 127.0.0.1:{old} ssl; {tls} }}"
    );
    let nginx = Nginx::with_files(folder, &[port, old], &http);
    let ask = |port: u16, keys: &str| {
        check("http", &format!("url: 'https://localhost:{port}/big', tls: {{ca: {root}}}{keys}"))
    };
    for (port, keys, expected, version, alpn) in [
        (port, ", body_contains: bbb", "passed", "HTTP/2", "h2"),
        (port, "", "passed", "HTTP/2", "h2"),
        (port, ", http_version: 2", "passed", "HTTP/2", "h2"),
        (port, ", http_version: 1.1", "passed", "HTTP/1.1", "http/1.1"),
        (old, "", "passed", "HTTP/1.1", "http/1.1"),
        (
            port,
            ", max_response: 64KiB",
            "request too_large: the body is announced with 1000000 bytes, over the limit of 65536",
            "HTTP/2",
            "h2",
        ),
    ] {
        let report = ask(port, keys);
        assert_eq!(verdict(&report), expected, "{keys}");
        assert_eq!(only(&report)["facts"]["http_version"], version, "{keys}");
        assert_eq!(only(&report)["facts"]["tls_alpn"], alpn, "{keys}");
    }
    let report = ask(old, ", http_version: 2");
    assert!(verdict(&report).contains("ALPN") || verdict(&report).contains("tls_handshake_failed"), "{report}");
    let log = std::fs::read_to_string(nginx.folder().path().join("it.log")).expect("nginx logs");
    assert!(log.starts_with(&format!("HTTP/2.0 localhost localhost:{port} localhost GET /big HTTP/2.0\n")), "{log}");

    let (_node, port) = node(
        "require('http2').createServer((q, s) => {
            if (q.url == '/headers') { for (let i = 0; i < 1000; i++) s.setHeader('x-' + i, 'y'.repeat(35)); }
            if (q.url == '/reset') { s.stream.close(8); return; }
            s.end('x'.repeat(300000));
        }).listen(process.env.PORT, '127.0.0.1')",
    );
    let report = check("http", &format!("url: 'http://127.0.0.1:{port}/', http_version: 2, body_contains: x"));
    assert_eq!(verdict(&report), "passed");
    assert_eq!(only(&report)["facts"]["http_version"], "HTTP/2");
    assert_eq!(only(&report)["facts"]["body_bytes"], 300_000);
    let report = check("http", &format!("url: 'http://127.0.0.1:{port}/headers', http_version: 2"));
    assert!(verdict(&report).starts_with("request too_large: the headers"), "{report}");
    let report = check("http", &format!("url: 'http://127.0.0.1:{port}/reset', http_version: 2"));
    assert!(verdict(&report).starts_with("request connection_closed: the peer ended the HTTP/2 stream: "), "{report}");
    // One who speaks the other version.
    let one = hostile::here(Manner::Says(page(400, "", "no")));
    let report = check("http", &format!("url: 'http://{one}/', http_version: 2"));
    assert!(verdict(&report).starts_with("request protocol_error: the peer speaks HTTP"), "{report}");
    let report = check("http", &format!("url: 'http://127.0.0.1:{port}/', http_version: 1.1"));
    assert!(verdict(&report).starts_with("request protocol_error: the peer speaks HTTP/2"), "{report}");
}

/// Settings, their acknowledgement, `:status: 200`, then the body in two frames of which the last one ends it.
const HTTP_2: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0\0\0\x01\x01\x04\0\0\0\x01\x88\
    \0\0\x03\0\0\0\0\0\x01hel\0\0\x02\0\x01\0\0\0\x01lo";

/// Whether the headers of a request are there, behind HTTP/2's preface and settings.
fn asks_over_http_2(sent: &[u8]) -> bool {
    let mut frames = sent.get(24..).unwrap_or_default();
    while let [a, b, c, kind, ..] = frames {
        if *kind == 1 {
            return true;
        }
        frames = frames.get(9 + u32::from_be_bytes([0, *a, *b, *c]) as usize..).unwrap_or_default();
    }
    false
}

/// Answers requests with the first bytes of [`HTTP_2`], as many as told, and closes in good order.
fn cut_http_2(cuts: Vec<usize>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for cut in cuts {
            let (mut stream, _) = listener.accept().expect("it is dialled");
            let (mut sent, mut chunk) = (Vec::new(), [0; 1024]);
            while !asks_over_http_2(&sent) {
                let count = stream.read(&mut chunk).expect("it is readable");
                assert!(count > 0, "it hung up before it asked: {sent:?}");
                sent.extend_from_slice(&chunk[..count]);
            }
            stream.write_all(&HTTP_2[..cut]).expect("it is written");
            drop(stream.shutdown(Shutdown::Write));
            // Until it hangs up: closing on unread bytes would be a reset.
            while stream.read(&mut chunk).is_ok_and(|count| count > 0) {}
        }
    });
    port
}

#[test]
fn an_answer_of_http_2_that_is_cut_is_no_answer() {
    let cuts = [0, 5, 9, 20, 27, 28, 31, 39, 40, 45, HTTP_2.len()];
    let port = cut_http_2(cuts.to_vec());
    for cut in cuts {
        let verdict =
            verdict(&check("http", &format!("url: 'http://127.0.0.1:{port}/', http_version: 2, body_contains: hello")));
        let expected = if cut == HTTP_2.len() { "passed" } else { "request connection_closed: " };
        assert!(verdict.starts_with(expected), "{cut}: {verdict}");
    }
}

#[test]
fn many_probes_leave_no_time_wait_of_ours() {
    let ca = Ca::root("root");
    let pair = ca.issue(&Leaf::server("here", &["127.0.0.1"]));
    let (nginx, tls) = Nginx::https(&pair, &[], "");
    let root = nginx.folder().write("ca.pem", &ca.pem);
    let port = free_port();
    let (cert, key) = pair.write(nginx.folder(), "two", &[]);
    let _two = Nginx::start(
        &[port],
        &format!("server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate {cert}; ssl_certificate_key {key}; }}"),
    );
    let plain = free_port();
    let _plain =
        Nginx::start(&[plain], &format!("server {{ listen 127.0.0.1:{plain}; location / {{ return 200; }} }}"));
    for (port, url) in [(tls, "https"), (port, "https"), (plain, "http")] {
        // The test itself has connected once, to see whether nginx listens.
        let before = time_waits_towards(port);
        for _ in 0..10 {
            check("http", &format!("url: '{url}://127.0.0.1:{port}/', status: 200-499, tls: {{ca: {root}}}"));
        }
        assert_eq!(time_waits_towards(port), before, "{url} {port}");
    }
}

/// Sockets of this machine in TIME_WAIT whose other end is this port.
fn time_waits_towards(port: u16) -> usize {
    let towards = format!(":{port:04X}");
    // The state of each connection towards the port.
    let states = || {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel tells");
        let rows = table.lines().skip(1).map(|row| row.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>());
        rows.filter(|row| row[2].ends_with(&towards)).map(|row| row[3].clone()).collect::<Vec<_>>()
    };
    // The one by which the test saw that the server listens may still be on its way there.
    until("every connection is over", || states().iter().all(|state| state == "06"));
    states().len()
}

#[test]
fn what_nginx_says_of_tls_in_a_status() {
    let ca = Ca::root("root");
    let folder = Folder::new();
    let root = folder.write("ca.pem", &ca.pem);
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "client", &[]);
    let other = Ca::root("other").issue(&Leaf::client("stranger"));
    let (other_cert, other_key) = other.write(&folder, "other", &[]);
    let pair = ca.issue(&Leaf::server("here", &["127.0.0.1"]));
    let (_nginx, port) = Nginx::https(&pair, &[], &format!("ssl_client_certificate {root}; ssl_verify_client on;"));
    let ask = |keys: &str| check("http", &format!("url: 'https://127.0.0.1:{port}/', tls: {{ca: {root}{keys}}}"));
    let report = ask("");
    assert_eq!(verdict(&report), "tls tls_client_cert_required: 400: the server requires a client certificate");
    let report = ask(&format!(", cert: {other_cert}, key: {other_key}"));
    assert_eq!(
        verdict(&report),
        "tls tls_client_cert_required: 400: the server does not accept the client certificate that was sent"
    );
    assert_eq!(verdict(&ask(&format!(", cert: {cert}, key: {key}"))), "passed");
    let report = json(&["check", &format!("http://127.0.0.1:{port}/"), "-o", "json"]);
    assert_eq!(
        verdict(&report),
        "tls tls_unsupported: 400: the server reports that the port requires TLS, but the request was plain HTTP"
    );
}

#[test]
fn a_client_certificate_that_is_wanted_only_after_the_handshake() {
    let ca = Ca::root("root");
    let folder = Folder::new();
    let root = folder.write("ca.pem", &ca.pem);
    let (cert, key) = ca.issue(&Leaf::server("here", &["127.0.0.1"])).write(&folder, "server", &[]);
    let port = free_port();
    let mut command = Command::new(need("openssl", "openssl"));
    command.args(["s_server", "-tls1_3", "-Verify", "1", "-verify_return_error", "-www", "-quiet", "-CAfile", &root]);
    command.args(["-cert", &cert, "-key", &key, "-accept", &format!("127.0.0.1:{port}")]);
    let _server = Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()));
    until_listening(([127, 0, 0, 1], port).into());
    let report = check("http", &format!("url: 'https://127.0.0.1:{port}/', tls: {{ca: {root}}}"));
    assert!(verdict(&report).starts_with("tls tls_client_cert_required: "), "{report}");
}

#[test]
fn a_server_of_tls_that_answers_plain_text_with_an_alert() {
    let alert = hostile::here(Manner::SaysAndEnds(vec![0x15, 3, 1, 0, 2, 2, 70]));
    let report = json(&["check", &format!("http://{alert}/"), "-o", "json"]);
    assert_eq!(
        verdict(&report),
        "tls tls_unsupported: the peer answered with a TLS record: the port requires TLS, but the request was plain HTTP"
    );
    assert!(report.to_string().contains("Write https:// in the URL"), "{report}");
}

mod explained;
mod proxy;
mod redirects;
