//! Metrics as Prometheus takes them: promtool's opinion, and a real server that scrapes a running sidecar.

use std::net::TcpListener;

use serde_json::Value;

use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::prometheus::{Prometheus, promtool_says};
use crate::support::sidecar::Sidecar;
use crate::support::{free_port, until};

fn series_of(text: &str, check: &str) -> usize {
    let label = format!("check=\"{check}\"");
    text.lines().filter(|line| !line.starts_with('#') && line.contains(&label)).count()
}

#[test]
fn promtool_has_nothing_to_say_and_no_check_has_more_than_thirty_series() {
    let cluster = Cluster::plain();
    let (good, bad) = (cluster.url(), cluster.url().replace(PASSWORD, "wrong"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let open = listener.local_addr().expect("it has an address");
    let sidecar = Sidecar::start(&format!(
        "checks:\n  - {{name: good, postgres: {{url: \"{good}\"}}, gates: [ready], labels: {{team: payments}}}}\n  \
         - {{name: bad, postgres: {{url: \"{bad}\"}}, gates: [ready]}}\n  \
         - {{name: open, tcp: {{address: \"{open}\"}}, gates: [live], require: each}}\n  \
         - {{name: shut, tcp: {{address: \"127.0.0.1:{}\"}}, gates: [ready]}}\n",
        free_port()
    ));
    until("each has run", || {
        let text = sidecar.get("/metrics").body;
        let ran = |check| !text.contains(&format!("pilotfish_check_runs_total{{check=\"{check}\"}} 0"));
        ["good", "bad", "open", "shut"].into_iter().all(ran)
    });
    let answer = sidecar.get("/metrics");
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{}", answer.head);
    assert_eq!(promtool_says(&answer.body), "");
    for check in ["good", "bad", "open", "shut"] {
        let count = series_of(&answer.body, check);
        assert!((17..=30).contains(&count), "{check}: {count}\n{}", answer.body);
    }
    for line in [
        "pilotfish_check_up{check=\"good\"} 1",
        "pilotfish_check_info{check=\"good\",gates=\"ready\",kind=\"postgres\",team=\"payments\"} 1",
        "pilotfish_check_members{check=\"open\"} 1",
        "pilotfish_check_members_passing{check=\"open\"} 1",
        "pilotfish_dial_attempts_total{check=\"good\",family=\"4\",result=\"connected\"}",
        "pilotfish_config_last_reload_successful 1",
        "process_resident_memory_bytes ",
    ] {
        assert!(answer.body.contains(line), "{line}\n{}", answer.body);
    }
    assert!(!answer.body.contains(PASSWORD) && !answer.body.contains("wrong"));
}

#[test]
fn prometheus_knows_the_verdict_and_the_cause_also_of_the_very_first_failure() {
    let cluster = Cluster::plain();
    let (good, bad) = (cluster.url(), cluster.url().replace(PASSWORD, "wrong"));
    // The third failure settles it, and none but the first comes while the test looks.
    let sidecar = Sidecar::start(&format!(
        "checks:\n  - {{name: good, postgres: {{url: \"{good}\"}}, gates: [ready]}}\n  \
         - {{name: bad, postgres: {{url: \"{bad}\"}}, interval: 1h, gates: [ready]}}\n"
    ));
    let prometheus = Prometheus::scraping(sidecar.address);
    let failure = "pilotfish_check_failure{check=\"bad\"}";
    until("the failure was scraped", || !prometheus.query(failure).is_empty());
    let (labels, value) = prometheus.query(failure).remove(0);
    assert_eq!((&labels["phase"], &labels["cause"], &*value), (&"login".into(), &"password_rejected".into(), "1"));
    assert_eq!(prometheus.query("pilotfish_check_failures_total{check=\"bad\"}")[0].1, "1", "it was the first");
    assert!(prometheus.query("pilotfish_check_up{check=\"bad\"}").is_empty(), "nothing is settled yet");
    until("the verdict was scraped", || !prometheus.query("pilotfish_check_up == 1").is_empty());
    let up = prometheus.query("pilotfish_check_up == 1");
    assert_eq!((up.len(), &up[0].0["check"]), (1, &Value::from("good")));
    let ready = "pilotfish_gate{gate=\"ready\"}";
    assert_eq!(prometheus.query(ready)[0].1, "0", "the other one is not known yet");
    let slowest = "histogram_quantile(1, pilotfish_check_duration_seconds_bucket{check=\"good\"})";
    assert_eq!(prometheus.query(slowest).len(), 1);

    let targets = prometheus.api("targets");
    assert_eq!(targets["activeTargets"][0]["health"], "up", "{targets}");
    let metadata = prometheus.api("targets/metadata");
    let metadata = metadata.as_array().expect("a list");
    let of = |name: &str| metadata.iter().find(|entry| entry["metric"] == name).expect(name);
    for (name, kind) in [
        ("pilotfish_check_up", "gauge"),
        ("pilotfish_check_runs_total", "counter"),
        ("pilotfish_check_duration_seconds", "histogram"),
        ("process_cpu_seconds_total", "counter"),
    ] {
        assert_eq!(of(name)["type"], kind);
        assert_ne!(of(name)["help"], "");
    }
}

#[test]
fn series_of_a_removed_check_vanish() {
    let check = |name: &str| format!("  - {{name: {name}, tcp: {{address: \"127.0.0.1:1\"}}, gates: [ready]}}\n");
    let sidecar = Sidecar::start(&format!("checks:\n{}{}", check("kept"), check("removed")));
    assert!(series_of(&sidecar.get("/metrics").body, "removed") > 0);
    sidecar.configure(&format!("checks:\n{}", check("kept")));
    sidecar.signal("HUP");
    until("it is gone", || series_of(&sidecar.get("/metrics").body, "removed") == 0);
    assert!(series_of(&sidecar.get("/metrics").body, "kept") > 0);
}
