//! The general hint of a failure: at most two short sentences, true of any protocol, from the recorded evidence.
//!
//! It says what the evidence shows beyond the message, the likeliest cause in Kubernetes, and the one command or change
//! that settles it. Where two causes fit it names both and how to tell them apart. One file per family of causes. What is
//! a protocol's own stands with its kind; whoever runs the check puts both together.

mod answer;
mod dial;
mod login;
mod misled;
mod names;
mod pod;
mod socket;
mod tls;

use crate::cause::Cause;
use crate::findings::context::Context;
use crate::findings::urls;
use crate::outcome::{Detail, Evidence, Fault, Phase};

/// The hint of a fault that a value of the check explains, a URL as a rule: it comes before any other.
#[must_use]
pub fn value_hint(fault: &Fault, context: &Context<'_>) -> Option<String> {
    urls::hint(fault, *context)
}

/// The hint of a fault at a machine that the name led to by mistake: it comes before what that machine's answer means.
#[must_use]
pub fn misled_hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    misled::hint(fault, evidence, *context)
}

/// The hint of a fault of a Unix socket's conversation: it comes before any that is about a port.
#[must_use]
pub fn socket_hint(fault: &Fault, evidence: &Evidence) -> Option<&'static str> {
    socket::of_stream(fault, evidence)
}

/// The hint of a fault that is true of any protocol.
#[must_use]
pub fn general_hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> String {
    by_cause(fault, evidence, *context).unwrap_or_else(|| fault.cause.info().remedy.to_owned())
}

/// What is to be added to the hint of a name or a connection where apps go through a proxy.
#[must_use]
pub fn proxy_note(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    if !matches!(fault.phase, Phase::Resolve | Phase::Connect) {
        return None;
    }
    let proxy = dial::spared_by_proxy(fault, evidence, *context)?;
    Some(format!("{proxy} is set: an app that uses that proxy connects another way."))
}

fn by_cause(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<String> {
    if let Some(Detail::Socket(detail)) = fault.detail
        && let Some(text) = socket::hint(detail)
    {
        return Some(text.to_owned());
    }
    match fault.cause {
        Cause::DnsNotFound | Cause::DnsNoAddress | Cause::DnsTimeout | Cause::DnsServerFailure | Cause::DnsRefused => {
            names::hint(fault, evidence, context)
        }
        Cause::ConnectRefused
        | Cause::ConnectTimeout
        | Cause::ConnectReset
        | Cause::HostUnreachable
        | Cause::NetworkUnreachable
        | Cause::ConnectNotPermitted
        | Cause::LocalLimit => dial::hint(fault, evidence, context),
        Cause::TlsUntrusted
        | Cause::TlsExpired
        | Cause::TlsNotYetValid
        | Cause::TlsWrongName
        | Cause::TlsNotTls
        | Cause::TlsUnsupported
        | Cause::TlsClientCertRequired
        | Cause::TlsHandshakeFailed => tls::hint(fault, evidence, context),
        Cause::PasswordRejected
        | Cause::LoginRejected
        | Cause::PasswordMissing
        | Cause::PasswordNotExpected
        | Cause::NoSuchDatabase
        | Cause::TooManyConnections
        | Cause::StartingUp
        | Cause::ShuttingDown
        | Cause::AuthUnsupported
        | Cause::PermissionDenied
        | Cause::ReadOnly
        | Cause::QueryFailed
        | Cause::MissingTable
        | Cause::MigrationBehind => login::hint(fault.cause).map(str::to_owned),
        Cause::VariableMissing
        | Cause::VariableInvalid
        | Cause::SecretWhitespace
        | Cause::SecretTooWeak
        | Cause::UrlMalformed
        | Cause::UrlPasswordUnencoded
        | Cause::UrlPasswordDoubled
        | Cause::FileMissing
        | Cause::FileInvalid => pod::hint(fault),
        Cause::ProbeLimit if matches!(fault.detail, Some(Detail::Tls(_))) => tls::hint(fault, evidence, context),
        Cause::ProbeLimit => pod::hint(fault),
        Cause::NotFoundOnServer
        | Cause::NotEnoughReplicas
        | Cause::AdvertisedUnreachable
        | Cause::HttpStatus
        | Cause::HttpRedirect
        | Cause::HealthDown
        | Cause::BodyMismatch
        | Cause::JsonMismatch
        | Cause::HeaderMismatch
        | Cause::ParityMismatch
        | Cause::CorsDenied
        | Cause::OriginRejected
        | Cause::GrpcNotServing
        | Cause::GrpcUnknownService
        | Cause::GrpcUnimplemented
        | Cause::DnsAnswerMismatch
        | Cause::JwksInvalid
        | Cause::JwksUndecryptable
        | Cause::TokenRejected
        | Cause::RedirectUriRejected
        | Cause::NotListening
        | Cause::ListeningOnLoopback
        | Cause::ConnectionClosed
        | Cause::Timeout
        | Cause::ProtocolError
        | Cause::TooLarge
        | Cause::SecretMismatch
        | Cause::Stale
        | Cause::Internal => answer::hint(fault).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests;
