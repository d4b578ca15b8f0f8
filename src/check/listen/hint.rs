//! Hints that are the `listen` kind's own.

use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, FactKey, Fault};

/// The sockets of this pod that listen on the port.
pub(super) const LISTENING: FactKey =
    FactKey { name: "listening", meaning: "the sockets of this pod that listen on the port" };
/// What listens does so where a pod that has IPv6 addresses alone cannot be reached.
pub(super) const IPV6_POD: &str = "ipv6_pod";
/// What listens takes IPv6 alone, in a pod that has IPv4 addresses alone.
pub(super) const IPV6_SOCKET: &str = "ipv6_socket";

pub(super) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let is = |code| fault.detail == Some(Detail::Protocol { code, product: None });
    let text = match fault.cause {
        Cause::NotListening if evidence.facts.own(LISTENING).is_none() => {
            "Check whether the app has started (kubectl logs), or listens on another port than this check expects."
        }
        Cause::NotListening if is(IPV6_SOCKET) => {
            "The kubelet and other pods connect over IPv4. Let the app listen on 0.0.0.0, or on :: without IPV6_V6ONLY \
             (Node: ipv6Only: false; nginx: ipv6only=off; the sysctl net.ipv6.bindv6only=0)."
        }
        Cause::NotListening | Cause::ListeningOnLoopback if is(IPV6_POD) => {
            "No other pod can reach it there. Start the app with --host :: (uvicorn, Flask) or HOSTNAME=:: (Next.js)."
        }
        Cause::NotListening => {
            "Let the app listen on 0.0.0.0. Next.js standalone uses HOSTNAME, which Kubernetes sets to the pod's \
             name: set HOSTNAME=0.0.0.0."
        }
        Cause::ListeningOnLoopback => {
            "Other pods cannot connect there. Start the app with --host 0.0.0.0 (uvicorn, Flask, FastMCP) or \
             HOSTNAME=0.0.0.0 (Next.js)."
        }
        _ => return None,
    };
    Some(text.to_owned())
}
