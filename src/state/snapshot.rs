//! What is published: every check at one moment. Data alone; [`super::State`] makes it.

use std::time::SystemTime;

use tokio::time::Instant;

use super::views::Views;

/// Everything that is answered from, at one moment. Never changed once published.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Every check, in the order of the plan; shared with the snapshots before it where nothing changed.
    pub checks: Views,
    /// Whether the start gate has latched.
    pub startup_latched: bool,
    /// Whether we were told to stop.
    pub shutting_down: bool,
    /// `/readyz` fails once we were told to stop (`fail_ready_on_sigterm`).
    pub fail_ready_on_sigterm: bool,
    /// How the last reload went.
    pub reload: Reload,
    /// When time was last observed: the scheduler's heartbeat.
    pub heartbeat: Instant,
}

/// How the last reload of the configuration went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// Whether it took effect.
    pub successful: bool,
    /// When one last did.
    pub last_success: SystemTime,
    /// Why it did not; no value in it.
    pub error: Option<String>,
}
