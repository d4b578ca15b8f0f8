//! How long resolving may take.

use std::time::Duration;

use tokio::time::Instant;

use crate::net::attempt::Attempt;

/// The most time for the second family once the first has addresses.
const SECOND_FAMILY: Duration = Duration::from_millis(500);

/// The time until which queries may be sent and awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub(super) until: Instant,
}

impl Budget {
    /// For the family that is asked first, and for the other one if the first has no address: half of the time that the
    /// attempt has left. Made once, used for both.
    #[must_use]
    pub fn start(attempt: &Attempt) -> Self {
        let now = Instant::now();
        Self { until: now + attempt.deadline().saturating_duration_since(now) / 2 }
    }

    /// For the other family once the first has addresses: 500 ms, and never more than half of the time left.
    #[must_use]
    pub fn second_family(attempt: &Attempt) -> Self {
        Self::start(attempt).to_second_family()
    }

    /// For the other family of a name that exists without the first: at most 500 ms of this budget.
    pub(super) fn to_second_family(self) -> Self {
        Self { until: self.until.min(Instant::now() + SECOND_FAMILY) }
    }

    /// The time left.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}
