//! The README of the chart is made from values.yaml and the schema of the values. `PILOTFISH_WRITE_DOCS=1` writes it.

use serde_json::Value;

use crate::readme::writes;
use crate::support::helm::{repository, text_of};

const README: &str = "deploy/charts/pilotfish/README.md";

/// A key of the values: its path, its default as values.yaml writes it, and the comment behind it.
struct Row {
    path: Vec<String>,
    default: String,
    comment: String,
}

/// The keys of a YAML text with their comments. A key that only holds other keys has a row if it has a comment.
fn rows(text: &str) -> Vec<Row> {
    let lines: Vec<&str> =
        text.lines().filter(|line| !matches!(line.trim_start().chars().next(), None | Some('#' | '-'))).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut rows = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let (key, rest) = line.trim_start().split_once(':').unwrap_or_else(|| panic!("a key: {line}"));
        open.retain(|(depth, _)| *depth < indent(line));
        open.push((indent(line), key.to_owned()));
        let (default, comment) = rest.split_once(" #").unwrap_or((rest, ""));
        let (default, comment) = (default.trim().to_owned(), comment.trim().to_owned());
        let holds_others = default.is_empty() && lines.get(index + 1).is_some_and(|next| indent(next) > indent(line));
        if !holds_others || !comment.is_empty() {
            rows.push(Row { path: open.iter().map(|(_, key)| key.clone()).collect(), default, comment });
        }
    }
    rows
}

/// What the schema says of a key.
fn described(schema: &Value, path: &[String]) -> String {
    let resolve = |at: &Value| match at["$ref"].as_str() {
        Some(name) => schema["$defs"][name.trim_start_matches("#/$defs/")].clone(),
        None => at.clone(),
    };
    let mut at = schema.clone();
    for key in path {
        let next = at["properties"].get(key).cloned().unwrap_or_else(|| at["additionalProperties"].clone());
        at = resolve(&next);
    }
    at["description"].as_str().unwrap_or_default().to_owned()
}

/// The comment above each key of the first column, as one text.
fn sections(values: &str) -> Vec<(String, String)> {
    let mut above = String::new();
    let mut found = Vec::new();
    for line in values.lines() {
        if let Some(comment) = line.strip_prefix('#') {
            above.push_str(comment);
        } else if let Some((key, _)) = line.split_once(':').filter(|(key, _)| !key.starts_with(' ')) {
            found.push((key.to_owned(), std::mem::take(&mut above).trim().to_owned()));
        } else if line.is_empty() {
            above.clear();
        }
    }
    found
}

/// The keys of a workload, which values.yaml lists in a comment.
fn workload(values: &str) -> String {
    let lines = values.lines().skip_while(|line| *line != "# workloads:").take_while(|line| line.starts_with('#'));
    let lines: Vec<&str> = lines.filter_map(|line| line.strip_prefix("# ")).collect();
    // What is below `config` is an example of a configuration.
    let depth = |line: &str| line.len() - line.trim_start().len();
    lines
        .iter()
        .filter(|line| depth(line) <= 4 || !line.contains("postgres"))
        .filter(|line| !["checks:", "- name:", "gates:"].iter().any(|word| line.trim_start().starts_with(word)))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn table(schema: &Value, rows: &[Row], shown_from: usize) -> String {
    let mut text = "| key | default | what it does |\n| --- | --- | --- |\n".to_owned();
    for row in rows {
        let comment = if row.comment.is_empty() { described(schema, &row.path) } else { row.comment.clone() };
        let comment = comment.replace('|', "\\|");
        let default = if row.default.is_empty() { String::new() } else { format!("`{}`", row.default) };
        text.push_str(&format!("| `{}` | {default} | {comment} |\n", row.path[shown_from..].join(".")));
    }
    text
}

const TOP: &str = r#"# The chart pilotfish

There is no public registry for pilotfish. Build the image (`make image`), push it to your registry, and name it: `--set pilotfish.defaults.image.repository=YOUR_REGISTRY/pilotfish`. For kind and minikube, [load it](../../../docs/kubernetes.md#quick-start-kind) without a registry.

This chart is a dependency of your own chart. It consists of named templates that your Deployment includes: [add the sidecar to a Deployment](../../../docs/tasks/sidecar.md). On its own it creates only what you enable. [kubernetes.md](../../../docs/kubernetes.md) explains the probes, the gates, and each message of `kubectl describe`.

The schema of the values validates every key, so a wrong key fails `helm lint`, `helm template` and `helm install`.

## A workload

"#;

fn made() -> String {
    let values = text_of("deploy/charts/pilotfish/values.yaml");
    let schema: Value = serde_json::from_str(&text_of("deploy/charts/pilotfish/values.schema.json")).expect("JSON");
    let workload = rows(&workload(&values));
    for key in schema["$defs"]["chart.workload"]["properties"].as_object().expect("keys").keys() {
        assert!(workload.iter().any(|row| row.path[2] == *key), "values.yaml does not list {key} of a workload");
    }
    let all = rows(&values);
    for key in schema["$defs"]["chart.prober"]["properties"].as_object().expect("keys").keys() {
        let has = |row: &Row| row.path[0] == "prober" && row.path.get(1) == Some(key);
        let is_shared = workload.iter().any(|row| row.path[2] == *key);
        assert!(is_shared || all.iter().any(has), "values.yaml does not list prober.{key}");
    }
    let mut text = format!(
        "{TOP}Keys of `workloads.NAME`, and of `defaults` for all of them (except `name`, `enabled` and `config`).\n\n"
    );
    text.push_str(&table(&schema, &workload, 2));
    for (key, about) in sections(&values) {
        let rows: Vec<Row> = rows(&values).into_iter().filter(|row| row.path[0] == key).collect();
        if key == "workloads" {
            continue;
        }
        text.push_str(&format!("\n## {key}\n\n"));
        if !about.is_empty() {
            text.push_str(&format!("{about}\n\n"));
        }
        text.push_str(&table(&schema, &rows, 0));
    }
    text
}

#[test]
fn the_readme_of_the_chart_is_as_the_values_say() {
    let made = made();
    if writes() {
        std::fs::write(repository(README), made).expect("it is written");
    } else {
        assert!(text_of(README) == made, "{README} is not what values.yaml says: write it with `make docs`");
    }
}
