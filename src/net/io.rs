//! The one stream type. It counts and caps bytes, keeps the peer's first bytes, and remembers how the stream ended, so
//! that `too_large`, `connection_closed` and `protocol_error` are told apart here, once.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many of the peer's first bytes are kept.
pub const HEAD_LIMIT: usize = 64;
/// How many bytes are read from a peer unless a check says otherwise: 1 MiB of body and 64 KiB of headers.
pub const READ_LIMIT: u64 = 1024 * 1024 + 64 * 1024;

/// How a stream ended, as far as we saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The peer closed in good order.
    Closed,
    /// The peer reset it.
    Reset,
    /// The peer sent more than the limit; we stopped reading.
    OverLimit,
}

/// What is remembered of a stream, also after it is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The first bytes that the peer sent, at most [`HEAD_LIMIT`].
    pub head: Vec<u8>,
    /// Bytes read.
    pub received: u64,
    /// Bytes written.
    pub sent: u64,
    /// How it ended.
    pub end: Option<End>,
}

/// A handle on what a stream saw; it outlives the stream.
#[derive(Debug, Clone, Default)]
pub struct Wire(Arc<Mutex<Seen>>);

impl Wire {
    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// What a peer speaks that began with these bytes, where it is one of the usual protocols of plain text.
#[must_use]
pub fn speaks(head: &[u8]) -> Option<&'static str> {
    let begins = |texts: &[&str]| texts.iter().any(|text| head.starts_with(text.as_bytes()));
    // MySQL greets with a packet of number 0 and protocol version 10; its length comes first, little end first.
    if matches!(head, [_, _, 0, 0, 10 | 9 | 0xff, ..]) {
        return Some("MySQL");
    }
    // PostgreSQL answers with a message of this kind and a length of four bytes; to an SSLRequest with one byte.
    if matches!(head, [b'E' | b'R' | b'N', 0, 0, _, _, ..] | [b'N' | b'S']) {
        return Some("PostgreSQL");
    }
    match () {
        () if begins(&["HTTP/"]) => Some("HTTP"),
        () if begins(&["<html", "<HTML", "<!DOC", "<!doc"]) => Some("HTTP"),
        () if begins(&["SSH-"]) => Some("SSH"),
        () if begins(&["220 ", "220-", "421 ", "554 ", "500 ", "501 ", "502 "]) => Some("SMTP or FTP"),
        () if begins(&["-ERR ", "-NOAUTH", "-DENIED", "-LOADING", "+PONG", "+OK"]) => Some("Redis"),
        () if begins(&["AMQP"]) => Some("AMQP"),
        () if begins(&["INFO {"]) => Some("NATS"),
        () if begins(&["* OK"]) => Some("IMAP"),
        () if begins(&["RFB "]) => Some("VNC"),
        () => None,
    }
}

/// What can carry bytes: a socket, TLS over one, or a pipe in tests.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The one stream type.
pub struct Io {
    inner: Box<dyn Stream>,
    wire: Wire,
    limit: u64,
    /// The hash of the server's certificate for channel binding, under TLS.
    pub tls_server_end_point: Option<Vec<u8>>,
}

impl Io {
    /// A stream over a connected socket.
    #[must_use]
    pub fn tcp(stream: TcpStream) -> Self {
        Self::over(stream)
    }

    /// A stream over anything: a TLS session, or a pipe in tests. Counters begin anew.
    #[must_use]
    pub fn over(stream: impl Stream + 'static) -> Self {
        Self { inner: Box::new(stream), wire: Wire::default(), limit: READ_LIMIT, tls_server_end_point: None }
    }

    /// Reads at most this many bytes from the peer.
    pub fn set_limit(&mut self, bytes: u64) {
        self.limit = bytes;
    }

    /// The handle on what this stream sees.
    #[must_use]
    pub fn wire(&self) -> Wire {
        self.wire.clone()
    }
}

impl AsyncRead for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = ready!(Pin::new(&mut self.inner).poll_read(cx, buf));
        let new = &buf.filled()[before..];
        let mut over = false;
        let limit = self.limit;
        self.wire.note(|seen| {
            let room = HEAD_LIMIT - seen.head.len();
            seen.head.extend_from_slice(&new[..new.len().min(room)]);
            seen.received += new.len() as u64;
            over = seen.received > limit;
            match &result {
                Ok(()) if over => seen.end = Some(End::OverLimit),
                Ok(()) if new.is_empty() && buf.remaining() > 0 => seen.end = Some(End::Closed),
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => seen.end = Some(End::Reset),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => seen.end = Some(End::Closed),
                Err(_) => {}
            }
        });
        if over {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, "the answer is over the limit")));
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = ready!(Pin::new(&mut self.inner).poll_write(cx, buf));
        if let Ok(written) = &result {
            let written = *written as u64;
            self.wire.note(|seen| seen.sent += written);
        }
        Poll::Ready(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
