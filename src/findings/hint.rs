//! The hint of a failure: at most two short sentences, from the recorded evidence.
//!
//! It says what the evidence shows beyond the message, the likeliest cause in Kubernetes, and the one command or change
//! that settles it. Where two causes fit it names both and how to tell them apart. One file per family of causes.

mod answer;
mod dial;
mod http;
mod login;
mod names;
mod pod;
mod tls;

use crate::cause::Cause;
use crate::findings::{Context, urls};
use crate::outcome::{Evidence, Fault, Phase};

/// The hint for a fault.
#[must_use]
pub fn hint(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    if let Some(text) = urls::hint(fault, context) {
        return text;
    }
    let text = by_cause(fault, evidence, context);
    match dial::spared_by_proxy(evidence, context) {
        Some(proxy) if matches!(fault.phase, Phase::Resolve | Phase::Connect) => {
            format!("{text}. {proxy} is set: an app that goes through that proxy does not go this way")
        }
        _ => text,
    }
}

fn by_cause(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> String {
    match fault.cause {
        Cause::DnsNotFound | Cause::DnsNoAddress | Cause::DnsTimeout | Cause::DnsServerFailure | Cause::DnsRefused => {
            names::hint(fault.cause, evidence, context)
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
        | Cause::ReadOnly
        | Cause::QueryFailed => login::hint(fault, context.kind),
        Cause::HttpStatus
        | Cause::HttpRedirect
        | Cause::HealthDown
        | Cause::BodyMismatch
        | Cause::JsonMismatch
        | Cause::HeaderMismatch
        | Cause::PermissionDenied => http::hint(fault, evidence, context.kind),
        Cause::VariableMissing
        | Cause::VariableInvalid
        | Cause::SecretWhitespace
        | Cause::SecretTooWeak
        | Cause::UrlMalformed
        | Cause::UrlPasswordUnencoded
        | Cause::UrlPasswordDoubled
        | Cause::FileMissing
        | Cause::FileInvalid
        | Cause::NotListening
        | Cause::ListeningOnLoopback => pod::hint(fault, evidence),
        Cause::DnsAnswerMismatch
        | Cause::ConnectionClosed
        | Cause::Timeout
        | Cause::ProtocolError
        | Cause::TooLarge
        | Cause::Stale
        | Cause::Internal => answer::hint(fault, context),
    }
}

#[cfg(test)]
mod tests;
