//! Hints that are the `mcp` kind's own.

use crate::cause::Cause;
use crate::check::http;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault};

/// Codes of what was observed.
pub(super) mod code {
    /// A JSON-RPC error.
    pub(in crate::check::mcp) const REFUSED: &str = "mcp_refused";
    /// A stream without the answer.
    pub(in crate::check::mcp) const ENDED: &str = "mcp_ended";
    /// Another answer than one to `initialize`.
    pub(in crate::check::mcp) const OTHER: &str = "mcp_other";
}

pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let general = || http::hint::of_endpoint(fault, evidence, context);
    let detail = match fault.detail {
        Some(Detail::Protocol { code, .. }) => Some(code),
        _ => None,
    };
    let text = match (detail, fault.cause, evidence.facts.status_code) {
        (Some(code::REFUSED), ..) => {
            "Read the log of the MCP server at this time. If the error names a version, update its SDK: pilotfish asks for \
             2025-06-18."
        }
        (Some(code::ENDED), ..) => {
            "Read the log of the MCP server at this time: it failed during the handshake. A proxy in between must pass event \
             streams on as they come (nginx: proxy_buffering off)."
        }
        (Some(code::OTHER), ..) => {
            "Compare port and path with those of the MCP server: another server, or the page of a frontend, answers here."
        }
        (Some(code), ..) if !http::hint::wants_login(code) => return general(),
        (_, Cause::HttpStatus, Some(421)) => {
            "Add the Host of this URL to the server's list: allowed_hosts of TransportSecuritySettings (Python), `allowedHosts` \
             (TypeScript). FastMCP accepts only localhost unless host=\"0.0.0.0\" is set."
        }
        (_, Cause::HttpStatus | Cause::PermissionDenied, Some(401)) => {
            "Set `headers: {Authorization: \"Bearer ${TOKEN}\"}` to a token that the server accepts, for its own audience: the \
             header WWW-Authenticate of its answer names who issues it."
        }
        (_, Cause::HttpStatus, Some(404)) => {
            "Write the path of the endpoint into `url`: /mcp unless the server sets another one (streamable_http_path, a mount). \
             A server that has only /sse is too old for this transport."
        }
        (_, Cause::HttpStatus, Some(405 | 501)) => {
            "Write the path of the endpoint into `url` (/mcp): this one takes no POST. A server that has only /sse is too old for \
             this transport."
        }
        (_, Cause::HttpStatus, Some(406)) => {
            "Let the proxies in front of the server pass on the header Accept: pilotfish sends application/json and \
             text/event-stream, which the server requires."
        }
        _ => return general(),
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
    fn every_failure_has_a_hint() {
        let fault = |cause, code: Option<&'static str>| Fault {
            detail: code.map(|code| Detail::Protocol { code, product: None }),
            ..Fault::new(Phase::Assert, cause, "x")
        };
        for (fault, status) in [
            (fault(Cause::QueryFailed, Some(code::REFUSED)), 200),
            (fault(Cause::ProtocolError, Some(code::OTHER)), 200),
            (fault(Cause::ConnectionClosed, Some(code::ENDED)), 200),
            (fault(Cause::HttpStatus, None), 421),
            (fault(Cause::HttpStatus, None), 401),
            (fault(Cause::PermissionDenied, None), 401),
            (fault(Cause::HttpStatus, None), 404),
            (fault(Cause::HttpStatus, None), 405),
            (fault(Cause::HttpStatus, None), 501),
            (fault(Cause::HttpStatus, None), 406),
            (fault(Cause::HttpStatus, None), 500),
        ] {
            let mut evidence = Evidence::default();
            evidence.facts.status_code = Some(status);
            assert_hint(&hint(&fault, &evidence, &Context::default()).expect("a hint"));
        }
    }
}
