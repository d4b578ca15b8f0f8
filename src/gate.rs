//! What each gate says of a snapshot, and why: pure, so that every answer is a table in a test.
//!
//! The lines are those of kube-apiserver's health endpoints: `[+]database ok`, `[-]database failed: reason withheld`.
//! Whether the reason is given is the caller's to say; this module never decides who may see it.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use crate::cause::Cause;
use crate::order;
use crate::outcome::clean_text;
use crate::state::{CheckView, Snapshot};
use crate::verdict::Verdict;

/// The heartbeat may be this old: the scheduler observes time once a second, and a throttled pod gets some room.
pub const HEARTBEAT_LIMIT: Duration = Duration::from_secs(10);
/// How many names of `exclude` that match nothing are repeated to the caller.
const UNMATCHED_LIMIT: usize = 8;

/// What Kubernetes asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// `/startupz`: has everything that the start waits for been seen to work?
    Startup,
    /// `/readyz`: shall traffic come?
    Ready,
    /// `/livez`: does pilotfish itself work, and the pod's own targets?
    Live,
}

impl Gate {
    /// Every gate.
    pub const ALL: [Self; 3] = [Self::Startup, Self::Ready, Self::Live];

    /// The word in metrics and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Ready => "ready",
            Self::Live => "live",
        }
    }
}

/// What stands behind a gate's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report<'a> {
    /// The answer.
    pub passed: bool,
    /// One line for each thing looked at, in the order of the plan.
    pub lines: Vec<Line<'a>>,
    /// Names that were to be excluded and match no check of this gate; at most 8, each cut.
    pub unmatched: Vec<String>,
    /// Whether pilotfish was told to stop; gates keep their verdict all the same.
    pub shutting_down: bool,
}

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// The check's name, or `heartbeat`, `startup`, `shutdown`.
    pub name: &'a str,
    /// What was found.
    pub state: LineState,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineState {
    /// The gate passes: only a limit of pilotfish keeps the check from being judged.
    Limited,
    /// It lets the gate pass; a remark where that is not for being up.
    Ok(Option<&'static str>),
    /// The caller does not want it looked at.
    Excluded,
    /// A reload brought it, and it has not been up since.
    NotGating,
    /// Its value leads to a server in this pod, which may start later.
    Withheld,
    /// It holds the gate shut; why, for those who may know.
    Failed(String),
}

/// The gate's answer, now, without the checks in `exclude`.
#[must_use]
pub fn report<'a>(gate: Gate, snapshot: &'a Snapshot, now: Instant, exclude: &[String]) -> Report<'a> {
    let mut lines = Vec::new();
    if gate == Gate::Live {
        lines.push(heartbeat(snapshot, now));
    }
    let latched = snapshot.startup_latched;
    let looked_at = |view: &&'a CheckView| match gate {
        Gate::Startup | Gate::Ready if view.withheld => true,
        Gate::Startup => view.gates.startup,
        Gate::Ready => view.gates.ready || (view.gates.startup && !latched),
        Gate::Live => view.gates.live,
    };
    let checks: Vec<&CheckView> = snapshot.checks.iter().map(|view| &**view).filter(looked_at).collect();
    for view in &checks {
        let state = match gate {
            _ if exclude.contains(&view.name) => LineState::Excluded,
            _ if view.withheld => LineState::Withheld,
            Gate::Startup if latched => startup_after_latch(view),
            Gate::Ready | Gate::Live if !view.gating => LineState::NotGating,
            Gate::Startup | Gate::Ready => settled(view),
            Gate::Live => live(view),
        };
        lines.push(Line { name: &view.name, state });
    }
    let excluded_startup = checks.iter().any(|view| view.gates.startup && exclude.contains(&view.name));
    if gate != Gate::Live && !latched && !excluded_startup && !lines.iter().any(Line::failed) {
        lines.push(Line { name: "startup", state: LineState::Failed("the start gate has not passed yet".into()) });
    }
    if gate == Gate::Ready && snapshot.shutting_down && snapshot.fail_ready_on_sigterm {
        lines.push(Line { name: "shutdown", state: LineState::Failed("shutting down".into()) });
    }
    Report {
        passed: !lines.iter().any(Line::failed),
        unmatched: unmatched(exclude, &checks),
        lines,
        shutting_down: snapshot.shutting_down,
    }
}

/// The answer for one check, whatever it gates; `None` where there is none of this name.
#[must_use]
pub fn single<'a>(name: &str, snapshot: &'a Snapshot) -> Option<Report<'a>> {
    let view = snapshot.checks.iter().find(|view| view.name == name)?;
    let line = Line { name: &view.name, state: settled(view) };
    let passed = !line.failed();
    Some(Report { passed, lines: vec![line], unmatched: Vec::new(), shutting_down: snapshot.shutting_down })
}

impl Report<'_> {
    /// The lines as kube-apiserver writes them; `title` is the path's last word, and reasons are there only on demand.
    #[must_use]
    pub fn text(&self, title: &str, reasons: bool) -> String {
        let mut text = String::new();
        for line in &self.lines {
            line.write(reasons, &mut text);
        }
        if !self.unmatched.is_empty() {
            let names: Vec<String> = self.unmatched.iter().map(|name| format!("{name:?}")).collect();
            text.push_str("warn: some health checks cannot be excluded: no matches for ");
            text.push_str(&names.join(","));
            text.push('\n');
        }
        if self.shutting_down {
            text.push_str("shutting down: pilotfish received SIGTERM and answers open requests\n");
        }
        let verdict = if self.passed { "passed" } else { "failed" };
        writeln!(text, "{title} check {verdict}").expect("writing to a String cannot fail");
        text
    }
}

impl Line<'_> {
    /// Whether it holds the gate shut.
    #[must_use]
    pub const fn failed(&self) -> bool {
        matches!(self.state, LineState::Failed(_))
    }

    fn write(&self, reasons: bool, text: &mut String) {
        let name = self.name;
        let written = match &self.state {
            LineState::Ok(None) => writeln!(text, "[+]{name} ok"),
            LineState::Ok(Some(remark)) => writeln!(text, "[+]{name} ok: {remark}"),
            LineState::Limited => {
                let slug = Cause::ProbeLimit.slug();
                writeln!(text, "[!]{name} {slug}: a limit of pilotfish, which fails no gate")
            }
            LineState::Excluded => writeln!(text, "[+]{name} excluded: ok"),
            LineState::NotGating => writeln!(text, "[+]{name} not gating yet"),
            LineState::Withheld => writeln!(text, "[+]{name} not gating: loopback"),
            LineState::Failed(reason) if reasons => writeln!(text, "[-]{name} failed: {reason}"),
            LineState::Failed(_) => writeln!(text, "[-]{name} failed: reason withheld"),
        };
        written.expect("writing to a String cannot fail");
    }
}

fn settled(view: &CheckView) -> LineState {
    if view.counts_as_up() { passing(view) } else { LineState::Failed(reason(view)) }
}

/// A check that lets its gates pass, with what is to be said of it.
fn passing(view: &CheckView) -> LineState {
    match view.degraded {
        true if view.met_a_limit() => LineState::Limited,
        degraded => LineState::Ok(degraded.then_some("degraded")),
    }
}

fn startup_after_latch(view: &CheckView) -> LineState {
    LineState::Ok((!view.counts_as_up()).then_some("it has been up once, which is enough for the start"))
}

fn live(view: &CheckView) -> LineState {
    match view.verdict {
        _ if view.stale => LineState::Ok(Some("stale, which never fails liveness")),
        Verdict::Unknown if !view.limited => LineState::Ok(Some("unknown, which never fails liveness")),
        Verdict::Unknown | Verdict::Up => passing(view),
        Verdict::Down => LineState::Failed(reason(view)),
    }
}

fn heartbeat(snapshot: &Snapshot, now: Instant) -> Line<'_> {
    let age = now.saturating_duration_since(snapshot.heartbeat);
    let state = match age {
        age if age <= HEARTBEAT_LIMIT => LineState::Ok(None),
        // No age in it: the text must be the same at each look.
        _ => LineState::Failed("the scheduler of pilotfish does not run".into()),
    };
    Line { name: "heartbeat", state }
}

/// Why a check is not up, in one line that stays the same while nothing changes: `CAUSE: FACT. Fix: FIX` where a run failed.
#[must_use]
pub fn reason(view: &CheckView) -> String {
    let failed = view.last.as_ref().is_some_and(|outcome| !outcome.passed());
    match &view.episode {
        _ if view.stale => {
            let stale = Cause::Stale.info();
            format!("{}: {}. Fix: {}", stale.slug, stale.meaning, stale.remedy)
        }
        Some(episode) if failed => episode.reason.clone(),
        _ if view.last.is_none() => "unknown: no run has finished yet".to_owned(),
        _ => "recovering: the last run passed, but success_threshold requires more".to_owned(),
    }
}

fn unmatched(exclude: &[String], checks: &[&CheckView]) -> Vec<String> {
    let mut names: Vec<String> = exclude
        .iter()
        .filter(|name| !checks.iter().any(|view| view.name == **name))
        .take(UNMATCHED_LIMIT)
        .map(|name| clean_text(name, 66))
        .collect();
    order::sort_by(&mut names, Ord::cmp);
    names.dedup();
    names
}

#[cfg(test)]
mod tests;
