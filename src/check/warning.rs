//! What is not well although the check passes.

use crate::net::attempt::Attempt;
use crate::outcome::HealthRemark;

/// The check passes, degraded: the finding shows the text and the fix, of each of several.
pub fn warn(attempt: &mut Attempt, text: String, fix: &str) {
    attempt.evidence().degraded = true;
    let warning = &mut attempt.facts().health_warning;
    *warning = Some(match warning.take() {
        Some(known) if known.fix.contains(fix) => HealthRemark { text: format!("{}; {text}", known.text), ..known },
        Some(HealthRemark { text: first, fix: known }) => {
            HealthRemark { text: format!("{first}; {text}"), fix: format!("{known}; {fix}") }
        }
        None => HealthRemark { text, fix: fix.to_owned() },
    });
}
