//! Two checks of one plan that ask the same server for the same path, one with `/api` and one without: where one answers
//! and the other is not found, the prefix is what is wrong. Nothing is asked for it.

use super::entry::Entry;
use crate::cause::Cause;
use crate::finding::Severity;
use crate::order;
use crate::outcome::{Outcome, RequestedPath};

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[BASE_PATH_WRONG];

const BASE_PATH_WRONG: Entry = Entry {
    code: "base_path_wrong",
    severity: Severity::Warning,
    cause: Cause::HttpStatus,
    meaning: "the server answers 404, but the same path with or without the prefix `/api`, which another check asks for, \
              exists",
    remedy: "correct the base URL of the check, and of the app (such as `NEXT_PUBLIC_API_URL`)",
};

/// What other checks of the same plan show of a path that was not found: as a finding, and as the hint of the failure.
pub fn compare<'a>(outcome: &mut Outcome, others: impl IntoIterator<Item = (&'a str, &'a Outcome)>) {
    let Some(failure) = outcome.failure.as_mut().filter(|failure| failure.cause == Cause::HttpStatus) else { return };
    let facts = &outcome.evidence.facts;
    let Some(asked) = facts.requested.as_ref().filter(|_| facts.status_code == Some(404)) else { return };
    let twin = others.into_iter().find_map(|(name, other)| {
        let known = other.evidence.facts.requested.as_ref()?;
        (answers(other) && known.server == asked.server).then_some(())?;
        Some((name, known, change(asked, known)?))
    });
    let Some((name, known, change)) = twin else { return };
    let message = format!("{} answers 404 for {}, but the check {name} finds {}", asked.server, asked.path, known.path);
    let (fix, capital) = match change {
        Change::Add => ("add /api to", "Add /api to"),
        Change::Remove => ("remove /api from", "Remove /api from"),
    };
    let urls = "the base URL of this check, and of the app (such as NEXT_PUBLIC_API_URL)";
    failure.hint = format!("The check {name} finds {} on the same server. {capital} {urls}.", known.path);
    let fix = format!("{fix} {urls}");
    outcome.findings.push(BASE_PATH_WRONG.found(message, fix));
    order::sort_by_key(&mut outcome.findings, |finding| finding.severity);
}

/// Whether the path exists: it passes, or wants a login or another method.
fn answers(outcome: &Outcome) -> bool {
    outcome.passed() || matches!(outcome.evidence.facts.status_code, Some(401 | 403 | 405))
}

/// What to do to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
}

/// What to do to the first path to get the second one.
fn change(asked: &RequestedPath, known: &RequestedPath) -> Option<Change> {
    let (asked, known) = (segments(&asked.path), segments(&known.path));
    if is_longer_by_api(&known, &asked) {
        return Some(Change::Add);
    }
    is_longer_by_api(&asked, &known).then_some(Change::Remove)
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|part| !part.is_empty()).collect()
}

fn is_longer_by_api(long: &[&str], short: &[&str]) -> bool {
    let at = long.iter().zip(short).position(|(one, other)| one != other).unwrap_or(short.len());
    long.len() == short.len() + 1 && long[at] == "api" && long[at + 1..] == short[at..]
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::compare;
    use crate::cause::Cause;
    use crate::outcome::{Evidence, Facts, Failure, Outcome, Phase, RequestedPath};

    fn outcome(at: &str, status: u16) -> Outcome {
        let (host, path) = at.split_at(at.find('/').unwrap());
        let requested = RequestedPath { server: host.to_owned(), path: path.to_owned() };
        let facts = Facts { status_code: Some(status), requested: Some(requested), ..Facts::default() };
        let failure = Failure {
            phase: Phase::Assert,
            cause: Cause::HttpStatus,
            statement: None,
            message: String::new(),
            hint: "the general one".to_owned(),
            detail: None,
            risks_lock: false,
        };
        Outcome {
            started_at: SystemTime::UNIX_EPOCH,
            duration: Duration::ZERO,
            target: String::new(),
            failure: (status >= 300).then_some(failure),
            degraded: false,
            evidence: Box::new(Evidence { facts, ..Evidence::default() }),
            findings: Vec::new(),
            predictions: Vec::new(),
        }
    }

    #[test]
    fn a_twin_that_answers_tells_of_the_prefix() {
        let hint = |(at, status): (&str, u16), other: (&str, u16)| {
            let mut judged = outcome(at, status);
            compare(&mut judged, [("twin", &outcome(other.0, other.1))]);
            let hint = judged.failure.map_or_else(String::new, |failure| failure.hint);
            assert_eq!(judged.findings.len(), usize::from(hint.contains("twin")), "{hint}");
            hint
        };
        assert_eq!(
            hint(("api:80/auth/login", 404), ("api:80/api/auth/login", 200)),
            "The check twin finds /api/auth/login on the same server. Add /api to the base URL of this check, and of the app \
             (such as NEXT_PUBLIC_API_URL)."
        );
        for (asked, known, word) in [
            (("api:80/auth/login", 404), ("api:80/api/auth/login", 405), "Add"),
            (("api:80/todos/", 404), ("api:80/api/todos", 401), "Add"),
            (("api:80/", 404), ("api:80/api", 204), "Add"),
            (("api:80/v1/todos", 404), ("api:80/v1/api/todos", 200), "Add"),
            (("api:80/api/health", 404), ("api:80/health", 200), "Remove"),
            (("api:80/api/api/me", 404), ("api:80/api/me", 403), "Remove"),
        ] {
            assert!(hint(asked, known).contains(word), "{asked:?} {known:?}");
        }
        for (asked, known) in [
            (("api:80/auth/login", 404), ("api:80/api/auth/login", 404)),
            (("api:80/auth/login", 404), ("api:80/api/auth/login", 502)),
            (("api:80/auth/login", 404), ("web:80/api/auth/login", 200)),
            (("api:80/auth/login", 404), ("api:8000/api/auth/login", 200)),
            (("api:80/auth/login", 404), ("api:80/v1/auth/login", 200)),
            (("api:80/auth/login", 404), ("api:80/auth/login", 200)),
            (("api:80/auth/login", 404), ("api:80/api/health", 200)),
            (("api:80/auth/login", 500), ("api:80/api/auth/login", 200)),
            (("api:80/auth/login", 200), ("api:80/api/auth/login", 200)),
        ] {
            let hint = hint(asked, known);
            assert!(!hint.contains("twin"), "{asked:?} {known:?}: {hint}");
        }
    }
}
