//! The way to a server, through an HTTP proxy where there is one: a request in full form for `http`, a tunnel (CONNECT,
//! RFC 9110, 9.3.6) for `https`.

use std::sync::Arc;

use crate::cause::Cause;
use crate::check::http::origin::Origin;
use crate::check::http::proxy::{Proxy, ProxyKey};
use crate::check::http::request::{AGENT, Request};
use crate::check::reader::{ReadError, Reader};
use crate::env::Env;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, Phase};
use crate::secret::Secret;
use crate::url::Endpoint;

/// The longest line of an answer to CONNECT, and how many there may be.
const LONGEST_LINE: usize = 8 * 1024;
const MOST_LINES: usize = 128;

/// Codes of [`Detail::Protocol`].
pub(super) mod code {
    pub(in crate::check::http) const LOGIN: &str = "proxy_login";
    pub(in crate::check::http) const DENIED: &str = "proxy_denied";
    pub(in crate::check::http) const FAILED: &str = "proxy_failed";
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

impl Proxy {
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
    use super::status;

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
