//! What no real server does on demand: strangers on the port, tokens, downgrades, and answers that repeat the password.

use super::{check_keys, failed, passed};
use crate::support::hostile::{Manner, here};
use crate::tls::smtp_script;

/// What a check says of a peer that does this unasked.
fn against(manner: Manner) -> serde_json::Value {
    check_keys(&format!("{{url: 'smtp://app:sesame@{}'}}", here(Manner::Unasked(Box::new(manner)))))
}

fn says(text: &[u8]) -> Manner {
    Manner::Says(text.to_vec())
}

#[test]
fn other_protocols_are_named() {
    for (head, name, hint) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "HTTP", "Compare the port"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "SSH", "Compare the port"),
        (b"+OK POP3 ready\r\n", "POP3", "port of the SMTP server"),
        (b"* OK IMAP4rev1 ready\r\n", "IMAP", "port of the SMTP server"),
        (b"220 FTP\r\n500 what\r\n", "FTP", "Compare the port"),
        (b"-ERR unknown command\r\n", "Redis", "Compare the port"),
        (b"\x15\x03\x01\0\x02\x02\x46", "TLS", "`tls: implicit`"),
        (b"\x4a\0\0\0\x0a8.0.36\0aaaaaaaa\n", "MySQL", "Compare the port"),
    ] {
        let manner = if name == "TLS" { Manner::SaysAndEnds(head.to_vec()) } else { says(head) };
        let message = failed(&against(manner), "login", "protocol_error", hint);
        assert!(message.contains(&format!("speaks {name}")), "{message}");
    }
}

#[test]
fn peers_that_never_end_or_end_early() {
    let floods = |first: &[u8]| Manner::Floods(first.to_vec(), b"220-aaaaaaaaaaaa\r\n".to_vec());
    for (manner, phase, cause) in [
        (Manner::Nothing, "login", "timeout"),
        (Manner::Reset, "connect", "connect_reset"),
        (Manner::Garbage, "login", "protocol_error"),
        (Manner::SaysAndEnds(b"220-mx".to_vec()), "login", "connection_closed"),
        (Manner::SaysAndEnds(Vec::new()), "login", "connection_closed"),
        (Manner::Drips(b"220-".to_vec()), "login", "timeout"),
        (says(b"220-mx.lab ESMTP\r\n"), "login", "timeout"),
        (floods(b""), "login", "too_large"),
        (Manner::Floods(b"220 ".to_vec(), b"aaaaaaaa".to_vec()), "login", "too_large"),
        (says(b"220 mx ESMTP\r\nhello\r\n"), "login", "protocol_error"),
        (says(b"350 what\r\n"), "login", "protocol_error"),
    ] {
        failed(&against(manner), phase, cause, "");
    }
    let teased = against(says(b"220-mx.lab ESMTP Postfix\r\n"));
    failed(&teased, "login", "timeout", "postscreen_greet_wait");
}

#[test]
fn a_token_is_sent_as_it_is() {
    const EHLO: &str = "250-mx.lab\r\n250 AUTH XOAUTH2 PLAIN\r\n";
    // user=app^Aauth=Bearer sesame^A^A
    const AUTH: &str = "AUTH XOAUTH2 dXNlcj1hcHABYXV0aD1CZWFyZXIgc2VzYW1lAQE=";
    let keys = |port: u16| format!("{{address: '127.0.0.1:{port}', username: app, token: sesame}}");
    let (port, server) = smtp_script(&["220 mx.lab ESMTP\r\n", EHLO, "235 2.7.0 Accepted\r\n", "221 bye\r\n"]);
    let good = check_keys(&keys(port));
    passed(&good);
    assert_eq!(good["facts"]["auth_method"], "xoauth2");
    let said = server.join().expect("the server ends");
    assert!(said.contains(AUTH) && said.contains("QUIT"), "{said}");
    let challenge = "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n";
    let (port, server) =
        smtp_script(&["220 mx.lab ESMTP\r\n", EHLO, challenge, "535 5.7.8 Not accepted\r\n", "221 bye\r\n"]);
    let message = failed(&check_keys(&keys(port)), "login", "password_rejected", "");
    assert!(message.ends_with(": 535 5.7.8 Not accepted"), "{message}");
    let said = server.join().expect("the server ends");
    assert_eq!(said.matches("AUTH XOAUTH2").count(), 1, "{said}");
    let (port, _server) = smtp_script(&["220 mx.lab ESMTP\r\n", "250-mx.lab\r\n250 AUTH XOAUTH2\r\n", "221 bye\r\n"]);
    let keys = format!("{{address: '127.0.0.1:{port}', username: app, password: sesame}}");
    failed(&check_keys(&keys), "login", "auth_unsupported", "Set `token`");
}

#[test]
fn starttls_that_somebody_tampers_with() {
    const EHLO: &str = "250-mx.lab\r\n250 STARTTLS\r\n";
    for (answers, cause, hint) in [
        (
            &["220 mx.lab ESMTP\r\n", "250-mx.lab\r\n250-XXXXXXXA\r\n250 AUTH PLAIN\r\n"][..],
            "tls_unsupported",
            "inspect esmtp",
        ),
        (&["220 mx.lab ESMTP\r\n", EHLO, "220 go\r\n250 AUTH PLAIN\r\n"], "protocol_error", ""),
        (&["220 mx.lab ESMTP\r\n", EHLO, "454 4.7.0 TLS not available\r\n"], "tls_unsupported", "certificate or key"),
        (&["220 mx.lab ESMTP\r\n", EHLO, "421 4.7.0 Too many connections\r\n"], "too_many_connections", ""),
    ] {
        let (port, server) = smtp_script(answers);
        let keys = format!("{{address: '127.0.0.1:{port}', username: app, password: sesame, tls: starttls}}");
        let check = check_keys(&keys);
        assert_eq!(check["failure"]["cause"], cause, "{check:#}");
        assert!(check["failure"]["hint"].as_str().is_some_and(|text| text.contains(hint)), "{check:#}");
        let said = server.join().expect("the server ends");
        assert!(!said.contains("AUTH"), "{said}");
    }
}

#[test]
fn a_peer_that_repeats_the_password_is_not_quoted() {
    const EHLO: &str = "250-mx.lab\r\n250 AUTH PLAIN\r\n";
    for answer in [
        "535 sesame is wrong\r\n",
        "535 SESAME\r\n",
        "500 unrecognized: AUTH PLAIN AGFwcABzZXNhbWU=\r\n",
        "421 4.7.0 sesame\r\n",
        "501-sesa\r\n501 me\r\n",
        "334 sesame\r\n",
        "999 sesame\r\n",
    ] {
        let (port, _server) = smtp_script(&["220 mx.lab ESMTP\r\n", EHLO, answer, "221 bye\r\n"]);
        let check = check_keys(&format!("{{url: 'smtp://app:sesame@127.0.0.1:{port}'}}"));
        assert_eq!(check["result"], "fail", "{check:#}");
        let shown = check.to_string().to_lowercase();
        for part in ["sesa", "agfwcabz", "zxnhbwu"] {
            assert!(!shown.contains(part), "{part}: {check:#}");
        }
    }
}
