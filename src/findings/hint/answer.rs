//! Hints for peers that hang up, are silent, speak another protocol, or answer otherwise than expected.

use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase, StreamDetail};

pub(super) fn hint(fault: &Fault) -> Option<&'static str> {
    Some(match fault.cause {
        Cause::BodyMismatch | Cause::JsonMismatch | Cause::HeaderMismatch => {
            "Compare the answer with the expected value: pilotfish check shows an excerpt."
        }
        Cause::ParityMismatch => {
            "Compare the images, migrations and settings of the two deployments: one of them runs another version or configuration. \
             Add a path that may differ to `ignore`, such as /items/*/id."
        }
        Cause::Timeout => timeout(fault),
        Cause::ConnectionClosed => closed(fault.phase),
        Cause::ProtocolError => {
            "Another kind of server answers on this port. Compare the port with the one of the protocol (kubectl get \
             svc), and TLS ports with plain ones."
        }
        Cause::TooLarge if fault.detail == Some(Detail::Stream(StreamDetail::GivenUp)) => {
            "The peer stopped in the middle of a large answer: it hangs, or the network lost the rest. Read its log, or \
             request something smaller."
        }
        Cause::TooLarge => {
            "The answer is larger than this protocol needs. Compare the port with the protocol, or request something \
             smaller."
        }
        Cause::Stale => {
            "The check did not run in time. Check whether this container gets CPU time (kubectl top pod, its CPU \
             limit)."
        }
        Cause::Internal => {
            "Report this bug with the version (pilotfish --version) and the log. The target was not checked."
        }
        _ => return None,
    })
}

/// The port accepts, and then nothing comes: which silence it is depends on who should have spoken.
fn timeout(fault: &Fault) -> &'static str {
    match fault.phase {
        Phase::Resolve => {
            "Resolving names takes too long. Check CoreDNS: kubectl -n kube-system get pods -l \
                           k8s-app=kube-dns"
        }
        Phase::Tls if fault.detail == Some(Detail::Stream(StreamDetail::Stalled)) => {
            "The TLS handshake started but did not finish: the server hangs or is overloaded, or the network drops \
             full-sized packets. Read the server's log, and check the MTU on the way (ping -M do -s 1400 to it)."
        }
        Phase::Tls => {
            "The port accepts connections but does not answer TLS: it has none, the server hangs, or the network drops \
             full-sized packets. Compare port and scheme with the server's, read its log, and check the MTU on the way \
             (ping -M do -s 1400 to it)."
        }
        Phase::Connect | Phase::Login | Phase::Request | Phase::Assert => {
            "The port accepts connections, but the server does not answer in time: it hangs, is overloaded, or speaks \
             another protocol. Read the server's log; raise `timeout` if it is only slow."
        }
    }
}

const fn closed(phase: Phase) -> &'static str {
    match phase {
        Phase::Tls => {
            "The port has no TLS, or a proxy in front has no upstream. Read the server's log, or compare the port with its \
             TLS port."
        }
        Phase::Resolve | Phase::Connect | Phase::Login | Phase::Request | Phase::Assert => {
            "The server crashed, limits connections, or speaks another protocol. Read the server's log at that time."
        }
    }
}
