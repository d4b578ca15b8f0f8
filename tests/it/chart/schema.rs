//! The values' schema holds the configuration's own, word for word, but for one rule; and every copy in the repository is one.
//! `PILOTFISH_WRITE_SCHEMA=1` writes it anew.

use serde_json::{Map, Value};

use crate::support::helm::{files, repository, text_of};

const VALUES: &str = "deploy/charts/pilotfish/values.schema.json";

/// The chart's own definitions begin with this; all others are the configuration's.
const OWN: &str = "chart.";

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to write is not the product's to know")]
fn the_values_hold_the_schema_of_the_configuration() {
    let parse = |path: &str| serde_json::from_str::<Map<String, Value>>(&text_of(path)).expect("JSON");
    let mut config = parse("config.schema.json");
    let Some(Value::Object(theirs)) = config.shift_remove("$defs") else { panic!("it has definitions") };
    config.shift_remove("$schema");
    // That a check has exactly one kind: Helm would print one line for each kind that is not there. The templates say it in one.
    let check = config["properties"]["checks"]["items"].as_object_mut().expect("a check");
    assert!(check.shift_remove("oneOf").is_some(), "it has the rule");
    let values = parse(VALUES);
    let own = values["$defs"].as_object().expect("it has definitions").iter();
    let own = own.filter(|(name, _)| name.starts_with(OWN) && *name != "chart.configuration");
    let mut all: Map<String, Value> = own.map(|(name, schema)| (name.clone(), schema.clone())).collect();
    all.insert("chart.configuration".to_owned(), Value::Object(config));
    all.extend(theirs);
    let mut expected = values.clone();
    expected.insert("$defs".to_owned(), Value::Object(all));
    if std::env::var_os("PILOTFISH_WRITE_SCHEMA").is_some() {
        let text = serde_json::to_string_pretty(&expected).expect("JSON") + "\n";
        std::fs::write(repository(VALUES), text).expect("it is written");
    } else {
        assert!(values == expected, "{VALUES} is not what config.schema.json says; write it anew with `make schema`");
    }
}

/// A wrong kind, none, and two: each is one line that names the place.
#[test]
fn what_is_wrong_with_a_kind_is_one_line() {
    let chart = super::app();
    let said = |check: &str| {
        chart.write("kind.yaml", &format!("pilotfish: {{workloads: {{app: {{config: {{checks: [{check}]}}}}}}}}\n"));
        let said = chart.refusal(&["-f", "kind.yaml"]);
        let lines = said.lines().filter(|line| line.contains("checks"));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        assert_eq!(lines.len(), 1, "{check}: {said}");
        lines.into_iter().next().unwrap_or_default()
    };
    let at = "'/workloads/app/config/checks/0': additional properties";
    for (check, expected) in [
        ("{name: a, postgre: {url: {env: DATABASE_URL}}}", format!("{at} 'postgre' not allowed")),
        ("{name: a, Redis: {host: b}, gates: []}", format!("{at} 'Redis' not allowed")),
        ("{name: a, gatess: [], tcp: {address: \"b:1\"}}", format!("{at} 'gatess' not allowed")),
        ("{name: a, gates: []}", "config.checks[0]: the kind is missing: write one of tcp, tls, http".to_owned()),
        (
            "{name: a, tcp: {address: \"b:1\"}, redis: {host: b}}",
            "config.checks[0]: redis and tcp are both kinds: write one check for each".to_owned(),
        ),
    ] {
        let said = said(check);
        assert!(said.contains(&expected), "{check}: {said}");
    }
    let healthy = "pilotfish: {workloads: {app: {config: {checks: [{name: a, tcp: {address: \"b:1\"}, labels: {team: web}}]}}}}\n";
    chart.write("kind.yaml", healthy);
    chart.objects(&["-f", "kind.yaml"]);
}

/// What the templates know of a check's keys.
#[test]
fn the_templates_know_which_keys_are_kinds() {
    let schema: Value = serde_json::from_str(&text_of("config.schema.json")).expect("JSON");
    let check = &schema["properties"]["checks"]["items"];
    let rules = check["oneOf"].as_array().expect("one for each kind");
    let kinds: Vec<&str> = rules.iter().filter_map(|rule| rule["required"][0].as_str()).collect();
    let keys = check["properties"].as_object().expect("keys").keys();
    let common: Vec<String> = keys.filter(|key| !kinds.contains(&key.as_str())).map(|key| format!("{key:?}")).collect();
    let judge = text_of("deploy/charts/pilotfish/templates/v1/_judge.tpl");
    let list = format!("{{{{- $common := list {} -}}}}", common.join(" "));
    assert!(judge.contains(&list), "_judge.tpl has no {list}");
    assert!(judge.contains(&format!("write one of {}", kinds.join(", "))), "{kinds:?}");
}

#[test]
fn what_stands_twice_is_the_same() {
    for (one, other) in [
        ("deploy/prometheus/alerts.yaml", "deploy/charts/pilotfish/files/alerts.yaml"),
        ("deploy/prometheus/recording.yaml", "deploy/charts/pilotfish/files/recording.yaml"),
        ("deploy/grafana/dashboard.json", "deploy/charts/pilotfish/files/dashboard.json"),
    ] {
        let text = |path: &str| std::fs::read_to_string(repository(path)).ok();
        assert_eq!(text(one), text(other), "{one} and {other}: copy it with scripts/sync-charts");
    }
    let chart = files(&repository("deploy/charts/pilotfish"));
    let vendored = files(&repository("deploy/charts/todo/charts/pilotfish"));
    assert!(chart == vendored, "the example's copy of the chart is another: copy it with scripts/sync-charts");
}
