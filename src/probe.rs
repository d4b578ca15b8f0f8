//! The one place where a check is run: under its deadline and a panic guard, with hint and findings from the evidence.
//!
//! `schedule`, `check`, `wait` and `diagnose` all call [`probe`] and differ only in what they do with the outcome.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::SystemTime;

use tokio::time::{Instant, timeout_at};

use crate::cause::Cause;
use crate::check::{Check, Run};
use crate::config::plan::Planned;
use crate::findings::{self, Context};
use crate::net::World;
use crate::net::attempt::{Attempt, Terms};
use crate::net::resolve::Walk;
use crate::outcome::{Evidence, Failure, Fault, Outcome, TryResult};

/// Runs a check once; it ends at its deadline at the latest, and never panics.
pub async fn probe(planned: &Planned, world: &Arc<World>, walk: Walk) -> Outcome {
    let started_at = SystemTime::now();
    let began = Instant::now();
    let target = planned.check.target(&*world.env);
    let terms = Terms { rules: planned.rules, deadline: began + planned.timeout, walk, pinned: None };
    let (evidence, fault) = attempt(&*planned.check, world, terms).await;
    let endpoints = planned.check.endpoints(&*world.env);
    let context = Context { kind: planned.kind, endpoints: &endpoints };
    let failure = fault.map(|fault| explain(fault, &evidence, context));
    let degraded = failure.is_none() && (evidence.degraded || needed_a_fallback(&evidence));
    let duration = began.elapsed();
    Outcome { started_at, duration, target, failure, degraded, evidence, findings: Vec::new() }
}

fn explain(fault: Fault, evidence: &Evidence, context: Context<'_>) -> Failure {
    let hint = findings::hint(&fault, evidence, context);
    Failure { phase: fault.phase, cause: fault.cause, message: fault.message, hint }
}

async fn attempt(check: &dyn Check, world: &Arc<World>, terms: Terms) -> (Evidence, Option<Fault>) {
    let mut attempt = Attempt::new(Arc::clone(world), terms);
    let result = timeout_at(terms.deadline, guarded(check.run(&mut attempt))).await;
    let fault = match result {
        Ok(Ok(result)) => result.err(),
        Ok(Err(Panicked)) => Some(attempt.fault(Cause::Internal, "the check panicked")),
        Err(_) => Some(attempt.fault(Cause::Timeout, "out of time")),
    };
    (attempt.finish(), fault)
}

struct Panicked;

/// Turns a panic of the check into a value; the panic hook has told the place.
async fn guarded(mut run: Run<'_>) -> Result<Result<(), Fault>, Panicked> {
    poll_fn(move |cx| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}

/// Whether a try failed before one succeeded.
fn needed_a_fallback(evidence: &Evidence) -> bool {
    evidence.tries.iter().any(|attempt| !matches!(attempt.result, TryResult::Connected | TryResult::NotTried))
}
