//! One diagnosed check, as the pages look at it. It reads what was recorded and judges nothing anew.

use crate::check::{Prepared, SCHEMES, Subject, kind};
use crate::cli::sheet::Mark;
use crate::config::plan::Planned;
use crate::duration;
use crate::env::Env;
use crate::findings;
use crate::outcome::{Outcome, Phase, Standing};
use crate::outcome_json::Excerpts;
use crate::url::Endpoint;

/// A check and what came of it.
pub(super) struct Diagnosed {
    /// The check.
    pub(super) planned: Planned,
    /// What came of it.
    pub(super) outcome: Outcome,
    /// Where its configuration stands, in words.
    pub(super) source: String,
}

/// What the rungs are made of.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    /// The check and its outcome.
    pub(super) done: &'a Diagnosed,
    /// Where values are read.
    pub(super) env: &'a dyn Env,
    /// Whether what a peer sent may be shown.
    pub(super) excerpts: Excerpts,
    /// How many queries of a name are shown; the others are counted.
    pub(super) queries: usize,
}

impl View<'_> {
    pub(super) const fn outcome(&self) -> &Outcome {
        &self.done.outcome
    }

    /// Whether it failed in this phase.
    pub(super) fn failed_in(&self, phase: Phase) -> bool {
        self.outcome().failure.as_ref().is_some_and(|failure| failure.phase == phase)
    }

    /// The mark of the rung at which it failed.
    pub(super) fn mark_of_failure(&self) -> Mark {
        if self.outcome().standing() == Standing::Limited { Mark::Warn } else { Mark::Bad }
    }

    /// Whether something was dialled.
    pub(super) fn dialled(&self) -> bool {
        !self.outcome().evidence.tries.is_empty()
    }

    /// Whether checks of this kind judge a server, or values: not what is around this pod.
    pub(super) fn dials(&self) -> bool {
        kind(self.done.planned.kind).is_none_or(|kind| kind.subject != Subject::Surroundings)
    }

    /// What is dialled, or was meant to be where the URL cannot be read.
    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        let Prepared { endpoints, readings, .. } = self.done.planned.check.prepare(self.env);
        if endpoints.is_empty() { findings::meant(&readings, SCHEMES).into_iter().collect() } else { endpoints }
    }

    /// Whether this phase took place.
    pub(super) fn went_through(&self, phase: Phase) -> bool {
        self.outcome().evidence.phases.iter().any(|(known, _)| *known == phase)
    }

    /// How long this phase took, in brackets; nothing where it did not take place.
    pub(super) fn took(&self, phase: Phase) -> String {
        let phases = &self.outcome().evidence.phases;
        let spent = phases.iter().find(|(known, _)| *known == phase).map(|(_, spent)| *spent);
        spent.map_or_else(String::new, |spent| format!(" ({})", duration::show(spent)))
    }

    /// Whether the check failed before anything was dialled, because of what it is configured with. What is missing
    /// where a `listen` check looks is no value, nor is the answer to a `dns` check: they dial nothing at all.
    pub(super) fn failed_on_configuration(&self) -> bool {
        !self.dialled() && self.failed_in(Phase::Assert) && self.dials()
    }
}
