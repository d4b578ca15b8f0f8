//! `websocket`: an upgrade by RFC 6455, the first message where one is expected, and the close frame as goodbye.
//!
//! The request is one of HTTP/1.1, made of the same parts as that of `http`.

mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod handshake;
mod hint;
mod keys;

use std::sync::Arc;

use hyper::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use hyper::{StatusCode, Version};

use crate::cause::Cause;
use crate::check::http::exchange::HttpResponse;
use crate::check::http::expect::Wanted;
use crate::check::http::keys::HttpKeys;
use crate::check::http::on_socket;
use crate::check::http::proxy::ProxyKey;
use crate::check::http::redirect;
use crate::check::http::request::Request;
use crate::check::http::settings::Statuses;
use crate::check::http::upgrade::{Upgraded, upgrade};
use crate::check::payload::Pattern;
use crate::check::reader::{ReadError, Reader};
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::{
    Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, fault_of_url, readings,
};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::mask::sentence;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::stream_error::Expected;
use crate::outcome::{Detail, FactKey, FactValue, Fault, Phase, bytes_of};
use crate::secret::Secret;
use crate::url::Url;
use crate::value::Value;

use frame::{Close, FrameError, Incoming, MESSAGE, goodbye, incoming};
use handshake::{Flaw, Key, PROTOCOL, verify};
use hint::code;
use keys::{SCHEMES, WebsocketKeys};

/// What is waited for after the upgrade.
const MESSAGES: Expected = Expected { what: "a WebSocket message", protocol: None };

/// What the server chose.
const SUBPROTOCOL: FactKey = FactKey { name: "subprotocol", meaning: "the subprotocol that the server chose" };

/// The kind.
pub const KIND: Kind = Kind {
    name: "websocket",
    summary: "a WebSocket upgrade; optionally a subprotocol and the first message",
    example: r#"{url: "wss://app.example.com/live", headers: {Origin: "https://app.example.com"}, subprotocol: graphql-transport-ws}"#,
    url_form: "wss://host/path",
    schemes: SCHEMES,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["server_name", "socket", "username", "verify"],
        urls: &["proxy", "url"],
        paths: PEM_KEYS,
        free: &["headers"],
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Websocket { keys: Arc::new(WebsocketKeys::of_url(url)) }),
    facts: &[SUBPROTOCOL],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<WebsocketKeys>(),
};

/// A configured check.
struct Websocket {
    keys: Arc<WebsocketKeys>,
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Websocket { keys: Arc::new(WebsocketKeys::read(node)?) }))
}

impl Check for Websocket {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let (target, url) = match self.keys.url(env) {
            Ok((target, url)) => (on_socket(target, &self.keys.request(), env), Ok(url)),
            Err(fault) => (self.keys.url.origin(), Err(fault)),
        };
        let run = url.and_then(|url| self.resolve(url, env));
        let endpoints = run.iter().flat_map(|run| run.proxy.endpoints(&run.request, env)).collect();
        Prepared::new(target, endpoints, readings(&self.keys.values(), env), run)
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.request().is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}

impl Websocket {
    fn resolve(&self, url: Url, env: &dyn Env) -> Result<WebsocketRun, Fault> {
        let keys = self.keys.request();
        let mut request = Request::new(&keys, url, env)?;
        request.headers.remove(ACCEPT_ENCODING);
        let offered = self.keys.subprotocols(env)?;
        let mut secrets = request.secrets();
        if !matches!(self.keys.subprotocol, None | Some(Value::Literal(_))) {
            // Some servers take a token as the name of a subprotocol.
            offered.iter().for_each(|name| request.mask.add(name));
            secrets.extend(offered.iter().cloned().map(Secret::new));
        }
        if !offered.is_empty() {
            let mut value = HeaderValue::from_str(&offered.join(", ")).expect("tokens are a header's value");
            value.set_sensitive(true);
            request.headers.insert(PROTOCOL, value);
        }
        let wanted = Wanted::new(&HttpKeys { status: Statuses::of(StatusCode::SWITCHING_PROTOCOLS), ..keys }, env)?;
        let expect = self.keys.expect.as_ref().map(|expect| expect.resolve(env)).transpose()?;
        Ok(WebsocketRun {
            request,
            wanted,
            tls: self.keys.tls.clone(),
            proxy: self.keys.proxy.clone(),
            offered,
            expect,
            secrets,
        })
    }
}

/// The values of one run; the files of `tls` are read when TLS starts.
struct WebsocketRun {
    request: Request,
    wanted: Wanted,
    tls: TlsKeys,
    proxy: ProxyKey,
    offered: Vec<String>,
    expect: Option<Pattern>,
    secrets: Vec<Secret>,
}

impl Runnable for WebsocketRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let key = Key::new().ok_or_else(|| {
                Fault::new(Phase::Request, Cause::LocalLimit, "the system gives no random numbers for the key")
            })?;
            let (headers, io, early) = match self.ask(attempt, &key).await? {
                Upgraded::Switched(headers, io, early) => (headers, io, early),
                Upgraded::Answered(answer) => return Err(self.not_switched(attempt, &answer)),
            };
            attempt.enter(Phase::Assert);
            let mut reader = Reader::with(io, &early);
            let mut result = self.verified(attempt, &headers, &key);
            if let (Ok(()), Some(expected)) = (&result, &self.expect) {
                result = self.await_message(attempt, &mut reader, expected).await;
            }
            if result.as_ref().is_err_and(|fault| !is_in_session(fault)) {
                attempt.abandon(reader.into_stream()).await;
                return result;
            }
            result.and(self.part(attempt, reader).await)
        })
    }
}

impl WebsocketRun {
    /// Connects and asks for the upgrade.
    async fn ask(&self, attempt: &mut Attempt, key: &Key) -> Result<Upgraded, Fault> {
        let origin = &self.request.origin;
        // Report unreadable files before connecting.
        let options = || self.tls.options(&origin.endpoint.host, attempt.world());
        let options = origin.secure.then(options).transpose()?;
        // Clients open a tunnel for ws:// as well.
        let (mut io, _) = self.proxy.connect(attempt, &self.request, true).await?;
        if let Some(mut options) = options {
            options.alpn = vec!["http/1.1".to_owned()];
            io = attempt.start_tls(io, &options).await?;
        }
        let mut request = self.request.to_wire(Version::HTTP_11, None)?;
        key.ask(request.headers_mut());
        upgrade(attempt, io, request).await
    }

    /// The fault of an answer that switches nothing.
    fn not_switched(&self, attempt: &mut Attempt, answer: &HttpResponse) -> Fault {
        attempt.enter(Phase::Assert);
        attempt.facts().redirect = redirect::fact(&self.request, answer);
        attempt.facts().requested = Some(self.request.requested());
        attempt.facts().browser = self.request.browser();
        if answer.packed.is_none() && !answer.body.is_empty() {
            attempt.facts().excerpt = Some(self.request.mask.excerpt(&String::from_utf8_lossy(&answer.body)));
        }
        let fault = self.wanted.status(&self.request, answer).expect_err("only 101 is wanted");
        attempt.of_connection(fault)
    }

    /// Whether the switch is one of RFC 6455, made for our request.
    fn verified(&self, attempt: &mut Attempt, headers: &HeaderMap, key: &Key) -> Result<(), Fault> {
        let (cause, message, code) = match verify(headers, key, &self.offered) {
            Ok(chosen) => {
                let chosen = chosen.map(|name| FactValue::text(self.request.mask.excerpt(&name)));
                attempt.facts().learn(SUBPROTOCOL, chosen);
                return Ok(());
            }
            Err(Flaw::OtherProtocol) => {
                (Cause::ProtocolError, "the server switched to another protocol than WebSocket", code::BAD_UPGRADE)
            }
            Err(Flaw::WrongAccept) => {
                let message = "Sec-WebSocket-Accept of the answer does not belong to the request";
                (Cause::ProtocolError, message, code::WRONG_ACCEPT)
            }
            Err(Flaw::Extension) => {
                (Cause::ProtocolError, "the server uses an extension that was not offered", code::BAD_UPGRADE)
            }
            Err(Flaw::NoSubprotocol) => {
                (Cause::HeaderMismatch, "the server chose none of the offered subprotocols", code::NO_SUBPROTOCOL)
            }
            Err(Flaw::OtherSubprotocol) => {
                let message = "the server chose a subprotocol that was not offered";
                (Cause::HeaderMismatch, message, code::NO_SUBPROTOCOL)
            }
        };
        Err(attempt.fault(cause, message).with(observed(code)).stating(message))
    }

    /// Waits for the first message, and compares it.
    async fn await_message(
        &self,
        attempt: &mut Attempt,
        reader: &mut Reader<Io>,
        expected: &Pattern,
    ) -> Result<(), Fault> {
        let message = match incoming(reader).await {
            Ok(Incoming::Message(message)) => message,
            Ok(Incoming::Close(close)) => return Err(self.closed(attempt, &close)),
            Err(error) => return Err(broken(attempt, &error)),
        };
        let judged = expected.judge().judge(&message, true).await.map_err(|costly| costly.fault("the first message"));
        if judged? == Some(true) {
            return Ok(());
        }
        attempt.facts().excerpt = Some(self.request.mask.excerpt(&String::from_utf8_lossy(&message)));
        let absent = expected.absent().replacen("the answer", "the first message", 1);
        let fault = attempt.fault(Cause::BodyMismatch, format!("{absent} (received {})", bytes_of(&message)));
        Err(fault.with(observed(code::OTHER_MESSAGE)).stating(absent))
    }

    /// Says goodbye, and hears what the server says to that: one that has ended the session for a reason of its own, such as a
    /// missing login, says so here.
    async fn part(&self, attempt: &mut Attempt, mut reader: Reader<Io>) -> Result<(), Fault> {
        let parting = async {
            reader.send(&goodbye()).await?;
            loop {
                if let Incoming::Close(close) = incoming(&mut reader).await? {
                    return Ok::<Close, FrameError>(close);
                }
            }
        };
        let close = attempt.aside(parting).await.and_then(Result::ok).filter(|close| !close.is_good());
        let result = close.map_or(Ok(()), |close| Err(self.closed(attempt, &close)));
        attempt.close(reader.into_stream()).await;
        result
    }

    /// The fault of a session that the server ended.
    fn closed(&self, attempt: &Attempt, close: &Close) -> Fault {
        let statement = match close.code {
            Some(code) => format!("the server closed the WebSocket with code {code}"),
            None => "the server closed the WebSocket without a code".to_owned(),
        };
        let reason = sentence(&close.reason, false, self.secrets.iter());
        let reason = self.request.mask.excerpt(&self.request.mask.quote(&reason, false));
        let colon = if reason.is_empty() { "" } else { ": " };
        let fault = attempt.fault(Cause::ConnectionClosed, format!("{statement}{colon}{reason}"));
        fault.with(observed(hint::of_close(close.code))).stating(statement)
    }
}

/// The fault of a stream on which no message came.
fn broken(attempt: &Attempt, error: &FrameError) -> Fault {
    match error {
        FrameError::Read(ReadError::Announced(_)) => {
            attempt.fault(Cause::TooLarge, format!("a message is over the limit of {MESSAGE} bytes"))
        }
        FrameError::Read(error) => attempt.stream_error(error.as_stream_error(), MESSAGES),
        FrameError::Broken(problem) => attempt.fault(Cause::ProtocolError, problem).with(observed(code::BAD_FRAME)),
    }
}

/// Whether both sides speak the protocol, so that it also ends by it.
fn is_in_session(fault: &Fault) -> bool {
    let is_refusal = matches!(fault.cause, Cause::BodyMismatch | Cause::HeaderMismatch);
    is_refusal || (fault.cause == Cause::ConnectionClosed && matches!(fault.detail, Some(Detail::Protocol { .. })))
}

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}
