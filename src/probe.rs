//! The one place where a check is run: under its deadline and a panic guard, with hint and findings from the evidence.
//!
//! `schedule`, `check`, `wait` and `diagnose` all call [`probe`] and differ only in what they do with the outcome.

mod depth;
mod each;
mod failure;
mod hint;
mod pod;
mod run;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cause::Cause;
use crate::check::{self, Prepared, SCHEMES};
use crate::config::plan::Planned;
use crate::env::Env;
use crate::findings::{self, Context, Judged};
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions};
use crate::net::dial::Require;
use crate::net::resolve::{self, Walk};
use crate::net::survey;
use crate::net::turns::slices;
use crate::order;
use crate::outcome::{Aftermath, ConnectAttempt, ConnectResult, Evidence, Failure, Outcome, Standing};
use crate::panics::{self, Panicked};
use crate::scheme::Scheme;
use crate::sock_diag;
use crate::url::Endpoint;

pub use depth::Depth;

use run::AttemptResult;

/// Values that took longer to read, such as long files, are followed by a pause: twenty such checks may be due at once.
const PREPARING: Duration = Duration::from_millis(1);

/// Runs a check once; it ends at its deadline at the latest, and never panics. Under `require: each` every address has
/// a deadline of its own.
pub async fn probe(planned: &Planned, world: &Arc<World>, depth: Depth) -> Outcome {
    let started = Started { at: SystemTime::now(), began: Instant::now() };
    let for_run = Arc::new(world.for_run(depth.is_for_a_person()));
    let mut slices = slices(PREPARING);
    let prepared = run::prepare(&*planned.check, &*for_run.env);
    slices.pause().await;
    let target = prepared.target.clone();
    match panics::caught_async(pin!(run_prepared(planned, prepared, world, &for_run, depth, started))).await {
        Ok(outcome) => outcome,
        Err(Panicked) => Outcome::internal(target, started.at, started.began.elapsed()),
    }
}

/// What a check dials, redacted, as far as that is known before it runs.
#[must_use]
pub fn target(planned: &Planned, env: &dyn Env) -> String {
    run::prepare(&*planned.check, env).target
}

/// When a run began, by both clocks.
#[derive(Clone, Copy)]
struct Started {
    at: SystemTime,
    began: Instant,
}

/// The run of a check whose values are resolved, and what is made of it; `world` is the `outside` for this run alone.
async fn run_prepared(
    planned: &Planned,
    prepared: Prepared,
    outside: &World,
    world: &Arc<World>,
    depth: Depth,
    started: Started,
) -> Outcome {
    let Prepared { target, endpoints, readings, run } = prepared;
    let variables = world.variables();
    let context = Context {
        tls_keys: check::kind(planned.kind).map(|kind| kind.tls_keys).unwrap_or_default(),
        schemes: SCHEMES,
        family: check::kind(planned.kind).and_then(|kind| kind.schemes.first()?.family),
        is_server: check::kind(planned.kind).is_some_and(|kind| kind.schemes.iter().any(Scheme::is_of_server)),
        endpoints: &endpoints,
        readings: &readings,
        clients: &planned.clients,
        now: i64::try_from(started.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()).unwrap_or(i64::MAX),
        full_walk: depth.walk() == Walk::Full,
        judges_all: depth == Depth::Survey,
        proxies: &variables.proxies,
        public_url: variables.public_url.as_ref(),
        node_options: &variables.node_options,
        pg_connect_timeout: &variables.pg_connect_timeout,
    };
    let pod_reading = pod::PodReading::begin(outside);
    let mut done = match planned.rules.require {
        Require::Any | Require::All => run::attempt(&run, world, run::options(planned, depth.walk(), None)).await,
        // Boxed, for the memory of every run has room for the largest of its parts.
        Require::Each => Box::pin(each::run(planned, &run, world, depth, context)).await,
    };
    let meant = findings::meant(&readings, SCHEMES).filter(|_| endpoints.is_empty() && depth == Depth::Survey);
    match &meant {
        Some(meant) => measure(planned, world, depth, std::slice::from_ref(meant), &mut done).await,
        None if done.evidence.tries.is_empty() => {}
        None => measure(planned, world, depth, &endpoints, &mut done).await,
    }
    done.evidence.pod = pod_reading.end(outside, done.fault.as_ref(), &done.evidence);
    if done.fault.as_ref().is_some_and(|fault| fault.cause == Cause::ConnectRefused) {
        done.evidence.ipv6_only = sock_diag::ipv6_only_listeners();
    }
    let Judged { findings, predictions } = findings::judge(done.fault.as_ref(), &done.evidence, context);
    let failure = match done.fault {
        Some(fault) => Some(failure::explain(planned.kind, fault, &done.evidence, context)),
        None => failure::of_findings(&findings, &planned.fail_on),
    };
    let degraded = match Standing::new(failure.as_ref().map(|failure| failure.cause), done.evidence.is_connected()) {
        Standing::Passed => done.evidence.degraded || needed_a_fallback(&*world.env, &done.evidence),
        Standing::Limited => true,
        Standing::Failed(_) => false,
    };
    let (started_at, duration) = (started.at, done.ended.saturating_duration_since(started.began));
    Outcome { started_at, duration, target, failure, degraded, evidence: done.evidence, findings, predictions }
}

/// Runs every check once, side by side; their order stays.
pub async fn probe_all(checks: Vec<Planned>, world: &Arc<World>, depth: Depth) -> Vec<(Planned, Outcome)> {
    let mut running = JoinSet::new();
    for (index, planned) in checks.into_iter().enumerate() {
        let world = Arc::clone(world);
        running.spawn(async move {
            let outcome = probe(&planned, &world, depth).await;
            (index, (planned, outcome))
        });
    }
    // No task is aborted and none panics.
    let mut done = running.join_all().await;
    order::sort_by_key(&mut done, |(index, _)| *index);
    let mut done: Vec<(Planned, Outcome)> = done.into_iter().map(|(_, done)| done).collect();
    for at in 0..done.len() {
        let (before, rest) = done.split_at_mut(at);
        let Some(((_, outcome), after)) = rest.split_first_mut() else { break };
        let others = before.iter().chain(after.iter());
        let others = others.map(|(planned, other)| (planned.name.as_str(), other));
        if panics::caught(|| findings::compare(outcome, others)).is_err() {
            outcome.failure.get_or_insert_with(Failure::internal);
        }
    }
    done
}

/// Measures every address of what was dialled, or was meant to be, where this depth asks for it: after the run, with a
/// deadline of its own.
async fn measure(
    planned: &Planned,
    world: &Arc<World>,
    depth: Depth,
    endpoints: &[Endpoint],
    done: &mut AttemptResult,
) {
    let Some(limits) = depth.survey(planned, done.fault.is_none()) else { return };
    // A survey connects and says nothing, which the server counts: once for a person, but not again and again.
    if done.evidence.aftermath != Aftermath::Nothing && matches!(depth, Depth::Routine | Depth::Gate) {
        return;
    }
    if depth == Depth::Routine && world.surveys.recall(planned.identity, &mut done.evidence) {
        return;
    }
    let deadline = Instant::now() + limits.all;
    let options = AttemptOptions { rules: planned.rules, deadline, walk: depth.walk(), pinned: None };
    let evidence = std::mem::take(&mut done.evidence);
    // Boxed: most runs measure nothing more.
    done.evidence = Box::pin(async {
        let mut attempt = Attempt::resume(Arc::clone(world), options, evidence);
        survey::survey(&mut attempt, endpoints, limits.limits).await;
        if depth == Depth::Survey {
            resolve::ask_in_pairs(&mut attempt).await;
        }
        attempt.finish()
    })
    .await;
    if depth == Depth::Routine {
        world.surveys.keep(planned.identity, &done.evidence);
    }
}

/// Whether a try failed before one succeeded, or some members fail. That a pod without IPv4 has no way to an IPv4 address
/// is how it is meant to be, and no failure.
fn needed_a_fallback(env: &dyn Env, evidence: &Evidence) -> bool {
    let no_ipv4 = |one: &ConnectAttempt| {
        one.result == ConnectResult::NetworkUnreachable && one.address.is_ipv4() && crate::pod::is_ipv6_alone(env)
    };
    let fine =
        |one: &ConnectAttempt| matches!(one.result, ConnectResult::Connected | ConnectResult::NotTried) || no_ipv4(one);
    !evidence.tries.iter().all(fine) || evidence.members.iter().any(|member| member.failure.is_some())
}

#[cfg(test)]
mod tests;
