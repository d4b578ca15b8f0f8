//! Scripted brokers: what RabbitMQ does not do on demand, and what others do.

use super::{check, codes, failed};
use crate::support::hostile::{Manner, here};

fn frame(channel: u16, (class, number): (u16, u16), fields: &[u8]) -> Vec<u8> {
    let content = [&class.to_be_bytes()[..], &number.to_be_bytes(), fields].concat();
    let size = u32::try_from(content.len()).expect("it is short").to_be_bytes();
    [&[1][..], &channel.to_be_bytes(), &size, &content, &[0xce]].concat()
}

fn long(text: &str) -> Vec<u8> {
    [&u32::try_from(text.len()).expect("it is short").to_be_bytes()[..], text.as_bytes()].concat()
}

fn start(mechanisms: &str) -> Vec<u8> {
    frame(0, (10, 10), &[&[0, 9, 0, 0, 0, 0][..], &long(mechanisms), &long("en_US")].concat())
}

fn tune() -> Vec<u8> {
    frame(0, (10, 30), &[0, 0, 0, 0, 0x20, 0, 0, 1])
}

fn close(code: u16, text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("it is short");
    frame(0, (10, 50), &[&code.to_be_bytes()[..], &[length], text.as_bytes(), &[0; 4]].concat())
}

/// Says all of it, and ends.
fn broker(says: &[Vec<u8>]) -> String {
    format!("amqp://app:sesame@{}/shop", here(Manner::SaysAndEnds(says.concat())))
}

#[test]
fn other_versions_are_limits_of_the_check() {
    for header in [b"AMQP\x03\x01\0\0", b"AMQP\0\x01\0\0", b"AMQP\x02\x01\0\0"] {
        let message = failed(&check(&broker(&[header.to_vec()])), "login", "probe_limit", "Azure Service Bus");
        assert_eq!(message, "the server speaks AMQP 1.0, but this check speaks AMQP 0-9-1");
    }
    failed(
        &check(&broker(&[b"AMQP\x01\x01\x00\x0a".to_vec()])),
        "login",
        "probe_limit",
        "which says nothing about the login",
    );
    failed(&check(&broker(&[b"AMQP\0\0\x09\x01".to_vec()])), "login", "protocol_error", "");
}

#[test]
fn a_mechanism_that_is_not_offered_is_not_tried() {
    failed(&check(&broker(&[start("EXTERNAL")])), "login", "auth_unsupported", "Add PLAIN to `auth_mechanisms`");
    failed(&check(&broker(&[start("")])), "login", "auth_unsupported", "Add PLAIN");
    failed(&check(&broker(&[start("AMQPLAIN EXTERNAL")])), "login", "probe_limit", "AMQPLAIN");
}

#[test]
fn reasons_of_a_server_that_closes() {
    let says = |code, text: &str| check(&broker(&[start("PLAIN"), tune(), close(code, text)]));
    failed(
        &says(541, "INTERNAL_ERROR - access to vhost 'shop' refused for user 'app': vhost 'shop' is down"),
        "login",
        "query_failed",
        "rabbitmqctl restart_vhost",
    );
    failed(
        &says(530, "NOT_ALLOWED - connection refused: node connection limit (100) is reached"),
        "login",
        "too_many_connections",
        "connection_max",
    );
    failed(
        &says(320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'"),
        "login",
        "shutting_down",
        "Wait for it",
    );
    failed(
        &says(320, "CONNECTION_FORCED - Closed via management plugin"),
        "login",
        "connection_closed",
        "management UI",
    );
    failed(
        &says(403, "ACCESS_REFUSED - access to vhost 'shop' refused for user 'app'"),
        "login",
        "login_rejected",
        "set_permissions",
    );
    failed(
        &says(530, "NOT_ALLOWED - 'app' doesn't have access to 'shop'"),
        "login",
        "login_rejected",
        "set_permissions",
    );
    let other = failed(&says(505, "UNEXPECTED_FRAME - sesame is sesame\x07"), "login", "query_failed", "own sentence");
    assert_eq!(other, "the server closed the connection: 505 *** is ***");
}

/// As before `authentication_failure_close`.
#[test]
fn a_connection_closed_without_a_reason_may_be_a_rejected_login() {
    failed(&check(&broker(&[start("PLAIN")])), "login", "connection_closed", "reject a login like this");
    let long = "x".repeat(5_000);
    let peer = here(Manner::SaysAndEnds(start("PLAIN")));
    failed(&check(&format!("amqp://:{long}@{peer}")), "login", "connection_closed", "initial_frame_max");
}

#[test]
fn a_server_that_blocks_publishers_says_so_and_passes() {
    let blocked = frame(0, (10, 60), b"\x0dlow on memory");
    let says = [start("PLAIN"), tune(), frame(0, (10, 41), b"\0"), blocked, frame(0, (10, 51), b"")];
    let check = check(&broker(&says));
    assert_eq!((&check["result"], &check["degraded"]), (&"pass".into(), &true.into()), "{check:#}");
    assert_eq!(check["facts"]["health_warning"], "the broker blocks publishers: low on memory");
    assert_eq!(codes(&check).len(), 1, "{check:#}");
    // The healthy twin.
    let says = [start("PLAIN"), tune(), frame(0, (10, 41), b"\0"), frame(0, (10, 51), b"")];
    let check = self::check(&broker(&says));
    assert_eq!((&check["degraded"], codes(&check)), (&false.into(), Vec::new()), "{check:#}");
}
