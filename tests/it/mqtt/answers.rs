//! What other brokers answer, from scripted servers.

use super::{check, failed, keys};
use crate::support::hostile::{Manner, here};

/// A login at a broker that answers so.
fn login(answer: &[u8], more: &str) -> serde_json::Value {
    let peer = here(Manner::Says(answer.to_vec()));
    check(&keys(peer.port(), more).replace("localhost", "127.0.0.1"))
}

#[test]
fn codes_of_version_3() {
    for (code, cause, hint) in [
        (2, "login_rejected", "Set `client_id`"),
        (3, "shutting_down", "Read its log"),
        (4, "password_rejected", "Compare the Secret"),
        (5, "password_rejected", "HiveMQ give this code"),
        (99, "query_failed", "Look up the code"),
    ] {
        failed(&login(&[0x20, 2, 0, code], ""), "login", cause, hint);
    }
}

#[test]
fn codes_of_version_5() {
    for (code, cause, hint) in [
        (0x80, "query_failed", "Look up the code"),
        (0x84, "protocol_error", "Set `version`"),
        (0x85, "login_rejected", "Set `client_id`"),
        (0x86, "password_rejected", "Compare the Secret"),
        (0x87, "password_rejected", "HiveMQ give this code"),
        (0x88, "shutting_down", "Read its log"),
        (0x89, "too_many_connections", "overloaded"),
        (0x8a, "login_rejected", "list of bans"),
        (0x8c, "auth_unsupported", "SCRAM"),
        (0x97, "too_many_connections", "max_connections"),
        (0x9d, "login_rejected", "Point the target"),
        (0x9f, "too_many_connections", "new connections a second"),
    ] {
        failed(&login(&[0x20, 3, 0, code, 0], ", version: 5"), "login", cause, hint);
    }
    // With the reason, and the server to use instead.
    let moved = b"\x20\x13\0\x9d\x10\x1f\0\x04gone\x1c\0\x06b:1883";
    let message = failed(&login(moved, ", version: 5"), "login", "login_rejected", "");
    assert_eq!(message, "the broker sends its clients to another server (157 server moved): gone; it names b:1883");
    let repeats = b"\x20\x15\0\x80\x12\x1f\0\x0fno sesame today";
    let message = failed(&login(repeats, ", version: 5"), "login", "query_failed", "");
    assert!(!message.contains("sesame") && message.contains("no *** today"), "{message}");
}

#[test]
fn answers_that_are_none() {
    for (answer, cause) in [
        (&b"\x20\x02\x07\0"[..], "protocol_error"),
        (b"\x20\0", "protocol_error"),
        (b"\xe0\x02\x8b\0", "protocol_error"),
        (b"\x20\xff\xff\xff\x7f", "too_large"),
    ] {
        failed(&login(answer, ", version: 5"), "login", cause, "");
    }
    let peer = here(Manner::SaysAndEnds(Vec::new()));
    let closed = check(&keys(peer.port(), "").replace("localhost", "127.0.0.1"));
    failed(&closed, "login", "connection_closed", "read the broker's log");
}
