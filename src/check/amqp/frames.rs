//! Frames of AMQP 0-9-1 over any stream: a type, a channel, a size, and the content. Every one is bounded.
//!
//! Source: "4.2.3 General Frame Format" of the AMQP 0-9-1 specification.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::close::Close;
use super::fields::{Built, Fields, Truncated};
use crate::check::reader::{ReadError, Reader};

/// What a client says first: the protocol and its version.
const HEADER: [u8; 8] = *b"AMQP\0\0\x09\x01";
const METHOD: u8 = 1;
const HEARTBEAT: u8 = 8;
/// What ends every frame.
const END: u8 = 0xce;
/// The maximum size of a frame in bytes; the properties of a server are the longest.
const FRAME_LIMIT: usize = 64 * 1024;
/// How many heartbeats and notices may come in place of an answer.
const ASIDES: usize = 64;

/// A method, by its class and its number.
pub(super) type MethodId = (u16, u16);

pub(super) const START: MethodId = (10, 10);
pub(super) const START_OK: MethodId = (10, 11);
pub(super) const TUNE: MethodId = (10, 30);
pub(super) const TUNE_OK: MethodId = (10, 31);
pub(super) const OPEN: MethodId = (10, 40);
pub(super) const OPEN_OK: MethodId = (10, 41);
pub(super) const CLOSE: MethodId = (10, 50);
pub(super) const CLOSE_OK: MethodId = (10, 51);
const BLOCKED: MethodId = (10, 60);
const UNBLOCKED: MethodId = (10, 61);
pub(super) const CHANNEL_OPEN: MethodId = (20, 10);
pub(super) const CHANNEL_OPEN_OK: MethodId = (20, 11);
const CHANNEL_CLOSE: MethodId = (20, 40);
const CHANNEL_CLOSE_OK: MethodId = (20, 41);
pub(super) const QUEUE_DECLARE: MethodId = (50, 10);
pub(super) const QUEUE_DECLARE_OK: MethodId = (50, 11);

/// Why a conversation ended early.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The server closes the connection and says why.
    Closed(Close),
    /// The server closes the channel and says why; the connection goes on.
    ChannelClosed(Close),
    /// The server answers with the header of another version of the protocol.
    Version([u8; 4]),
    /// The server offers these mechanisms, and not the one of this login.
    Mechanisms(Vec<String>),
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
        Self::Unexpected("a method ends too early")
    }
}

/// A stream of frames.
#[derive(Debug)]
pub(super) struct Frames<S> {
    reader: Reader<S>,
    /// Why the server blocks publishers, if it says so.
    blocked: Option<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Frames<S> {
    /// Sends nothing.
    pub(super) fn new(stream: S) -> Self {
        Self { reader: Reader::new(stream), blocked: None }
    }

    /// The stream, for the caller to close.
    pub(super) fn into_stream(self) -> S {
        self.reader.into_stream()
    }

    /// Why the server blocks publishers, if it says so.
    pub(super) fn blocked(&self) -> Option<&str> {
        self.blocked.as_deref()
    }

    /// Says which protocol is spoken, and reads the first method of the server, without its class and number. A peer of another
    /// protocol or version is known by its first bytes.
    ///
    /// # Errors
    /// Every [`SessionError`] but that of a channel.
    pub(super) async fn begin(&mut self) -> Result<Bytes, SessionError> {
        let sent = self.reader.send(&HEADER).await;
        match (self.first().await, sent) {
            (Err(SessionError::Read(ReadError::Ended)), Err(error)) => Err(error.into()),
            (first, _) => first,
        }
    }

    async fn first(&mut self) -> Result<Bytes, SessionError> {
        let [kind] = self.reader.array().await?;
        match kind {
            METHOD => match self.rest(kind).await? {
                Frame::Method(0, START, fields) => Ok(fields),
                Frame::Method(0, CLOSE, fields) => Err(SessionError::Closed(Close::read(&fields)?)),
                _ => Err(SessionError::Unexpected("it does not start with connection.start")),
            },
            b'A' => match self.reader.array().await? {
                [b'M', b'Q', b'P', a, b, c, d] => Err(SessionError::Version([a, b, c, d])),
                _ => Err(SessionError::Unexpected("it does not start like a frame")),
            },
            _ => Err(SessionError::Unexpected("it does not start like a frame")),
        }
    }

    /// Sends a method, which may contain a password.
    ///
    /// # Errors
    /// [`SessionError::Read`].
    pub(super) async fn send(&mut self, channel: u16, method: &Built) -> Result<(), SessionError> {
        let content = &method.0;
        let mut frame = Zeroizing::new(Vec::with_capacity(content.len() + 8));
        frame.push(METHOD);
        frame.extend_from_slice(&channel.to_be_bytes());
        frame.extend_from_slice(&u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend_from_slice(content);
        frame.push(END);
        Ok(self.reader.send(&frame).await?)
    }

    /// Sends a method and reads the answer to it, as [`Frames::await_method`]. A server that closes may not read any more, so its
    /// reason is read even if sending failed.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn call(
        &mut self,
        channel: u16,
        method: &Built,
        awaited: MethodId,
    ) -> Result<Bytes, SessionError> {
        let sent = self.send(channel, method).await;
        match (self.await_method(channel, awaited).await, sent) {
            (Err(SessionError::Read(ReadError::Ended)), Err(error)) => Err(error),
            (answer, _) => answer,
        }
    }

    /// The fields of this method on this channel. Heartbeats are skipped, and what the server says about publishers is noted.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn await_method(&mut self, channel: u16, awaited: MethodId) -> Result<Bytes, SessionError> {
        for _ in 0..=ASIDES {
            let [kind] = self.reader.array().await?;
            match self.rest(kind).await? {
                Frame::Heartbeat | Frame::Method(0, UNBLOCKED, _) => {}
                Frame::Method(0, BLOCKED, fields) => {
                    self.blocked = Some(String::from_utf8_lossy(Fields(&fields).short()?).into_owned());
                }
                Frame::Method(from, method, fields) if from == channel && method == awaited => return Ok(fields),
                Frame::Method(0, CLOSE, fields) => return Err(SessionError::Closed(Close::read(&fields)?)),
                Frame::Method(from, CHANNEL_CLOSE, fields) if from == channel && channel != 0 => {
                    return Err(SessionError::ChannelClosed(Close::read(&fields)?));
                }
                Frame::Method(..) => return Err(SessionError::Unexpected("it is another method")),
            }
        }
        Err(SessionError::Unexpected("heartbeats without end"))
    }

    /// The rest of a frame of this type.
    async fn rest(&mut self, kind: u8) -> Result<Frame, SessionError> {
        let [high, low, a, b, c, d] = self.reader.array().await?;
        let channel = u16::from_be_bytes([high, low]);
        if !matches!(kind, METHOD | HEARTBEAT) {
            return Err(SessionError::Unexpected("a frame of a type that is not expected"));
        }
        let mut content = self.reader.body(u64::from(u32::from_be_bytes([a, b, c, d])), FRAME_LIMIT).await?;
        let [end] = self.reader.array().await?;
        if end != END {
            return Err(SessionError::Unexpected("a frame has another length than announced"));
        }
        if kind == HEARTBEAT {
            return Ok(Frame::Heartbeat);
        }
        let mut fields = Fields(&content);
        let method = (fields.u16()?, fields.u16()?);
        Ok(Frame::Method(channel, method, content.split_off(4)))
    }

    /// Confirms the reason that the server gave, so that it does not wait for that. Errors are ignored: it may be gone.
    pub(super) async fn confirm_close(&mut self) {
        drop(self.send(0, &method(CLOSE_OK, 0)).await);
    }

    /// Confirms that the server closed a channel.
    ///
    /// # Errors
    /// [`SessionError::Read`].
    pub(super) async fn confirm_channel_close(&mut self, channel: u16) -> Result<(), SessionError> {
        self.send(channel, &method(CHANNEL_CLOSE_OK, 0)).await
    }

    /// Closes the connection in good order and waits until the server confirms it.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn close(&mut self) -> Result<(), SessionError> {
        // The reply code of success; no method was the reason.
        let close = method(CLOSE, 16).bytes(&200_u16.to_be_bytes()).short("goodbye").bytes(&[0; 4]);
        self.call(0, &close, CLOSE_OK).await.map(drop)
    }
}

/// A method without fields; room for this many bytes of them.
pub(super) fn method((class, number): MethodId, room: usize) -> Built {
    Built::method(class, number, room)
}

/// What came.
enum Frame {
    /// The channel, the method, and its fields.
    Method(u16, MethodId, Bytes),
    Heartbeat,
}
