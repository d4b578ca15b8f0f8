//! Pure rules: from the recorded evidence to the hint of a failure.
//!
//! No clock, no network, no guess: a hint says what was observed, the likeliest cause in Kubernetes, and the one
//! command or change that settles it.

use crate::outcome::{Evidence, Fault};

/// What else a rule may know of the check.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The name of the check's kind.
    pub kind: &'a str,
    /// What it dials, redacted.
    pub target: &'a str,
}

/// The hint for a fault: at most two short sentences.
#[must_use]
pub fn hint(fault: &Fault, _evidence: &Evidence, _context: Context<'_>) -> String {
    fault.cause.info().remedy.to_owned()
}
