//! Hints for peers that hang up, are silent, speak another protocol, or answer otherwise than expected.

use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase, StreamDetail};

pub(super) fn hint(fault: &Fault) -> Option<&'static str> {
    Some(match fault.cause {
        Cause::BodyMismatch | Cause::JsonMismatch | Cause::HeaderMismatch => {
            "Compare the answer with the expected value: pilotfish check shows an excerpt."
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
            "Report this bug with the version (pilotfish --version) and the log. The target was not \
                            checked."
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
            "The TLS handshake started but did not finish. The server hangs or is overloaded (see its log), or the \
             network drops full-sized packets (MTU: ping -M do -s 1400 to it shows)."
        }
        Phase::Tls => {
            "The port accepts connections but does not answer TLS: a server without TLS waits for its own protocol \
             (correct the port or scheme), the server hangs (see its log), or the network drops full-sized packets \
             (MTU: ping -M do -s 1400 to it shows)."
        }
        Phase::Connect | Phase::Login | Phase::Request | Phase::Assert => {
            "The port accepts connections, but the server does not answer in time: it hangs, is overloaded, or speaks \
             another protocol. Read its log; raise `timeout` if it is only slow."
        }
    }
}

const fn closed(phase: Phase) -> &'static str {
    match phase {
        Phase::Tls => {
            "The server closed the connection during the TLS handshake: the port has no TLS, or a proxy has no \
             upstream. The server's log shows which."
        }
        Phase::Resolve | Phase::Connect | Phase::Login | Phase::Request | Phase::Assert => {
            "The server closed the connection before it answered: it crashed, limits connections, or speaks another \
             protocol. Read its log at this time."
        }
    }
}
