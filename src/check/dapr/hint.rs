//! Hints that are the `dapr` kind's own.

use crate::cause::Cause;
use crate::check::http;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault};

/// Codes of what daprd reports.
pub(super) mod code {
    /// Components are not loaded.
    pub(in super::super) const COMPONENTS: &str = "dapr_components";
    /// A component that the check names is not loaded, and daprd is healthy all the same.
    pub(in super::super) const MISSING: &str = "dapr_missing";
    /// The components of a healthy daprd cannot be read.
    pub(in super::super) const METADATA: &str = "dapr_metadata";
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
        (Some(Detail::Protocol { code: code::MISSING, .. }), _) => {
            "Read `kubectl logs POD -c daprd` for the error of the component, which `ignoreErrors: true` hides. Check its server and \
             Secret, its namespace, and that its `scopes` list this app."
        }
        (Some(Detail::Protocol { code: code::METADATA, .. }), _) => {
            "Remove `components` from the check if daprd's API asks for a token (`dapr.io/api-token-secret`): pilotfish has none."
        }
        (Some(Detail::Protocol { code: code::PARTS, .. }), _) => {
            "Read `kubectl logs POD -c daprd` for the named part. Check that the control plane runs: \
             `kubectl get pods -n dapr-system`."
        }
        (Some(Detail::Protocol { code: code::ABSENT, .. }), _) => {
            "No daprd listens in this pod: it is not injected (check the annotation `dapr.io/enabled: \"true\"`, and `port` against \
             `dapr.io/http-port`), or a component keeps it from starting. Read `kubectl logs POD -c daprd`, which names that one."
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
        for fault in [
            of(code::COMPONENTS),
            of(code::MISSING),
            of(code::METADATA),
            of(code::PARTS),
            of(code::ABSENT),
            Fault::new(Phase::Assert, Cause::HttpStatus, "x"),
        ] {
            let text = hint(&fault, &Evidence::default(), &Context::default()).expect("a hint");
            assert_hint(&text);
        }
    }
}
