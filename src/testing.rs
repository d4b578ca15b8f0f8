//! For the unit tests of the engine: a check that dials nothing, outcomes out of thin air.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::cause::Cause;
use crate::check::{Check, Run};
use crate::config::plan::{Gates, MinPassing, Planned};
use crate::env::Env;
use crate::net::attempt::Attempt;
use crate::net::dial::DialRules;
use crate::outcome::{Evidence, Failure, Outcome, Phase};
use crate::url::Endpoint;
use crate::value::Value;

struct Idle {
    values: Vec<Value>,
}

impl Check for Idle {
    fn target(&self, _env: &dyn Env) -> String {
        "idle://".to_owned()
    }

    fn endpoints(&self, _env: &dyn Env) -> Vec<Endpoint> {
        Vec::new()
    }

    fn values(&self) -> Vec<&Value> {
        self.values.iter().collect()
    }

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
    Planned {
        name: name.to_owned(),
        kind: "tcp",
        check: Arc::new(Idle { values }),
        interval: Duration::from_secs(10),
        timeout: Duration::from_secs(5),
        failure_threshold: 3,
        success_threshold: 1,
        gates,
        rules: DialRules::default(),
        min_passing: MinPassing::All,
        ready_ignores: Vec::new(),
        labels: Vec::new(),
        identity: 0,
    }
}

pub(crate) fn pass() -> Outcome {
    Outcome {
        started_at: SystemTime::UNIX_EPOCH,
        duration: Duration::from_millis(20),
        target: "idle://".to_owned(),
        failure: None,
        degraded: false,
        evidence: Evidence::default(),
        findings: Vec::new(),
    }
}

pub(crate) fn fail(phase: Phase, cause: Cause) -> Outcome {
    let failure = Failure { phase, cause, message: "seen".to_owned(), hint: "do this".to_owned() };
    Outcome { failure: Some(failure), ..pass() }
}
