//! Packets of the MySQL protocol over any stream: a length, a number in the sequence, and the content. Every one is bounded.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::errors::ServerError;
use super::fields::{Fields, Truncated};
use crate::check::reader::{ReadError, Reader};

/// The maximum size of a packet in bytes.
const PACKET_LIMIT: usize = 64 * 1024;
/// The maximum size of a greeting; a peer of another protocol announces more.
const GREETING_LIMIT: u64 = 1024;

/// Why a conversation ended early.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The server answered with an error.
    Server(ServerError),
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something that is no valid answer: what is wrong with it.
    Unexpected(String),
    /// pilotfish cannot, or must not, go on, although the app may: the code of the hint, and what was observed.
    Limit(&'static str, String),
    /// The server sends more than a probe needs.
    TooMuch(&'static str),
}

impl From<ReadError> for SessionError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Truncated> for SessionError {
    fn from(_: Truncated) -> Self {
        Self::Unexpected("a packet ends too early".to_owned())
    }
}

/// A stream of packets.
#[derive(Debug)]
pub(super) struct Packets<S> {
    reader: Reader<S>,
    /// The number of the next packet, ours or the server's.
    sequence: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Packets<S> {
    /// Sends nothing.
    pub(super) fn new(stream: S) -> Self {
        Self { reader: Reader::new(stream), sequence: 0 }
    }

    /// The same conversation over the stream that TLS made of the former one.
    pub(super) fn resume<T: AsyncRead + AsyncWrite + Unpin>(stream: T, sequence: u8) -> Packets<T> {
        Packets { reader: Reader::new(stream), sequence }
    }

    /// The stream, and the number of the next packet.
    pub(super) fn into_parts(self) -> (S, u8) {
        (self.reader.into_stream(), self.sequence)
    }

    /// The stream, for the caller to close.
    pub(super) fn into_stream(self) -> S {
        self.reader.into_stream()
    }

    /// Whether nothing came behind the last packet so far.
    pub(super) fn is_drained(&self) -> bool {
        self.reader.is_drained()
    }

    /// The first packet of the server, which speaks first. A peer of another protocol is known by its first four bytes.
    ///
    /// # Errors
    /// [`SessionError::Read`] and [`SessionError::Unexpected`].
    pub(super) async fn first(&mut self) -> Result<Bytes, SessionError> {
        let [low, middle, high, sequence] = self.reader.array().await?;
        let length = u64::from(u32::from_le_bytes([low, middle, high, 0]));
        if sequence != 0 || !(1..=GREETING_LIMIT).contains(&length) {
            return Err(SessionError::Unexpected("it does not start like a greeting".to_owned()));
        }
        self.sequence = 1;
        Ok(self.reader.body(length, PACKET_LIMIT).await?)
    }

    /// The next packet of the server.
    ///
    /// # Errors
    /// [`SessionError::Read`] and [`SessionError::Unexpected`].
    pub(super) async fn read(&mut self) -> Result<Bytes, SessionError> {
        let [low, middle, high, sequence] = self.reader.array().await?;
        if sequence != self.sequence {
            return Err(SessionError::Unexpected("a packet is out of sequence".to_owned()));
        }
        self.sequence = self.sequence.wrapping_add(1);
        let length = u64::from(u32::from_le_bytes([low, middle, high, 0]));
        Ok(self.reader.body(length, PACKET_LIMIT).await?)
    }

    /// Sends a packet, which may contain a password.
    ///
    /// # Errors
    /// [`SessionError::Read`], and [`SessionError::Limit`] for content that no packet takes.
    pub(super) async fn send(&mut self, content: &[u8]) -> Result<(), SessionError> {
        let length = u32::try_from(content.len()).ok().filter(|length| *length < 0x00ff_ffff);
        let Some(length) = length else {
            return Err(SessionError::Limit("too_long", "what is to be sent does not fit into one packet".to_owned()));
        };
        let [low, middle, high, _] = length.to_le_bytes();
        let mut packet = Zeroizing::new(Vec::with_capacity(content.len() + 4));
        packet.extend_from_slice(&[low, middle, high, self.sequence]);
        packet.extend_from_slice(content);
        self.sequence = self.sequence.wrapping_add(1);
        Ok(self.reader.send(&packet).await?)
    }

    /// Sends a command, with which a new sequence starts.
    ///
    /// # Errors
    /// As [`Packets::send`].
    pub(super) async fn command(&mut self, command: u8, argument: &[u8]) -> Result<(), SessionError> {
        self.sequence = 0;
        let content = Zeroizing::new([&[command][..], argument].concat());
        self.send(&content).await
    }
}

/// The error that a packet holds, if it is one.
pub(super) fn error_in(packet: &[u8]) -> Option<ServerError> {
    let (kind, rest) = packet.split_first()?;
    if *kind != 0xff {
        return None;
    }
    let mut fields = Fields(rest);
    let code = fields.u16().ok()?;
    // Before the login there is no SQLSTATE.
    let text = match fields.0 {
        [b'#', _, _, _, _, _, text @ ..] => text,
        text => text,
    };
    Some(ServerError::new(code, &String::from_utf8_lossy(text)))
}
