//! The one place where a check is run: under its deadline and a panic guard, with hint and findings from the evidence.
//!
//! `schedule`, `check`, `wait` and `diagnose` all call [`probe`] and differ only in what they do with the outcome.

mod depth;
mod each;
mod pod;

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::cause::Cause;
use crate::check::{Check, Prepared, Run, Runnable};
use crate::config::plan::Planned;
use crate::env::Env;
use crate::finding::Finding;
use crate::findings::{self, Context, Judged};
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions, Pin};
use crate::net::dial::Require;
use crate::net::resolve::{self, Walk};
use crate::net::survey;
use crate::order;
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Failure, Fault, Outcome, Phase};
use crate::url::Endpoint;

pub use depth::Depth;

/// Runs a check once; it ends at its deadline at the latest, and never panics. Under `require: each` every address has
/// a deadline of its own.
pub async fn probe(planned: &Planned, world: &Arc<World>, depth: Depth) -> Outcome {
    let started_at = SystemTime::now();
    let began = Instant::now();
    let surroundings = &*world.env;
    let world = &Arc::new(world.for_run());
    let Prepared { target, endpoints, readings, run } = prepare(&*planned.check, &*world.env);
    let var = |name| world.env.var(name).unwrap_or_default();
    let (node_options, pg_connect_timeout) = (var("NODE_OPTIONS"), var("PGCONNECT_TIMEOUT"));
    let context = Context {
        kind: planned.kind,
        endpoints: &endpoints,
        readings: &readings,
        clients: &planned.clients,
        now: i64::try_from(started_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()).unwrap_or(i64::MAX),
        full_walk: depth.walk() == Walk::Full,
        proxies: [proxy(&*world.env, ["HTTP_PROXY", "http_proxy"]), proxy(&*world.env, ["HTTPS_PROXY", "https_proxy"])],
        node_options: &node_options,
        pg_connect_timeout: &pg_connect_timeout,
    };
    let looking = pod::Looking::begin(surroundings);
    let mut done = match planned.rules.require {
        Require::Any | Require::All => attempt(&run, world, terms(planned, depth.walk(), None)).await,
        Require::Each => each::run(planned, &run, world, depth, context).await,
    };
    let meant = findings::meant(&readings).filter(|_| endpoints.is_empty() && depth == Depth::Survey);
    match &meant {
        Some(meant) => measure(planned, world, depth, std::slice::from_ref(meant), &mut done).await,
        None if done.evidence.tries.is_empty() => {}
        None => measure(planned, world, depth, &endpoints, &mut done).await,
    }
    done.evidence.pod = looking.end(surroundings, done.fault.as_ref(), &done.evidence);
    let Judged { findings, predictions } = findings::judge(done.fault.as_ref(), &done.evidence, context);
    let failure = match done.fault {
        Some(fault) => Some(explain(fault, &done.evidence, context)),
        None => turned(&findings, &planned.fail_on),
    };
    let degraded = failure.is_none() && (done.evidence.degraded || needed_a_fallback(&*world.env, &done.evidence));
    let duration = done.ended.saturating_duration_since(began);
    Outcome { started_at, duration, target, failure, degraded, evidence: done.evidence, findings, predictions }
}

/// Whether one of these variables has a value.
fn proxy(env: &dyn Env, names: [&str; 2]) -> bool {
    names.iter().any(|name| env.var(name).is_some_and(|url| !url.is_empty()))
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
    // No task is aborted and none panics: each check's panic is an outcome.
    let mut done = running.join_all().await;
    order::sort_by_key(&mut done, |(index, _)| *index);
    done.into_iter().map(|(_, done)| done).collect()
}

/// Measures every address of what was dialled, or was meant to be, where this depth asks for it: after the run, with a
/// deadline of its own.
async fn measure(planned: &Planned, world: &Arc<World>, depth: Depth, endpoints: &[Endpoint], done: &mut Done) {
    let Some(limits) = depth.survey(planned, done.fault.is_none()) else { return };
    if depth == Depth::Routine && world.surveys.recall(planned.identity, &mut done.evidence) {
        return;
    }
    let deadline = Instant::now() + limits.all;
    let terms = AttemptOptions { rules: planned.rules, deadline, walk: depth.walk(), pinned: None };
    let mut attempt = Attempt::resume(Arc::clone(world), terms, std::mem::take(&mut done.evidence));
    survey::survey(&mut attempt, endpoints, limits.limits).await;
    if depth == Depth::Survey {
        resolve::ask_in_pairs(&mut attempt).await;
    }
    done.evidence = attempt.finish();
    if depth == Depth::Routine {
        world.surveys.keep(planned.identity, &done.evidence);
    }
}

/// The failure that a finding is turned into (`fail_on`), the worst first. Its hint is the catalogue's, which never
/// changes; what to do here stands with the finding.
fn turned(findings: &[Finding], fail_on: &[&'static str]) -> Option<Failure> {
    let finding = findings.iter().find(|finding| fail_on.contains(&finding.code))?;
    let (cause, hint) = match findings::entry(finding.code) {
        Some(entry) => (entry.cause, entry.remedy),
        None => (Cause::Internal, Cause::Internal.info().remedy),
    };
    let Fault { phase, cause, message } =
        Fault::new(Phase::Assert, cause, format!("{}: {}", finding.code, finding.message));
    Some(Failure { phase, cause, message, hint: hint.to_owned() })
}

/// What one attempt gave.
struct Done {
    evidence: Evidence,
    fault: Option<Fault>,
    /// When the check itself was done; saying goodbye to its peers is not counted.
    ended: Instant,
}

fn terms(planned: &Planned, walk: Walk, pinned: Option<Pin>) -> AttemptOptions {
    AttemptOptions { rules: planned.rules, deadline: Instant::now() + planned.timeout, walk, pinned }
}

fn explain(fault: Fault, evidence: &Evidence, context: Context<'_>) -> Failure {
    let hint = findings::hint(&fault, evidence, context);
    Failure { phase: fault.phase, cause: fault.cause, message: fault.message, hint }
}

/// What a check is to run, or why it cannot.
type Ready = Result<Arc<dyn Runnable>, Fault>;

/// The check with its values; a panic is what is wrong with them.
fn prepare(check: &dyn Check, env: &dyn Env) -> Prepared {
    catch_unwind(AssertUnwindSafe(|| check.prepare(env))).unwrap_or_else(|_| Prepared {
        target: "unknown".to_owned(),
        endpoints: Vec::new(),
        readings: Vec::new(),
        run: Err(Fault::new(Phase::Assert, Cause::Internal, PANICKED)),
    })
}

/// Of a check whose code failed.
const PANICKED: &str = "the check panicked; the log says where";

async fn attempt(run: &Ready, world: &Arc<World>, terms: AttemptOptions) -> Done {
    let run = match run {
        Ok(run) => run,
        Err(fault) => {
            return Done { evidence: Evidence::default(), fault: Some(fault.clone()), ended: Instant::now() };
        }
    };
    let deadline = terms.deadline;
    let mut attempt = Attempt::new(Arc::clone(world), terms);
    let result = timeout_at(deadline, guarded(|| run.run(&mut attempt))).await;
    let fault = match result {
        Ok(Ok(result)) => result.err(),
        Ok(Err(Panicked)) => Some(attempt.fault(Cause::Internal, PANICKED)),
        Err(_) => Some(attempt.deadline_fault()),
    };
    attempt.leave();
    let now = Instant::now();
    let ended = now.checked_sub(attempt.goodbyes()).unwrap_or(now);
    attempt.drain_closing().await;
    Done { evidence: attempt.finish(), fault, ended }
}

struct Panicked;

/// Turns a panic of the check into a value; the panic hook has told the place.
async fn guarded<'a>(start: impl FnOnce() -> Run<'a>) -> Result<Result<(), Fault>, Panicked> {
    let mut run = catch_unwind(AssertUnwindSafe(start)).map_err(|_| Panicked)?;
    poll_fn(move |cx| match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
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
