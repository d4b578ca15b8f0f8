//! The failure of an outcome: from a fault, or from a finding that counts as one.

use super::hint;
use crate::cause::Cause;
use crate::check::{self, HintFn};
use crate::finding::Finding;
use crate::findings::{self, Context};
use crate::outcome::{Detail, Evidence, Failure, Fault, Phase};

/// The failure that a fault is to people: with its hint.
pub(super) fn explain(kind: &str, fault: Fault, evidence: &Evidence, context: Context<'_>) -> Failure {
    let own = check::kind(kind).map_or(check::no_hint as HintFn, |kind| kind.hint);
    let hint = hint::hint(own, &fault, evidence, &context);
    let statement = match fault.cause {
        // The message names the variable or the file, and the rule.
        Cause::VariableMissing
        | Cause::VariableInvalid
        | Cause::FileMissing
        | Cause::FileInvalid
        | Cause::SecretWhitespace
        | Cause::SecretTooWeak
        | Cause::UrlMalformed
        | Cause::UrlPasswordUnencoded
        | Cause::UrlPasswordDoubled => Some(fault.message.clone()),
        Cause::ProbeLimit if matches!(fault.detail, Some(Detail::Value(_))) => Some(fault.message.clone()),
        _ => fault.statement.clone().or_else(|| findings::general_statement(&fault, evidence, &context)),
    };
    let fault = match findings::address_note(&fault, evidence) {
        Some(note) => {
            let message = format!("{} {note}", fault.message);
            fault.with_message(message)
        }
        None => fault,
    };
    failure(Fault { statement, ..fault }, hint)
}

/// The failure that a finding is turned into (`fail_on`), the worst first. Its hint is the catalogue's, which never
/// changes; what to do here stands with the finding.
pub(super) fn of_findings(findings: &[Finding], fail_on: &[&'static str]) -> Option<Failure> {
    let finding = findings.iter().find(|finding| fail_on.contains(&finding.code))?;
    let (cause, hint) = match findings::entry(finding.code) {
        Some(entry) => (entry.cause, entry.remedy),
        None => (Cause::Internal, Cause::Internal.info().remedy),
    };
    let fault = Fault::new(Phase::Assert, cause, format!("{}: {}", finding.code, finding.message))
        .stating(format!("the finding {}", finding.code));
    Some(failure(fault, hint.to_owned()))
}

fn failure(fault: Fault, hint: String) -> Failure {
    let Fault { phase, cause, message, statement, detail, attempt: _, risks_lock } = fault;
    Failure { phase, cause, statement, message, hint, detail, risks_lock }
}

#[cfg(test)]
mod line_tests;
