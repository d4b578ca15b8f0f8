//! What answers as no Redis does, and what answers without end.

use super::{check_keys, failed};
use crate::support::hostile::{Manner, here};

/// What a check says of a peer of this manner.
fn against(manner: Manner) -> serde_json::Value {
    check_keys(&format!("{{url: 'redis://:sesame@{}/3'}}", here(manner)))
}

fn says(text: &[u8]) -> Manner {
    Manner::Says(text.to_vec())
}

#[test]
fn other_protocols_are_named() {
    for (head, name) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "HTTP"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH"),
        (b"+OK POP3 ready\r\n", "POP3"),
        (b"220 mail ESMTP\r\n", "SMTP"),
        (b"E\0\0\0\x90SFATAL\0", "PostgreSQL"),
        (b"\x4a\0\0\0\x0a8.0.36\0aaaaaaaa\n", "MySQL"),
        (b"* OK IMAP4rev1 ready\r\n", "IMAP"),
    ] {
        let check = against(says(head));
        let message = failed(&check, "login", "protocol_error", "");
        assert!(message.contains(&format!("speaks {name}")), "{message}");
    }
    failed(
        &against(Manner::SaysAndEnds(b"\x15\x03\x01\0\x02\x02\x46".to_vec())),
        "login",
        "tls_unsupported",
        "`rediss://`",
    );
    failed(&against(says(b"ERROR\r\n")), "login", "protocol_error", "");
}

#[test]
fn peers_that_never_end_or_end_early() {
    let floods = |first: &[u8]| Manner::Floods(first.to_vec(), b"aaaaaaaaaaaaaaaa".to_vec());
    for (manner, phase, cause) in [
        (Manner::Nothing, "login", "timeout"),
        (Manner::Reset, "connect", "connect_reset"),
        (Manner::Garbage, "login", "protocol_error"),
        (Manner::SaysAndEnds(b"+O".to_vec()), "login", "connection_closed"),
        (Manner::SaysAndEnds(Vec::new()), "login", "connection_closed"),
        (Manner::Drips(b"+OK\r\n".to_vec()), "login", "timeout"),
        (floods(b"+"), "login", "too_large"),
        (floods(b"-"), "login", "too_large"),
        (says(b"$2147483648\r\nab"), "login", "too_large"),
        (says(b"*2147483647\r\n"), "login", "too_large"),
        (Manner::Floods(Vec::new(), b"*1\r\n".to_vec()), "login", "protocol_error"),
        (Manner::Floods(Vec::new(), b"*1000\r\n".to_vec()), "login", "too_large"),
        (says(b":1\r\n"), "login", "protocol_error"),
        (says(b"$-1\r\n"), "login", "protocol_error"),
    ] {
        let shown = format!("{manner:?}");
        let check = against(manner);
        let failure = &check["failure"];
        assert_eq!(
            (failure["phase"].as_str(), failure["cause"].as_str()),
            (Some(phase), Some(cause)),
            "{shown}: {check:#}"
        );
    }
}

#[test]
fn a_peer_that_repeats_the_password_is_not_quoted() {
    for answer in [
        "-ERR unknown command 'AUTH', with args beginning with: 'sesame' \r\n",
        "-ERR sesame\r\n",
        "-sesame\r\n",
        "+sesame\r\n",
        "$6\r\nsesame\r\n",
        "-WRONGPASS sesame\r\n",
    ] {
        let check = against(says(answer.as_bytes()));
        assert_eq!(check["result"], "fail");
        assert!(!check.to_string().contains("sesame"), "{check:#}");
    }
}
