//! Without Helm: the kustomize component and the plain manifests give what the chart gives.

use serde_json::Value;

use crate::chart::{app, pod};
use crate::support::helm::{assert_config, assert_valid, documents, kustomize, object, repository, text_of};

/// The chart's pod for the app that the manifests show.
fn from_chart(mode: &str) -> Value {
    pod(&app().objects(&["--set", &format!("pilotfish.workloads.app.mode={mode}")]), "app").clone()
}

fn config(objects: &[Value], name: &str) -> Value {
    let text = object(objects, "ConfigMap", name)["data"]["pilotfish.yaml"].as_str().expect("a text").to_owned();
    assert_config(&text);
    // As objects: comments and the way of writing may differ.
    documents(&text).remove(0)
}

#[test]
fn the_plain_manifests_are_what_the_chart_gives() {
    for (mode, path) in [("native", "pilotfish.yaml"), ("classic", "pilotfish-classic.yaml")] {
        let manifest = documents(&text_of(&format!("deploy/manifests/{path}")));
        assert_eq!(pod(&manifest, "app"), &from_chart(mode), "{path}");
        let chart = app().objects(&["--set", &format!("pilotfish.workloads.app.mode={mode}")]);
        assert_eq!(config(&manifest, "app-pilotfish"), config(&chart, "app-pilotfish"), "{path}");
        assert_valid(&[(path.to_owned(), manifest)]);
    }
}

#[test]
fn the_component_is_what_the_chart_gives() {
    let built = kustomize(&repository("deploy/kustomize-example"));
    let mut expected = from_chart("native");
    // The component's ConfigMap has the name that it mounts; a prefix of the kustomization would be put before both.
    expected["spec"]["volumes"][0]["configMap"]["name"] = "pilotfish".into();
    assert_eq!(pod(&built, "app"), &expected);
    assert_eq!(
        object(&built, "Deployment", "app")["spec"]["selector"]["matchLabels"],
        serde_json::json!({"app": "app"})
    );
    let chart = app().objects(&[]);
    assert_eq!(config(&built, "pilotfish"), config(&chart, "app-pilotfish"));
    assert_valid(&[("deploy/kustomize-example".to_owned(), built)]);
}

/// Both forms in which the configuration travels in the pod, and the chart's.
#[test]
fn the_configuration_travels_in_the_pod_without_helm_too() {
    let chart = app().objects(&["--set", "pilotfish.workloads.app.rolloutOnConfigChange=true"]);
    let manifest = documents(&text_of("deploy/manifests/pilotfish-rollout.yaml"));
    let built = kustomize(&repository("deploy/kustomize-rollout-example"));
    let apart = |objects: &[Value]| {
        let mut pod = pod(objects, "app").clone();
        let annotations = pod["metadata"].as_object_mut().and_then(|metadata| metadata.remove("annotations"));
        let text = annotations.expect("annotations")["pilotfish/config"].as_str().expect("a text").to_owned();
        assert_config(&text);
        (pod, documents(&text).remove(0))
    };
    let expected = apart(&chart);
    for (name, objects) in [("manifest", manifest), ("kustomize", built)] {
        assert_eq!(crate::support::helm::names(&objects), ["Deployment app"], "{name}: no ConfigMap");
        assert_eq!(apart(&objects), expected, "{name}");
        assert_valid(&[(name.to_owned(), objects)]);
    }
}

/// The component that mounts the annotation fits every kind, native and classic.
#[test]
fn the_rollout_component_takes_the_config_map_from_every_kind() {
    let folder = crate::support::Folder::new();
    crate::support::helm::copy(&repository("deploy/kustomize"), &folder.path().join("component"));
    for (sidecar, kinds) in [
        ("component", &["Deployment", "StatefulSet", "DaemonSet", "Job"][..]),
        ("component/classic", &["Deployment", "StatefulSet", "DaemonSet"]),
    ] {
        let home = folder.path().join(format!("use-{}", kinds.len()));
        std::fs::create_dir_all(&home).expect("a folder");
        let all: String = kinds
            .iter()
            .map(|kind| {
                let api = if *kind == "Job" { "batch/v1" } else { "apps/v1" };
                format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {{template: {{spec: {{containers: [{{name: app, image: a}}]}}}}}}\n---\n")
            })
            .collect();
        std::fs::write(home.join("all.yaml"), all).expect("it is written");
        let text = format!("resources: [all.yaml]\ncomponents: [../{sidecar}, ../component/rollout]\n");
        std::fs::write(home.join("kustomization.yaml"), text).expect("it is written");
        let built = kustomize(&home);
        for kind in kinds {
            let volumes = &object(&built, kind, "a")["spec"]["template"]["spec"]["volumes"];
            let config = volumes.as_array().expect("volumes").iter().find(|one| one["name"] == "pilotfish-config");
            let config = config.expect("it is mounted");
            assert_eq!(config.get("configMap"), None, "{kind}");
            let path = &config["downwardAPI"]["items"][0]["fieldRef"]["fieldPath"];
            assert_eq!(path, "metadata.annotations['pilotfish/config']", "{kind}");
        }
    }
}

#[test]
fn the_components_reach_every_kind_that_is_not_taken_out() {
    let folder = crate::support::Folder::new();
    let workload = |kind: &str, labels: &str, containers: &str| {
        format!(
            "apiVersion: {}\nkind: {kind}\nmetadata: {{name: {}{labels}}}\nspec: {{template: {{metadata: {{labels: {{a: b}}}}, spec: {{{containers}}}}}}}\n---\n",
            if kind == "Job" { "batch/v1" } else { "apps/v1" },
            kind.to_lowercase(),
        )
    };
    let own = "initContainers: [{name: own, image: o}], containers: [{name: app, image: a}], volumes: [{name: v, emptyDir: {}}]";
    let text: String =
        ["Deployment", "StatefulSet", "DaemonSet", "Job"].iter().map(|kind| workload(kind, "", own)).collect();
    let text = text + &workload("Deployment", "-apart, labels: {pilotfish/sidecar: none}", own);
    for (component, inits, containers) in [
        ("native", ["pilotfish", "own"], vec!["app"]),
        ("classic", ["pilotfish-wait", "own"], vec!["pilotfish", "app"]),
    ] {
        let home = folder.path().join(component);
        crate::support::helm::copy(&repository("deploy/kustomize"), &home.join("component"));
        let path = if component == "native" { "../component" } else { "../component/classic" };
        std::fs::create_dir_all(home.join("use")).expect("a folder");
        std::fs::write(home.join("use/all.yaml"), &text).expect("it is written");
        std::fs::write(home.join("use/kustomization.yaml"), format!("resources: [all.yaml]\ncomponents: [{path}]\n"))
            .expect("it is written");
        let built = kustomize(&home.join("use"));
        for (kind, name) in
            [("Deployment", "deployment"), ("StatefulSet", "statefulset"), ("DaemonSet", "daemonset"), ("Job", "job")]
        {
            let pod = &object(&built, kind, name)["spec"]["template"];
            if kind == "Job" && component == "classic" {
                assert_eq!(crate::chart::container_names(pod, "initContainers"), ["own"], "a Job would never end");
                continue;
            }
            assert_eq!(crate::chart::container_names(pod, "initContainers"), inits, "{kind}");
            assert_eq!(crate::chart::container_names(pod, "containers"), containers, "{kind}");
            assert_eq!(pod["spec"]["volumes"].as_array().map(Vec::len), Some(3), "{kind}");
        }
        let apart = &object(&built, "Deployment", "deployment-apart")["spec"]["template"];
        assert_eq!(crate::chart::container_names(apart, "initContainers"), ["own"]);
    }
}
