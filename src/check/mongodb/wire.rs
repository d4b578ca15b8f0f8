//! Messages of the MongoDB wire protocol over any stream: a header, and one BSON document in an OP_MSG. Each is bounded.
//!
//! Sources: "MongoDB Wire Protocol" in the manual, and the drivers' specification of OP_MSG.

use bson::raw::{RawDocument, RawDocumentBuf, cstr};
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::errors::ServerError;
use crate::check::reader::{ReadError, Reader};
use crate::check::scram::ScramError;

/// The longest message that is read, in bytes; a hello of fifty members has under 8 KiB.
const MESSAGE_LIMIT: usize = 64 * 1024;
/// Length, number of the request, number of the request that is answered, operation.
const HEADER: usize = 16;
const OP_MSG: u32 = 2013;
/// The one kind of section with a document in it.
const BODY: u8 = 0;
/// Four bytes of a checksum are at the end.
const CHECKSUM: u32 = 1;

/// Why a conversation ended early.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The server answered this command with an error.
    Server(ServerError),
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something that is no valid answer: what is wrong with it.
    Unexpected(String),
    /// The exchange of SCRAM failed.
    Scram(ScramError),
    /// pilotfish cannot, or must not, go on, although the app may: the code of the hint, and what was observed.
    Limit(&'static str, String),
}

impl From<ReadError> for SessionError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<ScramError> for SessionError {
    fn from(error: ScramError) -> Self {
        Self::Scram(error)
    }
}

/// Of BSON nothing is said but that it is damaged: an error of the library may repeat what is in it.
impl From<bson::error::Error> for SessionError {
    fn from(_: bson::error::Error) -> Self {
        Self::Unexpected("its BSON is damaged".to_owned())
    }
}

/// A document that a server sent.
#[derive(Debug)]
pub(super) struct Reply(RawDocumentBuf);

impl std::ops::Deref for Reply {
    type Target = RawDocument;

    fn deref(&self) -> &RawDocument {
        &self.0
    }
}

impl Reply {
    /// Reads a document.
    ///
    /// # Errors
    /// [`SessionError::Unexpected`].
    pub(super) fn read(bytes: &[u8]) -> Result<Self, SessionError> {
        Ok(Self(RawDocumentBuf::from_bytes(bytes.to_vec())?))
    }

    /// The error that it is, if it is one.
    pub(super) fn error(&self) -> Option<ServerError> {
        let ok = self.number("ok").unwrap_or(0);
        (ok != 1).then(|| {
            let code = self.number("code").and_then(|code| i32::try_from(code).ok());
            let name = self.get_str("codeName").unwrap_or_default();
            ServerError::new(code, name, self.get_str("errmsg").unwrap_or_default())
        })
    }

    /// A whole number of any type.
    pub(super) fn number(&self, key: &str) -> Option<i64> {
        let value = self.get(key).ok().flatten()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a float that is no small number is none that is looked for"
        )]
        let of_float = || value.as_f64().map(|number| number as i64);
        value.as_i32().map(i64::from).or_else(|| value.as_i64()).or_else(of_float)
    }

    /// Whether a field is true.
    pub(super) fn is(&self, key: &str) -> bool {
        self.get_bool(key).unwrap_or(false)
    }
}

/// A stream of messages.
#[derive(Debug)]
pub(super) struct Wire<S> {
    reader: Reader<S>,
    request: u32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Sends nothing.
    pub(super) fn new(stream: S) -> Self {
        Self { reader: Reader::new(stream), request: 0 }
    }

    /// The stream, for the caller to close.
    pub(super) fn into_stream(self) -> S {
        self.reader.into_stream()
    }

    /// Sends a command for this database, which may hold a proof or a password, and reads its answer.
    ///
    /// # Errors
    /// Every [`SessionError`] but the last two.
    pub(super) async fn run(&mut self, mut command: RawDocumentBuf, database: &str) -> Result<Reply, SessionError> {
        command.append(cstr!("$db"), database);
        self.request = self.request.wrapping_add(1);
        let document = Zeroizing::new(command.into_bytes());
        let length = HEADER + 4 + 1 + document.len();
        let mut message = Zeroizing::new(Vec::with_capacity(length));
        // What is sent is short: names and texts of a configuration.
        message.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        message.extend_from_slice(&self.request.to_le_bytes());
        message.extend_from_slice(&0_u32.to_le_bytes());
        message.extend_from_slice(&OP_MSG.to_le_bytes());
        message.extend_from_slice(&0_u32.to_le_bytes());
        message.push(BODY);
        message.extend_from_slice(&document);
        self.reader.send(&message).await?;
        let reply = self.read().await?;
        match reply.error() {
            Some(error) => Err(SessionError::Server(error)),
            None => Ok(reply),
        }
    }

    async fn read(&mut self) -> Result<Reply, SessionError> {
        let unexpected = |what: &str| SessionError::Unexpected(what.to_owned());
        let length = u32::from_le_bytes(self.reader.array().await?);
        let rest =
            u64::from(length).checked_sub(HEADER as u64).ok_or_else(|| unexpected("its length is impossible"))?;
        // A peer of another protocol is known by its first four bytes.
        if self.request == 1 && rest > MESSAGE_LIMIT as u64 {
            return Err(unexpected("it does not start like a message of MongoDB"));
        }
        let header: [u8; HEADER - 4] = self.reader.array().await?;
        let field = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        if field(8) != OP_MSG {
            return Err(unexpected("it does not start like a message of MongoDB"));
        }
        if field(4) != self.request {
            return Err(unexpected("it answers another request"));
        }
        let body = self.reader.body(rest, MESSAGE_LIMIT).await?;
        document_in(&body)
    }
}

/// The document in the body of an OP_MSG.
pub(super) fn document_in(body: &[u8]) -> Result<Reply, SessionError> {
    let unexpected = |what: &str| SessionError::Unexpected(what.to_owned());
    let (flags, sections) = body.split_first_chunk().ok_or_else(|| unexpected("a message ends too early"))?;
    let flags = u32::from_le_bytes(*flags);
    // Only a request that allows it is answered by several messages.
    if flags & !CHECKSUM != 0 {
        return Err(unexpected("its flags were not asked for"));
    }
    let end = sections.len().checked_sub(if flags & CHECKSUM != 0 { 4 } else { 0 });
    let sections = end.and_then(|end| sections.get(..end)).ok_or_else(|| unexpected("a message ends too early"))?;
    match sections.split_first() {
        Some((&BODY, document)) => Reply::read(document),
        _ => Err(unexpected("its first section is no document")),
    }
}

#[cfg(test)]
mod tests {
    use bson::rawdoc;

    use super::{Reply, SessionError, document_in};

    fn body(flags: u32, kind: u8, document: &[u8], after: &[u8]) -> Vec<u8> {
        [&flags.to_le_bytes()[..], &[kind], document, after].concat()
    }

    #[test]
    fn one_document_is_read() {
        let document = rawdoc! { "ok": 1.0, "secondary": true, "n": 5_i64 }.into_bytes();
        for bytes in [body(0, 0, &document, b""), body(1, 0, &document, b"crc0")] {
            let reply = document_in(&bytes).expect("it is one");
            assert!(reply.error().is_none() && reply.is("secondary") && reply.number("n") == Some(5));
        }
        for bytes in [
            Vec::new(),
            b"\0\0\0\0".to_vec(),
            body(2, 0, &document, b""),
            body(1, 0, b"", b""),
            body(0, 1, &document, b""),
            body(0, 0, &document, b"more"),
            body(0, 0, b"\x05\0\0\0", b""),
            body(0, 0, b"\xff\xff\xff\x7f\0", b""),
        ] {
            assert!(matches!(document_in(&bytes), Err(SessionError::Unexpected(_))), "{bytes:?}");
        }
    }

    #[test]
    fn an_answer_that_is_not_ok_is_an_error() {
        let error = |document: bson::RawDocumentBuf| Reply::read(document.as_bytes()).expect("BSON").error();
        let refused = error(rawdoc! { "ok": 0.0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "no" });
        assert_eq!(refused.expect("it is one").code, Some(18));
        assert!(error(rawdoc! { "ok": 0, "errmsg": "no such cmd: hello" }).is_some_and(|error| error.code.is_none()));
        assert!(error(rawdoc! {}).is_some());
        assert!(error(rawdoc! { "ok": 1 }).is_none() && error(rawdoc! { "ok": true }).is_some());
    }
}
