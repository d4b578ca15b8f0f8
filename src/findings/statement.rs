//! The statement that the line of a failure leads with: what was observed, in words that stay the same from run to run. True of
//! any protocol; a kind that knows more states it with its fault.

use crate::cause::Cause;
use crate::findings::context::Context;
use crate::findings::wording::short;
use crate::outcome::{Detail, DnsAnswer, Evidence, Fault, Query, StreamDetail, TlsDetail};
use crate::url::Endpoint;

/// The statement of a fault whose check states none; `None` where the meaning of the cause says all.
#[must_use]
pub fn general_statement(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let endpoint = context.endpoint(evidence, Some(fault))?;
    let detailed = match &fault.detail {
        Some(Detail::Tls(detail)) => of_tls(fault.cause, detail, &endpoint),
        Some(Detail::Stream(StreamDetail::Speaks(protocol))) => {
            Some(format!("{endpoint} speaks {protocol}, which is not what this check expects"))
        }
        Some(Detail::Os(number)) if fault.cause == Cause::LocalLimit => of_limit(*number, &endpoint),
        Some(Detail::SqlState { state, .. }) if fault.cause == Cause::QueryFailed && !state.as_str().is_empty() => {
            Some(format!("{endpoint} answered with error {}", state.as_str()))
        }
        _ => None,
    };
    detailed.or_else(|| of_name_server(fault.cause, evidence, &endpoint)).or_else(|| about(fault.cause, &endpoint))
}

/// What a name server answered, if not SERVFAIL.
fn of_name_server(cause: Cause, evidence: &Evidence, endpoint: &Endpoint) -> Option<String> {
    let failed = |query: &&Query| match &query.answer {
        DnsAnswer::Rcode(code) => !matches!(code.as_str(), "NOERROR" | "NXDOMAIN"),
        DnsAnswer::Malformed => true,
        DnsAnswer::Truncated | DnsAnswer::Timeout | DnsAnswer::Io(_) => false,
    };
    let query = evidence.queries.iter().rfind(failed).filter(|_| cause == Cause::DnsServerFailure)?;
    Some(match &query.answer {
        DnsAnswer::Malformed => format!("{} sent no answer to the query for {}", query.server, endpoint.host),
        answer => format!("the name server answered {} for {}", answer.as_str(), endpoint.host),
    })
}

fn of_tls(cause: Cause, detail: &TlsDetail, endpoint: &Endpoint) -> Option<String> {
    Some(match detail {
        TlsDetail::NotOffered => format!("{endpoint} offers no TLS"),
        TlsDetail::StartTlsNotOffered => format!("{endpoint} offers no STARTTLS"),
        TlsDetail::StartTlsRefused { .. } => format!("{endpoint} offers STARTTLS, but refuses to start it"),
        TlsDetail::NoSharedProtocol => format!("{endpoint} supports none of the application protocols (ALPN)"),
        TlsDetail::NotStarted { .. } if cause == Cause::Timeout => {
            format!("{endpoint} did not answer the request to start TLS")
        }
        TlsDetail::NoCertificate => format!("{endpoint} sent no certificate"),
        TlsDetail::SelfSigned => format!("the certificate of {endpoint} is self-signed and not trusted"),
        TlsDetail::ChainEndsAt { issuer } => {
            format!("the chain of {endpoint} ends with {}, which is not trusted", short(issuer))
        }
        TlsDetail::IssuerNotSent { issuer } => {
            format!("{endpoint} does not send the certificate of {}, which is not trusted", short(issuer))
        }
        TlsDetail::IssuerKeyChanged => format!("another key than the trusted one signed the certificate of {endpoint}"),
        TlsDetail::NotForServers => format!("the certificate of {endpoint} is not for servers"),
        TlsDetail::AuthorityAsServer => format!("{endpoint} shows the certificate of an authority as its own"),
        TlsDetail::BreaksConstraints if cause == Cause::TlsUntrusted => {
            format!("the certificate of {endpoint} breaks the rules of its authorities")
        }
        TlsDetail::CriticalExtension => format!("the certificate of {endpoint} has an unknown critical extension"),
        TlsDetail::Malformed if cause == Cause::TlsUntrusted => {
            format!("the certificate of {endpoint} cannot be read")
        }
        TlsDetail::WrongName { names, expected } => match &names[..] {
            [] => format!("the certificate of {endpoint} covers no name, so not {}", short(expected)),
            [one] => format!("the certificate of {endpoint} covers {}, not {}", short(one), short(expected)),
            [one, ..] => {
                format!("the certificate of {endpoint} covers {} and others, not {}", short(one), short(expected))
            }
        },
        TlsDetail::Reset if cause == Cause::ConnectionClosed => {
            format!("{endpoint} reset the connection during the TLS handshake")
        }
        _ => return None,
    })
}

/// By the number of the operating system's error.
fn of_limit(number: i32, endpoint: &Endpoint) -> Option<String> {
    Some(match number {
        99 => format!("every local port to {endpoint} is in use"),
        23 | 24 => format!("no file descriptor was free to connect to {endpoint}"),
        12 | 105 => format!("the kernel had no memory for a socket to {endpoint}"),
        _ => return None,
    })
}

fn about(cause: Cause, endpoint: &Endpoint) -> Option<String> {
    let host = &endpoint.host;
    Some(match cause {
        Cause::DnsNotFound => format!("the name {host} does not exist"),
        Cause::DnsNoAddress => format!("{host} has no address"),
        Cause::DnsTimeout => format!("no name server answered for {host}"),
        Cause::DnsServerFailure => format!("the name server answered SERVFAIL for {host}"),
        Cause::DnsRefused => format!("the name server answered REFUSED for {host}"),
        Cause::ConnectRefused => format!("{endpoint} refused the connection"),
        Cause::ConnectTimeout => format!("{endpoint} does not answer"),
        Cause::ConnectReset => format!("{endpoint} reset the connection"),
        Cause::HostUnreachable => format!("{endpoint} is unreachable"),
        Cause::NetworkUnreachable => format!("this pod has no route to {endpoint}"),
        Cause::ConnectNotPermitted => format!("a local policy forbids {endpoint}"),
        Cause::TlsUntrusted => format!("the certificate of {endpoint} is not trusted"),
        Cause::TlsNotYetValid => format!("the certificate of {endpoint} is not valid yet"),
        Cause::TlsWrongName => format!("the certificate of {endpoint} covers other names"),
        Cause::TlsNotTls => format!("{endpoint} speaks plain text"),
        Cause::TlsClientCertRequired => format!("{endpoint} requires a client certificate"),
        Cause::ConnectionClosed => format!("{endpoint} closed the connection before it answered"),
        Cause::Timeout => format!("{endpoint} did not answer in time"),
        Cause::ProtocolError => format!("the answer of {endpoint} is not of the expected protocol"),
        Cause::LocalLimit => format!("this pod has no socket, port or memory left to connect to {endpoint}"),
        Cause::TlsExpired => format!("the certificate of {endpoint} has expired"),
        Cause::TlsUnsupported => format!("{endpoint} requires TLS, which is off in this check"),
        Cause::TlsHandshakeFailed => format!("{endpoint} ended the TLS handshake with an alert"),
        Cause::PasswordMissing => format!("{endpoint} requires a password, and none is set"),
        Cause::PasswordNotExpected => format!("{endpoint} has no password set, but one was sent"),
        Cause::PasswordRejected => format!("{endpoint} rejected the user or the password"),
        Cause::LoginRejected => format!("{endpoint} rejects this user, whatever the password"),
        Cause::NoSuchDatabase => format!("{endpoint} has no such database"),
        Cause::AuthUnsupported => format!("{endpoint} and this check share no login method"),
        Cause::PermissionDenied => format!("the login at {endpoint} works, but does not allow this request"),
        Cause::TooManyConnections => format!("{endpoint} has no free connection"),
        Cause::StartingUp => format!("{endpoint} is starting"),
        Cause::ShuttingDown => format!("{endpoint} is stopping"),
        Cause::ReadOnly => format!("{endpoint} is a replica, and a primary is required"),
        Cause::BodyMismatch => format!("{endpoint} answered, but not what this check expects"),
        Cause::TooLarge => format!("the answer of {endpoint} exceeds the limit"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::general_statement;
    use crate::cause::Cause;
    use crate::findings::Context;
    use crate::findings::testing::query;
    use crate::outcome::{Evidence, Fault, Phase};
    use crate::url::{Endpoint, Host};

    #[test]
    fn the_object_is_named() {
        let endpoint = Endpoint { host: Host::parse("db").unwrap(), port: 5432 };
        let context = Context { endpoints: std::slice::from_ref(&endpoint), ..Context::default() };
        let statement = |phase, cause, message| {
            general_statement(&Fault::new(phase, cause, message), &Evidence::default(), &context)
        };
        for cause in Cause::ALL {
            let statement = statement(cause.phases().first().copied().unwrap_or(Phase::Assert), *cause, "seen");
            assert!(statement.is_none_or(|statement| statement.contains("db")), "{cause:?}");
        }
        assert_eq!(statement(Phase::Connect, Cause::ConnectRefused, "").unwrap(), "db:5432 refused the connection");
        assert_eq!(statement(Phase::Assert, Cause::Internal, "seen"), None);
    }

    #[test]
    fn what_a_name_server_answered_is_said() {
        let endpoint = Endpoint { host: Host::parse("db").unwrap(), port: 5432 };
        let context = Context { endpoints: std::slice::from_ref(&endpoint), ..Context::default() };
        for (answers, expected) in [
            (&["SERVFAIL"][..], "the name server answered SERVFAIL for db"),
            (&["FORMERR", "NXDOMAIN"], "the name server answered FORMERR for db"),
            (&["SERVFAIL", "NOTIMP", "TIMEOUT"], "the name server answered NOTIMP for db"),
            (&["MALFORMED"], "10.96.0.10:53 sent no answer to the query for db"),
        ] {
            let answers = answers.iter().map(|answer| query("db.", "A", answer, 0));
            let evidence = Evidence { queries: answers.collect(), ..Evidence::default() };
            let fault = Fault::new(Phase::Resolve, Cause::DnsServerFailure, "");
            assert_eq!(general_statement(&fault, &evidence, &context).unwrap(), expected);
        }
    }
}
