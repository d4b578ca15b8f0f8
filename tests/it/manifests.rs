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
