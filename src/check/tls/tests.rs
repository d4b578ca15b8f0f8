//! The keys, and how TLS is asked for inside SMTP and PostgreSQL, against scripted peers.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::{from_url, parse};
use crate::config::node;
use crate::env::MapEnv;
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions};
use crate::net::dial::DialRules;
use crate::net::resolve::Walk;
use crate::outcome::{Detail, Fault, TlsDetail};
use crate::value::Value;

fn faults(yaml: &str) -> Vec<String> {
    let Err(problems) = parse(&node::parse(yaml).unwrap()) else { panic!("{yaml} is taken") };
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

#[test]
fn keys_are_checked_at_load() {
    let all = "{address: 'db:5432', server_name: db.lab, ca: system, cert: /c, key: /k, min_days_valid: 14, \
               alpn: [h2, http/1.1], starttls: postgres, verify: false}";
    assert!(parse(&node::parse(all).unwrap()).is_ok());
    assert_eq!(faults("{address: 'db:1', cert: /c}"), [": `cert` needs its `key`"]);
    assert_eq!(faults("{address: 'db:1', key: /k}"), [": `key` needs its `cert`"]);
    for (yaml, expected) in [
        ("{address: db}", "host:port"),
        ("{address: 'db:1', starttls: nntp}", "smtp, imap, pop3, ftp, xmpp, postgres, mysql or ldap"),
        ("{address: 'db:1', min_days_valid: -1}", "a number of days from 0 to 3650"),
        ("{address: 'db:1', alpn: ['']}", "the name of a protocol"),
        ("{address: 'db:1', server_name: 'a b'}", "a host name or an address"),
        ("{address: 'db:1', servername: db}", "server_name"),
    ] {
        let faults = faults(yaml);
        assert!(faults.len() == 1 && faults[0].contains(expected), "{yaml}: {faults:?}");
    }
}

#[test]
fn files_and_variables_are_watched() {
    let yaml = "{address: {env: WHERE}, ca: /ca.pem, cert: {file: /c}, key: {env: K}, server_name: {env: N}}";
    let check = parse(&node::parse(yaml).unwrap()).map_err(|problems| format!("{problems:?}")).unwrap();
    let values: Vec<String> = check.values().into_iter().map(Value::origin).collect();
    assert_eq!(values, ["the variable WHERE", "the file /ca.pem", "the file /c", "the variable K", "the variable N"]);
    assert_eq!(check.prepare(&MapEnv::with_vars(&[("WHERE", "db:1")])).target, "tls://db:1");
    assert_eq!(from_url(Value::literal("tls://db:1")).prepare(&MapEnv::default()).target, "tls://db:1");
}

/// What a check says of a peer that does this once it is connected.
async fn against<F>(keys: &str, peer: impl FnOnce(TcpStream) -> F) -> String
where
    F: Future<Output = ()>,
{
    let fault = fault_against(keys, peer).await;
    format!("{} {}: {}", fault.phase.as_str(), fault.cause.slug(), fault.message)
}

async fn fault_against<F>(keys: &str, peer: impl FnOnce(TcpStream) -> F) -> Fault
where
    F: Future<Output = ()>,
{
    let listener = TcpListener::bind(std::net::SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let yaml = format!("{{address: '{}', ca: builtin, {keys}}}", listener.local_addr().unwrap());
    let check = parse(&node::parse(&yaml).unwrap()).map_err(|problems| format!("{problems:?}")).unwrap();
    let run = check.prepare(&MapEnv::default()).run.unwrap_or_else(|fault| panic!("{fault:?}"));
    let world = Arc::new(World::new(Arc::new(MapEnv::default())));
    let deadline = Instant::now() + Duration::from_millis(700);
    let terms = AttemptOptions { rules: DialRules::default(), deadline, walk: Walk::Full, pinned: None };
    let mut attempt = Attempt::new(world, terms);
    let serve = async { peer(listener.accept().await.unwrap().0).await };
    let (result, ()) = tokio::join!(run.run(&mut attempt), serve);
    result.unwrap_err()
}

/// A port that expects TLS at once closes at the request, answers with an alert, or waits; what spoke before is no such port.
#[tokio::test]
async fn a_port_that_expects_tls_at_once_has_the_ports_of_the_protocol() {
    const ALERT: &[u8] = b"\x15\x03\x01\0\x02\x02\x46";
    for (word, port, at_once) in [
        ("ldap", 389, Some(636)),
        ("mysql", 3306, None),
        ("smtp", 587, Some(465)),
        ("imap", 143, Some(993)),
        ("pop3", 110, Some(995)),
        ("ftp", 21, Some(990)),
        ("xmpp", 5222, Some(5223)),
        ("postgres", 5432, None),
    ] {
        for answer in [b"", ALERT] {
            let keys = format!("starttls: {word}");
            let fault = fault_against(&keys, |mut stream| async move {
                stream.write_all(answer).await.unwrap();
                let mut request = [0; 512];
                drop(tokio::time::timeout(Duration::from_millis(50), stream.read(&mut request)).await);
            });
            let fault = fault.await;
            let expected = Detail::Tls(TlsDetail::NotStarted { port, at_once });
            assert_eq!(fault.detail, Some(expected), "{word} {answer:?} {}", fault.message);
        }
    }
    for (word, answer) in [("imap", &b"* OK hello\r\n"[..]), ("smtp", b"220 x\r\n"), ("ldap", b"\x30")] {
        let keys = format!("starttls: {word}");
        let fault = fault_against(&keys, |mut stream| async move {
            stream.write_all(answer).await.unwrap();
        });
        let fault = fault.await;
        assert!(!matches!(fault.detail, Some(Detail::Tls(TlsDetail::NotStarted { .. }))), "{word} {}", fault.message);
    }
}

/// A peer that sends each of these as an answer to the request before, then waits for the end.
async fn script(mut stream: TcpStream, answers: &[&[u8]]) {
    for answer in answers {
        drop(stream.write_all(answer).await);
        let mut request = [0; 1024];
        if !matches!(stream.read(&mut request).await, Ok(1..)) {
            return;
        }
    }
    drop(stream.read_to_end(&mut Vec::new()).await);
}

const EHLO: &[u8] = b"250-mail.lab\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";

async fn smtp_answers(rows: &[(&[&[u8]], &str)]) {
    for (answers, expected) in rows {
        let told = against("starttls: smtp", |stream| script(stream, answers)).await;
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
}

#[tokio::test]
async fn smtp_is_asked_for_tls() {
    smtp_answers(&[
        (
            &[b"220-a\r\n220 b\r\n", b"250 mail.lab\r\n"],
            "tls tls_unsupported: the SMTP server does not offer STARTTLS in its answer to EHLO",
        ),
        (
            &[b"220 mail.lab ESMTP\r\n", b"250-mail.lab\r\n250 SIZE 1000\r\n"],
            "tls tls_unsupported: the SMTP server does not offer STARTTLS in its answer to EHLO",
        ),
        (
            &[b"220 x\r\n", b"502 5.5.2 Error: command not recognized\r\n"],
            "tls tls_unsupported: the SMTP server does not know EHLO, so it has no STARTTLS: 502 5.5.2 Error",
        ),
        (
            &[b"220 ****************\r\n", b"250-mail.lab\r\n250-SIZE 1000\r\n250 XXXXXXXA\r\n"],
            "tls tls_unsupported: a firewall on the way overwrites STARTTLS with X in the answer to EHLO",
        ),
        (
            &[b"220-mx.lab ESMTP\r\n220-\r\n220\r\n", b"250-mail.lab\r\n250-XXXXXXXXA\r\n250 8BITMIME\r\n"],
            "tls tls_unsupported: a firewall on the way overwrites STARTTLS with X in the answer to EHLO",
        ),
        (
            &[b"220\r\n", b"250-mail.lab\r\n250-X-EXPS\r\n250 XXOORG\r\n"],
            "tls tls_unsupported: the SMTP server does not offer STARTTLS in its answer to EHLO",
        ),
        (
            &[b"220 x\r\n", EHLO, b"454 4.7.0 TLS not available due to local problem\r\n"],
            "tls tls_unsupported: the SMTP server offers STARTTLS, and refuses it with 454 4.7.0 TLS not available",
        ),
        (
            &[b"220 x\r\n", EHLO, b"502 5.5.1 Error: command not implemented\r\n"],
            "tls tls_unsupported: the SMTP server offers STARTTLS, and refuses it with 502 5.5.1",
        ),
        (
            &[b"220 x\r\n", EHLO, b"554 5.7.0 policy\r\n"],
            "tls tls_unsupported: the SMTP server offers STARTTLS, and refuses it with 554 5.7.0",
        ),
        (
            &[b"220 x\r\n", EHLO, b"220 go\r\n250 injected\r\n"],
            "tls protocol_error: the server accepts TLS, but continues in plain text",
        ),
        (&[b"220 x\r\n", EHLO, b"220 go\r\n", b"220 still smtp\r\n"], "tls tls_not_tls: the peer speaks plain SMTP"),
    ])
    .await;
}

/// What a server says of itself or of this client is its own refusal, not another kind of server.
#[tokio::test]
async fn an_smtp_server_that_sends_this_client_away() {
    const BUSY: &str = "login shutting_down: the SMTP server is busy or shutting down: it greets with 4";
    const FULL: &str = "login too_many_connections: the SMTP server has too many connections: it greets with 4";
    const REFUSED: &str = "login login_rejected: the SMTP server refuses this client: it greets with 5";
    const FTP: &str = "tls tls_not_tls: the peer speaks FTP, expected the SMTP greeting";
    const NO_MAIL: &str = "login login_rejected: the SMTP server takes no mail from anybody: it greets with 5";
    smtp_answers(&[
        (&[b"421 4.3.2 Service shutting down\r\n"], BUSY),
        (&[b"421 4.3.2 Service not active\r\n"], BUSY),
        (&[b"421 4.7.0 Try again later, closing connection. a1-20020a05\r\n"], BUSY),
        (&[b"450 4.3.2 try again later\r\n"], BUSY),
        (&[b"421 4.7.0 mx.lab Error: too many connections from 10.0.0.7\r\n"], FULL),
        (&[b"421 Too many concurrent SMTP connections; please try again later.\r\n"], FULL),
        (&[b"421 4.3.2 Connection rate limit exceeded.\r\n"], FULL),
        (&[b"421 4.3.2 The maximum number of concurrent server connections has exceeded a limit\r\n"], FULL),
        (&[b"554 go away\r\n"], REFUSED),
        (&[b"554-mx.lab\r\n554 5.7.1 Client host [10.0.0.7] blocked using zen.lab\r\n"], REFUSED),
        (&[b"554 5.7.1 Service unavailable; client [10.0.0.7] blocked\r\n"], REFUSED),
        (&[b"521 5.3.2 mx.lab does not accept mail\r\n"], NO_MAIL),
        (&[b"521-mx.lab\r\n521 go away\r\n"], NO_MAIL),
        (&[b"554 no SMTP service here\r\n"], NO_MAIL),
        (&[b"554 5.3.2 mx.lab: No SMTP service here\r\n"], NO_MAIL),
        (&[b"554 We do not accept mail from dynamic addresses\r\n"], REFUSED),
        (&[b"521 10.0.0.7 blocked by sbc:blacklist.lab\r\n"], REFUSED),
        (
            &[b"220 x\r\n", b"554 5.7.1 Access denied\r\n"],
            "login login_rejected: the SMTP server refuses this client: it answers EHLO with 554",
        ),
        (
            &[b"220 x\r\n", b"421 4.4.2 closing\r\n"],
            "login shutting_down: the SMTP server is busy or shutting down: it answers EHLO with 421",
        ),
        (
            &[b"220 x\r\n", EHLO, b"421 4.3.0 closing\r\n"],
            "login shutting_down: the SMTP server is busy or shutting down: it answers STARTTLS with 421",
        ),
        // Healthy in another protocol, or nothing that SMTP has.
        (&[b"350 what\r\n"], "tls protocol_error: the SMTP server greets with 350 what"),
        (&[b"SSH-2.0-x\r\n"], "tls tls_not_tls: the peer speaks SSH, expected the SMTP greeting"),
        (&[b"+OK Dovecot ready.\r\n"], "tls tls_not_tls: the peer speaks POP3, expected the SMTP greeting"),
        (&[b"* OK [CAPABILITY IMAP4rev1] ready\r\n"], "tls tls_not_tls: the peer speaks IMAP, expected the SMTP greeting"),
        (&[b"220 ProFTPD Server (FTP)\r\n", b"500 EHLO not understood\r\n"], FTP),
        (&[b"220 (vsFTPd 3.0.3)\r\n", b"530 Please login with USER and PASS.\r\n"], FTP),
        (
            &[b"hello\r\n"],
            "tls protocol_error: the received data (7 bytes) is not the SMTP greeting: a line does not start with three digits",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let told =
        against("starttls: smtp", |mut stream| async move { while stream.write_all(&[b'2'; 4096]).await.is_ok() {} });
    assert!(
        told.await.starts_with("tls too_large: received more than 16384 bytes without the end of the SMTP greeting")
    );
    let told =
        against(
            "starttls: smtp",
            |mut stream| async move { while stream.write_all(b"220-and so on\r\n").await.is_ok() {} },
        );
    assert!(told.await.starts_with("tls too_large"));
}

#[tokio::test]
async fn postgres_is_asked_for_tls() {
    for (answer, expected) in [
        (&b"N"[..], "tls tls_unsupported: the PostgreSQL server offers no TLS (it answered N)"),
        (b"Sx", "tls protocol_error: the server accepts TLS, but continues in plain text"),
        (
            b"HTTP/1.1 400 Bad Request\r\n",
            "tls tls_not_tls: the peer speaks HTTP, expected the answer to PostgreSQL's SSLRequest",
        ),
        (b"", "tls connection_closed: the peer closed the connection without an answer to our 8 bytes"),
    ] {
        let told = against("starttls: postgres", |mut stream| async move {
            let mut request = [0; 8];
            stream.read_exact(&mut request).await.unwrap();
            assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47]);
            stream.write_all(answer).await.unwrap();
        });
        let told = told.await;
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
}

#[tokio::test]
async fn peers_that_speak_no_tls() {
    for (bytes, expected) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "tls tls_not_tls: the peer speaks plain HTTP"),
        (
            b"\x15\x03\x01\x00\x02\x02\x28",
            "tls probe_limit: the server supports no cipher, group or key type that pilotfish offers (alert handshake_failure (40)); other TLS stacks may accept it",
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            "tls probe_limit: the server rejects TLS 1.2 and 1.3 (alert protocol_version (70)), so it offers only older versions; other TLS stacks may accept it",
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x70",
            "tls tls_handshake_failed: the server does not know the name \"127.0.0.1\" (alert unrecognized_name (112))",
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x50",
            "tls tls_handshake_failed: the server ended the TLS handshake with alert internal_error (80)",
        ),
        (b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", "tls protocol_error: the peer sent a broken TLS message"),
        (b"what is this", "tls tls_not_tls: the received data (12 bytes) is neither TLS nor a known protocol"),
        (b"", "tls connection_closed: the peer closed the connection without an answer to our"),
    ] {
        let told = against("", |mut stream| async move {
            let mut hello = [0; 16];
            stream.read_exact(&mut hello).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            // The hello must be read to its end, or closing becomes a reset.
            drop(stream.read(&mut [0; 4096]).await);
        });
        let told = told.await;
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
}

#[tokio::test]
async fn a_peer_that_keeps_silent_is_told_from_one_that_drips() {
    let silent = against("", |mut stream| async move { drop(stream.read_to_end(&mut Vec::new()).await) }).await;
    assert!(
        silent.starts_with("tls timeout: timed out in the TLS handshake: connected, then received nothing"),
        "{silent}"
    );
    let drips = against("", |mut stream| async move {
        drop(stream.write_all(b"\x16\x03\x03\x40").await);
        drop(stream.read_to_end(&mut Vec::new()).await);
    });
    let drips = drips.await;
    assert!(drips.starts_with("tls timeout: timed out in the TLS handshake: connected, received 4 bytes"), "{drips}");
    // It waits for TLS at once, as a server on port 465 does.
    let waits = against("starttls: smtp", |mut stream| async move { drop(stream.read_to_end(&mut Vec::new()).await) });
    let waits = waits.await;
    assert!(waits.starts_with("tls timeout: ") && waits.contains("TLS did not start"), "{waits}");
    // Postfix's postscreen sends the first line of its greeting, and the last one 6 s later.
    let teased = against("starttls: smtp", |mut stream| async move {
        drop(stream.write_all(b"220-mx.lab ESMTP Postfix\r\n").await);
        drop(stream.read_to_end(&mut Vec::new()).await);
    });
    let teased = teased.await;
    assert!(teased.starts_with("tls timeout: ") && teased.contains("received 26 bytes"), "{teased}");
}
