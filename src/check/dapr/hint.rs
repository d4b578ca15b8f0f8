//! Hints that are the `dapr` kind's own.

use crate::cause::Cause;
use crate::check::http;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault};

/// Codes of what daprd reports.
pub(super) mod code {
    /// Components are not loaded.
    pub(in super::super) const COMPONENTS: &str = "dapr_components";
    /// Nothing listens on its port.
    pub(in super::super) const ABSENT: &str = "dapr_absent";
    /// Another part of it is not ready.
    pub(in super::super) const PARTS: &str = "dapr_parts";
}

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let text = match (&fault.detail, fault.cause) {
        (Some(Detail::Protocol { code: code::COMPONENTS, .. }), _) => {
            "Find the component that is missing from the loaded ones: `kubectl logs POD -c daprd` names it and the error. \
             Check its Secret, its server and the `scopes` of its manifest."
        }
        (Some(Detail::Protocol { code: code::PARTS, .. }), _) => {
            "Read `kubectl logs POD -c daprd` for the named part. Check that the control plane runs: \
             `kubectl get pods -n dapr-system`."
        }
        (Some(Detail::Protocol { code: code::ABSENT, .. }), _) => {
            "No daprd listens in this pod. Check the annotation `dapr.io/enabled: \"true\"` on the pod template and the injector \
             (`kubectl get pods -n dapr-system`), and compare `port` with `dapr.io/http-port`."
        }
        (_, Cause::HttpStatus) => {
            "Compare `port` with daprd's HTTP port (`dapr.io/http-port`, usually 3500): another server may answer there. Remove \
             `outbound` if daprd is older than 1.9."
        }
        _ => return http::hint::hint(fault, evidence, context),
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{code, hint};
    use crate::cause::Cause;
    use crate::findings::Context;
    use crate::outcome::{Detail, Evidence, Fault, Phase, assert_hint};

    #[test]
    fn every_failure_of_its_own_has_a_hint() {
        let of =
            |code| Fault::new(Phase::Assert, Cause::HealthDown, "x").with(Detail::Protocol { code, product: None });
        for fault in
            [of(code::COMPONENTS), of(code::PARTS), of(code::ABSENT), Fault::new(Phase::Assert, Cause::HttpStatus, "x")]
        {
            let text = hint(&fault, &Evidence::default(), &Context::default()).expect("a hint");
            assert_hint(&text);
        }
    }
}
