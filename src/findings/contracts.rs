//! What a kind notices of a contract between services though the check passes. The kinds find it; here is the catalogue.

use super::entry::Entry;
use crate::cause::Cause;
use crate::finding::Severity;

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[CORS_ORIGIN_ALLOWED, MCP_SESSION_LEFT, CORS_WITHOUT_VARY];

/// An origin that must be refused is allowed.
pub const CORS_ORIGIN_ALLOWED: Entry = Entry {
    code: "cors_origin_allowed",
    severity: Severity::Error,
    cause: Cause::HeaderMismatch,
    meaning: "the server allows an origin that it must refuse (`refused_origin`): a page of anybody can read its answers, \
              and with credentials act as the user who is logged in",
    remedy: "compare the origin with a list of exact origins, in place of `*`, a pattern or an echo",
};
/// A session is left behind.
pub const MCP_SESSION_LEFT: Entry = Entry {
    code: "mcp_session_left",
    severity: Severity::Warning,
    cause: Cause::HttpStatus,
    meaning: "the MCP server does not let its client end the session (DELETE fails): it keeps the session of each run until \
              it expires. pilotfish waits at least 1 h from run to run",
    remedy: "let the server accept DELETE on this path (in the proxies in front of it, too), or make it stateless",
};
/// A cache may mix the origins up.
pub const CORS_WITHOUT_VARY: Entry = Entry {
    code: "cors_without_vary",
    severity: Severity::Warning,
    cause: Cause::HeaderMismatch,
    meaning: "the answer allows an origin by name without `Vary: Origin`: a cache may hand it to a page of another origin, \
              which browsers then block. Nothing is said if the answer for `refused_origin` has the same name",
    remedy: "let the server send `Vary: Origin` with `Access-Control-Allow-Origin`",
};
