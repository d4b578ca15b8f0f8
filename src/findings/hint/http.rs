//! Hints for what an HTTP server or a peer answered, and for other answers that are not as expected.

use crate::cause::Cause;
use crate::outcome::{Evidence, Fault, RedirectPurpose};

/// Of a redirect to https:// on a port that speaks plain HTTP.
pub(super) const TLS_SAME_PORT: &str = "the app sends everyone to https:// on this port, which speaks plain HTTP: it counts on a proxy that ends TLS; set \
     `headers: {X-Forwarded-Proto: https}`, or except this path there";

pub(super) fn hint(fault: &Fault, evidence: &Evidence, kind: &str) -> String {
    match fault.cause {
        Cause::HttpStatus => status(evidence.facts.status_code, fault),
        Cause::HttpRedirect => match evidence.facts.redirect.as_ref().map(|redirect| redirect.purpose) {
            _ if fault.message.contains("a loop") => {
                "the server sends it round in a circle: it does not see that the request came over TLS (X-Forwarded-Proto) or by \
                 which name; probe the last URL of the circle to see which"
            }
            _ if fault.message.contains("as many as are followed") => {
                "probe the last URL that it was sent to, or let `follow_redirects` be a larger number (20 at most)"
            }
            _ if fault.message.contains("with a Location") => {
                "the server sends a Location that cannot be followed: correct it there, or probe the path that it means"
            }
            Some(RedirectPurpose::Tls) => "the server wants TLS: write https:// in the URL (or set `follow_redirects: true`)",
            Some(RedirectPurpose::TlsSamePort) => TLS_SAME_PORT,
            Some(RedirectPurpose::Slash) => "only the final slash differs: write the path as the redirect has it",
            Some(RedirectPurpose::Login) => {
                "the path asks for a login: probe one that needs none (/health), or give `bearer_token` or `basic_auth`"
            }
            Some(RedirectPurpose::Elsewhere) | None => "probe the URL that it points to, or set `follow_redirects: true`",
        }
        .to_owned(),
        Cause::HealthDown => "the peer runs and says itself what is broken: look at the part that it names, in its own log \
             (kubectl logs)"
            .to_owned(),
        Cause::PermissionDenied if kind == "postgres" => {
            "the login works, the right is missing: GRANT it to this role (a database owner's tables need it for each role)".to_owned()
        }
        Cause::PermissionDenied => match evidence.facts.status_code {
            Some(403) => "the credentials were read and are not allowed to do this: give them the right, or a path that needs less",
            _ => "the credentials were sent and refused: compare the token or password with the server's, and whether it has expired",
        }
        .to_owned(),
        Cause::JsonMismatch if fault.message.contains("page for people") => {
            "a frontend's router or a proxy answers every path with its page: ask the backend's own Service and port, or the \
             path under which it is routed (/api/health); if the page is the health, `body_contains` says what it holds"
                .to_owned()
        }
        Cause::JsonMismatch => "compare what came with what is expected: pilotfish check shows an excerpt; a JSON pointer begins \
             with / and capitals matter"
            .to_owned(),
        Cause::BodyMismatch if kind == "tcp" => "another server than the expected one answers there, or it says something else \
             first: pilotfish check shows an excerpt"
            .to_owned(),
        Cause::BodyMismatch if kind == "postgres" => {
            "the query works and gives something else: run it with psql as the same user, and compare with `expect`".to_owned()
        }
        Cause::BodyMismatch | Cause::HeaderMismatch => {
            "compare what came with what is expected: pilotfish check shows an excerpt; a proxy in between may answer in its place"
                .to_owned()
        }
        other => other.info().remedy.to_owned(),
    }
}

fn status(code: Option<u16>, fault: &Fault) -> String {
    match code {
        Some(400) => "the server does not understand the request: a Host it does not allow (ALLOWED_HOSTS, TrustedHost), a wrong method or \
             body; its log says which".to_owned(),
        Some(401) => "the server wants credentials, or others than it got: set or correct `bearer_token` or `basic_auth`, or ask a \
             path that needs none".to_owned(),
        Some(403) => "the server understood and forbids it: without credentials, by a rule for client, Host or origin (an ingress \
             whitelist, a mesh's AuthorizationPolicy, a firewall); its log says which"
            .to_owned(),
        Some(404) => "that server has no such path, or does not know this Host: compare the path with the app's routes, and the \
             Host with the rules of its ingress"
            .to_owned(),
        Some(405) => "the path is there, but not for this method: set `method`".to_owned(),
        Some(406) => "the server wants another Accept header: set `headers: {Accept: …}` (MCP servers want application/json and \
             text/event-stream)"
            .to_owned(),
        Some(421) => "the server does not answer for this Host: MCP servers made with FastMCP know localhost alone until \
             host=\"0.0.0.0\" or allowed_hosts is set; else use the name that it serves"
            .to_owned(),
        Some(415 | 422) => "the path is there, and body or headers are not what it expects: the answer names what is missing".to_owned(),
        Some(429) => "the server limits the rate: probe less often (`interval`), or exempt this pod".to_owned(),
        Some(503) => "the app says so of itself, or a proxy has no ready backend for it: kubectl get endpointslices shows whether \
             one is there, then its log"
            .to_owned(),
        Some(502 | 504) => "a proxy answered that what stands behind it is away, or takes too long (504): see kubectl get endpointslices for its \
             upstream".to_owned(),
        Some(500..) => "the app itself failed: read its log at this time (kubectl logs)".to_owned(),
        _ => fault.cause.info().remedy.to_owned(),
    }
}
