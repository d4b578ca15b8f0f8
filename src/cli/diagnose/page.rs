//! The page for the person on call: the ladder, then cause and fix, then whether the app would see the same.

use crate::cli::diagnose::ladder;
use crate::cli::diagnose::runtimes;
use crate::cli::diagnose::view::{Diagnosed, View};
use crate::cli::sheet::Paint;
use crate::cli::sheet::{Mark, Sheet};
use crate::env::Env;
use crate::finding::{Finding, Predicted, Severity};
use crate::outcome::{Outcome, Phase, Standing};
use crate::outcome_json::Excerpts;

/// So many queries stand on a page for a terminal.
const QUERIES: usize = 12;
/// The width of a rung's word.
const WORD: usize = 9;

/// How pages are written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// The colours.
    pub(super) paint: Paint,
    /// The widest line.
    pub(super) width: usize,
    /// Whether it goes into a report: everything is told, and nothing that a peer sent.
    pub(super) report: bool,
}

/// One check, taken apart.
pub(super) fn page(done: &Diagnosed, env: &dyn Env, style: Style) -> String {
    let mut sheet = Sheet::new(style.paint, style.width);
    let outcome = &done.outcome;
    heading(&mut sheet, done, 0);
    sheet.line("");
    let excerpts = if style.report { Excerpts::Withheld } else { Excerpts::Shown };
    let queries = if style.report { usize::MAX } else { QUERIES };
    for rung in ladder::rungs(View { done, env, excerpts, queries }) {
        sheet.rung(2, rung.mark, rung.name, WORD, &rung.said);
        for line in rung.more {
            match line.mark {
                Some(mark) => sheet.marked(WORD + 5, mark, &line.text),
                None => sheet.hang(&" ".repeat(WORD + 5), WORD + 5, &line.text),
            }
        }
    }
    if let Some(failure) = &outcome.failure {
        let info = failure.cause.info();
        section(&mut sheet, "Cause", &format!("{}: {}", info.slug, info.meaning));
        sheet.hang("  ", 2, &failure.message);
        section(&mut sheet, "Fix", &failure.hint);
    }
    predictions(&mut sheet, outcome);
    findings(&mut sheet, outcome);
    runtimes::details(&mut sheet, outcome);
    sheet.text
}

/// Whether there is more to say of an outcome than that it passes.
pub(super) fn has_more_to_say(outcome: &Outcome) -> bool {
    !outcome.passed() || outcome.degraded || outcome.worth_showing().next().is_some()
}

/// Name, result and target in one line, the name in a column of this width.
pub(super) fn heading(sheet: &mut Sheet, done: &Diagnosed, width: usize) {
    let outcome = &done.outcome;
    let paint = sheet.paint;
    let (mark, result) = match &outcome.failure {
        Some(failure) if outcome.standing() == Standing::Limited => (Mark::Warn, paint.warn(failure.cause.slug())),
        Some(failure) => (Mark::Bad, paint.bad(failure.cause.slug())),
        None if outcome.degraded => (Mark::Warn, paint.warn("degraded")),
        None => {
            let word = if done.planned.check.stops_short().is_some() { "connects" } else { "passes" };
            match outcome.worth_showing().next() {
                Some(_) => (Mark::Warn, paint.warn(&format!("{word}, with findings"))),
                None => (Mark::Good, paint.good(word)),
            }
        }
    };
    sheet.line(&format!("{} {:width$}  {result}  {}", mark.painted(paint), done.planned.name, outcome.target));
}

fn section(sheet: &mut Sheet, title: &str, text: &str) {
    sheet.line("");
    sheet.line(title);
    sheet.hang("  ", 2, text);
}

fn predictions(sheet: &mut Sheet, outcome: &Outcome) {
    if outcome.predictions.is_empty() {
        return;
    }
    sheet.line("");
    sheet.line("Would your app see this too?");
    runtimes::table(sheet, outcome);
    let all_connect = outcome.predictions.iter().all(|one| one.result == Predicted::Connects);
    let behind = outcome.failure.as_ref().filter(|failure| failure.phase > Phase::Connect);
    if let (true, Some(failure)) = (all_connect, behind) {
        let phase = failure.phase.as_str();
        sheet.hang("  ", 2, &format!("All of them connect. The failure comes later, in the phase {phase}."));
    }
}

fn findings(sheet: &mut Sheet, outcome: &Outcome) {
    // What is the cause already need not be said twice.
    let findings: Vec<&Finding> = outcome.findings.iter().filter(|finding| !outcome.says(finding)).collect();
    if findings.is_empty() {
        return;
    }
    sheet.line("");
    sheet.line("Findings");
    for finding in findings {
        let (mark, word) = match finding.severity {
            Severity::Error => (Mark::Bad, sheet.paint.bad("error")),
            Severity::Warning => (Mark::Warn, sheet.paint.warn("warning")),
            Severity::Info => (Mark::Idle, sheet.paint.dim("info")),
        };
        sheet.marked(2, mark, &format!("{word} {}", finding.code));
        // What stands under Fix need not be said again.
        if !outcome.advises(&finding.message) {
            sheet.hang("    ", 4, &finding.message);
        }
        let fix = if outcome.advises(&finding.fix) { "as above" } else { &finding.fix };
        sheet.hang("    ", 4, &format!("Fix: {fix}"));
    }
}
