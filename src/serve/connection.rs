//! One connection: TLS where it is on, HTTP/1 by hyper, answers by [`routes`], and an end to what is too slow.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::access::{self, Access, Caller};
use super::body::{Answer, AnswerBody};
use super::handshakes::Handshakes;
use super::pace::{Pace, Paced};
use super::page;
use super::routes::{self, Question, RouteResponse, Surface};
use super::same_secret::Exchanges;
use super::slots::{self, ConnectionSlot};
use super::tls;
use crate::config::plan::ServeOptions;
use crate::env::Env;
use crate::metrics::Process;
use crate::proof::wire::{Refusal, Reply};
use crate::proof::{self, Held};
use crate::retry::{RetryRequest, retry};
use crate::state::Snapshot;

/// Request line and headers of one request, in bytes; more is answered with 431.
const HEAD_BYTES: usize = 16 * 1024;
/// Headers of one request; more is answered with 431.
const HEADERS: usize = 64;
/// How long the body of a request may take.
const BODY_LIMIT: Duration = Duration::from_secs(2);

/// What every connection of one listener shares.
pub(super) struct ListenerContext {
    pub(super) surface: Surface,
    pub(super) tls: Option<tls::Keeper>,
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(super) options: watch::Receiver<Arc<ServeOptions>>,
    pub(super) retries: mpsc::Sender<RetryRequest>,
    pub(super) env: Arc<dyn Env>,
    /// The turn for an answer that takes long to write, and for each of its pieces.
    pub(super) turns: Arc<Mutex<()>>,
    /// The turn for a TLS handshake.
    pub(super) handshakes: Handshakes,
    /// The proofs of secrets that are under way.
    pub(super) exchanges: Exchanges,
}

impl ListenerContext {
    /// The answer. Long ones are begun one at a time, with a breath between two: whoever asks for many of them, without
    /// reading, keeps the kubelet waiting for one piece of one of them alone.
    async fn answer_in_turn(&self, request: &mut Request<Incoming>, caller: Caller) -> Response<AnswerBody> {
        let options = Arc::clone(&self.options.borrow());
        if routes::asks_for_proof(self.surface, request.uri().path(), &options.held) {
            return self.prove(request, &options.held).await;
        }
        if let Some(name) = routes::retried(self.surface, request.method().as_str(), request.uri().path()) {
            let trusted = access::from_this_pod(caller, request.uri(), request.headers())
                && !request.headers().contains_key(header::ORIGIN);
            let outcome = if trusted { Some(retry(&self.retries, name).await) } else { None };
            return self.response(routes::retry_answer(name, outcome), false);
        }
        if !routes::is_long(request.uri().path()) {
            return self.answer(request, caller);
        }
        let _turn = self.turns.lock().await;
        yield_now().await;
        self.answer(request, caller)
    }

    /// A step of the proof of a secret. It takes a fraction of a millisecond: steps are made one at a time, too.
    async fn prove(&self, request: &mut Request<Incoming>, held: &[Held]) -> Response<AnswerBody> {
        if request.method() != "POST" {
            return self.response(routes::only_post(), request.method() == "HEAD");
        }
        // No page in a browser spends what may be asked.
        let is_page = request.headers().contains_key(header::ORIGIN);
        let sent = timeout(BODY_LIMIT, read(request.body_mut())).await.ok().flatten().filter(|_| !is_page);
        let _turn = self.turns.lock().await;
        yield_now().await;
        let reply = sent.map_or(Reply::Refused(Refusal::Invalid), |sent| {
            self.exchanges.answer(held, &*self.env, &sent, Instant::now())
        });
        self.response(routes::proof_answer(&reply), false)
    }

    fn answer(&self, request: &Request<Incoming>, caller: Caller) -> Response<AnswerBody> {
        let options = Arc::clone(&self.options.borrow());
        let access = self.access(request, caller, &options);
        let uri = request.uri();
        let method = request.method().as_str();
        let wants_page = page::is_wanted(request.headers());
        let (path, query) = (uri.path(), uri.query());
        let question = Question { method, path, query, wants_page, surface: self.surface, access };
        let snapshot = Arc::clone(&self.snapshots.borrow());
        self.response(routes::answer(&question, &snapshot, Instant::now(), Process::read), method == "HEAD")
    }

    fn response(&self, answer: RouteResponse, head: bool) -> Response<AnswerBody> {
        let turns = Arc::clone(&self.turns);
        let length = match &answer.body {
            Answer::Text(text) => Some(text.len()),
            Answer::Pieces(..) => None,
        };
        let body = if head { AnswerBody::empty(turns) } else { AnswerBody::new(answer.body, turns) };
        let mut response = Response::new(body);
        *response.status_mut() = answer.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.media_type));
        if let Some(length) = length {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some((name, value)) = answer.extra {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn access(&self, request: &Request<Incoming>, caller: Caller, options: &ServeOptions) -> Access {
        let presented = access::presented(request.headers());
        let token = options.bearer_token.as_ref().map(|token| {
            // Read only where one is presented, and then each time: a rotated file counts at once.
            presented.is_some_and(|presented| access::token_matches(presented, token, &*self.env))
        });
        Access::new(token, options.full_detail || access::from_this_pod(caller, request.uri(), request.headers()))
    }
}

/// The body of a request; `None` where it is too long, or breaks off.
async fn read(body: &mut Incoming) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let data = frame.ok()?.into_data().unwrap_or_default();
        if bytes.len() + data.len() > proof::LONGEST {
            return None;
        }
        bytes.extend_from_slice(&data);
    }
    Some(bytes)
}

/// Serves one connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    context: Arc<ListenerContext>,
    pace: Pace,
    _slot: ConnectionSlot,
    stopped: watch::Receiver<bool>,
) {
    let Ok(local) = stream.local_addr() else { return };
    // Answers are small and written at once: nothing is gained by waiting for more.
    drop(stream.set_nodelay(true));
    let caller = Caller { peer: peer.ip().to_canonical(), local: local.ip().to_canonical() };
    match &context.tls {
        None => http(Box::new(stream), caller, &context, pace, stopped).await,
        Some(keeper) => {
            let acceptor = tokio_rustls::TlsAcceptor::from(keeper.config(Instant::now()));
            let handshake = context.handshakes.drive(slots::client(peer.ip()), acceptor.accept(stream));
            if let Ok(Ok(stream)) = timeout_at(pace.deadline(), handshake).await {
                http(Box::new(stream), caller, &context, pace, stopped).await;
            }
        }
    }
}

/// Plain TCP, or TLS over it.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Over a stream of any type, so that HTTP is there once.
async fn http(
    stream: Box<dyn Stream>,
    caller: Caller,
    context: &ListenerContext,
    pace: Pace,
    mut stopped: watch::Receiver<bool>,
) {
    let service = service_fn(|mut request: Request<Incoming>| {
        pace.asked();
        let pace = &pace;
        async move {
            pace.yield_to_others().await;
            let answer = context.answer_in_turn(&mut request, caller).await;
            // Its time begins now: while it waited for its turn there was nothing to take.
            pace.answering();
            Ok::<_, Infallible>(answer)
        }
    });
    let io = TokioIo::new(Paced::new(stream, pace.clone()));
    let connection = http1::Builder::new()
        .half_close(true)
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(io, service);
    let mut connection = pin!(connection);
    let mut stopping = pin!(async move {
        // An error means that the server is gone, which is the same.
        drop(stopped.wait_for(|stopped| *stopped).await);
    });
    let mut told = false;
    let mut armed = pace.deadline();
    let mut alarm = pin!(sleep_until(armed));
    poll_fn(|cx| {
        if !told && stopping.as_mut().poll(cx).is_ready() {
            told = true;
            connection.as_mut().graceful_shutdown();
        }
        // A connection that ends in an error was the client's doing: nothing is to be done about it here.
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let deadline = pace.deadline();
        if deadline != armed {
            armed = deadline;
            alarm.as_mut().reset(deadline);
        }
        alarm.as_mut().poll(cx)
    })
    .await;
}
