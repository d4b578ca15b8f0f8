//! When each check runs: one task per check, its pace and its back-off. It judges nothing and keeps no result.
//!
//! A task reports each outcome to `state` and gets the [`Streak`] that the outcome continues: the
//! pace depends on it.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::config::plan::Planned;
use crate::env::Env;
use crate::net::World;
use crate::outcome::Outcome;
use crate::probe::{Depth, probe};
use crate::random::Random;
use crate::state::Message;
use crate::value::Value;
use crate::verdict::Streak;

mod pace;
#[cfg(test)]
mod tests;

pub use pace::{Next, Pace};

/// How often the files of a check that backs off are looked at.
const FILE_POLL: Duration = Duration::from_secs(2);

/// How many checks make their first run at the same time: on one thread more of them would only make each other look
/// slow, and need the memory of all at once.
pub const FIRST_AT_A_TIME: usize = 2;
/// After this the next one may begin beside it.
const TURN: Duration = Duration::from_millis(10);

/// One run of a check, as a future that the schedule owns.
pub type ProbeFuture<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// What runs a check: [`Live`] in the process; tests bring their own, and need no socket.
pub trait Prober: Send + Sync {
    /// Runs it once.
    fn probe<'a>(&'a self, planned: &'a Planned) -> ProbeFuture<'a>;

    /// Where its files are read.
    fn env(&self) -> &dyn Env;
}

/// The real thing.
pub struct Live(pub Arc<World>);

impl Prober for Live {
    fn probe<'a>(&'a self, planned: &'a Planned) -> ProbeFuture<'a> {
        Box::pin(probe(planned, &self.0, Depth::Routine))
    }

    fn env(&self) -> &dyn Env {
        &*self.0.env
    }
}

/// A run that gives its turn to the next check when it has ended, or has lasted [`TURN`].
async fn in_turn(turn: OwnedSemaphorePermit, mut probing: ProbeFuture<'_>) -> Outcome {
    match timeout(TURN, &mut probing).await {
        Ok(outcome) => outcome,
        Err(_) => {
            drop(turn);
            probing.await
        }
    }
}

/// Runs one check for ever, and reports each outcome under `id`; ends when nobody takes the reports any more. What is made
/// of its results may change between two runs: the newest of `plans` counts. The first run waits for one of `turns`.
pub async fn run(
    id: u64,
    plans: watch::Receiver<Arc<Planned>>,
    prober: Arc<dyn Prober>,
    random: Random,
    turns: Arc<Semaphore>,
    reports: mpsc::Sender<Message>,
) {
    let seed = RandomState::new();
    let mut pace = Pace::default();
    let mut turn = turns.acquire_owned().await.ok();
    let mut due = Instant::now();
    loop {
        let planned = Arc::clone(&plans.borrow());
        let files = || files_fingerprint(&planned, prober.env(), &seed);
        let began = Instant::now();
        // Read before the run, so that a file which changes while it runs is seen as changed.
        let before = if pace.backs_off() { files() } else { None };
        let outcome = match turn.take() {
            Some(turn) => in_turn(turn, prober.probe(&planned)).await,
            None => prober.probe(&planned).await,
        };
        let failure = outcome.failure.as_ref().map(|failure| (failure.phase, failure.cause));
        let Some(streak) = report(&reports, id, outcome).await else { return };
        let next = pace.after(&planned, streak, failure, random());
        let known = if pace.backs_off() { before.or_else(files) } else { None };
        if reports.send(Message::Interval { id, interval: next.interval }).await.is_err() {
            return;
        }
        due = next_due(due, next, Instant::now());
        if known.is_some() && wait_for_change(due, || files() != known).await {
            pace.reset_backoff();
            due = Instant::now().max(began + planned.interval);
        }
        sleep_until(due).await;
    }
}

/// Reports an outcome; the streak that it continues, `None` where nobody takes it.
async fn report(reports: &mpsc::Sender<Message>, id: u64, outcome: Outcome) -> Option<Streak> {
    let (sender, streak) = oneshot::channel();
    reports.send(Message::Outcome { id, outcome: Box::new(outcome), streak: sender }).await.ok()?;
    streak.await.ok()
}

/// The next moment of the grid; those that have passed meanwhile are left out, never made up for.
fn next_due(due: Instant, next: Next, now: Instant) -> Instant {
    let due = due + next.wait;
    let Some(late) = now.checked_duration_since(due) else { return due };
    let period = next.interval.max(Duration::from_millis(1));
    let missed = late.as_nanos() / period.as_nanos() + 1;
    due + period.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX))
}

/// Waits until `due`, or until `changed` says so: then `true`.
async fn wait_for_change(due: Instant, changed: impl Fn() -> bool) -> bool {
    loop {
        let poll_at = Instant::now() + FILE_POLL;
        if poll_at >= due {
            return false;
        }
        sleep_until(poll_at).await;
        if changed() {
            return true;
        }
    }
}

/// A fingerprint of what stands in the files that a check reads, `None` where it reads none; it never leaves the process. A file
/// that cannot be read has one as well, so that its coming and going is a change.
fn files_fingerprint(planned: &Planned, env: &dyn Env, seed: &RandomState) -> Option<u64> {
    let values = planned.check.values();
    let contents = values.iter().filter_map(|value| match value {
        Value::File(path) => Some(env.file(path).map(zeroize::Zeroizing::new).ok()),
        Value::Literal(_) | Value::Env(_) | Value::Template(_) => None,
    });
    // Folded one by one, so that no more than one is in memory.
    contents.fold(None, |fingerprint, content| {
        Some(seed.hash_one((fingerprint, content.as_ref().map(|bytes| bytes.as_slice()))))
    })
}
