//! The way through an HTTP proxy, where the configuration asks for one: a request in full form for `http`, a tunnel (CONNECT,
//! RFC 9110, 9.3.6) for `https`.

use std::sync::Arc;

use base64::Engine as _;
use hyper::header::HeaderValue;
use serde::de::{self, Deserialize, Deserializer};

use crate::cause::Cause;
use crate::check::http::origin::Origin;
use crate::check::http::request::{AGENT, Request};
use crate::check::reader::{ReadError, Reader};
use crate::env::Env;
use crate::findings::{self, ProxyVariables};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, Phase};
use crate::secret::Secret;
use crate::url::{Endpoint, Url};
use crate::value::Value;

/// The usual port of a proxy whose URL names none, as curl and Go have it.
const PORT: u16 = 80;
/// The longest line of an answer to CONNECT, and how many there may be.
const LONGEST_LINE: usize = 8 * 1024;
const MOST_LINES: usize = 128;

/// Codes of [`Detail::Protocol`].
pub(super) mod code {
    pub(in crate::check::http) const LOGIN: &str = "proxy_login";
    pub(in crate::check::http) const DENIED: &str = "proxy_denied";
    pub(in crate::check::http) const FAILED: &str = "proxy_failed";
}

/// Which proxy a check goes through.
#[derive(Debug, Clone, Default)]
pub(crate) enum ProxyKey {
    /// None.
    #[default]
    Direct,
    /// That of the variables, as Go reads them.
    Variables,
    /// The one with this URL.
    Url(Value),
}

impl<'de> Deserialize<'de> for ProxyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let Value::Literal(text) = &value else { return Ok(Self::Url(value)) };
        match text.expose() {
            "none" => Ok(Self::Direct),
            "env" => Ok(Self::Variables),
            url => Proxy::parse(url).map(|_| Self::Url(value)).map_err(de::Error::custom),
        }
    }
}

impl ProxyKey {
    /// What is read at each run.
    pub(crate) const fn value(&self) -> Option<&Value> {
        match self {
            Self::Url(value) => Some(value),
            Self::Direct | Self::Variables => None,
        }
    }

    /// The proxy on the way to an origin, now; `None` for the direct way.
    ///
    /// # Errors
    /// Why the URL of the proxy cannot be used, without it.
    fn on_the_way_to(&self, origin: &Origin, env: &dyn Env) -> Result<Option<Arc<Proxy>>, Fault> {
        let value = match self {
            Self::Direct => return Ok(None),
            Self::Variables => {
                let variables = ProxyVariables::read(env);
                match findings::proxy_as_go_has_it(&variables, &origin.endpoint, origin.secure) {
                    Some(variable) => Value::Env(variable.to_owned()),
                    None => return Ok(None),
                }
            }
            Self::Url(value) => value.clone(),
        };
        let text = value.resolve(env)?;
        let proxy = Proxy::parse(text.expose().trim()).map_err(|problem| {
            Fault::new(Phase::Assert, Cause::UrlMalformed, format!("proxy: {}: {problem}", value.origin()))
        })?;
        Ok(Some(Arc::new(proxy)))
    }
}

impl ProxyKey {
    /// What a request connects to on the network.
    pub(crate) fn endpoints(&self, request: &Request, env: &dyn Env) -> Option<Endpoint> {
        (!request.is_to_socket()).then(|| self.dialled(&request.origin, env))
    }

    /// What is dialled to reach an origin, as far as that is known.
    pub(super) fn dialled(&self, origin: &Origin, env: &dyn Env) -> Endpoint {
        let proxy = self.on_the_way_to(origin, env).ok().flatten();
        proxy.map_or_else(|| origin.endpoint.clone(), |proxy| proxy.endpoint.clone())
    }

    /// Connects to the server of a request, or to the proxy on the way, with a tunnel through it if `tunnels`; gives the proxy, too.
    ///
    /// # Errors
    /// Every cause of a connection; those of a proxy that refuses.
    pub(crate) async fn connect(
        &self,
        attempt: &mut Attempt,
        request: &Request,
        tunnels: bool,
    ) -> Result<(Io, Option<Arc<Proxy>>), Fault> {
        let origin = &request.origin;
        let proxy = if request.is_to_socket() { None } else { self.on_the_way_to(origin, attempt.env())? };
        let Some(proxy) = proxy else { return Ok((request.connect(attempt).await?, None)) };
        let mut io = attempt.connect(&proxy.endpoint).await.map_err(|fault| proxy.blame(fault))?;
        if tunnels && let Err(fault) = proxy.tunnel(attempt, &mut io, origin).await {
            attempt.close(io).await;
            return Err(fault);
        }
        Ok((io, Some(proxy)))
    }
}

/// A proxy, and the login there.
#[derive(Debug)]
pub(crate) struct Proxy {
    endpoint: Endpoint,
    login: Option<Secret>,
}

impl Proxy {
    /// Variables often have no scheme: `proxy.corp:3128`.
    fn parse(text: &str) -> Result<Self, String> {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let with_scheme = Secret::new(with_scheme);
        let url = Url::parse(with_scheme.expose()).map_err(|error| error.to_string())?;
        if url.scheme != "http" {
            return Err(
                "expected none, env, or the URL of a proxy that begins with http://: proxies over TLS and SOCKS \
                        are not supported"
                    .to_owned(),
            );
        }
        let [(host, port)] = url.hosts.as_slice() else { return Err("expected one host".to_owned()) };
        let endpoint = Endpoint { host: host.clone(), port: port.unwrap_or(PORT) };
        let login = (url.user.is_some() || url.password.is_some()).then(|| {
            let password = url.password.as_ref().map_or("", Secret::expose);
            let pair = Secret::new(format!("{}:{password}", url.user.as_deref().unwrap_or_default()));
            let encoded = Secret::new(base64::engine::general_purpose::STANDARD.encode(pair.expose()));
            Secret::new(format!("Basic {}", encoded.expose()))
        });
        Ok(Self { endpoint, login })
    }

    /// The header for the login.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.login.as_ref()?.expose()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// A fault on the way to the proxy names it.
    fn blame(&self, fault: Fault) -> Fault {
        let message = format!("the proxy {}: {}", self.endpoint, fault.message);
        fault.with_message(message)
    }

    /// Opens a tunnel; afterwards the stream leads to the origin.
    async fn tunnel(&self, attempt: &mut Attempt, io: &mut Io, origin: &Origin) -> Result<(), Fault> {
        attempt.enter(Phase::Request);
        let expected = Expected { what: "the answer of the proxy to CONNECT", protocol: Some(Protocol::Http) };
        let failed = |error: ReadError| self.blame(attempt.stream_error(error.as_stream_error(), expected));
        let login = self.login.as_ref();
        let login = login.map(|login| format!("Proxy-Authorization: {}\r\n", login.expose())).unwrap_or_default();
        let to = &origin.endpoint;
        let ask = Secret::new(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: {AGENT}\r\n{login}\r\n"));
        let mut reader = Reader::new(io);
        reader.send(ask.expose().as_bytes()).await.map_err(failed)?;
        let first = reader.line(LONGEST_LINE).await.map_err(failed)?;
        let Some(status) = status(&first) else {
            return Err(self.blame(attempt.stream_error(StreamError::Unexpected(""), expected)));
        };
        for _ in 0..MOST_LINES {
            if reader.line(LONGEST_LINE).await.map_err(failed)?.is_empty() {
                return match status {
                    200..=299 if reader.is_drained() => Ok(()),
                    200..=299 => {
                        let message = "it opens the tunnel, but says more before the server can have spoken";
                        Err(self.blame(attempt.fault(Cause::ProtocolError, message)))
                    }
                    _ => Err(self.refusal(attempt, status, to)),
                };
            }
        }
        Err(self
            .blame(attempt.fault(Cause::TooLarge, format!("the answer to CONNECT has more than {MOST_LINES} lines"))))
    }

    fn refusal(&self, attempt: &Attempt, status: u16, to: &Endpoint) -> Fault {
        let (cause, says, code) = match status {
            407 if self.login.is_some() => (Cause::PermissionDenied, "it rejects the login in its URL", code::LOGIN),
            407 => (Cause::PermissionDenied, "it requires a login", code::LOGIN),
            400..=499 => (Cause::PermissionDenied, "it does not allow this", code::DENIED),
            _ => (Cause::HttpStatus, "it has no connection to there", code::FAILED),
        };
        let message = format!("the proxy {} answers CONNECT {to} with {status}: {says}", self.endpoint);
        let phase = if cause == Cause::HttpStatus { Phase::Assert } else { Phase::Request };
        let fault = Fault::new(phase, cause, message).with(Detail::Protocol { code, product: None });
        attempt.of_connection(fault).stating(format!("the proxy {} answered CONNECT with {status}", self.endpoint))
    }
}

/// `HTTP/1.1 200 Connection established`.
fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line).ok()?.strip_prefix("HTTP/1.")?;
    line.split(' ').nth(1).filter(|digits| digits.len() == 3)?.parse().ok()
}

/// What to do about a proxy that refuses.
pub(super) fn hint(code: &str) -> Option<String> {
    let text = match code {
        code::LOGIN => {
            "Write user and password into the URL of the proxy (`http://user:password@proxy:3128`, special characters \
             percent-encoded)."
        }
        code::DENIED => {
            "Ask whoever runs the proxy to allow this host and port. If the host is in the cluster, set `proxy: none`, or \
             add it to NO_PROXY."
        }
        code::FAILED => {
            "The proxy does not reach this host. If it is in the cluster, set `proxy: none`, or add it to NO_PROXY; \
             otherwise read the log of the proxy."
        }
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Proxy, ProxyKey, status};
    use crate::check::http::origin::Origin;
    use crate::config::node;
    use crate::env::MapEnv;
    use crate::url::Url;

    #[test]
    fn proxies_are_read_and_never_shown() {
        for (text, expected) in [
            ("http://proxy:3128", Some("proxy:3128")),
            ("proxy.corp:3128", Some("proxy.corp:3128")),
            ("http://user:s3cret@proxy", Some("proxy:80")),
            ("http://[fd00::1]:8080/", Some("[fd00::1]:8080")),
            ("https://proxy:3128", None),
            ("socks5://proxy:1080", None),
            ("http://proxy:s3cret", None),
        ] {
            let read = Proxy::parse(text);
            assert_eq!(read.as_ref().ok().map(|proxy| proxy.endpoint.to_string()).as_deref(), expected, "{text}");
            assert!(!format!("{read:?}").contains("s3cret"), "{read:?}");
        }
        let login = Proxy::parse("http://user:s3cret@proxy").unwrap().authorization().unwrap();
        assert_eq!(login.to_str().unwrap(), "Basic dXNlcjpzM2NyZXQ=");
    }

    #[test]
    fn the_way_depends_on_the_key_the_variables_and_the_host() {
        let env = MapEnv::with_vars(&[
            ("HTTP_PROXY", "http://plain:1"),
            ("HTTPS_PROXY", "secure:2"),
            ("NO_PROXY", ".svc,10.0.0.0/8"),
            ("BAD", "socks5://x:s3cret@h"),
        ]);
        for (key, url, expected) in [
            ("none", "http://api.example.com/", ""),
            ("env", "http://api.example.com/", "plain:1"),
            ("env", "https://api.example.com/", "secure:2"),
            ("env", "http://web.shop.svc/", ""),
            ("env", "http://10.1.2.3/", ""),
            ("env", "http://localhost/", ""),
            ("http://own:3", "http://web.shop.svc/", "own:3"),
            ("{env: HTTP_PROXY}", "https://web.shop.svc/", "plain:1"),
            ("{env: BAD}", "http://h/", "url_malformed"),
            ("{env: GONE}", "http://h/", "variable_missing"),
        ] {
            let key: ProxyKey = node::read(&node::parse(key).unwrap()).unwrap();
            let origin = Origin::of(&Url::parse(url).unwrap()).unwrap();
            let way = match key.on_the_way_to(&origin, &env) {
                Ok(way) => way.map_or_else(String::new, |proxy| proxy.endpoint.to_string()),
                Err(fault) => {
                    assert!(!fault.message.contains("s3cret"), "{}", fault.message);
                    fault.cause.slug().to_owned()
                }
            };
            assert_eq!(way, expected, "{key:?} {url}");
        }
        assert!(node::read::<ProxyKey>(&node::parse("https://proxy:1").unwrap()).is_err());
    }

    #[test]
    fn only_a_status_line_has_a_status() {
        for (line, expected) in [
            ("HTTP/1.1 200 Connection established", Some(200)),
            ("HTTP/1.0 407 Proxy Authentication Required", Some(407)),
            ("HTTP/1.1 200", Some(200)),
            ("HTTP/2 200", None),
            ("HTTP/1.1 2000", None),
            ("SSH-2.0-x", None),
            ("", None),
        ] {
            assert_eq!(status(line.as_bytes()), expected, "{line}");
        }
    }
}
