//! Hints for peers that hang up, are silent, or speak another protocol.

use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Fault, Phase};

pub(super) fn hint(fault: &Fault, context: Context<'_>) -> String {
    match fault.cause {
        Cause::DnsAnswerMismatch => {
            "compare the zone with what is expected: a record was changed, or another name server than \
             the zone's own answers (split horizon)"
                .to_owned()
        }
        Cause::Timeout => timeout(fault, context.kind).to_owned(),
        Cause::ConnectionClosed => closed(fault, context.kind).to_owned(),
        Cause::ProtocolError if ["its framing", "HTTP header", "content-length"].iter().any(|what| fault.message.contains(what)) => {
            "the app, or a proxy in between, sends HTTP that breaks its rules (a header's name, Content-Length, chunks), which strict \
             clients refuse as well: correct it there"
                .to_owned()
        }
        Cause::ProtocolError if matches!(context.kind, "http" | "peer") && fault.message.contains("speaks HTTP/2") => {
            "the port speaks HTTP/2 at once: set `http_version: 2`; if it is a gRPC server, it has no such path".to_owned()
        }
        Cause::ProtocolError => {
            "another kind of server answers there: compare the port with the one of the protocol (kubectl get \
             svc), and TLS ports with plain ones"
                .to_owned()
        }
        Cause::TooLarge => too_large(fault, context.kind).to_owned(),
        Cause::Stale => {
            "the check has not run in time: see whether this container gets CPU time (kubectl top pod, its CPU limit)"
                .to_owned()
        }
        Cause::Internal => {
            "report it, with the version (pilotfish --version) and the log; the target was not judged".to_owned()
        }
        other => other.info().remedy.to_owned(),
    }
}

/// The port accepts, and then nothing comes: which silence it is depends on who should have spoken.
fn timeout(fault: &Fault, kind: &str) -> &'static str {
    match (fault.phase, kind) {
        (Phase::Resolve, _) => "names take too long: see kubectl -n kube-system get pods -l k8s-app=kube-dns",
        (Phase::Tls, "postgres") => {
            "the server agreed to TLS, then nothing came: it hangs (its log), or full-sized packets are lost on the way (MTU: \
             ping -M do -s 1400 to it shows)"
        }
        (Phase::Tls, _) if fault.message.contains("TLS was not begun") => {
            "the server does not speak the protocol of `starttls`: leave that out where it wants TLS at once (465 for SMTP), \
             else compare the port"
        }
        (Phase::Tls, _) if fault.message.contains(" came in ") => {
            "the handshake was begun and not ended: the server hangs or is overloaded (its log), or full-sized packets are lost on the \
             way (MTU: ping -M do -s 1400 to it shows)"
        }
        (Phase::Tls, _) => {
            "the port accepts and does not answer TLS: a server without TLS waits for its own protocol (correct port or scheme), the \
             server hangs (its log), or full-sized packets are lost on the way (MTU: ping -M do -s 1400 to it shows)"
        }
        (Phase::Login, "postgres") if fault.message.contains(" came in ") => {
            "it answers as PostgreSQL and then hangs: so does a pooler that gets no connection to its database (its log, SHOW \
             POOLS), else read the server's log"
        }
        (Phase::Login, "postgres") => {
            "the port accepts and does not answer as PostgreSQL: Redis or an HTTP server stays silent like this (compare the \
             port), else server or pooler hang: read their log"
        }
        (Phase::Request, "postgres") => {
            "the login works and no answer comes: a lock or a slow query (pg_stat_activity shows which), or a pooler without a \
             free connection (SHOW POOLS)"
        }
        (_, "http" | "peer") if fault.message.contains(" came in ") => {
            "the answer was begun and not ended in time: a stream without end (text/event-stream), fewer bytes than its \
             Content-Length, or an app that hangs; ask a path with a short answer, or raise `timeout` if it is only slow"
        }
        _ => {
            "the port accepts, then nobody answers in time: the app hangs, is overloaded, or speaks another protocol; read its \
             log, then raise `timeout` if it is only slow"
        }
    }
}

fn too_large(fault: &Fault, kind: &str) -> &'static str {
    match (fault.phase, kind) {
        (Phase::Request, "http" | "peer") if fault.message.contains("body") => Cause::TooLarge.info().remedy,
        (Phase::Request, "postgres") => "the query gives more than a probe needs: let it give one row (LIMIT 1)",
        _ => "it says more than this protocol needs: compare the port with the protocol, or ask for something smaller",
    }
}

fn closed(fault: &Fault, kind: &str) -> &'static str {
    match (fault.phase, kind) {
        (Phase::Tls, _) => {
            "it accepted and hung up in the TLS handshake: a server without TLS on that port, or a proxy without an upstream; its \
             log says which"
        }
        (Phase::Request, "postgres") => {
            "the session ended in the midst of the query: the server crashed or was killed (its log, kubectl describe pod), or a \
             proxy between cut it"
        }
        (Phase::Login, "postgres") => {
            "it hung up before the login was done: no PostgreSQL (compare the port), a proxy without a backend, or a crash; the \
             log of what listens there says which"
        }
        _ if fault.message.contains("the end of the body") => {
            "it hung up in the midst of its answer: the app or a proxy broke off (its log at this time), or it sends fewer bytes than \
             its Content-Length"
        }
        (_, "http" | "peer") => {
            "it accepted and hung up before the answer: the port wants TLS (https://) or another protocol, or the app crashed or \
             limits connections; its log at this time says which"
        }
        _ => {
            "it accepted and hung up before the answer: it crashed, limits connections, or speaks another protocol; read its log \
             at this time"
        }
    }
}
