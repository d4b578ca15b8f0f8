//! The pace that a client must keep, seen from the stream: time for headers, for taking the answer, for being idle. It
//! only measures; the connection's driver ends what is too slow.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// From the connection's first moment, or the first byte of a later request, to the end of its headers.
const HEAD_LIMIT: Duration = Duration::from_secs(2);
/// From the request to the last byte of the answer taken by the kernel.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Between two requests: longer than the usual scrape interval of a minute. It also is what a request gets that began in
/// the same packet as the one before it; the cap on connections holds all the same.
const IDLE_LIMIT: Duration = Duration::from_secs(75);
/// From our end of the stream to the client's.
const CLOSE_LIMIT: Duration = Duration::from_millis(500);
/// How much is still read from a client that was told the end, so that closing does not wipe out the last answer.
const CLOSE_BYTES: usize = 64 * 1024;

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// The headers of a request.
    Head,
    /// The client to take the answer.
    RouteResponse,
    /// The next request.
    Idle,
    /// The client to close.
    Close,
}

impl Wait {
    const fn limit(self) -> Duration {
        match self {
            Self::Head => HEAD_LIMIT,
            Self::RouteResponse => ANSWER_LIMIT,
            Self::Idle => IDLE_LIMIT,
            Self::Close => CLOSE_LIMIT,
        }
    }
}

/// What one connection waits for, and since when; shared by the stream, the service and the driver.
#[derive(Debug, Clone)]
pub(super) struct Pace(Arc<Mutex<(Wait, Instant)>>);

impl Pace {
    /// The pace of a connection that was just accepted.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new((Wait::Head, Instant::now()))))
    }

    /// A request came in whole.
    pub(super) fn asked(&self) {
        self.change(|_| Some(Wait::RouteResponse));
    }

    /// When the client is too slow.
    pub(super) fn deadline(&self) -> Instant {
        let (wait, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since + wait.limit()
    }

    fn change(&self, next: impl FnOnce(Wait) -> Option<Wait>) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = next(now.0) {
            *now = (wait, Instant::now());
        }
    }
}

/// A stream that tells its pace. Closing it waits for the client's end, and throws away what still comes.
pub(super) struct Paced<S> {
    inner: S,
    pace: Pace,
    ended: bool,
    thrown_away: usize,
}

impl<S> Paced<S> {
    pub(super) const fn new(inner: S, pace: Pace) -> Self {
        Self { inner, pace, ended: false, thrown_away: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.pace.change(|wait| (wait == Wait::Idle).then_some(Wait::Head));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        self.pace.change(|wait| (wait == Wait::RouteResponse).then_some(Wait::Idle));
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ended {
            self.pace.change(|wait| (wait != Wait::Close).then_some(Wait::Close));
            ready!(Pin::new(&mut self.inner).poll_shutdown(cx))?;
            self.ended = true;
        }
        let mut bytes = [0; 1024];
        while self.thrown_away < CLOSE_BYTES {
            let mut rest = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut rest))?;
            match rest.filled().len() {
                0 => break,
                read => self.thrown_away += read,
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
