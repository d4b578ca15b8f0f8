use std::time::Duration;

use super::hint;
use crate::cause::Cause;
use crate::check::{HintFn, KINDS, no_hint};
use crate::env::MapEnv;
use crate::findings::{Context, ProxyVariables, Reading};
use crate::outcome::{
    Certificate, ConnectAttempt, ConnectResult, Detail, DnsAnswer, Evidence, Facts, Fault, HttpDetail, Phase, Query,
    Redirect, RedirectPurpose, SocketAttempt, StreamDetail, TlsDetail, ValueDetail, tells_what_to_do,
};
use crate::secret::Secret;
use crate::url::Endpoint;

const SHOP: &str = "todo-production.svc.cluster.local";

fn at(own: HintFn, fault: &Fault, target: &str, evidence: &Evidence) -> String {
    let endpoints = [Endpoint::parse(target).unwrap()];
    hint(own, fault, evidence, &Context { endpoints: &endpoints, ..Context::default() })
}

fn query(name: &str, answer: DnsAnswer, server: &str) -> Query {
    let answers = usize::from(answer == DnsAnswer::Rcode("NOERROR".to_owned()));
    Query {
        host: None,
        name: format!("{name}.{SHOP}."),
        record: "A".to_owned(),
        server: server.parse().unwrap(),
        transport: "udp",
        answer,
        answers,
        alias: None,
        chain: Vec::new(),
        ttl: None,
        suffix: Some(SHOP.to_owned()),
        duration: Duration::from_millis(2),
    }
}

fn certificate(subject: &str, issuer: &str, names: &[&str]) -> Certificate {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Certificate { subject: subject.to_owned(), issuer: issuer.to_owned(), names, not_before: 0, not_after: 1 }
}

fn with_chain(chain: Vec<Certificate>) -> Evidence {
    Evidence { facts: Facts { certificates: chain, ..Facts::default() }, ..Evidence::default() }
}

/// One sentence ends where a new one begins: with a full stop (not of an abbreviation) and a capital.
fn sentences(text: &str) -> usize {
    let mut count = 1;
    for (at, _) in text.match_indices(". ") {
        count += usize::from(text[at + 2..].starts_with(|c: char| c.is_uppercase()));
    }
    count
}

/// Evidence of several kinds, each of which may change a hint.
fn pieces_of_evidence() -> Vec<Evidence> {
    let rcode = |code: &str| DnsAnswer::Rcode(code.to_owned());
    let asked = |answer: DnsAnswer| query("backend-api", answer, "10.96.0.10:53");
    let names = || vec![asked(rcode("NOERROR"))];
    let with_queries = |queries| Evidence { queries, ..Evidence::default() };
    let tries = |result, errno| {
        let one = |address: &str| {
            let (address, duration) = (address.parse().unwrap(), Duration::from_secs(3));
            ConnectAttempt { host: None, address, result, errno, duration }
        };
        vec![one("10.96.134.207:8000"), one("[fd00:10:96::a7c1]:8000")]
    };
    let mut all = vec![Evidence::default(), with_queries(vec![asked(rcode("NXDOMAIN"))])];
    let refused = || DnsAnswer::Io("connection refused".to_owned());
    for answer in [DnsAnswer::Timeout, DnsAnswer::Truncated, refused(), rcode("SERVFAIL")] {
        all.push(with_queries(vec![query("backend-api", answer.clone(), "[fd00:10:96::a]:53"), asked(answer)]));
    }
    for (result, errno) in [
        (ConnectResult::Refused, Some(111)),
        (ConnectResult::Cut, None),
        (ConnectResult::NotTried, None),
        (ConnectResult::HostUnreachable, Some(113)),
        (ConnectResult::NetworkUnreachable, Some(101)),
        (ConnectResult::LocalLimit, Some(99)),
        (ConnectResult::LocalLimit, Some(24)),
    ] {
        all.push(Evidence { tries: tries(result, errno), ..with_queries(names()) });
    }
    let name = "CN=backend-api.todo-production.svc.cluster.local,O=Example Corporation,OU=Platform Engineering";
    for names in [&["*.todo-production.svc.cluster.local", "backend-api.todo-production.svc"][..], &[]] {
        all.push(with_chain(vec![certificate(name, name, names)]));
        all.push(with_chain(vec![certificate(name, "CN=An Authority", names), certificate("CN=B", name, &[])]));
    }
    for status in [400, 401, 404, 405, 406, 418, 421, 429, 500, 502, 503] {
        all.push(Evidence { facts: Facts { status_code: Some(status), ..Facts::default() }, ..Evidence::default() });
    }
    for aim in [
        RedirectPurpose::Tls,
        RedirectPurpose::TlsSamePort,
        RedirectPurpose::Slash,
        RedirectPurpose::Login,
        RedirectPurpose::Elsewhere,
    ] {
        let redirect = Some(Redirect { to: "https://backend-api/".to_owned(), purpose: aim });
        all.push(Evidence { facts: Facts { redirect, ..Facts::default() }, ..Evidence::default() });
    }
    all
}

/// What a fault may say beyond its cause; each may change a hint.
fn details() -> Vec<Detail> {
    let long =
        || "CN=backend-api.todo-production.svc.cluster.local,O=Example Corporation,OU=Platform Engineering".to_owned();
    let mut all: Vec<Detail> = [12, 13, 24, 99, 104, 113].map(Detail::Os).to_vec();
    all.extend(
        [
            TlsDetail::NotStarted { port: 587, at_once: Some(465) },
            TlsDetail::NotOffered,
            TlsDetail::StartTlsNotOffered,
            TlsDetail::StartTlsRefused { temporary: true },
            TlsDetail::StartTlsRefused { temporary: false },
            TlsDetail::Reset,
            TlsDetail::Alert(40),
            TlsDetail::Alert(TlsDetail::UNRECOGNIZED_NAME),
            TlsDetail::Alert(TlsDetail::NO_APPLICATION_PROTOCOL),
            TlsDetail::NothingInCommon,
            TlsDetail::NoSharedProtocol,
            TlsDetail::NoCertificate,
            TlsDetail::SelfSigned,
            TlsDetail::ChainEndsAt { issuer: long() },
            TlsDetail::IssuerNotSent { issuer: long() },
            TlsDetail::IssuerKeyChanged,
            TlsDetail::NotForServers,
            TlsDetail::BreaksConstraints,
            TlsDetail::RootExpired { subject: long(), at: 1_633_010_399, of_system: true },
            TlsDetail::RootExpired { subject: long(), at: 1_633_010_399, of_system: false },
            TlsDetail::IntermediateExpired { subject: long(), at: 1_633_010_399, issuer_is_trusted: true },
            TlsDetail::IntermediateExpired { subject: long(), at: 1_633_010_399, issuer_is_trusted: false },
            TlsDetail::WrongName { names: vec![long(), long()], expected: long() },
            TlsDetail::AuthorityAsServer,
            TlsDetail::CriticalExtension,
            TlsDetail::Malformed,
            TlsDetail::UnsupportedSignature,
            TlsDetail::UnsupportedKey,
            TlsDetail::OldVersion,
            TlsDetail::KeyNotProven,
        ]
        .map(Detail::Tls),
    );
    all.extend(
        [
            HttpDetail::PageForPeople,
            HttpDetail::RedirectLoop,
            HttpDetail::TooManyRedirects,
            HttpDetail::InvalidLocation,
            HttpDetail::BadFraming,
            HttpDetail::BodyTooLarge,
            HttpDetail::BodyCut,
            HttpDetail::WantsTls,
        ]
        .map(Detail::Http),
    );
    let speaks = [StreamDetail::Speaks("HTTP"), StreamDetail::Speaks("HTTP/2")];
    all.extend([StreamDetail::Silent, StreamDetail::Stalled, StreamDetail::Unrecognised].map(Detail::Stream));
    all.extend([StreamDetail::GivenUp, StreamDetail::NoRoom].map(Detail::Stream));
    all.extend(speaks.map(Detail::Stream));
    all.extend(
        [
            ValueDetail::Unset("A_VARIABLE_WITH_A_LONG_NAME".to_owned()),
            ValueDetail::NotSpoken,
            ValueDetail::Socket,
            ValueDetail::NotRead,
            ValueDetail::NumberForm,
            ValueDetail::ServiceLink,
            ValueDetail::ConnectionString,
            ValueDetail::Empty,
            ValueDetail::NotPermitted { of_process: true },
            ValueDetail::NotPermitted { of_process: false },
            ValueDetail::NotPem,
        ]
        .map(Detail::Value),
    );
    all
}

fn fits(text: &str, cause: Cause, kind: &str) {
    assert!(!text.is_empty(), "{} {kind}", cause.slug());
    assert!(sentences(text) <= 2, "{} {kind}: {text}", cause.slug());
    assert!(text.len() <= 300, "{} {kind} ({} bytes): {text}", cause.slug(), text.len());
    assert!(!text.contains("..") && !text.contains("  "), "{} {kind}: {text}", cause.slug());
}

#[test]
fn every_cause_of_every_kind_has_a_short_hint() {
    let targets =
        ["backend-api:8000", "127.0.0.1:8000", "api.eu-central-1.aws.example.com:443", "db.dev:5432", "todo.local:80"];
    let mut longest = 0;
    for cause in Cause::ALL.iter().copied() {
        for kind in KINDS {
            for (evidence, target) in pieces_of_evidence().iter().zip(targets.iter().cycle()) {
                for phase in Phase::ALL {
                    let text = at(kind.hint, &Fault::new(phase, cause, ""), target, evidence);
                    fits(&text, cause, kind.name);
                    longest = longest.max(text.len());
                }
            }
        }
    }
    assert!(longest > 200, "the table above reaches the long ones: {longest}");
}

#[test]
fn every_detail_has_a_short_hint() {
    for cause in Cause::ALL.iter().copied() {
        for kind in KINDS {
            for detail in details() {
                for phase in Phase::ALL {
                    let fault = Fault::new(phase, cause, "").with(detail.clone());
                    fits(&at(kind.hint, &fault, "10.0.0.7:443", &Evidence::default()), cause, kind.name);
                }
            }
        }
    }
}

/// A kind that is not PostgreSQL, as that of Redis, gets no advice of PostgreSQL's; PostgreSQL itself does.
#[test]
fn a_full_server_of_another_protocol_has_no_pg_stat_activity() {
    let full = Fault::new(Phase::Login, Cause::TooManyConnections, "ERR max number of clients reached");
    let redis = at(no_hint, &full, "cache:6379", &Evidence::default());
    assert!(redis.starts_with("The server has no free connection"), "{redis}");
    for word in ["pg_stat_activity", "SELECT", "pooler", "max_connections", "ALTER"] {
        assert!(!redis.contains(word), "{redis}");
    }
    let postgres = KINDS.iter().find(|kind| kind.name == "postgres").unwrap();
    assert!(at(postgres.hint, &full, "db:5432", &Evidence::default()).contains("pg_stat_activity"));
}

#[test]
fn the_value_comes_before_the_kind_and_the_kind_before_all_others() {
    fn own(_: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
        Some("the kind's own".to_owned())
    }
    let endpoints = [Endpoint::parse("api.example.com:443").unwrap()];
    let readings = |text: &str| {
        vec![Reading {
            key: "password",
            variable: Some("PW".to_owned()),
            is_template: false,
            origin: "the variable PW".to_owned(),
            text: Secret::new(text.to_owned()),
        }]
    };
    let proxies = ProxyVariables::read(&MapEnv::with_vars(&[("HTTPS_PROXY", "http://proxy:3128")]));
    let of = |fault: &Fault, own: HintFn, readings: &[Reading]| {
        let context = Context { endpoints: &endpoints, readings, proxies: &proxies, ..Context::default() };
        hint(own, fault, &Evidence::default(), &context)
    };
    let rejected = Fault::new(Phase::Login, Cause::PasswordRejected, "no");
    assert!(of(&rejected, own, &readings("hunter2\n")).starts_with("the variable PW has a newline at its end"));
    assert_eq!(of(&rejected, own, &readings("hunter2")), "the kind's own");
    assert_eq!(of(&rejected, no_hint, &readings("hunter2")), Cause::PasswordRejected.info().remedy);
    let silent = Fault::new(Phase::Connect, Cause::ConnectTimeout, "");
    let noted = of(&silent, own, &[]);
    assert!(noted.starts_with("the kind's own HTTPS_PROXY is set: "), "{noted}");
}

#[test]
fn sentences_are_counted() {
    assert_eq!(sentences("see kubectl get svc, i.e. all of them"), 1);
    assert_eq!(sentences("raise `timeout`. If it stays, read the log"), 2);
}

/// On a Unix socket there is no port that could be the wrong one.
#[test]
fn no_hint_of_a_socket_speaks_of_a_port() {
    let path = "/run/x.sock".to_owned();
    let connected = SocketAttempt { path, result: ConnectResult::Connected, errno: None, duration: Duration::ZERO };
    let on_socket = Evidence { sockets: vec![connected], ..Evidence::default() };
    let details = [
        None,
        Some(Detail::Os(104)),
        Some(Detail::Stream(StreamDetail::Silent)),
        Some(Detail::Stream(StreamDetail::Stalled)),
        Some(Detail::Stream(StreamDetail::Speaks("HTTP"))),
        Some(Detail::Stream(StreamDetail::Unrecognised)),
        Some(Detail::Tls(TlsDetail::Reset)),
    ];
    for (phase, causes) in [
        (Phase::Tls, &[Cause::Timeout, Cause::ConnectionClosed, Cause::TlsNotTls][..]),
        (Phase::Login, &[Cause::Timeout, Cause::ConnectionClosed, Cause::ProtocolError]),
        (Phase::Request, &[Cause::Timeout, Cause::ConnectionClosed, Cause::ProtocolError]),
        (Phase::Connect, &[Cause::ConnectReset]),
    ] {
        for (kind, cause, detail) in KINDS
            .iter()
            .flat_map(|kind| causes.iter().map(move |cause| (kind, *cause)))
            .flat_map(|(kind, cause)| details.iter().map(move |detail| (kind, cause, detail.clone())))
        {
            let fault = Fault { detail, ..Fault::new(phase, cause, "") };
            let text = hint(kind.hint, &fault, &on_socket, &Context::default());
            assert!(!text.contains("port") && text.contains("socket"), "{} {fault:?}: {text}", kind.name);
            assert!(text.len() <= 300 && tells_what_to_do(&text), "{text}");
        }
    }
    // On a port the kind has its say.
    let fault = Fault::new(Phase::Login, Cause::Timeout, "");
    assert!(at(KINDS[0].hint, &fault, "db:1", &Evidence::default()).contains("port"));
}
