//! `rolloutOnConfigChange`: the configuration travels in the pod, so that each revision of a workload keeps its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{app, container, pod, set, text_in};
use crate::support::helm::{assert_config, documents, helm, names, object, objects, repository, text_of};
use crate::support::{Folder, Running, need, pilotfish, run};

const ON: &str = "rolloutOnConfigChange";

fn on() -> String {
    set(ON, "true")
}

/// What the downward API writes into the file of this pod's volume: the annotation, byte for byte.
fn written(pod: &Value) -> String {
    let volumes = pod["spec"]["volumes"].as_array().expect("volumes");
    let volume = volumes.iter().find(|one| one["name"] == "pilotfish-config").expect("it is mounted");
    let expected = json!({
        "name": "pilotfish-config",
        "downwardAPI": {"items": [{"path": "pilotfish.yaml", "fieldRef": {"fieldPath": "metadata.annotations['pilotfish/config']"}}]},
    });
    assert_eq!(volume, &expected);
    pod["metadata"]["annotations"]["pilotfish/config"].as_str().expect("the annotation").to_owned()
}

#[test]
fn without_it_a_changed_configuration_leaves_the_pod_as_it_is() {
    let chart = app();
    let with = |interval: &str| chart.objects(&["--set", &set("config.defaults.interval", interval)]);
    let (one, other) = (with("10s"), with("20s"));
    assert_eq!(pod(&one, "app"), pod(&other, "app"));
    assert_ne!(object(&one, "ConfigMap", "app-pilotfish"), object(&other, "ConfigMap", "app-pilotfish"));
}

#[test]
fn with_it_two_configurations_differ_in_the_annotation_alone() {
    let chart = app();
    let plain = chart.objects(&[]);
    let live = object(&plain, "ConfigMap", "app-pilotfish")["data"]["pilotfish.yaml"].as_str().expect("a text");
    for mode in ["native", "classic"] {
        let with = |interval: &str| {
            let (mode, interval) = (set("mode", mode), set("config.defaults.interval", interval));
            let objects = chart.objects(&["--set", &on(), "--set", &mode, "--set", &interval]);
            assert_eq!(names(&objects), ["Deployment app", "Pod app-pilotfish-test"], "no ConfigMap");
            let test = object(&objects, "Pod", "app-pilotfish-test");
            assert_eq!(written(test), written(pod(&objects, "app")), "the test has it, too");
            pod(&objects, "app").clone()
        };
        let (mut one, mut other) = (with("10s"), with("20s"));
        assert_ne!(written(&one), written(&other));
        for pod in [&mut one, &mut other] {
            let mounts = container(pod, if mode == "native" { "initContainers" } else { "containers" }, "pilotfish");
            assert_eq!(mounts["volumeMounts"][0].get("subPath"), None, "a subPath is never updated");
            pod["metadata"].as_object_mut().expect("metadata").remove("annotations");
        }
        assert_eq!(one, other, "{mode}");
    }
    let objects = chart.objects(&["--set", &on()]);
    assert_eq!(documents(&written(pod(&objects, "app"))), documents(live), "the same checks as in a ConfigMap");
}

#[test]
fn the_other_annotations_of_the_pod_stay() {
    let chart = app();
    let deployment = text_in(&chart, "templates/deployment.yaml");
    let with = |own: &str| {
        let call = "\"env\" (include";
        let text = deployment.replace(call, &format!("\"podAnnotations\" (dict {own}) {call}"));
        chart.write("templates/deployment.yaml", &text);
    };
    with("\"team\" \"web\"");
    let objects = chart.objects(&["--set", &on(), "--set", &set("scrapeAnnotations", "true")]);
    let annotations = pod(&objects, "app")["metadata"]["annotations"].as_object().expect("annotations");
    let mut keys: Vec<&str> = annotations.keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["pilotfish/config", "prometheus.io/path", "prometheus.io/port", "prometheus.io/scrape", "team"]);
    with("\"pilotfish/config\" \"checks: []\"");
    for options in [&["--set", &on()][..], &[]] {
        let said = chart.refusal(options);
        assert!(said.contains("app: the pod already has the annotation pilotfish/config"), "{said}");
    }
}

/// Texts that are hard to carry through YAML in YAML arrive as they are in a ConfigMap, and the binary reads them.
#[test]
fn the_binary_reads_what_the_pod_is_given() {
    let chart = app();
    let folder = Folder::new();
    for body in [
        r#""two\nlines\n""#,
        r#""blanks at the end  \n\tand a tab\n""#,
        r#""{{ .Values }} $(PGHOST) %s # ' \" \\\\""#,
        r#""ünïcode \u2713 ' : - |""#,
        r#"'"'"#,
    ] {
        let check =
            format!("{{name: a, tcp: {{address: \"b:1\", send: {body}, expect: x}}, labels: {{team: \"007\"}}}}");
        let values = format!("pilotfish: {{workloads: {{app: {{config: {{checks: [{check}]}}}}}}}}\n");
        chart.write("odd.yaml", &values);
        let live = chart.objects(&["-f", "odd.yaml"]);
        let live = object(&live, "ConfigMap", "app-pilotfish")["data"]["pilotfish.yaml"].clone();
        let objects = chart.objects(&["-f", "odd.yaml", "--set", &on()]);
        let text = written(pod(&objects, "app"));
        assert_eq!(text.trim_end(), live.as_str().expect("a text").trim_end(), "{body}");
        let path = folder.write("pilotfish.yaml", &text);
        let shown = run(pilotfish().args(["config", "show", "-c", &path]));
        assert!(shown.code == 0 && shown.stdout.contains("b:1"), "{body}: {shown:?}");
    }
}

#[test]
fn defaults_turn_it_on_for_all_and_the_prober_has_it() {
    let everywhere = ["--set", "pilotfish.defaults.rolloutOnConfigChange=true"];
    let todo = objects("todo", &repository("deploy/charts/todo"), &everywhere);
    assert!(names(&todo).iter().all(|name| !name.starts_with("ConfigMap") || name.ends_with("-app")), "{todo:?}");
    for (kind, part) in [("Deployment", "frontend"), ("Deployment", "backend"), ("StatefulSet", "database")] {
        written(&object(&todo, kind, &format!("todo-{part}"))["spec"]["template"]);
    }
    let file = app();
    let file = file.path().join("prober.yaml");
    let options = ["-f", file.to_str().expect("UTF-8"), "--set", "prober.rolloutOnConfigChange=true"];
    let prober = objects("probes", &repository("deploy/charts/pilotfish"), &options);
    assert!(names(&prober).iter().all(|name| !name.starts_with("ConfigMap")), "{prober:?}");
    let text = written(&object(&prober, "Deployment", "probes-pilotfish-prober")["spec"]["template"]);
    assert!(text.contains("fail_ready_on_sigterm: true"), "{text}");
}

#[test]
fn what_does_not_fit_into_annotations_is_refused() {
    let chart = app();
    let with = |checks: usize| {
        let check =
            |number| format!("          - {{name: check-{number}, tcp: {{address: \"host-{number:0100}:1\"}}}}\n");
        let all: String = (0..checks).map(check).collect();
        let head = "pilotfish:\n  workloads:\n    app:\n      config:\n        checks:\n";
        chart.write("large.yaml", &format!("{head}{all}"));
        chart.template(&["-f", "large.yaml", "--set", &on()])
    };
    // At most 256 KiB for all annotations of a pod; others add theirs.
    let ran = with(1500);
    assert_ne!(ran.code, 0, "it is let through");
    let expected = "app: rolloutOnConfigChange: the configuration has ";
    assert!(ran.stderr.contains(expected) && ran.stderr.contains("at most 204800 fit"), "{}", ran.stderr);
    assert_eq!(with(1200).code, 0, "a large one fits");
    let live = chart.template(&["-f", "large.yaml"]);
    assert_eq!(live.code, 0, "{live:?}");
    assert_eq!(helm(chart.path(), &["lint", ".", "-f", "large.yaml"]).code, 0);
}

/// An API server that knows one ConfigMap.
const API: &str = r#"
import http.server, json
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"pilotfish.yaml": "checks: []  \n# as it was\n"},
       "metadata": {"name": "app-pilotfish", "namespace": "default", "annotations": {"meta.helm.sh/release-name": "app"}}}
MAPS = {"name": "configmaps", "singularName": "configmap", "namespaced": True, "kind": "ConfigMap", "verbs": ["get"]}
ANSWERS = {
    "/version": {"major": "1", "minor": "36", "gitVersion": "v1.36.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [MAPS]},
    "/api/v1/namespaces/default/configmaps/app-pilotfish": MAP,
}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = ANSWERS.get(self.path.split("?")[0])
        body = json.dumps(known or {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// On the way from one form to the other, the pods that are there still mount the ConfigMap of the release.
#[test]
fn a_config_map_that_is_there_is_neither_deleted_nor_changed() {
    let mut python = Command::new(need("python3", "python3"));
    let mut server = Running::start(python.args(["-c", API]).stdout(Stdio::piped()));
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().expect("it is a pipe")).read_line(&mut port).expect("the port");
    let chart = app();
    let server = format!("clusters: [{{name: a, cluster: {{server: \"http://127.0.0.1:{}\"}}}}]", port.trim());
    let rest = "contexts: [{name: a, context: {cluster: a, user: a}}]\nusers: [{name: a, user: {}}]";
    chart.write("cluster", &format!("apiVersion: v1\nkind: Config\ncurrent-context: a\n{server}\n{rest}\n"));
    let ask = |release: &str| {
        let home = "--kubeconfig=cluster";
        let ran = helm(chart.path(), &["template", release, ".", "--dry-run=server", home, "--set", &on()]);
        assert_eq!(ran.code, 0, "{ran:?}");
        documents(&ran.stdout)
    };
    let objects = ask("app");
    let kept = object(&objects, "ConfigMap", "app-pilotfish");
    assert_eq!(kept["data"]["pilotfish.yaml"], "checks: []  \n# as it was\n", "byte for byte");
    written(pod(&objects, "app"));
    let other = ask("other");
    assert!(names(&other).iter().all(|name| !name.starts_with("ConfigMap")), "none to keep: {other:?}");
}

/// The reason why there is no subPath, no ConfigMap by hash and no variable stands in the docs, and the text is a configuration.
#[test]
fn the_docs_name_the_limit() {
    let docs = text_of("docs/kubernetes.md");
    assert!(docs.contains("200 KiB") && docs.contains("pilotfish/config"), "the limit and the annotation are named");
    let manifest = documents(&text_of("deploy/manifests/pilotfish-rollout.yaml"));
    assert_config(&written(pod(&manifest, "app")));
}
