//! The values' schema holds the configuration's own, word for word; and every copy in the repository is one.
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
