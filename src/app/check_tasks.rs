//! The checks that run: one task each, started, kept and stopped as plans come and go.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::plan::Planned;
use crate::random::Random;
use crate::schedule::{self, Prober};
use crate::state::{Message, Slot};

/// Everything that runs checks.
pub struct CheckTasks {
    prober: Arc<dyn Prober>,
    random: Random,
    messages: mpsc::Sender<Message>,
    tasks: Vec<CheckTask>,
    next_id: u64,
    /// Permits for first runs.
    turns: Arc<Semaphore>,
}

/// A check and its task, which ends with it.
struct CheckTask {
    slot: Slot,
    /// What its task reads before each run.
    plans: watch::Sender<Arc<Planned>>,
    handle: Option<JoinHandle<()>>,
}

impl CheckTask {
    /// Takes over what another plan says of the same check.
    fn replan(&mut self, planned: &Planned) {
        self.slot.planned = Arc::new(planned.clone());
        self.plans.send_replace(Arc::clone(&self.slot.planned));
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
        let turns = Arc::new(Semaphore::new(schedule::FIRST_AT_A_TIME));
        Self { prober, random, messages, tasks: Vec::new(), next_id: 0, turns }
    }

    /// Stops the checks that a plan does not have, and takes in those that it has: what runs as it did goes on, with its
    /// number and under what the new plan makes of its results. The others get a new one and wait for [`CheckTasks::start`], so
    /// that the state can be told first.
    pub fn plan(&mut self, checks: &[Planned]) -> Vec<Slot> {
        let mut former = std::mem::take(&mut self.tasks);
        for planned in checks {
            let same = |task: &CheckTask| {
                task.slot.planned.name == planned.name && task.slot.planned.identity == planned.identity
            };
            let task = match former.iter().position(same) {
                Some(at) => {
                    let mut task = former.swap_remove(at);
                    task.replan(planned);
                    task
                }
                None => self.new_task(planned),
            };
            self.tasks.push(task);
        }
        self.tasks.iter().map(|task| task.slot.clone()).collect()
    }

    /// Starts every check that does not run yet; its first run begins when its turn comes.
    pub fn start(&mut self) {
        for task in self.tasks.iter_mut().filter(|task| task.handle.is_none()) {
            let (id, plans) = (task.slot.id, task.plans.subscribe());
            let (prober, turns) = (Arc::clone(&self.prober), Arc::clone(&self.turns));
            let run = schedule::run(id, plans, prober, self.random, turns, self.messages.clone());
            task.handle = Some(tokio::spawn(run));
        }
    }

    fn new_task(&mut self, planned: &Planned) -> CheckTask {
        self.next_id += 1;
        let target = planned.check.prepare(self.prober.env()).target;
        let planned = Arc::new(planned.clone());
        let plans = watch::Sender::new(Arc::clone(&planned));
        CheckTask { slot: Slot { id: self.next_id, planned, target }, plans, handle: None }
    }
}
