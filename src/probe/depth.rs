//! How deep a probe looks: for whom it is made.

use std::time::Duration;

use crate::config::plan::Planned;
use crate::net::resolve::Walk;
use crate::net::survey::Limits;

/// How deep a probe looks. Only [`Depth::Survey`] measures addresses that nobody asked for; the others measure them
/// where the check names `clients` to judge for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// `serve`: the suffix that matched last is asked first, and a survey is remembered for ten runs.
    Routine,
    /// `wait`: the whole search list; nothing is measured before the check passes.
    Gate,
    /// `check`: the whole search list.
    Full,
    /// `diagnose`: all of it, for every runtime.
    Survey,
}

/// What a survey may take in all, and for each address.
pub(super) struct Allowance {
    pub(super) all: Duration,
    pub(super) limits: Limits,
}

/// Where a person waits for the result: long enough to tell a lost packet or two from silence, and for the kernel to give up
/// on an address of the same network that nobody answers for.
const PATIENT: Allowance =
    Allowance { all: Duration::from_secs(15), limits: Limits { each: Duration::from_millis(3_500), addresses: 16 } };
/// Beside other work: long enough to tell every limit that a runtime has, and a lost packet from silence.
const BRIEF: Allowance =
    Allowance { all: Duration::from_secs(5), limits: Limits { each: Duration::from_millis(1_500), addresses: 8 } };

impl Depth {
    /// How much of the search list is walked.
    #[must_use]
    pub const fn walk(self) -> Walk {
        match self {
            Self::Routine => Walk::Remembered,
            Self::Gate | Self::Full | Self::Survey => Walk::Full,
        }
    }

    /// Whether a person asked for this run, once.
    pub(super) const fn is_for_a_person(self) -> bool {
        matches!(self, Self::Full | Self::Survey)
    }

    /// What a survey after such a run may take; `None` where none is made.
    pub(super) fn survey(self, planned: &Planned, passed: bool) -> Option<Allowance> {
        let asked = !planned.clients.is_empty();
        match self {
            Self::Survey => Some(PATIENT),
            Self::Full => asked.then_some(PATIENT),
            Self::Gate => (asked && passed).then_some(BRIEF),
            Self::Routine => asked.then_some(Allowance { all: BRIEF.all.min(planned.timeout), ..BRIEF }),
        }
    }
}
