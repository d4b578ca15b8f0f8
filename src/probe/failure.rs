//! The failure of an outcome: from a fault, or from a finding that counts as one.

use crate::cause::Cause;
use crate::finding::Finding;
use crate::findings::{self, Context};
use crate::outcome::{Evidence, Failure, Fault, Phase};

/// The failure that a fault is to people: with its hint.
pub(super) fn explain(fault: Fault, evidence: &Evidence, context: Context<'_>) -> Failure {
    let hint = findings::hint(&fault, evidence, context);
    Failure { phase: fault.phase, cause: fault.cause, message: fault.message, hint }
}

/// The failure that a finding is turned into (`fail_on`), the worst first. Its hint is the catalogue's, which never
/// changes; what to do here stands with the finding.
pub(super) fn of_findings(findings: &[Finding], fail_on: &[&'static str]) -> Option<Failure> {
    let finding = findings.iter().find(|finding| fail_on.contains(&finding.code))?;
    let (cause, hint) = match findings::entry(finding.code) {
        Some(entry) => (entry.cause, entry.remedy),
        None => (Cause::Internal, Cause::Internal.info().remedy),
    };
    let Fault { phase, cause, message } =
        Fault::new(Phase::Assert, cause, format!("{}: {}", finding.code, finding.message));
    Some(Failure { phase, cause, message, hint: hint.to_owned() })
}
