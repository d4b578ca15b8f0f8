//! Many at once: workloads of one chart, aliases, versions under one umbrella. None meets another.

use serde_json::Value;

use super::{app, container, pod, text_in};
use crate::support::helm::{self, Chart, copy, files, names, object, repository};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Another version.
const NEXT: &str = "99.0.0";

/// The docs' Deployment under another name, of another workload.
fn deployment(of: &Chart, name: &str, values: &str) -> String {
    let text = text_in(of, "templates/deployment.yaml");
    let text =
        text.replace(".Values.pilotfish.workloads.app", values).replace("\"app.env\"", &format!("\"{name}.env\""));
    text.replace("name: {{ .Release.Name }}", &format!("name: {{{{ .Release.Name }}}}-{name}"))
}

fn workload(name: &str, port: u16) -> String {
    format!(
        "    {name}:\n      name: {name}\n      config: {{checks: [{{name: {name}, tcp: {{address: \"db:{port}\"}}}}]}}\n"
    )
}

fn config<'a>(objects: &'a [Value], name: &str) -> &'a str {
    object(objects, "ConfigMap", name)["data"]["pilotfish.yaml"].as_str().expect("a text")
}

fn mounted(pod: &Value) -> &Value {
    let volumes = pod["spec"]["volumes"].as_array().expect("volumes");
    &volumes.iter().find(|one| one["name"] == "pilotfish-config").expect("it is mounted")["configMap"]["name"]
}

#[test]
fn several_workloads_of_one_chart() {
    let chart = app();
    let values = ".Values.pilotfish.workloads";
    chart.write("templates/worker.yaml", &deployment(&chart, "worker", &format!("{values}.worker")));
    chart.write("templates/web.yaml", &deployment(&chart, "web", &format!("{values}.web")));
    chart.write("many.yaml", &format!("pilotfish:\n  workloads:\n{}{}", workload("web", 1), workload("worker", 2)));
    let objects = chart.objects(&["-f", "many.yaml"]);
    for (name, port) in [("web", "db:1"), ("worker", "db:2")] {
        let map = format!("app-{name}-pilotfish");
        assert!(config(&objects, &map).contains(port), "{name}");
        let pod = pod(&objects, &format!("app-{name}"));
        assert_eq!(mounted(pod), &Value::from(map));
        assert_eq!(pod["metadata"]["labels"]["pilotfish/workload"], format!("app-{name}"));
        assert_eq!(pod["metadata"]["labels"]["pilotfish/monitor"], "app");
    }
    assert!(config(&objects, "app-pilotfish").contains("postgres"), "the one without a name is still there");
    let said = chart.refusal(&["-f", "many.yaml", "--set", "pilotfish.workloads.web.name=worker"]);
    assert!(said.contains("workloads.web and workloads.worker have the same name, worker"), "{said}");
    chart.write(
        "many.yaml",
        &format!("pilotfish:\n  workloads:\n{}", workload("web", 1).replace("      name: web\n", "")),
    );
    let said = chart.refusal(&["-f", "many.yaml"]);
    assert!(said.contains("workloads.app and workloads.web have no name"), "{said}");
}

#[test]
fn aliases() {
    let chart = app();
    let dependency = |alias: &str| {
        format!(
            "  - {{name: pilotfish, alias: {alias}, version: {VERSION}, repository: \"file://charts/pilotfish\"}}\n"
        )
    };
    let about = "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n";
    chart.write("Chart.yaml", &format!("{about}{}{}", dependency("left"), dependency("right")));
    let values = |alias: &str, port| format!("{alias}:\n  workloads:\n{}", workload(alias, port));
    chart.write("values.yaml", &format!("image: app\n{}{}", values("left", 1), values("right", 2)));
    std::fs::remove_file(chart.path().join("templates/tests/pilotfish.yaml")).expect("it was there");
    for alias in ["left", "right"] {
        let text = deployment(&chart, alias, &format!(".Values.{alias}.workloads.{alias}"));
        chart.write(
            &format!("templates/{alias}.yaml"),
            &text.replace(".Values.pilotfish.", &format!(".Values.{alias}.")),
        );
    }
    std::fs::remove_file(chart.path().join("templates/deployment.yaml")).expect("it was there");
    let objects = chart.objects(&["--set", "left.podMonitor.enabled=true"]);
    for (alias, port) in [("left", "db:1"), ("right", "db:2")] {
        assert!(config(&objects, &format!("app-{alias}-pilotfish")).contains(port));
        assert_eq!(mounted(pod(&objects, &format!("app-{alias}"))), &Value::from(format!("app-{alias}-pilotfish")));
    }
    let monitor = object(&objects, "PodMonitor", "app-left");
    assert_eq!(monitor["spec"]["selector"]["matchLabels"]["pilotfish/monitor"], "app", "as the pods of both have it");
}

/// An umbrella over two charts, `old` and `new`, each with a pilotfish of its own; the one of `new` says that its API is v2.
pub(super) fn umbrella() -> Chart {
    two("pilotfish.v2")
}

fn two(api: &str) -> Chart {
    let umbrella = Chart::new(&[("Chart.yaml", "apiVersion: v2\nname: umbrella\nversion: 1.0.0\n")], &[]);
    for (name, port, tag) in [("old", 1, VERSION), ("new", 2, NEXT)] {
        let source = app();
        let home = umbrella.path().join("charts").join(name);
        copy(source.path(), &home);
        let write = |path: &str, text: String| std::fs::write(home.join(path), text).expect("it is written");
        let about = format!(
            "apiVersion: v2\nname: {name}\nversion: 1.0.0\ndependencies: [{{name: pilotfish, version: {tag}, repository: \"\"}}]\n"
        );
        write("Chart.yaml", about);
        write("templates/deployment.yaml", deployment(&source, name, &format!(".Values.pilotfish.workloads.{name}")));
        std::fs::remove_file(home.join("templates/tests/pilotfish.yaml")).expect("it was there");
        write("values.yaml", format!("image: {name}\npilotfish:\n  workloads:\n{}", workload(name, port)));
        if name == "new" {
            for (path, bytes) in files(&repository("deploy/charts/pilotfish")) {
                let text = String::from_utf8(bytes).expect("text").replace(VERSION, tag);
                let path = std::path::Path::new("charts/pilotfish").join(path);
                write(path.to_str().expect("UTF-8"), text.replace("pilotfish.v1", api));
            }
            write(
                "templates/deployment.yaml",
                deployment(&source, name, ".Values.pilotfish.workloads.new").replace("pilotfish.v1", api),
            );
        }
    }
    umbrella
}

#[test]
fn two_versions_under_one_umbrella() {
    for api in ["pilotfish.v2", "pilotfish.v1"] {
        let umbrella = two(api);
        // What stands alone in both is found by its own name.
        let alone = ["old", "new"].map(|name| {
            let check = format!("{name}.pilotfish.prober.config.checks[0]");
            format!(
                "{name}.pilotfish.podMonitor.enabled=true,{name}.pilotfish.prober.enabled=true,{check}.name=a,{check}.tcp.address=a:1"
            )
        });
        let objects = umbrella.objects(&["--set", &alone.join(",")]);
        for (name, port, tag) in [("old", "db:1", VERSION), ("new", "db:2", NEXT)] {
            let map = format!("app-{name}-{name}-pilotfish");
            assert!(config(&objects, &map).contains(port), "{:?}", names(&objects));
            let pod = pod(&objects, &format!("app-{name}"));
            assert_eq!(mounted(pod), &Value::from(map));
            assert_eq!(container(pod, "initContainers", "pilotfish")["image"], format!("pilotfish:{tag}"), "{api}");
            let label = &pod["metadata"]["labels"]["pilotfish/monitor"];
            let monitors = objects.iter().filter(|one| one["kind"] == "PodMonitor");
            let selecting =
                monitors.filter(|one| &one["spec"]["selector"]["matchLabels"]["pilotfish/monitor"] == label);
            assert_eq!(selecting.count(), 1, "each is scraped once");
        }
    }
}

#[test]
fn names_that_are_too_long_stay_apart() {
    let release = "a-release-with-a-name-as-long-as-helm-lets-it-be-53ch";
    let umbrella = two("pilotfish.v1");
    let prober = "new.pilotfish.prober";
    let set = format!(
        "old.pilotfish.serviceMonitor.enabled=true,new.pilotfish.serviceMonitor.enabled=true,{prober}.enabled=true,{prober}.config.checks[0].name=a,{prober}.config.checks[0].tcp.address=a:1"
    );
    let objects = helm::objects(release, umbrella.path(), &["--set", &set]);
    let services: Vec<_> = objects.iter().filter(|object| object["kind"] == "Service").collect();
    assert_eq!(services.len(), 3);
    for service in services {
        let name = service["metadata"]["name"].as_str().expect("a name");
        assert!(name.len() <= 63, "no Service may be called {name}");
    }
    let label = |name: &str| pod(&objects, &format!("{release}-{name}"))["metadata"]["labels"].clone();
    for key in ["pilotfish/monitor", "pilotfish/workload"] {
        let [old, new] = ["old", "new"].map(|name| label(name)[key].as_str().expect("a label").to_owned());
        assert!(old != new && old.len() <= 63 && new.len() <= 63, "{old} {new}");
    }
}
