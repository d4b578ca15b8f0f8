//! Why a conversation with a server ended early.

use std::io;

use super::sqlstate::ServerError;
use crate::cause::Cause;

/// Why a conversation ended early.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The stream failed or ended.
    Failed(io::Error),
    /// The peer does not keep to the protocol; in words, without its bytes.
    Unexpected(String),
    /// The server announced a message of this many bytes, more than are taken.
    TooLong(usize),
    /// The server sent an error.
    Server(ServerError),
    /// We stopped it, for this cause and reason.
    Stop(Cause, String),
    /// We stopped it at a limit of ours, which other clients may not have.
    Limit {
        /// What the limit is about, of those in `sqlstate::code`.
        code: &'static str,
        /// What the server asks for, in words.
        text: String,
    },
    /// We stopped it, because the login must be tied to the server's certificate, and for this reason cannot be.
    Unbound {
        /// What is missing, of those in `sqlstate::code`.
        code: &'static str,
        /// What the server offers instead.
        text: String,
    },
}

/// The peer does not keep to the protocol.
pub(super) fn broken(text: &str) -> SessionError {
    SessionError::Unexpected(text.to_owned())
}

/// The server wants a login of a kind that clients no longer have.
pub(super) fn unsupported(text: &str) -> SessionError {
    SessionError::Stop(Cause::AuthUnsupported, text.to_owned())
}

/// The server wants what other clients may do, and pilotfish does not.
pub(super) fn limit(code: &'static str, text: impl Into<String>) -> SessionError {
    SessionError::Limit { code, text: text.into() }
}

/// The one thing that cannot be written into a message: a text with a zero byte in it.
pub(super) fn zero_byte() -> SessionError {
    SessionError::Stop(
        Cause::VariableInvalid,
        "there is a zero byte in the user, database, password or query".to_owned(),
    )
}

/// A byte from the peer as it may be shown.
pub(super) fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() { format!("`{}`", char::from(byte)) } else { format!("the byte 0x{byte:02x}") }
}
