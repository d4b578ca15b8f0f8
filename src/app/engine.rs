//! What runs checks and what keeps the state, from the start to the end of the drain. It answers nothing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::app::check_tasks::CheckTasks;
use crate::app::reload::{Reloader, SLICE};
use crate::config::plan::Plan;
use crate::log::say;
use crate::net::turns::{pause, slices};
use crate::random::Random;
use crate::retry::RetryRequest;
use crate::schedule::Prober;
use crate::shutdown::Signal;
use crate::slices::{Slices, at_once};
use crate::state::{self, Message, NewPlan, Snapshot, State};

#[cfg(test)]
mod tests;

/// Demands to run a check that may wait; more make their callers wait.
const RETRY_BACKLOG: usize = 4;
/// Outcomes that may wait for the state; more make their checks wait.
const BACKLOG: usize = 64;

/// The running checks and the state they feed.
pub struct Engine {
    tasks: CheckTasks,
    messages: mpsc::Sender<Message>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    state: JoinHandle<()>,
    drain: Duration,
    retries: (mpsc::Sender<RetryRequest>, mpsc::Receiver<RetryRequest>),
}

/// Why a sidecar ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Stopped,
    /// The keeper of the state is gone: a bug, and nothing true can be answered any more.
    Broken,
}

impl Engine {
    /// Starts every check, whose first runs take turns; outcomes and time are folded into snapshots from now on.
    #[must_use]
    pub fn start(prober: Arc<dyn Prober>, random: Random, plan: &Plan) -> Self {
        let (messages, inbox) = mpsc::channel(BACKLOG);
        let mut tasks = CheckTasks::new(prober, random, messages.clone());
        let slots = at_once(tasks.plan(plan.checks.clone(), &mut Slices::unlimited()));
        let state = State::new(slots, plan.serve.fail_ready_on_sigterm, Instant::now(), SystemTime::now());
        let (publish, snapshots) = watch::channel(Arc::new(state.snapshot()));
        let state = tokio::spawn(state::run(state, inbox, publish));
        at_once(tasks.start(async || {}));
        let retries = mpsc::channel(RETRY_BACKLOG);
        Self { tasks, messages, snapshots, state, drain: plan.serve.drain, retries }
    }

    /// What is answered from.
    #[must_use]
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.clone()
    }

    /// Where a demand to run a check now goes.
    #[must_use]
    pub fn retries(&self) -> mpsc::Sender<RetryRequest> {
        self.retries.0.clone()
    }

    /// Runs until we are told to stop, and then until the drain is over or a second signal ends it. Until then another
    /// plan takes effect whenever `reloader` has one.
    pub async fn run(&mut self, mut reloader: Option<&mut Reloader>, signals: &mut mpsc::Receiver<Signal>) -> Ended {
        loop {
            let signal = tokio::select! {
                signal = signals.recv() => signal.unwrap_or(Signal::Stop),
                () = changed(&mut reloader) => Signal::Reload,
                Some(request) = self.retries.1.recv() => {
                    let retry = self.tasks.retry(&request.name);
                    request.answer(retry);
                    continue;
                }
                _ = &mut self.state => return Ended::Broken,
            };
            match signal {
                Signal::Stop => break,
                Signal::Reload => self.reload(reloader.as_deref_mut()).await,
            }
        }
        self.drain(signals).await
    }

    async fn reload(&mut self, reloader: Option<&mut Reloader>) {
        let Some(reloader) = reloader else {
            say!(Warn, "there is no configuration file to reload");
            return;
        };
        match reloader.load().await {
            Ok(plan) => {
                say!(Info, "reloaded the configuration"; checks = plan.checks.len());
                let mut turns = slices(SLICE);
                for warning in &plan.warnings {
                    turns.pause().await;
                    say!(Warn, warning);
                }
                self.drain = plan.serve.drain;
                let slots = self.tasks.plan(plan.checks, &mut slices(SLICE)).await;
                let fail_ready_on_sigterm = plan.serve.fail_ready_on_sigterm;
                self.send(Message::Plan(NewPlan { slots, fail_ready_on_sigterm })).await;
                self.tasks.start(pause).await;
            }
            Err(faults) => {
                for fault in faults.lines() {
                    say!(Error, fault);
                }
                say!(Error, "cannot reload the configuration, because it has faults: the previous one stays in use");
                self.send(Message::Refused(faults)).await;
            }
        }
    }

    /// Goes on as before, so that the app can drain: gates keep their verdict.
    async fn drain(&mut self, signals: &mut mpsc::Receiver<Signal>) -> Ended {
        let end = Instant::now() + self.drain;
        say!(Info, "received SIGTERM, shutting down"; drain_seconds = self.drain.as_secs_f64());
        self.send(Message::ShuttingDown).await;
        loop {
            tokio::select! {
                () = sleep_until(end) => return Ended::Stopped,
                signal = signals.recv() => match signal {
                    Some(Signal::Reload) => say!(Warn, "shutting down: ignoring the reload of the configuration"),
                    Some(Signal::Stop) | None => return Ended::Stopped,
                },
                _ = &mut self.state => return Ended::Broken,
            }
        }
    }

    /// A state that is gone is noticed by `run`.
    async fn send(&self, message: Message) {
        drop(self.messages.send(message).await);
    }
}

/// Waits until another plan may be read; for ever where there is nothing to read.
async fn changed(reloader: &mut Option<&mut Reloader>) {
    match reloader {
        Some(reloader) => reloader.changed().await,
        None => std::future::pending().await,
    }
}
