//! The chart: what its named templates give, alone, many times in one release, and where values are wrong.

mod docs;
mod many;
mod readme;
mod rollout;
mod schema;
mod standalone;
mod twice;
mod valid;
mod values;

use serde_json::{Value, json};

use crate::support::helm::{Chart, documents, helm, names, object, text_of};
use crate::support::sidecar::Sidecar;
use crate::support::until;

/// The chart of the docs: one Deployment, one workload.
pub(crate) fn app() -> Chart {
    Chart::new(
        &docs::files().iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>(),
        &["pilotfish"],
    )
}

/// Where the values of its workload stand.
const WORKLOAD: &str = "pilotfish.workloads.app";

fn set(key: &str, value: &str) -> String {
    format!("{WORKLOAD}.{key}={value}")
}

/// The pod template of the one Deployment of this name.
pub(crate) fn pod<'a>(objects: &'a [Value], name: &str) -> &'a Value {
    &object(objects, "Deployment", name)["spec"]["template"]
}

/// The container of this name, in `containers` or `initContainers`.
pub(crate) fn container<'a>(pod: &'a Value, list: &str, name: &str) -> &'a Value {
    let all = pod["spec"][list].as_array().unwrap_or_else(|| panic!("no {list}: {pod}"));
    all.iter().find(|container| container["name"] == name).unwrap_or_else(|| panic!("no {name} in {list}: {pod}"))
}

pub(crate) fn container_names(pod: &Value, list: &str) -> Vec<String> {
    let all = pod["spec"][list].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(|container| container["name"].as_str().expect("a name").to_owned()).collect()
}

/// What a container of pilotfish has in every form.
fn common() -> Value {
    json!({
        "image": concat!("pilotfish:", env!("CARGO_PKG_VERSION")),
        "env": [
            {"name": "PGHOST", "value": "db"},
            {"name": "PGPASSWORD", "valueFrom": {"secretKeyRef": {"name": "app-database", "key": "password"}}},
        ],
        "resources": {"requests": {"cpu": "5m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true,
            "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "pilotfish-config", "mountPath": "/etc/pilotfish", "readOnly": true},
            {"name": "pilotfish-no-token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true},
        ],
    })
}

/// What a container that serves has.
fn serving() -> Value {
    let mut container = common();
    let probe = |path: &str, period, failures| json!({"httpGet": {"path": path, "port": "pilotfish"}, "periodSeconds": period, "timeoutSeconds": 10, "failureThreshold": failures});
    container["name"] = "pilotfish".into();
    container["command"] = json!(["pilotfish", "serve"]);
    container["ports"] = json!([{"name": "pilotfish", "containerPort": 9809, "protocol": "TCP"}]);
    container["readinessProbe"] = probe("/readyz", 5, 2);
    container["livenessProbe"] = probe("/livez", 10, 6);
    container
}

#[test]
fn the_native_sidecar_is_gate_and_monitor_in_one() {
    let objects = app().objects(&[]);
    assert_eq!(names(&objects), ["ConfigMap app-pilotfish", "Deployment app", "Pod app-pilotfish-test"]);
    let pod = pod(&objects, "app");
    let mut expected = serving();
    expected["restartPolicy"] = "Always".into();
    expected["startupProbe"] = json!({
        "exec": {"command": ["pilotfish", "ask", "startup"]}, "periodSeconds": 2, "timeoutSeconds": 10, "failureThreshold": 900,
    });
    assert_eq!(pod["spec"]["initContainers"], json!([expected]));
    assert_eq!(container_names(pod, "containers"), ["app"]);
    assert_eq!(
        pod["metadata"]["labels"],
        json!({"app": "app", "pilotfish/monitor": "app", "pilotfish/workload": "app"})
    );
    assert_eq!(pod["metadata"].get("annotations"), None);
    let volumes = json!([
        {"name": "pilotfish-config", "configMap": {"name": "app-pilotfish"}},
        {"name": "pilotfish-no-token", "emptyDir": {"medium": "Memory", "sizeLimit": "64Ki"}},
    ]);
    assert_eq!(pod["spec"]["volumes"], volumes);
}

/// The configuration that the pod gets with these options, as an object.
fn configuration(chart: &Chart, options: &[&str]) -> Value {
    let objects = chart.objects(options);
    let config = object(&objects, "ConfigMap", "app-pilotfish")["data"]["pilotfish.yaml"].as_str().expect("a text");
    documents(config).remove(0)
}

/// The kubelet stops a native sidecar only when the app has ended: nobody is left to answer for, in a Job as well.
#[test]
fn the_native_sidecar_ends_at_once() {
    let chart = app();
    assert_eq!(configuration(&chart, &[])["serve"], json!({"drain": "0s"}), "nothing else is added");
    let kept = configuration(&chart, &["--set", &set("config.serve.drain", "7s")]);
    assert_eq!(kept["serve"], json!({"drain": "7s"}), "what is written stands");
    let beside = configuration(&chart, &["--set", &set("config.serve.fail_ready_on_sigterm", "true")]);
    assert_eq!(beside["serve"], json!({"fail_ready_on_sigterm": true, "drain": "0s"}));
    let grace = configuration(&chart, &["--set", &set("terminationGracePeriodSeconds", "120")]);
    assert_eq!(grace["serve"], json!({"drain": "0s"}), "the grace period is the app's");
    // The binary, as it is told.
    let objects = chart.objects(&[]);
    let text = object(&objects, "ConfigMap", "app-pilotfish")["data"]["pilotfish.yaml"].as_str().expect("a text");
    let mut sidecar = Sidecar::start(text);
    sidecar.signal("TERM");
    assert_eq!(sidecar.end(), Some(0));
    until("it says how long it drains", || sidecar.logged("\"drain_seconds\":0") == 1);
}

#[test]
fn the_classic_pair_waits_and_then_monitors() {
    let chart = app();
    let objects = chart.objects(&["--set", &set("mode", "classic"), "--set", &set("waitArgs", "{--timeout,10m}")]);
    let pod = pod(&objects, "app");
    let mut wait = common();
    wait["name"] = "pilotfish-wait".into();
    wait["command"] = json!(["pilotfish", "wait", "--timeout", "10m"]);
    assert_eq!(pod["spec"]["initContainers"], json!([wait]));
    assert_eq!(container_names(pod, "containers"), ["app", "pilotfish"]);
    assert_eq!(container(pod, "containers", "pilotfish"), &serving());
    let drain = |options: &[&str]| {
        let config = configuration(&chart, &[&["--set", &set("mode", "classic")], options].concat());
        config["serve"]["drain"].clone()
    };
    assert_eq!(drain(&[]), "25s");
    assert_eq!(drain(&["--set", &set("terminationGracePeriodSeconds", "120")]), "115s");
    assert_eq!(drain(&["--set", &set("terminationGracePeriodSeconds", "3")]), "1s");
    assert_eq!(drain(&["--set", &set("config.serve.drain", "7s")]), "7s", "what is written stands");
}

#[test]
fn the_apps_own_containers_are_as_they_are_without_it() {
    let chart = app();
    let without = chart.objects(&["--set", &set("enabled", "false")]);
    assert_eq!(names(&without), ["Deployment app"]);
    for options in [vec![], vec!["--set".to_owned(), set("mode", "classic")]] {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let with = chart.objects(&options);
        let app = |objects: &[Value]| container(pod(objects, "app"), "containers", "app").clone();
        assert_eq!(app(&with), app(&without));
        let deployment = object(&with, "Deployment", "app");
        assert_eq!(deployment["spec"]["selector"], json!({"matchLabels": {"app": "app"}}));
    }
    let bare = pod(&without, "app");
    assert_eq!(bare["spec"]["volumes"], Value::Null);
    assert_eq!(bare["metadata"]["labels"], json!({"app": "app"}));
}

/// The docs' chart, whose pod has init containers of its own: a list and the YAML of one do the same.
fn with_others(given: &str) -> Chart {
    let chart = app();
    let deployment = text_in(&chart, "templates/deployment.yaml");
    let call = "\"env\" (include \"app.env\" $)";
    assert!(deployment.contains(call), "{deployment}");
    chart.write("templates/deployment.yaml", &deployment.replace(call, &format!("{call} \"initContainers\" {given}")));
    chart.write(
        "templates/_others.tpl",
        "{{ define \"others\" }}\n- {name: migrate, image: m}\n- {name: seed, image: s}\n{{ end }}",
    );
    chart
}

fn text_in(chart: &Chart, path: &str) -> String {
    std::fs::read_to_string(chart.path().join(path)).expect("it is there")
}

#[test]
fn it_stands_where_order_says() {
    for given in ["(include \"others\" $)", "(include \"others\" $ | fromYamlArray)"] {
        let chart = with_others(given);
        for (order, expected) in [
            ("order=first", ["pilotfish", "migrate", "seed"]),
            ("order=last", ["migrate", "seed", "pilotfish"]),
            ("order=after: migrate", ["migrate", "pilotfish", "seed"]),
            ("order.after=seed", ["migrate", "seed", "pilotfish"]),
        ] {
            let objects = chart.objects(&["--set", &format!("{WORKLOAD}.{order}")]);
            assert_eq!(container_names(pod(&objects, "app"), "initContainers"), expected, "{order}");
        }
        let classic = chart.objects(&["--set", &set("mode", "classic"), "--set", &set("order", "after:migrate")]);
        assert_eq!(container_names(pod(&classic, "app"), "initContainers"), ["migrate", "pilotfish-wait", "seed"]);
        let off = chart.objects(&["--set", &set("enabled", "false")]);
        assert_eq!(container_names(pod(&off, "app"), "initContainers"), ["migrate", "seed"]);
    }
    let said = with_others("(include \"others\" $)").refusal(&["--set", &set("order", "after: gone")]);
    assert!(said.contains("after: gone is not an init container of the pod (migrate, seed)"), "{said}");
}

#[test]
fn ports_follow_the_configuration() {
    let chart = app();
    let listen = chart.objects(&["--set-string", &set("config.listen", "0.0.0.0:7000")]);
    let sidecar = container(pod(&listen, "app"), "initContainers", "pilotfish").clone();
    assert_eq!(sidecar["ports"], json!([{"name": "pilotfish", "containerPort": 7000, "protocol": "TCP"}]));
    let ask = json!(["pilotfish", "ask", "startup", "--url", "http://127.0.0.1:7000"]);
    assert_eq!(sidecar["startupProbe"]["exec"]["command"], ask);
    let apart = [
        "--set-string",
        &set("config.serve.probe_listen", "[::]:9810"),
        "--set",
        &set("config.serve.tls.cert", "/tls/tls.crt"),
        "--set",
        &set("config.serve.tls.key", "/tls/tls.key"),
        "--set",
        &set("probes.readiness.exec", "true"),
    ];
    let apart = chart.objects(&apart);
    let sidecar = container(pod(&apart, "app"), "initContainers", "pilotfish").clone();
    assert_eq!(sidecar["ports"][1], json!({"name": "pilotfish-probe", "containerPort": 9810, "protocol": "TCP"}));
    assert_eq!(sidecar["livenessProbe"]["httpGet"], json!({"path": "/livez", "port": "pilotfish-probe"}));
    let ask = json!({"command": ["pilotfish", "ask", "ready", "--url", "http://127.0.0.1:9810"]});
    assert_eq!((&sidecar["readinessProbe"]["exec"], sidecar["readinessProbe"].get("httpGet")), (&ask, None));
}

#[test]
fn secrets_come_by_reference() {
    let chart = app();
    chart.write(
        "secrets.yaml",
        "pilotfish:\n  workloads:\n    app:\n      env:\n        - {name: PGHOST, value: elsewhere}\n      envFrom:\n        - secretRef: {name: more}\n      \
         volumes:\n        - {name: ca, secret: {secretName: ca}}\n      volumeMounts:\n        - {name: ca, mountPath: /ca, readOnly: true}\n",
    );
    let objects = chart.objects(&["-f", "secrets.yaml"]);
    let pod = pod(&objects, "app");
    let sidecar = container(pod, "initContainers", "pilotfish");
    let hosts: Vec<_> =
        sidecar["env"].as_array().expect("a list").iter().filter(|one| one["name"] == "PGHOST").collect();
    assert_eq!(hosts, [&json!({"name": "PGHOST", "value": "elsewhere"})], "the workload's own stands, once");
    assert_eq!(sidecar["envFrom"], json!([{"secretRef": {"name": "more"}}]));
    assert_eq!(sidecar["volumeMounts"][2], json!({"name": "ca", "mountPath": "/ca", "readOnly": true}));
    assert_eq!(pod["spec"]["volumes"][2], json!({"name": "ca", "secret": {"secretName": "ca"}}));
    // What the app's container has comes before.
    let call = "\"env\" (include \"app.env\" $)";
    let deployment = text_in(&chart, "templates/deployment.yaml");
    for given in ["(list (dict \"secretRef\" (dict \"name\" .Release.Name)))", "\"- secretRef: {name: app}\""] {
        let with = deployment.replace(call, &format!("{call} \"envFrom\" {given}"));
        chart.write("templates/deployment.yaml", &with);
        let objects = chart.objects(&["-f", "secrets.yaml"]);
        let from = &container(self::pod(&objects, "app"), "initContainers", "pilotfish")["envFrom"];
        assert_eq!(from, &json!([{"secretRef": {"name": "app"}}, {"secretRef": {"name": "more"}}]));
    }
    let test = object(&objects, "Pod", "app-pilotfish-test");
    assert_eq!(test["spec"]["volumes"][2], pod["spec"]["volumes"][2], "the test has them, too");
}

#[test]
fn scrape_annotations_are_given_on_demand_and_never_beside_others() {
    let chart = app();
    let deployment = text_in(&chart, "templates/deployment.yaml");
    let asked = set("scrapeAnnotations", "true");
    let objects = chart.objects(&["--set", &asked]);
    let expected =
        json!({"prometheus.io/scrape": "true", "prometheus.io/port": "9809", "prometheus.io/path": "/metrics"});
    assert_eq!(pod(&objects, "app")["metadata"]["annotations"], expected);
    let tls =
        "config.serve.probe_listen=[::]:9810,config.serve.tls.cert=/tls/tls.crt,config.serve.tls.key=/tls/tls.key";
    let tls = tls.split(',').map(|one| format!("{WORKLOAD}.{one}")).collect::<Vec<_>>().join(",");
    let objects = chart.objects(&["--set", &asked, "--set", &tls]);
    assert_eq!(pod(&objects, "app")["metadata"]["annotations"]["prometheus.io/scheme"], "https");
    let own = deployment.replace(
        "\"env\" (include",
        "\"podAnnotations\" (dict \"team\" \"web\" \"prometheus.io/port\" \"80\") \"env\" (include",
    );
    chart.write("templates/deployment.yaml", &own);
    let said = chart.refusal(&["--set", &asked]);
    assert!(said.contains("the pod already has prometheus.io/port"), "{said}");
    let kept = chart.objects(&[]);
    assert_eq!(pod(&kept, "app")["metadata"]["annotations"], json!({"team": "web", "prometheus.io/port": "80"}));
    let said = app().refusal(&["--set", &asked, "--set", "pilotfish.podMonitor.enabled=true"]);
    assert!(said.contains("scraped twice"), "{said}");
}

#[test]
fn helm_test_runs_every_check_once() {
    let objects = app().objects(&[]);
    let test = object(&objects, "Pod", "app-pilotfish-test");
    let hook = json!({"helm.sh/hook": "test", "helm.sh/hook-delete-policy": "before-hook-creation"});
    assert_eq!(test["metadata"]["annotations"], hook);
    let mut expected = common();
    expected["name"] = "pilotfish".into();
    expected["command"] = json!(["pilotfish", "check"]);
    assert_eq!(test["spec"]["containers"], json!([expected]));
    assert_eq!(
        (&test["spec"]["restartPolicy"], &test["spec"]["automountServiceAccountToken"]),
        (&json!("Never"), &json!(false))
    );
    let only = app().objects(&["--set", &set("test.only", "{database}")]);
    let command = &object(&only, "Pod", "app-pilotfish-test")["spec"]["containers"][0]["command"];
    assert_eq!(command, &json!(["pilotfish", "check", "--only", "database"]));
    // What listens in the workload's own pod is not in the test's.
    let chart = app();
    let inside = "{name: app, listen: {port: 8080}, gates: [ready]}";
    let test = |checks: &str| {
        let text = format!("pilotfish: {{workloads: {{app: {{config: {{checks: [{checks}]}}}}}}}}\n");
        chart.write("checks.yaml", &text);
        let objects = chart.objects(&["-f", "checks.yaml"]);
        let pod = objects.into_iter().find(|object| object["kind"] == "Pod");
        pod.map(|pod| pod["spec"]["containers"][0]["command"].clone())
    };
    let both = format!("{inside}, {{name: cache, tcp: {{address: \"cache:6379\"}}}}");
    assert_eq!(test(&both), Some(json!(["pilotfish", "check", "--only", "cache"])));
    assert_eq!(test(inside), None);
}

#[test]
fn native_sidecars_want_a_kubernetes_that_has_them() {
    let chart = app();
    let said = chart.refusal(&["--kube-version", "1.28.9"]);
    assert!(said.contains("Kubernetes v1.28.9 has no native sidecars") && said.contains("mode: classic"), "{said}");
    let off = chart.objects(&["--kube-version", "1.28.9", "--set", &set("enabled", "false")]);
    assert_eq!(names(&off), ["Deployment app"], "what is off needs none");
    chart.objects(&["--kube-version", "1.29.0-gke.1"]);
    chart.objects(&["--kube-version", "1.23.0", "--set", &set("mode", "classic")]);
    // A Helm built from source that is not told a version knows none.
    let ran = helm(chart.path(), &["template", "app", "."]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn the_versions_are_those_of_the_binary() {
    let version = env!("CARGO_PKG_VERSION");
    let chart = text_of("deploy/charts/pilotfish/Chart.yaml");
    assert!(chart.contains(&format!("\nversion: {version}\nappVersion: \"{version}\"\n")), "{chart}");
    for (path, text) in [
        ("deploy/charts/pilotfish/templates/v1/_settings.tpl", format!("\"pilotfish.v1.version\" -}}}}\n{version}\n")),
        ("deploy/charts/pilotfish/values.yaml", format!("    tag: \"{version}\"\n")),
        ("deploy/charts/todo/Chart.yaml", format!("    version: {version}\n")),
        ("Dockerfile.distroless", format!("ARG VERSION={version}\n")),
    ] {
        assert!(text_of(path).contains(&text), "{path} has no {text:?}");
    }
}
