//! Hints that are HTTP's own: for statuses, redirects, bodies and what hangs up or is silent on an HTTP port.

mod status;

use crate::cause::Cause;
use crate::check::http::{explain, way};
use crate::findings::Context;
use crate::net::speaks::Protocol;
use crate::outcome::{Detail, Evidence, Fault, HttpDetail, Phase, RedirectPurpose, StreamDetail};

/// Of a redirect to https:// on a port that speaks plain HTTP.
const TLS_SAME_PORT: &str = "The app redirects to https:// on this port, which speaks plain HTTP: it expects a proxy \
                             that terminates TLS. Set `headers: {X-Forwarded-Proto: https}`, or exempt this path in \
                             the app.";

/// The hint of a fault, where HTTP has one of its own.
pub(crate) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    if let Some(Detail::Http(HttpDetail::Allows(method))) = fault.detail {
        return Some(format!(
            "The path exists, but not for this method. Set `method: {method}`, which the server allows (header Allow)."
        ));
    }
    if let Some(Detail::Protocol { code, .. }) = fault.detail
        && let Some(text) = way::hint(code)
    {
        return Some(text);
    }
    let text = match fault.cause {
        Cause::HttpStatus => explained(fault).or_else(|| status::hint(evidence.facts.status_code))?,
        Cause::HttpRedirect => redirect(fault, evidence),
        Cause::PermissionDenied => match evidence.facts.status_code {
            _ if explained(fault).is_some() => explained(fault)?,
            Some(403) => {
                "The server accepted the credentials, but they do not allow this request. Grant the permission, or \
                 use a path that needs less."
            }
            _ => {
                "The server rejected the credentials. Compare the token or password with the server's, and check \
                 whether it has expired."
            }
        },
        Cause::JsonMismatch if is(fault, HttpDetail::PageForPeople) => {
            "A frontend's router or a proxy answers every path with its page. Use the backend's own Service and port, \
             or the path that is routed to it (/api/health); if the page is the health check, set `body_contains`."
        }
        Cause::JsonMismatch => {
            "Compare the answer with the expected value: pilotfish check shows an excerpt. A JSON pointer starts with \
             / and is case-sensitive."
        }
        Cause::BodyMismatch | Cause::HeaderMismatch => {
            "Compare the answer with the expected value: pilotfish check shows an excerpt. A proxy in between may \
             answer instead of the app."
        }
        Cause::ProtocolError if is(fault, HttpDetail::BadFraming) => {
            "Fix the HTTP that the app or a proxy in front of it sends (a header name, Content-Length, chunks). Strict \
             clients reject it as well."
        }
        Cause::ProtocolError if speaks(fault) == Some(Protocol::Http2.as_str()) => {
            "The port speaks HTTP/2 without an upgrade. Set `http_version: 2`; if it is a gRPC server, it has no such \
             path."
        }
        Cause::TooLarge if is(fault, HttpDetail::BodyTooLarge) => Cause::TooLarge.info().remedy,
        Cause::ProbeLimit if is(fault, HttpDetail::BodyTooLarge) => {
            "pilotfish reads at most 1 MiB of JSON with 100,000 objects and lists. Ask for a smaller document, or use \
             `body_contains` or `body_matches` in place of `json`."
        }
        Cause::TlsNotTls => not_tls(fault, evidence),
        Cause::TlsUnsupported if is(fault, HttpDetail::WantsTls) => {
            "Write https:// in the URL. The port speaks TLS, and the request was sent in plain text."
        }
        Cause::Timeout if fault.phase >= Phase::Request && stalled(fault) => {
            "The answer started but did not end in time: a stream without an end (text/event-stream), fewer bytes \
             than its Content-Length, or an app that hangs. Request a path with a short answer, ask for its status alone, \
             or raise `timeout`."
        }
        Cause::ConnectionClosed if is(fault, HttpDetail::BodyCut) => {
            "The connection closed in the middle of the answer. The app or a proxy aborted it (see its log at this \
             time), or it sends fewer bytes than its Content-Length."
        }
        Cause::ConnectionClosed if fault.phase != Phase::Tls => {
            "The server closed the connection before it answered. The port wants TLS (https://) or another protocol, a \
             load balancer (HAProxy) has no backend that is up, or the app crashed: its log at this time shows which."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// The hint of a kind that asks one endpoint as programs do: without a login, another path or `follow_redirects`.
pub(crate) fn of_endpoint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let purpose = evidence.facts.redirect.as_ref().map(|redirect| redirect.purpose);
    let text = match purpose.filter(|_| fault.cause == Cause::HttpRedirect && fault.detail.is_none()) {
        Some(RedirectPurpose::Login) => PUBLIC,
        Some(RedirectPurpose::Tls) => "The server requires TLS. Write https:// in the URL.",
        Some(RedirectPurpose::Elsewhere) => "Write the URL that the redirect points to: it is not followed.",
        _ => return hint(fault, evidence, context),
    };
    Some(text.to_owned())
}

/// Of an endpoint that wants a login and is for programs that have none.
pub(crate) const PUBLIC: &str = "Exempt this path from the login (the middleware of a frontend, an ingress, a mesh), or use \
                                 the Service of the app behind it: programs ask for it without a login.";

/// Whether the code is that of a server that wants a bearer token.
pub(crate) fn wants_login(code: &str) -> bool {
    explain::wants_token(code)
}

/// Where the answer itself says why it has this status.
pub(crate) fn explained(fault: &Fault) -> Option<&'static str> {
    match fault.detail {
        Some(Detail::Protocol { code, .. }) => explain::hint(code),
        _ => None,
    }
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
            "This port speaks plain text. Write http:// in the URL, or use the TLS port of the server."
        }
        _ => "No web server with TLS answers on this port. Compare the port (kubectl get svc).",
    }
}

fn redirect(fault: &Fault, evidence: &Evidence) -> &'static str {
    match evidence.facts.redirect.as_ref().map(|redirect| redirect.purpose) {
        _ if is(fault, HttpDetail::RedirectLoop) => {
            "The server redirects in a loop: it does not see that the request came over TLS (X-Forwarded-Proto) or \
             for which name. Probe the last URL of the loop to see which."
        }
        _ if is(fault, HttpDetail::TooManyRedirects) => {
            "Probe the last URL of the redirects, or set `follow_redirects` to a larger number (at most 20)."
        }
        _ if is(fault, HttpDetail::InvalidLocation) => {
            "The server sends a Location that cannot be followed. Fix it there, or probe the path that it means."
        }
        Some(RedirectPurpose::Tls) => {
            "The server requires TLS. Write https:// in the URL, or set `follow_redirects: true`."
        }
        Some(RedirectPurpose::TlsSamePort) => TLS_SAME_PORT,
        Some(RedirectPurpose::Slash) => "Only the final slash differs. Write the path as the redirect shows it.",
        Some(RedirectPurpose::Login) => {
            "The path requires a login: the redirect leads to a page on which people log in. Probe a path that needs none \
             (/health), or exempt this one from the login."
        }
        Some(RedirectPurpose::Elsewhere) | None => {
            "Probe the URL that the redirect points to, or set \
                                                    `follow_redirects: true`."
        }
    }
}

#[cfg(test)]
mod tests;
