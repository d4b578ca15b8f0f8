//! A row of the catalogue of findings.

use crate::cause::Cause;
use crate::finding::{Finding, Severity};

/// A row of the catalogue of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The code, in JSON, metrics, logs and `fail_on`.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The cause of the failure that `fail_on` makes of it.
    pub cause: Cause,
    /// What it means.
    pub meaning: &'static str,
    /// What settles it.
    pub remedy: &'static str,
}

impl Entry {
    /// The finding of this row, with what was seen and what to do here.
    #[must_use]
    pub fn found(&self, message: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding { code: self.code, severity: self.severity, message: message.into(), fix: fix.into() }
    }
}
