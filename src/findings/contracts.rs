//! What a kind found of a contract between services: the text is the kind's, the row is here.

use super::entry::Entry;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::Evidence;

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[
    Entry {
        code: "cors_origin_allowed",
        severity: Severity::Error,
        cause: Cause::HeaderMismatch,
        meaning: "the server allows an origin that it must refuse (`refused_origin`): a page of anybody can read its answers, \
                  and with credentials act as the user who is logged in",
        remedy: "compare the origin with a list of exact origins, in place of `*`, a pattern or an echo",
    },
    Entry {
        code: "mcp_session_left",
        severity: Severity::Warning,
        cause: Cause::HttpStatus,
        meaning: "the MCP server does not let its client end the session (DELETE fails): it keeps the session of each run until \
                  it expires. pilotfish waits at least 1 h from run to run",
        remedy: "let the server accept DELETE on this path (in the proxies in front of it, too), or make it stateless",
    },
    Entry {
        code: "cors_without_vary",
        severity: Severity::Warning,
        cause: Cause::HeaderMismatch,
        meaning: "the answer allows an origin by name without `Vary: Origin`: a cache may hand it to a page of another origin, \
                  which browsers then block. Nothing is said if the answer for `refused_origin` has the same name",
        remedy: "let the server send `Vary: Origin` with `Access-Control-Allow-Origin`",
    },
];

/// The findings of what the kinds found.
pub(super) fn judge(evidence: &Evidence) -> impl Iterator<Item = Finding> {
    evidence.facts.remarks.iter().filter_map(|remark| {
        let entry = CODES.iter().find(|entry| entry.code == remark.code)?;
        Some(entry.found(remark.message.clone(), remark.fix.clone()))
    })
}
