//! For the unit tests of the engine: a check that dials nothing, outcomes out of thin air.

use std::hash::RandomState;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use crate::cause::Cause;
use crate::check::{Check, Prepared, Run, Runnable, readings};
use crate::config::plan::{Gates, Planned};
use crate::env::Env;
use crate::env::ProcessEnv;
use crate::net::attempt::Attempt;
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Failure, Outcome, Phase};
use crate::random::Random;
use crate::schedule::{Prober, Shared, Start, Task, Ticks};
use crate::state::{CheckView, Episode, Histogram, Message, Reload, Snapshot};
use crate::value::Value;
use crate::verdict::Verdict;

/// For rules that hold for any input: few cases, always the same ones, and no file of failures.
pub(crate) fn few_cases() -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(20_261_130);
    ProptestConfig { cases: 128, failure_persistence: None, rng_seed, ..ProptestConfig::default() }
}

struct Idle {
    values: Vec<Value>,
}

impl Check for Idle {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        Prepared::new("idle://".to_owned(), Vec::new(), readings(&self.values(), env), Ok(Passes))
    }

    fn values(&self) -> Vec<&Value> {
        self.values.iter().collect()
    }
}

struct Passes;

impl Runnable for Passes {
    fn run<'a>(&'a self, _attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(std::future::ready(Ok(())))
    }
}

pub(crate) const STARTUP: Gates = Gates { startup: true, ready: false, live: false };
pub(crate) const READY: Gates = Gates { startup: false, ready: true, live: false };
pub(crate) const NONE: Gates = Gates { startup: false, ready: false, live: false };

/// A check with the defaults: every 10 s, 5 s, down at the third failure, up at the first pass.
pub(crate) fn planned(name: &str, gates: Gates) -> Planned {
    with_values(name, gates, Vec::new())
}

pub(crate) fn with_values(name: &str, gates: Gates, values: Vec<Value>) -> Planned {
    let check = Arc::new(Idle { values });
    Planned { identity: 0, ..Planned::with_defaults(name.to_owned(), "tcp", check, gates, "") }
}

pub(crate) fn pass() -> Outcome {
    Outcome {
        started_at: SystemTime::UNIX_EPOCH,
        duration: Duration::from_millis(20),
        target: "idle://".to_owned(),
        failure: None,
        degraded: false,
        evidence: Box::default(),
        findings: Vec::new(),
        predictions: Vec::new(),
    }
}

pub(crate) fn fail(phase: Phase, cause: Cause) -> Outcome {
    let failure = Failure {
        phase,
        cause,
        statement: Some("seen".to_owned()),
        message: "seen".to_owned(),
        hint: "do this".to_owned(),
        detail: None,
        risks_lock: false,
    };
    Outcome { failure: Some(failure), ..pass() }
}

/// The same after a connection was established.
pub(crate) fn connected(outcome: Outcome) -> Outcome {
    let attempt = ConnectAttempt {
        host: None,
        address: ([10, 0, 0, 1], 5432).into(),
        result: ConnectResult::Connected,
        errno: None,
        duration: Duration::from_millis(1),
    };
    Outcome { evidence: Box::new(Evidence { tries: vec![attempt], ..*outcome.evidence }), ..outcome }
}

pub(crate) const LIVE: Gates = Gates { startup: false, ready: false, live: true };

/// A check as it is published: what is settled of it, and its last outcome where there is one.
pub(crate) fn view(name: &str, gates: Gates, verdict: Verdict, last: Option<Outcome>) -> CheckView {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_165_200);
    let failed = last.as_ref().is_some_and(|outcome| !outcome.passed());
    CheckView {
        name: name.to_owned(),
        kind: "tcp",
        target: "tcp://db:5432".to_owned(),
        labels: Vec::new(),
        gates,
        withheld: false,
        gating: true,
        verdict,
        since: at,
        limited: false,
        degraded: false,
        stale: false,
        runs: u64::from(last.is_some()),
        failures: u64::from(failed),
        recent: 0,
        durations: Histogram::default(),
        tries: Vec::new(),
        last_run: last.as_ref().map(|_| at),
        last_success: last.as_ref().filter(|_| !failed).map(|_| at),
        next_run: None,
        backs_off: false,
        episode: last
            .as_ref()
            .and_then(|outcome| outcome.failure.as_ref())
            .map(|failure| Episode { cause: failure.cause, reason: failure.reason(name) }),
        last: last.map(Arc::new),
        each: false,
    }
}

/// A snapshot of these checks, taken now; the start gate has latched.
pub(crate) fn snapshot(checks: Vec<CheckView>) -> Snapshot {
    Snapshot {
        checks: checks.into_iter().map(Arc::new).collect(),
        startup_latched: true,
        shutting_down: false,
        fail_ready_on_sigterm: false,
        reload: Reload { successful: true, last_success: SystemTime::UNIX_EPOCH, error: None },
        heartbeat: Instant::now(),
    }
}

/// Says that pages made from the code are to be written instead of compared.
const WRITE_DOCS: &str = "PILOTFISH_WRITE_DOCS";

/// A page made from the code is as the code says.
pub(crate) fn keep(page: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    if ProcessEnv.var(WRITE_DOCS).is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{page} is not as the code says: make docs writes it anew");
}

/// The section of a page between `<!-- name -->` and `<!-- /name -->` is as the code says.
pub(crate) fn keep_section(page: &str, name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let parts = kept.split_once(&open).and_then(|(before, rest)| Some((before, rest.split_once(&close)?.1)));
    let (before, after) = parts.unwrap_or_else(|| panic!("{page} has no section {open} … {close}"));
    keep(page, &format!("{before}{open}\n{text}{close}{after}"));
}

/// A task that runs this check from now on.
pub(crate) fn task(
    planned: Planned,
    prober: Arc<dyn Prober>,
    random: Random,
    turns: &Arc<Semaphore>,
    reports: mpsc::Sender<Message>,
) -> Task {
    Task {
        id: 1,
        shared: Arc::new(Shared::new(Arc::new(planned), None)),
        prober,
        random,
        turns: Arc::clone(turns),
        ticks: Arc::new(Ticks::none()),
        reports,
        seed: RandomState::new(),
        start: Start::Now,
    }
}
