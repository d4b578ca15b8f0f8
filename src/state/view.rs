//! One check as it is published. Data alone; [`super::State`] makes it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::cause::Cause;
use crate::config::plan::Gates;
use crate::outcome::{ConnectResult, Outcome, Standing};
use crate::verdict::Verdict;

/// The upper bounds of the duration histogram's buckets, in seconds.
pub const BUCKETS: [f64; 7] = [0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0];

/// One check, at one moment.
#[derive(Debug, Clone)]
pub struct CheckView {
    /// The name.
    pub name: String,
    /// The name of its kind.
    pub kind: &'static str,
    /// What it dials, redacted.
    pub target: String,
    /// Its own labels.
    pub labels: Vec<(String, String)>,
    /// What it gates.
    pub gates: Gates,
    /// It gates nothing although gates were asked for: a value leads to a server in this pod.
    pub withheld: bool,
    /// `false` after a reload that brought the check, its gate or its target, until it has been up: it holds no gate shut
    /// until then, so that a change of the configuration takes no running pod out.
    pub gating: bool,
    /// What is settled.
    pub verdict: Verdict,
    /// Since when.
    pub since: SystemTime,
    /// The verdict is unknown because of a limit of pilotfish: gates take the check for up.
    pub limited: bool,
    /// Up or taken for it, but by a fallback, or with a failure that does not take it down.
    pub degraded: bool,
    /// No fresh outcome in time.
    pub stale: bool,
    /// Runs so far.
    pub runs: u64,
    /// Failed runs so far.
    pub failures: u64,
    /// The last 32 runs, two bits each, the newest in the lowest.
    pub recent: u64,
    /// Durations of all runs.
    pub durations: Histogram,
    /// Tries so far, by family and result.
    pub tries: Vec<((u8, ConnectResult), u64)>,
    /// The last outcome.
    pub last: Option<Arc<Outcome>>,
    /// Why it fails, or failed before it settled again; see [`Episode`].
    pub episode: Option<Episode>,
    /// When the last run ended.
    pub last_run: Option<SystemTime>,
    /// When the last run that passed ended.
    pub last_success: Option<SystemTime>,
    /// When the next run is due; `None` before the first one has ended.
    pub next_run: Option<SystemTime>,
    /// Whether failed logins hold it back.
    pub backs_off: bool,
    /// Whether it runs once per address (`require: each`).
    pub each: bool,
}

/// Failures of one cause, one after another. Each new text is a new event of the pod, and after 25 of them the kubelet drops
/// real ones: so what the first failure said stands until the cause changes or the check is up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// The cause of all of them.
    pub cause: Cause,
    /// What the first one said: [`Failure::reason`](crate::outcome::Failure::reason).
    pub reason: String,
}

/// How a run ended, as [`CheckView::recent`] holds it: from 1 on, so that 0 is none.
const RUN_MARKS: [char; 3] = ['+', '~', '-'];

impl CheckView {
    /// Adds a run to the recent ones.
    pub(super) fn remember(&mut self, outcome: &Outcome) {
        let mark = match outcome.standing() {
            Standing::Passed if !outcome.degraded => 1,
            Standing::Passed | Standing::Limited => 2,
            Standing::Failed(_) => 3,
        };
        self.recent = self.recent << 2 | mark;
    }

    /// The recent runs, the oldest first: `+` passed, `~` degraded or not judged, `-` failed.
    #[must_use]
    pub fn recent_runs(&self) -> String {
        let marks = (0..32).rev().map(|at| (self.recent >> (2 * at) & 3) as usize);
        marks.filter_map(|mark| RUN_MARKS.get(mark.wrapping_sub(1))).collect()
    }

    /// Whether gates take it for up: it is, or only a limit of pilotfish keeps it from being known; and that is fresh.
    #[must_use]
    pub fn counts_as_up(&self) -> bool {
        (self.verdict == Verdict::Up || self.limited) && !self.stale
    }

    /// Whether the last run passed and the verdict is up.
    pub(super) fn is_seen_to_be_up(&self) -> bool {
        self.counts_as_up() && self.last.as_ref().is_some_and(|outcome| outcome.passed())
    }

    /// Whether the last run failed by a limit of pilotfish.
    #[must_use]
    pub fn met_a_limit(&self) -> bool {
        let failure = self.last.as_ref().and_then(|outcome| outcome.failure.as_ref());
        failure.is_some_and(|failure| failure.cause == Cause::ProbeLimit)
    }
}

/// Counts per bucket, not yet added up; the last one is what is over all bounds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Histogram {
    /// One per bound of [`BUCKETS`] and one for the rest.
    pub counts: [u64; BUCKETS.len() + 1],
    /// The sum of all.
    pub sum: Duration,
}

/// Adds to the count of a key, in a list short enough to be looked through.
pub(crate) fn count_up<K: PartialEq>(counts: &mut Vec<(K, u64)>, key: K, by: u64) {
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, count)) => *count += by,
        None => counts.push((key, by)),
    }
}

impl Histogram {
    /// Counts one run.
    pub fn observe(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = BUCKETS.iter().position(|bound| seconds <= *bound).unwrap_or(BUCKETS.len());
        self.counts[bucket] += 1;
        self.sum += duration;
    }
}
