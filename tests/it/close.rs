//! Thousands of probes leave nothing behind: no TIME_WAIT of ours, whoever the peer is.
//!
//! A connection in TIME_WAIT holds a local port for a minute on the side that closed first. Ours have the server's port
//! as their remote one.

use crate::support::ca::{Ca, Leaf};
use crate::support::hostile::{Inside, Manner};
use crate::support::netns::Namespace;
use crate::support::nginx::Nginx;
use crate::support::postgres::{Cluster, Options};
use crate::support::{Folder, run};

/// Probes side by side in one run.
const AT_ONCE: usize = 100;
/// Runs.
const RUNS: usize = 20;
const SERVER: &str = "127.0.0.1:7000";
const SERVER_PORT: u16 = 7000;
const TIME_WAIT: &str = "06";

/// Runs that many checks of these keys in the namespace; all must pass.
fn probe(pod: &Namespace, keys: &str) {
    let folder = Folder::new();
    let check = |n: usize| format!("  - {{name: c{n}, timeout: 10s, gates: [], {keys}}}\n");
    let config = folder.write("c.yaml", format!("checks:\n{}", (0..AT_ONCE).map(check).collect::<String>()));
    for _ in 0..RUNS {
        let report = pod.json(&["check", "-o", "json", "-c", &config]);
        assert_eq!(report["passed"], AT_ONCE, "{}", report["checks"][0]);
    }
}

/// Connections in TIME_WAIT that we closed first, and those that the server did.
fn time_waits(pod: &Namespace) -> (usize, usize) {
    counted(&run(pod.command("sh").args(["-c", "cat /proc/net/tcp /proc/net/tcp6"])).stdout, SERVER_PORT)
}

fn counted(table: &str, server: u16) -> (usize, usize) {
    let port = format!(":{server:04X}");
    let mut counts = (0, 0);
    for line in table.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [_, local, remote, TIME_WAIT, ..] = words.as_slice() {
            counts.0 += usize::from(remote.ends_with(&port));
            counts.1 += usize::from(local.ends_with(&port));
        }
    }
    counts
}

fn pod_with(manner: &Manner) -> (Namespace, Inside) {
    let pod = Namespace::new();
    let server = Inside::start(&pod, &[SERVER], manner);
    (pod, server)
}

#[test]
fn two_thousand_connects_leave_no_time_wait() {
    let (pod, _server) = pod_with(&Manner::Nothing);
    probe(&pod, &format!("tcp: {{address: \"{SERVER}\"}}"));
    assert_eq!(time_waits(&pod), (0, 0));
}

#[test]
fn two_thousand_conversations_leave_no_time_wait_of_ours() {
    let keys = format!(r#"tcp: {{address: "{SERVER}", send: 'PING\r\n', expect: "+PONG"}}"#);
    let (pod, _server) = pod_with(&Manner::Says(b"+PONG\r\n".to_vec()));
    probe(&pod, &keys);
    assert_eq!(time_waits(&pod), (0, 0), "the server stays: we abort");
    let (pod, _server) = pod_with(&Manner::SaysAndEnds(b"+PONG\r\n".to_vec()));
    probe(&pod, &keys);
    let (ours, theirs) = time_waits(&pod);
    assert_eq!(ours, 0, "the server closes first");
    // The kernel keeps only so many.
    assert!(theirs > AT_ONCE, "{theirs}");
}

#[test]
fn failures_leave_no_time_wait_either() {
    let (pod, _server) = pod_with(&Manner::Says(b"-NOAUTH Authentication required.\r\n".to_vec()));
    let folder = Folder::new();
    let keys = format!(r#"tcp: {{address: "{SERVER}", send: 'PING\r\n', expect: "+PONG"}}"#);
    let config = folder.write("c.yaml", format!("checks: [{{name: c, gates: [], {keys}}}]"));
    for _ in 0..20 {
        let report = pod.json(&["check", "-o", "json", "-c", &config]);
        assert_eq!(report["checks"][0]["failure"]["cause"], "body_mismatch");
    }
    assert_eq!(time_waits(&pod), (0, 0));
}

fn table() -> String {
    std::fs::read_to_string("/proc/net/tcp").expect("the kernel's table")
}

/// The protocols that do have a goodbye say it, and the server closes first: it logs nothing odd.
#[test]
fn servers_close_first_and_log_nothing() {
    let ca = Ca::root("close root");
    let pair = ca.issue(&Leaf::server("localhost", &["localhost"]));
    let (nginx, https) = Nginx::https(&pair, &[], "");
    let plain = crate::support::free_port();
    let clear =
        Nginx::start(&[plain], &format!("server {{ listen 127.0.0.1:{plain}; location / {{ return 200 ok; }} }}"));
    let cluster = Cluster::start(&Options { tls: Some((&pair.cert, &pair.key)), ..Options::default() });
    let folder = Folder::new();
    let tls = format!("ca: {}, server_name: localhost", folder.write("ca.pem", &ca.pem));
    let cases = [
        (plain, format!("http: {{url: \"http://127.0.0.1:{plain}/\"}}")),
        (https, format!("http: {{url: \"https://127.0.0.1:{https}/\", tls: {{{tls}}}}}")),
        (https, format!("http: {{url: \"https://127.0.0.1:{https}/\", http_version: 1.1, tls: {{{tls}}}}}")),
        (https, format!("tls: {{address: \"127.0.0.1:{https}\", {tls}}}")),
        (cluster.port, format!("postgres: {{url: \"{}?sslmode=disable\"}}", cluster.url())),
        (cluster.port, format!("postgres: {{url: \"{}?sslmode=require\"}}", cluster.url())),
    ];
    let mut faults = Vec::new();
    for (port, keys) in &cases {
        let check = |n: usize| format!("  - {{name: c{n}, timeout: 10s, gates: [], {keys}}}\n");
        let config = folder.write("c.yaml", format!("checks:\n{}", (0..20).map(check).collect::<String>()));
        // The harness itself looked whether the server listens.
        let before = counted(&table(), *port).0;
        for _ in 0..5 {
            let report = crate::support::json(&["check", "-o", "json", "-c", &config]);
            assert_eq!(report["passed"], 20, "{}", report["checks"][0]);
        }
        let after = counted(&table(), *port).0;
        if after > before {
            faults.push(format!("{keys}: {} of ours in TIME_WAIT", after - before));
        }
    }
    for (name, log) in [("nginx", nginx.error_log()), ("nginx", clear.error_log()), ("PostgreSQL", cluster.log())] {
        let odd = |line: &&str| {
            ["reset by peer", "unexpected EOF", "could not", "SSL_shutdown", "prematurely"]
                .iter()
                .any(|word| line.contains(word))
        };
        faults.extend(log.lines().filter(odd).take(3).map(|line| format!("{name}: {line}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
