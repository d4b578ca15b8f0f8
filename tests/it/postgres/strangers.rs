//! What is no PostgreSQL, and what only begins like one.

use super::{check, failed};
use crate::support::hostile::{Manner, here, loopback};
use crate::support::nginx::Nginx;
use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::{Running, ca, free_port, json, need, until_listening};

fn url(peer: std::net::SocketAddr, mode: &str) -> String {
    format!("postgres://app:{PASSWORD}@{peer}/app?sslmode={mode}")
}

/// Phase, cause and message that the peer's manner comes to, with TLS asked for and without.
fn each(manner: Manner, prefer: (&str, &str, &str), disable: (&str, &str, &str)) {
    let peer = here(manner.clone());
    for (mode, (phase, cause, says)) in [("prefer", prefer), ("disable", disable)] {
        let message = failed(&check(&url(peer, mode)), phase, cause);
        assert!(message.contains(says), "{manner:?}, {mode}: {message}");
        assert!(!message.contains(PASSWORD), "{message}");
    }
}

fn says(text: &str) -> Manner {
    Manner::SaysAndEnds(text.as_bytes().to_vec())
}

#[test]
fn other_protocols_are_named() {
    let http = ("login", "protocol_error", "speaks HTTP");
    each(says("HTTP/1.1 400 Bad Request\r\n\r\n"), http, http);
    let redis = ("login", "protocol_error", "speaks Redis");
    each(says("-ERR unknown command\r\n"), redis, redis);
    let smtp = ("login", "protocol_error", "speaks SMTP");
    each(says("220 mail ESMTP\r\n"), smtp, smtp);
    let tls = ("login", "protocol_error", "speaks TLS");
    each(Manner::SaysAndEnds(vec![0x15, 3, 1, 0, 2, 2, 0x46]), tls, tls);
    // An `S` means yes to TLS: what follows it is then no handshake.
    let peer = here(says("SSH-2.0-OpenSSH_9.2\r\n"));
    failed(&check(&url(peer, "disable")), "login", "protocol_error");
    assert_eq!(check(&url(peer, "require"))["failure"]["phase"], "tls");
}

#[test]
fn real_servers_of_other_protocols() {
    let port = free_port();
    let _nginx = Nginx::start(&[port], &format!("server {{ listen 127.0.0.1:{port}; }}"));
    for mode in ["prefer", "disable"] {
        let message = failed(&check(&url(loopback(port), mode)), "login", "protocol_error");
        assert!(message.contains("speaks HTTP"), "{message}");
    }
    let pair = ca::Ca::root("lab").issue(&ca::Leaf::server("web", &["127.0.0.1"]));
    let (_https, port) = Nginx::https(&pair, &[], "");
    let refused = check(&url(loopback(port), "prefer"));
    assert_eq!(refused["failure"]["phase"], "login", "{refused:#}");
    let port = free_port();
    let mut redis = std::process::Command::new(need("redis-server", "redis-server"));
    redis.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]).stdout(std::process::Stdio::null());
    let _redis = Running::start(&mut redis);
    until_listening(loopback(port));
    // Redis waits for the end of a line: it is silent.
    let message = failed(&check(&url(loopback(port), "prefer")), "login", "timeout");
    assert!(message.contains("received nothing"), "{message}");
}

/// As where full-sized packets are lost on the way: the small ones before the handshake come through.
#[test]
fn silence_after_the_yes_to_tls() {
    let report = check(&url(here(Manner::Says(b"S".to_vec())), "prefer"));
    let message = failed(&report, "tls", "timeout");
    assert!(!message.contains("without:"), "no time was left for that: {message}");
    let hint = report["failure"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("The server agreed to TLS") && hint.contains("MTU"), "{hint}");
}

#[test]
fn hostile_peers_have_their_cause() {
    let peers = [
        (Manner::Nothing, "timeout"),
        (Manner::Garbage, "protocol_error"),
        (Manner::GarbageAndEnd, "protocol_error"),
        (Manner::Drips(b"N".to_vec()), "too_large"),
        (Manner::Drips(b"R\0\0\0\x08".to_vec()), "timeout"),
        (Manner::Reset, "connect_reset"),
        (Manner::SaysAndEnds(Vec::new()), "connection_closed"),
        (Manner::SaysAndEnds(b"R\0\0".to_vec()), "connection_closed"),
        (Manner::SaysAndEnds(b"R\x7f\xff\xff\xff".to_vec()), "too_large"),
        (Manner::SaysAndEnds(b"R\0\0\0\x02".to_vec()), "protocol_error"),
        (Manner::Floods(Vec::new(), b"N\0\0\0\x05\0".to_vec()), "too_large"),
        (Manner::Floods(Vec::new(), b"S\0\0\0\x08a\0b\0".to_vec()), "too_large"),
    ];
    let urls: Vec<String> = peers.iter().map(|(manner, _)| url(here(manner.clone()), "disable")).collect();
    let mut args = vec!["check", "-o", "json"];
    args.extend(urls.iter().map(String::as_str));
    let report = json(&args);
    for (index, (manner, cause)) in peers.iter().enumerate() {
        let check = &report["checks"][index];
        assert_eq!(check["failure"]["cause"], *cause, "{manner:?}: {check:#}");
    }
}

#[test]
fn a_server_cut_off_at_any_byte() {
    let cluster = Cluster::plain();
    let server = loopback(cluster.port);
    let cuts: Vec<usize> = (0..420).step_by(7).collect();
    let peers = cuts.iter().map(|after| here(Manner::Cuts { server, after: *after, reset: false }));
    let urls: Vec<String> = peers.map(|peer| url(peer, "disable")).collect();
    let mut args = vec!["check", "-o", "json"];
    args.extend(urls.iter().map(String::as_str));
    let report = json(&args);
    let mut passed = 0;
    for (after, check) in cuts.iter().zip(report["checks"].as_array().expect("the checks")) {
        if check["result"] == "pass" {
            passed += 1;
            continue;
        }
        let cause = check["failure"]["cause"].as_str().expect("a cause");
        assert!(matches!(cause, "connection_closed" | "connect_reset"), "after {after} bytes: {check:#}");
    }
    assert!(passed < cuts.len() / 2, "the whole conversation is longer: {passed}");
}
