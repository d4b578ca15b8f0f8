//! A server that blocks an address after connections without a login (`max_connect_errors`): whatever fails, the app of the
//! pod still logs in.

use std::process::Stdio;

use serde_json::Value;

use super::{codes, failed};
use crate::support::ca::{Ca, Leaf};
use crate::support::mysql::{Options, Server};
use crate::support::netns::Namespace;
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, PILOTFISH, run, until};

/// How often each failure happens.
const RUNS: usize = 50;

/// Pods with an address each, and a server that blocks them after three connections without a login.
struct Lab {
    pods: Vec<Namespace>,
    server: Server,
    /// A CA that the server's certificate is not of.
    other_ca: String,
    _folder: Folder,
    _node: Namespace,
}

impl Lab {
    fn with(pods: usize) -> Self {
        let (node, folder) = (Namespace::new(), Folder::new());
        let pods: Vec<Namespace> = (0..pods).map(|_| Namespace::new()).collect();
        let mut hosts = String::new();
        for (number, pod) in pods.iter().enumerate() {
            pod.cable(&node, &format!("eth{number}"), &[&address(number, 1, "/24")], &[&address(number, 2, "/24")]);
            hosts.push_str(&format!("{} pod-{number}.lab\n", address(number, 1, "")));
        }
        // The server counts only the connections of addresses whose name it knows.
        node.hosts(hosts);
        let pair = Ca::root("db root").issue(&Leaf::server("db", &["db"]));
        let server = Server::start(&Options {
            settings: &["--max-connect-errors=3", "--secure-auth=0", "--bind-address=0.0.0.0"],
            sql: "CREATE USER locked@'%' IDENTIFIED BY 'sesame' ACCOUNT LOCK; \
                  CREATE USER old@'%' IDENTIFIED VIA mysql_old_password USING '7c3a1d5b0f2e4a69'; \
                  CREATE USER expired@'%' IDENTIFIED BY 'sesame' PASSWORD EXPIRE",
            tls: Some(&pair),
            inside: Some(&node),
            ..Options::default()
        });
        let other_ca = folder.write("other.pem", Ca::root("other").pem);
        Self { pods, server, other_ca, _folder: folder, _node: node }
    }

    /// What the app of a pod would see.
    fn app(&self, pod: usize) -> Value {
        let url = format!("mysql://app:sesame@{}/app?ssl-mode=DISABLED", address(pod, 2, ""));
        self.pods[pod].json(&["check", "-o", "json", &url])["checks"][0].take()
    }
}

fn address(pod: usize, end: u8, mask: &str) -> String {
    format!("10.9.{pod}.{end}{mask}")
}

#[test]
fn connections_without_a_login_block_the_address() {
    let lab = Lab::with(1);
    assert_eq!(lab.app(0)["result"], "pass", "{:#}", lab.app(0));
    let target = format!("tcp://{}:3306", address(0, 2, ""));
    for _ in 0..3 {
        let mut report = lab.pods[0].json(&["check", "-o", "json", &target]);
        let check = report["checks"][0].take();
        assert_eq!((&check["result"], codes(&check)), (&"pass".into(), vec!["mysql_host_block"]), "{check:#}");
    }
    let message = failed(&lab.app(0), "login", "login_rejected", "flush-hosts");
    assert!(message.starts_with("the server blocks this pod's address") && message.ends_with("(1129)"), "{message}");
    lab.server.sql("FLUSH HOSTS");
    assert_eq!(lab.app(0)["result"], "pass");
}

#[test]
fn logins_that_the_server_refuses_are_not_counted() {
    let lab = Lab::with(1);
    let folder = Folder::new();
    let host = address(0, 2, "");
    let check = |(name, login, rest): (&str, &str, &str)| {
        format!("  - {{name: {name}, timeout: 5s, gates: [], mysql: {{url: 'mysql://{login}@{host}/{rest}}}}}\n")
    };
    let checks: String = [
        ("password", "app:wrong", "app'"),
        ("user", "nobody:sesame", "app'"),
        ("none", "app", "app'"),
        ("database", "app:sesame", "nothing'"),
        ("locked", "locked:sesame", "'"),
        ("expired", "expired:sesame", "'"),
        ("query", "app:sesame", "app', query: SELCT"),
        ("role", "app:sesame", "app', role: replica"),
        ("expect", "app:sesame", "app', query: SELECT 1, expect: '2'"),
    ]
    .into_iter()
    .map(check)
    .collect();
    let config = folder.write("c.yaml", format!("checks:\n{checks}"));
    for _ in 0..RUNS {
        let report = lab.pods[0].json(&["check", "-o", "json", "-c", &config]);
        for check in report["checks"].as_array().expect("checks") {
            assert!(check["result"] == "fail" && codes(check).is_empty(), "{check:#}");
        }
    }
    assert_eq!(lab.app(0)["result"], "pass", "{:#}", lab.app(0));
}

/// A check of the certificate alone logs in as nobody, which is no connection without a login.
#[test]
fn a_check_of_the_certificate_alone_is_not_counted() {
    let lab = Lab::with(1);
    let folder = Folder::new();
    let keys = format!("address: '{}:3306', starttls: mysql, verify: false", address(0, 2, ""));
    let expired = format!("{keys}, min_days_valid: 3650");
    for (keys, passes) in [(&keys, true), (&expired, false)] {
        let config = folder.write("c.yaml", format!("checks: [{{name: cert, gates: [], tls: {{{keys}}}}}]"));
        for _ in 0..RUNS / 2 {
            let report = lab.pods[0].json(&["check", "-o", "json", "-c", &config])["checks"][0].take();
            let counted = codes(&report).contains(&"mysql_host_block");
            assert_eq!((report["result"] == "pass", counted), (passes, false), "{report:#}");
        }
    }
    assert_eq!(lab.app(0)["result"], "pass", "{:#}", lab.app(0));
    let plain = Server::plain();
    let config = folder.write(
        "c.yaml",
        format!("checks: [{{name: cert, gates: [], tls: {{address: '127.0.0.1:{}', starttls: mysql}}}}]", plain.port),
    );
    let report = crate::support::json(&["check", "-o", "json", "-c", &config])["checks"][0].take();
    let message = failed(&report, "tls", "tls_unsupported", "Enable TLS on the server");
    assert_eq!((message.as_str(), codes(&report)), ("the MySQL server offers no TLS", vec![]));
    assert!(plain.log().contains("Access denied for user ''@") && !plain.log().contains("Aborted"), "{}", plain.log());
}

/// `wait` asks neither a locked account again, nor a server to which TLS fails.
#[test]
fn waiting_is_no_loop_either() {
    let lab = Lab::with(1);
    let host = address(0, 2, "");
    let locked = format!("mysql://locked:sesame@{host}/");
    let ran = lab.pods[0].pilotfish(&["wait", &locked, "--timeout", "1m"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    let aborted = lab.server.counted("Aborted_connects");
    let untrusted = format!("mysql://app:sesame@{host}/app?ssl-mode=VERIFY_IDENTITY");
    let ran = lab.pods[0].pilotfish(&["wait", &untrusted, "--timeout", "3s", "--interval", "100ms"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(lab.server.counted("Aborted_connects") - aborted, 1);
    assert_eq!(lab.app(0)["result"], "pass");
}

/// Each in a pod of its own, because a login that works makes the server forget.
#[test]
fn what_the_server_counts_happens_at_most_every_five_minutes() {
    let failures = [
        ("tcp", "tcp: {address: 'HOST:3306'}"),
        ("bytes", "tcp: {address: 'HOST:3306', expect: hello}"),
        ("tls", "tls: {address: 'HOST:3306', ca: builtin, server_name: db}"),
        ("starttls", "tls: {address: 'HOST:3306', starttls: mysql, ca: builtin, server_name: db}"),
        ("http", "http: {url: 'http://HOST:3306/'}"),
        ("redis", "redis: {url: 'redis://:sesame@HOST:3306'}"),
        ("untrusted", "mysql: {url: 'mysql://app:sesame@HOST/app', sslmode: VERIFY_CA, ca: OTHER}"),
        ("plugin", "mysql: {url: 'mysql://old:sesame@HOST/'}"),
    ];
    let lab = Lab::with(failures.len());
    let sidecars: Vec<Sidecar> = failures
        .iter()
        .enumerate()
        .map(|(pod, (_, kind))| {
            let folder = Folder::new();
            let yaml = format!(
                "listen: '127.0.0.1:9809'\ndefaults: {{interval: 200ms}}\nchecks:\n  \
                 - {{name: clock, gates: [], env: {{variables: [{{name: PATH, required: false}}]}}}}\n  \
                 - {{name: failure, gates: [ready], {}}}\n",
                kind.replace("HOST", &address(pod, 2, "")).replace("OTHER", &lab.other_ca)
            );
            let path = folder.write("c.yaml", yaml);
            let mut command = lab.pods[pod].command(PILOTFISH);
            command.env_clear().args(["serve", "-c", &path]);
            Sidecar::spawn(command, folder)
        })
        .collect();
    for (pod, (name, _)) in failures.iter().enumerate() {
        let get = |path: &str| {
            let mut curl = lab.pods[pod].command("curl");
            run(curl.args(["-sS", &format!("http://127.0.0.1:9809{path}")]).stdin(Stdio::null())).stdout
        };
        let runs = |check: &str| {
            let line = format!("pilotfish_check_runs_total{{check=\"{check}\"}} ");
            let metrics = get("/metrics");
            metrics.lines().find_map(|text| text.strip_prefix(&line)?.parse::<usize>().ok()).unwrap_or(0)
        };
        until("the clock has run often enough", || runs("clock") >= RUNS);
        // On a busy machine, the greeting may come too late for the first run.
        assert!(runs("failure") <= 2, "{name}: {}", get("/status"));
        let status = get("/status");
        assert!(status.contains("mysql_host_block"), "{name}: {status}");
        let app = lab.app(pod);
        assert_eq!(app["result"], "pass", "{name}: {app:#}");
    }
    drop(sidecars);
}
