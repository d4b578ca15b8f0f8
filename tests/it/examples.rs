//! The complete configurations of examples/: each is valid, for the chart too, each of its checks runs, and the compose file does
//! what its comments say.

use std::process::Command;

use serde_json::Value;

use crate::chart::app;
use crate::readme::World;
use crate::support::helm::{documents, files, repository, text_of};
use crate::support::{PILOTFISH, Running, run, until};

const ENVIRONMENT: &str = "DATABASE_URL=postgres://app:wrong@db:5432/shop REDIS_URL=redis://cache:6379 KAFKA_USER=app KAFKA_PASSWORD=x1b2c3 MYSQL_URL=mysql://app:x1b2c3@db:3306/shop API_URL=http://backend:8000 NEXT_PUBLIC_API_URL=https://api.example.com AUTH_SECRET=0123456789abcdefghijklmnopqrstuv";

fn configurations() -> Vec<String> {
    let names = files(&repository("examples")).into_keys().map(|path| path.to_string_lossy().into_owned());
    let is_config = |name: &String| name.ends_with(".yaml") && name != "compose/compose.yaml";
    names.filter(is_config).map(|name| format!("examples/{name}")).collect()
}

#[test]
fn every_example_is_a_configuration_that_the_readme_lists() {
    let all = configurations();
    assert_eq!(all.len(), 6, "{all:?}");
    let index = text_of("examples/README.md");
    let chart = app();
    for path in all {
        let ran = run(Command::new(PILOTFISH).args(["config", "check", "-c"]).arg(repository(&path)));
        assert_eq!(ran.code, 0, "{path}: {ran:?}");
        let name = path.trim_start_matches("examples/");
        assert!(index.contains(&format!("]({name})")) || name.starts_with("compose/"), "{name} is not in the index");
        // The schema of the values accepts it, too.
        let indented: String = text_of(&path).lines().map(|line| format!("        {line}\n")).collect();
        let values = format!("pilotfish:\n  workloads:\n    app:\n      config:\n{indented}");
        chart.write("example.yaml", &values);
        chart.objects(&["-f", "example.yaml"]);
    }
}

/// The names lead to this machine or nowhere: most checks fail, each with a cause that says so.
#[test]
fn every_check_of_an_example_runs() {
    let world = World::start();
    // As the runtimes of containers set it.
    world.step("sysctl -qw 'net.ipv4.ping_group_range=0 2147483647'", 0);
    for path in configurations() {
        let count = documents(&text_of(&path))[0]["checks"].as_array().expect("checks").len();
        let command =
            format!("{ENVIRONMENT} pilotfish check -o json -c {} 2>/dev/null", repository(&path).to_string_lossy());
        let report: Value = serde_json::from_str(&world.step(&command, 0).stdout).expect("a report");
        let checks = report["checks"].as_array().expect("a list");
        assert_eq!(checks.len(), count, "{path}");
        for check in checks {
            let cause = check["failure"]["cause"].as_str().unwrap_or_default();
            let wrong = ["internal", "probe_limit", "url_malformed", "variable_missing", "stale"];
            assert!(!wrong.contains(&cause), "{path}: {check}");
        }
    }
}

fn words(list: &Value) -> String {
    list.as_array().expect("a list").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_compose_file_waits_and_watches() {
    let compose = documents(&text_of("examples/compose/compose.yaml")).remove(0);
    let services = &compose["services"];
    let (wait, watch) = (&services["wait"], &services["pilotfish"]);
    let database = &services["database"]["environment"];
    let word = |key: &str| database[key].as_str().expect("it is set");
    let url = format!(
        "postgres://{}:{}@database:5432/{}",
        word("POSTGRES_USER"),
        word("POSTGRES_PASSWORD"),
        word("POSTGRES_DB")
    );
    let image = format!("pilotfish:{}", env!("CARGO_PKG_VERSION"));
    for service in [wait, watch] {
        assert_eq!(service["environment"]["DATABASE_URL"], url, "the same as the database has");
        assert_eq!(service["image"], image);
        let volume = words(&service["volumes"]);
        let (file, target) = volume.trim_end_matches(":ro").split_once(':').expect("two paths");
        assert!(repository(&format!("examples/compose/{file}")).exists(), "{file}");
        assert!(words(&service["command"]).contains(target), "{target}");
    }
    // The image starts `pilotfish`. Where the password is wrong, the app does not start, and the fix is named.
    let config = repository("examples/compose/pilotfish.yaml").to_string_lossy().into_owned();
    let here = |service: &Value| words(&service["command"]).replace("/etc/pilotfish/pilotfish.yaml", &config);
    let world = World::start();
    let wrong = "DATABASE_URL=postgres://app:wrong@db:5432/shop";
    let waited = world.step(&format!("{wrong} pilotfish {} --permanent-after 1s --interval 100ms", here(wait)), 0);
    assert!(waited.code == 4 && waited.stdout.contains("password_rejected"), "{waited:?}");
    let mut serve = world.command("sh");
    serve.args(["-c", &format!("exec env {wrong} {PILOTFISH} {} 2>/dev/null", here(watch))]);
    let _sidecar = Running::start(&mut serve);
    let health = words(&watch["healthcheck"]["test"]);
    let health = health.strip_prefix("CMD ").expect("no shell");
    until("the health check names the cause", || {
        let asked = world.step(health, 0);
        asked.code == 1 && asked.stdout.contains("password_rejected")
    });
}
