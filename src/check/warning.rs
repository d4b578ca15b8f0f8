//! What is not well although the check passes.

use crate::net::attempt::Attempt;
use crate::outcome::HealthRemark;

/// The check passes, degraded: the finding shows the text, with the fix for the first of several.
pub fn warn(attempt: &mut Attempt, text: String, fix: &'static str) {
    attempt.evidence().degraded = true;
    let warning = &mut attempt.facts().health_warning;
    *warning = Some(match warning.take() {
        Some(known) => HealthRemark { text: format!("{}; {text}", known.text), fix: known.fix },
        None => HealthRemark { text, fix },
    });
}
