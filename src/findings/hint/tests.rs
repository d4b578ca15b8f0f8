mod dial;
mod misled;
mod names;
mod tls;

use crate::cause::Cause;
use crate::findings::Context;
use crate::findings::hint::{general_hint, proxy_note};
use crate::findings::testing::query;
use crate::outcome::tells_what_to_do;
use crate::outcome::{
    BrokenVariable, Detail, Evidence, Fault, Phase, Query, SocketDetail, StreamDetail, TlsDetail, ValueDetail,
    VariableFlaw,
};
use crate::url::Endpoint;

const SHOP: &str = "todo-production.svc.cluster.local";

/// The general hint for a fault at a target.
fn at(fault: &Fault, target: &str, evidence: &Evidence) -> String {
    let endpoints = [Endpoint::parse(target).unwrap()];
    let text = general_hint(fault, evidence, &Context { endpoints: &endpoints, ..Context::default() });
    assert!(tells_what_to_do(&text), "nothing to do: {text}");
    text
}

/// The general hint for a fault that has no more to say.
fn of(cause: Cause, phase: Phase, detail: Option<Detail>) -> String {
    let fault = Fault { detail, ..Fault::new(phase, cause, "") };
    at(&fault, "db:5432", &Evidence::default())
}

fn in_list(name: &str, answer: &str) -> Query {
    query(&format!("{name}.{SHOP}."), "A", answer, usize::from(answer == "NOERROR")).suffix(SHOP)
}

#[test]
fn a_socket_without_a_server_says_what_to_do() {
    for (detail, cause, part) in [
        (SocketDetail::Missing, Cause::FileMissing, "mount the volume"),
        (SocketDetail::Denied, Cause::ConnectNotPermitted, "runAsGroup"),
        (SocketDetail::Refused, Cause::ConnectRefused, "Start the server"),
        (SocketDetail::Unbound, Cause::ConnectRefused, "Start the server"),
        (SocketDetail::NotSocket, Cause::FileInvalid, "Write the path of the socket"),
        (SocketDetail::Full, Cause::ConnectTimeout, "Check its log"),
        (SocketDetail::Datagrams, Cause::FileInvalid, "ss -xlp"),
        (SocketDetail::Other, Cause::LocalLimit, ""),
    ] {
        let text = of(cause, Phase::Connect, Some(Detail::Socket(detail)));
        assert!(text.contains(part), "{text}");
    }
}

/// A Secret's volume with `defaultMode: 0400`: its content is not what is wrong.
#[test]
fn a_file_that_may_not_be_read_is_a_matter_of_the_volume() {
    let unset = BrokenVariable { name: "A".to_owned(), flaw: Some(VariableFlaw::Unset) };
    for (detail, says) in [
        (ValueDetail::NotPermitted { of_process: false }, &["defaultMode", "fsGroup"][..]),
        (ValueDetail::NotPermitted { of_process: true }, &["runAsUser"]),
        (ValueDetail::Empty, &["how many bytes"]),
        (ValueDetail::Variables(vec![unset]), &["how many bytes"]),
        (ValueDetail::NotPem, &["Compare the file with what is expected"]),
    ] {
        let text = of(Cause::FileInvalid, Phase::Assert, Some(Detail::Value(detail.clone())));
        assert!(says.iter().all(|part| text.contains(part)), "{detail:?}: {text}");
    }
}

/// What `ask` and events show is the hint alone.
#[test]
fn a_variable_that_is_missing_is_named() {
    let broken = |name: &str, flaw| BrokenVariable { name: name.to_owned(), flaw };
    let several = vec![broken("JWT_SECRET", Some(VariableFlaw::Unset)), broken("PORT", None)];
    for (detail, name) in [
        (Some(ValueDetail::Unset("DATABASE_URL".to_owned())), "for DATABASE_URL. Add"),
        (Some(ValueDetail::Variables(several)), "for JWT_SECRET. Add"),
        (None, "for it. Add"),
    ] {
        let text = of(Cause::VariableMissing, Phase::Assert, detail.map(Detail::Value));
        assert!(text.starts_with(&format!("This container has no value {name}")), "{text}");
    }
}

#[test]
fn urls_that_cannot_be_read() {
    let link = || VariableFlaw::Url(Box::new(ValueDetail::ServiceLink));
    for (detail, says) in [
        (Some(ValueDetail::ServiceLink), "NAME_SERVICE_PORT"),
        (
            Some(ValueDetail::Variables(vec![BrokenVariable { name: "A".to_owned(), flaw: Some(link()) }])),
            "NAME_SERVICE_PORT",
        ),
        (Some(ValueDetail::ConnectionString), "in quotes"),
        (None, "scheme://user:password@host:port/database"),
    ] {
        let text = of(Cause::UrlMalformed, Phase::Assert, detail.clone().map(Detail::Value));
        assert!(text.contains(says), "{detail:?}: {text}");
    }
    for (detail, says) in [
        (ValueDetail::Socket, "the server's host over TCP"),
        (ValueDetail::NotRead, "its own URL"),
        (ValueDetail::NotSpoken, "tcp://host:port"),
        (ValueDetail::NotWritten, "the form that the message names"),
        (ValueDetail::LinkLocal, "an address that is routed"),
        (ValueDetail::NumberForm, "four decimal numbers"),
        (ValueDetail::NoUser, "Set `user`"),
        (ValueDetail::NotText, "UTF-8"),
        (ValueDetail::TooMuch, "a shorter one"),
        (
            ValueDetail::Variables(vec![BrokenVariable {
                name: "A".to_owned(),
                flaw: Some(VariableFlaw::Url(Box::new(ValueDetail::TooMuch))),
            }]),
            "a shorter one",
        ),
    ] {
        assert!(detail.is_limit() || matches!(detail, ValueDetail::Variables(_)));
        let text = of(Cause::ProbeLimit, Phase::Assert, Some(Detail::Value(detail)));
        assert!(text.contains(says) && text.contains("app"), "{text}");
    }
}

#[test]
fn a_costly_expression_is_to_be_simplified() {
    let text = of(Cause::ProbeLimit, Phase::Assert, Some(Detail::Value(ValueDetail::CostlyExpression)));
    assert!(text.starts_with("Simplify the expression: start it with ^"), "{text}");
}

/// A kind that no rule knows gets no advice that is another protocol's.
#[test]
fn what_is_said_of_a_login_is_true_of_any_server() {
    let foreign =
        ["pg_", "psql", "PostgreSQL", "Postgres", "ALTER", "GRANT", "SELECT", "PgBouncer", "sslmode", "scram"];
    for cause in Cause::ALL {
        for phase in Phase::ALL {
            let text = of(*cause, phase, None);
            assert!(!foreign.iter().any(|word| text.contains(word)), "{}: {text}", cause.slug());
        }
    }
    let full = of(Cause::TooManyConnections, Phase::Login, None);
    assert!(full.contains("lower their pools"), "{full}");
}

#[test]
fn silence_in_the_handshake_is_told_apart() {
    let of = |detail| of(Cause::Timeout, Phase::Tls, Some(Detail::Stream(detail)));
    assert!(of(StreamDetail::Stalled).contains("started but did not finish"));
    assert!(of(StreamDetail::Silent).contains("does not answer TLS"));
}

/// What a hop of a redirect or another host did is not what the fault is of.
#[test]
fn the_hint_is_of_the_connection_that_failed() {
    let on = |host: &str, address: &str| crate::outcome::ConnectAttempt {
        host: Some(host.to_owned()),
        ..crate::findings::testing::tried(address, crate::outcome::ConnectResult::Connected)
    };
    let evidence = Evidence { tries: vec![on("a", "10.0.0.1:7001"), on("b", "10.0.0.2:7002")], ..Evidence::default() };
    let fault = Fault::new(Phase::Connect, Cause::ConnectReset, "").with(Detail::Tls(TlsDetail::Reset));
    assert!(at(&fault.clone().of_attempt(Some(0)), "c:7003", &evidence).contains("port 7001"));
    assert!(at(&fault, "c:7003", &evidence).contains("port 7002"), "the last one where the fault names none");
}
