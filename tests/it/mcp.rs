//! The `mcp` kind against servers of the TypeScript and the Python SDK, and scripted ones for what they do not do.

use serde_json::Value;

use crate::support::contracts::{App, example};
use crate::support::http::{HttpServer, page};
use crate::support::one_check::{check_of, codes, failed, passed, passed_as, warnings};
use crate::support::until;

fn mcp(url: &str) -> Value {
    check_of("mcp", "10s", &format!("{{url: '{url}'}}"))
}

#[test]
fn the_typescript_sdk() {
    let app = App::start("mcp.mjs");
    for path in ["/mcp", "/json", "/stateless"] {
        let check = mcp(&app.url(path));
        passed(&check);
        let facts = &check["facts"];
        assert_eq!(
            (&facts["mcp_server"], &facts["server_version"]),
            (&"demo server".into(), &"1.2.3".into()),
            "{facts}"
        );
        assert_eq!(facts["mcp_protocol"], "2025-06-18");
    }
    until("both sessions are ended", || app.log() == "opened\nended\nopened\nended\n");
    let check = mcp(&app.url("/kept"));
    passed_as(&check, false);
    assert_eq!(codes(&check), ["mcp_session_left"]);
    assert!(warnings(&check).contains("answered 404"), "{check:#}");
    for (path, cause, hint) in [
        ("/guarded", "http_status", "`allowedHosts`"),
        ("/login", "http_status", "Authorization: \"Bearer ${TOKEN}\""),
        ("/slash", "http_redirect", "final slash"),
        ("/missing", "http_status", "/mcp unless"),
    ] {
        failed(&mcp(&app.url(path)), "assert", cause, hint);
    }
    failed(&mcp(&app.url("/page")), "assert", "protocol_error", "Compare port and path");
    let login = format!("{{url: '{}', headers: {{Authorization: 'Bearer wrong'}}}}", app.url("/login"));
    failed(&check_of("mcp", "10s", &login), "request", "permission_denied", "audience");
}

#[test]
fn the_python_sdk() {
    let app = App::start("mcp_server.py");
    let check = mcp(&app.url("/mcp"));
    passed(&check);
    assert_eq!((&check["facts"]["mcp_server"], &check["facts"]["server_version"]), (&"demo".into(), &"4.5.6".into()));
    failed(&mcp(&app.url("/mcp/")), "assert", "http_redirect", "final slash");
    failed(&mcp(&app.url("/sse")), "assert", "http_status", "/mcp unless");
    let other = format!("{{url: '{}', headers: {{Host: 'mcp-server:8000'}}}}", app.url("/mcp"));
    failed(&check_of("mcp", "10s", &other), "assert", "http_status", "allowed_hosts of TransportSecuritySettings");
    let other = App::with("mcp_server.py", &[("ALLOWED", "mcp.example.com:*")]);
    example("MCP servers", &[], &[("http://mcp-server:8000", &other.url(""))]);
}

#[test]
fn what_is_sent_and_what_is_left() {
    const ANSWER: &str =
        r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-03-26","serverInfo":{"name":"a","version":"1"}}}"#;
    for (status, left) in [(200, false), (204, false), (405, true), (404, true), (500, true)] {
        let server = HttpServer::start(move |asked| {
            match asked.line.starts_with("POST") {
            // An event before the answer, and a stream that goes on.
            true => format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nMcp-Session-Id: s1\r\nContent-Length: 100000\r\n\r\n: hi\r\n\r\n\
                 data: {{\"method\":\"notifications/message\"}}\r\n\r\nevent: message\r\ndata: {ANSWER}\r\n\r\n"
            )
            .into_bytes(),
            false => page(status, "", ""),
        }
        });
        let check = mcp(&server.url("/mcp"));
        passed_as(&check, false);
        assert_eq!(codes(&check), if left { vec!["mcp_session_left"] } else { vec![] }, "{status}");
        let asked = server.asked();
        let lines: Vec<&str> = asked.iter().map(|asked| asked.line.as_str()).collect();
        assert_eq!(lines, ["POST /mcp HTTP/1.1", "DELETE /mcp HTTP/1.1"]);
        assert_eq!(asked[0].header("accept"), Some("application/json, text/event-stream"));
        assert_eq!(asked[0].header("content-type"), Some("application/json"));
        assert!(asked[0].body.contains(r#""method":"initialize""#));
        assert_eq!(asked[1].header("mcp-session-id"), Some("s1"));
        assert_eq!(asked[1].header("mcp-protocol-version"), Some("2025-03-26"));
        assert_eq!((asked[1].header("content-type"), asked[1].body.as_str()), (None, ""));
    }
    let refuses = HttpServer::always(
        200,
        "Content-Type: application/json\r\n",
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Unsupported\u001bprotocol version"}}"#,
    );
    let message = failed(&mcp(&refuses.url("/mcp")), "request", "query_failed", "log of the MCP server");
    assert_eq!(message, "the MCP server answered initialize with the error -32602: Unsupported protocol version");
    let endless = HttpServer::always(200, "Content-Type: text/event-stream\r\n", &": ping\n\n".repeat(200_000));
    failed(&mcp(&endless.url("/mcp")), "request", "too_large", "");
    let raw = HttpServer::start(|_| {
        let events = "data: {\"method\":\"notifications/message\"}\n\n".repeat(40_000);
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n{events}").into_bytes()
    });
    failed(&mcp(&raw.url("/mcp")), "request", "too_large", "");
    let ends = HttpServer::always(200, "Content-Type: text/event-stream\r\n", ": hello\n\n");
    failed(&mcp(&ends.url("/mcp")), "assert", "connection_closed", "proxy_buffering off");
}
