//! What Prometheus and Grafana are given: rules, their texts and the dashboard, by promtool and by a real Prometheus that
//! scrapes a running sidecar.

mod dashboard;
mod monitoring;
mod texts;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pilotfish::cause::Cause;
use serde_json::{Value, json};

use crate::support::ca::{Ca, DAY, Leaf};
use crate::support::helm::{repository, text_of};
use crate::support::http::{HttpServer, page};
use crate::support::nginx::Nginx;
use crate::support::postgres::Cluster;
use crate::support::prometheus::{Prometheus, promtool};
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, Ran, until};

/// How many pods the tested Deployment has.
const PODS: usize = 20;

fn deploy(path: &str) -> PathBuf {
    repository("deploy").join(path)
}

fn read(path: &str) -> String {
    text_of(&format!("deploy/{path}"))
}

/// The files of the rules' own tests.
fn tests_of_rules() -> Vec<String> {
    let folder = std::fs::read_dir(deploy("prometheus/tests")).expect("the folder is there");
    let files = folder.map(|entry| entry.expect("it is readable").path());
    files.map(|path| path.to_str().expect("the path is UTF-8").to_owned()).collect()
}

#[test]
fn promtool_finds_nothing_to_say_about_the_rules_and_their_tests_pass() {
    let [alerts, recording] = ["prometheus/alerts.yaml", "prometheus/recording.yaml"].map(deploy);
    let files = [alerts.to_str().expect("UTF-8"), recording.to_str().expect("UTF-8")];
    let checked = promtool(&["check", "rules", "--lint=all", "--lint-fatal", files[0], files[1]]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let tests = tests_of_rules();
    assert!(tests.len() >= 4, "{tests:?}");
    let args: Vec<&str> = ["test", "rules"].into_iter().chain(tests.iter().map(String::as_str)).collect();
    let Ran { code, stdout, stderr } = promtool(&args);
    assert_eq!(code, 0, "{stdout}{stderr}");
}

/// A pod's world on loopback: a database, a shop with a certificate that has ten days left, workers that are probed
/// address by address, a peer, and a cache.
struct World {
    database: Cluster,
    _shop: Nginx,
    _backend: HttpServer,
    backend_is_well: Arc<AtomicBool>,
    cache: Option<TcpListener>,
    sidecar: Sidecar,
}

impl World {
    fn start() -> Self {
        let database = Cluster::plain();
        let ca = Ca::root("shop");
        let leaf = Leaf { until: 10 * DAY, ..Leaf::server("shop", &["127.0.0.1"]) };
        let (shop, port) = Nginx::https(&ca.issue(&leaf), &[], "");
        let ca = shop.folder().write("ca.crt", &ca.pem);
        let backend_is_well = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&backend_is_well);
        let backend = HttpServer::start(move |_| {
            let status = if asked.load(Ordering::Relaxed) { "pass" } else { "warn" };
            page(200, "Content-Type: application/json\r\n", &format!("{{\"status\":\"{status}\"}}"))
        });
        let cache = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let sidecar = Sidecar::start(&format!(
            "defaults: {{interval: 1s, failure_threshold: 1}}\nchecks:\n  \
             - {{name: database, postgres: {{url: \"{}\"}}, gates: [ready]}}\n  \
             - {{name: shop, http: {{url: \"https://127.0.0.1:{port}/\", tls: {{ca: \"{ca}\"}}}}, gates: [ready]}}\n  \
             - {{name: workers, tcp: {{address: \"127.0.0.1:{port}\"}}, require: each, gates: []}}\n  \
             - {{name: backend, peer: {{url: \"{}\"}}, gates: []}}\n  \
             - {{name: cache, tcp: {{address: \"{}\"}}, gates: []}}\n",
            database.url(),
            backend.url("/health"),
            cache.local_addr().expect("it has an address"),
        ));
        Self { database, _shop: shop, _backend: backend, backend_is_well, cache: Some(cache), sidecar }
    }

    /// The database takes another password from now on, the peer warns, and the cache is gone.
    fn damage(&mut self) {
        self.cache = None;
        self.database.sql("ALTER ROLE app PASSWORD 'another'");
        self.backend_is_well.store(false, Ordering::Relaxed);
    }

    /// The page of metrics once it has all of these lines.
    fn metrics(&self, lines: &[&str]) -> String {
        let mut page = String::new();
        until(&format!("the metrics have {lines:?}"), || {
            page = self.sidecar.get("/metrics").body;
            lines.iter().all(|line| page.contains(line))
        });
        page
    }
}

#[test]
fn the_rules_and_the_dashboard_on_a_running_sidecar() {
    let mut world = World::start();
    let up = ["database", "shop", "workers", "backend", "cache"]
        .map(|check| format!("pilotfish_check_up{{check=\"{check}\"}} 1"));
    let well = world.metrics(&up.each_ref().map(String::as_str));
    world.damage();
    let broken = world.metrics(&[
        "pilotfish_check_up{check=\"database\"} 0",
        "pilotfish_check_degraded{check=\"backend\"} 1",
        "pilotfish_finding{check=\"cache\",code=\"localhost_in_pod\",severity=\"error\"} 1",
    ]);
    names_are_those_of_the_metrics(&well, &broken);
    monitoring::names_every_metric(&broken);
    one_alert_for_a_dependency_and_not_for_a_pod(&well, &broken);
    let prometheus = monitoring::prometheus(world.sidecar.address);
    until("the alerts are pending", || pending(&prometheus, "PilotfishDependencyDown", "database").is_some());
    the_alert_says_what_to_do(&prometheus);
    monitoring::finds_the_pod(&prometheus);
    monitoring::names_every_alert(&prometheus);
    dashboard::answers(&prometheus);
}

/// An alert that waits for its time.
fn pending(prometheus: &Prometheus, name: &str, check: &str) -> Option<Value> {
    let alerts = prometheus.api("alerts")["alerts"].clone();
    let is_it = |alert: &&Value| alert["labels"]["alertname"] == name && alert["labels"]["check"] == check;
    alerts.as_array().expect("a list").iter().find(is_it).cloned()
}

/// On the real Prometheus, with the texts as they are sent.
fn the_alert_says_what_to_do(prometheus: &Prometheus) {
    let alert = pending(prometheus, "PilotfishDependencyDown", "database").expect("it is pending");
    let labels = &alert["labels"];
    assert_eq!((&labels["severity"], &labels["cause"]), (&json!("critical"), &Value::Null), "{alert}");
    let said = &alert["annotations"];
    assert_eq!(said["summary"], "database is down in 1 of 1 pods of backend in shop: password_rejected");
    assert_eq!(
        said["description"],
        "For the message and the fix, run: kubectl exec -n shop backend-7d9c6b5f4d-x2x7p -c pilotfish -- pilotfish ask database"
    );
    assert_eq!(said["runbook"], texts::runbook(Cause::PasswordRejected));
    for (name, check) in [
        ("PilotfishDependencyDown", "cache"),
        ("PilotfishDependencyFallback", "backend"),
        ("PilotfishCertificateExpiring", "shop"),
        ("PilotfishFinding", "cache"),
    ] {
        until(name, || pending(prometheus, name, check).is_some());
    }
    let alerts = prometheus.api("alerts")["alerts"].clone();
    assert_eq!(alerts.as_array().map(Vec::len), Some(5), "{alerts}");
    let groups = prometheus.api("rules")["groups"].clone();
    for rule in groups.as_array().expect("a list").iter().flat_map(|group| group["rules"].as_array().expect("rules")) {
        assert_ne!(rule["health"], "err", "{rule}");
    }
}

/// The same series in twenty pods, over time, by promtool's clock.
fn one_alert_for_a_dependency_and_not_for_a_pod(well: &str, broken: &str) {
    let alert = |severity: &str, down: usize, check: &str, cause: Cause| {
        json!({
            "exp_labels": {
                "severity": severity, "namespace": "shop", "job": "backend", "check": check,
            },
            "exp_annotations": {
                "summary":
                    format!("{check} is down in {down} of {PODS} pods of backend in shop: {}", cause.slug()),
                "description": "One of the affected pods: 10.0.0.0:9809",
                "runbook": texts::runbook(cause),
            },
        })
    };
    // The cache gates nothing: it is a warning, after its time.
    let expected = |severity: &str, down: usize, has_waited: bool| {
        let cache = has_waited.then(|| alert("warning", down, "cache", Cause::ConnectRefused));
        let database = alert(severity, down, "database", Cause::PasswordRejected);
        Value::Array([database].into_iter().chain(cache).collect())
    };
    let none = json!([]);
    let cases: Vec<Value> = [
        (0, [none.clone(), none.clone(), none.clone()]),
        (1, [none.clone(), none.clone(), expected("warning", 1, true)]),
        (PODS, [none.clone(), expected("critical", PODS, false), expected("critical", PODS, true)]),
    ]
    .into_iter()
    .map(|(down, alerts)| {
        let pods = (0..PODS).map(|pod| series(if pod < down { broken } else { well }, pod));
        let times = ["1m30s", "4m", "6m"].into_iter().zip(alerts);
        let alerts: Vec<Value> = times
            .map(|(at, alerts)| json!({"eval_time": at, "alertname": "PilotfishDependencyDown", "exp_alerts": alerts}))
            .collect();
        // What else there is to say of the broken world, there is; of a world that is well there is nothing.
        let names: Vec<Value> =
            (down == 0).then(|| json!({"eval_time": "30m", "expr": "ALERTS", "exp_samples": []})).into_iter().collect();
        json!({
            "name": format!("{down} of {PODS}"), "interval": "30s", "input_series": pods.flatten().collect::<Vec<_>>(),
            "alert_rule_test": alerts, "promql_expr_test": names,
        })
    })
    .collect();
    let folder = Folder::new();
    // JSON is YAML.
    let test = json!({"rule_files": [deploy("prometheus/alerts.yaml")], "evaluation_interval": "30s", "tests": cases});
    let Ran { code, stdout, stderr } = promtool(&["test", "rules", &folder.write("twenty.yaml", test.to_string())]);
    assert_eq!(code, 0, "{stdout}{stderr}");
}

/// A page of metrics as the series of one pod, each with the same value for half an hour and more.
fn series(page: &str, pod: usize) -> Vec<Value> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let series = lines.map(|line| {
        let (series, value) = line.rsplit_once(' ').expect("a series and its value");
        let target = format!("namespace=\"shop\",job=\"backend\",instance=\"10.0.0.{pod}:9809\"");
        let series = match series.strip_suffix('}') {
            Some(labelled) => format!("{labelled},{target}}}"),
            None => format!("{series}{{{target}}}"),
        };
        json!({"series": series, "values": format!("{value}x70")})
    });
    series.collect()
}

/// The name and the names of the labels of a series.
fn series_of(series: &str) -> (&str, BTreeSet<&str>) {
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    let names = labels.split("\",").filter_map(|label| label.split_once('='));
    (name, names.map(|(name, _)| name.trim_matches([',', ' '])).collect())
}

/// The same as text, without the labels that Prometheus puts on.
fn signature(series: &str) -> String {
    let (name, mut labels) = series_of(series);
    labels.retain(|label| !["cluster", "namespace", "job", "instance", "pod"].contains(label));
    format!("{name}{labels:?}")
}

/// No rule and no test of a rule speaks of a series that pilotfish does not have.
fn names_are_those_of_the_metrics(well: &str, broken: &str) {
    let pages = || well.lines().chain(broken.lines()).filter(|line| !line.starts_with('#'));
    let mut real: BTreeSet<String> = pages().map(|line| signature(line.rsplit_once(' ').expect("a value").0)).collect();
    real.insert(signature("up"));
    for file in tests_of_rules() {
        let text = std::fs::read_to_string(&file).expect("it is readable");
        let given = text.split("{series: '").skip(1).map(|rest| rest.split_once('\'').expect("it ends").0);
        for series in given {
            assert!(real.contains(&signature(series)), "{file}: {series}\n{real:#?}");
            let cause = series.split_once("cause=\"").map(|(_, rest)| rest.split_once('"').expect("it ends").0);
            assert!(cause.is_none_or(|cause| Cause::from_slug(cause).is_some()), "{series}");
        }
    }
    let rules = ["prometheus/alerts.yaml", "prometheus/recording.yaml", "grafana/dashboard.json"].map(read).concat();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let names: BTreeSet<&str> = rules.split(|c| !word(c)).filter(|word| word.starts_with("pilotfish_")).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        assert!(real.iter().any(|series| series.split('{').next() == Some(name)), "{name}\n{real:#?}");
    }
}
