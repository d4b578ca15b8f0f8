//! The termination message: what `kubectl describe pod` shows of a container that ended.
//!
//! The containers of a pod share 12 KiB, so it is short: check, cause and fix stand within the first 512 bytes.

use std::path::Path;

use crate::finding::Finding;
use crate::outcome::{Failure, Outcome, Standing, clean_text};

/// Where Kubernetes reads it.
pub const DEFAULT_PATH: &str = "/dev/termination-log";
/// The first check's share, in bytes.
const HEAD: usize = 512;
/// All of it, in bytes.
const LIMIT: usize = 4096;

/// What is to be said of one check.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The name.
    pub name: &'a str,
    /// How its last run ended.
    pub outcome: &'a Outcome,
}

/// The text for these checks, the one that matters most first: failures, then findings worth a line. At most 4096 bytes,
/// the first line at most 512.
#[must_use]
pub fn text(reason: &str, cases: &[Case<'_>]) -> String {
    // What only a limit of pilotfish stopped is not why it ended, unless nothing else is.
    let (limited, others): (Vec<&Case<'_>>, Vec<&Case<'_>>) =
        cases.iter().partition(|case| case.outcome.standing() == Standing::Limited);
    let failures = others.into_iter().chain(limited);
    let failures = failures.filter_map(|case| Some(failed(case.name, case.outcome.failure.as_ref()?)));
    let found = cases.iter().flat_map(|case| case.outcome.worth_showing().map(|finding| found(case.name, finding)));
    let mut out = String::new();
    for line in failures.chain(found) {
        let limit = if out.is_empty() { HEAD - 1 } else { HEAD };
        let line = clean_text(&line, limit);
        if out.len() + line.len() + 1 + reason.len() + 1 > LIMIT {
            break;
        }
        out.push_str(&line);
        out.push('\n');
    }
    // Several faults of a configuration are one reason, each in a line of its own.
    for line in reason.lines() {
        let room = LIMIT.saturating_sub(out.len() + 1);
        if room < HEAD / 8 {
            break;
        }
        out.push_str(&clean_text(line, room));
        out.push('\n');
    }
    out
}

/// The line of the failure, as every other output has it, then what was observed and the whole hint.
fn failed(name: &str, failure: &Failure) -> String {
    let line = failure.line(name);
    let (phase, message) = (failure.phase.as_str(), &failure.message);
    let hint = Some(&*failure.hint).filter(|hint| !line.contains(hint)).unwrap_or_default();
    format!("{line} ({phase}: {message}) {hint}").trim_end().to_owned()
}

fn found(name: &str, finding: &Finding) -> String {
    let Finding { code, severity, message, fix } = finding;
    format!("{name}: {} {code}: {fix} ({message})", severity.as_str())
}

/// Writes it: to the path asked for, else to the default if it exists. A path that cannot be written is no reason to
/// end otherwise than we would; what went wrong is returned for the log.
///
/// # Errors
/// Those of writing the file.
pub fn write(path: Option<&str>, text: &str) -> std::io::Result<()> {
    match path {
        Some(path) => std::fs::write(path, text),
        None if Path::new(DEFAULT_PATH).exists() => std::fs::write(DEFAULT_PATH, text),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Case, text};
    use crate::cause::Cause;
    use crate::finding::{Finding, Severity};
    use crate::outcome::{Failure, Outcome, Phase};
    use crate::testing::pass;

    fn failing(message: &str) -> Outcome {
        let hint = "compare the Secret with what the server has stored".to_owned();
        let failure = Failure {
            phase: Phase::Login,
            cause: Cause::PasswordRejected,
            message: message.to_owned(),
            hint,
            statement: None,
            detail: None,
            risks_lock: false,
        };
        Outcome { failure: Some(failure), ..pass() }
    }

    #[test]
    fn cause_and_fix_stand_in_the_first_512_bytes() {
        let long = failing(&"x".repeat(1000));
        let all: Vec<_> = (0..50).map(|_| Case { name: "database", outcome: &long }).collect();
        let text = text("stopped early", &all);
        assert!(text.len() <= 4096, "{}", text.len());
        assert!(
            text[..512]
                .starts_with("database: password_rejected: the server rejected the user or the password. Fix: compare the Secret with what the server has stored (")
        );
        assert_eq!(text.find('\n').map(|end| end < 512), Some(true));
        assert!(text.ends_with("stopped early\n"));
    }

    #[test]
    fn each_fault_of_a_configuration_has_its_line() {
        assert_eq!(text("a.yaml:1:2: one\na.yaml:3:4: two", &[]), "a.yaml:1:2: one\na.yaml:3:4: two\n");
        let many = text(&"a.yaml:1:2: a fault\n".repeat(1000), &[]);
        assert!(many.len() <= 4096 && many.ends_with("a fault\n"), "{many}");
    }

    #[test]
    fn findings_follow_every_failure() {
        let finding = |code, severity| Finding { code, severity, message: "seen".to_owned(), fix: "do it".to_owned() };
        let findings = vec![finding("a_code", Severity::Warning), finding("b_code", Severity::Info)];
        let passing = Outcome { findings, ..pass() };
        let failing = failing("no");
        let text =
            text("1 failed", &[Case { name: "cache", outcome: &passing }, Case { name: "db", outcome: &failing }]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("db: password_rejected: "), "{text}");
        assert_eq!(lines[1..], ["cache: warning a_code: do it (seen)", "1 failed"]);
    }
}
