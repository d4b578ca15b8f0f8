//! docs/monitoring.md: its configurations are run, its tables are those of the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::SocketAddr;

use serde_json::Value;

use super::{deploy, series_of, texts};
use crate::support::Folder;
use crate::support::helm::text_of;
use crate::support::prometheus::{Prometheus, promtool};

const PAGE: &str = "docs/monitoring.md";

/// The fenced block of this name.
fn block(name: &str) -> String {
    let text = text_of(PAGE);
    let (_, rest) = text.split_once(&format!("```yaml {name}\n")).unwrap_or_else(|| panic!("no block {name}"));
    rest.split_once("```").expect("it ends").0.to_owned()
}

/// The page's own configuration on a real Prometheus; in place of the cluster stand targets with the labels that its API
/// gives them: the pod's port, another port of the pod, and a pod that is over.
pub(super) fn prometheus(sidecar: SocketAddr) -> Prometheus {
    let port = |name: &str, more: &str| {
        format!(
            "{{targets: [\"{sidecar}\"], labels: {{__meta_kubernetes_namespace: shop, \
             __meta_kubernetes_pod_name: backend-7d9c6b5f4d-x2x7p, __meta_kubernetes_pod_phase: Running, \
             __meta_kubernetes_pod_controller_kind: ReplicaSet, \
             __meta_kubernetes_pod_controller_name: backend-7d9c6b5f4d, \
             __meta_kubernetes_pod_container_port_name: {name}{more}}}}}"
        )
    };
    let over = port("pilotfish", ", over: \"1\"").replace("Running", "Succeeded");
    let found = [port("pilotfish", ""), port("http", ""), over].join(", ");
    let config = block("prometheus.yml");
    let replaced = config
        .replace("    kubernetes_sd_configs:\n      - role: pod\n", &format!("    static_configs: [{found}]\n"))
        .replace("_interval: 30s", "_interval: 200ms")
        .replace(
            "alerts.yaml, recording.yaml",
            &format!("{0}/alerts.yaml, {0}/recording.yaml", deploy("prometheus").display()),
        );
    assert_eq!(replaced.matches("200ms").count(), 2, "{config}");
    Prometheus::with(&replaced)
}

/// One target is left of those that the cluster has, with the labels that the alerts want.
pub(super) fn finds_the_pod(prometheus: &Prometheus) {
    let targets = prometheus.api("targets")["activeTargets"].clone();
    assert_eq!(targets.as_array().map(Vec::len), Some(1), "{targets}");
    let labels = &targets[0]["labels"];
    let expected = [("namespace", "shop"), ("job", "backend"), ("pod", "backend-7d9c6b5f4d-x2x7p")];
    for (name, value) in expected {
        assert_eq!(labels[name], value, "{labels}");
    }
    assert_eq!(labels.as_object().map(serde_json::Map::len), Some(4), "and the instance: {labels}");
}

#[test]
fn its_rules_are_taken_by_promtool_and_stand_on_what_is_recorded() {
    let folder = Folder::new();
    let rules = block("slo.yaml");
    let checked = promtool(&["check", "rules", "--lint=all", "--lint-fatal", &folder.write("slo.yaml", &rules)]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let recorded = super::read("prometheus/recording.yaml");
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let text = text_of(PAGE);
    let used = text.split(|c| !word(c)).filter(|word| word.starts_with("namespace_job_check:"));
    for name in used {
        assert!(recorded.contains(&format!("record: {name}\n")), "{name} is not recorded");
    }
}

/// Every family on the page of metrics has its row, with its kind, its labels and its own words.
pub(super) fn names_every_metric(page: &str) {
    let mut table = String::from("| metric | kind | labels | it is |\n| --- | --- | --- | --- |\n");
    let mut kinds: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in page.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            kinds.entry(name).or_default().1 = help;
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            kinds.entry(name).or_default().0 = kind;
        } else {
            let (series, _) = line.rsplit_once(' ').expect("a series and its value");
            let (name, own) = series_of(series);
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let family = family.filter(|family| kinds.contains_key(family)).unwrap_or(name);
            labels.entry(family).or_default().extend(own.into_iter().filter(|label| *label != "le"));
        }
    }
    assert_eq!(kinds.len(), labels.len(), "{kinds:?} {labels:?}");
    for (name, (kind, help)) in kinds {
        let labels: Vec<String> = labels[name].iter().map(|label| format!("`{label}`")).collect();
        writeln!(table, "| `{name}` | {kind} | {} | {help} |", labels.join(", ")).expect("a String takes every text");
    }
    let text = text_of(PAGE);
    let (before, rest) = text.split_once("<!-- metrics -->\n").expect("the table's place");
    let (_, after) = rest.split_once("<!-- /metrics -->\n").expect("its end");
    texts::keep(PAGE, &format!("{before}<!-- metrics -->\n{table}<!-- /metrics -->\n{after}"));
}

/// Every alert has its row, with its severity and how long it waits, and no other has.
pub(super) fn names_every_alert(prometheus: &Prometheus) {
    let groups = prometheus.api("rules")["groups"].clone();
    let rules = groups.as_array().expect("a list").iter().flat_map(|group| group["rules"].as_array().expect("rules"));
    let head = |rule: &Value| {
        let minutes = rule["duration"].as_f64().expect("a duration") / 60.0;
        let (name, severity) = (rule["name"].as_str(), rule["labels"]["severity"].as_str());
        format!("| `{}` | {} | {minutes}m |", name.expect("a name"), severity.expect("a severity"))
    };
    let alerts: BTreeSet<String> = rules.filter(|rule| rule["type"] == "alerting").map(head).collect();
    let text = text_of(PAGE);
    let rows = text.lines().filter(|line| line.starts_with("| `Pilotfish"));
    let rows: BTreeSet<String> = rows.map(|row| row.split_inclusive('|').take(4).collect()).collect();
    assert_eq!(rows, alerts);
}
