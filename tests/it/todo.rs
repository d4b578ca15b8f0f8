//! The example application: wired pod by pod, its Secret by reference, anything a parameter; and it works.

use serde_json::{Value, json};

use crate::chart::{container, container_names, pod};
use crate::support::helm::{helm, names, object, objects, repository};
use crate::support::http::HttpServer;
use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::{Folder, Running, free_port, need, pilotfish, run, until, until_listening};

fn todo(options: &[&str]) -> Vec<Value> {
    objects("todo", &repository("deploy/charts/todo"), options)
}

fn variable<'a>(container: &'a Value, name: &str) -> &'a Value {
    let all = container["env"].as_array().expect("variables");
    all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}: {container}"))
}

#[test]
fn every_pod_has_a_pilotfish_that_sees_what_the_app_sees() {
    let ran = helm(&repository("deploy/charts/todo"), &["lint", "--strict", "."]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let objects = todo(&[]);
    for (kind, part, own) in [
        ("Deployment", "frontend", "frontend"),
        ("Deployment", "backend", "backend"),
        ("StatefulSet", "database", "postgres"),
    ] {
        let workload = object(&objects, kind, &format!("todo-{part}"));
        let pod = &workload["spec"]["template"];
        assert_eq!(container_names(pod, "containers"), [own]);
        let (app, sidecar) = (container(pod, "containers", own), container(pod, "initContainers", "pilotfish"));
        assert_eq!(app["env"], sidecar["env"]);
        object(&objects, "ConfigMap", &format!("todo-{part}-pilotfish"));
        assert_eq!(app["securityContext"]["capabilities"], json!({"drop": ["ALL"]}));
        assert_eq!(pod["spec"]["securityContext"]["runAsNonRoot"], true);
    }
    assert_eq!(
        names(&objects).iter().filter(|name| name.starts_with("Pod ")).count(),
        2,
        "helm test: frontend and backend"
    );
}

#[test]
fn one_secret_is_referred_to_and_never_made() {
    let objects = todo(&["--set", "database.secret.name=mine,database.secret.key=pw"]);
    let reference = json!({"secretKeyRef": {"name": "mine", "key": "pw"}});
    let database = &object(&objects, "StatefulSet", "todo-database")["spec"]["template"];
    let backend = pod(&objects, "todo-backend");
    assert_eq!(variable(container(database, "containers", "postgres"), "POSTGRES_PASSWORD")["valueFrom"], reference);
    assert_eq!(variable(container(backend, "containers", "backend"), "PGPASSWORD")["valueFrom"], reference);
    assert!(names(&objects).iter().all(|name| !name.starts_with("Secret")));
    for object in &objects {
        let text = object.to_string();
        assert!(!text.contains("postgres://"), "no URL: {text}");
    }
}

#[test]
fn anything_can_stand_in() {
    let objects = todo(&[
        "--set",
        "backend.image=stub:1,backend.command={/stub,serve},backend.args={--port,8000},backend.livePath=/,frontend.image=stub:2",
        "--set",
        "frontend.command={/stub},database.image=stub:3,database.command={/pg},database.args={-p},database.readinessProbe=null",
        "--set",
        "backend.initContainers[0].name=migrate,backend.initContainers[0].image=m,pilotfish.workloads.backend.order=after: migrate",
        "--set",
        "backend.env[0].name=REDIS_HOST,backend.env[0].value=redis,pilotfish.defaults.image.repository=mine/pilotfish",
        "--set",
        "pilotfish.workloads.backend.config.checks[0].name=cache,pilotfish.workloads.backend.config.checks[0].tcp.address=redis:6379",
    ]);
    let private = todo(&["--set", "imagePullSecrets[0].name=registry"]);
    for object in &private {
        let pod = if object["kind"] == "Pod" { &object["spec"] } else { &object["spec"]["template"]["spec"] };
        assert!(pod.is_null() || pod["imagePullSecrets"] == json!([{"name": "registry"}]), "{object}");
    }
    let pod = pod(&objects, "todo-backend");
    let backend = container(pod, "containers", "backend");
    assert_eq!(
        (&backend["image"], &backend["command"], &backend["args"]),
        (&json!("stub:1"), &json!(["/stub", "serve"]), &json!(["--port", "8000"]))
    );
    assert_eq!(backend["livenessProbe"]["httpGet"]["path"], "/");
    assert_eq!(container_names(pod, "initContainers"), ["migrate", "pilotfish"]);
    let sidecar = container(pod, "initContainers", "pilotfish");
    assert_eq!(variable(sidecar, "REDIS_HOST")["value"], "redis");
    assert_eq!(sidecar["image"], concat!("mine/pilotfish:", env!("CARGO_PKG_VERSION")));
    let config = &object(&objects, "ConfigMap", "todo-backend-pilotfish")["data"]["pilotfish.yaml"];
    assert!(config.as_str().is_some_and(|text| text.contains("redis:6379")), "{config}");
    let database = &object(&objects, "StatefulSet", "todo-database")["spec"]["template"];
    assert_eq!(container(database, "containers", "postgres").get("readinessProbe"), None);
}

#[test]
fn a_cache_can_be_switched_on() {
    let without = todo(&[]);
    assert!(without.iter().all(|object| !object.to_string().contains("REDIS")), "nothing of it");
    let objects = todo(&["--set", "redis.enabled=true,redis.secret.name=mine,redis.port=6380"]);
    let (redis, backend) = (pod(&objects, "todo-redis"), pod(&objects, "todo-backend"));
    let (server, beside) = (container(redis, "containers", "redis"), container(redis, "initContainers", "pilotfish"));
    assert_eq!(server["env"], beside["env"]);
    let reference = json!({"secretKeyRef": {"name": "mine", "key": "password"}});
    for container in
        [server, container(backend, "containers", "backend"), container(backend, "initContainers", "pilotfish")]
    {
        assert_eq!(variable(container, "REDIS_PASSWORD")["valueFrom"], reference);
        assert_eq!(variable(container, "REDIS_PORT")["value"], "6380");
    }
    assert_eq!(variable(container(backend, "containers", "backend"), "REDIS_HOST")["value"], "todo-redis");

    let (folder, real) = (Folder::new(), crate::support::redis::Server::with_password());
    for (part, name) in [("backend", "cache"), ("redis", "secret")] {
        let config = config(&objects, part, &folder);
        for (password, expected) in [("sesame", ""), ("another", "password_rejected")] {
            let mut command = pilotfish();
            command.env_clear().envs([("REDIS_HOST", "127.0.0.1"), ("REDIS_PASSWORD", password)]);
            command.env("REDIS_PORT", real.port.to_string());
            let ran = run(command.args(["check", "-o", "json", "-c", &config]));
            let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
            let checks = report["checks"].as_array().expect("checks");
            let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{report:#}"));
            assert_eq!(check["failure"]["cause"].as_str().unwrap_or_default(), expected, "{check:#}");
        }
    }
}

#[test]
fn a_shared_secret_can_be_switched_on() {
    let without = todo(&[]);
    assert!(without.iter().all(|object| !object.to_string().contains("JWT_SECRET")), "nothing of it");
    let objects = todo(&["--set", "sharedSecret.enabled=true,sharedSecret.secret.name=mine"]);
    let reference = json!({"secretKeyRef": {"name": "mine", "key": "secret"}});
    let folder = Folder::new();
    let peer = crate::support::same_secret::honest("uN3v7Qm2xZk9LwRt5BcY8pHs4DfGjA6e");
    for (part, other) in [("frontend", "backend"), ("backend", "frontend")] {
        let pod = pod(&objects, &format!("todo-{part}"));
        for container in [container(pod, "containers", part), container(pod, "initContainers", "pilotfish")] {
            assert_eq!(variable(container, "JWT_SECRET")["valueFrom"], reference);
            assert_eq!(variable(container, "PILOTFISH_PEER")["value"], format!("http://todo-{other}:9809"));
        }
        let ports = &object(&objects, "Service", &format!("todo-{part}"))["spec"]["ports"];
        assert!(ports.to_string().contains("9809"), "{ports}");
        for (secret, expected) in
            [("uN3v7Qm2xZk9LwRt5BcY8pHs4DfGjA6e", ""), ("Zq8Lm4Xn1Vb6Cw9Rt2Yp7Hs5DfGkJ3aE", "secret_mismatch")]
        {
            let mut command = pilotfish();
            command.env_clear().env("JWT_SECRET", secret).env("PILOTFISH_PEER", format!("http://{peer}"));
            let config = config(&objects, part, &folder);
            let ran = run(command.args(["check", "-o", "json", "--only", "jwt-secret", "-c", &config]));
            let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
            let check = &report["checks"][0];
            assert_eq!(check["failure"]["cause"].as_str().unwrap_or_default(), expected, "{check:#}");
        }
    }
}

#[test]
fn names_follow_the_release() {
    let objects = objects("other", &repository("deploy/charts/todo"), &[]);
    let backend = pod(&objects, "other-todo-backend");
    assert_eq!(variable(container(backend, "initContainers", "pilotfish"), "PGHOST")["value"], "other-todo-database");
    let frontend = pod(&objects, "other-todo-frontend");
    assert_eq!(
        variable(container(frontend, "containers", "frontend"), "BACKEND_URL")["value"],
        "http://other-todo-backend:8000"
    );
}

/// The configuration of one part, as its pod gets it; but here everything is on loopback, and runs before.
#[test]
fn keys_and_origins_can_be_switched_on() {
    let without = todo(&[]);
    let named = ["FRONTEND_URL", "signing-keys", "cors"];
    assert!(
        without.iter().all(|object| named.iter().all(|name| !object.to_string().contains(name))),
        "nothing of them"
    );
    let origin = "cors.check.http.cors.origin=https://shop.example.com";
    let objects = todo(&["--set", &format!("jwks.enabled=true,cors.enabled=true,{origin}")]);
    let backend = container(pod(&objects, "todo-backend"), "initContainers", "pilotfish");
    assert_eq!(variable(backend, "FRONTEND_URL")["value"], "http://todo-frontend:3000");
    let key = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let keys = HttpServer::always(200, "", key);
    let open = HttpServer::always(
        200,
        "access-control-allow-origin: https://shop.example.com\r\nvary: Origin\r\n\
        access-control-allow-headers: content-type\r\n",
        "",
    );
    let closed = HttpServer::always(200, "", "{}");
    let folder = Folder::new();
    for (part, name, variable, server, expected) in [
        ("backend", "signing-keys", "FRONTEND_URL", &keys, ""),
        ("backend", "signing-keys", "FRONTEND_URL", &closed, "jwks_invalid"),
        ("frontend", "cors", "BACKEND_URL", &open, ""),
        ("frontend", "cors", "BACKEND_URL", &closed, "cors_denied"),
    ] {
        let config = config(&objects, part, &folder);
        let mut command = pilotfish();
        command.env_clear().env(variable, server.url(""));
        let ran = run(command.args(["check", "-o", "json", "--only", name, "-c", &config]));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        let check = &report["checks"][0];
        assert_eq!(check["failure"]["cause"].as_str().unwrap_or_default(), expected, "{check:#}");
    }
}

fn config(objects: &[Value], part: &str, folder: &Folder) -> String {
    let map = object(objects, "ConfigMap", &format!("todo-{part}-pilotfish"));
    let text = map["data"]["pilotfish.yaml"].as_str().expect("a text");
    assert!(text.contains("- gates:"), "{text}");
    let text = text.replace(
        "- gates:",
        "- starts_before: true
  gates:",
    );
    folder.write(&format!("{part}.yaml"), text)
}

#[test]
fn its_programs_and_checks_work_and_tell_a_wrong_password() {
    let cluster = Cluster::plain();
    cluster.sql("ALTER DATABASE app OWNER TO app");
    let objects = todo(&[]);
    let folder = Folder::new();
    let (database, backend, frontend) = (cluster.port.to_string(), free_port().to_string(), free_port().to_string());
    let url = format!("http://127.0.0.1:{backend}");
    let with = |password: &'static str| {
        move |command: &mut std::process::Command, port: &str, database: &str| {
            command.env_clear().envs([
                ("PGHOST", "127.0.0.1"),
                ("PGPORT", database),
                ("PGUSER", "app"),
                ("PGDATABASE", "app"),
                ("PGPASSWORD", password),
                ("PORT", port),
            ]);
        }
    };
    let program = |name: &str| repository("deploy/charts/todo/files").join(name);
    let mut python = std::process::Command::new(need("python3", "python3"));
    with(PASSWORD)(python.arg("-B").arg(program("backend.py")), &backend, &database);
    let _backend = Running::start(python.stderr(std::process::Stdio::null()));
    let mut node = std::process::Command::new(need("node", "nodejs"));
    node.arg(program("frontend.js")).env_clear().env("PORT", &frontend).env("BACKEND_URL", &url);
    let _frontend = Running::start(&mut node);
    let check = |part: &str, password: &'static str| {
        let mut command = pilotfish();
        with(password)(&mut command, "0", &database);
        command
            .env("BACKEND_URL", &url)
            .env("POSTGRES_USER", "app")
            .env("POSTGRES_DB", "app")
            .env("POSTGRES_PASSWORD", password);
        run(command.args(["check", "-o", "json", "-c", &config(&objects, part, &folder)]))
    };
    until_listening(([127, 0, 0, 1], backend.parse().expect("a port")).into());
    let ran = check("frontend", PASSWORD);
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in ["backend", "database"] {
        let ran = check(part, PASSWORD);
        assert_eq!(ran.code, 0, "{part}: {ran:?}");
        let ran = check(part, "another/p@ss#word");
        assert!(ran.code == 1 && ran.stdout.contains("password_rejected"), "{part}: {ran:?}");
    }
    let page = || {
        run(std::process::Command::new(need("curl", "curl")).args(["-s", &format!("http://127.0.0.1:{frontend}/")]))
            .stdout
    };
    until("the frontend has the page", || page().contains("feed the fish"));
}
