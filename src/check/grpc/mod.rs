//! `grpc`: asks the health service of a gRPC server (grpc.health.v1), over HTTP/2 with or without TLS.
//!
//! A call is a request of HTTP/2, so that the `http` kind's exchange carries it. What the answer means is in `answer`.

mod answer;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod message;
mod status;

use std::sync::Arc;

use hyper::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, TE};
use hyper::{Method, Version};
use tokio::time::Instant;

use crate::cause::Cause;
use crate::check::http::exchange::{self, Extent, HttpResponse};
use crate::check::http::keys::HttpKeys;
use crate::check::http::request::Request;
use crate::check::http::settings::Verb;
use crate::check::place::Place;
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::{
    Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, fault_of_url, readings,
};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::outcome::{Detail, FactKey, FactValue, Fault, Phase};
use crate::secret::Secret;
use crate::value::{Setting, Value};

use answer::{Question, ended, is_grpc};
use keys::{Destination, GrpcKeys, SCHEMES};
use status::code;

/// The call.
const PATH: &str = "/grpc.health.v1.Health/Check";
/// The most that is read of an answer, in bytes: a good one has seven.
const ANSWER: u64 = 64 * 1024;

/// How the call ended.
const GRPC_STATUS: FactKey = FactKey { name: "grpc_status", meaning: "the status with which the call ended: `OK`" };
/// What the server says.
const SERVING_STATUS: FactKey =
    FactKey { name: "serving_status", meaning: "what the health service reports: `SERVING`, `NOT_SERVING`, …" };

/// The kind.
pub const KIND: Kind = Kind {
    name: "grpc",
    summary: "asks the health service of a gRPC server (grpc.health.v1)",
    example: r#"{address: "shop:50051", service: shop.v1.Orders, metadata: {authorization: "Bearer ${TOKEN}"}}"#,
    url_form: "grpc://host:50051/service",
    schemes: SCHEMES,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["address", "server_name", "service", "verify"],
        urls: &["url"],
        paths: PEM_KEYS,
        free: &["metadata"],
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Grpc { keys: GrpcKeys { url: Some(url), ..GrpcKeys::default() } }),
    facts: &[GRPC_STATUS, SERVING_STATUS],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<GrpcKeys>(),
};

/// A configured check.
#[derive(Debug)]
struct Grpc {
    keys: GrpcKeys,
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Grpc { keys: GrpcKeys::read(node)? }))
}

impl Check for Grpc {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        Prepared::new(
            destination.as_ref().map_or_else(|_| self.keys.origin(), Destination::target),
            destination.iter().filter_map(|destination| destination.place.endpoint()).cloned().collect(),
            readings(&self.keys.values(), env),
            destination.and_then(|destination| self.resolve(&destination, env)),
        )
    }

    fn stays_in_pod(&self) -> bool {
        matches!(self.keys.address, Some(Setting::Known(Place::Socket(_))))
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}

impl Grpc {
    fn resolve(&self, destination: &Destination, env: &dyn Env) -> Result<GrpcRun, Fault> {
        let url = destination.of_http();
        let call = HttpKeys {
            method: Some(Verb(Method::POST)),
            headers: self.keys.metadata.clone(),
            ..HttpKeys::of_url(Value::literal(&url.redacted()))
        };
        let mut request = Request::new(&call, url, env)?;
        request.socket = destination.place.socket().cloned();
        // Everybody may see it where the server repeats it.
        request.target = Secret::new(PATH.to_owned());
        // A call has no body of which there could be several forms.
        for name in [ACCEPT, ACCEPT_ENCODING] {
            if !self.keys.metadata.0.iter().any(|(own, _)| *own == name) {
                request.headers.remove(name);
            }
        }
        request.headers.insert(TE, HeaderValue::from_static("trailers"));
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        request.headers.insert("grpc-accept-encoding", HeaderValue::from_static("identity"));
        request.body = message::request(destination.service.expose()).into();
        let tls = destination.tls.then(|| self.keys.tls.clone().unwrap_or_default());
        let question = Question {
            subject: destination.subject.clone(),
            has_credentials: request.has_credentials(),
            mask: request.mask.clone(),
            secrets: request.secrets(),
        };
        Ok(GrpcRun { request, tls, question })
    }
}

/// The values of one run; the files of `tls` are read when TLS starts.
struct GrpcRun {
    request: Request,
    /// `None` without TLS.
    tls: Option<TlsKeys>,
    question: Question,
}

impl Runnable for GrpcRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let answer = self.call(attempt).await?;
            attempt.enter(Phase::Assert);
            let status = ended(&answer).and_then(|(status, _)| status::name(status)).map(FactValue::word);
            attempt.facts().learn(GRPC_STATUS, status);
            if ended(&answer).is_none() && !answer.body.is_empty() && !is_grpc(&answer.headers) {
                let excerpt = self.request.mask.excerpt(&String::from_utf8_lossy(&answer.body));
                attempt.facts().excerpt = Some(excerpt);
            }
            let health = self.question.health(&answer).map_err(|fault| attempt.of_connection(fault))?;
            attempt.facts().learn(SERVING_STATUS, Some(FactValue::word(health.word())));
            self.question.judge(health)
        })
    }
}

impl GrpcRun {
    /// Connects and makes the call.
    async fn call(&self, attempt: &mut Attempt) -> Result<HttpResponse, Fault> {
        let endpoint = &self.request.origin.endpoint;
        // Report unreadable files before connecting.
        let options = self.tls.as_ref().map(|tls| tls.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = self.request.connect(attempt).await?;
        if let Some(mut options) = options {
            options.alpn = vec!["h2".to_owned()];
            io = attempt.start_tls(io, &options).await?;
            if attempt.facts().tls_alpn.as_deref() != Some("h2") {
                attempt.close(io).await;
                let fault = attempt.fault(Cause::ProtocolError, "the server did not agree on HTTP/2 (ALPN h2)");
                return Err(fault.with(Detail::Protocol { code: code::NO_ALPN, product: None }));
            }
        }
        let mut request = self.request.to_wire(Version::HTTP_2, None)?;
        request.headers_mut().insert(HeaderName::from_static("grpc-timeout"), time_left(attempt));
        let extent = |head: &hyper::http::response::Parts| match is_grpc(&head.headers) {
            true => Extent::Whole(ANSWER),
            false => Extent::Start(ANSWER),
        };
        exchange::exchange(attempt, io, request, extent).await
    }
}

/// How long the server may take, so that it gives up when we do: at most eight digits and a unit.
fn time_left(attempt: &Attempt) -> HeaderValue {
    let left = attempt.deadline().saturating_duration_since(Instant::now()).as_millis();
    let text = format!("{}m", left.saturating_add(1).min(99_999_999));
    HeaderValue::from_str(&text).expect("digits and a letter")
}
