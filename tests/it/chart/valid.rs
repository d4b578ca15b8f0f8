//! What a cluster refuses: fields that no Kubernetes has, and pods that restricted Pod Security does not admit.

use serde_json::{Value, json};

use super::{WORKLOAD, app, many};
use crate::support::helm::{NEWEST, assert_valid, objects, repository};

/// Everything that must hold of any pod with pilotfish in it, whatever the values.
fn assert_tame(objects: &[Value]) {
    for object in objects {
        let pod = if object["kind"] == "Pod" { object } else { &object["spec"]["template"] };
        let selector = object["spec"]["selector"].to_string();
        assert!(
            object["kind"] == "Service"
                || object["apiVersion"] == "monitoring.coreos.com/v1"
                || !selector.contains("pilotfish/"),
            "{selector}"
        );
        for list in ["initContainers", "containers"] {
            let containers = pod["spec"][list].as_array().map(Vec::as_slice).unwrap_or_default();
            for container in
                containers.iter().filter(|one| one["image"].as_str().is_some_and(|image| image.contains("pilotfish")))
            {
                let text = container.to_string();
                assert!(!text.contains("\"host\""), "no probe names a host: {text}");
                assert_eq!(container["resources"]["limits"].get("cpu"), None, "{text}");
                assert_eq!(container["securityContext"]["capabilities"], json!({"drop": ["ALL"]}), "{text}");
                assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true, "{text}");
                let tokens = container["volumeMounts"].as_array().expect("mounts").iter();
                assert_eq!(
                    tokens.filter(|one| one["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount").count(),
                    1
                );
            }
        }
    }
}

/// What restricted Pod Security asks of a pod, as far as it bears on what charts write.
fn assert_restricted(pod: &Value) {
    let spec = &pod["spec"];
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        assert_eq!(spec.get(field), None, "{pod}");
    }
    let volumes = spec["volumes"].as_array().map(Vec::as_slice).unwrap_or_default();
    for volume in volumes {
        let kinds: Vec<&str> = volume.as_object().expect("a volume").keys().map(String::as_str).collect();
        let admitted =
            ["name", "configMap", "secret", "emptyDir", "projected", "persistentVolumeClaim", "csi", "downwardAPI"];
        assert!(kinds.iter().all(|kind| admitted.contains(kind)), "{kinds:?}");
    }
    for container in ["initContainers", "containers"].iter().filter_map(|list| spec[*list].as_array()).flatten() {
        let context = &container["securityContext"];
        let either = |field: &str| context.get(field).or_else(|| spec["securityContext"].get(field)).cloned();
        assert_eq!(context["allowPrivilegeEscalation"], false, "{container}");
        assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}), "{container}");
        assert_eq!(context.get("privileged"), None, "{container}");
        assert_eq!(either("runAsNonRoot"), Some(true.into()), "{container}");
        assert!(either("runAsUser").is_some_and(|user| user != 0), "a user who is not root, by number: {container}");
        assert_eq!(either("seccompProfile"), Some(json!({"type": "RuntimeDefault"})), "{container}");
        assert!(!container.to_string().contains("hostPort"), "{container}");
    }
}

/// Every pod that these objects make.
fn pods(objects: &[Value]) -> Vec<&Value> {
    let workloads = objects.iter().filter_map(|object| object["spec"].get("template"));
    workloads.chain(objects.iter().filter(|object| object["kind"] == "Pod")).collect()
}

#[test]
fn restricted_pod_security_admits_it() {
    let chart = app();
    let prober = chart.path().join("prober.yaml");
    let alone = objects("probes", &repository("deploy/charts/pilotfish"), &["-f", prober.to_str().expect("UTF-8")]);
    let todo = objects("todo", &repository("deploy/charts/todo"), &[]);
    let classic = objects("todo", &repository("deploy/charts/todo"), &["--set", "pilotfish.defaults.mode=classic"]);
    let tests: Vec<Value> = chart.objects(&[]).into_iter().filter(|object| object["kind"] == "Pod").collect();
    let found: Vec<&Value> = [&alone, &todo, &classic, &tests].into_iter().flat_map(|objects| pods(objects)).collect();
    assert_eq!(found.len(), 2 + 5 + 5 + 1);
    found.into_iter().for_each(assert_restricted);
}

#[test]
fn every_kubernetes_takes_what_it_gives() {
    let alone = ["podMonitor", "serviceMonitor", "dashboard", "prometheusRule"];
    let mut cases = Vec::new();
    let mut case = |name: &str, objects: Vec<Value>| {
        assert_tame(&objects);
        cases.push((name.to_owned(), objects));
    };
    let chart = app();
    for options in [
        "",
        "mode=classic",
        "rolloutOnConfigChange=true",
        "scrapeAnnotations=true",
        "config.serve.probe_listen=0.0.0.0:9810",
        "image.pullPolicy=Always",
        "probes.readiness.exec=true",
    ] {
        let option = format!("{WORKLOAD}.{options}");
        let options: &[&str] = if options.is_empty() { &[] } else { &["--set", &option] };
        case(&option, chart.objects(options));
    }
    case(
        "prober",
        chart.objects(&[
            "-f",
            "prober.yaml",
            "--set",
            "pilotfish.networkPolicy.enabled=true,pilotfish.networkPolicy.from[0].podSelector.matchLabels.a=b",
        ]),
    );
    case(
        "prober alone",
        objects(
            "probes",
            &repository("deploy/charts/pilotfish"),
            &["-f", chart.path().join("prober.yaml").to_str().expect("UTF-8")],
        ),
    );
    let told = chart.path().join("told.yaml");
    std::fs::write(&told, super::standalone::PROBER).expect("it is written");
    case(
        "prober, told everything",
        objects("probes", &repository("deploy/charts/pilotfish"), &["-f", told.to_str().expect("UTF-8")]),
    );
    for monitor in &alone[..2] {
        case(monitor, chart.objects(&["--set", &format!("pilotfish.{monitor}.enabled=true")]));
    }
    case("umbrella", many::umbrella().objects(&[]));
    case("todo", objects("todo", &repository("deploy/charts/todo"), &[]));
    let more = ["--set", "database.persistence.enabled=false,pilotfish.defaults.mode=classic"];
    case("todo, classic, without a volume", objects("other", &repository("deploy/charts/todo"), &more));
    assert_eq!(NEWEST, "1.37", "docs and tests speak of the same versions");
    assert_valid(&cases);
}
