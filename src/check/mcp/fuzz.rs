//! Entry point for fuzzing: what an MCP server answers.

use super::answer::{Answer, is_answer, last_event};

/// An event stream, or a body of JSON.
pub(crate) fn mcp(bytes: &[u8]) {
    let of_stream = Answer::read(last_event(bytes).as_bytes());
    assert_eq!(is_answer(bytes), of_stream != Answer::Other);
    if let Answer::Session(session) = Answer::read(bytes) {
        assert!(!session.version.is_empty());
    }
}
