//! The dashboard: each of its queries is put to a Prometheus that scrapes a running sidecar.

use serde_json::Value;

use super::read;
use crate::support::prometheus::{Prometheus, encoded};
use crate::support::until;

fn dashboard() -> Value {
    serde_json::from_str(&read("grafana/dashboard.json")).expect("it is JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// As Grafana asks, where everything is chosen.
fn substituted(expr: &str) -> String {
    expr.replace("$namespace", ".*").replace("$job", ".*").replace("$check", ".*").replace("$__rate_interval", "5s")
}

/// Every panel's queries are answered, and with data: in this world something is down, and something is degraded.
pub(super) fn answers(prometheus: &Prometheus) {
    let dashboard = dashboard();
    for variable in list(&dashboard["templating"], "list").iter().filter(|variable| variable["type"] == "query") {
        let values = values_of(prometheus, variable["query"]["query"].as_str().expect("a query"));
        let expected: &[&str] = match variable["name"].as_str().expect("a name") {
            "namespace" => &["shop"],
            "job" => &["backend"],
            _ => &["backend", "cache", "database", "shop", "workers"],
        };
        assert_eq!(values, expected, "{variable}");
    }
    for panel in list(&dashboard, "panels") {
        for target in list(panel, "targets") {
            let expr = target["expr"].as_str().expect("a query");
            let query = substituted(expr);
            assert!(!query.replace("\"$1\"", "").contains('$'), "{query}");
            let ask = || {
                let asked = format!("query?query={}", encoded(&query));
                prometheus.ask(&asked).unwrap_or_else(|error| panic!("{}: {query}: {error}", panel["title"]))
            };
            until(&format!("{} shows something: {query}", panel["title"]), || !list(&ask(), "result").is_empty());
            // Where no pilotfish is seen, nothing is known: no figure, and so no reassuring colour.
            if panel["type"] == "stat" {
                let of_nobody = substituted(&expr.replace("$job", "nobody"));
                assert_eq!(prometheus.query(&of_nobody), [], "{}: {of_nobody}", panel["title"]);
            }
        }
    }
    the_first_table_tells_all(prometheus, &dashboard);
}

/// `label_values(SERIES, LABEL)`, as Grafana asks for it.
fn values_of(prometheus: &Prometheus, query: &str) -> Vec<String> {
    let inside = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).expect("label_values");
    let (series, label) = inside.rsplit_once(", ").expect("a series and a label");
    let data = prometheus.api(&format!("label/{label}/values?match[]={}", encoded(&substituted(series))));
    data.as_array().expect("a list").iter().map(|value| value.as_str().expect("text").to_owned()).collect()
}

/// What is down, why, in how many pods of how many, and since when: rows that Grafana can put together, since the labels
/// of all three queries are the same but for the texts.
fn the_first_table_tells_all(prometheus: &Prometheus, dashboard: &Value) {
    let table = list(dashboard, "panels").iter().find(|panel| panel["type"] == "table").expect("a table");
    let queries: Vec<String> =
        list(table, "targets").iter().map(|target| substituted(target["expr"].as_str().expect("a query"))).collect();
    let of_database = |rows: Vec<(Value, String)>| rows.into_iter().find(|(labels, _)| labels["check"] == "database");
    let row = |at: usize| of_database(prometheus.query(&queries[at])).expect("it has a row");
    let [pods, of, since] = [0, 1, 2].map(row);
    assert_eq!((&*pods.1, &*of.1), ("1", "1"));
    assert!(since.1.parse::<f64>().is_ok_and(|since| since > 1.7e12), "milliseconds: {since:?}");
    let mut labels = pods.0.as_object().expect("labels").clone();
    for copy in ["cause_meaning", "cause_remedy"] {
        assert_eq!(labels.shift_remove(copy).as_ref(), labels.get("cause"), "its text is looked up by it");
    }
    assert_eq!(
        (labels.get("check"), labels.get("cause")),
        (Some(&"database".into()), Some(&"password_rejected".into()))
    );
    assert_eq!(Some(&labels), of.0.as_object());
    assert_eq!(Some(&labels), since.0.as_object());
}

#[test]
fn every_panel_says_what_it_shows_and_none_lies_on_another() {
    let dashboard = dashboard();
    let panels = list(&dashboard, "panels");
    let place = |panel: &Value| {
        ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap_or_else(|| panic!("{key} of {panel}")))
    };
    for (at, panel) in panels.iter().enumerate() {
        let [x, y, w, h] = place(panel);
        assert!(x + w <= 24, "{panel}");
        for other in &panels[..at] {
            let [left, top, width, height] = place(other);
            let apart = x >= left + width || left >= x + w || y >= top + height || top >= y + h;
            assert!(apart, "{} lies on {}", panel["title"], other["title"]);
            assert_ne!(panel["id"], other["id"], "{panel}");
        }
        if panel["type"] != "row" {
            assert!(!list(panel, "targets").is_empty(), "{panel}");
            assert_ne!(panel["description"].as_str().unwrap_or_default(), "", "{panel}");
            assert_eq!(panel["datasource"]["uid"], "${datasource}");
            // A rate over fewer than two scrapes is nothing, and a scrape interval may be a minute.
            let rates =
                list(panel, "targets").iter().any(|target| target["expr"].to_string().contains("$__rate_interval"));
            assert_eq!(panel.get("interval").is_some(), rates, "{}", panel["title"]);
        }
    }
}

/// Without it Grafana gives a figure that is not there the colour of the lowest: red where no check has a certificate.
#[test]
fn a_figure_that_is_not_there_is_neither_green_nor_red() {
    for panel in list(&dashboard(), "panels").iter().filter(|panel| panel["type"] == "stat") {
        let nothing = &panel["fieldConfig"]["defaults"]["mappings"][0];
        assert_eq!((&nothing["type"], &nothing["options"]["match"]), (&"special".into(), &"null+nan".into()));
        assert_eq!(nothing["options"]["result"]["color"], "#808080", "{}", panel["title"]);
    }
}

/// What Grafana writes where a table's queries have no rows: on a day on which all is well.
#[test]
fn a_table_without_rows_says_that_there_is_nothing() {
    for panel in list(&dashboard(), "panels").iter().filter(|panel| panel["type"] == "table") {
        let said = panel["fieldConfig"]["defaults"]["noValue"].as_str().unwrap_or_default();
        assert!(said.starts_with("nothing"), "{}: {said:?}", panel["title"]);
    }
}
