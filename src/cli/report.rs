//! Outcomes to text for people, or to JSON for programs.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::check::kind;
use crate::cli::args::Form;
use crate::cli::termination::Case;
use crate::config::plan::Planned;
use crate::duration;
use crate::finding::Severity;
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Failure, Outcome, Standing};
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
pub fn report(form: Form, colour: bool, done: &[Done], excerpts: Excerpts) -> String {
    match form {
        Form::Json => json(done, excerpts),
        Form::Text => text(done, Paint(colour), excerpts),
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

/// Colours, or none.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    pub(super) fn warn(self, text: &str) -> String {
        self.with("33", text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn text(done: &[Done], paint: Paint, excerpts: Excerpts) -> String {
    let mut out = String::new();
    let width = done.iter().map(|(planned, _)| planned.name.len()).max().unwrap_or(0);
    for (planned, outcome) in done {
        let name = format!("{:width$}", planned.name);
        let took = paint.dim(&format!("({} {})", planned.kind, duration::show(outcome.duration)));
        match &outcome.failure {
            None if outcome.degraded => {
                line(&mut out, &format!("{} {name}  {}  degraded  {took}", mark(outcome, paint), outcome.target));
            }
            None => line(&mut out, &format!("{} {name}  {}  {took}", mark(outcome, paint), outcome.target)),
            Some(failure) => {
                let (mark, cause) = (mark(outcome, paint), failure.cause.slug());
                let cause = if is_limited(outcome) { paint.warn(cause) } else { paint.bad(cause) };
                line(&mut out, &format!("{mark} {name}  {}  {cause}  {took}", outcome.target));
                failure_lines(&mut out, failure);
            }
        }
        if outcome.degraded || outcome.failure.is_some() {
            evidence_lines(&mut out, &outcome.evidence, excerpts);
        }
        if outcome.evidence.facts.tls_verified == Some(false) {
            let why = kind(planned.kind).map(|kind| kind.tls_keys).unwrap_or_default().unverified;
            line(&mut out, &format!("    {}: the certificate was not verified ({why})", paint.warn("note")));
        }
        if let Some(note) = &outcome.evidence.facts.note {
            line(&mut out, &format!("    {}: {note}", paint.dim("note")));
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
            line(&mut out, &format!("    {mark} {shown}"));
        }
    }
    line(&mut out, "");
    line(&mut out, &Counts::of(done.iter().map(|(_, outcome)| outcome)).to_string());
    out
}

fn failure_lines(out: &mut String, failure: &Failure) {
    line(out, &format!("    {:9}{}", failure.phase.as_str(), failure.message));
    line(out, &format!("    {:9}{}", "fix", failure.hint));
}

/// What was recorded and helps: queries where names were the trouble, tries where there was more than one or one failed.
fn evidence_lines(out: &mut String, evidence: &Evidence, excerpts: Excerpts) {
    let connected = evidence.tries.iter().any(|one| one.result == ConnectResult::Connected);
    if !connected && evidence.tries.is_empty() {
        for query in &evidence.queries {
            let took = duration::show(query.duration);
            let (name, server) = (&query.name, query.server);
            line(
                out,
                &format!(
                    "    {:9}{} {name} at {server}/{}: {} in {took}",
                    "asked",
                    query.record,
                    query.transport,
                    query.answer.as_str()
                ),
            );
        }
    }
    if evidence.tries.iter().any(|one| one.result != ConnectResult::Connected) {
        evidence.tries.iter().for_each(|one| line(out, &format!("    {:9}{}", "tried", tried(one))));
    }
    for host in &evidence.facts.passed_over {
        line(out, &format!("    {:9}{host}", "failed"));
    }
    for member in &evidence.members {
        let said = member
            .failure
            .as_ref()
            .map_or_else(|| "pass".to_owned(), |failure| format!("{}: {}", failure.cause.slug(), failure.message));
        line(out, &format!("    {:9}{} {said}", "member", member.address));
    }
    if let (Excerpts::Shown, Some(excerpt)) =
        (excerpts, evidence.facts.excerpt.as_deref().filter(|one| !one.is_empty()))
    {
        line(out, &format!("    {:9}{excerpt}", "received"));
    }
}

fn tried(one: &ConnectAttempt) -> String {
    let mut text = format!("{} {}", one.place(), one.result.as_str());
    if one.result != ConnectResult::NotTried {
        write!(text, " after {}", duration::show(one.duration)).expect("a String takes every text");
    }
    text
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}
