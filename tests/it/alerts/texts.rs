//! The texts of the alerts and the dashboard by cause and by code: made from the program's own tables.

use std::fmt::Write as _;

use pilotfish::cause::Cause;
use pilotfish::env::{Env as _, ProcessEnv};
use pilotfish::finding::Severity;
use pilotfish::findings::{Entry, FAMILIES};
use serde_json::{Map, Value, json};

use super::read;
use crate::support::helm::{repository, text_of};

/// Says that what is made from the code is to be written instead of compared.
const WRITE: &str = "PILOTFISH_WRITE_DOCS";

/// The causes of a check now.
const CAUSES: &str = "{{- with printf \"namespace_job_check_cause:pilotfish_check_failure:count{cluster=%q,namespace=%q,job=%q,check=%q}\" $labels.cluster $labels.namespace $labels.job $labels.check | query | sortByLabel \"cause\" }}";

/// What the alert says of a cause.
pub(super) fn runbook(cause: Cause) -> String {
    sentences(cause.info().meaning, cause.info().remedy)
}

fn sentences(meaning: &str, remedy: &str) -> String {
    format!("{}. {}.", capital(meaning), capital(remedy))
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.iter().copied().flatten()
}

/// One line of a template for each value of a label.
fn branches<'a>(value_of: &str, texts: impl Iterator<Item = (&'a str, String)>) -> String {
    let indent = " ".repeat(12);
    let mut lines = String::new();
    for (value, text) in texts {
        assert!(!text.contains("{{") && !text.contains('\n'), "{text}");
        let line = format!("{{{{- if eq {value_of} \"{value}\" }}}}{text}{{{{ end }}}}");
        writeln!(lines, "{indent}{line}").expect("a String takes every text");
    }
    lines
}

/// The text with the block scalar under this anchor written anew.
fn with_block(text: &str, anchor: &str, block: &str) -> String {
    let head = format!("          runbook: &{anchor} |-\n");
    let (before, rest) = text.split_once(&head).unwrap_or_else(|| panic!("no {head}"));
    let indented = |line: &&str| line.starts_with(&" ".repeat(12));
    let after: String = rest.split_inclusive('\n').skip_while(indented).collect();
    format!("{before}{head}{block}{after}")
}

/// The file of the repository is as made from the code.
pub(super) fn keep(path: &str, text: &str) {
    if ProcessEnv.var(WRITE).is_some() {
        std::fs::write(repository(path), text).expect("it is writable");
    }
    assert!(text_of(path) == text, "{path} is not as the code says: make docs writes it anew");
}

#[test]
fn the_runbooks_are_as_the_code_says() {
    let causes = Cause::ALL.iter().map(|cause| (cause.slug(), runbook(*cause)));
    let errors = entries().filter(|entry| entry.severity == Severity::Error);
    let findings = errors.map(|entry| (entry.code, sentences(entry.meaning, entry.remedy)));
    let text = read("prometheus/alerts.yaml");
    let indent = " ".repeat(12);
    let each = format!("{indent}{CAUSES}{{{{ range $index, $one := . }}}}{{{{ if $index }}}} {{{{ end }}}}\n");
    let causes = branches("(label \"cause\" $one)", causes);
    let text = with_block(&text, "causes", &format!("{each}{causes}{indent}{{{{- end }}}}{{{{ end }}}}\n"));
    keep("deploy/prometheus/alerts.yaml", &with_block(&text, "findings", &branches("$labels.code", findings)));
}

/// What a column of the dashboard shows instead of a cause or a code.
fn mappings<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let options =
        texts.enumerate().map(|(index, (word, text))| (word.to_owned(), json!({"text": text, "index": index})));
    json!([{"type": "value", "options": options.collect::<Map<_, _>>()}])
}

#[test]
fn the_dashboards_words_are_as_the_code_says() {
    const DEGRADED: (&str, &str, &str) = (
        "degraded",
        "it passes, but only through a fallback, or despite a failure that does not take it down",
        "run `pilotfish check` in one of the pods to see what was tried",
    );
    let causes = || Cause::ALL.iter().map(|cause| (cause.slug(), cause.info()));
    let codes = || entries().map(|entry| (entry.code, entry.meaning, entry.remedy)).chain([DEGRADED]);
    let mut dashboard: Value = serde_json::from_str(&read("grafana/dashboard.json")).expect("it is JSON");
    let mut written = 0;
    for panel in dashboard["panels"].as_array_mut().expect("a list") {
        for field in panel["fieldConfig"]["overrides"].as_array_mut().into_iter().flatten() {
            let mapped = match field["matcher"]["options"].as_str() {
                Some("cause_meaning") => mappings(causes().map(|(slug, info)| (slug, info.meaning))),
                Some("cause_remedy") => mappings(causes().map(|(slug, info)| (slug, info.remedy))),
                Some("finding_meaning") => mappings(codes().map(|(code, meaning, _)| (code, meaning))),
                Some("finding_remedy") => mappings(codes().map(|(code, _, remedy)| (code, remedy))),
                _ => continue,
            };
            let properties = field["properties"].as_array_mut().expect("a list");
            properties.retain(|property| property["id"] != "mappings");
            properties.push(json!({"id": "mappings", "value": mapped}));
            written += 1;
        }
    }
    assert_eq!(written, 4);
    let text = serde_json::to_string_pretty(&dashboard).expect("JSON can be written") + "\n";
    keep("deploy/grafana/dashboard.json", &text);
}
