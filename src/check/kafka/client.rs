//! The protocol of Kafka over any stream: one request, one answer. Every answer is bounded.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::fields::{Fields, Message, Truncated};
use crate::check::reader::{ReadError, Reader};

/// The name of this client in logs, quotas and metrics of the broker.
const CLIENT_ID: &str = "pilotfish";
/// The number of the first request: an answer that repeats it starts like that of no other protocol.
const FIRST_NUMBER: i32 = 0x7066_0001;
/// The maximum size of an answer in bytes; only the description of topics comes near it.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// The maximum size of any other answer.
const SHORT_LIMIT: usize = 64 * 1024;

/// A kind of request; the number is the key of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// Brokers and topics.
    Metadata = 3,
    SaslHandshake = 17,
    /// `ApiVersions`.
    Versions = 18,
    SaslAuthenticate = 36,
}

/// Why a request has no usable answer.
#[derive(Debug)]
pub(super) enum SessionError {
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something that is no valid answer: what is wrong with it.
    Unexpected(&'static str),
}

impl From<ReadError> for SessionError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Truncated> for SessionError {
    fn from(_: Truncated) -> Self {
        Self::Unexpected("an answer ends too early")
    }
}

/// A session with a broker.
#[derive(Debug)]
pub(super) struct Client<S> {
    reader: Reader<S>,
    next: i32,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Sends nothing.
    pub(super) fn new(stream: S) -> Self {
        Self { reader: Reader::new(stream), next: FIRST_NUMBER }
    }

    /// The stream, for the caller to close.
    pub(super) fn into_stream(self) -> S {
        self.reader.into_stream()
    }

    /// Sends a request and reads its answer, without its header.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn call(&mut self, api: Api, version: i16, body: &Message) -> Result<Bytes, SessionError> {
        let number = self.next;
        self.next = number.wrapping_add(1);
        let body = body.as_slice();
        let room = body.len() + 64;
        let header = Message::with_room(room).i16(api as i16).i16(version).i32(number).text(CLIENT_ID);
        let length = header.as_slice().len() + body.len();
        let mut frame = zeroize::Zeroizing::new(Vec::with_capacity(room));
        frame.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend_from_slice(header.as_slice());
        frame.extend_from_slice(body);
        self.reader.send(&frame).await?;
        let limit = if api == Api::Metadata { ANSWER_LIMIT } else { SHORT_LIMIT };
        let length = u32::from_be_bytes(self.reader.array().await?);
        // A number that no broker starts with: the first bytes of another protocol.
        let is_strange = length < 4 || (api == Api::Versions && length as usize > limit);
        if is_strange {
            return Err(SessionError::Unexpected("it does not start like an answer of a broker"));
        }
        let mut answer = self.reader.body(length.into(), limit).await?;
        match Fields(&answer).i32()? {
            came if came == number => Ok(answer.split_off(4)),
            _ => Err(SessionError::Unexpected("it is the answer to another request")),
        }
    }
}
