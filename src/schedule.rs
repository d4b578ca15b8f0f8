//! When each check runs: one task per check, its pace and its back-off. It judges nothing and keeps no result.
//!
//! A task reports each outcome to `state` and gets the [`Streak`] that the outcome continues: the
//! pace depends on it.

use std::future::Future;
use std::hash::RandomState;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use crate::config::plan::Planned;
use crate::env::Env;
use crate::net::World;
use crate::outcome::Outcome;
use crate::panics;
use crate::probe::{self, Depth, probe};
use crate::random::Random;
use crate::state::Message;
use crate::verdict::Streak;

mod backoff;
mod pace;
mod shared;
#[cfg(test)]
mod tests;
mod ticks;

pub use backoff::{BackOff, Start};
use backoff::{files_fingerprint, jitter};
pub use pace::{Failed, Next, Pace};
pub use shared::Shared;
pub use ticks::Ticks;

/// How often the files of a check that backs off are looked at.
const FILE_POLL: Duration = Duration::from_secs(2);

/// How many checks of those that are due at the same moment run at the same time: on one thread more of them would only make
/// each other look slow, and need the memory of all at once.
pub const AT_A_TIME: usize = 2;
/// After this the next one may make its first run beside it.
const FIRST_TURN: Duration = Duration::from_millis(10);
/// The same for later runs: who has not ended by then waits for its peer, and costs the others nothing.
const TURN: Duration = Duration::from_millis(1);

/// One run of a check, as a future that the schedule owns. Future and outcome are on the heap: the task of a check that waits
/// for its next run has room for neither.
pub type ProbeFuture<'a> = Pin<Box<dyn Future<Output = Arc<Outcome>> + Send + 'a>>;

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
        Box::pin(async { Arc::new(probe(planned, &self.0, Depth::Routine).await) })
    }

    fn env(&self) -> &dyn Env {
        &*self.0.env
    }
}

/// A run that gives its turn, where it has one, to the next check when it has ended, or has lasted that long.
async fn in_turn(turn: Option<(OwnedSemaphorePermit, Duration)>, mut probing: ProbeFuture<'_>) -> Arc<Outcome> {
    if let Some((permit, long)) = turn {
        if let Ok(outcome) = timeout(long, &mut probing).await {
            return outcome;
        }
        drop(permit);
    }
    probing.await
}

/// One check to run, and what it shares with its owner.
pub struct Task {
    /// What its outcomes are reported under.
    pub id: u64,
    /// What its owner may change while it runs.
    pub shared: Arc<Shared>,
    /// What runs it.
    pub prober: Arc<dyn Prober>,
    /// For jitter.
    pub random: Random,
    /// A run waits for one of these: the first one, and later ones where few start at a tick.
    pub turns: Arc<Semaphore>,
    /// Later runs start at these.
    pub ticks: Arc<Ticks>,
    /// Where outcomes go.
    pub reports: mpsc::Sender<Message>,
    /// The seed of fingerprints, the same for a task that takes its place.
    pub seed: RandomState,
    /// When its first run is due.
    pub start: Start,
}

/// Runs a check for ever, and reports each outcome; ends when nobody takes the reports any more. A panic is an outcome, and
/// the check goes on.
pub async fn run(task: Task) {
    let mut start = task.start;
    while panics::caught_async(pin!(task.run(start))).await.is_err() {
        match task.report_panic().await {
            Ok(next) => start = next,
            Err(Unheard) => return,
        }
    }
}

/// Nobody takes the reports any more.
struct Unheard;

impl Task {
    async fn run(&self, start: Start) -> Result<(), Unheard> {
        let mut pace = Pace::default();
        let mut due = match start {
            Start::Now => Instant::now(),
            Start::At(backoff) => {
                self.announce(backoff.interval, backoff.due, Some(backoff)).await?;
                self.wait(&mut pace, backoff.due, backoff.due, None).await
            }
            Start::BackingOff(backoff) => {
                pace = Pace::backing_off(backoff.interval, backoff.holds);
                self.announce(backoff.interval, backoff.due, Some(backoff)).await?;
                self.wait(&mut pace, backoff.due, Instant::now(), backoff.files).await
            }
        };
        let mut turn = Some(FIRST_TURN);
        loop {
            let permit = match turn {
                Some(_) => Arc::clone(&self.turns).acquire_owned().await.ok(),
                None => None,
            };
            let planned = self.plan();
            let began = Instant::now();
            // Read before the run, so that a file which changes while it runs is seen as changed. Most checks can do without at
            // their first failure; where accounts lock, the next run may be half an hour away.
            let before = if pace.backs_off() || planned.accounts_lock() { self.files() } else { None };
            let outcome = in_turn(permit.zip(turn), self.prober.probe(&planned)).await;
            turn = self.ticks.take_turns().then_some(TURN);
            let failure = outcome.failure.as_ref().map(Failed::from);
            let aftermath = outcome.evidence.aftermath;
            let streak = report(&self.reports, self.id, &planned, outcome).await.ok_or(Unheard)?;
            let next = pace.after(&planned, streak, failure, aftermath, (self.random)());
            due = self.ticks.next(next_due(due, next, Instant::now()), next.interval);
            let backoff = pace.backs_off().then(|| BackOff {
                interval: next.interval,
                due,
                holds: pace.holds(),
                files: before.or_else(|| self.files()),
            });
            self.announce(next.interval, due, backoff).await?;
            due = self.wait(&mut pace, due, began + planned.interval, backoff.and_then(|one| one.files)).await;
        }
    }

    /// What is told of a panic, and when the check runs again.
    async fn report_panic(&self) -> Result<Start, Unheard> {
        let planned = self.plan();
        let target = probe::target(&planned, self.prober.env());
        let outcome = Arc::new(Outcome::internal(target, SystemTime::now(), Duration::ZERO));
        report(&self.reports, self.id, &planned, outcome).await.ok_or(Unheard)?;
        let interval = planned.interval;
        Ok(Start::At(BackOff { interval, due: Instant::now() + interval, holds: false, files: None }))
    }

    fn plan(&self) -> Arc<Planned> {
        self.shared.plan()
    }

    fn files(&self) -> Option<u64> {
        files_fingerprint(&self.plan(), self.prober.env(), &self.seed)
    }

    /// Tells the state when the next run is due, and a later task whether this one backs off.
    async fn announce(&self, interval: Duration, due: Instant, backoff: Option<BackOff>) -> Result<(), Unheard> {
        self.shared.set_backoff(backoff);
        // The message is made once there is room: the task of every check would keep one in its memory.
        let room = self.reports.reserve().await.map_err(|_| Unheard)?;
        room.send(Message::NextRun { id: self.id, interval, due, backs_off: backoff.is_some() });
        Ok(())
    }

    /// Waits for the next run, and gives its moment: `due`, or now where a retry is asked for, or after a jitter and not
    /// before `earliest` where the files that had the fingerprint `known` have changed.
    async fn wait(&self, pace: &mut Pace, due: Instant, earliest: Instant, known: Option<u64>) -> Instant {
        let changed = async {
            match known {
                Some(_) => wait_for_change(due, || self.files() != known).await,
                None => false,
            }
        };
        let due = tokio::select! {
            () = self.shared.retry.notified() => {
                pace.reset_backoff();
                return Instant::now();
            }
            changed = changed => match changed {
                true => {
                    pace.reset_backoff();
                    Instant::now().max(earliest) + jitter(self.random)
                }
                false => due,
            },
        };
        tokio::select! {
            () = self.shared.retry.notified() => {
                pace.reset_backoff();
                Instant::now()
            }
            () = sleep_until(due) => due,
        }
    }
}

/// Reports an outcome; the streak that it continues, `None` where nobody takes it.
async fn report(
    reports: &mpsc::Sender<Message>,
    id: u64,
    planned: &Arc<Planned>,
    outcome: Arc<Outcome>,
) -> Option<Streak> {
    let (sender, streak) = oneshot::channel();
    let room = reports.reserve().await.ok()?;
    room.send(Message::Outcome { id, planned: Arc::clone(planned), outcome, streak: sender });
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
