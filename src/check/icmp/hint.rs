//! Hints that are the `icmp` kind's own: general ones speak of ports.

use crate::cause::Cause;
use crate::findings::Context;
use crate::net::ping::NO_PING_SOCKET;
use crate::outcome::{Detail, Evidence, Fault};

/// How to allow ping sockets to every group; Kubernetes counts this sysctl as safe.
const ALLOW: &str = "Allow ping sockets in the pod: set the sysctl `net.ipv4.ping_group_range` to `0 2147483647` under \
                     `securityContext.sysctls`. Or use a `tcp` check on a port of the host.";

pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match (&fault.detail, fault.cause) {
        (Some(Detail::Protocol { code: NO_PING_SOCKET, .. }), _) => ALLOW,
        (_, Cause::ConnectTimeout) => {
            "Check that the NetworkPolicies and firewalls on the way allow ICMP echo: many drop it although TCP works, and a \
             ClusterIP often does not answer it. If so, use a `tcp` check on the port that the app needs."
        }
        (_, Cause::HostUnreachable) => {
            "The pod or node with that address is gone, or a firewall rejects ICMP: compare the address with \
             `kubectl get pods,nodes -o wide`."
        }
        (_, Cause::ConnectNotPermitted) => {
            "Change the policy of this pod's node or network agent that denies ICMP, or use a `tcp` check."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::hint;
    use crate::cause::Cause;
    use crate::findings::Context;
    use crate::net::ping::NO_PING_SOCKET;
    use crate::outcome::{Detail, Evidence, Fault, Phase, assert_hint};

    #[test]
    fn every_failure_of_an_echo_has_a_hint() {
        let socket = Detail::Protocol { code: NO_PING_SOCKET, product: None };
        for fault in [
            Fault::new(Phase::Connect, Cause::ProbeLimit, "x").with(socket),
            Fault::new(Phase::Connect, Cause::ConnectTimeout, "x"),
            Fault::new(Phase::Connect, Cause::HostUnreachable, "x"),
            Fault::new(Phase::Connect, Cause::ConnectNotPermitted, "x"),
        ] {
            let text = hint(&fault, &Evidence::default(), &Context::default()).expect("a hint");
            assert_hint(&text);
        }
    }
}
