//! The codes with which gRPC ends a call, and what each of them means for a check of health.

use crate::cause::Cause;
use crate::outcome::Phase;

/// What a failure is about; hints are chosen by it.
pub(super) mod code {
    pub(in crate::check::grpc) const NOT_SERVING: &str = "grpc_not_serving";
    pub(in crate::check::grpc) const UNKNOWN_HEALTH: &str = "grpc_unknown_health";
    pub(in crate::check::grpc) const UNKNOWN_SERVICE: &str = "grpc_unknown_service";
    pub(in crate::check::grpc) const NO_HEALTH: &str = "grpc_no_health";
    pub(in crate::check::grpc) const UNAUTHENTICATED: &str = "grpc_unauthenticated";
    pub(in crate::check::grpc) const NO_CREDENTIALS: &str = "grpc_no_credentials";
    pub(in crate::check::grpc) const DENIED: &str = "grpc_denied";
    pub(in crate::check::grpc) const EXHAUSTED: &str = "grpc_exhausted";
    pub(in crate::check::grpc) const UNAVAILABLE: &str = "grpc_unavailable";
    pub(in crate::check::grpc) const PROXY: &str = "grpc_proxy_unavailable";
    pub(in crate::check::grpc) const DEADLINE: &str = "grpc_deadline";
    pub(in crate::check::grpc) const OTHER: &str = "grpc_other";
    pub(in crate::check::grpc) const NOT_GRPC: &str = "grpc_not_grpc";
    pub(in crate::check::grpc) const NO_STATUS: &str = "grpc_no_status";
    pub(in crate::check::grpc) const BAD_MESSAGE: &str = "grpc_bad_message";
    pub(in crate::check::grpc) const NO_ALPN: &str = "grpc_no_alpn";
}

/// What a code means.
pub(super) struct Meaning {
    pub(super) cause: Cause,
    pub(super) phase: Phase,
    pub(super) code: &'static str,
}

/// The name of a code; `None` for a number that gRPC does not have.
pub(super) fn name(status: u32) -> Option<&'static str> {
    const NAMES: [&str; 17] = [
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    NAMES.get(usize::try_from(status).ok()?).copied()
}

/// What a code other than OK means. Who `says` so may be a proxy; whether the call had `credentials` decides whose they are.
pub(super) fn meaning(status: u32, says: &str, credentials: bool) -> Meaning {
    let (cause, phase, code) = match status {
        4 => (Cause::Timeout, Phase::Request, code::DEADLINE),
        5 => (Cause::GrpcUnknownService, Phase::Assert, code::UNKNOWN_SERVICE),
        7 => (Cause::PermissionDenied, Phase::Request, code::DENIED),
        8 => (Cause::QueryFailed, Phase::Request, code::EXHAUSTED),
        12 => (Cause::GrpcUnimplemented, Phase::Assert, code::NO_HEALTH),
        14 if is_of_proxy(says) => (Cause::GrpcNotServing, Phase::Assert, code::PROXY),
        14 => (Cause::GrpcNotServing, Phase::Assert, code::UNAVAILABLE),
        16 if credentials => (Cause::PermissionDenied, Phase::Request, code::UNAUTHENTICATED),
        16 => (Cause::PermissionDenied, Phase::Request, code::NO_CREDENTIALS),
        _ => (Cause::QueryFailed, Phase::Request, code::OTHER),
    };
    Meaning { cause, phase, code }
}

/// What Envoy (Istio, Contour) and Linkerd say of a server that they do not reach.
fn is_of_proxy(says: &str) -> bool {
    const PROXIES: [&str; 5] =
        ["upstream connect error", "no healthy upstream", "upstream request timeout", "no endpoints", "endpoint "];
    PROXIES.iter().any(|known| says.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::{code, meaning, name};
    use crate::cause::Cause;

    #[test]
    fn every_code_has_a_name_and_a_cause_in_its_phase() {
        for status in 1..=17 {
            let meaning = meaning(status, "", false);
            assert!(meaning.cause.phases().contains(&meaning.phase), "{status}");
            assert_eq!(name(status).is_some(), status < 17);
        }
    }

    #[test]
    fn a_proxy_speaks_for_a_server_that_is_away() {
        for (says, code) in [
            ("no healthy upstream", code::PROXY),
            (
                "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
                code::PROXY,
            ),
            ("the app is draining", code::UNAVAILABLE),
            ("", code::UNAVAILABLE),
        ] {
            let meaning = meaning(14, says, false);
            assert_eq!((meaning.cause, meaning.code), (Cause::GrpcNotServing, code), "{says}");
        }
    }
}
