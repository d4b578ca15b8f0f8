//! The JSON shape of one outcome: one promise, shared by `-o json` and `/status`. Fields may be added, never renamed.
//!
//! It shows what was recorded and judges nothing. Excerpts of what a peer said go out only where they are asked for.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::finding::{Finding, Prediction};
use crate::outcome::{Certificate, Facts, Failure, Member, Outcome, Query, Surveyed, Try};
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
    fn new(attempt: &'a Try) -> Self {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    server_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    records: &'a [String],
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
            tls_verified,
            server_version,
            auth_method,
            role,
            health,
            records,
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
            server_version: server_version.as_deref(),
            auth_method: *auth_method,
            role: *role,
            health: health.as_deref(),
            records,
            excerpt: match excerpts {
                Excerpts::Shown => excerpt.as_deref(),
                Excerpts::Withheld => None,
            },
        }
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
        let Failure { phase, cause, message, hint } = failure;
        Self { phase: phase.as_str(), cause: cause.slug(), message, hint }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{Excerpts, outcome};
    use crate::cause::Cause;
    use crate::outcome::{Answer, Evidence, Facts, Failure, Member, Outcome, Phase, Query, Try, TryResult};

    fn failed() -> Outcome {
        let failure = Failure {
            phase: Phase::Login,
            cause: Cause::PasswordRejected,
            message: "password authentication failed for user \"app\" (28P01)".into(),
            hint: "…".into(),
        };
        let query = Query {
            host: None,
            name: "db.ns.svc.cluster.local.".into(),
            record: "A".into(),
            server: "10.96.0.10:53".parse().unwrap(),
            transport: "udp",
            answer: Answer::Rcode("NOERROR".into()),
            answers: 1,
            ttl: None,
            suffix: None,
            duration: Duration::from_millis(1),
        };
        let address = "10.0.0.7:5432".parse().unwrap();
        let duration = Duration::from_micros(400);
        let tried = Try { host: None, address, result: TryResult::Connected, errno: None, duration };
        let evidence = Evidence {
            phases: vec![
                (Phase::Resolve, Duration::from_millis(1)),
                (Phase::Connect, duration),
                (Phase::Login, Duration::from_millis(10)),
            ],
            queries: vec![query],
            tries: vec![tried],
            facts: Facts { server_version: Some("16.4".into()), excerpt: Some("E: body".into()), ..Facts::default() },
            members: vec![Member { address, failure: None }],
            degraded: false,
            survey: Vec::new(),
        };
        Outcome {
            started_at: UNIX_EPOCH + Duration::from_secs(1_795_165_200),
            duration: Duration::from_millis(12),
            target: "postgres://app@db:5432/app".into(),
            failure: Some(failure),
            degraded: false,
            evidence,
            findings: Vec::new(),
            predictions: Vec::new(),
        }
    }

    fn text(outcome_: &Outcome, excerpts: Excerpts) -> String {
        serde_json::to_string(&outcome("database", "postgres", outcome_, excerpts)).unwrap()
    }

    #[test]
    fn the_shape_is_the_contracts() {
        let expected = concat!(
            r#"{"name":"database","kind":"postgres","target":"postgres://app@db:5432/app","result":"fail","degraded":false,"#,
            r#""started_at":"2026-11-20T09:00:00Z","duration_seconds":0.012,"phases":{"resolve":0.001,"connect":0.0004,"login":0.01},"#,
            r#""queries":[{"name":"db.ns.svc.cluster.local.","type":"A","server":"10.96.0.10:53","rcode":"NOERROR","answers":1,"#,
            r#""duration_seconds":0.001,"transport":"udp"}],"#,
            r#""tries":[{"address":"10.0.0.7:5432","family":4,"result":"connected","errno":null,"duration_seconds":0.0004}],"#,
            r#""facts":{"server_version":"16.4"},"findings":[],"#,
            r#""addresses":[{"address":"10.0.0.7:5432","result":"pass","failure":null}],"#,
            r#""failure":{"phase":"login","cause":"password_rejected","#,
            r#""message":"password authentication failed for user \"app\" (28P01)","hint":"…"}}"#,
        );
        assert_eq!(text(&failed(), Excerpts::Withheld), expected);
    }

    #[test]
    fn a_pass_has_a_null_failure_and_excerpts_are_shown_only_when_asked_for() {
        let passed = Outcome { failure: None, ..failed() };
        assert!(text(&passed, Excerpts::Withheld).ends_with(r#""failure":null}"#));
        assert!(!text(&passed, Excerpts::Withheld).contains("excerpt"));
        assert!(text(&passed, Excerpts::Shown).contains(r#""excerpt":"E: body""#));
    }

    #[test]
    fn addresses_are_there_only_with_members_and_the_host_only_where_there_are_several() {
        let mut plain = failed();
        plain.evidence.members.clear();
        assert!(!text(&plain, Excerpts::Withheld).contains("addresses"));
        plain.evidence.tries[0].host = Some("db-1".into());
        assert!(text(&plain, Excerpts::Withheld).contains(r#""host":"db-1""#));
    }
}
