//! What stands alone: off until asked for, and then found by the label of the pods.

use serde_json::json;

use super::{app, container, pod};
use crate::support::Folder;
use crate::support::helm::{copy, helm, names, object, objects, repository};

#[test]
fn everything_is_off_until_it_is_asked_for() {
    let chart = repository("deploy/charts/pilotfish");
    assert_eq!(names(&objects("pilotfish", &chart, &[])), Vec::<String>::new());
    let ran = helm(&chart, &["lint", "--strict", "."]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn monitors_select_the_label_of_the_pods() {
    let chart = app();
    let both = chart.objects(&["--set", "pilotfish.podMonitor.enabled=true,pilotfish.podMonitor.labels.release=prom,pilotfish.podMonitor.endpoint.interval=15s"]);
    let monitor = object(&both, "PodMonitor", "app-pilotfish");
    let label = pod(&both, "app")["metadata"]["labels"]["pilotfish/monitor"].clone();
    let expected = json!({
        "jobLabel": "pilotfish/workload",
        "selector": {"matchLabels": {"pilotfish/monitor": label}},
        "podMetricsEndpoints": [{"port": "pilotfish", "path": "/metrics", "interval": "15s"}],
    });
    assert_eq!(monitor["spec"], expected);
    assert_eq!(monitor["metadata"]["labels"]["release"], "prom");
    let service = chart.objects(&["--set", "pilotfish.serviceMonitor.enabled=true"]);
    let headless = &object(&service, "Service", "app-pilotfish");
    assert_eq!(headless["spec"]["selector"], json!({"pilotfish/monitor": label}));
    assert_eq!(headless["spec"]["publishNotReadyAddresses"], true);
    assert_eq!(headless["spec"]["ports"][0]["targetPort"], 9809);
    let monitor = object(&service, "ServiceMonitor", "app-pilotfish");
    let selected = &monitor["spec"]["selector"]["matchLabels"]["pilotfish/monitor"];
    assert_eq!(&headless["metadata"]["labels"]["pilotfish/monitor"], selected);
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], "pilotfish");
    let said = chart.refusal(&["--set", "pilotfish.podMonitor.enabled=true,pilotfish.serviceMonitor.enabled=true"]);
    assert!(said.contains("scraped twice"), "{said}");
}

#[test]
fn the_prober_stands_alone() {
    let chart = app();
    let alone = chart.objects(&["-f", "prober.yaml"]);
    assert_eq!(
        names(&alone).iter().filter(|name| name.contains("prober")).count(),
        0,
        "the app's values are not its own"
    );
    let file = chart.path().join("prober.yaml");
    let objects = objects("probes", &repository("deploy/charts/pilotfish"), &["-f", file.to_str().expect("UTF-8")]);
    let name = "probes-pilotfish-prober";
    let deployment = object(&objects, "Deployment", name);
    let template = &deployment["spec"]["template"];
    assert_eq!(template["spec"]["automountServiceAccountToken"], false);
    assert_eq!(template["spec"].get("initContainers"), None, "nothing waits for strangers");
    let prober = container(template, "containers", "pilotfish");
    assert_eq!(prober["command"], json!(["pilotfish", "serve"]));
    assert_eq!(prober.get("startupProbe"), None);
    let selector = deployment["spec"]["selector"]["matchLabels"].clone();
    for (key, value) in selector.as_object().expect("labels") {
        assert_eq!(&template["metadata"]["labels"][key], value);
        assert!(!key.starts_with("pilotfish/"), "{key}");
    }
    assert_eq!(object(&objects, "Service", name)["spec"]["selector"], selector);
    let monitor = object(&objects, "PodMonitor", "probes-pilotfish");
    let label = &template["metadata"]["labels"]["pilotfish/monitor"];
    assert_eq!(&monitor["spec"]["selector"]["matchLabels"]["pilotfish/monitor"], label);
    let config =
        object(&objects, "ConfigMap", "probes-pilotfish-prober-pilotfish")["data"]["pilotfish.yaml"].to_string();
    assert!(config.contains("fail_ready_on_sigterm: true"), "{config}");
    object(&objects, "Pod", "probes-pilotfish-prober-pilotfish-test");
    let pulls = ["-f", file.to_str().expect("UTF-8"), "--set", "prober.imagePullSecrets[0].name=registry"];
    let private = crate::support::helm::objects("probes", &repository("deploy/charts/pilotfish"), &pulls);
    let secrets = json!([{"name": "registry"}]);
    assert_eq!(object(&private, "Deployment", name)["spec"]["template"]["spec"]["imagePullSecrets"], secrets);
    let test = object(&private, "Pod", "probes-pilotfish-prober-pilotfish-test");
    assert_eq!(test["spec"]["imagePullSecrets"], secrets, "the test's image is in the same registry");
}

#[test]
fn a_network_policy_opens_one_port_to_those_it_is_told() {
    let chart = app();
    let from = "pilotfish.networkPolicy.from[0].namespaceSelector.matchLabels.team=metrics";
    let objects = chart.objects(&["--set", &format!("pilotfish.networkPolicy.enabled=true,{from}")]);
    let policy = &object(&objects, "NetworkPolicy", "app-pilotfish")["spec"];
    let label = pod(&objects, "app")["metadata"]["labels"]["pilotfish/monitor"].clone();
    let expected = json!({
        "podSelector": {"matchLabels": {"pilotfish/monitor": label}},
        "policyTypes": ["Ingress"],
        "ingress": [{
            "from": [{"namespaceSelector": {"matchLabels": {"team": "metrics"}}}],
            "ports": [{"port": 9809, "protocol": "TCP"}],
        }],
    });
    assert_eq!(policy, &expected);
    let said = chart.refusal(&["--set", "pilotfish.networkPolicy.enabled=true"]);
    assert!(said.contains("networkPolicy.from is empty"), "{said}");
}

#[test]
fn rules_and_dashboard_are_handed_over_as_they_are() {
    let chart = Folder::new();
    copy(&repository("deploy/charts/pilotfish"), chart.path());
    let files = chart.path().join("files");
    std::fs::create_dir_all(&files).expect("a folder");
    let group = |name: &str| {
        format!(
            "groups:\n  - name: {name}\n    rules:\n      - {{alert: A, expr: up == 0, annotations: {{summary: \"{{{{ $labels.check }}}} is down\"}}}}\n"
        )
    };
    let give = |name: &str, text: &str| std::fs::write(files.join(name), text).expect("it is written");
    give("recording.yaml", &group("recording"));
    give("alerts.yaml", &group("alerts"));
    give("dashboard.json", "{\"title\": \"{{ pilotfish }}\"}\n");
    let options = ["--set", "prometheusRule.enabled=true,prometheusRule.labels.role=alert,dashboard.enabled=true"];
    let given = objects("one", chart.path(), &options);
    let rule = object(&given, "PrometheusRule", "one-pilotfish");
    assert_eq!(rule["metadata"]["labels"]["role"], "alert");
    let names: Vec<_> = rule["spec"]["groups"].as_array().expect("groups").iter().map(|group| &group["name"]).collect();
    assert_eq!(names, ["recording", "alerts"]);
    let summary = &rule["spec"]["groups"][1]["rules"][0]["annotations"]["summary"];
    assert_eq!(summary, "{{ $labels.check }} is down");
    let map = object(&given, "ConfigMap", "one-pilotfish-dashboard");
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    assert_eq!(map["data"]["pilotfish.json"], "{\"title\": \"{{ pilotfish }}\"}\n");
    for (name, key) in [("alerts.yaml", "prometheusRule"), ("dashboard.json", "dashboard")] {
        std::fs::remove_file(files.join(name)).expect("it was there");
        let ran = helm(chart.path(), &["template", "one", ".", "--set", &format!("{key}.enabled=true")]);
        assert!(ran.code != 0 && ran.stderr.contains(&format!("files/{name} is missing")), "{ran:?}");
    }
}
