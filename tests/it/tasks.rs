//! What the pages of docs/tasks/ show is applied: manifests are valid, charts render, commands do what the page says.
//! Their sessions run in `readme`.

use std::process::Command;

use serde_json::{Value, json};

use crate::chart::{app, container, container_names, pod};
use crate::readme::{World, block};
use crate::support::helm::{Chart, assert_valid, copy, documents, helm, kustomize, names, object, repository};
use crate::support::{Folder, need, run};

const INIT: &str = "docs/tasks/init-container.md";
const SIDECAR: &str = "docs/tasks/sidecar.md";
const ALERTS: &str = "docs/tasks/alerts.md";

fn text(page: &str, file: &str) -> String {
    block(page, &format!("yaml {file}")).text
}

#[test]
fn the_init_container_waits_for_what_it_names() {
    let objects = documents(&text(INIT, "deployment.yaml"));
    assert_valid(&[(INIT.to_owned(), objects.clone())]);
    let wait = container(pod(&objects, "app"), "initContainers", "wait");
    let app = container(pod(&objects, "app"), "containers", "app");
    assert_eq!(wait["env"], app["env"], "it has what the app has");
    let words: Vec<&str> = wait["command"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
    let (last, words) = words.split_last().expect("a timeout");
    assert_eq!(*last, "10m");
    let command = format!("{} 1s --interval 100ms", words.join(" "));
    let world = World::start();
    let wrong = world.step(&format!("DATABASE_URL=postgres://app:wrong@db:5432/shop {command}"), 0);
    assert_eq!(wrong.code, 3, "{wrong:?}");
    assert!(wrong.stdout.contains("password_rejected") && wrong.stdout.contains("✓ tcp-backend"), "{wrong:?}");
    let missing = world.step(&command, 0);
    assert!(missing.code == 4 && missing.stdout.contains("variable_missing"), "{missing:?}");
}

#[test]
fn the_sidecar_comes_with_helm() {
    let files = ["Chart.yaml", "values.yaml", "templates/deployment.yaml"].map(|file| (file, text(SIDECAR, file)));
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
    let chart = Chart::new(&files, &["pilotfish"]);
    for line in block(SIDECAR, "sh").text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], "helm", "{line}");
        let ran = helm(chart.path(), &words[1..]);
        assert_eq!(ran.code, 0, "{line}\n{}{}", ran.stdout, ran.stderr);
    }
    let objects = chart.objects(&[]);
    let pod = pod(&objects, "shop");
    let sidecar = container(pod, "initContainers", "pilotfish");
    assert_eq!(sidecar["envFrom"], container(pod, "containers", "shop")["envFrom"], "it has what the app has");
    assert!(sidecar["image"].as_str().is_some_and(|image| image.starts_with("YOUR_REGISTRY/")), "{sidecar}");
    let classic = chart.objects(&["--kube-version", "1.28", "--set", "pilotfish.workloads.shop.mode=classic"]);
    assert_eq!(container_names(self::pod(&classic, "shop"), "containers"), ["shop", "pilotfish"]);
    assert_valid(&[(format!("{SIDECAR}: helm"), objects)]);
}

#[test]
fn the_sidecar_comes_without_helm() {
    let folder = Folder::new();
    copy(&repository("deploy/kustomize"), &folder.path().join("pilotfish"));
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\nspec:\n  selector: {matchLabels: {app: shop}}\n  template:\n    metadata: {labels: {app: shop}}\n    spec:\n      containers:\n        - {name: shop, image: shop:1.0.0, envFrom: [{secretRef: {name: shop}}]}\n";
    folder.write("deployment.yaml", deployment);
    for file in ["pilotfish.yaml", "kustomization.yaml"] {
        folder.write(file, text(SIDECAR, file));
    }
    let built = kustomize(folder.path());
    assert_eq!(names(&built), ["ConfigMap pilotfish", "Deployment shop"]);
    let pod = pod(&built, "shop");
    let sidecar = container(pod, "initContainers", "pilotfish");
    assert_eq!(sidecar["envFrom"], json!([{"secretRef": {"name": "shop"}}]));
    assert_eq!(sidecar["image"], format!("YOUR_REGISTRY/pilotfish:{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(sidecar["restartPolicy"], "Always");
    let selector = &object(&built, "Deployment", "shop")["spec"]["selector"];
    assert_eq!(selector, &json!({"matchLabels": {"app": "shop"}}), "labels of monitors are not in it");
    assert_valid(&[(format!("{SIDECAR}: kustomize"), built)]);
}

#[test]
fn the_alerts_are_rules_and_the_values_create_them() {
    let folder = Folder::new();
    let rules = folder.write("rules.yaml", text(ALERTS, "rules.yaml"));
    let promtool = need("promtool", "prometheus");
    let ran = run(Command::new(&promtool).args(["check", "rules", "--lint-fatal", &rules]));
    assert!(ran.code == 0 && ran.stdout.contains("2 rules found"), "{ran:?}");
    let metrics = crate::support::helm::text_of("docs/monitoring.md");
    let named = text(ALERTS, "rules.yaml");
    let named =
        named.split(|c: char| !c.is_ascii_lowercase() && c != '_').filter(|word| word.starts_with("pilotfish_"));
    let named: Vec<&str> = named.collect();
    assert!(named.len() >= 3, "{named:?}");
    for metric in named {
        assert!(metrics.contains(&format!("| `{metric}` |")), "there is no metric {metric}");
    }
    let chart = app();
    chart.write("alerts.yaml", &text(ALERTS, "values.yaml"));
    let objects = chart.objects(&["-f", "alerts.yaml"]);
    for kind in ["PodMonitor", "PrometheusRule"] {
        assert_eq!(object(&objects, kind, "app-pilotfish")["metadata"]["labels"]["release"], "prometheus", "{kind}");
    }
    object(&objects, "ConfigMap", "app-pilotfish-dashboard");
    // A firing alert of each, with the labels of a real scrape, and none of a healthy check.
    let test = r#"
rule_files: [rules.yaml]
tests:
  - interval: 1m
    input_series:
      - {series: 'pilotfish_check_up{namespace="shop",pod="a",check="database"}', values: '0x10'}
      - {series: 'pilotfish_check_info{namespace="shop",pod="a",check="database",kind="postgres",team="data"}', values: '1x10'}
      - {series: 'pilotfish_check_failure{namespace="shop",pod="a",check="database",phase="login",cause="password_rejected"}', values: '1x10'}
      - {series: 'pilotfish_check_up{namespace="shop",pod="b",check="database"}', values: '1x10'}
      - {series: 'pilotfish_check_info{namespace="shop",pod="b",check="database",kind="postgres",team="data"}', values: '1x10'}
    alert_rule_test:
      - eval_time: 5m
        alertname: ShopDatabaseDown
        exp_alerts:
          - exp_labels: {severity: critical, namespace: shop, pod: a, check: database}
            exp_annotations: {summary: The database check of a is down}
      - eval_time: 5m
        alertname: ShopPasswordRejected
        exp_alerts:
          - exp_labels: {severity: warning, namespace: shop, check: database}
            exp_annotations:
              summary: The server rejects the password of database in 1 pods
              description: Compare the Secret with what the server stores, then restart the pods.
"#;
    let file = folder.write("test.yaml", test);
    let ran = run(Command::new(&promtool).args(["test", "rules", &file]));
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn the_page_about_upgrades_names_the_versions_that_are_tested() {
    let page = crate::support::helm::text_of("docs/upgrades.md");
    let tested = format!("Kubernetes 1.29 to {}", crate::support::helm::NEWEST);
    assert!(page.contains(&tested), "docs/upgrades.md: {tested}");
}
