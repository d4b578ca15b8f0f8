//! One outcome as rungs, in the order in which a connection comes about: value, names, addresses, runtimes, TLS, login,
//! answer, verdict. It reads what was recorded and judges nothing anew.

mod answer;
mod dialled;
mod peer;

use crate::cause::Waits;
use crate::cli::diagnose::rung::Rung;
use crate::cli::diagnose::runtimes;
use crate::cli::diagnose::view::View;
use crate::cli::sheet::Mark;
use crate::duration;
use crate::findings;
use crate::outcome::Standing;
use crate::value::Value;

/// Every rung.
pub(super) fn rungs(view: View<'_>) -> Vec<Rung> {
    vec![
        value(view),
        dialled::names(view),
        dialled::addresses(view),
        runtimes::rung(view.outcome()),
        peer::tls(view),
        peer::login(view),
        answer::answer(view),
        verdict(view),
    ]
}

fn value(view: View<'_>) -> Rung {
    let planned = &view.done.planned;
    let read: Vec<&Value> =
        planned.check.values().into_iter().filter(|value| !matches!(value, Value::Literal(_))).collect();
    let origins: Vec<String> = read.iter().map(|value| value.origin()).collect();
    let failure = view.outcome().failure.as_ref().filter(|_| view.failed_on_configuration());
    let mut flaws: Vec<&str> = view
        .outcome()
        .worth_showing()
        .map(|finding| finding.code)
        .filter(|code| findings::is_about_a_value(code) && failure.is_none_or(|failure| failure.cause.slug() != *code))
        .collect();
    flaws.dedup();
    let said = if origins.is_empty() { view.done.source.clone() } else { origins.join(", ") };
    let mut rung = match failure {
        Some(failure) => Rung::new("value", Mark::Bad, failure.cause.slug()),
        None if flaws.is_empty() => Rung::new("value", Mark::Good, said),
        None => Rung::new("value", Mark::Warn, said),
    };
    if !flaws.is_empty() {
        rung.add(Mark::Warn, format!("{}: see the findings", flaws.join(", ")));
    }
    for value in read {
        if let Err(fault) = value.resolve(view.env) {
            rung.add(Mark::Bad, fault.message);
        }
    }
    let endpoints: Vec<String> = view.endpoints().iter().map(ToString::to_string).collect();
    if !endpoints.is_empty() {
        let verb = if planned.check.prepare(view.env).endpoints.is_empty() { "is configured to dial" } else { "dials" };
        rung.add(None, format!("{verb} {}", endpoints.join(", ")));
    }
    rung
}

fn verdict(view: View<'_>) -> Rung {
    let (planned, outcome) = (&view.done.planned, view.outcome());
    let after = duration::show(outcome.duration);
    let Some(failure) = &outcome.failure else {
        let what = match planned.check.stops_short() {
            Some(why) => format!("connects after {after}; not tested further: {why}"),
            None => format!("passes after {after}"),
        };
        return match (outcome.degraded, outcome.worth_showing().next()) {
            (true, _) => Rung::new("verdict", Mark::Warn, format!("{what}; degraded: see the failures above")),
            (false, Some(_)) => Rung::new("verdict", Mark::Warn, format!("{what}, but see the findings")),
            (false, None) => Rung::new("verdict", Mark::Good, what),
        };
    };
    if outcome.standing() == Standing::Limited {
        let what = format!("{} after {after}; it counts as passed for gates and for `wait`", failure.cause.slug());
        return Rung::new("verdict", Mark::Warn, what);
    }
    let waiting = match failure.cause.info().waits {
        Waits::Heals => "it may recover without action",
        Waits::Permanent => "waiting does not fix it",
        Waits::AfterRestart => "only a change of the container fixes it",
    };
    Rung::new("verdict", Mark::Bad, format!("{} after {after}; {waiting}", failure.cause.slug()))
}
