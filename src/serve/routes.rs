//! From a path, a snapshot and a moment to an answer: pure. What may be shown was decided before.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{self, HeaderName};
use tokio::time::Instant;

use super::access::Access;
use super::body::Answer;
use super::page;
use super::status;
use crate::gate::{self, Gate, Report};
use crate::metrics::{self, Process};
use crate::outcome::clean_text;
use crate::proof::wire::Reply;
use crate::proof::{self, Held};
use crate::retry::{RETRY_PAUSE, Retry};
use crate::state::Snapshot;
use crate::url::percent_decode;

/// How many parameters of a query are looked at; the rest is not there.
const PARAMETERS: usize = 256;
/// As much of an unknown name is repeated, in bytes: more than any check's name has.
const NAME_LIMIT: usize = 66;

const TEXT: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const PAGE: &str = "text/html; charset=utf-8";
const HEALTH: &str = "application/health+json";

const PROBE_PATHS: &str = "\
/livez          200 while pilotfish itself works and no `live` check is down (also /healthz)
/startupz       200 once every `startup` check has been up
/readyz         200 while every `ready` check is up
/readyz/NAME    200 while this check is up
                ?verbose lists the checks, ?exclude=NAME excludes one (repeatable)
";
const OTHER_PATHS: &str = "\
/metrics        metrics for Prometheus
/status         every check with its last outcome, as JSON
/               the same for people, in a browser
/retry/NAME     POST from inside the pod: run this check now
/same-secret    POST from another pilotfish, if a `same_secret` check is configured
";

/// What a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    /// Every path.
    Everything,
    /// The probe paths alone.
    Probes,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    /// Whether a browser asks for a page.
    pub(super) wants_page: bool,
    pub(super) surface: Surface,
    pub(super) access: Access,
}

/// What is answered.
pub(super) struct RouteResponse {
    pub(super) status: StatusCode,
    pub(super) media_type: &'static str,
    pub(super) body: Answer,
    /// One more header.
    pub(super) extra: Option<(HeaderName, &'static str)>,
}

#[derive(Debug, Clone, Copy)]
enum Route<'a> {
    Root,
    Gate(Gate, &'static str),
    One(&'a str),
    Metrics,
    Status,
}

/// Whether an answer grows with the checks, so that writing it takes milliseconds.
pub(super) fn is_long(path: &str) -> bool {
    path.starts_with("/metrics") || path.starts_with("/status")
}

/// The name of the check that a request asks to run now; `None` for any other request.
pub(super) fn retried<'a>(surface: Surface, method: &str, path: &'a str) -> Option<&'a str> {
    let name = path.strip_prefix("/retry/").filter(|name| !name.is_empty() && !name.contains('/'))?;
    (surface == Surface::Everything && method == "POST").then_some(name)
}

/// The answer to a request for a run; `None`: the caller may not ask for one.
pub(super) fn retry_answer(name: &str, retry: Option<Retry>) -> RouteResponse {
    let name = clean_text(name, NAME_LIMIT);
    let (status, body) = match retry {
        None => (
            StatusCode::FORBIDDEN,
            "a check is run on demand only from inside its pod: pilotfish ask --retry NAME".to_owned(),
        ),
        Some(Retry::Started) => (StatusCode::ACCEPTED, format!("{name}: the check runs now")),
        Some(Retry::TooSoon { again }) => {
            let (pause, again) = (RETRY_PAUSE.as_secs(), again.as_secs() + 1);
            let body = format!("{name}: retried less than {pause} s ago; it can be retried again in {again} s");
            (StatusCode::TOO_MANY_REQUESTS, body)
        }
        Some(Retry::NoCheck) => (StatusCode::NOT_FOUND, format!("there is no check {name:?}")),
        Some(Retry::Stopping) => (StatusCode::SERVICE_UNAVAILABLE, "pilotfish is shutting down".to_owned()),
    };
    text(status, body + "\n")
}

/// Whether a request is about the proof of a secret: where none is to be proved, the path is as unknown as any other.
pub(super) fn asks_for_proof(surface: Surface, path: &str, held: &[Held]) -> bool {
    surface == Surface::Everything && path == proof::PATH && !held.is_empty()
}

/// What a step of the proof of a secret came to.
pub(super) fn proof_answer(reply: &Reply) -> RouteResponse {
    let status = match reply {
        Reply::Offer(_) | Reply::Proved(_) => 200,
        Reply::Refused(refusal) => refusal.told().1,
    };
    text(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), reply.text())
}

/// The answer to any other method where only POST is answered.
pub(super) fn only_post() -> RouteResponse {
    let body = "pilotfish answers only POST here\n".to_owned();
    RouteResponse { extra: Some((header::ALLOW, "POST")), ..text(StatusCode::METHOD_NOT_ALLOWED, body) }
}

/// The answer; `process` is called only where the answer needs it.
pub(super) fn answer(
    question: &Question<'_>,
    snapshot: &Arc<Snapshot>,
    now: Instant,
    process: impl FnOnce() -> Process,
) -> RouteResponse {
    if question.surface == Surface::Everything && question.path.starts_with("/retry/") {
        return only_post();
    }
    let Some(route) = route(question) else {
        return text(StatusCode::NOT_FOUND, format!("unknown path; the paths are:\n\n{}", paths(question.surface)));
    };
    if !matches!(question.method, "GET" | "HEAD") {
        let body = format!("pilotfish answers only GET and HEAD here:\n\n{}", paths(question.surface));
        let allow = Some((header::ALLOW, "GET, HEAD"));
        return RouteResponse { extra: allow, ..text(StatusCode::METHOD_NOT_ALLOWED, body) };
    }
    let asked = ProbeQuery::read(question.query.unwrap_or_default());
    let access = question.access;
    let guarded = match route {
        Route::Root => false,
        Route::Gate(..) | Route::One(_) => asked.verbose,
        Route::Metrics | Route::Status => true,
    };
    if guarded && !access.guarded {
        let challenge = Some((header::WWW_AUTHENTICATE, "Bearer realm=\"pilotfish\""));
        let body = "this path requires a token: send `Authorization: Bearer TOKEN` (serve.bearer_token)\n".to_owned();
        return RouteResponse { extra: challenge, ..text(StatusCode::UNAUTHORIZED, body) };
    }
    match route {
        Route::Root if question.wants_page && question.surface == Surface::Everything => RouteResponse {
            status: StatusCode::OK,
            media_type: PAGE,
            body: Answer::Text(page::text()),
            extra: Some((header::CONTENT_SECURITY_POLICY, page::POLICY)),
        },
        Route::Root => {
            let version = env!("CARGO_PKG_VERSION");
            let about = "probes the dependencies of this pod, and reports cause and fix";
            text(StatusCode::OK, format!("pilotfish {version}: {about}\n\n{}", paths(question.surface)))
        }
        Route::Gate(gate, title) => {
            verdict(&gate::report(gate, snapshot, now, &asked.exclude), title, asked.verbose, access)
        }
        Route::One(name) => match gate::single(name, snapshot) {
            Some(report) => verdict(&report, "readyz", asked.verbose, access),
            None => no_check(name, snapshot, access),
        },
        Route::Metrics => {
            let body = Answer::in_pieces(metrics::pieces(Arc::clone(snapshot), now, process()));
            RouteResponse { status: StatusCode::OK, media_type: METRICS, body, extra: None }
        }
        Route::Status => {
            let (healthy, pieces) = status::json(Arc::clone(snapshot), now, access.detail);
            // The draft of health+json wants an error's status where the word is `fail`.
            let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            RouteResponse { status, media_type: HEALTH, body: Answer::in_pieces(pieces), extra: None }
        }
    }
}

fn route<'a>(question: &Question<'a>) -> Option<Route<'a>> {
    let everything = question.surface == Surface::Everything;
    let path = question.path.strip_suffix('/').unwrap_or(question.path);
    Some(match path {
        "" => Route::Root,
        "/livez" => Route::Gate(Gate::Live, "livez"),
        "/healthz" => Route::Gate(Gate::Live, "healthz"),
        "/startupz" => Route::Gate(Gate::Startup, "startupz"),
        "/readyz" => Route::Gate(Gate::Ready, "readyz"),
        "/metrics" if everything => Route::Metrics,
        "/status" if everything => Route::Status,
        _ => Route::One(path.strip_prefix("/readyz/").filter(|name| !name.contains('/'))?),
    })
}

fn verdict(report: &Report<'_>, title: &str, verbose: bool, access: Access) -> RouteResponse {
    let status = if report.passed { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = match report.passed {
        _ if verbose => report.text(title, access.detail),
        true => "ok".to_owned(),
        // As kube-apiserver: a failure always says what failed.
        false if access.names => report.text(title, access.detail),
        false => format!("{title} check failed\n"),
    };
    text(status, body)
}

fn no_check(name: &str, snapshot: &Snapshot, access: Access) -> RouteResponse {
    let name = clean_text(name, NAME_LIMIT);
    let mut body = format!("there is no check {name:?}");
    if access.names {
        let names: Vec<&str> = snapshot.checks.iter().map(|view| view.name.as_str()).collect();
        body.push_str("; there are: ");
        body.push_str(&if names.is_empty() { "none".to_owned() } else { names.join(", ") });
    }
    body.push('\n');
    text(StatusCode::NOT_FOUND, body)
}

fn text(status: StatusCode, body: String) -> RouteResponse {
    RouteResponse { status, media_type: TEXT, body: Answer::Text(body), extra: None }
}

fn paths(surface: Surface) -> String {
    match surface {
        Surface::Everything => format!("{PROBE_PATHS}{OTHER_PATHS}"),
        Surface::Probes => PROBE_PATHS.to_owned(),
    }
}

/// The parameters that mean something; others are ignored, as kube-apiserver does.
#[derive(Debug, Default, PartialEq, Eq)]
struct ProbeQuery {
    verbose: bool,
    exclude: Vec<String>,
}

impl ProbeQuery {
    fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for pair in query.split('&').take(PARAMETERS) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "verbose" => asked.verbose = true,
                "exclude" if !value.is_empty() => {
                    asked.exclude.push(percent_decode(value).unwrap_or_else(|| value.to_owned()));
                }
                _ => {}
            }
        }
        asked
    }
}

#[cfg(test)]
mod tests;
