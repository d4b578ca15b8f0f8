use std::time::{Duration, UNIX_EPOCH};

use super::{Excerpts, outcome};
use crate::cause::Cause;
use crate::finding::{Finding, Predicted, Prediction, Severity};
use crate::outcome::{
    AUTH_METHOD, Certificate, ConnectAttempt, ConnectResult, Cookie, DnsAnswer, Evidence, FactValue, Facts, Failure,
    HealthRemark, Member, Outcome, Pairs, PeerClock, Phase, Query, ROLE, Redirect, RedirectPurpose, SERVER_VERSION,
    Surveyed,
};

fn failed() -> Outcome {
    let failure = Failure {
        phase: Phase::Login,
        cause: Cause::PasswordRejected,
        message: "password authentication failed for user \"app\" (28P01)".into(),
        hint: "…".into(),
        statement: None,
        detail: None,
        risks_lock: false,
    };
    let query = Query {
        host: None,
        name: "db.ns.svc.cluster.local.".into(),
        record: "A".into(),
        server: "10.96.0.10:53".parse().unwrap(),
        transport: "udp",
        answer: DnsAnswer::Rcode("NOERROR".into()),
        answers: 1,
        alias: None,
        chain: Vec::new(),
        ttl: None,
        suffix: None,
        duration: Duration::from_millis(1),
    };
    let address = "10.0.0.7:5432".parse().unwrap();
    let duration = Duration::from_micros(400);
    let tried = ConnectAttempt { host: None, address, result: ConnectResult::Connected, errno: None, duration };
    let evidence = Evidence {
        phases: vec![
            (Phase::Resolve, Duration::from_millis(1)),
            (Phase::Connect, duration),
            (Phase::Login, Duration::from_millis(10)),
        ],
        queries: vec![query],
        tries: vec![tried],
        facts: Facts {
            own: vec![(SERVER_VERSION.name, FactValue::text("16.4".to_owned()))],
            excerpt: Some("E: body".into()),
            ..Facts::default()
        },
        members: vec![Member { address, failure: None }],
        degraded: false,
        ..Evidence::default()
    };
    Outcome {
        started_at: UNIX_EPOCH + Duration::from_secs(1_795_165_200),
        duration: Duration::from_millis(12),
        target: "postgres://app@db:5432/app".into(),
        failure: Some(failure),
        degraded: false,
        evidence: Box::new(evidence),
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

/// Every statement, and every part that an outcome has in some cases only.
fn full() -> Outcome {
    let mut outcome = failed();
    let evidence = &mut outcome.evidence;
    let address: std::net::SocketAddr = "[fd00::7]:5432".parse().unwrap();
    evidence.facts = Facts {
        first_byte: Some(Duration::from_micros(1_500)),
        http_version: Some("HTTP/1.1"),
        status_code: Some(200),
        redirects: Some(1),
        body_bytes: Some(17),
        tls_version: Some("TLSv1.3"),
        tls_cipher: Some("TLS_AES_256_GCM_SHA384"),
        tls_alpn: Some("h2".into()),
        certificates: vec![Certificate {
            subject: "CN=db.lab".into(),
            issuer: "CN=Lab Root".into(),
            names: vec!["db.lab".into()],
            not_before: 0,
            not_after: 1_775_001_600,
        }],
        certificate_oddities: Vec::new(),
        cleartext_login: None,
        absent_files: Vec::new(),
        first_expiry: Some(1_775_001_600),
        tls_verified: Some(true),
        own: vec![
            (SERVER_VERSION.name, FactValue::text("16.4".into())),
            (AUTH_METHOD.name, FactValue::word("scram-sha-256")),
            (ROLE.name, FactValue::word("primary")),
            ("records", FactValue::List(vec!["10.0.0.7".into()])),
            ("listening", FactValue::List(vec![address.to_string()])),
        ],
        peer_clock: Some(PeerClock { date: 1_775_001_600, ahead: 3 }),
        redirect: Some(Redirect { to: "https://db.lab/".into(), purpose: RedirectPurpose::Tls }),
        requested: None,
        browser: None,
        bundle: None,
        restarts: None,
        cookies: vec![Cookie::default()],
        health: Some("ok".into()),
        health_warning: Some(HealthRemark { text: "cache: degraded".into(), fix: String::new() }),
        health_unread: Some(HealthRemark { text: "the body is XML".into(), fix: "read it".into() }),
        passed_over: vec!["db-0: connect_refused".into()],
        note: Some("only half was seen".into()),
        noticed: Vec::new(),
        excerpt: Some("hello".into()),
    };
    evidence.queries[0].alias = Some("db.lab".into());
    evidence.queries[0].ttl = Some(30);
    evidence.queries[0].suffix = Some("ns.svc.cluster.local".into());
    evidence.queries[0].host = Some("db".into());
    evidence.tries[0].host = Some("db".into());
    evidence.tries[0].errno = Some(111);
    evidence.members = vec![Member { address, failure: outcome.failure.clone() }];
    let surveyed = |host, source, errno| Surveyed {
        host,
        address,
        result: ConnectResult::NetworkUnreachable,
        errno,
        duration: Duration::from_micros(20),
        source,
    };
    let source = "fd00::1".parse().unwrap();
    evidence.survey = vec![surveyed(None, None, None), surveyed(Some("db".into()), Some(source), Some(101))];
    let server = "10.96.0.10:53".parse().unwrap();
    evidence.pairs = Some(Pairs { server, together: 4, together_lost: 3, apart: 2, apart_lost: 1 });
    let (message, fix) = ("seen".into(), "do".into());
    outcome.findings = vec![Finding { code: "code", severity: Severity::Warning, message, fix }];
    let prediction = |after, error, cure| Prediction {
        runtime: "go",
        result: Predicted::Borderline,
        after,
        error,
        cure,
        host: Some("db".into()),
    };
    let after = Some(Duration::from_secs(5));
    outcome.predictions = vec![prediction(None, None, None), prediction(after, Some("e".into()), Some("c".into()))];
    outcome
}

#[test]
fn every_part_has_its_key_and_its_place() {
    let expected: serde_json::Value = serde_json::from_str(include_str!("full.json")).unwrap();
    let expected = serde_json::to_string(&expected).unwrap();
    assert_eq!(text(&full(), Excerpts::Shown), expected);
    assert_eq!(text(&full(), Excerpts::Withheld), expected.replace(r#","excerpt":"hello""#, ""));
}
