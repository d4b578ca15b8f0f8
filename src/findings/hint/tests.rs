mod answers;
mod dial;
mod login;
mod names;
mod tls;

use std::time::Duration;

use crate::cause::Cause;
use crate::check::KINDS;
use crate::findings::Context;
use crate::findings::hint::hint;
use crate::findings::testing::{query, tried, with_queries};
use crate::outcome::{
    Certificate, ConnectAttempt, ConnectResult, Evidence, Facts, Fault, Phase, Query, Redirect, RedirectPurpose,
};
use crate::url::Endpoint;

const SHOP: &str = "todo-production.svc.cluster.local";

/// The hint for a fault of this cause at a target.
fn at(cause: Cause, phase: Phase, message: &str, kind: &str, target: &str, evidence: &Evidence) -> String {
    let endpoints = [Endpoint::parse(target).unwrap()];
    let context = Context { kind, endpoints: &endpoints, ..Context::default() };
    hint(&Fault::new(phase, cause, message), evidence, context)
}

fn in_list(name: &str, answer: &str) -> Query {
    query(&format!("{name}.{SHOP}."), "A", answer, usize::from(answer == "NOERROR")).suffix(SHOP)
}

/// A Secret's volume with `defaultMode: 0400`: its content is not what is wrong.
#[test]
fn a_file_that_may_not_be_read_is_a_matter_of_the_volume() {
    let denied = format!("the file /secrets/pw cannot be read: {}", std::io::Error::from_raw_os_error(13));
    let text = at(Cause::FileInvalid, Phase::Assert, &denied, "postgres", "db:5432", &Evidence::default());
    assert!(text.contains("defaultMode") && text.contains("fsGroup"), "{text}");
    for (message, says) in [
        (denied.replace("/secrets/pw", "/proc/7/environ"), "runAsUser"),
        ("the file /pw is empty".to_owned(), "how many bytes"),
        ("A: it is not set or empty".to_owned(), "how many bytes"),
    ] {
        let text = at(Cause::FileInvalid, Phase::Assert, &message, "postgres", "db:5432", &Evidence::default());
        assert!(text.contains(says), "{message}: {text}");
    }
}

/// What `ask` and events show is the hint alone.
#[test]
fn a_variable_that_is_missing_is_named() {
    for (message, name) in [
        ("the variable DATABASE_URL is not set or empty", "for DATABASE_URL: add"),
        ("JWT_SECRET: it is not set or empty; PORT: it does not match /x/", "for JWT_SECRET: add"),
        ("", "for it: add"),
    ] {
        let text = at(Cause::VariableMissing, Phase::Assert, message, "env", "db:1", &Evidence::default());
        assert!(text.starts_with(&format!("this container has no value {name}")), "{text}");
    }
}

fn answered(cause: Cause, message: &str, facts: Facts) -> String {
    let evidence = Evidence { facts, ..Evidence::default() };
    at(cause, Phase::Assert, message, "http", "api:80", &evidence)
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
    let names = || vec![in_list("backend-api", "NOERROR")];
    let tries = |result, errno| {
        let one = |address| ConnectAttempt { errno, duration: Duration::from_secs(3), ..tried(address, result) };
        vec![one("10.96.134.207:8000"), one("[fd00:10:96::a7c1]:8000")]
    };
    let mut all = vec![Evidence::default(), with_queries(vec![in_list("backend-api", "NXDOMAIN")])];
    for answer in ["TIMEOUT", "TRUNCATED", "refused", "SERVFAIL"] {
        all.push(with_queries(vec![
            in_list("backend-api", answer).from("[fd00:10:96::a]:53"),
            in_list("backend-api", answer),
        ]));
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

#[test]
fn every_cause_of_every_kind_has_a_short_hint() {
    let phases = [Phase::Resolve, Phase::Connect, Phase::Tls, Phase::Login, Phase::Request, Phase::Assert];
    let targets =
        ["backend-api:8000", "127.0.0.1:8000", "api.eu-central-1.aws.example.com:443", "db.dev:5432", "todo.local:80"];
    let mut longest = String::new();
    for cause in Cause::ALL.iter().copied() {
        for kind in KINDS.iter().map(|kind| kind.name) {
            for (evidence, target) in pieces_of_evidence().iter().zip(targets.iter().cycle()) {
                for phase in phases {
                    let text = at(cause, phase, "", kind, target, evidence);
                    assert!(!text.is_empty(), "{} {kind}", cause.slug());
                    assert!(sentences(&text) <= 2, "{} {kind}: {text}", cause.slug());
                    assert!(text.len() <= 300, "{} {kind} ({} bytes): {text}", cause.slug(), text.len());
                    assert!(!text.ends_with('.') && !text.contains("  "), "{} {kind}: {text}", cause.slug());
                    if text.len() > longest.len() {
                        longest = text;
                    }
                }
            }
        }
    }
    assert!(longest.len() > 200, "the table above reaches the long ones: {longest}");
}

#[test]
fn sentences_are_counted() {
    assert_eq!(sentences("see kubectl get svc, i.e. all of them"), 1);
    assert_eq!(sentences("raise `timeout`. If it stays, read the log"), 2);
}
