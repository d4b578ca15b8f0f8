//! What changes the state.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::config::plan::Planned;
use crate::outcome::Outcome;
use crate::verdict::Streak;

/// What changes the state.
pub enum Message {
    /// A run of a check ended.
    Outcome {
        /// Which: [`Slot::id`].
        id: u64,
        /// The plan that it ran under: by its rules the outcome counts, whatever a reload brought meanwhile.
        planned: Arc<Planned>,
        /// What it gave.
        outcome: Arc<Outcome>,
        /// Where the streak goes that this outcome continues: the pace of the check depends on it. Dropped where no such
        /// check runs any more.
        streak: oneshot::Sender<Streak>,
    },
    /// The next run of a check is planned. It follows each [`Message::Outcome`].
    NextRun {
        /// Which: [`Slot::id`].
        id: u64,
        /// The interval now in force.
        interval: Duration,
        /// When the run is due.
        due: Instant,
        /// Whether failed logins hold it back.
        backs_off: bool,
    },
    /// Another plan took effect.
    Plan(NewPlan),
    /// Another plan was read and refused: why, without any value.
    Refused(String),
    /// We were told to stop.
    ShuttingDown,
}

/// Another plan.
pub struct NewPlan {
    /// Its checks; those with a known id keep what is known of them.
    pub slots: Vec<Slot>,
    /// `/readyz` is to fail once we are told to stop.
    pub fail_ready_on_sigterm: bool,
}

/// A check that runs; another run of the same name under another plan has another id.
#[derive(Clone)]
pub struct Slot {
    /// Never given twice.
    pub id: u64,
    /// What runs.
    pub planned: Arc<Planned>,
    /// What it dials, redacted, as far as that is known before the first run.
    pub target: String,
}
