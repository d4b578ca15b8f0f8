//! What other servers answer, from scripted ones.

use super::{check, failed, login, passed};
use crate::support::hostile::{Manner, here};

/// A server that answers so, with a login and without one.
fn told(answer: &[u8]) -> [serde_json::Value; 2] {
    let peer = here(Manner::Says(answer.to_vec()));
    let bare = format!("{{host: 127.0.0.1, port: {}}}", peer.port());
    [check(&login(peer.port(), "").replace("localhost", "127.0.0.1")), check(&bare)]
}

/// A packet of the binary protocol.
fn packet(command: u8, status: u8, length: u32, body: &str) -> Vec<u8> {
    [&[0x81, command, 0, 0, 0, 0, 0, status][..], &length.to_be_bytes(), &[0; 12], body.as_bytes()].concat()
}

#[test]
fn answers_of_proxies_and_others() {
    for (answer, cause, hint) in [
        (&b"SERVER_ERROR Host is down\r\n"[..], "query_failed", "mcrouter"),
        (b"SERVER_ERROR out of memory writing get response\r\n", "query_failed", "Raise the memory limit"),
        (b"-ERR unknown command 'version'\r\n", "protocol_error", ""),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "protocol_error", ""),
        (b"WHO ARE YOU\r\n", "protocol_error", ""),
        (b"\x15\x03\x01\0\x02\x02\x16", "tls_unsupported", "Set `tls: {}`"),
    ] {
        for found in told(answer) {
            failed(&found, "login", cause, hint);
        }
    }
    let [with, _] = told(b"SERVER_ERROR no sesame today\r\n");
    let message = failed(&with, "login", "query_failed", "");
    assert_eq!(message, "the server answered with an error: SERVER_ERROR no *** today");
}

#[test]
fn answers_that_are_none() {
    let [with, _] = told(&packet(0x20, 0, 0x7fff_ffff, "PLAIN"));
    failed(&with, "login", "too_large", "");
    let [with, _] = told(&[packet(0x20, 0, 5, "PLAIN"), packet(0x21, 0x21, 0, "")].concat());
    failed(&with, "login", "query_failed", "");
    let [with, _] = told(&[packet(0x20, 0, 5, "PLAIN"), b"STORED\r\n".to_vec()].concat());
    failed(&with, "login", "protocol_error", "");
    let peer = here(Manner::SaysAndEnds(Vec::new()));
    for keys in [
        login(peer.port(), "").replace("localhost", "127.0.0.1"),
        format!("{{host: 127.0.0.1, port: {}}}", peer.port()),
    ] {
        failed(&check(&keys), "login", "connection_closed", "check the port");
    }
}

#[test]
fn a_version_is_shown_only_if_it_looks_like_one() {
    let [_, bare] = told(b"VERSION mcrouter 0.40.0\r\n");
    assert_eq!(bare["facts"]["server_version"], "mcrouter 0.40.0", "{bare:#}");
    let [_, odd] = told(b"VERSION \x1b[31m\r\n");
    assert_eq!(
        (&odd["result"], &odd["facts"]["server_version"]),
        (&"pass".into(), &serde_json::Value::Null),
        "{odd:#}"
    );
    let [_, plain] = told(b"VERSION 1.6.18\r\n");
    assert_eq!(passed(&plain), "none");
}
