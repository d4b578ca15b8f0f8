//! Outcomes to text or JSON.

use std::io::Write;

use serde_json::json;

use crate::cli::args::Form;
use crate::cli::say;
use crate::config::plan::Planned;
use crate::outcome::Outcome;

/// Writes the report.
pub fn write(out: &mut dyn Write, form: Form, done: &[(Planned, Outcome)]) {
    let passed = done.iter().filter(|(_, outcome)| outcome.passed()).count();
    let checks: Vec<_> = done.iter().map(|(planned, outcome)| one(planned, outcome)).collect();
    match form {
        Form::Json => {
            say(out, format_args!("{}", json!({"passed": passed, "failed": done.len() - passed, "checks": checks})))
        }
        Form::Text => checks.iter().for_each(|check| say(out, format_args!("{check:#}"))),
    }
}

fn one(planned: &Planned, outcome: &Outcome) -> serde_json::Value {
    let evidence = &outcome.evidence;
    let tries: Vec<_> = evidence.tries.iter().map(|one| json!({"address": one.address.to_string(), "family": one.family(), "result": one.result.as_str(), "errno": one.errno, "duration_seconds": one.duration.as_secs_f64()})).collect();
    let queries: Vec<_> = evidence.queries.iter().map(|q| json!({"name": q.name, "type": q.record, "server": q.server.to_string(), "rcode": q.answer.as_str(), "answers": q.answers, "transport": q.transport})).collect();
    let failure = outcome
        .failure
        .as_ref()
        .map(|f| json!({"phase": f.phase.as_str(), "cause": f.cause.slug(), "message": f.message, "hint": f.hint}));
    json!({"name": planned.name, "kind": planned.kind, "target": outcome.target, "result": if outcome.passed() {"pass"} else {"fail"}, "degraded": outcome.degraded,
        "tries": tries, "queries": queries, "failure": failure, "facts": {"debug": format!("{:?}", evidence.facts)}})
}
