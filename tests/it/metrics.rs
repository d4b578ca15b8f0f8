//! Metrics as Prometheus takes them: promtool's opinion, and a real server that scrapes a running sidecar.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::sidecar::{Sidecar, get};
use crate::support::{Folder, Running, free_port, need, until};

/// A Prometheus server that scrapes one sidecar.
struct Prometheus {
    address: SocketAddr,
    _server: Running,
    _folder: Folder,
}

impl Prometheus {
    fn scraping(target: SocketAddr) -> Self {
        let folder = Folder::new();
        let config = folder.write(
            "prometheus.yml",
            format!(
                "global: {{scrape_interval: 200ms}}\nscrape_configs:\n  - job_name: pilotfish\n    \
                 static_configs: [{{targets: [\"{target}\"]}}]\n"
            ),
        );
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = Command::new(need("prometheus", "prometheus"));
        command
            .arg(format!("--config.file={config}"))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--web.console.libraries=/nonexistent", "--web.console.templates=/nonexistent"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = Running::start(&mut command);
        until("Prometheus is ready", || get(address, "/-/ready").is_ok_and(|answer| answer.status == 200));
        Self { address, _server: server, _folder: folder }
    }

    fn api(&self, path: &str) -> Value {
        let answer = get(self.address, &format!("/api/v1/{path}")).expect("Prometheus answers");
        let body = &answer.body[answer.body.find('{').expect("JSON")..=answer.body.rfind('}').expect("JSON")];
        serde_json::from_str::<Value>(body).expect("it is JSON")["data"].clone()
    }

    /// The labels and the value of each series that the query gives.
    fn query(&self, query: &str) -> Vec<(Value, String)> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let data = self.api(&format!("query?query={encoded}"));
        let series = data["result"].as_array().expect("a vector").iter();
        series.map(|one| (one["metric"].clone(), one["value"][1].as_str().expect("a value").to_owned())).collect()
    }
}

fn promtool_says(text: &str) -> String {
    let mut command = Command::new(need("promtool", "prometheus"));
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    said
}

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
        "pilotfish_check_info{check=\"good\",kind=\"postgres\",team=\"payments\"} 1",
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
