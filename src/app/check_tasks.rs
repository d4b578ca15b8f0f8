//! The checks that run: one task each, started, kept and stopped as plans come and go.

use std::collections::BTreeMap;
use std::hash::RandomState;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::config::plan::Planned;
use crate::probe;
use crate::random::Random;
use crate::retry::{RETRY_PAUSE, Retry};
use crate::schedule::{self, Prober, Shared, Start, Task, Ticks};
use crate::slices::Slices;
use crate::state::{Message, Slot};

/// How many tasks are started at a time.
const STARTED_AT_A_TIME: usize = 16;

/// Everything that runs checks.
pub struct CheckTasks {
    prober: Arc<dyn Prober>,
    random: Random,
    messages: mpsc::Sender<Message>,
    tasks: Vec<CheckTask>,
    next_id: u64,
    /// Permits for runs that are due at the same moment.
    turns: Arc<Semaphore>,
    /// When later runs start.
    ticks: Arc<Ticks>,
    /// The seed of fingerprints of files.
    seed: RandomState,
}

/// A check and its task, which ends with it.
struct CheckTask {
    slot: Slot,
    shared: Arc<Shared>,
    handle: Option<JoinHandle<()>>,
    /// When its next run was last made due on demand.
    retried: Option<Instant>,
    /// When its first run is due.
    start: Start,
}

impl CheckTask {
    /// Takes over what another plan says of the same check.
    fn replan(&mut self, planned: Arc<Planned>) {
        self.slot.planned = planned;
        self.shared.replan(Arc::clone(&self.slot.planned));
    }
}

impl Drop for CheckTask {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            handle.abort();
        }
    }
}

impl CheckTasks {
    /// Nobody yet. Outcomes go to `messages`.
    #[must_use]
    pub fn new(prober: Arc<dyn Prober>, random: Random, messages: mpsc::Sender<Message>) -> Self {
        let turns = Arc::new(Semaphore::new(schedule::AT_A_TIME));
        let ticks = Arc::new(Ticks::none());
        Self { prober, random, messages, tasks: Vec::new(), next_id: 0, turns, ticks, seed: RandomState::new() }
    }

    /// Stops the checks that a plan does not have, and takes in those that it has: what runs as it did goes on, with its
    /// number and under what the new plan makes of its results. The others get a new one and wait for [`CheckTasks::start`], so
    /// that the state can be told first.
    pub async fn plan(&mut self, checks: Vec<Planned>, slices: &mut Slices) -> Vec<Slot> {
        // Names are unique within a plan.
        let mut former = BTreeMap::new();
        for task in std::mem::take(&mut self.tasks) {
            slices.pause().await;
            former.insert(task.slot.planned.name.clone(), task);
        }
        for planned in checks {
            slices.pause().await;
            let planned = Arc::new(planned);
            let before = former.remove(&planned.name);
            let task = match before {
                Some(mut task) if task.slot.planned.identity == planned.identity => {
                    task.replan(planned);
                    task
                }
                before => {
                    let start = before.as_ref().map_or(Start::Now, |task| {
                        Start::after(&task.slot.planned, task.shared.backoff(), &planned, self.random)
                    });
                    let retried = before.and_then(|task| task.retried);
                    self.new_task(planned, start, retried)
                }
            };
            self.tasks.push(task);
        }
        for stopped in former.into_values() {
            drop(stopped);
            slices.pause().await;
        }
        self.ticks.set(self.tasks.iter().map(|task| task.slot.planned.interval));
        let mut slots = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            slots.push(task.slot.clone());
            slices.pause().await;
        }
        slots
    }

    /// Starts every check that does not run yet; its first run begins when its turn comes. `pause` comes between them: each
    /// is another task that is ready at once, and whoever asks this pod waits behind all of those.
    pub async fn start(&mut self, mut pause: impl AsyncFnMut()) {
        for (number, task) in self.tasks.iter_mut().filter(|task| task.handle.is_none()).enumerate() {
            if number % STARTED_AT_A_TIME == STARTED_AT_A_TIME - 1 {
                pause().await;
            }
            let run = schedule::run(Task {
                id: task.slot.id,
                shared: Arc::clone(&task.shared),
                prober: Arc::clone(&self.prober),
                random: self.random,
                turns: Arc::clone(&self.turns),
                ticks: Arc::clone(&self.ticks),
                reports: self.messages.clone(),
                seed: self.seed.clone(),
                start: task.start,
            });
            task.handle = Some(tokio::spawn(run));
        }
    }

    /// Runs a check now, and ends its back-off.
    pub fn retry(&mut self, name: &str) -> Retry {
        let Some(task) = self.tasks.iter_mut().find(|task| task.slot.planned.name == name) else {
            return Retry::NoCheck;
        };
        let now = Instant::now();
        let again = task.retried.map(|retried| retried + RETRY_PAUSE);
        if let Some(again) = again.filter(|again| *again > now) {
            return Retry::TooSoon { again: again - now };
        }
        task.retried = Some(now);
        task.shared.retry.notify_one();
        Retry::Started
    }

    fn new_task(&mut self, planned: Arc<Planned>, start: Start, retried: Option<Instant>) -> CheckTask {
        self.next_id += 1;
        let target = probe::target(&planned, self.prober.env());
        let shared = Arc::new(Shared::new(Arc::clone(&planned), start.backoff()));
        let slot = Slot { id: self.next_id, planned, target };
        CheckTask { slot, shared, handle: None, retried, start }
    }
}
