//! One run: the check with its values, under its deadline and a panic guard.

use std::pin::pin;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use crate::cause::Cause;
use crate::check::{self, Check, Prepared, Runnable};
use crate::config::plan::Planned;
use crate::env::Env;
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions, Pin};
use crate::net::resolve::Walk;
use crate::outcome::{Aftermath, Evidence, Failure, Fault, Phase};
use crate::panics;

/// What one attempt gave.
pub(super) struct AttemptResult {
    pub(super) evidence: Box<Evidence>,
    pub(super) fault: Option<Fault>,
    /// When the check itself was done; the time to close its connections is not counted.
    pub(super) ended: Instant,
}

/// How an attempt of this check is made.
pub(super) fn options(planned: &Planned, walk: Walk, pinned: Option<Pin>) -> AttemptOptions {
    AttemptOptions { rules: planned.rules, deadline: Instant::now() + planned.timeout, walk, pinned }
}

/// What a check is to run, or why it cannot.
pub(super) type Ready = Result<Arc<dyn Runnable>, Fault>;

/// The check with its values; a panic is what is wrong with them.
pub(super) fn prepare(check: &dyn Check, env: &dyn Env) -> Prepared {
    panics::caught(|| check.prepare(env)).unwrap_or_else(|_| Prepared {
        target: "unknown".to_owned(),
        endpoints: Vec::new(),
        readings: Vec::new(),
        run: Err(Fault::new(Phase::Assert, Cause::Internal, Failure::PANICKED)),
    })
}

/// One attempt, to its end.
pub(super) async fn attempt(run: &Ready, world: &Arc<World>, options: AttemptOptions) -> AttemptResult {
    let run = match run {
        Ok(run) => run,
        Err(fault) => {
            return AttemptResult { evidence: Box::default(), fault: Some(fault.clone()), ended: Instant::now() };
        }
    };
    let deadline = options.deadline;
    let mut attempt = Attempt::new(Arc::clone(world), options);
    let result = timeout_at(deadline, panics::caught_async(pin!(async { run.run(&mut attempt).await }))).await;
    let fault = match result {
        Ok(Ok(result)) => result.err().map(|fault| attempt.of_connection(fault)),
        Ok(Err(_)) => Some(attempt.fault(Cause::Internal, Failure::PANICKED)),
        Err(_) => Some(attempt.deadline_fault()),
    };
    // Whatever kind it is, and whatever it wanted there.
    if attempt.monitor().is_some_and(|monitor| check::counts_unfinished(&monitor.seen().head))
        && attempt.evidence().aftermath == Aftermath::Nothing
    {
        attempt.evidence().aftermath = Aftermath::Unfinished;
    }
    attempt.leave();
    let now = Instant::now();
    let ended = now.checked_sub(attempt.closing_time()).unwrap_or(now);
    attempt.drain_closing().await;
    AttemptResult { evidence: attempt.finish(), fault, ended }
}
