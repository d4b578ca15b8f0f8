//! Outcomes to text for people, or to JSON for programs.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::check::kind;
use crate::cli::args::Form;
use crate::cli::sheet::{Paint, Sheet};
use crate::cli::shell::Shell;
use crate::cli::termination::Case;
use crate::config::plan::Planned;
use crate::duration;
use crate::finding::Severity;
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Outcome, Standing};
use crate::outcome_json::{self, Excerpts, OutcomeJson};

/// A check and what came of it.
pub type Done = (Planned, Outcome);

/// The same for the termination message.
pub(super) fn cases(done: &[Done]) -> Vec<Case<'_>> {
    done.iter().map(|(planned, outcome)| Case { name: &planned.name, outcome }).collect()
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    counts: Counts,
    checks: Vec<OutcomeJson<'a>>,
}

/// How many checks of a report passed, failed, or met a limit of pilotfish and so were not judged.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    passed: usize,
    failed: usize,
    not_judged: usize,
}

impl Counts {
    pub(super) fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            *match outcome.standing() {
                Standing::Passed => &mut counts.passed,
                Standing::Limited => &mut counts.not_judged,
                Standing::Failed(_) => &mut counts.failed,
            } += 1;
        }
        counts
    }
}

/// `2 passed, 1 failed`, and where there is one: `, 1 not judged (a limit of pilotfish)`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, not_judged } = self;
        write!(f, "{passed} passed, {failed} failed")?;
        match not_judged {
            0 => Ok(()),
            _ => write!(f, ", {not_judged} not judged (a limit of pilotfish)"),
        }
    }
}

/// Whether only a limit of pilotfish keeps the check from being known.
fn is_limited(outcome: &Outcome) -> bool {
    outcome.standing() == Standing::Limited
}

/// The mark before the name of a check.
pub(super) fn mark(outcome: &Outcome, paint: Paint) -> String {
    match outcome.standing() {
        Standing::Passed if !outcome.degraded => paint.good("✓"),
        Standing::Passed | Standing::Limited => paint.warn("~"),
        Standing::Failed(_) => paint.bad("✗"),
    }
}

/// The report, with its final newline.
#[must_use]
pub(super) fn report(form: Form, shell: &Shell, done: &[Done], excerpts: Excerpts) -> String {
    match form {
        Form::Json => json(done, excerpts),
        Form::Text => text(done, shell, excerpts),
    }
}

fn json(done: &[Done], excerpts: Excerpts) -> String {
    let counts = Counts::of(done.iter().map(|(_, outcome)| outcome));
    let checks =
        done.iter().map(|(planned, outcome)| outcome_json::outcome(&planned.name, planned.kind, outcome, excerpts));
    let report = Report { counts, checks: checks.collect() };
    let mut text = serde_json::to_string(&report).expect("the report has text keys only");
    text.push('\n');
    text
}

fn text(done: &[Done], shell: &Shell, excerpts: Excerpts) -> String {
    let paint = Paint(shell.colour());
    let mut sheet = Sheet::new(paint, shell.columns.unwrap_or(usize::MAX));
    let width = done.iter().map(|(planned, _)| planned.name.len()).max().unwrap_or(0);
    for (planned, outcome) in done {
        let (mark, name) = (mark(outcome, paint), format!("{:width$}", planned.name));
        let took = paint.dim(&format!("({} {})", planned.kind, duration::show(outcome.duration)));
        let said = match &outcome.failure {
            None if outcome.degraded => "degraded  ".to_owned(),
            None => String::new(),
            Some(failure) if is_limited(outcome) => paint.warn(failure.cause.slug()) + "  ",
            Some(failure) => paint.bad(failure.cause.slug()) + "  ",
        };
        sheet.line(&format!("{mark} {name}  {}  {said}{took}", outcome.target));
        if let Some(failure) = &outcome.failure {
            item(&mut sheet, failure.phase.as_str(), &failure.message);
            item(&mut sheet, "fix", &failure.hint);
        }
        if outcome.degraded || outcome.failure.is_some() {
            evidence_lines(&mut sheet, &outcome.evidence, excerpts);
        }
        if outcome.evidence.facts.tls_verified == Some(false) {
            let why = kind(planned.kind).map(|kind| kind.tls_keys).unwrap_or_default().unverified;
            let text = format!("{}: the certificate was not verified ({why})", paint.warn("note"));
            sheet.hang("    ", 4, &text);
        }
        if let Some(note) = &outcome.evidence.facts.note {
            sheet.hang("    ", 4, &format!("{}: {note}", paint.dim("note")));
        }
        for finding in outcome.worth_showing() {
            let mark = match finding.severity {
                Severity::Error => paint.bad("error"),
                Severity::Warning => paint.warn("warning"),
                Severity::Info => paint.dim("info"),
            };
            // What stands under fix need not be said again.
            let said = outcome.advises(&finding.fix);
            let shown = if said { format!("{}: {}", finding.code, finding.message) } else { finding.to_string() };
            sheet.hang("    ", 4, &format!("{mark} {shown}"));
        }
    }
    sheet.line("");
    sheet.line(&Counts::of(done.iter().map(|(_, outcome)| outcome)).to_string());
    sheet.text
}

/// A word, and what it stands for behind it.
fn item(sheet: &mut Sheet, word: &str, text: &str) {
    sheet.hang(&format!("    {word:9}"), 13, text);
}

/// What was recorded and helps: queries where names were the trouble, tries where there was more than one or one failed.
fn evidence_lines(sheet: &mut Sheet, evidence: &Evidence, excerpts: Excerpts) {
    let connected = evidence.tries.iter().any(|one| one.result == ConnectResult::Connected);
    if !connected && evidence.tries.is_empty() {
        for query in &evidence.queries {
            let took = duration::show(query.duration);
            let (name, server) = (&query.name, query.server);
            let (record, transport, answer) = (&query.record, query.transport, query.answer.as_str());
            item(sheet, "asked", &format!("{record} {name} at {server}/{transport}: {answer} in {took}"));
        }
    }
    if evidence.tries.iter().any(|one| one.result != ConnectResult::Connected) {
        evidence.tries.iter().for_each(|one| item(sheet, "tried", &tried(one)));
    }
    for host in &evidence.facts.passed_over {
        item(sheet, "failed", &host.to_string());
    }
    for member in &evidence.members {
        let said = member
            .failure
            .as_ref()
            .map_or_else(|| "pass".to_owned(), |failure| format!("{}: {}", failure.cause.slug(), failure.message));
        item(sheet, "member", &format!("{} {said}", member.address));
    }
    if let (Excerpts::Shown, Some(excerpt)) =
        (excerpts, evidence.facts.excerpt.as_deref().filter(|one| !one.is_empty()))
    {
        item(sheet, "received", excerpt);
    }
}

fn tried(one: &ConnectAttempt) -> String {
    let mut text = format!("{} {}", one.place(), one.result.as_str());
    if one.result != ConnectResult::NotTried {
        write!(text, " after {}", duration::show(one.duration)).expect("a String takes every text");
    }
    text
}
