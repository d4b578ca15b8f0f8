//! Asks, follows redirects, and judges the answer: what `http` does, and `peer`, `dapr` and others make more of.

use std::sync::Arc;

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Version};

use crate::cause::Cause;
use crate::check::http::exchange::{self, Extent, HttpResponse};
use crate::check::http::expect::Wanted;
use crate::check::http::keys::HttpKeys;
use crate::check::http::origin::Origin;
use crate::check::http::request::{self, Request};
use crate::check::http::settings::{HttpVersion, Size, Statuses};
use crate::check::http::{explain, redirect};
use crate::check::{Prepared, Run, Runnable, readings};
use crate::env::Env;
use crate::net::attempt::Attempt;
use crate::net::tls::TlsOptions;
use crate::outcome::{Detail, Fault, HttpDetail, Phase};
use crate::url::{Host, Url};

/// A request and what its answer must be, with the values of one run; the files of `keys.tls` are read when TLS starts.
pub(crate) struct Exchange {
    pub(super) keys: Arc<HttpKeys>,
    pub(crate) request: Request,
    pub(crate) wanted: Wanted,
}

impl Runnable for Exchange {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let (request, answer) = self.ask(attempt, self.body_use()).await?;
            self.wanted.status(&request, &answer)?;
            self.content(attempt, &answer).await
        })
    }
}

/// Resolves the keys; `finish` makes the run of the exchange.
pub(crate) fn prepare<R: Runnable + 'static>(
    keys: &Arc<HttpKeys>,
    env: &dyn Env,
    finish: impl FnOnce(Exchange) -> R,
) -> Prepared {
    try_prepare(keys, env, |exchange| Ok(finish(exchange)))
}

/// The same, where `finish` has values of its own to resolve.
pub(crate) fn try_prepare<R: Runnable + 'static>(
    keys: &Arc<HttpKeys>,
    env: &dyn Env,
    finish: impl FnOnce(Exchange) -> Result<R, Fault>,
) -> Prepared {
    let url = request::read_url(&keys.url.0, env);
    let target = url.as_ref().map_or_else(|_| keys.url.0.origin(), Url::redacted);
    let target = on_socket(target, keys, env);
    let origin = url.as_ref().ok().and_then(|url| Origin::of(url).ok()).filter(|_| keys.socket.is_none());
    let run = url.and_then(|url| exchange_to(keys, url, env)).and_then(finish);
    let endpoints = origin.map(|origin| keys.proxy.dialled(&origin, env)).into_iter().collect();
    Prepared::new(target, endpoints, readings(&keys.values(), env), run)
}

/// The request of these keys, for a question beside the one that a check is about.
///
/// # Errors
/// Those of a value that cannot be resolved.
pub(crate) fn exchange_of(keys: &Arc<HttpKeys>, env: &dyn Env) -> Result<Exchange, Fault> {
    exchange_to(keys, request::read_url(&keys.url.0, env)?, env)
}

/// The request of these keys, to this URL in place of theirs.
///
/// # Errors
/// Those of a value that cannot be resolved.
pub(crate) fn exchange_to(keys: &Arc<HttpKeys>, url: Url, env: &dyn Env) -> Result<Exchange, Fault> {
    let wanted = Wanted::new(keys, env)?;
    Ok(Exchange { keys: Arc::clone(keys), request: Request::new(keys, url, env)?, wanted })
}

/// A target with the socket that it is on, where it is on one.
pub(crate) fn on_socket(target: String, keys: &HttpKeys, env: &dyn Env) -> String {
    match keys.socket.as_ref().map(|path| path.resolve("socket", env)) {
        Some(Ok(path)) => format!("{target} on unix:{path}"),
        Some(Err(_)) | None => target,
    }
}

impl Exchange {
    /// The host that it asks.
    pub(crate) fn host(&self) -> String {
        self.request.origin.endpoint.host.to_string()
    }

    /// The same with another request, of whose answer only the status matters.
    pub(crate) fn of_request(of: &Self, request: Request) -> Self {
        let lenient = HttpKeys { status: Statuses::default(), ..HttpKeys::clone(&of.keys) };
        Self { keys: Arc::new(lenient), request, wanted: Wanted::success() }
    }

    /// Asks; see [`ask`].
    ///
    /// # Errors
    /// Those of [`ask`].
    pub(crate) async fn ask(&self, attempt: &mut Attempt, body: BodyUse) -> Result<(Request, HttpResponse), Fault> {
        ask(&self.keys, body, self.request.clone(), attempt).await
    }

    /// The same with these headers, too.
    ///
    /// # Errors
    /// Those of [`ask`].
    pub(crate) async fn ask_with(
        &self,
        attempt: &mut Attempt,
        body: BodyUse,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<(Request, HttpResponse), Fault> {
        let mut request = self.request.clone();
        request.headers.extend(headers.iter().cloned());
        ask(&self.keys, body, request, attempt).await
    }

    /// How much of the body the keys are about.
    pub(super) fn body_use(&self) -> BodyUse {
        let asks = self.wanted.says_of_the_body() || self.keys.max_response.is_some();
        if asks { BodyUse::Expected } else { BodyUse::Unread }
    }

    /// Judges headers and body.
    ///
    /// # Errors
    /// Those of [`Wanted::content`].
    pub(super) async fn content(&self, attempt: &Attempt, answer: &HttpResponse) -> Result<(), Fault> {
        let _turn = attempt.world().turns.take_for(answer.body.len()).await;
        self.wanted.content(answer).await
    }
}

/// What the body of an answer is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BodyUse {
    /// Nothing: the answer is judged once its head is there, as a kubelet does; a page may be large, or a stream.
    Unread,
    /// The configuration says what it must hold, or how long it may be.
    Expected,
    /// It tells the health of who answers, under any status.
    Health,
    /// It is all of the answer, or a stream of events, read until one of them is what this function looks for.
    Events(fn(&[u8]) -> bool),
}

/// How much is read of a body to explain the status that it came with.
const EXPLANATION: u64 = 64 * 1024;
/// How much of a body is looked at for its excerpt, in bytes.
const EXCERPT_REACH: usize = 64 * 1024;

/// How much of the body is read of an answer with this head, which is not to be followed further.
pub(super) fn extent(keys: &HttpKeys, body: BodyUse, head: &Parts) -> Extent {
    let Size(limit) = keys.max_response.unwrap_or_default();
    match body {
        // It has no end.
        BodyUse::Health if is_event_stream(&head.headers) => Extent::Nothing,
        BodyUse::Health if !keys.status.contains(head.status.as_u16()) => Extent::Start(limit),
        BodyUse::Unread | BodyUse::Expected | BodyUse::Events(_) if !keys.status.contains(head.status.as_u16()) => {
            Extent::Start(limit.min(EXPLANATION))
        }
        BodyUse::Unread => Extent::Nothing,
        BodyUse::Events(is_it) if is_event_stream(&head.headers) => Extent::Event(limit, is_it),
        BodyUse::Expected | BodyUse::Health | BodyUse::Events(_) => Extent::Whole(limit),
    }
}

/// Whether the answer explains itself as a health document and as nothing else.
pub(crate) fn is_health_document(fault: &Fault) -> bool {
    explain::is_health_document(fault.detail.as_ref())
}

/// Whether the body is a stream of events, which goes on as long as the connection.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.get(..17).is_some_and(|media| media.eq_ignore_ascii_case("text/event-stream"))
}

/// Asks, and follows redirects as far as the keys say; the running phase afterwards is `assert`. The request given back
/// is the last one.
///
/// # Errors
/// Every cause of the phases up to `request`, and `http_redirect`.
async fn ask(
    keys: &HttpKeys,
    body: BodyUse,
    mut request: Request,
    attempt: &mut Attempt,
) -> Result<(Request, HttpResponse), Fault> {
    let mut visited = vec![visit(&request)];
    let mut answer = once(keys, body, attempt, &request).await?;
    while let Some(most) = keys.follow_redirects.0 {
        let followed = visited.len() - 1;
        attempt.facts().redirects = u32::try_from(followed).ok();
        let Some(next) = redirect::location(&request, &answer) else { break };
        note_redirect(attempt, &request, &answer);
        let refused = |why: String| Fault::new(Phase::Assert, Cause::HttpRedirect, format!("{} {why}", answer.status));
        let next =
            next.map_err(|problem| refused(format!("with {problem}")).with(Detail::Http(HttpDetail::InvalidLocation)))?;
        let to = redirect::shown(&request, &next);
        if followed >= usize::from(most) {
            let fault = refused(format!("to {to}, after {followed} redirects: as many as are followed"));
            return Err(fault.with(Detail::Http(HttpDetail::TooManyRedirects)));
        }
        name_hosts(attempt, &request.origin, &next.origin);
        redirect::follow(&mut request, answer.status, &next).map_err(|why| refused(format!("to {to}: {why}")))?;
        if visited.contains(&visit(&request)) {
            let fault = refused(format!("to {to}, where it has been before: a loop"));
            return Err(fault.with(Detail::Http(HttpDetail::RedirectLoop)));
        }
        visited.push(visit(&request));
        let hop = once(keys, body, attempt, &request).await;
        answer = hop.map_err(|fault| {
            let message = format!("redirected to {}: {}", request.origin, fault.message);
            fault.with_message(message)
        })?;
    }
    attempt.enter(Phase::Assert);
    note_redirect(attempt, &request, &answer);
    attempt.facts().requested = Some(request.requested());
    attempt.facts().browser = request.browser();
    if answer.packed.is_none() && attempt.facts().body_bytes.is_some() {
        let start = &answer.body[..answer.body.len().min(EXCERPT_REACH)];
        attempt.facts().excerpt = Some(request.mask.excerpt(&String::from_utf8_lossy(start)));
    }
    Ok((request, answer))
}

/// The first redirect is a fact, whether it is followed or not.
fn note_redirect(attempt: &mut Attempt, request: &Request, answer: &HttpResponse) {
    if attempt.facts().redirect.is_none() {
        attempt.facts().redirect = redirect::fact(request, answer);
    }
}

/// What makes two requests of one check the same.
fn visit(request: &Request) -> (hyper::Method, Origin, crate::secret::Secret) {
    (request.method.clone(), request.origin.clone(), request.target.clone())
}

/// With more than one host, each query and try names its own: those before, too.
fn name_hosts(attempt: &mut Attempt, before: &Origin, now: &Origin) {
    let before = before.endpoint.host.to_string();
    let evidence = attempt.evidence();
    let queries = evidence.queries.iter_mut().map(|query| &mut query.host);
    let tries = evidence.tries.iter_mut().map(|tried| &mut tried.host);
    queries.chain(tries).filter(|host| host.is_none()).for_each(|host| *host = Some(before.clone()));
    attempt.for_host(Some(now.endpoint.host.to_string()));
}

/// One hop. What belongs to the host that the keys name, its name in TLS and our certificate, is for that host alone.
async fn once(keys: &HttpKeys, body: BodyUse, attempt: &mut Attempt, request: &Request) -> Result<HttpResponse, Fault> {
    let Origin { secure, endpoint } = &request.origin;
    let options = match secure {
        true => Some(tls_options(keys, attempt, &request.named, &endpoint.host)?),
        false => None,
    };
    let (mut io, proxy) = keys.proxy.connect(attempt, request, *secure).await?;
    let mut version = match keys.http_version {
        Some(HttpVersion::Two) => Version::HTTP_2,
        Some(HttpVersion::One) | None => Version::HTTP_11,
    };
    if let Some(options) = options {
        // What the hop before has agreed on says nothing of this one.
        attempt.facts().tls_alpn = None;
        io = attempt.start_tls(io, &options).await?;
        let agreed = attempt.facts().tls_alpn.clone();
        version = match (agreed.as_deref(), version) {
            (Some("h2"), _) => Version::HTTP_2,
            (_, Version::HTTP_2) => {
                attempt.close(io).await;
                return Err(attempt.fault(Cause::ProtocolError, "the server did not agree on HTTP/2 (ALPN h2)"));
            }
            _ => Version::HTTP_11,
        };
    }
    if proxy.is_some() && !secure && version == Version::HTTP_2 {
        attempt.close(io).await;
        let message = "HTTP/2 without TLS does not go through a proxy: remove `http_version` or `proxy`";
        return Err(attempt.fault(Cause::ProbeLimit, message));
    }
    // What the hop before has answered is forgotten.
    attempt.facts().body_bytes = None;
    let follows = keys.follow_redirects.0.is_some();
    let extent = |head: &Parts| match follows && redirect::leads_on(head.status.as_u16(), &head.headers) {
        true => Extent::Nothing,
        false => extent(keys, body, head),
    };
    exchange::exchange(attempt, io, request.to_wire(version, proxy.as_deref().filter(|_| !secure))?, extent).await
}

fn tls_options(keys: &HttpKeys, attempt: &Attempt, named: &Host, host: &Host) -> Result<TlsOptions, Fault> {
    let offer: &[&str] = match keys.http_version {
        Some(HttpVersion::One) => &["http/1.1"],
        Some(HttpVersion::Two) => &["h2"],
        None => &["h2", "http/1.1"],
    };
    let mut options = keys.tls.options(host, attempt.world())?;
    if host != named {
        options.server_name = host.clone();
        options.identity = None;
    }
    options.alpn = offer.iter().map(|&protocol| protocol.to_owned()).collect();
    Ok(options)
}
