//! What a real server does: upgrades, messages, refusals and ends.

use super::{check, failed, passed};
use crate::support::ca::{Ca, Leaf};
use crate::support::nginx::Nginx;
use crate::support::websocket::Server;
use crate::support::{Folder, free_port, json};

#[test]
fn an_upgrade_passes_and_ends_with_a_goodbye() {
    let server = Server::start();
    let url = format!("ws://127.0.0.1:{}/echo", server.port);
    let report = json(&["check", "-o", "json", &url]);
    passed(&report["checks"][0]);
    assert_eq!(
        (&report["checks"][0]["target"], &report["checks"][0]["facts"]["status_code"]),
        (&url.into(), &101.into())
    );
    server.until_logged("close /echo 1000");
    assert!(server.log().contains("open /echo pilotfish/"), "{}", server.log());
}

#[test]
fn the_first_message_is_compared() {
    let server = Server::start();
    let at = |path: &str, expect: &str| {
        check(&format!("{{url: 'ws://127.0.0.1:{}/{path}', expect: {expect}}}", server.port))
    };
    passed(&at("hello", "'{\"type\":\"hello\"'"));
    passed(&at("hello", "{regex: '\"type\": ?\"hello\"'}"));
    passed(&at("binary", "'\\0\\xff'"));
    passed(&at("pings", "after a pong"));
    server.until_logged("pong /pings");
    passed(&at("parts", "in parts"));
    let other = at("hello", "welcome");
    let message = failed(&other, "assert", "body_mismatch", "Compare the first message with `expect`");
    assert!(
        message.starts_with("the first message does not start with the expected bytes (received 46 bytes"),
        "{message}"
    );
    failed(&at("hello", "{regex: '^goodbye'}"), "assert", "body_mismatch", "`expect`");
    failed(&at("large", "x"), "assert", "too_large", "");
    let silent = check(&format!("{{url: 'ws://127.0.0.1:{}/silent', expect: x}}", server.port));
    failed(&silent, "assert", "timeout", "");
}

#[test]
fn a_subprotocol_is_chosen() {
    let server = Server::start();
    let at = |path: &str, names: &str| {
        check(&format!("{{url: 'ws://127.0.0.1:{}/{path}', subprotocol: '{names}'}}", server.port))
    };
    let report = at("chat", "other, chat");
    passed(&report);
    assert_eq!(report["facts"]["subprotocol"], "chat", "{report:#}");
    let none = at("echo", "chat");
    let message = failed(&none, "assert", "header_mismatch", "Compare `subprotocol`");
    assert_eq!(message, "the server chose none of the offered subprotocols");
}

#[test]
fn refusals_are_named() {
    let server = Server::start();
    let at = |path: &str, rest: &str| check(&format!("{{url: 'ws://127.0.0.1:{}/{path}'{rest}}}", server.port));
    failed(&at("missing", ""), "assert", "http_status", "no such path");
    failed(&at("origin", ""), "assert", "http_status", "`headers: {Origin: …}`");
    passed(&at("origin", ", headers: {Origin: 'https://app.example.com'}"));
    failed(&at("login", ""), "assert", "http_status", "requires a login");
    failed(&at("login", ", bearer_token: wrong-token"), "request", "permission_denied", "credentials");
    passed(&at("login", ", bearer_token: s3same-open"));
    failed(&at("page", ""), "assert", "http_redirect", "`headers` (Cookie");
    let policy = at("refuses", ", headers: {X-Key: k3y-of-the-app}");
    let message = failed(&policy, "assert", "connection_closed", "`headers` (Origin, Authorization, Cookie)");
    assert!(message.starts_with("the server closed the WebSocket with code 1008: no login in ***"), "{message}");
    assert!(!policy.to_string().contains("k3y-of"), "{policy:#}");
    let own = at("own", ", expect: hello");
    let message = failed(&own, "assert", "connection_closed", "the app's own");
    assert_eq!(message, "the server closed the WebSocket with code 4401: unauthorized");
}

#[test]
fn over_tls_and_on_the_wrong_side_of_it() {
    let (root, folder) = (Ca::root("WebSocket root"), Folder::new());
    let pair = root.issue(&Leaf::server("localhost", &["localhost"]));
    let ca = folder.write("ca.pem", &root.pem);
    let server = Server::start();
    let (cert, key) = pair.write(&folder, "server", &[]);
    let port = free_port();
    let http = format!(
        "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key};
         location / {{ proxy_pass http://127.0.0.1:{}; proxy_http_version 1.1;
         proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }} }}",
        server.port
    );
    let _nginx = Nginx::start(&[port], &http);
    passed(&check(&format!("{{url: 'wss://localhost:{port}/hello', expect: '{{', tls: {{ca: {ca}}}}}")));
    failed(&check(&format!("{{url: 'wss://localhost:{port}/'}}")), "tls", "tls_untrusted", "");
    failed(&check(&format!("{{url: 'ws://localhost:{port}/'}}")), "tls", "tls_unsupported", "wss://");
    failed(&check(&format!("{{url: 'wss://localhost:{}/'}}", server.port)), "tls", "tls_not_tls", "ws://");
}
