//! The one stream type. It counts and caps bytes, keeps the peer's first bytes, and remembers how the stream ended;
//! `net::stream_error` makes faults of that. What it must not do: judge.
//!
//! A socket parts from its peer as it deserves when it is dropped: abortively, so that no TIME_WAIT of ours stays,
//! unless a shutdown was requested. Then it goes to its attempt's [`ClosingSockets`], which wait for the
//! peer to close first.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::net::buffer_budget::{BufferBudget, OWN, Request, Reservation};
use crate::net::descriptors::Permitted;

/// How many of the peer's first bytes are kept.
pub const HEAD_LIMIT: usize = 64;
/// How many bytes are read from a peer unless a check says otherwise: 1 MiB of body and 64 KiB of headers.
pub const READ_LIMIT: u64 = 1024 * 1024 + 64 * 1024;

/// What a stream may make us buffer beyond its own share unless a check says otherwise: no protocol but HTTP keeps more
/// than 64 KiB.
const REST: u64 = 64 * 1024;

/// How much is read before others get their turn: one thread runs every check and answers the kubelet, and a peer that
/// floods must not keep the deadline from being noticed.
const TURN: u64 = 32 * 1024;

/// How long the kernel keeps what we sent and the peer has not acknowledged, after we closed the socket.
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(5);

/// How a stream ended, as far as we saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The peer closed in good order.
    Closed,
    /// The peer reset it.
    Reset,
    /// The peer sent more than the limit; we stopped reading.
    OverLimit,
    /// The peer was silent in the middle of much, and others needed the memory; we stopped reading.
    GivenUp,
}

/// What is remembered of a stream, also after it is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamStats {
    /// The first bytes that the peer sent, at most [`HEAD_LIMIT`].
    pub head: Vec<u8>,
    /// Bytes read.
    pub received: u64,
    /// Bytes written.
    pub sent: u64,
    /// How it ended.
    pub end: Option<End>,
    /// When it began: connected, or TLS was set up.
    pub opened: Option<Instant>,
    /// When bytes came last.
    pub last: Option<Instant>,
    /// When it ended.
    pub ended: Option<Instant>,
    /// Whether the peer had answered on the same connection before this stream began: in plain text before TLS, or in
    /// the handshake below.
    pub had_answer: bool,
}

impl StreamStats {
    /// Notes how it ended; the moment is that of the first sign.
    fn end_as(&mut self, end: End) {
        self.end = Some(end);
        self.ended.get_or_insert_with(Instant::now);
    }
}

/// A handle on what a stream saw; it outlives the stream.
#[derive(Debug, Clone, Default)]
pub struct StreamMonitor(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    seen: StreamStats,
    limit: u64,
    room: Room,
    /// What TLS found, or was told by the peer, when a read failed.
    tls_error: Option<rustls::Error>,
}

/// How much the stream may make us buffer.
#[derive(Debug)]
struct Room {
    /// Up to this many bytes it needs no room but its own.
    own: u64,
    /// What the rest takes at most.
    rest: u64,
    reservation: Option<Reservation>,
    is_awaited: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { own: OWN, rest: REST, reservation: None, is_awaited: false }
    }
}

impl StreamMonitor {
    fn opened_now() -> Self {
        let seen = StreamStats { opened: Some(Instant::now()), ..StreamStats::default() };
        Self(Arc::new(Mutex::new(Kept { seen, limit: READ_LIMIT, ..Kept::default() })))
    }

    /// What comes from here on takes at most this much memory; what came before takes none any more.
    pub fn set_rest(&self, bytes: u64) {
        self.kept(|Kept { seen, room, .. }| {
            *room = Room { own: seen.received.saturating_add(OWN), rest: bytes, ..Room::default() };
        });
    }

    /// What comes from here on is not buffered.
    pub fn set_unbuffered(&self) {
        self.kept(|kept| kept.room = Room { own: u64::MAX, ..Room::default() });
    }

    /// Whether it waits for memory that other checks hold.
    #[must_use]
    pub fn waits_for_room(&self) -> bool {
        self.kept(|kept| kept.room.is_awaited)
    }

    /// Whether it holds memory beyond its own.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.kept(|kept| kept.room.reservation.is_some())
    }

    /// What it must reserve before it reads on.
    fn lacking(&self) -> Option<u64> {
        self.kept(|Kept { seen, room, .. }| {
            let is_lacking = seen.received >= room.own && room.reservation.is_none();
            room.is_awaited = is_lacking;
            is_lacking.then_some(room.rest)
        })
    }

    fn take_room(&self, reservation: Reservation) {
        self.kept(|Kept { room, .. }| {
            room.is_awaited = false;
            room.reservation = Some(reservation);
        });
    }

    /// Notes that the peer is waited for.
    fn note_wait(&self, waker: &Waker) {
        self.kept(|kept| kept.room.reservation.iter().for_each(|reservation| reservation.waits(waker)));
    }

    /// Whether its memory is needed by others. Notes that it ends so.
    fn gives_up(&self) -> bool {
        self.kept(|Kept { seen, room, .. }| {
            let is_cut = room.reservation.as_ref().is_some_and(Reservation::is_cut);
            if is_cut {
                seen.end_as(End::GivenUp);
            }
            is_cut
        })
    }

    /// At most this many bytes are read from the peer, those that were read before included.
    pub fn set_limit(&self, bytes: u64) {
        self.kept(|kept| kept.limit = bytes);
    }

    /// The peer had answered on this connection before the stream began.
    pub fn note_earlier_answer(&self) {
        self.kept(|kept| kept.seen.had_answer = true);
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> StreamStats {
        self.kept(|kept| kept.seen.clone())
    }

    /// The error of TLS with which a read failed: for libraries that keep its words alone.
    #[must_use]
    pub fn tls_error(&self) -> Option<io::Error> {
        self.kept(|kept| kept.tls_error.clone()).map(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn kept<T>(&self, change: impl FnOnce(&mut Kept) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes what a write gave.
    fn note_write(&self, result: &io::Result<usize>) {
        self.kept(|Kept { seen, .. }| match result {
            Ok(written) => seen.sent += *written as u64,
            Err(error) => note_error(seen, error),
        });
    }

    /// Notes what a read gave; true where the peer has sent more than it may.
    fn note_read(&self, new: &[u8], had_room: bool, failed: Option<&io::Error>) -> bool {
        self.kept(|Kept { seen, limit, room: held, tls_error }| {
            let by_tls = failed.and_then(|error| error.get_ref()?.downcast_ref::<rustls::Error>());
            *tls_error = by_tls.cloned().or_else(|| tls_error.take());
            held.reservation.iter().for_each(Reservation::goes_on);
            let room = HEAD_LIMIT - seen.head.len();
            seen.head.extend_from_slice(&new[..new.len().min(room)]);
            seen.received += new.len() as u64;
            let over = seen.received > *limit;
            match failed {
                None if over => seen.end_as(End::OverLimit),
                None if !new.is_empty() => seen.last = Some(Instant::now()),
                None if had_room => seen.end_as(End::Closed),
                None => {}
                Some(error) => note_error(seen, error),
            }
            over
        })
    }
}

fn note_error(seen: &mut StreamStats, error: &io::Error) {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => seen.end_as(End::Reset),
        io::ErrorKind::UnexpectedEof => seen.end_as(End::Closed),
        _ => {}
    }
}

/// Takes the sockets with a requested shutdown: their attempt lets the peers close first.
#[derive(Debug, Clone, Default)]
pub struct ClosingSockets(Arc<Mutex<Vec<Permitted<TcpStream>>>>);

impl ClosingSockets {
    fn push(&self, stream: Permitted<TcpStream>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
    }

    /// The next one that still waits.
    pub(super) fn pop(&self) -> Option<Permitted<TcpStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// What can carry bytes: a socket, TLS over one, or a pipe in tests.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

enum Inner {
    Socket(Socket),
    Other(Box<dyn Stream>),
}

/// A connected socket. `stream` is there until it is dropped.
struct Socket {
    stream: Option<Permitted<TcpStream>>,
    monitor: StreamMonitor,
    shutdown_requested: bool,
    closing: ClosingSockets,
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        let seen = self.monitor.seen();
        let parts = self.shutdown_requested && seen.sent > 0 && seen.end.is_none();
        // Where the peer has closed already, the TIME_WAIT is its own. All others are aborted: dialling set them up so.
        if parts || seen.end == Some(End::Closed) {
            close_in_order(&stream);
        }
        if parts {
            self.closing.push(stream);
        }
    }
}

/// From now on closing it sends a FIN. The kernel tries to deliver what we leave behind for [`ORPHAN_TIMEOUT`], instead of
/// many minutes. Both may fail on a socket that is broken already.
fn close_in_order(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    drop(socket.set_tcp_user_timeout(Some(ORPHAN_TIMEOUT)));
    drop(socket.set_linger(None));
}

/// Closes a socket with a reset, which leaves nothing behind: for a peer that goes on sending. It may fail on a socket
/// that is broken already.
pub(super) fn abort(stream: Permitted<TcpStream>) {
    drop(SockRef::from(&*stream).set_linger(Some(Duration::ZERO)));
    drop(stream);
}

/// The one stream type.
pub struct Io {
    inner: Inner,
    monitor: StreamMonitor,
    /// Bytes read since others had their turn.
    turn: u64,
    /// Where its memory comes from beyond its own; without one it takes what it needs.
    buffers: Option<BufferBudget>,
    /// The wait for that memory.
    request: Option<Request>,
    /// The hash of the server's certificate for channel binding, under TLS.
    pub tls_server_end_point: Option<Vec<u8>>,
}

impl Io {
    /// A stream over a connected socket that is closed abortively unless told otherwise; `closing` takes it after a shutdown.
    #[must_use]
    pub fn tcp(stream: impl Into<Permitted<TcpStream>>, closing: ClosingSockets) -> Self {
        let monitor = StreamMonitor::opened_now();
        let socket =
            Socket { stream: Some(stream.into()), monitor: monitor.clone(), shutdown_requested: false, closing };
        Self::new(Inner::Socket(socket), monitor)
    }

    const fn new(inner: Inner, monitor: StreamMonitor) -> Self {
        Self { inner, monitor, turn: 0, buffers: None, request: None, tls_server_end_point: None }
    }

    /// A stream over anything: a TLS session, or a pipe in tests. Counters begin anew.
    #[must_use]
    pub fn over(stream: impl Stream + 'static) -> Self {
        Self::new(Inner::Other(Box::new(stream)), StreamMonitor::opened_now())
    }

    /// What it buffers beyond its own comes from this budget.
    #[must_use]
    pub fn within(mut self, buffers: Option<BufferBudget>) -> Self {
        self.buffers = buffers;
        self
    }

    /// The budget that it is within.
    #[must_use]
    pub fn buffers(&self) -> Option<BufferBudget> {
        self.buffers.clone()
    }

    /// Reads at most this many bytes from the peer.
    pub fn set_limit(&self, bytes: u64) {
        self.monitor.set_limit(bytes);
    }

    /// The handle on what this stream sees.
    #[must_use]
    pub fn monitor(&self) -> StreamMonitor {
        self.monitor.clone()
    }

    /// Waits for the memory that it needs to read on.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some((bytes, buffers)) = self.buffers.as_ref().and_then(|buffers| Some((self.monitor.lacking()?, buffers)))
        else {
            self.request = None;
            return Poll::Ready(());
        };
        let request = self.request.get_or_insert_with(|| buffers.reserve(bytes));
        let reservation = ready!(Pin::new(request).poll(cx));
        self.request = None;
        self.monitor.take_room(reservation);
        Poll::Ready(())
    }

    fn stream(&mut self) -> Pin<&mut dyn Stream> {
        match &mut self.inner {
            Inner::Socket(socket) => Pin::new(&mut **socket.stream.as_mut().expect("only drop takes it")),
            Inner::Other(stream) => Pin::new(stream),
        }
    }
}

impl AsyncRead for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.turn >= TURN {
            self.turn = 0;
            // It registers the wake-up behind everything that waits, timers included; once polled it has done so.
            let yielded = std::pin::pin!(tokio::task::yield_now()).poll(cx);
            return yielded.map(|()| Err(io::ErrorKind::Interrupted.into()));
        }
        ready!(self.poll_room(cx));
        if self.monitor.gives_up() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, "others need the memory")));
        }
        let before = buf.filled().len();
        let had_room = buf.remaining() > 0;
        let Poll::Ready(result) = self.stream().poll_read(cx, buf) else {
            self.monitor.note_wait(cx.waker());
            return Poll::Pending;
        };
        self.turn += (buf.filled().len() - before) as u64;
        let over = self.monitor.note_read(&buf.filled()[before..], had_room, result.as_ref().err());
        if over {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::FileTooLarge, "the answer exceeds the limit")));
        }
        Poll::Ready(result)
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = ready!(self.stream().poll_write(cx, buf));
        self.monitor.note_write(&result);
        Poll::Ready(result)
    }

    /// TLS hands over several records at once: its alert would be left behind if only the first one went out.
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = ready!(self.stream().poll_write_vectored(cx, bufs));
        self.monitor.note_write(&result);
        Poll::Ready(result)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Socket(socket) => socket.stream.as_ref().is_some_and(|stream| stream.is_write_vectored()),
            Inner::Other(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    /// The shutdown. On a socket it sends nothing: whoever sends the first FIN keeps the TIME_WAIT, and the protocol
    /// above has told the peer to close.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Socket(socket) => {
                socket.shutdown_requested = true;
                Poll::Ready(Ok(()))
            }
            Inner::Other(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests;
