//! When each check runs: one task per check, its pace and its back-off. It judges nothing and keeps no result.
//!
//! A task folds its own outcomes into a [`Streak`] of its own, because its pace depends on what is settled: the same pure
//! rules over the same outcomes as in `state`, so nothing has to flow back from there.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::cause::{Cause, Waits};
use crate::config::plan::Planned;
use crate::env::Env;
use crate::net::World;
use crate::outcome::{Failure, Outcome, Phase};
use crate::probe::{Depth, probe};
use crate::state::Message;
use crate::value::Value;
use crate::verdict::{Rules, Streak};

#[cfg(test)]
mod tests;

/// From run to run until a startup check has been up for the first time.
const STARTUP_INTERVAL: Duration = Duration::from_secs(2);
/// The shortest interval while a verdict is about to change.
const QUICK_FLOOR: Duration = Duration::from_secs(1);
/// How far a back-off grows.
const BACKOFF_LIMIT: Duration = Duration::from_secs(30);
/// How far a back-off grows where waiting cannot heal the cause.
const BACKOFF_LIMIT_PERMANENT: Duration = Duration::from_mins(5);
/// How often the files of a check that backs off are looked at.
const FILE_POLL: Duration = Duration::from_secs(2);

/// How many checks make their first run at the same time: on one thread more of them would only make each other look
/// slow, and need the memory of all at once.
pub const FIRST_AT_A_TIME: usize = 2;
/// After this the next one may begin beside it.
const TURN: Duration = Duration::from_millis(10);

/// A number from 0 up to but not including 1: chance in the process, a given number in tests.
pub type Chance = fn() -> f64;

/// Chance, from the seed that the system gives to hash maps.
#[must_use]
pub fn chance() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    let number = (RandomState::new().hash_one(0_u8) >> 11) as f64;
    number / (1_u64 << 53) as f64
}

/// One run of a check, as a future that the schedule owns.
pub type Probing<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// What runs a check: [`Live`] in the process; tests bring their own, and need no socket.
pub trait Prober: Send + Sync {
    /// Runs it once.
    fn probe<'a>(&'a self, planned: &'a Planned) -> Probing<'a>;

    /// Where its files are read.
    fn env(&self) -> &dyn Env;
}

/// The real thing.
pub struct Live(pub Arc<World>);

impl Prober for Live {
    fn probe<'a>(&'a self, planned: &'a Planned) -> Probing<'a> {
        Box::pin(probe(planned, &self.0, Depth::Routine))
    }

    fn env(&self) -> &dyn Env {
        &*self.0.env
    }
}

/// When the next run is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// From this run to the next one.
    pub wait: Duration,
    /// The interval now in force: `wait` without chance. Staleness is measured by it.
    pub interval: Duration,
}

/// The pace of one check: pure, chance is passed in.
#[derive(Debug, Default)]
pub struct Pace {
    streak: Streak,
    backoff: Option<Duration>,
    ran: bool,
    /// Whether this check's place within its interval was left to chance, so that the pods of a deployment do not all
    /// probe at the same moment: at the second run, and again when a startup check turns to its regular interval.
    spread: bool,
}

impl Pace {
    /// Whether failed logins hold it back.
    #[must_use]
    pub const fn backs_off(&self) -> bool {
        self.backoff.is_some()
    }

    /// Ends the back-off: what the login is made with has changed.
    pub fn reset_backoff(&mut self) {
        self.backoff = None;
    }

    /// Takes in one outcome and says when the next run is due. `chance` is from 0 up to 1.
    pub fn after(&mut self, planned: &Planned, failure: Option<&Failure>, chance: f64) -> Next {
        self.streak.fold(rules(planned), failure.map(|failure| failure.cause));
        let first = !std::mem::replace(&mut self.ran, true);
        match failure {
            None => self.backoff = None,
            Some(failure) if cost_a_login(failure) => {
                self.spread = true;
                return self.back_off(planned, failure.cause, chance);
            }
            Some(_) => {}
        }
        if let Some(interval) = self.backoff {
            return Next { wait: interval, interval };
        }
        let interval = if planned.gates.startup && !self.streak.been_up() {
            STARTUP_INTERVAL.min(planned.interval)
        } else if self.streak.about_to_change() {
            (planned.interval / 4).max(QUICK_FLOOR).min(planned.interval)
        } else {
            planned.interval
        };
        let regular = interval == planned.interval;
        let by_chance = first || (regular && !self.spread);
        self.spread |= regular;
        Next { wait: if by_chance { interval.mul_f64(chance) } else { interval }, interval }
    }

    /// Twice the interval after each such failure, up to the limit, up to a quarter less by chance; never under the
    /// check's own interval.
    fn back_off(&mut self, planned: &Planned, cause: Cause, chance: f64) -> Next {
        let limit = match cause.info().waits {
            Waits::Heals => BACKOFF_LIMIT,
            Waits::Permanent | Waits::AfterRestart => BACKOFF_LIMIT_PERMANENT,
        };
        let doubled = self.backoff.unwrap_or(planned.interval).saturating_mul(2);
        let interval = doubled.min(limit).max(planned.interval);
        self.backoff = Some(interval);
        Next { wait: interval.mul_f64(chance.mul_add(-0.25, 1.0)).max(planned.interval), interval }
    }
}

/// The rules of its verdict.
pub(crate) fn rules(planned: &Planned) -> Rules<'_> {
    Rules {
        failure_threshold: planned.failure_threshold,
        success_threshold: planned.success_threshold,
        ignores: &planned.ready_ignores,
    }
}

/// Whether the server counts it as an attempt to log in: anything in that phase, but for a server that says it is not
/// ready to look at any login.
fn cost_a_login(failure: &Failure) -> bool {
    failure.phase == Phase::Login && !matches!(failure.cause, Cause::StartingUp | Cause::ShuttingDown)
}

/// A run that gives its turn to the next check when it has ended, or has lasted [`TURN`].
async fn in_turn(turn: OwnedSemaphorePermit, mut probing: Probing<'_>) -> Outcome {
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
    chance: Chance,
    turns: Arc<Semaphore>,
    reports: mpsc::Sender<Message>,
) {
    let marks = RandomState::new();
    let mut pace = Pace::default();
    let mut turn = turns.acquire_owned().await.ok();
    let mut due = Instant::now();
    loop {
        let planned = Arc::clone(&plans.borrow());
        let files = || files_mark(&planned, prober.env(), &marks);
        let began = Instant::now();
        // Read before the run, so that a file which changes while it runs is seen as changed.
        let before = if pace.backs_off() { files() } else { None };
        let outcome = match turn.take() {
            Some(turn) => in_turn(turn, prober.probe(&planned)).await,
            None => prober.probe(&planned).await,
        };
        let next = pace.after(&planned, outcome.failure.as_ref(), chance());
        let known = if pace.backs_off() { before.or_else(files) } else { None };
        let report = Message::Outcome { id, outcome: Box::new(outcome), interval: next.interval };
        if reports.send(report).await.is_err() {
            return;
        }
        due = following(due, next, Instant::now());
        if known.is_some() && rest_or_change(due, || files() != known).await {
            pace.reset_backoff();
            due = Instant::now().max(began + planned.interval);
        }
        sleep_until(due).await;
    }
}

/// The next moment of the grid; those that have passed meanwhile are left out, never made up for.
fn following(due: Instant, next: Next, now: Instant) -> Instant {
    let due = due + next.wait;
    let Some(late) = now.checked_duration_since(due) else { return due };
    let period = next.interval.max(Duration::from_millis(1));
    let missed = late.as_nanos() / period.as_nanos() + 1;
    due + period.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX))
}

/// Waits until `due`, or until `changed` says so: then `true`.
async fn rest_or_change(due: Instant, changed: impl Fn() -> bool) -> bool {
    loop {
        let look = Instant::now() + FILE_POLL;
        if look >= due {
            return false;
        }
        sleep_until(look).await;
        if changed() {
            return true;
        }
    }
}

/// A mark of what stands in the files that a check reads, `None` where it reads none; it never leaves the process. A file
/// that cannot be read has one as well, so that its coming and going is a change.
fn files_mark(planned: &Planned, env: &dyn Env, marks: &RandomState) -> Option<u64> {
    let values = planned.check.values();
    let contents = values.iter().filter_map(|value| match value {
        Value::File(path) => Some(env.file(path).map(zeroize::Zeroizing::new).ok()),
        Value::Literal(_) | Value::Env(_) | Value::Template(_) => None,
    });
    // Folded one by one, so that no more than one is in memory.
    contents.fold(None, |mark, content| Some(marks.hash_one((mark, content.as_ref().map(|bytes| bytes.as_slice())))))
}
