use std::time::{Duration, UNIX_EPOCH};

use super::{Excerpts, outcome};
use crate::cause::Cause;
use crate::outcome::{
    ConnectAttempt, ConnectResult, DnsAnswer, Evidence, FactValue, Facts, Failure, Member, Outcome, Phase, Query,
    SERVER_VERSION,
};

fn failed() -> Outcome {
    let failure = Failure {
        phase: Phase::Login,
        cause: Cause::PasswordRejected,
        message: "password authentication failed for user \"app\" (28P01)".into(),
        hint: "…".into(),
        detail: None,
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
