//! The keys of `websocket`, and the URL of one run.

use hyper::header::HeaderName;

use crate::check::blame_scheme;
use crate::check::http::keys::{BasicAuth, HttpKeys};
use crate::check::http::proxy::ProxyKey;
use crate::check::http::request;
use crate::check::http::rules::Headers;
use crate::check::payload::Expect;
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{self, Keys, Node, Problem};
use crate::env::Env;
use crate::findings::Blame;
use crate::outcome::{Detail, Fault, Phase};
use crate::scheme::{Discovery, Scheme};
use crate::url::{SocketPath, Url};
use crate::value::{Setting, Value};

/// Its schemes.
pub(super) const SCHEMES: &[Scheme] = &[
    Scheme::new(PLAIN).port(80).discovery(Discovery::Connect),
    Scheme::new(OVER_TLS).port(443).tls().discovery(Discovery::Connect),
];
const PLAIN: &str = "ws";
const OVER_TLS: &str = "wss";
/// The most subprotocols that are offered.
const OFFERED: usize = 16;

/// The keys.
#[derive(Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "websocket"))]
#[serde(deny_unknown_fields)]
pub(super) struct WebsocketKeys {
    /// `ws://host/path` (without TLS) or `wss://host/path` (with TLS). Its user part becomes basic authentication.
    pub(super) url: Value,
    /// `unix:PATH` if the server listens on a Unix socket: the check connects there, and `url` has the path and the Host.
    pub(super) socket: Option<Setting<SocketPath>>,
    /// Headers to send, by name, such as `Origin: https://app.example.com`, which many servers check.
    #[serde(default)]
    pub(super) headers: Headers,
    /// The subprotocol to offer, or several with commas between them: `graphql-transport-ws`. The server must choose one of them.
    pub(super) subprotocol: Option<Value>,
    /// The expected first message of the server: the bytes that it starts with (`\r`, `\n`, `\t`, `\0`, `\\` and `\xNN` are bytes), or `{regex: …}`, which must match somewhere in it. Default: no message is awaited.
    pub(super) expect: Option<Expect>,
    /// The HTTP proxy to go through: `none` (the default), `env` or its URL; see the kind `http`. `ws://` goes through a tunnel,
    /// too.
    #[serde(default)]
    pub(super) proxy: ProxyKey,
    /// TLS settings, for `wss://`.
    #[serde(default)]
    pub(super) tls: TlsKeys,
    /// User and password. They override those in the URL.
    pub(super) basic_auth: Option<BasicAuth>,
    /// A bearer token. One line break at the end of a file is ignored.
    pub(super) bearer_token: Option<Value>,
}

impl WebsocketKeys {
    /// A plain upgrade of this URL: what a target of the command line means.
    pub(super) fn of_url(url: Value) -> Self {
        Self {
            url,
            socket: None,
            headers: Headers::default(),
            subprotocol: None,
            expect: None,
            proxy: ProxyKey::default(),
            tls: TlsKeys::default(),
            basic_auth: None,
            bearer_token: None,
        }
    }

    /// Reads them.
    ///
    /// # Errors
    /// Every fault at once.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let keys: Self = node::read(node)?;
        let problems = keys.problems(node);
        if problems.is_empty() { Ok(keys) } else { Err(problems) }
    }

    fn problems(&self, node: &Node) -> Vec<Problem> {
        let span = |key: &str| node.get(key).map_or(node.span, |value| value.span);
        let mut found: Vec<Problem> = self
            .request()
            .contradictions()
            .into_iter()
            .map(|(key, message)| Problem::new(span(key), key, message))
            .collect();
        if let Value::Literal(text) = &self.url
            && let Err(blame) = Url::parse(text.expose()).map_err(Blame::from).and_then(of_http)
        {
            found.push(Problem::new(span("url"), "url", blame.message));
        }
        if let Some(Value::Literal(text)) = &self.subprotocol
            && let Err(problem) = subprotocols(text.expose())
        {
            found.push(Problem::new(span("subprotocol"), "subprotocol", format!("expected {problem}")));
        }
        if let Some((name, _)) = self.headers.0.iter().find(|(name, _)| is_ours(name)) {
            let message =
                format!("{name} belongs to the upgrade: it cannot be set (`subprotocol` offers subprotocols)");
            found.push(Problem::new(span("headers"), "headers", message));
        }
        found.extend(TlsKeys::problem_in(Some(&self.tls), node));
        found
    }

    /// The same as the keys of a request.
    pub(super) fn request(&self) -> HttpKeys {
        HttpKeys {
            socket: self.socket.clone(),
            headers: self.headers.clone(),
            basic_auth: self.basic_auth.clone(),
            bearer_token: self.bearer_token.clone(),
            ..HttpKeys::of_url(self.url.clone())
        }
    }

    /// The URL as it may be shown, and the same as one of HTTP.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved; `url_malformed`, without the text.
    pub(super) fn url(&self, env: &dyn Env) -> Result<(String, Url), Fault> {
        let url = request::read_url(&self.url, env)?;
        let target = url.redacted();
        let url = of_http(url).map_err(|Blame { cause, message, detail }| {
            let fault = Fault::new(Phase::Assert, cause, format!("the URL from {}: {message}", self.url.origin()));
            Fault { detail: detail.map(Detail::Value), ..fault }
        })?;
        Ok((target, url))
    }

    /// The subprotocols to offer.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved, or that is no list of names.
    pub(super) fn subprotocols(&self, env: &dyn Env) -> Result<Vec<String>, Fault> {
        let Some(value) = &self.subprotocol else { return Ok(Vec::new()) };
        subprotocols(value.resolve(env)?.expose().trim()).map_err(|expected| {
            let message = format!("subprotocol: {} is not {expected}", value.origin());
            Fault::new(Phase::Assert, value.invalid_cause(), message)
        })
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let headers = self.headers.0.iter().map(|(_, value)| value);
        let auth = self.basic_auth.iter().flat_map(|auth| [&auth.username, &auth.password]);
        let socket = self.socket.as_ref().and_then(Setting::later);
        let own = std::iter::once(&self.url).chain(socket).chain(headers).chain(&self.subprotocol);
        let own = own.chain(self.expect.iter().flat_map(Expect::values)).chain(auth).chain(&self.bearer_token);
        own.chain(self.tls.values()).collect()
    }
}

/// Headers that belong to the upgrade itself.
fn is_ours(name: &HeaderName) -> bool {
    name.as_str().starts_with("sec-websocket-")
}

fn of_http(mut url: Url) -> Result<Url, Blame> {
    let scheme = match url.scheme.as_str() {
        PLAIN => "http",
        OVER_TLS => "https",
        other => return Err(blame_scheme(other, &[PLAIN, OVER_TLS], "the scheme is not one of ws, wss")),
    };
    if url.hosts.len() > 1 {
        return Err(Blame::malformed("it names several hosts"));
    }
    scheme.clone_into(&mut url.scheme);
    Ok(url)
}

/// Names with commas between them: tokens of HTTP.
fn subprotocols(text: &str) -> Result<Vec<String>, &'static str> {
    const EXPECTED: &str = "the name of a subprotocol, or several with commas between them";
    let is_token = |name: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !name.is_empty() && name.bytes().all(fits)
    };
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    let fits = names.len() <= OFFERED && names.iter().all(|name| is_token(name));
    if fits { Ok(names) } else { Err(EXPECTED) }
}

#[cfg(test)]
mod tests {
    use super::WebsocketKeys;
    use crate::config::node::parse;
    use crate::env::MapEnv;

    fn keys(yaml: &str) -> Result<WebsocketKeys, Vec<String>> {
        let shown = |problem: crate::config::node::Problem| format!("{}: {}", problem.path, problem.message);
        WebsocketKeys::read(&parse(yaml).unwrap()).map_err(|problems| problems.into_iter().map(shown).collect())
    }

    #[test]
    fn a_url_of_websockets_is_one_of_http_with_another_scheme() {
        let env = MapEnv::with_vars(&[("URL", "wss://app:s3cret@chat/live?token=s3cret"), ("NAMES", "a, b")]);
        for (yaml, target, url) in [
            ("{url: 'ws://chat/live'}", "ws://chat/live", "http://chat/live"),
            ("{url: 'wss://chat:8443'}", "wss://chat:8443", "https://chat:8443"),
            ("{url: {env: URL}}", "wss://app@chat/live?token=***", "https://app@chat/live?token=***"),
        ] {
            let (shown, read) = keys(yaml).unwrap().url(&env).unwrap();
            assert_eq!((shown.as_str(), read.redacted().as_str()), (target, url));
        }
        let offered = keys("{url: 'ws://a', subprotocol: {env: NAMES}}").unwrap().subprotocols(&env).unwrap();
        assert_eq!(offered, ["a", "b"]);
    }

    #[test]
    fn what_is_wrong_is_said_at_its_key() {
        for (yaml, expected) in [
            ("{url: 'http://a'}", "url: the scheme is not one of ws, wss"),
            ("{url: 'ws://a,b'}", "url: it names several hosts"),
            (
                "{url: 'ws://a', subprotocol: 'a b'}",
                "subprotocol: expected the name of a subprotocol, or several with commas between them",
            ),
            (
                "{url: 'ws://a', headers: {Sec-WebSocket-Protocol: a}}",
                "headers: sec-websocket-protocol belongs to the upgrade: it cannot be set (`subprotocol` offers subprotocols)",
            ),
            (
                "{url: 'ws://a', bearer_token: a, basic_auth: {username: a, password: b}}",
                "bearer_token: excludes basic_auth: a request has one Authorization",
            ),
            ("{url: 'ws://a', tls: {key: /x}}", "tls: `key` needs its `cert`"),
        ] {
            assert_eq!(keys(yaml).err().unwrap(), [expected], "{yaml}");
        }
    }
}
