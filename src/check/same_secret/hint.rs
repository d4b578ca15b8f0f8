//! What to do where a secret is not proved.

use crate::check::http;
use crate::findings::{Context, secret_hint};
use crate::outcome::{Detail, Evidence, Fault};

/// Codes of what is observed: each selects a hint.
pub(super) mod code {
    pub(in super::super) const DIFFERS: &str = "same_secret_differs";
    pub(in super::super) const PADDED: &str = "same_secret_padded";
    pub(in super::super) const BEHIND: &str = "same_secret_behind";
    pub(in super::super) const PEER_BEHIND: &str = "same_secret_peer_behind";
    pub(in super::super) const SPLIT: &str = "same_secret_split";
    pub(in super::super) const ABSENT: &str = "same_secret_absent";
    pub(in super::super) const PROBES: &str = "same_secret_probes";
    pub(in super::super) const NAME: &str = "same_secret_name";
    pub(in super::super) const UNREAD: &str = "same_secret_unread";
    pub(in super::super) const ITSELF: &str = "same_secret_itself";
    pub(in super::super) const QUOTA: &str = "same_secret_quota";
    pub(in super::super) const MOVED: &str = "same_secret_moved";
    pub(in super::super) const STRANGER: &str = "same_secret_stranger";
}

/// The hint of a fault: its own, or that of the request.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let Some(Detail::Protocol { code, .. }) = &fault.detail else {
        return http::hint::of_endpoint(fault, evidence, context);
    };
    if let Some(text) = secret_hint(context).filter(|_| *code == code::DIFFERS) {
        return Some(text);
    }
    let text = match *code {
        code::DIFFERS => {
            "Give both pods the same key of the same Secret, then restart the ones that read it at start. If one was \
             rotated, list `secret: [current, previous]` in both checks, which shows who is behind."
        }
        code::PADDED => {
            "Recreate the Secret without the white space: use `printf %s`, not `echo`. Then restart the pods that read \
             it at start."
        }
        code::BEHIND => "Restart this pod so that it reads the new Secret: `kubectl rollout restart` its Deployment.",
        code::PEER_BEHIND => {
            "Restart the peer so that it reads the new Secret: `kubectl rollout restart` its Deployment. Until then, \
             let the app accept both secrets."
        }
        code::SPLIT => {
            "Both sides were rotated, each to a secret of its own. Give both the same key of the same Secret, then \
             restart them."
        }
        code::ABSENT => {
            "Configure a `same_secret` check with the same `name` in the pilotfish of the peer, which then answers."
        }
        code::PROBES => "Use the port of `listen` of the peer (9809), not that of `serve.probe_listen`.",
        code::NAME => "Write the same `name` in the `same_secret` checks of both sides.",
        code::UNREAD => "Read the status of this check in the peer: its variable or file is missing there.",
        code::ITSELF => "Set `peers` to the Service of the other app, on the port of its pilotfish.",
        code::QUOTA => {
            "Wait a few minutes. If it stays, find who holds another secret of this `name` and asks the peer."
        }
        code::MOVED => {
            "A proxy spreads the requests of one connection over replicas. Set `peers` to the URLs of the pods, or to a \
             Service that no mesh or ingress handles."
        }
        code::STRANGER => {
            "Set `peers` to the port of the peer's pilotfish (9809). If it is that, use the same version on both sides."
        }
        _ => return http::hint::of_endpoint(fault, evidence, context),
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
    fn every_code_has_its_own_hint() {
        let codes = [
            code::DIFFERS,
            code::PADDED,
            code::BEHIND,
            code::PEER_BEHIND,
            code::SPLIT,
            code::ABSENT,
            code::PROBES,
            code::NAME,
            code::UNREAD,
            code::ITSELF,
            code::QUOTA,
            code::MOVED,
            code::STRANGER,
        ];
        let mut known = Vec::new();
        for code in codes {
            let fault = Fault::new(Phase::Assert, Cause::SecretMismatch, "seen");
            let fault = fault.with(Detail::Protocol { code, product: None });
            let text = hint(&fault, &Evidence::default(), &Context::default()).expect(code);
            assert_hint(&text);
            assert!(!known.contains(&text), "{code}: {text}");
            known.push(text);
        }
    }
}
