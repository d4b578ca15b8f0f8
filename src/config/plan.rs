//! What is to be done, ready to run: the result of reading a configuration, a command line or the environment.

use std::sync::Arc;
use std::time::Duration;

use crate::cause::Cause;
use crate::check::Check;
use crate::net::dial::DialRules;

/// Which gates a check acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gates {
    /// `/startupz`.
    pub startup: bool,
    /// `/readyz`.
    pub ready: bool,
    /// `/livez`.
    pub live: bool,
}

/// How many members must pass under `require: each`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinPassing {
    /// This many.
    Count(u32),
    /// This share, in percent, rounded up.
    Percent(u8),
    /// All.
    All,
}

/// One check, ready to run.
#[derive(Clone)]
pub struct Planned {
    /// Its unique name.
    pub name: String,
    /// The name of its kind.
    pub kind: &'static str,
    /// The check itself.
    pub check: Arc<dyn Check>,
    /// From run to run.
    pub interval: Duration,
    /// The deadline of one run.
    pub timeout: Duration,
    /// Failures in a row that make it down.
    pub failure_threshold: u32,
    /// Passes in a row that make it up.
    pub success_threshold: u32,
    /// What it gates.
    pub gates: Gates,
    /// How it dials.
    pub rules: DialRules,
    /// Under `require: each`.
    pub min_passing: MinPassing,
    /// Causes that degrade it but do not take it down, once it has been up; beside those of the table.
    pub ready_ignores: Vec<Cause>,
    /// Its own labels, for the info metric.
    pub labels: Vec<(String, String)>,
    /// Equal for two plans' checks if and only if all that was written for them is equal. Stays in this process.
    pub identity: u64,
}
