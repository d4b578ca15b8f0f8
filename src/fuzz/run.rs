//! What a configuration holds: the document itself, payloads, expressions, files of variables. And one run of checks.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::cause::Cause;
use crate::config::plan::{Extent, Origin, Plan};
use crate::config::show;
use crate::config::source::{self, Request};
use crate::env::{Env, MapEnv};
use crate::net::World;
use crate::outcome::{HINT_LIMIT, MESSAGE_LIMIT, Outcome};
use crate::probe::{Depth, probe};
use crate::slices::{Slices, at_once};

/// Where the configuration is.
const FILE: &str = "/etc/pilotfish.yaml";

/// A configuration.
pub fn yaml(bytes: &[u8]) {
    let env = MapEnv::with_vars(&[("PW", "sesame"), ("HOST", "db.lab")]).with_file(FILE, bytes);
    match plan(&env) {
        Ok(plan) => {
            for one in &plan.checks {
                one.check.prepare(&env);
            }
            for line in show::unresolved(&plan, &env) {
                assert!(!line.contains(char::is_control), "{line}");
            }
            let shown = show::show(request(), &env).expect("what can be read can be shown");
            assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown}");
        }
        Err(faults) => {
            assert!(!faults.is_empty());
            for line in faults.lines().filter(|line| !line.starts_with("and ")) {
                assert!(line.starts_with(FILE) && !line.contains(char::is_control), "{line}");
            }
        }
    }
}

/// What is sent to a server, and what is expected of it.
pub fn payload(bytes: &[u8]) {
    let text = quoted(bytes);
    for key in ["send", "expect"] {
        let env = MapEnv::with_vars(&[("PW", "sesame")])
            .with_file(FILE, format!("checks: [{{name: a, tcp: {{address: 'db.lab:1', {key}: {text}}}}}]").as_bytes());
        if let Ok(plan) = plan(&env) {
            drop(plan.checks.first().map(|one| one.check.prepare(&env)));
        }
    }
}

/// A line with an expression, then what it is compared with.
pub fn expression(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (expression, rest) = bytes.split_at(at);
    let pattern = quoted(expression);
    let rules = format!("checks: [{{name: a, env: {{variables: [{{name: A, pattern: {pattern}}}]}}}}]");
    let value = String::from_utf8_lossy(rest).replace('\0', "");
    let env = MapEnv::with_vars(&[("A", value.trim_start_matches('\n'))]).with_file(FILE, rules.as_bytes());
    probed(env, Depth::Full);
}

/// A file of variables, or the environment of a process.
pub fn env_file(bytes: &[u8]) {
    let rules =
        "checks: [{name: a, env: {variables: [{name: A}, {name: B, url: http, required: false}], from: /app/.env}}]";
    let outcomes =
        probed(MapEnv::default().with_file("/app/.env", bytes).with_file(FILE, rules.as_bytes()), Depth::Full);
    assert_eq!(outcomes.len(), 1, "the configuration is fine");
}

/// A text as YAML has it, whatever is in it.
fn quoted(bytes: &[u8]) -> String {
    serde_json::Value::from(String::from_utf8_lossy(bytes)).to_string()
}

const fn request() -> Request<'static> {
    Request { targets: &[], file: Some(FILE), gates: &[], extent: Extent::Servers }
}

/// The plan of the file.
pub(super) fn plan(env: &dyn Env) -> Result<Plan, String> {
    at_once(source::reload(&Origin::Given(FILE.into()), env, &mut Slices::unlimited()))
        .map_err(|faults| faults.to_string())
}

/// Runs every check of the file once, one after another.
pub(super) fn probed(env: MapEnv, depth: Depth) -> Vec<Outcome> {
    RUNTIME.with(|runtime| runtime.block_on(outcomes(env, depth)))
}

pub(super) async fn outcomes(env: MapEnv, depth: Depth) -> Vec<Outcome> {
    let Ok(plan) = plan(&env) else { return Vec::new() };
    let world = Arc::new(World::new(Arc::new(env)));
    let mut outcomes = Vec::new();
    for one in &plan.checks {
        let outcome = probe(one, &world, depth).await;
        well_told(&outcome);
        outcomes.push(outcome);
    }
    outcomes
}

thread_local! {
    pub(super) static RUNTIME: Runtime = Builder::new_current_thread().enable_all().build().expect("a runtime needs a descriptor");
}

/// What holds of every outcome, whatever came.
fn well_told(outcome: &Outcome) {
    let Some(failure) = &outcome.failure else { return };
    assert!(failure.cause != Cause::Internal, "a check panicked: {}", failure.message);
    assert!(failure.message.len() <= MESSAGE_LIMIT, "{}", failure.message);
    assert!(failure.hint.len() <= HINT_LIMIT, "{}", failure.hint);
    for text in [&failure.message, &failure.hint, &outcome.target] {
        assert!(!text.contains(char::is_control), "{text}");
    }
    for finding in &outcome.findings {
        assert!(!finding.message.contains(char::is_control), "{}", finding.message);
    }
}
