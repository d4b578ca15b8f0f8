//! The statement that the line of a failure leads with: what was observed, in words that stay the same from run to run. True of
//! any protocol; a kind that knows more states it with its fault.

use crate::cause::Cause;
use crate::findings::context::Context;
use crate::outcome::{Evidence, Fault};
use crate::url::Endpoint;

/// The statement of a fault whose check states none; `None` where the meaning of the cause says all.
#[must_use]
pub fn general_statement(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    about(fault.cause, &context.endpoint(evidence, Some(fault))?)
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
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::general_statement;
    use crate::cause::Cause;
    use crate::findings::Context;
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
        assert_eq!(statement(Phase::Login, Cause::TooManyConnections, "53300"), None);
    }
}
