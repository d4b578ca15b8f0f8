//! What docs/kubernetes.md shows is run: the files of its chart, its commands, its configurations, its arithmetic.

use super::app;
use crate::support::helm::{assert_config, helm, text_of};

/// The fenced blocks: what stands behind the fence, and the text.
fn blocks() -> Vec<(String, String)> {
    let text = text_of("docs/kubernetes.md");
    let mut parts = text.split("\n```");
    parts.next();
    let mut found = Vec::new();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let (about, text) = block.split_once('\n').expect("a block has lines");
        found.push((about.trim().to_owned(), format!("{text}\n")));
    }
    found
}

/// The files of the docs' chart, by path.
pub(super) fn files() -> Vec<(String, String)> {
    let file = |(about, text): (String, String)| Some((about.strip_prefix("yaml ")?.to_owned(), text));
    let files: Vec<_> = blocks().into_iter().filter_map(file).filter(|(path, _)| path != "pilotfish.yaml").collect();
    assert_eq!(files.len(), 6, "{files:?}");
    files
}

#[test]
fn its_commands_work_in_its_chart() {
    let chart = app();
    let mut ran = 0;
    for (_, text) in blocks().into_iter().filter(|(about, _)| about == "sh") {
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[0], "helm", "{line}");
            let result = helm(chart.path(), &words[1..]);
            assert_eq!(result.code, 0, "{line}\n{}{}", result.stdout, result.stderr);
            ran += 1;
        }
    }
    assert!(ran >= 5, "{ran} commands");
}

#[test]
fn its_configurations_are_configurations() {
    let configs: Vec<_> = blocks().into_iter().filter(|(about, _)| about == "yaml pilotfish.yaml").collect();
    assert!(configs.len() >= 3, "{configs:?}");
    for (_, text) in configs {
        assert_config(&text);
    }
}

/// The longest time until a check is down, in seconds, by the rules of timing: from a dependency's end until the last run that
/// settles it has failed. A failing run takes `lasts`; `login` is a rejected one, which doubles the interval instead.
fn until_down(interval: f64, threshold: u32, lasts: f64, login: bool) -> f64 {
    let quick = (interval / 4.0).max(1.0).min(interval);
    // The first moment of the grid after the end of the run before.
    let step = quick * ((lasts / quick).floor() + f64::from(u32::from(lasts > 0.0))).max(1.0);
    let waits = (1..threshold)
        .map(|number| if login { (interval * f64::from(1 << number)).min(300.0).max(interval) } else { step });
    interval + waits.sum::<f64>() + lasts
}

#[test]
fn its_arithmetic_is_right() {
    let text = text_of("docs/kubernetes.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| `interval` | `failure_threshold` |")).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in rows {
        let number = |cell: &str| {
            let text: String = cell.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            text.parse::<f64>().unwrap_or_else(|_| panic!("{cell:?} in {row}"))
        };
        let cells: Vec<f64> = row.trim_matches('|').split('|').map(|cell| number(cell.trim())).collect();
        let (interval, threshold) = (cells[0], cells[1] as u32);
        let timeout = interval.min(5.0);
        let down = [(0.0, false), (timeout, false), (0.0, true)]
            .map(|(lasts, login)| until_down(interval, threshold, lasts, login));
        let kubelet = 2.0 * 5.0;
        let expected: Vec<f64> = down.into_iter().chain(down.map(|seconds| seconds + kubelet)).collect();
        assert_eq!(cells[2..], expected[..], "{row}");
    }
}

/// When a probe counts as failed, in seconds: at most so long after answers of 503 began, and from when to when after silence
/// began. The kubelet asks every `period`; a probe that takes longer delays the next one until it is over.
fn counts(period: u64, timeout: u64, failures: u64) -> (u64, u64, u64) {
    let silent = (failures - 1) * period.max(timeout) + timeout;
    (failures * period, silent, silent + period)
}

#[test]
fn its_trade_between_answers_and_silence_is_right() {
    let text = text_of("docs/kubernetes.md");
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
    };
    let rows = text.lines().skip_while(|line| !line.starts_with("| `probes.readiness` |")).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).map(numbers).collect();
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in &rows {
        let (answer, from, to) = counts(row[0], row[1], row[2]);
        assert_eq!(row[3..], [answer, from, to], "{row:?}");
    }
    // The first row is what the chart sets, and liveness is in the text below.
    let objects = app().objects(&[]);
    let sidecar = super::container(super::pod(&objects, "app"), "initContainers", "pilotfish").clone();
    let of = |probe: &str| {
        ["periodSeconds", "timeoutSeconds", "failureThreshold"].map(|key| sidecar[probe][key].as_u64().expect("set"))
    };
    assert_eq!(rows[0][..3], of("readinessProbe"));
    let [period, timeout, failures] = of("livenessProbe");
    let (_, from, to) = counts(period, timeout, failures);
    let said = format!(
        "`{{periodSeconds: {period}, timeoutSeconds: {timeout}, failureThreshold: {failures}}}`) restarts pilotfish after {from} to {to} s"
    );
    assert!(text.contains(&said), "{said}");
    // A busy node must not restart what only waits for CPU before it takes it out.
    assert!(from > rows[0][5], "liveness gives up later than readiness");
    let longer = rows[0][5] - rows[1][5];
    assert!(text.contains(&format!("keeps its traffic {longer} s longer")), "{longer}");
}
