//! The JSON shape of one outcome: one promise, shared by `-o json` and `/status`. Fields may be added, never renamed.
//!
//! The recorded types serialize themselves; this is how they hang together, and what is computed from them. It judges
//! nothing. Excerpts of what a peer said go out only where they are asked for.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Serialize;
use serde::ser::Serializer;

use crate::finding::{Finding, Prediction};
use crate::outcome::{
    ConnectAttempt, ConnectResult, Facts, Failure, Member, Outcome, Pairs, Phase, Query, SocketAttempt, Surveyed,
};
use crate::timestamp::{rfc3339, seconds, serialize_seconds};

/// Whether excerpts of bodies and greetings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excerpts {
    /// For the person at the terminal: `check` and `diagnose`.
    Shown,
    /// Everywhere else.
    Withheld,
}

/// One outcome, ready to be written. Keys stand in the order of the contract; what was added since stands behind.
#[derive(Debug, Serialize)]
pub struct OutcomeJson<'a> {
    name: &'a str,
    kind: &'a str,
    target: &'a str,
    result: &'static str,
    degraded: bool,
    started_at: String,
    #[serde(rename = "duration_seconds", serialize_with = "serialize_seconds")]
    duration: Duration,
    #[serde(serialize_with = "by_phase")]
    phases: &'a [(Phase, Duration)],
    queries: &'a [Query],
    tries: Vec<TryJson<'a>>,
    facts: FactsJson<'a>,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<MemberJson<'a>>,
    failure: Option<&'a Failure>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    survey: &'a [Surveyed],
    #[serde(skip_serializing_if = "Option::is_none")]
    dns_pairs: Option<Pairs>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    runtimes: &'a [Prediction],
}

/// The shape of one outcome of the check `name` of this kind.
#[must_use]
pub fn outcome<'a>(name: &'a str, kind: &'a str, outcome: &'a Outcome, excerpts: Excerpts) -> OutcomeJson<'a> {
    let evidence = &outcome.evidence;
    OutcomeJson {
        name,
        kind,
        target: &outcome.target,
        result: word(outcome.passed()),
        degraded: outcome.degraded,
        started_at: rfc3339(outcome.started_at),
        duration: outcome.duration,
        phases: &evidence.phases,
        queries: &evidence.queries,
        tries: evidence.tries.iter().map(TryJson::new).chain(evidence.sockets.iter().map(TryJson::of_socket)).collect(),
        facts: FactsJson {
            facts: &evidence.facts,
            excerpt: evidence.facts.excerpt.as_deref().filter(|_| excerpts == Excerpts::Shown),
        },
        findings: &outcome.findings,
        addresses: evidence.members.iter().map(MemberJson::new).collect(),
        failure: outcome.failure.as_ref(),
        survey: &evidence.survey,
        dns_pairs: evidence.pairs,
        runtimes: &outcome.predictions,
    }
}

const fn word(passed: bool) -> &'static str {
    if passed { "pass" } else { "fail" }
}

fn by_phase<S: Serializer>(phases: &[(Phase, Duration)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(phases.iter().map(|(phase, duration)| (phase, seconds(*duration))))
}

#[derive(Debug, Serialize)]
struct FactsJson<'a> {
    #[serde(flatten)]
    facts: &'a Facts,
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<&'a str>,
}

/// Where a try led to.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum AddressJson {
    Network(SocketAddr),
    /// `unix:PATH`, or an address without a port, to which an echo request went.
    Text(String),
}

/// A try, with the family of its address; a Unix socket has none.
#[derive(Debug, Serialize)]
struct TryJson<'a> {
    address: AddressJson,
    family: Option<u8>,
    result: ConnectResult,
    errno: Option<i32>,
    #[serde(rename = "duration_seconds", serialize_with = "serialize_seconds")]
    duration: Duration,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
}

impl<'a> TryJson<'a> {
    fn new(attempt: &'a ConnectAttempt) -> Self {
        let ConnectAttempt { host, address, result, errno, duration } = attempt;
        Self {
            address: match address.port() {
                0 => AddressJson::Text(attempt.place()),
                _ => AddressJson::Network(*address),
            },
            family: Some(attempt.family()),
            result: *result,
            errno: *errno,
            duration: *duration,
            host: host.as_deref(),
        }
    }

    fn of_socket(attempt: &'a SocketAttempt) -> Self {
        let SocketAttempt { path, result, errno, duration } = attempt;
        let address = AddressJson::Text(format!("unix:{path}"));
        Self { address, family: None, result: *result, errno: *errno, duration: *duration, host: None }
    }
}

/// A member, with the word of its result.
#[derive(Debug, Serialize)]
struct MemberJson<'a> {
    address: SocketAddr,
    result: &'static str,
    failure: Option<&'a Failure>,
}

impl<'a> MemberJson<'a> {
    fn new(member: &'a Member) -> Self {
        let Member { address, failure } = member;
        Self { address: *address, result: word(failure.is_none()), failure: failure.as_ref() }
    }
}

#[cfg(test)]
mod tests;
