//! One request and its answer over one stream, HTTP/1.1 or HTTP/2.
//!
//! hyper speaks. It ends a stream whose answer is complete with a shutdown, which our stream takes as the goodbye: the
//! peer closes first. Whatever hyper wants to run beside is owned by the exchange and ends with it.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{AGE, CONTENT_LENGTH, DATE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::rt::Executor;
use hyper::{Method, Response, Version};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::cause::Cause;
use crate::check::http::cookie::cookies;
use crate::check::http::encoding::{Packed, Unpacked, is_packed, unpack};
use crate::net::attempt::{Attempt, FAREWELL_BYTES};
use crate::net::buffer_budget::OWN;
use crate::net::io::{Io, StreamMonitor};
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::net::tls::Session;
use crate::outcome::{Detail, Fault, HttpDetail, PeerClock, Phase};

/// The most that is read of headers, in bytes.
pub(crate) const HEADERS_LIMIT: u32 = 64 * 1024;
/// What may come with a head: interim answers count as its own, and the buffer that it ends in may hold the start of the body.
pub(super) const HEAD_LIMIT: u64 = 2 * HEADERS_LIMIT as u64;
/// How many headers an answer may have.
const HEADERS_COUNT: usize = 512;
/// How much of a body may be in flight before we have read it: bounds what HTTP/2 keeps in memory.
const WINDOW: u32 = 64 * 1024;
/// How long hyper gets to say goodbye: it only writes one frame.
const GOODBYE: Duration = Duration::from_millis(100);

/// How long the start of a body is waited for, within half of the time that is left: it explains a status that is known.
const START_TIME: Duration = Duration::from_secs(1);

/// How much of a body is read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    /// Nothing: the head says all that is asked for.
    Nothing,
    /// At most this many bytes of what comes soon, to explain the status; whatever becomes of the body, there is an answer.
    Start(u64),
    /// All of it, at most this many bytes.
    Whole(u64),
    /// A stream of events, up to the first one for which this function holds, at most this many bytes.
    Event(u64, fn(&[u8]) -> bool),
}

/// An answer, read as far as was asked for.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// What follows the body, where all of it was read.
    pub(crate) trailers: HeaderMap,
    /// The body, unpacked where that is possible.
    pub(crate) body: Vec<u8>,
    /// Why it could not be unpacked.
    pub(crate) packed: Option<Packed>,
}

/// Sends a request and reads its answer, as much of the body as `extent` says of its head: phase `request`. The stream is
/// given up afterwards, with a goodbye unless it broke.
///
/// # Errors
/// `connection_closed`, `protocol_error`, `too_large`, or a TLS alert that came only now.
pub(crate) async fn exchange(
    attempt: &mut Attempt,
    io: Io,
    request: hyper::Request<Full<Bytes>>,
    extent: impl FnOnce(&Parts) -> Extent,
) -> Result<HttpResponse, Fault> {
    attempt.enter(Phase::Request);
    let wire = io.monitor();
    wire.set_limit(wire.seen().received + HEAD_LIMIT);
    let tasks = Tasks::default();
    let bodyless = request.method() == Method::HEAD;
    let version = request.version();
    let result = async {
        let sent = send(attempt, io, &tasks, request, Switching::Refused).await;
        let response = sent.map_err(|error| Broken::Hyper(error, Part::Head))?;
        note_head(attempt, &response)?;
        take(attempt, &wire, response, |head| if bodyless { Extent::Nothing } else { extent(head) }).await
    };
    let result = result.await;
    finish(attempt, &wire, &tasks, version, result).await
}

/// The same with two requests over one stream, in HTTP/1.1: `next` makes the second one of the first answer, or none.
pub(crate) async fn converse(
    attempt: &mut Attempt,
    io: Io,
    first: hyper::Request<Full<Bytes>>,
    extent: impl Fn(&Parts) -> Extent,
    next: impl FnOnce(&HttpResponse) -> Option<hyper::Request<Full<Bytes>>>,
) -> Result<(HttpResponse, Option<HttpResponse>), Fault> {
    attempt.enter(Phase::Request);
    let wire = io.monitor();
    let tasks = Tasks::default();
    let version = first.version();
    let result = async {
        let broken = |error| Broken::Hyper(error, Part::Head);
        attempt.facts().http_version = Some("HTTP/1.1");
        let (mut sender, connection) = http1_builder().handshake(TokioIo::new(io)).await.map_err(broken)?;
        tasks.run(async move { drop(connection.await) });
        let mut answers = Vec::new();
        let (mut request, mut next) = (Some(first), Some(next));
        while let Some(asked) = request.take() {
            wire.set_limit(wire.seen().received + HEAD_LIMIT);
            let began = Instant::now();
            sender.ready().await.map_err(broken)?;
            let response = sender.send_request(asked).await.map_err(broken)?;
            attempt.facts().first_byte = Some(began.elapsed());
            note_head(attempt, &response)?;
            let answer = take(attempt, &wire, response, &extent).await?;
            request = next.take().and_then(|next| next(&answer));
            answers.push(answer);
        }
        Ok(answers)
    };
    let result = result.await;
    let mut answers = finish(attempt, &wire, &tasks, version, result).await?.into_iter();
    let first = answers.next().expect("the first request was sent");
    Ok((first, answers.next()))
}

/// Reads as much of an answer as `extent` says of its head.
pub(super) async fn take(
    attempt: &mut Attempt,
    wire: &StreamMonitor,
    response: Response<Incoming>,
    extent: impl FnOnce(&Parts) -> Extent,
) -> Result<HttpResponse, Broken> {
    let (head, body) = response.into_parts();
    let extent = extent(&head);
    let (status, mut trailers) = (head.status.as_u16(), HeaderMap::new());
    let (Extent::Start(limit) | Extent::Whole(limit) | Extent::Event(limit, _)) = extent else {
        return Ok(HttpResponse { status, headers: head.headers, trailers, body: Vec::new(), packed: None });
    };
    // Twice the body leaves room for the framing; what counts is what is kept, and that is capped below.
    wire.set_limit(wire.seen().received + limit.saturating_mul(2) + HEAD_LIMIT);
    let length = announced(&head.headers).unwrap_or(limit).min(limit);
    // Packed or not, at most so much comes out.
    let unpacked = if is_packed(&head.headers) { limit } else { 0 };
    wire.set_rest(length.saturating_add(unpacked).saturating_add(HEADERS_LIMIT.into()));
    let (body, is_start) = match extent {
        Extent::Start(limit) => read_start(attempt, body, limit).await,
        Extent::Nothing | Extent::Whole(_) => {
            (read_body(wire, &head.headers, body, limit, &mut trailers, &mut |_| false).await?, false)
        }
        Extent::Event(_, is_it) => {
            let mut events = Events::default();
            let mut has_it = |body: &[u8]| events.any(body, is_it);
            (read_body(wire, &head.headers, body, limit, &mut trailers, &mut has_it).await?, false)
        }
    };
    attempt.facts().body_bytes = Some(body.len() as u64);
    // A small body may still unpack to a large one.
    let _room = match wire.has_room() || unpacked == 0 {
        true => None,
        false => Some(attempt.world().buffers.reserve(unpacked).await),
    };
    let (body, packed) = match unpack(&head.headers, body, limit, is_start).await {
        Unpacked::Plain(body) => (body, None),
        Unpacked::Packed(body, packed) => (body, Some(packed)),
        Unpacked::TooLarge => return Err(Broken::TooLarge(limit, None)),
    };
    Ok(HttpResponse { status, headers: head.headers, trailers, body, packed })
}

/// Ends what runs beside the exchange: with a goodbye, or at once where it broke.
pub(super) async fn finish<T>(
    attempt: &Attempt,
    wire: &StreamMonitor,
    tasks: &Tasks,
    version: Version,
    result: Result<T, Broken>,
) -> Result<T, Fault> {
    match result {
        Ok(answer) => {
            wire.set_limit(wire.seen().received + FAREWELL_BYTES);
            tasks.end().await;
            Ok(answer)
        }
        Err(broken) => {
            let fault = tell(attempt, wire, version, broken);
            tasks.stop().await;
            Err(fault)
        }
    }
}

/// Whether the stream may be taken over by another protocol.
#[derive(Debug, Clone, Copy)]
pub(super) enum Switching {
    Allowed,
    Refused,
}

/// Sends it; gives the answer as soon as its head is there.
pub(super) async fn send(
    attempt: &mut Attempt,
    io: Io,
    tasks: &Tasks,
    request: hyper::Request<Full<Bytes>>,
    switching: Switching,
) -> hyper::Result<Response<Incoming>> {
    let began = Instant::now();
    let io = TokioIo::new(io);
    let response = if request.version() == Version::HTTP_2 {
        attempt.facts().http_version = Some("HTTP/2");
        let mut builder = http2::Builder::new(tasks.executor());
        builder
            .max_header_list_size(HEADERS_LIMIT)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW);
        let (mut sender, connection) = builder.handshake(io).await?;
        tasks.run(async move { drop(connection.await) });
        sender.send_request(request).await?
    } else {
        attempt.facts().http_version = Some("HTTP/1.1");
        let (mut sender, connection) = http1_builder().handshake(io).await?;
        match switching {
            Switching::Allowed => tasks.run(async move { drop(connection.with_upgrades().await) }),
            Switching::Refused => tasks.run(async move { drop(connection.await) }),
        }
        sender.send_request(request).await?
    };
    attempt.facts().first_byte = Some(began.elapsed());
    Ok(response)
}

fn http1_builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_headers(HEADERS_COUNT).max_buf_size(HEADERS_LIMIT as usize);
    builder
}

/// What the head tells is a fact, whatever becomes of the body. hyper's own limit counts what it has read at once, not
/// the headers.
pub(super) fn note_head(attempt: &mut Attempt, response: &Response<Incoming>) -> Result<(), Broken> {
    let facts = attempt.facts();
    facts.status_code = Some(response.status().as_u16());
    facts.peer_clock = peer_clock(response.headers(), facts.first_byte.unwrap_or_default(), SystemTime::now());
    facts.cookies = cookies(response.headers());
    if response.version() == Version::HTTP_10 {
        facts.http_version = Some("HTTP/1.0");
    }
    let length: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if length > HEADERS_LIMIT as usize { Err(Broken::HeadersTooLarge) } else { Ok(()) }
}

/// The peer's clock by its `Date`, compared with ours at `now`; the answer took `took`. A cache says how old the date is.
fn peer_clock(headers: &HeaderMap, took: Duration, now: SystemTime) -> Option<PeerClock> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let date = unix(httpdate::parse_http_date(text(DATE)?.trim()).ok()?);
    // RFC 9111, 5.1. What is there and cannot be read may be anything.
    let age = text(AGE).map_or(Ok(0), |age| age.trim().parse::<i64>()).ok()?;
    // The date has whole seconds, and was written at some moment between our request and the answer.
    let took = i64::try_from(took.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
    let ahead = date.saturating_add(age).saturating_sub(unix(now));
    // Not every cache says how old its answer is: X-Cache: HIT, CF-Cache-Status: HIT.
    let hit = |(name, value): (&HeaderName, &HeaderValue)| {
        name.as_str().contains("cache") && value.as_bytes().windows(3).any(|word| word.eq_ignore_ascii_case(b"hit"))
    };
    if ahead < 0 && headers.iter().any(hit) {
        return None;
    }
    Some(PeerClock { date, ahead: if ahead < 0 { ahead.saturating_add(took).min(0) } else { ahead } })
}

fn unix(at: SystemTime) -> i64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Which part of an answer it was.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Head,
    Body,
}

impl Part {
    fn awaited(self, version: Version) -> Expected {
        let what = match self {
            Self::Head if version == Version::HTTP_2 => "an HTTP/2 answer",
            Self::Head => "an HTTP answer",
            Self::Body => "the body of the answer",
        };
        let protocol = if version == Version::HTTP_2 { Protocol::Http2 } else { Protocol::Http };
        Expected { what, protocol: Some(protocol) }
    }
}

/// Why there is no answer.
pub(super) enum Broken {
    Hyper(hyper::Error, Part),
    HeadersTooLarge,
    /// The stream that was switched is not the one that was handed over.
    OtherStream,
    /// The body is over the limit; how long it says it is, if it does.
    TooLarge(u64, Option<u64>),
}

async fn read_body(
    wire: &StreamMonitor,
    headers: &HeaderMap,
    mut body: Incoming,
    limit: u64,
    trailers: &mut HeaderMap,
    is_enough: &mut (dyn FnMut(&[u8]) -> bool + Send),
) -> Result<Vec<u8>, Broken> {
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit) {
        return Err(Broken::TooLarge(limit, announced));
    }
    let length = usize::try_from(announced.unwrap_or(limit)).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = match frame.map_err(|error| Broken::Hyper(error, Part::Body))?.into_data() {
            Ok(data) => data,
            Err(frame) => {
                trailers.extend(frame.into_trailers().unwrap_or_default());
                continue;
            }
        };
        if (bytes.len() + data.len()) as u64 > limit {
            return Err(Broken::TooLarge(limit, None));
        }
        if bytes.len() + data.len() > OWN as usize && wire.has_room() {
            // Once and for all: growing by doubling would take up to twice as much, and more while it is moved.
            bytes.reserve_exact(length.saturating_sub(bytes.len()).max(data.len()));
        }
        bytes.extend_from_slice(&data);
        if is_enough(&bytes) {
            break;
        }
    }
    Ok(bytes)
}

/// What is shorter is no event that anybody looks for, in bytes.
const SHORTEST: usize = 16;

/// Events of a stream that grows, each looked at once: they end with an empty line.
#[derive(Default)]
struct Events {
    /// Where the one that is not complete starts.
    start: usize,
    /// Up to where its end was looked for.
    seen: usize,
}

impl Events {
    /// Whether `is_it` holds for one that is now complete.
    fn any(&mut self, stream: &[u8], is_it: fn(&[u8]) -> bool) -> bool {
        while let Some(byte) = stream.get(self.seen) {
            self.seen += 1;
            let line = &stream[self.start..self.seen];
            let ends = [&b"\n\n"[..], b"\r\r", b"\n\r\n"].iter().any(|end| line.ends_with(end));
            if ends && matches!(byte, b'\n' | b'\r') {
                let event = std::mem::replace(&mut self.start, self.seen);
                if self.seen - event > SHORTEST && is_it(&stream[event..self.seen]) {
                    return true;
                }
            }
        }
        false
    }
}

/// How long the body is said to be.
fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.trim().parse().ok())
}

/// What comes of a body within a moment, and whether that is only its start.
async fn read_start(attempt: &Attempt, mut body: Incoming, limit: u64) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let left = attempt.deadline().saturating_duration_since(Instant::now());
    let ended = timeout(START_TIME.min(left / 2), async {
        loop {
            let data = match body.frame().await {
                None => return true,
                Some(Err(_)) => return false,
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            let room = usize::try_from(limit).unwrap_or(usize::MAX) - bytes.len();
            bytes.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() >= room {
                return false;
            }
        }
    });
    let ended = ended.await.unwrap_or(false);
    (bytes, !ended)
}

fn tell(attempt: &Attempt, wire: &StreamMonitor, version: Version, broken: Broken) -> Fault {
    let (error, part) = match broken {
        Broken::TooLarge(limit, Some(announced)) => {
            let message = format!("the body is announced with {announced} bytes, over the limit of {limit}");
            return attempt.fault(Cause::TooLarge, message).with(Detail::Http(HttpDetail::BodyTooLarge));
        }
        Broken::TooLarge(limit, None) => {
            let fault = attempt.fault(Cause::TooLarge, format!("the body is over the limit of {limit} bytes"));
            return fault.with(Detail::Http(HttpDetail::BodyTooLarge));
        }
        Broken::HeadersTooLarge => return attempt.fault(Cause::TooLarge, headers_too_large()),
        Broken::OtherStream => return attempt.fault(Cause::Internal, "the switched stream is another one"),
        Broken::Hyper(error, part) => (error, part),
    };
    // A server of TLS 1.3 refuses our certificate only now, and h2 keeps no more than the words of that.
    let by_tls = |session: &Session| session.fault(&error).or_else(|| session.fault(&wire.tls_error()?));
    if let Some(fault) = attempt.tls().and_then(by_tls) {
        return fault;
    }
    let seen = wire.seen();
    if recognise(&seen.head) == Some(Protocol::Tls) {
        let message = "the peer answered with a TLS record: the port requires TLS, but the request was plain HTTP";
        let fault = Fault::new(Phase::Tls, Cause::TlsUnsupported, message);
        return fault.with(Detail::Http(HttpDetail::WantsTls));
    }
    let two = Http2Error::of(&error);
    if matches!(part, Part::Head) && is_head_too_large(&error, two, seen.received) {
        return attempt.fault(Cause::TooLarge, headers_too_large());
    }
    if let Some(two) = two.filter(|two| two.0.is_remote()) {
        return attempt.fault(Cause::ConnectionClosed, format!("the peer ended the HTTP/2 stream: {two}"));
    }
    let fault = |trouble: StreamError<'_>| attempt.stream_error(trouble, part.awaited(version));
    let bad_framing = |fault: Fault| match fault.cause {
        Cause::ProtocolError => fault.with(Detail::Http(HttpDetail::BadFraming)),
        _ => fault,
    };
    let fault = match two {
        Some(two) => fault(StreamError::Unexpected(&two.to_string())),
        // h2 says no more than that its connection broke.
        None if error.is_incomplete_message()
            || error.is_closed()
            || error.is_canceled()
            || version == Version::HTTP_2 && seen.end.is_some() =>
        {
            fault(StreamError::Ended)
        }
        // hyper's own words for it are fixed ones. Behind a right version and status it is a header that is wrong.
        None if error.is_parse() => {
            let fault = fault(StreamError::Unexpected(&error.to_string()));
            let is_header = seen.head.starts_with(b"HTTP/1.") && !error.is_parse_status();
            if is_header { bad_framing(fault) } else { fault }
        }
        None => match StreamError::of(&error) {
            // hyper's own error, dressed as the socket's.
            StreamError::Failed(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidData) => {
                bad_framing(fault(StreamError::Unexpected("its framing is broken")))
            }
            trouble => fault(trouble),
        },
    };
    match (part, fault.cause) {
        (Part::Body, Cause::ConnectionClosed) => fault.with(Detail::Http(HttpDetail::BodyCut)),
        _ => fault,
    }
}

/// What h2 found itself, or the peer told it by RST_STREAM or GOAWAY; the trouble may also lie below h2.
#[derive(Clone, Copy)]
struct Http2Error<'a>(&'a h2::Error);

impl<'a> Http2Error<'a> {
    fn of(error: &'a hyper::Error) -> Option<Self> {
        let error: &h2::Error = std::error::Error::source(error)?.downcast_ref()?;
        (error.is_remote() || error.is_library()).then_some(Self(error))
    }
}

/// As h2 says it, without what a peer may have added.
impl std::fmt::Display for Http2Error<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let what = if self.0.is_go_away() { "connection" } else { "stream" };
        let how = if self.0.is_remote() { "received" } else { "detected" };
        let reason = self.0.reason().unwrap_or(h2::Reason::NO_ERROR);
        write!(f, "{what} error {how}: {reason}")
    }
}

/// hyper tells it under HTTP/1; h2 calls it a protocol error like any other, so that what has come so far must decide.
fn is_head_too_large(error: &hyper::Error, two: Option<Http2Error<'_>>, received: u64) -> bool {
    error.is_parse_too_large() || two.is_some_and(|two| two.0.is_library() && received > u64::from(HEADERS_LIMIT) / 4)
}

fn headers_too_large() -> String {
    format!("the headers are over the limit of {HEADERS_LIMIT} bytes or {HEADERS_COUNT} lines")
}

/// What hyper runs beside the exchange; all of it is aborted when this is dropped.
#[derive(Default)]
pub(super) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    fn run(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).spawn(future);
    }

    /// hyper keeps it inside of what it spawns: a strong one would keep itself alive.
    fn executor(&self) -> Spawner {
        Spawner(Arc::downgrade(&self.0))
    }

    /// Lets them say goodbye; the request and the answer are gone by now, so that they have nothing else to do.
    async fn end(&self) {
        let mut tasks = self.take();
        drop(timeout(GOODBYE, async { while tasks.join_next().await.is_some() {} }).await);
    }

    /// Ends them at once.
    async fn stop(&self) {
        self.take().shutdown().await;
    }

    fn take(&self) -> JoinSet<()> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Clone)]
struct Spawner(Weak<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Spawner {
    fn execute(&self, future: F) {
        if let Some(tasks) = self.0.upgrade() {
            tasks.lock().unwrap_or_else(PoisonError::into_inner).spawn(future);
        }
    }
}

#[cfg(test)]
mod tests;
