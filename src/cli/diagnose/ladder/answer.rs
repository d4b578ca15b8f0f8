//! The rung of what was asked and answered.

use crate::check::dns::RECORDS;
use crate::cli::diagnose::rung::Rung;
use crate::cli::diagnose::view::View;
use crate::cli::sheet::Mark;
use crate::duration;
use crate::outcome::{FactValue, Facts, Phase, bytes};
use crate::outcome_json::Excerpts;

/// Request, answer and expectations.
pub(super) fn answer(view: View<'_>) -> Rung {
    let outcome = view.outcome();
    let facts = &outcome.evidence.facts;
    let took = match view.took(Phase::Request) {
        none if none.is_empty() => view.took(Phase::Assert),
        took => took,
    };
    if view.done.planned.check.stops_short().is_some() {
        return Rung::new("answer", Mark::Idle, "no request: pilotfish does not speak this protocol");
    }
    let asked = view.went_through(Phase::Request) || view.went_through(Phase::Assert) || facts.own(RECORDS).is_some();
    let members = &outcome.evidence.members;
    let passing = members.iter().filter(|member| member.failure.is_none()).count();
    let mut rung = match &outcome.failure {
        failure if !members.is_empty() => {
            let mark = match failure {
                Some(_) => Mark::Bad,
                None if passing < members.len() => Mark::Warn,
                None => Mark::Good,
            };
            Rung::new("answer", mark, format!("{passing} of {} addresses pass", members.len()))
        }
        Some(failure) if failure.phase >= Phase::Request && !view.failed_on_configuration() => {
            Rung::new("answer", Mark::Bad, format!("{}{took}", failure.cause.slug()))
        }
        Some(_) => Rung::new("answer", Mark::Idle, "not reached"),
        None if asked => Rung::new("answer", Mark::Good, format!("as expected{took}")),
        None => {
            let does = if view.went_through(Phase::Login) { "log in" } else { "connect" };
            let said = format!("no request: checks of kind {} only {does}", view.done.planned.kind);
            Rung::new("answer", Mark::Idle, said)
        }
    };
    let known = learnt(facts);
    if !known.is_empty() {
        rung.add(None, known.join(", "));
    }
    if let Some(note) = &facts.note {
        rung.add(None, note.clone());
    }
    for host in &facts.passed_over {
        rung.add(Mark::Bad, format!("{host}; pilotfish tried the next host"));
    }
    for member in members {
        match &member.failure {
            None => rung.add(Mark::Good, format!("{} passes", member.address)),
            Some(failure) => {
                rung.add(Mark::Bad, format!("{} {}: {}", member.address, failure.cause.slug(), failure.message));
            }
        }
    }
    if let (Excerpts::Shown, Some(excerpt)) = (view.excerpts, &facts.excerpt) {
        rung.add(None, format!("received: {excerpt}"));
    }
    rung
}

fn learnt(facts: &Facts) -> Vec<String> {
    let status = facts.status_code.map(|status| format!("status {status}"));
    let version = facts.http_version.map(str::to_owned);
    let first_byte = facts.first_byte.map(|time| format!("first byte after {}", duration::show(time)));
    let body = facts.body_bytes.map(bytes);
    let redirects = facts.redirects.filter(|count| *count > 0).map(|count| {
        let noun = if count == 1 { "redirect" } else { "redirects" };
        format!("{count} {noun} followed")
    });
    let health = facts.health.as_ref().map(|health| format!("reports: {health}"));
    let records = match facts.own(RECORDS) {
        Some(FactValue::List(records)) => Some(records.join(", ")),
        Some(FactValue::Text(_)) | None => None,
    };
    [status, version, first_byte, body, redirects, health, records].into_iter().flatten().collect()
}
