//! Nothing is written twice in a list whose entries Kubernetes tells apart by a key: a later patch would lose both.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{app, container, container_names, pod, set, text_in};
use crate::support::helm::{Chart, object, objects, repository, template};

/// The lists of a pod that have a key, and the key.
const KEYS: [(&str, &str); 4] =
    [("volumes", "name"), ("initContainers", "name"), ("containers", "name"), ("imagePullSecrets", "name")];
const OF_CONTAINERS: [(&str, &str); 3] = [("env", "name"), ("volumeMounts", "mountPath"), ("ports", "containerPort")];

fn assert_keys(holder: &Value, lists: &[(&str, &str)]) {
    for (list, key) in lists {
        let entries = holder[*list].as_array().map(Vec::as_slice).unwrap_or_default();
        let keys: BTreeSet<String> = entries.iter().map(|entry| entry[*key].to_string()).collect();
        assert_eq!(keys.len(), entries.len(), "{list}: one {key} is there twice: {holder}");
    }
}

/// Asserts that no pod of these objects has a key twice.
fn assert_once(objects: &[Value]) {
    for object in objects {
        let pod = object["spec"].get("template").map_or(&object["spec"], |template| &template["spec"]);
        assert_keys(pod, &KEYS);
        for container in ["initContainers", "containers"].iter().filter_map(|list| pod[*list].as_array()).flatten() {
            assert_keys(container, &OF_CONTAINERS);
        }
    }
}

fn todo(options: &[&str]) -> Vec<Value> {
    let objects = objects("todo", &repository("deploy/charts/todo"), options);
    assert_once(&objects);
    objects
}

#[test]
fn a_variable_of_the_example_is_replaced_where_it_stands() {
    let entry = |container: &Value, name: &str| {
        let all = container["env"].as_array().expect("variables");
        let at = all.iter().position(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        (at, all[at].clone())
    };
    let usual = todo(&[]);
    for (kind, part, own, name, given) in [
        ("Deployment", "backend", "backend", "PGHOST", json!({"value": "elsewhere"})),
        ("Deployment", "backend", "backend", "PORT", json!({"value": "0123"})),
        ("Deployment", "backend", "backend", "PGUSER", json!({"value": "on"})),
        (
            "Deployment",
            "backend",
            "backend",
            "PGPASSWORD",
            json!({"valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}),
        ),
        ("Deployment", "frontend", "frontend", "BACKEND_URL", json!({"value": "http://other:1/?a=b: #c"})),
        ("StatefulSet", "database", "postgres", "POSTGRES_INITDB_ARGS", json!({"value": "--a '12:30' 1e3"})),
        ("StatefulSet", "database", "postgres", "PGDATA", json!({"value": " two\nlines"})),
    ] {
        let mut expected = given;
        expected["name"] = name.into();
        let option = format!("{part}.env=[{expected}]");
        let objects = todo(&["--set-json", &option]);
        let of = |objects: &[Value], list, name| {
            container(&object(objects, kind, &format!("todo-{part}"))["spec"]["template"], list, name).clone()
        };
        let app = of(&objects, "containers", own);
        assert_eq!(entry(&app, name), (entry(&of(&usual, "containers", own), name).0, expected), "in its place");
        assert_eq!(app["env"], of(&objects, "initContainers", "pilotfish")["env"], "pilotfish has the same");
        if part != "database" {
            let test = object(&objects, "Pod", &format!("todo-{part}-pilotfish-test"));
            assert_eq!(test["spec"]["containers"][0]["env"], app["env"], "and the test");
        }
        for mode in ["--set=pilotfish.defaults.mode=classic", "--set=pilotfish.defaults.rolloutOnConfigChange=true"] {
            todo(&["--set-json", &option, mode]);
        }
    }
}

/// The docs' chart, whose app has these variables, and pilotfish these of its own.
fn variables(app_has: &str, own: &str) -> Vec<(String, Value)> {
    let chart = app();
    let text = text_in(&chart, "templates/deployment.yaml");
    let call = "(include \"app.env\" $)";
    chart.write("templates/deployment.yaml", &text.replace(call, "(include \"given\" $)"));
    chart.write("templates/_given.tpl", &format!("{{{{ define \"given\" }}}}{app_has}{{{{ end }}}}"));
    let objects = chart.objects(&["--set-json", &set("env", own)]);
    let sidecar = container(pod(&objects, "app"), "initContainers", "pilotfish").clone();
    assert_keys(&sidecar, &OF_CONTAINERS);
    let variable = |one: &Value| (one["name"].as_str().expect("a name").to_owned(), one["value"].clone());
    sidecar["env"].as_array().expect("variables").iter().map(variable).collect()
}

#[test]
fn the_last_of_two_variables_wins_and_references_still_work() {
    let given = |pairs: &[(&str, &str)]| -> Vec<(String, Value)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    };
    let (host, url) = ("{name: H, value: a}", "{name: U, value: \"http://$(H)/\"}");
    // What refers to the variable stands after it.
    let found = variables(&format!("[{host}, {url}]"), r#"[{"name": "H", "value": "b"}]"#);
    assert_eq!(found, given(&[("H", "b"), ("U", "http://$(H)/")]));
    // And the variable after what it refers to itself.
    let found =
        variables(&format!("[{host}, {url}]"), r#"[{"name": "P", "value": "1"}, {"name": "H", "value": "b:$(P)"}]"#);
    assert_eq!(found, given(&[("U", "http://$(H)/"), ("P", "1"), ("H", "b:$(P)")]));
    // Twice in one list: as Kubernetes does when it starts a container, the last one wins.
    let found = variables(&format!("[{host}, {url}, {{name: H, value: c}}]"), "[]");
    assert_eq!(found, given(&[("H", "c"), ("U", "http://$(H)/")]));
    let found = variables(&format!("[{host}]"), r#"[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]"#);
    assert_eq!(found, given(&[("H", "a"), ("A", "2")]));
    let found = variables(&format!("[{host}, {url}]"), "[]");
    assert_eq!(found, given(&[("H", "a"), ("U", "http://$(H)/")]), "what is there once stays as it is");
}

#[test]
fn an_argument_of_merge_env_that_there_is_not_is_refused() {
    for (arguments, wrong) in [("\"list\" (list)", "list"), ("\"lists\" (list) \"Place\" \"x\"", "Place")] {
        let chart = app();
        let call = format!("{{{{- $_ := include \"pilotfish.v1.mergeEnv\" (dict {arguments}) -}}}}\n");
        let text = text_in(&chart, "templates/deployment.yaml");
        chart.write("templates/deployment.yaml", &(call + &text));
        let said = chart.refusal(&[]);
        assert!(
            said.contains(&format!("mergeEnv has no argument \"{wrong}\": the arguments are lists, place")),
            "{said}"
        );
    }
}

/// The docs' chart with further arguments in the call of the templates of the Deployment and of the test.
fn calling(with: &str) -> Chart {
    let chart = app();
    for path in ["templates/deployment.yaml", "templates/tests/pilotfish.yaml"] {
        let text = text_in(&chart, path);
        chart.write(path, &text.replace("\"root\" $", &format!("\"root\" $ {with}")));
    }
    chart
}

#[test]
fn other_lists_have_each_entry_once_or_say_which_is_there_twice() {
    let (ca, other) = (r#"{"name": "ca", "secret": {"secretName": "ca"}}"#, r#"{"name": "ca", "emptyDir": {}}"#);
    let mount = |path: &str| format!(r#"{{"name": "ca", "mountPath": "{path}"}}"#);
    let lists = |entries: &[&str]| format!("[{}]", entries.join(", "));
    for (key, entries, expected) in [
        ("volumes", lists(&[ca, ca]), None),
        ("volumes", lists(&[ca, other]), Some("app: volumes: ca appears twice, with different content")),
        ("volumeMounts", lists(&[&mount("/a"), &mount("/a")]), None),
        ("volumeMounts", lists(&[&mount("/a"), &mount("/a/b")]), None),
        ("volumeMounts", lists(&[&mount("/a"), &mount("/a/")]), Some("app: volumeMounts: /a appears twice")),
        ("volumeMounts", lists(&[&mount("/etc/pilotfish")]), Some("volumeMounts: /etc/pilotfish is pilotfish's own")),
        ("volumeMounts", lists(&[&mount("/etc/pilotfish/")]), Some("volumeMounts: /etc/pilotfish is pilotfish's own")),
        ("volumeMounts", lists(&[&mount("/etc/pilotfish.d")]), None),
        (
            "volumeMounts",
            lists(&[&mount("/var/run/secrets/kubernetes.io/serviceaccount")]),
            Some("serviceaccount is pilotfish's own"),
        ),
    ] {
        let chart = app();
        let option = set(key, &entries);
        for mode in [set("mode", "native"), set("mode", "classic")] {
            let options = ["--set-json", option.as_str(), "--set", mode.as_str()];
            match expected {
                Some(expected) => {
                    let said = chart.refusal(&options);
                    assert!(said.contains(expected), "{entries}: {said}");
                }
                None => assert_once(&chart.objects(&options)),
            }
        }
    }
    // The argument of the test's template and the workload's own, together.
    let chart = calling("\"volumes\" (list (dict \"name\" \"ca\" \"secret\" (dict \"secretName\" \"ca\")))");
    assert_once(&chart.objects(&["--set-json", &set("volumes", &lists(&[ca]))]));
    let said = chart.refusal(&["--set-json", &set("volumes", &lists(&[other]))]);
    assert!(said.contains("volumes: ca appears twice"), "{said}");
    let chart = calling("\"volumes\" \"- {name: pilotfish-config, emptyDir: {}}\"");
    let said = chart.refusal(&[]);
    assert!(said.contains("volumes: pilotfish-config is pilotfish's own"), "{said}");
}

#[test]
fn init_containers_and_credentials_too() {
    let twice = calling("\"initContainers\" \"[{name: a, image: x}, {name: b, image: y}, {name: a, image: z}]\"");
    let said = twice.refusal(&[]);
    assert!(said.contains("app: initContainers: a appears twice"), "{said}");
    let variables = "[{name: V, value: a}, {name: W, value: b}, {name: V, value: c}]";
    let given = calling(&format!("\"initContainers\" \"[{{name: a, image: x, env: {variables}}}]\"")).objects(&[]);
    assert_once(&given);
    let env = container(pod(&given, "app"), "initContainers", "a")["env"].clone();
    assert_eq!(env, json!([{"name": "V", "value": "c"}, {"name": "W", "value": "b"}]));
    // Numbers stay what they are on the way through.
    let user = "\"initContainers\" \"[{name: a, image: x, securityContext: {runAsUser: 1000660000}}]\"";
    let given = calling(user).objects(&[]);
    assert_eq!(container_names(pod(&given, "app"), "initContainers"), ["pilotfish", "a"]);
    let migrate = container(pod(&given, "app"), "initContainers", "a");
    assert_eq!(migrate["securityContext"]["runAsUser"], 1_000_660_000);
    let secrets = "imagePullSecrets=[{\"name\": \"a\"}, {\"name\": \"b\"}, {\"name\": \"a\"}]";
    for object in todo(&["--set-json", secrets]) {
        let pod = object["spec"].get("template").map_or(&object["spec"], |template| &template["spec"]);
        assert!(pod.get("containers").is_none() || pod["imagePullSecrets"] == json!([{"name": "a"}, {"name": "b"}]));
    }
    let source = app();
    let file = source.path().join("prober.yaml");
    let options = ["-f", file.to_str().expect("UTF-8"), "--set-json", &format!("prober.{secrets}")];
    assert_once(&objects("probes", &repository("deploy/charts/pilotfish"), &options));
    let option = r#"prober.volumes=[{"name": "a", "emptyDir": {}}, {"name": "a", "secret": {"secretName": "s"}}]"#;
    let options = ["-f", file.to_str().expect("UTF-8"), "--set-json", option];
    let ran = template("probes", &repository("deploy/charts/pilotfish"), &options);
    assert!(ran.code != 0 && ran.stderr.contains("probes-pilotfish-prober: volumes: a appears twice"), "{ran:?}");
}

/// What pilotfish mounts and what the pod of the example has stand in one list.
#[test]
fn a_volume_of_the_example_is_not_hidden_by_one_of_pilotfish() {
    for (part, name) in [("frontend", "app"), ("backend", "app"), ("database", "tmp")] {
        let option = |name: &str| {
            format!(
                "pilotfish.workloads.{part}.volumes=[{{\"name\": \"{name}\", \"secret\": {{\"secretName\": \"s\"}}}}]"
            )
        };
        let ran = template("todo", &repository("deploy/charts/todo"), &["--set-json", &option(name)]);
        let expected = format!("todo-{part}: volumes: {name} appears twice, with different content");
        assert!(ran.code != 0 && ran.stderr.contains(&expected), "{ran:?}");
        todo(&["--set-json", &option("other"), "--set", "database.persistence.enabled=false"]);
    }
}

/// The public template that your own container's variables can use, too.
#[test]
fn the_apps_own_container_can_use_it() {
    let chart = app();
    let text = text_in(&chart, "templates/deployment.yaml");
    let merged = "(include \"pilotfish.v1.mergeEnv\" (dict \"lists\" (list (include \"app.env\" $) (list (dict \"name\" \"PGHOST\" \"value\" \"mine\")))))";
    let text = text.replace("{{- include \"app.env\" $ | nindent 12 }}", &format!("{{{{- {merged} | nindent 12 }}}}"));
    let text = text.replace("\"env\" (include \"app.env\" $)", &format!("\"env\" {merged}"));
    assert_eq!(text.matches("mergeEnv").count(), 2);
    chart.write("templates/deployment.yaml", &text);
    let objects = chart.objects(&[]);
    assert_once(&objects);
    let app = container(pod(&objects, "app"), "containers", "app");
    assert_eq!(app["env"][0], json!({"name": "PGHOST", "value": "mine"}));
    assert_eq!(app["env"], container(pod(&objects, "app"), "initContainers", "pilotfish")["env"]);
}
