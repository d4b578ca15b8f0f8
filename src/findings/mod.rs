//! Pure rules: from the recorded evidence to the hint of a failure.
//!
//! No clock, no network, no guess: a hint is at most two short sentences. It says what the evidence shows beyond the
//! message, the likeliest cause in Kubernetes, and the one command or change that settles it. Where two causes fit it
//! names both and how to tell them apart. One file per family of causes.

mod answer;
mod dial;
mod login;
mod names;
mod tls;

use crate::cause::Cause;
use crate::outcome::{Evidence, Fault};
use crate::url::{Endpoint, Host};

/// What else a rule may know of the check.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The name of the check's kind.
    pub kind: &'a str,
    /// What it dials, as far as that could be resolved.
    pub endpoints: &'a [Endpoint],
}

impl Context<'_> {
    /// The endpoint that the evidence speaks of: the last one that something was recorded for, else the first.
    fn endpoint(&self, evidence: &Evidence) -> Option<&Endpoint> {
        let named = evidence.tries.last().and_then(|one| one.host.as_deref());
        let named = named.or_else(|| evidence.queries.last().and_then(|one| one.host.as_deref()));
        let found = named.and_then(|name| self.endpoints.iter().find(|one| one.host.to_string() == name));
        found.or_else(|| self.endpoints.first())
    }
}

/// What a name can be inside a cluster.
#[derive(Debug, PartialEq, Eq)]
enum Named<'a> {
    /// `db`: a Service of this namespace.
    Short(&'a str),
    /// `db.shop`, `db.shop.svc`, `db.shop.svc.cluster.local`: a Service and its namespace.
    Service(&'a str, &'a str),
    /// `todo.local` and the like: names of a laptop's hosts file.
    Laptop(&'a str),
    /// Any other name.
    Public(&'a str),
}

fn named(host: &Host) -> Option<Named<'_>> {
    let Host::Name(name) = host else { return None };
    let name = name.trim_end_matches('.');
    let labels: Vec<&str> = name.split('.').collect();
    Some(match labels.as_slice() {
        [service] => Named::Short(service),
        [service, namespace] if !known_top_level(namespace) => Named::Service(service, namespace),
        [service, namespace, "svc"] | [service, namespace, "svc", "cluster", "local"] => {
            Named::Service(service, namespace)
        }
        [.., "local" | "test" | "localdomain"] if !name.ends_with(".cluster.local") => Named::Laptop(name),
        _ => Named::Public(name),
    })
}

/// Top-level domains that are common enough to tell `example.com` from `service.namespace`.
fn known_top_level(label: &str) -> bool {
    const COMMON: [&str; 22] = [
        "com",
        "net",
        "org",
        "io",
        "dev",
        "app",
        "tech",
        "cloud",
        "ai",
        "co",
        "eu",
        "de",
        "uk",
        "us",
        "fr",
        "nl",
        "ch",
        "at",
        "info",
        "local",
        "test",
        "localdomain",
    ];
    COMMON.contains(&label)
}

/// The hint for a fault.
#[must_use]
pub fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    let endpoint = context.endpoint(evidence);
    match fault.cause {
        Cause::DnsNotFound | Cause::DnsNoAddress | Cause::DnsTimeout | Cause::DnsServerFailure | Cause::DnsRefused => {
            names::hint(fault.cause, evidence, endpoint)
        }
        Cause::ConnectRefused
        | Cause::ConnectTimeout
        | Cause::ConnectReset
        | Cause::HostUnreachable
        | Cause::NetworkUnreachable
        | Cause::ConnectNotPermitted
        | Cause::LocalLimit => dial::hint(fault.cause, evidence, endpoint),
        Cause::TlsUntrusted
        | Cause::TlsExpired
        | Cause::TlsNotYetValid
        | Cause::TlsWrongName
        | Cause::TlsNotTls
        | Cause::TlsUnsupported
        | Cause::TlsClientCertRequired
        | Cause::TlsHandshakeFailed => tls::hint(fault, evidence, context.kind),
        Cause::PasswordRejected
        | Cause::LoginRejected
        | Cause::PasswordMissing
        | Cause::NoSuchDatabase
        | Cause::TooManyConnections
        | Cause::StartingUp
        | Cause::ShuttingDown
        | Cause::AuthUnsupported
        | Cause::ReadOnly => login::hint(fault, context.kind),
        Cause::PermissionDenied
        | Cause::QueryFailed
        | Cause::HttpStatus
        | Cause::HttpRedirect
        | Cause::HealthDown
        | Cause::BodyMismatch
        | Cause::JsonMismatch
        | Cause::HeaderMismatch
        | Cause::DnsAnswerMismatch
        | Cause::VariableMissing
        | Cause::VariableInvalid
        | Cause::UrlMalformed
        | Cause::FileMissing
        | Cause::FileInvalid
        | Cause::ConnectionClosed
        | Cause::Timeout
        | Cause::ProtocolError
        | Cause::TooLarge
        | Cause::Stale
        | Cause::Internal => answer::hint(fault, evidence, context.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::{Named, named};
    use crate::url::Host;

    #[test]
    fn names_of_a_cluster_are_told_apart() {
        let check = |text: &str, expected: Named<'_>| assert_eq!(named(&Host::Name(text.to_owned())), Some(expected));
        check("db", Named::Short("db"));
        check("db.shop", Named::Service("db", "shop"));
        check("db.shop.svc.cluster.local.", Named::Service("db", "shop"));
        check("todo.local", Named::Laptop("todo.local"));
        check("example.com", Named::Public("example.com"));
        check("ep-x.eu-central-1.aws.neon.tech", Named::Public("ep-x.eu-central-1.aws.neon.tech"));
        check("pod-0.db.shop.svc.cluster.local", Named::Public("pod-0.db.shop.svc.cluster.local"));
    }
}
