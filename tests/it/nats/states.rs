//! States and errors that a real server has only for a moment, from a scripted one.

use super::{check, codes, failed, passed};
use crate::support::hostile::{Manner, here};

/// A server that says this on each connection, before the client says anything.
fn says(text: &str) -> String {
    format!("nats://{}", here(Manner::SpeaksFirst(text.as_bytes().to_vec())))
}

#[test]
fn a_server_in_lame_duck_mode_passes_with_a_finding() {
    for text in ["INFO {\"ldm\":true}\r\nPONG\r\n", "INFO {}\r\nINFO {\"ldm\":true}\r\nPONG\r\n"] {
        let check = check(&says(text));
        passed(&check, true);
        assert_eq!(codes(&check), ["peer_warns"], "{check:#}");
        let message = check["findings"][0]["message"].as_str().expect("a message");
        assert!(message.contains("lame duck mode"), "{message}");
    }
    let healthy = check(&says("INFO {\"ldm\":false}\r\nPONG\r\n"));
    passed(&healthy, false);
    assert_eq!(codes(&healthy), Vec::<&str>::new());
}

#[test]
fn errors_of_the_login() {
    for (error, cause, hint) in [
        ("Authentication Timeout", "timeout", "throttles"),
        ("User Authentication Expired", "login_rejected", "nsc generate creds"),
        ("User Authentication Revoked", "login_rejected", "nsc revocations"),
        ("Account Authentication Expired", "login_rejected", "nsc edit account"),
        ("maximum account active connections exceeded", "too_many_connections", "--conns"),
        ("Secure Connection - TLS Required", "tls_unsupported", "tls: {}"),
        ("Server Shutdown", "shutting_down", "log"),
        ("Unknown Protocol Operation", "query_failed", "The server's own sentence"),
    ] {
        let check = check(&says(&format!("INFO {{}}\r\n-ERR '{error}'\r\n")));
        let phase = if cause == "query_failed" { "request" } else { "login" };
        let message = failed(&check, phase, cause, hint);
        assert!(message.contains(error), "{message}");
    }
}

#[test]
fn a_server_that_closes_behind_its_info() {
    let check =
        check(&format!("nats://{}", here(Manner::Unasked(Box::new(Manner::SaysAndEnds(b"INFO {}\r\n".to_vec()))))));
    failed(&check, "login", "connection_closed", "lame duck mode");
}

#[test]
fn a_server_that_never_ends() {
    for (first, unit, cause) in [
        ("INFO {\"server_id\":\"", "aaaaaaaaaaaaaaaa", "too_large"),
        ("INFO {}\r\n", "PING\r\n", "protocol_error"),
        ("INFO {}\r\n", "+OK\r\n", "protocol_error"),
    ] {
        let floods = Manner::Floods(first.as_bytes().to_vec(), unit.as_bytes().to_vec());
        let check = check(&format!("nats://app:sesame@{}", here(Manner::Unasked(Box::new(floods)))));
        let message = failed(&check, "login", cause, "");
        assert!(!message.contains("sesame"), "{message}");
    }
}
