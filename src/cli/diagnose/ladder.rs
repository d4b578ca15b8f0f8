//! One outcome as rungs, in the order in which a connection comes about: value, names, addresses, runtimes, TLS, login,
//! answer, verdict. It reads what was recorded and judges nothing anew.

mod answer;
mod dialled;
mod peer;

use crate::cause::Waits;
use crate::check::Prepared;
use crate::cli::diagnose::Done;
use crate::cli::diagnose::runtimes;
use crate::cli::diagnose::sheet::Mark;
use crate::duration;
use crate::env::Env;
use crate::findings;
use crate::outcome::{Outcome, Phase};
use crate::outcome_json::Excerpts;
use crate::url::Endpoint;
use crate::value::Value;

/// One rung.
pub(super) struct Rung {
    /// How it went.
    pub(super) mark: Mark,
    /// Its word.
    pub(super) name: &'static str,
    /// What is to be said of it, in short.
    pub(super) said: String,
    /// What was seen.
    pub(super) more: Vec<Line>,
}

/// A line below a rung.
pub(super) struct Line {
    /// How it went; `None` for what only adds to the line above.
    pub(super) mark: Option<Mark>,
    /// What was seen.
    pub(super) text: String,
}

impl Rung {
    fn new(name: &'static str, mark: Mark, said: impl Into<String>) -> Self {
        Self { mark, name, said: said.into(), more: Vec::new() }
    }

    fn add(&mut self, mark: impl Into<Option<Mark>>, text: impl Into<String>) {
        self.more.push(Line { mark: mark.into(), text: text.into() });
    }
}

/// What the rungs are made of.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// The check and its outcome.
    pub(super) done: &'a Done,
    /// Where values are read.
    pub(super) env: &'a dyn Env,
    /// Whether what a peer sent may be shown.
    pub(super) excerpts: Excerpts,
    /// How many queries of a name are shown; the others are counted.
    pub(super) queries: usize,
}

impl View<'_> {
    const fn outcome(&self) -> &Outcome {
        &self.done.outcome
    }

    /// Whether it failed in this phase.
    fn failed_in(&self, phase: Phase) -> bool {
        self.outcome().failure.as_ref().is_some_and(|failure| failure.phase == phase)
    }

    /// Whether something was dialled.
    fn dialled(&self) -> bool {
        !self.outcome().evidence.tries.is_empty()
    }

    /// Whether checks of this kind connect at all.
    fn dials(&self) -> bool {
        !matches!(self.done.planned.kind, "listen" | "dns")
    }

    /// What is dialled, or was meant to be where the URL cannot be read.
    fn endpoints(&self) -> Vec<Endpoint> {
        let Prepared { endpoints, readings, .. } = self.done.planned.check.prepare(self.env);
        if endpoints.is_empty() { findings::meant(&readings).into_iter().collect() } else { endpoints }
    }

    /// Whether this phase took place.
    fn went_through(&self, phase: Phase) -> bool {
        self.outcome().evidence.phases.iter().any(|(known, _)| *known == phase)
    }

    /// How long this phase took, in brackets; nothing where it did not take place.
    fn took(&self, phase: Phase) -> String {
        let phases = &self.outcome().evidence.phases;
        let spent = phases.iter().find(|(known, _)| *known == phase).map(|(_, spent)| *spent);
        spent.map_or_else(String::new, |spent| format!(" ({})", duration::show(spent)))
    }
}

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

/// Whether the check failed before anything was dialled, because of what it is configured with. What is missing where a
/// `listen` check looks is no value, nor is the answer to a `dns` check: they dial nothing at all.
fn is_of_values(view: View<'_>) -> bool {
    !view.dialled() && view.failed_in(Phase::Assert) && view.dials()
}

fn value(view: View<'_>) -> Rung {
    let planned = &view.done.planned;
    let read: Vec<&Value> =
        planned.check.values().into_iter().filter(|value| !matches!(value, Value::Literal(_))).collect();
    let origins: Vec<String> = read.iter().map(|value| value.origin()).collect();
    let failure = view.outcome().failure.as_ref().filter(|_| is_of_values(view));
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
        let verb = if planned.check.prepare(view.env).endpoints.is_empty() { "was meant to dial" } else { "dials" };
        rung.add(None, format!("{verb} {}", endpoints.join(", ")));
    }
    rung
}

fn verdict(view: View<'_>) -> Rung {
    let (planned, outcome) = (&view.done.planned, view.outcome());
    let after = duration::show(outcome.duration);
    let Some(failure) = &outcome.failure else {
        let what = match planned.check.stops_short() {
            Some(why) => format!("connects after {after}; no more was tried: {why}"),
            None => format!("passes after {after}"),
        };
        return match (outcome.degraded, outcome.worth_showing().next()) {
            (true, _) => {
                Rung::new("verdict", Mark::Warn, format!("{what}; degraded: see above what failed on the way"))
            }
            (false, Some(_)) => Rung::new("verdict", Mark::Warn, format!("{what}; but see the findings")),
            (false, None) => Rung::new("verdict", Mark::Good, what),
        };
    };
    let waiting = match failure.cause.info().waits {
        Waits::Heals => "it may pass by itself",
        Waits::Permanent => "waiting does not heal it",
        Waits::AfterRestart => "only a change of the container heals it",
    };
    Rung::new("verdict", Mark::Bad, format!("{} after {after}; {waiting}", failure.cause.slug()))
}
