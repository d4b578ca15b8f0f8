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

/// Everything that a prober's pods, Service and budget can be told.
pub(super) const PROBER: &str = r#"
prober:
  enabled: true
  replicas: 2
  config: {checks: [{name: a, tcp: {address: "a:1"}, gates: []}]}
  nodeSelector: {disk: fast}
  tolerations: [{key: x, operator: Exists}]
  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Exists}]}}]}}
  topologySpreadConstraints:
    - {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}
    - {maxSkew: 1, topologyKey: node, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {own: label}}}
  serviceAccountName: prober
  priorityClassName: high
  podLabels: {team: web}
  podAnnotations: {note: "1"}
  env: [{name: REGION, value: eu}]
  volumes: [{name: ca, configMap: {name: ca}}]
  volumeMounts: [{name: ca, mountPath: /ca, readOnly: true}]
  service: {type: NodePort, port: 80, nodePort: 30080, labels: {tier: ops}, annotations: {a: b}, externalTrafficPolicy: Local}
  podDisruptionBudget: {enabled: true}
  extraArgs: [--termination-log, /dev/null]
  lifecycle: {preStop: {httpGet: {path: /livez, port: pilotfish}}}
  rolloutOnConfigChange: true
"#;

#[test]
fn the_prober_stands_where_it_is_told() {
    let home = Folder::new();
    let file = home.write("prober.yaml", PROBER);
    let chart = repository("deploy/charts/pilotfish");
    let given = objects("probes", &chart, &["-f", &file]);
    let name = "probes-pilotfish-prober";
    let deployment = object(&given, "Deployment", name);
    let selector = &deployment["spec"]["selector"]["matchLabels"];
    let pod = &deployment["spec"]["template"];
    let spec = &pod["spec"];
    assert_eq!(spec["nodeSelector"], json!({"disk": "fast"}));
    assert_eq!(spec["tolerations"], json!([{"key": "x", "operator": "Exists"}]));
    assert_eq!(
        spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0]["weight"],
        json!(1)
    );
    let spread = &spec["topologySpreadConstraints"];
    assert_eq!(&spread[0]["labelSelector"]["matchLabels"], selector, "its own pods");
    assert_eq!(spread[1]["labelSelector"], json!({"matchLabels": {"own": "label"}}), "what is written stands");
    assert_eq!((&spec["serviceAccountName"], &spec["priorityClassName"]), (&json!("prober"), &json!("high")));
    assert_eq!(spec["automountServiceAccountToken"], false);
    assert_eq!(pod["metadata"]["labels"]["team"], "web");
    assert_eq!(pod["metadata"]["annotations"]["note"], "1");
    assert!(pod["metadata"]["annotations"]["pilotfish/config"].is_string(), "beside its own");
    let container = container(pod, "containers", "pilotfish");
    assert_eq!(container["command"], json!(["pilotfish", "serve", "--termination-log", "/dev/null"]));
    assert_eq!(container["lifecycle"], json!({"preStop": {"httpGet": {"path": "/livez", "port": "pilotfish"}}}));
    assert_eq!(container["env"], json!([{"name": "REGION", "value": "eu"}]));
    let service = object(&given, "Service", name);
    assert_eq!(service["metadata"]["annotations"], json!({"a": "b"}));
    assert_eq!(service["metadata"]["labels"]["tier"], "ops");
    let port =
        json!([{"name": "pilotfish", "port": 80, "targetPort": "pilotfish", "protocol": "TCP", "nodePort": 30080}]);
    let expected = json!({"externalTrafficPolicy": "Local", "type": "NodePort", "selector": selector, "ports": port});
    assert_eq!(service["spec"], expected);
    let budget = &object(&given, "PodDisruptionBudget", name)["spec"];
    assert_eq!(budget, &json!({"maxUnavailable": 1, "selector": {"matchLabels": selector}}));
    let least = objects("probes", &chart, &["-f", &file, "--set", "prober.podDisruptionBudget.minAvailable=50%"]);
    assert_eq!(object(&least, "PodDisruptionBudget", name)["spec"]["minAvailable"], "50%");
    for (option, expected) in [
        (
            "podDisruptionBudget.minAvailable=2",
            "minAvailable is 2 and there are 2 replicas: no node could ever be drained",
        ),
        ("podDisruptionBudget.minAvailable=1,prober.podDisruptionBudget.maxUnavailable=1", "/podDisruptionBudget"),
        ("podLabels.pilotfish/workload=x", "podLabels: pilotfish/workload is pilotfish's own"),
        ("service.prot=80", "additional properties 'prot' not allowed"),
        ("nodeSelektor.a=b", "additional properties 'nodeSelektor' not allowed"),
        ("topologySpreadConstraints[2].maxSkew=1", "/topologySpreadConstraints/2"),
    ] {
        let ran =
            crate::support::helm::template("probes", &chart, &["-f", &file, "--set", &format!("prober.{option}")]);
        assert!(ran.code != 0 && ran.stderr.contains(expected), "{option}: {ran:?}");
    }
}

#[test]
fn workloads_have_options_and_hooks() {
    let chart = app();
    let options =
        ["--set-json", "pilotfish.workloads.app.extraArgs=[\"--termination-log\", \"/dev/null\"]", "--set-json"];
    for (mode, list) in [("native", "initContainers"), ("classic", "containers")] {
        let hook = "pilotfish.workloads.app.lifecycle={\"preStop\": {\"sleep\": {\"seconds\": 2}}}";
        let mode = format!("pilotfish.workloads.app.mode={mode}");
        let given = chart.objects(&[&options[..], &[hook, "--set", &mode]].concat());
        let sidecar = container(pod(&given, "app"), list, "pilotfish");
        assert_eq!(sidecar["command"], json!(["pilotfish", "serve", "--termination-log", "/dev/null"]));
        assert_eq!(sidecar["lifecycle"], json!({"preStop": {"sleep": {"seconds": 2}}}));
        let test = &object(&given, "Pod", "app-pilotfish-test")["spec"]["containers"][0];
        assert_eq!((&test["command"], test.get("lifecycle")), (&json!(["pilotfish", "check"]), None));
        if list == "containers" {
            let wait = container(pod(&given, "app"), "initContainers", "pilotfish-wait");
            assert_eq!((&wait["command"], wait.get("lifecycle")), (&json!(["pilotfish", "wait"]), None));
        }
    }
    let text = ["--set", "pilotfish.defaults.logFormat=text"];
    let given =
        chart.objects(&[&options[..1], &["pilotfish.workloads.app.extraArgs=[\"-c\", \"/x\"]"], &text].concat());
    let sidecar = container(pod(&given, "app"), "initContainers", "pilotfish");
    assert_eq!(sidecar["command"], json!(["pilotfish", "serve", "--log-format", "text", "-c", "/x"]));
    let said = chart.refusal(&["--set", "pilotfish.workloads.app.logFormat=xml"]);
    assert!(said.contains("logFormat") && said.contains("text"), "{said}");
    let said = chart.refusal(&["--set", "pilotfish.workloads.app.lifecycle.prestop.sleep.seconds=1"]);
    assert!(said.contains("additional properties 'prestop' not allowed"), "{said}");
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
