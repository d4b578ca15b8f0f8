//! A limit of pilotfish is no outage: how a check that meets one counts for `check`, `wait`, the gates and the metrics.
//!
//! The limit here is a password in clear text (pg_hba.conf: `password`) that pilotfish does not send without verified TLS.

use serde_json::Value;

use crate::support::postgres::{Cluster, Options};
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, dead_port, pilotfish, run, until};

const LIMIT: &str = "host all all 127.0.0.1/32 password";
const FINE: &str = "host all all 127.0.0.1/32 scram-sha-256";

fn cluster(hba: &str) -> Cluster {
    Cluster::start(&Options { hba, ..Options::default() })
}

#[test]
fn check_fails_and_says_that_it_is_a_limit() {
    let url = cluster(LIMIT).url();
    // The cluster is gone: a refused connection is no limit.
    let ran = run(pilotfish().args(["check", &url]));
    assert_eq!((ran.code, ran.stdout.contains("0 passed, 1 failed\n")), (1, true), "{ran:?}");
    let cluster = cluster(LIMIT);
    let ran = run(pilotfish().args(["check", &cluster.url()]));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.starts_with("~ ") && ran.stdout.contains("probe_limit"), "{ran:?}");
    assert!(ran.stdout.ends_with("0 passed, 0 failed, 1 not judged (a limit of pilotfish)\n"), "{ran:?}");
    let ran = run(pilotfish().args(["check", "-o", "json", &cluster.url()]));
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
    let counts = ["passed", "failed", "not_judged"].map(|key| report[key].as_u64());
    assert_eq!(counts, [Some(0), Some(0), Some(1)], "{report:#}");
    let check = &report["checks"][0];
    assert_eq!((&check["result"], &check["degraded"]), (&"fail".into(), &true.into()), "{check:#}");
    let ran = run(pilotfish().args(["diagnose", &cluster.url()]));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("it counts as passed for gates"), "{ran:?}");
}

#[test]
fn wait_passes_and_says_so() {
    let cluster = cluster(LIMIT);
    let folder = Folder::new();
    let log = folder.write("termination", "");
    let ran = run(pilotfish().args(["wait", &cluster.url(), "--termination-log", &log]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let said = "counts as passed, because only a limit of pilotfish stopped it (probe_limit)";
    assert!(ran.stderr.contains(said) && ran.stderr.contains("verify-full"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&log).expect("it is there"), "");
    let ran = run(pilotfish().args(["wait", &cluster.url(), "--", "/bin/echo", "started"]));
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.contains(said)), (0, "started\n", true), "{ran:?}");
    // Another check is still waited for, and is what the termination message starts with.
    let dead = format!("tcp://127.0.0.1:{}", dead_port());
    let ran = run(pilotfish().args(["wait", &cluster.url(), &dead, "--timeout", "1s", "--termination-log", &log]));
    assert_eq!(ran.code, 3, "{ran:?}");
    let message = std::fs::read_to_string(&log).expect("it was written");
    assert!(message.starts_with("tcp-127-0-0-1: connect_refused: "), "{message}");
    assert!(message.contains("probe_limit"), "{message}");
}

#[test]
fn the_gates_pass_and_the_verdict_stays_unknown() {
    let cluster = cluster(LIMIT);
    let check = format!(
        "checks:\n  - {{name: db, postgres: {{url: \"{}\"}}, starts_before: true, gates: [startup, ready]}}\n",
        cluster.url()
    );
    let sidecar = Sidecar::start(&check);
    until("it is ready", || sidecar.get("/readyz").status == 200);
    assert_eq!(sidecar.get("/startupz").status, 200);
    let verbose = sidecar.get("/readyz?verbose").body;
    assert!(verbose.contains("[!]db probe_limit: a limit of pilotfish, which fails no gate"), "{verbose}");
    let metrics = sidecar.get("/metrics").body;
    assert!(!metrics.contains("pilotfish_check_up{"), "{metrics}");
    for line in [
        "pilotfish_check_degraded{check=\"db\"} 1",
        "pilotfish_check_failure{check=\"db\",phase=\"login\",cause=\"probe_limit\"} 1",
        "pilotfish_gate{gate=\"ready\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    let status: Value = serde_json::from_str(&sidecar.get("/status").body).expect("JSON");
    let db = &status["checks"]["db"][0];
    assert_eq!((&db["verdict"], &db["status"]), (&"unknown".into(), &"warn".into()), "{db:#}");
    assert!(db["output"].as_str().is_some_and(|text| text.starts_with("probe_limit: ")), "{db:#}");
}

#[test]
fn what_has_been_up_stays_up() {
    let cluster = cluster(FINE);
    let sidecar = Sidecar::start(&format!(
        "checks:\n  - {{name: db, postgres: {{url: \"{}\"}}, interval: 1s, failure_threshold: 1, starts_before: true, gates: [startup, ready]}}\n",
        cluster.url()
    ));
    let metric = |line: &str| sidecar.get("/metrics").body.contains(line);
    until("it is up", || metric("pilotfish_check_up{check=\"db\"} 1"));
    cluster.set_hba(LIMIT);
    until("it meets the limit", || metric("cause=\"probe_limit\"} 1"));
    assert!(metric("pilotfish_check_up{check=\"db\"} 1") && metric("pilotfish_check_degraded{check=\"db\"} 1"));
    assert_eq!(sidecar.get("/readyz").status, 200);
}

/// Before a connection it is a failure that waits: neither at once nor after a while does waiting end early.
#[test]
fn a_value_that_only_other_clients_read_is_waited_for() {
    for value in [
        "prisma://accelerate.prisma-data.net/?api_key=s3cret",
        "file:./dev.db",
        "sqlite:///app.db",
        "sqlserver://app:s3cret@broker:1433",
        "unheard://app:s3cret@db:1",
        "Server=db;User Id=app;Password=s3cret",
        "jdbc:postgresql://db/shop",
    ] {
        let mut wait = pilotfish();
        wait.env("A_URL", value).args(["wait", "env:A_URL", "--interval", "100ms", "--timeout", "700ms"]);
        let ran = run(wait.args(["--permanent-after", "100ms"]));
        assert_eq!(ran.code, 3, "{value}: {ran:?}");
        assert!(
            ran.stdout.contains("probe_limit") && ran.stdout.contains("may be correct for the app"),
            "{value}: {ran:?}"
        );
        assert!(!format!("{ran:?}").contains("s3cret"), "{value}: {ran:?}");
    }
    // What is wrong for every client is not waited for.
    let mut wait = pilotfish();
    wait.env("A_URL", "no URL").args(["wait", "env:A_URL", "--interval", "100ms", "--permanent-after", "100ms"]);
    assert_eq!(run(&mut wait).code, 4);
}
