//! The one line of a failure: it carries the fact, and a fix that can be read without the rest of the hint.

use super::explain;
use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, LINE_LIMIT, Phase, SqlState, StreamDetail, TlsDetail, ValueDetail};
use crate::url::Endpoint;

fn line(kind: &str, fault: Fault) -> String {
    let endpoints = [Endpoint::parse("db.shop.svc:5432").unwrap()];
    let context = Context { endpoints: &endpoints, ..Context::default() };
    explain(kind, fault, &Evidence::default(), context).line("database")
}

fn tls(detail: TlsDetail) -> Option<Detail> {
    Some(Detail::Tls(detail))
}

fn sql(state: &str) -> Option<Detail> {
    Some(Detail::SqlState { state: SqlState::new(state), code: "", product: None })
}

/// A row of the table: the kind, the phase, the cause, what was observed, and the fact that the line must carry.
type Row = (&'static str, Phase, Cause, Option<Detail>, &'static str);

fn rows() -> Vec<Row> {
    use Cause as C;
    use Phase::{Assert, Connect, Login, Request, Resolve, Tls};
    vec![
        ("tcp", Resolve, C::DnsNotFound, None, "the name db.shop.svc does not exist"),
        ("tcp", Resolve, C::DnsNoAddress, None, "db.shop.svc has no address"),
        ("tcp", Resolve, C::DnsTimeout, None, "no name server answered for db.shop.svc"),
        ("tcp", Resolve, C::DnsServerFailure, None, "SERVFAIL for db.shop.svc"),
        ("tcp", Resolve, C::DnsRefused, None, "REFUSED for db.shop.svc"),
        ("tcp", Connect, C::ConnectRefused, None, "db.shop.svc:5432 refused"),
        ("tcp", Connect, C::ConnectTimeout, None, "db.shop.svc:5432 does not answer"),
        ("tcp", Connect, C::ConnectReset, None, "db.shop.svc:5432 reset"),
        ("tcp", Connect, C::HostUnreachable, None, "db.shop.svc:5432 is unreachable"),
        ("tcp", Connect, C::NetworkUnreachable, None, "no route to db.shop.svc:5432"),
        ("tcp", Connect, C::ConnectNotPermitted, None, "forbids db.shop.svc:5432"),
        ("tcp", Connect, C::LocalLimit, Some(Detail::Os(24)), "no file descriptor was free"),
        ("tcp", Connect, C::LocalLimit, Some(Detail::Os(99)), "every local port to db.shop.svc:5432 is in use"),
        ("tls", Tls, C::TlsUntrusted, tls(TlsDetail::SelfSigned), "is self-signed"),
        (
            "tls",
            Tls,
            C::TlsUntrusted,
            tls(TlsDetail::ChainEndsAt { issuer: "CN=Corp".to_owned() }),
            "ends with CN=Corp",
        ),
        ("tls", Tls, C::TlsUntrusted, tls(TlsDetail::IssuerNotSent { issuer: "CN=R3".to_owned() }), "CN=R3"),
        ("tls", Tls, C::TlsUntrusted, tls(TlsDetail::NoCertificate), "sent no certificate"),
        ("tls", Tls, C::TlsExpired, None, "the certificate of db.shop.svc:5432 has expired"),
        ("tls", Tls, C::TlsNotYetValid, None, "db.shop.svc:5432 is not valid yet"),
        (
            "tls",
            Tls,
            C::TlsWrongName,
            tls(TlsDetail::WrongName { names: vec!["pg.corp".to_owned()], expected: "db.shop.svc".to_owned() }),
            "covers pg.corp, not db.shop.svc",
        ),
        ("tls", Tls, C::TlsNotTls, Some(Detail::Stream(StreamDetail::Speaks("HTTP"))), "db.shop.svc:5432 speaks HTTP"),
        ("tls", Tls, C::TlsUnsupported, tls(TlsDetail::NotOffered), "offers no TLS"),
        ("tls", Tls, C::TlsUnsupported, tls(TlsDetail::StartTlsNotOffered), "offers no STARTTLS"),
        ("tls", Tls, C::TlsUnsupported, tls(TlsDetail::StartTlsRefused { temporary: true }), "refuses to start it"),
        ("postgres", Login, C::TlsUnsupported, sql("28000"), "requires TLS, which is off"),
        ("tls", Tls, C::TlsClientCertRequired, None, "requires a client certificate"),
        ("tls", Tls, C::TlsHandshakeFailed, tls(TlsDetail::Alert(80)), "ended the TLS handshake"),
        ("redis", Login, C::PasswordRejected, None, "db.shop.svc:5432 rejected the user or the password"),
        ("postgres", Login, C::LoginRejected, sql("28000"), "db.shop.svc:5432 rejects this user"),
        ("redis", Login, C::PasswordMissing, None, "requires a password"),
        ("redis", Login, C::PasswordNotExpected, None, "no password set"),
        ("postgres", Login, C::NoSuchDatabase, sql("3D000"), "no such database"),
        ("postgres", Login, C::TooManyConnections, sql("53300"), "db.shop.svc:5432 has no free connection"),
        ("postgres", Login, C::StartingUp, sql("57P03"), "db.shop.svc:5432 is starting"),
        ("postgres", Login, C::ShuttingDown, sql("57P01"), "db.shop.svc:5432 is stopping"),
        ("postgres", Login, C::AuthUnsupported, None, "share no login method"),
        ("postgres", Request, C::PermissionDenied, sql("42501"), "does not allow this request"),
        ("postgres", Request, C::ReadOnly, sql("25006"), "db.shop.svc:5432 is a replica"),
        ("postgres", Request, C::QueryFailed, sql("42883"), "db.shop.svc:5432 answered with error 42883"),
        ("postgres", Assert, C::MissingTable, sql("42P01"), "a table that the check or its query names does not exist"),
        ("postgres", Assert, C::MigrationBehind, None, "is not at the migration that the check asks for"),
        ("tcp", Assert, C::BodyMismatch, None, "db.shop.svc:5432 answered, but not what"),
        ("tcp", Assert, C::TooLarge, None, "db.shop.svc:5432 exceeds the limit"),
        ("tls", Tls, C::ConnectionClosed, None, "db.shop.svc:5432 closed the connection"),
        ("redis", Login, C::ConnectionClosed, None, "db.shop.svc:5432 closed the connection"),
        ("tcp", Assert, C::Timeout, None, "db.shop.svc:5432 did not answer in time"),
        ("tls", Tls, C::Timeout, None, "db.shop.svc:5432 did not answer in time"),
        (
            "tls",
            Tls,
            C::Timeout,
            tls(TlsDetail::NotStarted { port: 25, at_once: None }),
            "did not answer the request to start TLS",
        ),
        ("redis", Login, C::ProtocolError, Some(Detail::Stream(StreamDetail::Speaks("SSH"))), "speaks SSH"),
        ("env", Assert, C::VariableMissing, Some(Detail::Value(ValueDetail::Unset("A".to_owned()))), "seen"),
        ("env", Assert, C::VariableInvalid, None, "seen"),
        ("env", Assert, C::SecretWhitespace, None, "seen"),
        ("env", Assert, C::SecretTooWeak, None, "seen"),
        ("postgres", Assert, C::UrlMalformed, None, "seen"),
        ("postgres", Assert, C::UrlPasswordUnencoded, None, "seen"),
        ("postgres", Assert, C::UrlPasswordDoubled, None, "seen"),
        ("env", Assert, C::FileMissing, None, "seen"),
        ("env", Assert, C::FileInvalid, None, "seen"),
        ("postgres", Assert, C::ProbeLimit, Some(Detail::Value(ValueDetail::NoUser)), "seen"),
    ]
}

#[test]
fn every_line_carries_the_fact() {
    for (kind, phase, cause, detail, fact) in rows() {
        let line = line(kind, Fault { detail, ..Fault::new(phase, cause, "seen") });
        assert!(line.contains(fact), "{fact:?} is not in: {line}");
        reads_well(&line);
    }
}

/// Causes whose fact only their kind knows, which states it, and those that no run gives.
#[test]
fn no_cause_is_forgotten() {
    const STATED_BY_KIND: [Cause; 24] = [
        Cause::ParityMismatch,
        Cause::SecretMismatch,
        Cause::NotFoundOnServer,
        Cause::NotEnoughReplicas,
        Cause::AdvertisedUnreachable,
        Cause::HttpStatus,
        Cause::HttpRedirect,
        Cause::HealthDown,
        Cause::JsonMismatch,
        Cause::HeaderMismatch,
        Cause::CorsDenied,
        Cause::OriginRejected,
        Cause::GrpcNotServing,
        Cause::GrpcUnknownService,
        Cause::GrpcUnimplemented,
        Cause::DnsAnswerMismatch,
        Cause::JwksInvalid,
        Cause::JwksUndecryptable,
        Cause::TokenRejected,
        Cause::RedirectUriRejected,
        Cause::NotListening,
        Cause::ListeningOnLoopback,
        Cause::Stale,
        Cause::Internal,
    ];
    let rows = rows();
    for cause in Cause::ALL {
        assert!(rows.iter().any(|row| row.2 == *cause) != STATED_BY_KIND.contains(cause), "{}", cause.slug());
    }
}

/// Lines that a kind states: what it stated stands there, whatever the general statement is.
#[test]
fn a_kind_knows_better() {
    for (kind, cause, statement) in [
        ("listen", Cause::NotListening, "nothing in this pod listens on port 3000"),
        ("listen", Cause::ListeningOnLoopback, "port 3000 listens only on 127.0.0.1"),
        ("same_secret", Cause::SecretMismatch, "jwt-signing: the peer holds another secret"),
        ("dns", Cause::DnsAnswerMismatch, "the A records of web lack 10.0.0.7"),
        ("postgres", Cause::MissingTable, "the table public.orders does not exist"),
        ("postgres", Cause::ProbeLimit, "the server asks for a Kerberos login"),
        ("postgres", Cause::PasswordRejected, "for user app"),
    ] {
        let line = line(kind, Fault::new(Phase::Assert, cause, "seen").stating(statement));
        assert!(line.contains(statement), "{line}");
        reads_well(&line);
    }
}

fn reads_well(line: &str) {
    assert!(line.len() <= LINE_LIMIT, "{}: {line}", line.len());
    for wrong in ["…. ", "…..", "..", "  ", " .", "Fix: The ", "Fix: Perhaps", "Fix: No ", "Fix: It", "Fix: Its "] {
        assert!(!line.contains(wrong), "{wrong:?} is in: {line}");
    }
    assert!(line.ends_with(['.', '…', ')', '`']) || line.contains(" Fix: "), "{line}");
    // A fix that refers to something has it in the line.
    let (_, fix) = line.split_once(" Fix: ").unwrap_or_else(|| panic!("no fix: {line}"));
    assert!(!fix.starts_with("Read its") && !fix.starts_with("Mount it ("), "{line}");
}
