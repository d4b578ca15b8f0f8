//! `mcp`: the handshake with a server of the Model Context Protocol over its streamable HTTP transport.
//!
//! `initialize` is a POST; the answer is JSON, or an event stream in which the answer comes. If the server opened a session, a
//! DELETE ends it. A request is carried by the exchange of `http`; what the answer says is in `answer`. Source: the
//! specification, "Transports" and "Lifecycle" (2025-11-25).

mod answer;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;

use std::sync::Arc;

use hyper::Method;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};

use crate::cause::Cause;
use crate::check::http::exchange::HttpResponse;
use crate::check::http::keys::HttpKeys;
use crate::check::http::origin::{HTTP_PORT, HTTPS_PORT};
use crate::check::http::proxy::ProxyKey;
use crate::check::http::rules::Headers;
use crate::check::http::settings::HttpUrl;
use crate::check::http::{self, BodyUse, Exchange, is_event_stream, prepare};
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject};
use crate::config::node::{self, Keys, Node, Problem};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::findings::contracts::MCP_SESSION_LEFT;
use crate::net::attempt::Attempt;
use crate::outcome::{Aftermath, Detail, FactKey, FactValue, Fault, Phase, SERVER_VERSION, clean_text};
use crate::scheme::Scheme;
use crate::value::Value;

use answer::{Answer, Session, last_event};
use hint::code;

/// What the server calls itself.
const MCP_SERVER: FactKey = FactKey { name: "mcp_server", meaning: "the name that the server gives itself" };
/// The version of the protocol that the server chose.
const PROTOCOL: FactKey =
    FactKey { name: "mcp_protocol", meaning: "the version of the protocol that the server chose" };

/// The header with the session.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// The header with the version of the protocol, after the handshake.
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The kind.
pub const KIND: Kind = Kind {
    name: "mcp",
    summary: "the handshake with an MCP server (Model Context Protocol, streamable HTTP)",
    example: r#"{url: "http://mcp-server:8000/mcp", headers: {Authorization: "Bearer ${MCP_TOKEN}"}}"#,
    url_form: "mcp+http://host:8000/mcp",
    schemes: &[
        Scheme::new("mcp+http").port(HTTP_PORT).proxied(),
        Scheme::new("mcp+https").port(HTTPS_PORT).tls().proxied(),
    ],
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["server_name", "verify"],
        urls: &["proxy", "url"],
        paths: PEM_KEYS,
        free: &["headers"],
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care { calm_interval: Some(std::time::Duration::from_mins(5)), accounts_lock: false },
    gates_by_default: true,
    target_fault: |text| http::target_fault(text.strip_prefix("mcp+").unwrap_or(text)),
    parse,
    from_url: |url| Arc::new(Mcp { keys: Arc::new(HttpKeys::of_url(url)) }),
    facts: &[MCP_SERVER, SERVER_VERSION, PROTOCOL],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<McpKeys>(),
};

/// The handshake with an MCP server.
#[derive(Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "mcp"))]
#[serde(deny_unknown_fields)]
struct McpKeys {
    /// The URL of the endpoint: `http://host:8000/mcp`. Use the name that the clients use: many servers accept only some.
    url: HttpUrl,
    /// Headers to send, by name, such as `Authorization: "Bearer ${TOKEN}"`.
    #[serde(default)]
    headers: Headers,
    /// The HTTP proxy to go through: `none` (the default), `env` or its URL; see the kind `http`.
    #[serde(default)]
    proxy: ProxyKey,
    /// TLS settings, for `https://`.
    #[serde(default)]
    tls: TlsKeys,
}

struct Mcp {
    keys: Arc<HttpKeys>,
}

fn parse(node: &Node) -> Parsed {
    let McpKeys { url, headers, proxy, tls } = node::read(node)?;
    let keys = HttpKeys { headers, proxy, tls, ..HttpKeys::of_url(url.0) };
    let span = |key: &str| node.get(key).map_or(node.span, |value| value.span);
    let contradictions = keys.contradictions().into_iter();
    let mut problems: Vec<Problem> = contradictions.map(|(key, text)| Problem::new(span(key), key, text)).collect();
    problems.extend(TlsKeys::problem_in(Some(&keys.tls), node));
    if problems.is_empty() { Ok(Arc::new(Mcp { keys: Arc::new(keys) })) } else { Err(problems) }
}

impl Check for Mcp {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        prepare(&self.keys, env, |mut exchange| {
            let request = &mut exchange.request;
            request.method = Method::POST;
            request.body = answer::INITIALIZE.into();
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request.headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
            McpRun { exchange }
        })
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}

/// The values of one run.
struct McpRun {
    exchange: Exchange,
}

impl Runnable for McpRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let (request, response) = self.exchange.ask(attempt, BodyUse::Events(answer::is_answer)).await?;
            self.exchange.wanted.status(&request, &response)?;
            let is_stream = is_event_stream(&response.headers);
            let answer = match is_stream {
                true => Answer::read(last_event(&response.body).as_bytes()),
                false => Answer::read(&response.body),
            };
            let version = match &answer {
                Answer::Session(Session { version, .. }) => version,
                Answer::Refused(..) | Answer::Other => answer::OURS,
            };
            self.end(attempt, &response, version).await;
            if is_stream && answer == Answer::Other {
                let message = "the server ended the event stream before its answer to initialize";
                let fault = attempt.fault(Cause::ConnectionClosed, message).stating(message);
                return Err(fault.with(observed(code::ENDED)));
            }
            self.judge(attempt, answer)
        })
    }
}

impl McpRun {
    /// Ends the session, if there is one. Where that fails, the server keeps it until it expires.
    async fn end(&self, attempt: &mut Attempt, response: &HttpResponse, version: &str) {
        let Some(session) = response.headers.get(SESSION) else { return };
        let version = HeaderValue::from_str(version).unwrap_or(HeaderValue::from_static(answer::OURS));
        let learnt = attempt.facts().clone();
        let request = &self.exchange.request;
        let mut request = request.clone();
        request.become_get();
        request.method = Method::DELETE;
        let end = Exchange::of_request(&self.exchange, request);
        let answer = end.ask_with(attempt, BodyUse::Unread, &[(SESSION, session.clone()), (VERSION, version)]).await;
        *attempt.facts() = learnt;
        attempt.enter(Phase::Assert);
        let why = match answer {
            Ok((_, HttpResponse { status: 200..=299, .. })) => return,
            Ok((_, HttpResponse { status, .. })) => format!("answered {status}"),
            Err(fault) => format!("failed ({})", fault.cause.slug()),
        };
        attempt.evidence().aftermath = Aftermath::SessionLeft;
        let message = format!(
            "the DELETE that ends the session {why}: the server keeps the session of each run until it expires; pilotfish \
             waits at least 1 h until the next run"
        );
        let fix =
            "let the server accept DELETE on this path (in the proxies in front of it, too), or make it stateless";
        attempt.facts().noticed.push(MCP_SESSION_LEFT.found(message, fix));
    }

    fn judge(&self, attempt: &mut Attempt, answer: Answer) -> Result<(), Fault> {
        let mask = &self.exchange.request.mask;
        let shown = |text: &str| clean_text(&mask.strike(text), SHOWN);
        match answer {
            Answer::Session(session) => {
                let facts = attempt.facts();
                let fact = |text: &str| (!text.is_empty()).then(|| FactValue::text(shown(text)));
                facts.learn(MCP_SERVER, fact(&session.name));
                facts.learn(SERVER_VERSION, fact(&session.server_version));
                facts.learn(PROTOCOL, fact(&session.version));
                Ok(())
            }
            Answer::Refused(number, message) => {
                let message = shown(&message);
                let colon = if message.is_empty() { "" } else { ": " };
                let statement = format!("the MCP server answered initialize with the error {number}");
                let fault = Fault::new(Phase::Request, Cause::QueryFailed, format!("{statement}{colon}{message}"));
                Err(fault.stating(statement).with(observed(code::REFUSED)))
            }
            Answer::Other => {
                let message = "the answer is not that of an MCP server: no result of initialize";
                Err(attempt.fault(Cause::ProtocolError, message).stating(message).with(observed(code::OTHER)))
            }
        }
    }
}

/// The longest text of the server that is shown.
const SHOWN: usize = 80;

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}

#[cfg(test)]
mod tests {
    use super::KIND;
    use crate::config::node::parse;

    #[test]
    fn what_is_wrong_is_said_at_its_key() {
        for (yaml, expected) in [
            ("{url: 'mcp+http://a/mcp'}", "url"),
            ("{url: 'ftp://a/mcp'}", "url"),
            ("{url: 'http://a/mcp', tls: {key: /x}}", "tls"),
            ("{url: 'http://a/mcp', method: GET}", "method"),
        ] {
            let problems = (KIND.parse)(&parse(yaml).unwrap()).err().expect(yaml);
            assert_eq!(problems.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), [expected], "{yaml}");
        }
        assert_eq!((KIND.target_fault)("mcp+http://host:8000/mcp"), None);
    }
}
