//! What answers as no MySQL does, and what only MySQL says, from scripted servers.

use super::{check_keys, codes, failed};
use crate::support::hostile::{Manner, here};

/// What a check says of a peer of this manner.
fn against(manner: Manner) -> serde_json::Value {
    check_keys(&format!("{{url: 'mysql://app:sesame@{}/shop'}}", here(manner)))
}

#[test]
fn other_protocols_are_named() {
    for (head, name) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "HTTP"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
        (b"220 mail ESMTP\r\n", "SMTP"),
        (b"-ERR unknown command\r\n", "Redis"),
        (b"* OK IMAP4rev1 ready\r\n", "IMAP"),
    ] {
        let check = against(Manner::SpeaksFirst(head.to_vec()));
        let message = failed(&check, "login", "protocol_error", "");
        assert!(message.contains(&format!("speaks {name}")), "{message}");
        assert!(codes(&check).is_empty(), "{check:#}");
    }
    failed(&against(Manner::Nothing), "login", "timeout", "MySQL speaks first");
    failed(&against(Manner::Reset), "connect", "connect_reset", "");
}

fn error(code: u16, text: &str) -> Vec<u8> {
    let content = [b"\xff".as_slice(), &code.to_le_bytes(), text.as_bytes()].concat();
    [&[u8::try_from(content.len()).expect("it is short"), 0, 0, 0][..], &content].concat()
}

#[test]
fn a_server_that_refuses_before_its_greeting() {
    for (code, text, cause, hint) in [
        (
            1129,
            "Host '10.0.0.7' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'",
            "login_rejected",
            "flush-hosts",
        ),
        (1130, "Host '10.0.0.7' is not allowed to connect to this MySQL server", "login_rejected", "pod network"),
        (1040, "Too many connections", "too_many_connections", "SHOW PROCESSLIST"),
        (1053, "Server shutdown in progress", "shutting_down", "restart"),
    ] {
        let check = against(Manner::SpeaksFirst(error(code, text)));
        let message = failed(&check, "login", cause, hint);
        assert!(message.contains(text) && message.ends_with(&format!("({code})")), "{message}");
        // It had no handshake to count.
        assert!(codes(&check).is_empty(), "{check:#}");
    }
}
