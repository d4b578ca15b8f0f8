//! Hints that are HTTP's own: for statuses, redirects, bodies and what hangs up or is silent on an HTTP port.

use crate::cause::Cause;
use crate::findings::Context;
use crate::net::speaks::Protocol;
use crate::outcome::{Detail, Evidence, Fault, HttpDetail, Phase, RedirectPurpose, StreamDetail};

/// Of a redirect to https:// on a port that speaks plain HTTP.
const TLS_SAME_PORT: &str = "the app sends everyone to https:// on this port, which speaks plain HTTP: it counts on a proxy that ends TLS; set \
     `headers: {X-Forwarded-Proto: https}`, or except this path there";

/// The hint of a fault, where HTTP has one of its own.
pub(crate) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match fault.cause {
        Cause::HttpStatus => status(evidence.facts.status_code)?,
        Cause::HttpRedirect => redirect(fault, evidence),
        Cause::PermissionDenied => match evidence.facts.status_code {
            Some(403) => {
                "the credentials were read and are not allowed to do this: give them the right, or a path that needs less"
            }
            _ => {
                "the credentials were sent and refused: compare the token or password with the server's, and whether it has expired"
            }
        },
        Cause::JsonMismatch if is(fault, HttpDetail::PageForPeople) => {
            "a frontend's router or a proxy answers every path with its page: ask the backend's own Service and port, or the \
             path under which it is routed (/api/health); if the page is the health, `body_contains` says what it holds"
        }
        Cause::JsonMismatch => {
            "compare what came with what is expected: pilotfish check shows an excerpt; a JSON pointer begins \
             with / and capitals matter"
        }
        Cause::BodyMismatch | Cause::HeaderMismatch => {
            "compare what came with what is expected: pilotfish check shows an excerpt; a proxy in between may answer in its place"
        }
        Cause::ProtocolError if is(fault, HttpDetail::BadFraming) => {
            "the app, or a proxy in between, sends HTTP that breaks its rules (a header's name, Content-Length, chunks), which strict \
             clients refuse as well: correct it there"
        }
        Cause::ProtocolError if speaks(fault) == Some(Protocol::Http2.as_str()) => {
            "the port speaks HTTP/2 at once: set `http_version: 2`; if it is a gRPC server, it has no such path"
        }
        Cause::TooLarge if is(fault, HttpDetail::BodyTooLarge) => Cause::TooLarge.info().remedy,
        Cause::TlsNotTls => not_tls(fault, evidence),
        Cause::TlsUnsupported if is(fault, HttpDetail::WantsTls) => {
            "write https:// in the URL: the port speaks TLS, and the request came in plain text"
        }
        Cause::Timeout if fault.phase >= Phase::Request && stalled(fault) => {
            "the answer was begun and not ended in time: a stream without end (text/event-stream), fewer bytes than its \
             Content-Length, or an app that hangs; ask a path with a short answer, or raise `timeout` if it is only slow"
        }
        Cause::ConnectionClosed if is(fault, HttpDetail::BodyCut) => {
            "it hung up in the midst of its answer: the app or a proxy broke off (its log at this time), or it sends fewer bytes than \
             its Content-Length"
        }
        Cause::ConnectionClosed if fault.phase != Phase::Tls => {
            "it accepted and hung up before the answer: the port wants TLS (https://) or another protocol, or the app crashed or \
             limits connections; its log at this time says which"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

fn is(fault: &Fault, detail: HttpDetail) -> bool {
    fault.detail == Some(Detail::Http(detail))
}

/// The other protocol that the peer speaks.
fn speaks(fault: &Fault) -> Option<&'static str> {
    match fault.detail {
        Some(Detail::Stream(StreamDetail::Speaks(name))) => Some(name),
        _ => None,
    }
}

fn stalled(fault: &Fault) -> bool {
    fault.detail == Some(Detail::Stream(StreamDetail::Stalled))
}

fn not_tls(fault: &Fault, evidence: &Evidence) -> &'static str {
    match evidence.facts.redirect.as_ref().map(|redirect| redirect.purpose) {
        Some(RedirectPurpose::TlsSamePort) => TLS_SAME_PORT,
        _ if speaks(fault) == Some(Protocol::Http.as_str()) => {
            "that port speaks plain text: write http:// in the URL, or use the server's TLS port"
        }
        _ => "no web server with TLS answers there: compare the port (kubectl get svc)",
    }
}

fn redirect(fault: &Fault, evidence: &Evidence) -> &'static str {
    match evidence.facts.redirect.as_ref().map(|redirect| redirect.purpose) {
        _ if is(fault, HttpDetail::RedirectLoop) => {
            "the server sends it round in a circle: it does not see that the request came over TLS (X-Forwarded-Proto) or by \
             which name; probe the last URL of the circle to see which"
        }
        _ if is(fault, HttpDetail::TooManyRedirects) => {
            "probe the last URL that it was sent to, or let `follow_redirects` be a larger number (20 at most)"
        }
        _ if is(fault, HttpDetail::InvalidLocation) => {
            "the server sends a Location that cannot be followed: correct it there, or probe the path that it means"
        }
        Some(RedirectPurpose::Tls) => {
            "the server wants TLS: write https:// in the URL (or set `follow_redirects: true`)"
        }
        Some(RedirectPurpose::TlsSamePort) => TLS_SAME_PORT,
        Some(RedirectPurpose::Slash) => "only the final slash differs: write the path as the redirect has it",
        Some(RedirectPurpose::Login) => {
            "the path asks for a login: probe one that needs none (/health), or give `bearer_token` or `basic_auth`"
        }
        Some(RedirectPurpose::Elsewhere) | None => "probe the URL that it points to, or set `follow_redirects: true`",
    }
}

fn status(code: Option<u16>) -> Option<&'static str> {
    Some(match code? {
        400 => {
            "the server does not understand the request: a Host it does not allow (ALLOWED_HOSTS, TrustedHost), a wrong method or \
             body; its log says which"
        }
        401 => {
            "the server wants credentials, or others than it got: set or correct `bearer_token` or `basic_auth`, or ask a \
             path that needs none"
        }
        403 => {
            "the server understood and forbids it: without credentials, by a rule for client, Host or origin (an ingress \
             whitelist, a mesh's AuthorizationPolicy, a firewall); its log says which"
        }
        404 => {
            "that server has no such path, or does not know this Host: compare the path with the app's routes, and the \
             Host with the rules of its ingress"
        }
        405 => "the path is there, but not for this method: set `method`",
        406 => {
            "the server wants another Accept header: set `headers: {Accept: …}` (MCP servers want application/json and \
             text/event-stream)"
        }
        421 => {
            "the server does not answer for this Host: MCP servers made with FastMCP know localhost alone until \
             host=\"0.0.0.0\" or allowed_hosts is set; else use the name that it serves"
        }
        415 | 422 => "the path is there, and body or headers are not what it expects: the answer names what is missing",
        429 => "the server limits the rate: probe less often (`interval`), or exempt this pod",
        503 => {
            "the app says so of itself, or a proxy has no ready backend for it: kubectl get endpointslices shows whether \
             one is there, then its log"
        }
        502 | 504 => {
            "a proxy answered that what stands behind it is away, or takes too long (504): see kubectl get endpointslices for its \
             upstream"
        }
        500.. => "the app itself failed: read its log at this time (kubectl logs)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
