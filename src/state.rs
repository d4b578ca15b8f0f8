//! The only writer: folds outcomes and time into verdicts, and publishes them as snapshots.
//!
//! Everything that changes what is answered comes in as a [`Message`]; a tick each second observes time, so that a check
//! which hangs becomes stale by itself. Nothing here runs a check, and nothing waits for a reader.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::config::plan::{Gates, Planned};
use crate::net::dial::Require;
use crate::outcome::{ConnectResult, Outcome};
use crate::schedule;
use crate::verdict::{Streak, Verdict};

mod fold;
#[cfg(test)]
mod tests;

pub use fold::State;

/// The upper bounds of the duration histogram's buckets, in seconds.
pub const BUCKETS: [f64; 7] = [0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0];

/// How often time is observed.
const TICK: Duration = Duration::from_secs(1);

/// Everything that is answered from, at one moment. Never changed once published.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Every check, in the order of the plan; shared with the snapshots before it where nothing changed.
    pub checks: Vec<Arc<CheckView>>,
    /// Whether the start gate has latched.
    pub startup_latched: bool,
    /// Whether we were told to stop.
    pub shutting_down: bool,
    /// `/readyz` fails once we were told to stop (`fail_ready_on_sigterm`).
    pub fail_ready_on_sigterm: bool,
    /// How the last reload went.
    pub reload: Reload,
    /// When time was last observed: the scheduler's heartbeat.
    pub heartbeat: Instant,
}

/// How the last reload of the configuration went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// Whether it took effect.
    pub successful: bool,
    /// When one last did.
    pub last_success: SystemTime,
    /// Why it did not; no value in it.
    pub error: Option<String>,
}

/// One check, at one moment.
#[derive(Debug, Clone)]
pub struct CheckView {
    /// Its name.
    pub name: String,
    /// The name of its kind.
    pub kind: &'static str,
    /// What it dials, redacted.
    pub target: String,
    /// Its own labels.
    pub labels: Vec<(String, String)>,
    /// What it gates.
    pub gates: Gates,
    /// What is settled.
    pub verdict: Verdict,
    /// Since when.
    pub since: SystemTime,
    /// Up, but by a fallback, or with a failure that does not take it down.
    pub degraded: bool,
    /// No fresh outcome in time.
    pub stale: bool,
    /// Runs so far.
    pub runs: u64,
    /// Failed runs so far.
    pub failures: u64,
    /// Durations of all runs.
    pub durations: Histogram,
    /// Tries so far, by family and result.
    pub tries: Vec<((u8, ConnectResult), u64)>,
    /// The last outcome.
    pub last: Option<Arc<Outcome>>,
    /// When the last run ended.
    pub last_run: Option<SystemTime>,
    /// When the last run that passed ended.
    pub last_success: Option<SystemTime>,
    /// Whether it runs once per address (`require: each`).
    pub each: bool,
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

/// What changes the state.
pub enum Message {
    /// A run of a check ended.
    Outcome {
        /// Which: [`Slot::id`].
        id: u64,
        /// What it gave.
        outcome: Box<Outcome>,
        /// The interval now in force.
        interval: Duration,
    },
    /// Another plan took effect.
    Plan {
        /// Its checks; those with a known id keep what is known of them.
        slots: Vec<Slot>,
        /// `/readyz` is to fail once we are told to stop.
        fail_ready_on_sigterm: bool,
    },
    /// Another plan was read and refused: why, without any value.
    Refused(String),
    /// We were told to stop.
    ShuttingDown,
}

/// A check that runs; another run of the same name under another plan has another id.
#[derive(Clone)]
pub struct Slot {
    /// Never given twice.
    pub id: u64,
    /// What runs.
    pub planned: Arc<Planned>,
    /// What it dials, redacted, as far as that is known before the first run.
    pub target: String,
}

/// Folds messages and time until all senders are gone; publishes after each.
pub async fn run(mut state: State, mut messages: mpsc::Receiver<Message>, snapshots: watch::Sender<Arc<Snapshot>>) {
    let mut tick = interval_at(Instant::now() + TICK, TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => state.take(message, Instant::now(), SystemTime::now()),
                None => return,
            },
            _ = tick.tick() => state.observe_time(Instant::now()),
        }
        snapshots.send_replace(Arc::new(state.snapshot()));
    }
}
