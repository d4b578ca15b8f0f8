use super::{blocked, hint, of_code, of_protocol};
use crate::cause::Cause;
use crate::check::mail;
use crate::check::smtp::answers::code;
use crate::findings::Context;
use crate::outcome::{
    ConnectAttempt, ConnectResult, Detail, DnsAnswer, Evidence, Fault, Phase, Query, TlsDetail, assert_hint,
};
use crate::url::Endpoint;
use std::time::Duration;

#[test]
fn every_code_has_a_hint_that_fits() {
    for code in [
        code::REJECTED,
        code::THROTTLED,
        code::CANNOT_JUDGE,
        code::WANTS_TLS,
        code::APP_PASSWORD,
        code::BROWSER,
        code::SWITCHED_OFF,
        code::LOCKED,
        code::DISABLED,
        code::TOO_WEAK,
        code::UNSUPPORTED,
        code::OTHER,
        code::STRANGE,
        code::NO_AUTH,
        code::NO_TOKEN,
        code::NO_PASSWORD,
        code::USER_ALONE,
        code::PASSWORD_ALONE,
        code::GREETS_IN_PLAIN,
        code::NOT_AT_ONCE,
        code::NO_GREETING,
        code::SLOW_GREETING,
        code::SLOW_LOGIN,
        mail::code::BUSY,
        mail::code::FULL,
        mail::code::REFUSED,
        mail::code::NO_MAIL,
        mail::code::BAD_NAME,
        mail::code::MASKED,
    ] {
        assert_hint(of_code(code, Some(587)).unwrap_or_else(|| panic!("{code} has no hint")));
    }
    let silent = |port| of_code(code::NO_GREETING, Some(port)).expect("there is one");
    assert_hint(silent(465));
    assert!(silent(465).contains("`tls: implicit`") && silent(587).contains("tarpitting"));
    assert_eq!(of_code("smtp_unheard", None), None);
    for protocol in ["IMAP", "POP3", "TLS"] {
        assert_hint(of_protocol(protocol).expect(protocol));
    }
    assert_eq!(of_protocol("HTTP"), None, "the general one says it");
}

/// The hint of a check of this endpoint.
fn of(target: &str, fault: &Fault, evidence: &Evidence) -> Option<String> {
    let endpoints = [Endpoint::parse(target).expect(target)];
    hint(fault, evidence, &Context { endpoints: &endpoints, ..Context::default() })
}

#[test]
fn tls_that_does_not_fit_the_port() {
    let none = Evidence::default();
    let tls = |cause, detail| Fault::new(Phase::Tls, cause, "").with(detail);
    let hint = of("mail:587", &tls(Cause::TlsUnsupported, Detail::Tls(TlsDetail::StartTlsNotOffered)), &none);
    let hint = hint.expect("there is one");
    assert_hint(&hint);
    assert!(hint.contains("`tls: none`"), "{hint}");
    for code in [code::GREETS_IN_PLAIN, code::NOT_AT_ONCE] {
        assert!(of_code(code, Some(587)).is_some_and(|hint| hint.contains("`tls: starttls`")), "{code}");
    }
    let silent =
        Fault::new(Phase::Login, Cause::Timeout, "").with(Detail::Protocol { code: code::NO_GREETING, product: None });
    assert!(of("mail:465", &silent, &none).is_some_and(|hint| hint.contains("smtps://")));
    let untrusted = tls(Cause::TlsUntrusted, Detail::Tls(TlsDetail::SelfSigned));
    assert_eq!(of("mail:465", &untrusted, &none), None, "the general one says it");
}

#[test]
fn ports_that_networks_block() {
    let cut = |duration| ConnectAttempt {
        host: None,
        address: ([198, 51, 100, 7], 587).into(),
        result: ConnectResult::Cut,
        errno: None,
        duration,
    };
    let long = Evidence { tries: vec![cut(Duration::from_secs(3))], ..Evidence::default() };
    let timeout = Fault::new(Phase::Connect, Cause::ConnectTimeout, "");
    for (port, part) in [(25, "block outwards"), (465, "port 465"), (587, "port 587"), (2525, "port 2525")] {
        let hint = of(&format!("mail.example.com:{port}"), &timeout, &long).expect("there is one");
        assert_hint(&hint);
        assert!(hint.contains(part) && hint.contains("NetworkPolic"), "{hint}");
    }
    // What the general hint knows better.
    assert_eq!(blocked(&long, 1025), None, "it is no port that anybody blocks");
    let short = Evidence { tries: vec![cut(Duration::from_millis(600))], ..Evidence::default() };
    assert_eq!(blocked(&short, 587), None);
    let query = Query {
        host: None,
        name: "mail.shop.svc.cluster.local.".into(),
        record: "A".into(),
        server: ([10, 96, 0, 10], 53).into(),
        answer: DnsAnswer::Rcode("NOERROR".to_owned()),
        answers: 1,
        duration: Duration::ZERO,
        transport: "udp",
        alias: None,
        chain: Vec::new(),
        ttl: None,
        suffix: None,
    };
    let service = Evidence { queries: vec![query], ..long };
    assert_eq!(blocked(&service, 587), None, "a Service of the cluster");
}
