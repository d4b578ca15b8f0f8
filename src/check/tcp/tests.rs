//! The keys, and the comparison over real sockets.

use super::{Tcp, from_url, parse};
use crate::check::Check as _;
use crate::check::dialogue::Dialogue;
use crate::check::payload::Payload;
use crate::config::node;
use crate::env::MapEnv;
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions};
use crate::net::dial::DialRules;
use crate::net::resolve::Walk;
use crate::outcome::{Evidence, Fault};
use crate::value::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

fn faults(yaml: &str) -> Vec<String> {
    let Err(problems) = parse(&node::parse(yaml).unwrap()) else { panic!("{yaml} is taken") };
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

fn bytes(yaml: &str) -> Vec<u8> {
    let env = MapEnv::with_vars(&[("PW", r"a\r")]).with_file("/f", br"b\n");
    let payload: Payload = node::read(&node::parse(yaml).unwrap()).unwrap();
    payload.resolve(&env).unwrap().to_vec()
}

#[test]
fn bytes_are_written_with_escapes() {
    assert_eq!(bytes(r"'PING\r\n'"), b"PING\r\n");
    assert_eq!(bytes("\"PING\\r\\n\""), b"PING\r\n");
    assert_eq!(bytes(r"'\x00\xfF\\\t\0x'"), b"\0\xff\\\t\0x");
    assert_eq!(bytes(r"'AUTH ${PW}\r\n'"), b"AUTH a\\r\r\n");
    assert_eq!(bytes("{env: PW}"), br"a\r");
    assert_eq!(bytes("{file: /f}"), br"b\n");
}

#[test]
fn wrong_keys_are_named_and_no_value_shown() {
    for (yaml, expected) in [
        (
            r"{address: 'h:1', send: 's3cret\q'}",
            r"send: expected a text in which `\` is followed by r, n, t, 0, \ or xNN",
        ),
        (r"{address: 'h:1', send: 's3cret\x4'}", r"send: expected a text in which"),
        (r"{address: 'h:1', expect: {regex: 's3cret('}}", "expect: `regex` is not accepted: unclosed group"),
        (
            "{address: 'h:1', expect: {regex: 's3cret{1000}{1000}'}}",
            "expect: `regex` is not accepted: it is too large once compiled",
        ),
        (
            "{address: 'h:1', expect: {env: A, regex: s3cret}}",
            "expect: expected exactly one of `regex`, `env` and `file`",
        ),
        ("{address: 'h:1', expect: {env: 's3cret x'}}", "expect: `${…}` must contain the name of a variable"),
        ("{address: s3cret}", "address: expected host:port: no port"),
    ] {
        let faults = faults(yaml);
        assert!(faults[0].starts_with(expected), "{yaml}: {faults:?}");
        assert!(!faults[0].contains("s3cret"), "{faults:?}");
    }
}

#[test]
fn a_url_may_come_from_a_variable() {
    let check = from_url(Value::Env("CACHE".into()));
    assert_eq!(check.prepare(&MapEnv::default()).target, "the variable CACHE");
    assert_eq!(check.prepare(&MapEnv::with_vars(&[("CACHE", "tcp://cache:6379")])).target, "tcp://cache:6379");
}

/// Runs a check of this text against a peer that answers so; the peer's address stands for `PEER`.
async fn against<F>(
    yaml: &str,
    timeout: Duration,
    peer: impl FnOnce(tokio::net::TcpStream) -> F,
) -> (Result<(), Fault>, Evidence)
where
    F: Future<Output = ()>,
{
    let listener = TcpListener::bind(std::net::SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let yaml = yaml.replace("PEER", &listener.local_addr().unwrap().to_string());
    let node = node::parse(&yaml).unwrap();
    let check = parse(&node).map_err(|problems| format!("{problems:?}")).unwrap();
    let run = check.prepare(&MapEnv::default()).run.unwrap_or_else(|fault| panic!("{fault:?}"));
    let world = Arc::new(World::new(Arc::new(MapEnv::default())));
    let deadline = Instant::now() + timeout;
    let terms = AttemptOptions { rules: DialRules::default(), deadline, walk: Walk::Full, pinned: None };
    let mut attempt = Attempt::new(world, terms);
    let serve = async { peer(listener.accept().await.unwrap().0).await };
    let (result, ()) = tokio::join!(run.run(&mut attempt), serve);
    (result, *attempt.finish())
}

#[tokio::test]
async fn what_came_is_compared() {
    let long = Duration::from_secs(20);
    for (expect, said, expected) in [
        (r"'+PONG'", &b"+PONG\r\n"[..], Ok(())),
        (r"'+PONG'", b"+PO", Err("connection_closed")),
        (r"'+PONG'", b"", Err("connection_closed")),
        (r"'+PONG'", b"-NOAUTH Authentication required\r\n", Err("body_mismatch")),
        (r"'\xff\x00'", b"\xff\x00\x01", Ok(())),
        (r"{regex: '^220 .*SMTP'}", b"220 mail ESMTP\r\n", Ok(())),
        (r"{regex: 'ready$'}", b"not \xff yet rea", Err("body_mismatch")),
        (r"{regex: 'x'}", b"", Err("connection_closed")),
    ] {
        let yaml = format!(r"{{address: 'PEER', send: 'PING\r\n', expect: {expect}}}");
        let (result, evidence) = against(&yaml, long, async |mut peer| {
            let mut asked = [0; 6];
            peer.read_exact(&mut asked).await.unwrap();
            assert_eq!(&asked, b"PING\r\n");
            // In pieces, as networks do.
            for byte in said {
                // Who has seen enough hangs up.
                drop(peer.write_all(&[*byte]).await);
                tokio::task::yield_now().await;
            }
        })
        .await;
        let result = result.map_err(|fault| fault.cause.slug());
        assert_eq!(result, expected, "{expect} {said:?}");
        assert_eq!(evidence.facts.excerpt.is_some(), result == Err("body_mismatch"), "{expect} {said:?}");
    }
}

#[tokio::test]
async fn an_expression_that_matches_nothing_is_told_at_the_deadline() {
    let yaml = "{address: 'PEER', expect: {regex: ready}}";
    let (result, evidence) = against(yaml, Duration::from_millis(300), async |mut peer| {
        peer.write_all(b"SSH-2.0-x\r\n").await.unwrap();
        assert_eq!(peer.read(&mut [0; 1]).await.unwrap_or(0), 0);
    })
    .await;
    let fault = result.unwrap_err();
    assert_eq!(fault.cause.slug(), "body_mismatch");
    let message = "the answer does not match the expected expression (received 11 bytes); the peer speaks SSH";
    assert_eq!(fault.message, message);
    assert_eq!(evidence.facts.excerpt.as_deref(), Some("SSH-2.0-x  "));
}

#[tokio::test]
async fn a_flood_is_too_large_and_silence_a_timeout() {
    let yaml = "{address: 'PEER', expect: {regex: ready}}";
    let (result, _) =
        against(yaml, Duration::from_secs(20), async |mut peer| while peer.write_all(&[b'x'; 4096]).await.is_ok() {})
            .await;
    let fault = result.unwrap_err();
    assert_eq!(fault.cause.slug(), "too_large");
    assert_eq!(fault.message, "the answer does not match the expected expression in its first 65536 bytes");
    let yaml = "{address: 'PEER', expect: ready}";
    let (result, _) = against(yaml, Duration::from_millis(200), async |mut peer| {
        peer.write_all(b"rea").await.unwrap();
        assert_eq!(peer.read(&mut [0; 1]).await.unwrap_or(0), 0);
    })
    .await;
    let fault = result.unwrap_err();
    assert_eq!(fault.cause.slug(), "timeout");
    assert!(fault.message.contains("connected, received 3 bytes in"), "{}", fault.message);
}

#[test]
fn what_is_read_at_each_run_is_known() {
    let node = node::parse("{address: {env: A}, send: 'x${B}', expect: {file: /c}}").unwrap();
    assert_eq!(parse(&node).unwrap_or_else(|_| panic!("it is right")).values().len(), 3);
    let none = Tcp { address: super::Address::Url(Value::literal("tcp://h:1")), dialogue: Dialogue::default() };
    assert_eq!(none.values().len(), 1);
}

#[tokio::test]
async fn an_expression_on_a_long_answer_costs_little() {
    for expression in ["[a-z]{1,60}[0-9]", "(a|aa|[a-c]+)*(a{1,30}b|[a-z]{1,30}c)$", "ready$"] {
        let yaml = format!("{{address: 'PEER', expect: {{regex: '{expression}'}}}}");
        let started = crate::slices::cpu_time_of_this_thread();
        let (result, _) = against(&yaml, Duration::from_secs(20), async |mut peer| {
            // In small pieces: what was read is not read again.
            while peer.write_all(&[b'a'; 64]).await.is_ok() {}
        })
        .await;
        assert_eq!(result.unwrap_err().cause.slug(), "too_large", "{expression}");
        let took = crate::slices::cpu_time_of_this_thread() - started;
        assert!(took < Duration::from_secs(3), "{expression}: {took:?}");
    }
}

#[tokio::test]
async fn an_expression_that_takes_too_many_steps_is_a_limit() {
    let yaml = "{address: 'PEER', expect: {regex: '(.{1,30}a.{1,30}b){2}z'}}";
    let mut noise = 1_u32;
    let mut bytes = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if noise >> 31 == 0 { b'a' } else { b'b' }
    };
    let answer: Vec<u8> = (0..60_000).map(|_| bytes()).collect();
    let (result, evidence) = against(yaml, Duration::from_secs(20), async |mut peer| {
        drop(peer.write_all(&answer).await);
    })
    .await;
    let fault = result.unwrap_err();
    assert_eq!(
        (fault.cause.slug(), fault.message.as_str()),
        ("probe_limit", "the expression takes too many steps on the answer")
    );
    assert!(evidence.facts.excerpt.is_some());
}
