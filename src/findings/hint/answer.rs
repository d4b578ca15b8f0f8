//! Hints for peers that hang up, are silent, speak another protocol, or answer otherwise than expected.

use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase, StreamDetail};

pub(super) fn hint(fault: &Fault) -> Option<&'static str> {
    Some(match fault.cause {
        Cause::BodyMismatch | Cause::JsonMismatch | Cause::HeaderMismatch => {
            "compare what came with what is expected: pilotfish check shows an excerpt"
        }
        Cause::Timeout => timeout(fault),
        Cause::ConnectionClosed => closed(fault.phase),
        Cause::ProtocolError => {
            "another kind of server answers there: compare the port with the one of the protocol (kubectl get \
             svc), and TLS ports with plain ones"
        }
        Cause::TooLarge => {
            "it says more than this protocol needs: compare the port with the protocol, or ask for something smaller"
        }
        Cause::Stale => {
            "the check has not run in time: see whether this container gets CPU time (kubectl top pod, its CPU limit)"
        }
        Cause::Internal => "report it, with the version (pilotfish --version) and the log; the target was not judged",
        _ => return None,
    })
}

/// The port accepts, and then nothing comes: which silence it is depends on who should have spoken.
fn timeout(fault: &Fault) -> &'static str {
    match fault.phase {
        Phase::Resolve => "names take too long: see kubectl -n kube-system get pods -l k8s-app=kube-dns",
        Phase::Tls if fault.detail == Some(Detail::Stream(StreamDetail::Stalled)) => {
            "the handshake was begun and not ended: the server hangs or is overloaded (its log), or full-sized packets are lost on the \
             way (MTU: ping -M do -s 1400 to it shows)"
        }
        Phase::Tls => {
            "the port accepts and does not answer TLS: a server without TLS waits for its own protocol (correct port or scheme), the \
             server hangs (its log), or full-sized packets are lost on the way (MTU: ping -M do -s 1400 to it shows)"
        }
        Phase::Connect | Phase::Login | Phase::Request | Phase::Assert => {
            "the port accepts, then nobody answers in time: the app hangs, is overloaded, or speaks another protocol; read its \
             log, then raise `timeout` if it is only slow"
        }
    }
}

const fn closed(phase: Phase) -> &'static str {
    match phase {
        Phase::Tls => {
            "it accepted and hung up in the TLS handshake: a server without TLS on that port, or a proxy without an upstream; its \
             log says which"
        }
        Phase::Resolve | Phase::Connect | Phase::Login | Phase::Request | Phase::Assert => {
            "it accepted and hung up before the answer: it crashed, limits connections, or speaks another protocol; read its log \
             at this time"
        }
    }
}
