//! `pilotfish status`: the checks of a running sidecar as a table, as kubectl prints one.

use std::io::Write;
use std::time::Duration;

use hyper::{Method, StatusCode};
use tokio::time::sleep;

use super::sidecar::Sidecar;
use super::status_document::{self, CheckStatus, apart, now};
use crate::exit::Exit;
use crate::outcome::clean_text;

/// How often a watched sidecar is asked.
const WATCH_PAUSE: Duration = Duration::from_secs(1);
/// The longest cell, in bytes.
const CELL_LIMIT: usize = 200;
/// What stands in a cell without a value.
const NONE: &str = "-";

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A table.
    Table,
    /// The same with target and reason.
    Wide,
    /// The document as the sidecar gives it.
    Json,
}

/// Prints the checks of the sidecar at `url`; with `watch` each line again when its check changes, until it is stopped.
pub async fn run(url: &str, form: Form, watch: bool, out: &mut (dyn Write + Send)) -> Exit {
    let sidecar = match Sidecar::at(url) {
        Ok(sidecar) => sidecar,
        Err(usage) => return said(out, Exit::Usage, &usage),
    };
    let mut before: Vec<CheckStatus> = Vec::new();
    loop {
        let body = match document(&sidecar).await {
            Ok(body) => body,
            Err(reason) => return said(out, Exit::Failed, &reason),
        };
        if form == Form::Json && !watch {
            return said(out, Exit::Passed, body.trim_end());
        }
        let Some(checks) = status_document::read(&body) else {
            let reason = format!("another server than pilotfish answers at {}", sidecar.origin);
            return said(out, Exit::Failed, &reason);
        };
        let changed: Vec<&CheckStatus> =
            checks.iter().filter(|check| !before.iter().any(|one| same(one, check))).collect();
        if !changed.is_empty() || before.is_empty() {
            let text = if form == Form::Json { body } else { table(&changed, form, before.is_empty(), now()) };
            if writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()).is_err() {
                // Nobody reads any more.
                return Exit::Passed;
            }
        }
        if !watch {
            return Exit::Passed;
        }
        before = checks;
        sleep(WATCH_PAUSE).await;
    }
}

fn said(out: &mut (dyn Write + Send), exit: Exit, text: &str) -> Exit {
    // A reader that went away does not change the answer.
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
    exit
}

async fn document(sidecar: &Sidecar) -> Result<String, String> {
    let (status, body) = sidecar.request(Method::GET, "/status").await?;
    match status {
        StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE => Ok(body),
        StatusCode::UNAUTHORIZED => Err(
            "the sidecar shows its status only with its token (serve.bearer_token): ask a check instead: pilotfish \
                 ask NAME"
                .to_owned(),
        ),
        _ => Err(format!("another server than pilotfish answers at {}: status {}", sidecar.origin, status.as_u16())),
    }
}

/// Whether a watcher sees no news.
fn same(one: &CheckStatus, other: &CheckStatus) -> bool {
    (&one.name, &one.verdict, &one.cause, gates(one), one.backs_off)
        == (&other.name, &other.verdict, &other.cause, gates(other), other.backs_off)
}

fn table(checks: &[&CheckStatus], form: Form, with_head: bool, now: i64) -> String {
    let mut head = vec!["NAME", "KIND", "VERDICT", "SINCE", "GATES", "CAUSE", "LAST RUN", "NEXT RUN"];
    if form == Form::Wide {
        head.extend(["TARGET", "REASON"]);
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    if with_head {
        rows.push(head.iter().map(|word| (*word).to_owned()).collect());
    }
    rows.extend(checks.iter().map(|check| row(check, form, now)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("   ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `startup,ready`; with a remark where it holds none of them shut yet.
fn gates(check: &CheckStatus) -> String {
    let gates = check.gates.join(",");
    if check.waits_to_gate && !gates.is_empty() { format!("{gates} (not yet)") } else { gates }
}

fn row(check: &CheckStatus, form: Form, now: i64) -> Vec<String> {
    let or_none = |text: &str| clean_text(if text.is_empty() { NONE } else { text }, CELL_LIMIT);
    let age = |at: Option<i64>| at.map_or_else(|| NONE.to_owned(), |at| apart(at, now));
    let next = match check.next_run {
        Some(at) if check.backs_off => format!("{} (back-off)", apart(now, at)),
        Some(at) => apart(now, at),
        None => NONE.to_owned(),
    };
    let mut row = vec![
        or_none(&check.name),
        or_none(&check.kind),
        or_none(&check.verdict),
        age(check.since),
        or_none(&gates(check)),
        or_none(check.cause.as_deref().unwrap_or_default()),
        age(check.last_run),
        next,
    ];
    if form == Form::Wide {
        row.extend([or_none(&check.target), or_none(check.reason.as_deref().unwrap_or_default())]);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::{CheckStatus, Form, table};

    #[test]
    fn columns_line_up_and_strangers_get_names_and_verdicts() {
        let database = CheckStatus {
            name: "database".to_owned(),
            kind: "postgres".to_owned(),
            target: "postgres://app@db:5432/app".to_owned(),
            verdict: "down".to_owned(),
            gates: vec!["startup".to_owned(), "ready".to_owned()],
            waits_to_gate: false,
            cause: Some("password_rejected".to_owned()),
            reason: Some("password_rejected for user app. Fix: do this".to_owned()),
            since: Some(1_000),
            last_run: Some(1_048),
            next_run: Some(1_340),
            backs_off: true,
        };
        let stranger = CheckStatus { name: "cache".to_owned(), verdict: "up".to_owned(), ..CheckStatus::default() };
        assert_eq!(
            table(&[&database, &stranger], Form::Table, true, 1_060),
            "NAME       KIND       VERDICT   SINCE   GATES           CAUSE               LAST RUN   NEXT RUN\n\
             database   postgres   down      1m      startup,ready   password_rejected   12s        4m40s (back-off)\n\
             cache      -          up        -       -               -                   -          -"
        );
        let waiting = CheckStatus { gates: vec!["ready".to_owned()], waits_to_gate: true, ..CheckStatus::default() };
        assert!(table(&[&waiting], Form::Table, false, 1_060).contains("   ready (not yet)   "));
        let wide = table(&[&database], Form::Wide, false, 1_060);
        assert!(wide.ends_with("postgres://app@db:5432/app   password_rejected for user app. Fix: do this"), "{wide}");
    }
}
