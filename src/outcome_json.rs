//! The JSON shape of one outcome: one promise, shared by `-o json` and `/status`. Fields may be added, never renamed.
//!
//! It shows what was recorded and judges nothing. Excerpts of what a peer said go out only where they are asked for.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::finding::{Finding, Prediction};
use crate::outcome::{Certificate, ConnectAttempt, FactValue, Facts, Failure, Member, Outcome, Pairs, Query, Surveyed};
use crate::timestamp::{rfc3339, rfc3339_unix, seconds};

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
    duration_seconds: f64,
    phases: Phases<'a>,
    queries: Vec<QueryJson<'a>>,
    tries: Vec<TryJson<'a>>,
    facts: FactsJson<'a>,
    findings: Vec<FindingJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<MemberJson<'a>>>,
    failure: Option<FailureJson<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    survey: Vec<SurveyedJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns_pairs: Option<PairsJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    runtimes: Vec<PredictionJson<'a>>,
}

/// The shape of one outcome of the check `name` of this kind.
#[must_use]
pub fn outcome<'a>(name: &'a str, kind: &'a str, outcome: &'a Outcome, excerpts: Excerpts) -> OutcomeJson<'a> {
    let evidence = &outcome.evidence;
    let members = &evidence.members;
    OutcomeJson {
        name,
        kind,
        target: &outcome.target,
        result: if outcome.passed() { "pass" } else { "fail" },
        degraded: outcome.degraded,
        started_at: rfc3339(outcome.started_at),
        duration_seconds: seconds(outcome.duration),
        phases: Phases(outcome),
        queries: evidence.queries.iter().map(QueryJson::new).collect(),
        tries: evidence.tries.iter().map(TryJson::new).collect(),
        facts: FactsJson::new(&evidence.facts, excerpts),
        findings: outcome.findings.iter().map(FindingJson::new).collect(),
        addresses: (!members.is_empty()).then(|| members.iter().map(MemberJson::new).collect()),
        failure: outcome.failure.as_ref().map(FailureJson::new),
        survey: evidence.survey.iter().map(SurveyedJson::new).collect(),
        dns_pairs: evidence.pairs.map(PairsJson::new),
        runtimes: outcome.predictions.iter().map(PredictionJson::new).collect(),
    }
}

#[derive(Debug)]
struct Phases<'a>(&'a Outcome);

impl Serialize for Phases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let phases = &self.0.evidence.phases;
        let mut map = serializer.serialize_map(Some(phases.len()))?;
        for (phase, duration) in phases {
            map.serialize_entry(phase.as_str(), &seconds(*duration))?;
        }
        map.end()
    }
}

#[derive(Debug, Serialize)]
struct QueryJson<'a> {
    name: &'a str,
    r#type: &'a str,
    server: String,
    rcode: &'a str,
    answers: usize,
    duration_seconds: f64,
    transport: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suffix: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
}

impl<'a> QueryJson<'a> {
    fn new(query: &'a Query) -> Self {
        Self {
            name: &query.name,
            r#type: &query.record,
            server: query.server.to_string(),
            rcode: query.answer.as_str(),
            answers: query.answers,
            duration_seconds: seconds(query.duration),
            transport: query.transport,
            alias: query.alias.as_deref(),
            ttl: query.ttl,
            suffix: query.suffix.as_deref(),
            host: query.host.as_deref(),
        }
    }
}

#[derive(Debug, Serialize)]
struct TryJson<'a> {
    address: String,
    family: u8,
    result: &'static str,
    errno: Option<i32>,
    duration_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
}

impl<'a> TryJson<'a> {
    fn new(attempt: &'a ConnectAttempt) -> Self {
        Self {
            address: attempt.address.to_string(),
            family: attempt.family(),
            result: attempt.result.as_str(),
            errno: attempt.errno,
            duration_seconds: seconds(attempt.duration),
            host: attempt.host.as_deref(),
        }
    }
}

/// Only what was learnt is there.
#[derive(Debug, Serialize)]
struct FactsJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirects: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_cipher: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_alpn: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_verified: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<CertificateJson<'a>>,
    #[serde(flatten)]
    own: OwnFacts<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health_warning: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    passed_over: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<&'a str>,
}

impl<'a> FactsJson<'a> {
    fn new(facts: &'a Facts, excerpts: Excerpts) -> Self {
        // Taken apart by name, so that a fact that is added later cannot be forgotten here.
        let Facts {
            first_byte,
            http_version,
            status_code,
            redirects,
            body_bytes,
            tls_version,
            tls_cipher,
            tls_alpn,
            certificates,
            // A metric's.
            first_expiry: _,
            tls_verified,
            own,
            peer_clock,
            redirect,
            // A finding's.
            cookies: _,
            health,
            health_warning,
            passed_over,
            excerpt,
        } = facts;
        Self {
            first_byte_seconds: first_byte.map(seconds),
            http_version: *http_version,
            status_code: *status_code,
            redirects: *redirects,
            body_bytes: *body_bytes,
            tls_version: *tls_version,
            tls_cipher: *tls_cipher,
            tls_alpn: tls_alpn.as_deref(),
            tls_verified: *tls_verified,
            certificates: certificates.iter().map(CertificateJson::new).collect(),
            own: OwnFacts(own),
            peer_date: peer_clock.map(|clock| rfc3339_unix(clock.date)),
            location: redirect.as_ref().map(|redirect| redirect.to.as_str()),
            health: health.as_deref(),
            health_warning: health_warning.as_deref(),
            passed_over,
            excerpt: match excerpts {
                Excerpts::Shown => excerpt.as_deref(),
                Excerpts::Withheld => None,
            },
        }
    }
}

/// The facts that are the kind's own, one key each.
#[derive(Debug)]
struct OwnFacts<'a>(&'a [(&'static str, FactValue)]);

impl Serialize for OwnFacts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            match value {
                FactValue::Text(text) => map.serialize_entry(name, text)?,
                FactValue::List(list) => map.serialize_entry(name, list)?,
            }
        }
        map.end()
    }
}

#[derive(Debug, Serialize)]
struct CertificateJson<'a> {
    subject: &'a str,
    issuer: &'a str,
    names: &'a [String],
    not_before: String,
    not_after: String,
}

impl<'a> CertificateJson<'a> {
    fn new(certificate: &'a Certificate) -> Self {
        Self {
            subject: &certificate.subject,
            issuer: &certificate.issuer,
            names: &certificate.names,
            not_before: rfc3339_unix(certificate.not_before),
            not_after: rfc3339_unix(certificate.not_after),
        }
    }
}

#[derive(Debug, Serialize)]
struct FindingJson<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    fix: &'a str,
}

impl<'a> FindingJson<'a> {
    fn new(finding: &'a Finding) -> Self {
        let Finding { code, severity, message, fix } = finding;
        Self { code, severity: severity.as_str(), message, fix }
    }
}

#[derive(Debug, Serialize)]
struct PairsJson {
    server: String,
    together: u32,
    together_lost: u32,
    apart: u32,
    apart_lost: u32,
}

impl PairsJson {
    fn new(pairs: Pairs) -> Self {
        let Pairs { server, together, together_lost, apart, apart_lost } = pairs;
        Self { server: server.to_string(), together, together_lost, apart, apart_lost }
    }
}

#[derive(Debug, Serialize)]
struct SurveyedJson<'a> {
    address: String,
    result: &'static str,
    errno: Option<i32>,
    duration_seconds: f64,
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
}

impl<'a> SurveyedJson<'a> {
    fn new(surveyed: &'a Surveyed) -> Self {
        Self {
            address: surveyed.address.to_string(),
            result: surveyed.result.as_str(),
            errno: surveyed.errno,
            duration_seconds: seconds(surveyed.duration),
            source: surveyed.source.map(|source| source.to_string()),
            host: surveyed.host.as_deref(),
        }
    }
}

#[derive(Debug, Serialize)]
struct PredictionJson<'a> {
    runtime: &'static str,
    result: &'static str,
    after_seconds: Option<f64>,
    error: Option<&'a str>,
    cure: Option<&'a str>,
}

impl<'a> PredictionJson<'a> {
    fn new(prediction: &'a Prediction) -> Self {
        Self {
            runtime: prediction.runtime,
            result: prediction.result.as_str(),
            after_seconds: prediction.after.map(seconds),
            error: prediction.error.as_deref(),
            cure: prediction.cure.as_deref(),
        }
    }
}

#[derive(Debug, Serialize)]
struct MemberJson<'a> {
    address: String,
    result: &'static str,
    failure: Option<FailureJson<'a>>,
}

impl<'a> MemberJson<'a> {
    fn new(member: &'a Member) -> Self {
        Self {
            address: member.address.to_string(),
            result: if member.failure.is_none() { "pass" } else { "fail" },
            failure: member.failure.as_ref().map(FailureJson::new),
        }
    }
}

#[derive(Debug, Serialize)]
struct FailureJson<'a> {
    phase: &'static str,
    cause: &'static str,
    message: &'a str,
    hint: &'a str,
}

impl<'a> FailureJson<'a> {
    fn new(failure: &'a Failure) -> Self {
        let Failure { phase, cause, message, hint, detail: _ } = failure;
        Self { phase: phase.as_str(), cause: cause.slug(), message, hint }
    }
}

#[cfg(test)]
mod tests;
