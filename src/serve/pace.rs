//! The pace that a client must keep, seen from the stream: time for headers, for taking the answer, for being idle; and
//! its standing, where one connection has to go. It only measures; the connection's driver ends what is too slow.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

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
/// For how long a connection without an answer counts as new.
const NEW_LIMIT: Duration = Duration::from_millis(500);
/// Who asks more often than this within [`ASKED_WITHIN`] is greedy, and stays so for as long.
const ASKED_LIMIT: u32 = 64;
/// See [`ASKED_LIMIT`].
const ASKED_WITHIN: Duration = Duration::from_secs(1);
/// How long a greedy client waits for each answer: 128 of them together get about as much as they may ask for without.
const GREEDY_PAUSE: Duration = Duration::from_millis(20);

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

/// How a connection stands where one has to go: the first kind goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// It asks without end.
    Greedy,
    /// It has had an answer: its client can come again.
    Answered,
    /// It has had no answer, and takes its time.
    Slow,
    /// It has just come.
    New,
}

/// What one connection waits for, and since when; shared by the stream, the service, the driver and the queue of
/// connections.
#[derive(Debug, Clone)]
pub(super) struct Pace(Arc<Mutex<Record>>);

#[derive(Debug)]
struct Record {
    wait: Wait,
    since: Instant,
    answered: bool,
    /// The requests since that moment.
    asked: (u32, Instant),
    greedy_until: Option<Instant>,
}

impl Record {
    fn wait_for(&mut self, wait: Wait) {
        self.wait = wait;
        self.since = Instant::now();
    }
}

impl Pace {
    /// The pace of a connection that was just accepted.
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let record = Record { wait: Wait::Head, since: now, answered: false, asked: (0, now), greedy_until: None };
        Self(Arc::new(Mutex::new(record)))
    }

    /// A request came in whole.
    pub(super) fn asked(&self) {
        self.with(|record| {
            // Whoever asks again has had an answer, or does not wait for it.
            record.answered |= record.wait != Wait::Head;
            record.wait_for(Wait::RouteResponse);
            let (count, from) = record.asked;
            let is_over = record.since.saturating_duration_since(from) > ASKED_WITHIN;
            record.asked = if is_over { (1, record.since) } else { (count.saturating_add(1), from) };
            if record.asked.0 > ASKED_LIMIT {
                record.greedy_until = Some(record.since + ASKED_WITHIN);
            }
        });
    }

    /// Lets others go first: new connections where the client has asked before, and everyone for a while where it is greedy.
    pub(super) async fn yield_to_others(&self) {
        if self.standing(Instant::now()).0 == Standing::Greedy {
            sleep(GREEDY_PAUSE).await;
        } else if self.with(|record| record.asked.0) > 1 {
            yield_now().await;
        }
    }

    /// The answer to a request begins: the client's time to take it does, too.
    pub(super) fn answering(&self) {
        self.with(|record| record.wait_for(Wait::RouteResponse));
    }

    /// All that was to be sent is sent.
    pub(super) fn answered(&self) {
        self.with(|record| {
            if record.wait == Wait::RouteResponse {
                record.answered = true;
                record.wait_for(Wait::Idle);
            }
        });
    }

    /// When the client is too slow.
    pub(super) fn deadline(&self) -> Instant {
        self.with(|record| record.since + record.wait.limit())
    }

    /// How it stands, and since when.
    pub(super) fn standing(&self, now: Instant) -> (Standing, Instant) {
        self.with(|record| {
            let standing = if record.greedy_until.is_some_and(|until| now < until) {
                Standing::Greedy
            } else if record.answered {
                Standing::Answered
            } else if now.saturating_duration_since(record.since) > NEW_LIMIT {
                Standing::Slow
            } else {
                Standing::New
            };
            (standing, record.since)
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
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
            self.pace.with(|record| {
                if record.wait == Wait::Idle {
                    record.wait_for(Wait::Head);
                }
            });
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
        self.pace.answered();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ended {
            self.pace.with(|record| {
                if record.wait != Wait::Close {
                    record.answered = true;
                    record.wait_for(Wait::Close);
                }
            });
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
