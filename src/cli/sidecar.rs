//! A running sidecar, as `ask` talks to it: found by its URL, never by a name, within the second that the kubelet gives.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::net::io::Io;
use crate::url::{Host, Url};

/// One whole exchange: within the second that the kubelet gives a probe by default, so that the line still gets out.
const LIMIT: Duration = Duration::from_millis(800);
/// As much of the answer is read: hundreds of checks fit.
const BODY_LIMIT: usize = 1024 * 1024;

/// Where a sidecar listens unless it is told otherwise.
pub(super) const DEFAULT_URL: &str = "http://127.0.0.1:9809";

/// Where a sidecar is.
pub(super) struct Sidecar {
    /// Tried one after another.
    pub(super) addresses: Vec<SocketAddr>,
    /// For people: scheme, host and port.
    pub(super) origin: String,
    /// The `Host` header.
    pub(super) host: String,
}

impl Sidecar {
    /// The one at this URL.
    ///
    /// # Errors
    /// What is wrong with the URL, which is never repeated.
    pub(super) fn at(url: &str) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|error| format!("--url: {error}"))?;
        let form = "--url expects http://ADDRESS:PORT, such as http://127.0.0.1:9809";
        if url.scheme == "https" {
            return Err(format!("{form}; with serve.tls, use the plain listener of serve.probe_listen"));
        }
        let [(host, port)] = &url.hosts[..] else { return Err(form.to_owned()) };
        if url.scheme != "http" || url.user.is_some() || !matches!(&*url.path, "" | "/") || url.raw_query.is_some() {
            return Err(form.to_owned());
        }
        let port = port.unwrap_or(80);
        let ips = match host {
            Host::Ip(ip) => vec![*ip],
            Host::Name(_) if host.is_loopback() => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Host::Name(_) => return Err(format!("{form}; localhost is the only name that it accepts")),
        };
        let addresses: Vec<SocketAddr> = ips.into_iter().map(|ip: IpAddr| SocketAddr::new(ip, port)).collect();
        let host = if host.is_loopback() { format!("localhost:{port}") } else { addresses[0].to_string() };
        Ok(Self { origin: format!("http://{}", addresses[0]), addresses, host })
    }

    /// Status and body of the answer.
    ///
    /// # Errors
    /// Why there is none, with the remedy, in one line.
    pub(super) async fn request(&self, method: Method, path: &str) -> Result<(StatusCode, String), String> {
        let origin = &self.origin;
        let remedy = "check whether `pilotfish serve` runs in this pod; if its `listen` is another address, set --url";
        match timeout(LIMIT, self.exchange(method, path)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(reason)) => Err(format!("pilotfish does not answer at {origin}: {reason}; {remedy}")),
            Err(_) => Err(format!("pilotfish does not answer at {origin}: timed out; {remedy}")),
        }
    }

    async fn exchange(&self, method: Method, path: &str) -> Result<(StatusCode, String), String> {
        let stream = self.connect().await.map_err(|error| in_words(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(Io::over(stream))).await.map_err(not_http)?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::CONNECTION, "close")
            .body(Full::<Bytes>::default())
            .expect("a path of known characters and a host made of an address are well-formed");
        let mut answer = pin!(async move { text(sender.send_request(request).await.map_err(not_http)?).await });
        let mut connection = pin!(connection);
        tokio::select! {
            biased;
            answer = &mut answer => answer,
            // It has ended; what it read is still to be taken.
            _ = &mut connection => answer.await,
        }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in &self.addresses {
            let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
            match socket?.connect(*address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

async fn text(response: Response<Incoming>) -> Result<(StatusCode, String), String> {
    let status = response.status();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame.map_err(not_http)?.data_ref() {
            bytes.extend_from_slice(data);
        }
        if bytes.len() > BODY_LIMIT {
            return Err("the answer is too long: another server than pilotfish sent it".to_owned());
        }
    }
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        _ => error.to_string(),
    }
}

fn not_http(_: hyper::Error) -> String {
    "the answer is not HTTP (with serve.tls, use the listener of serve.probe_listen)".to_owned()
}

#[cfg(test)]
mod tests {
    use super::Sidecar;

    #[test]
    fn urls_that_cannot_be_asked_are_bad_usage_and_never_repeated() {
        for (url, want) in [
            ("https://127.0.0.1:9809", "serve.probe_listen"),
            ("http://u:s3cret@127.0.0.1:9809", "--url expects http://ADDRESS:PORT"),
            ("http://127.0.0.1:9809/readyz", "--url expects http://ADDRESS:PORT"),
            ("http://127.0.0.1:9809?token=s3cret", "--url expects http://ADDRESS:PORT"),
            ("http://db.example:9809", "localhost is the only name"),
            ("127.0.0.1:9809", "--url"),
            ("s3cret", "--url"),
        ] {
            let error = Sidecar::at(url).map(|_| ()).unwrap_err();
            assert!(error.contains(want) && !error.contains("s3cret"), "{url}: {error}");
        }
        let both = Sidecar::at("http://localhost:9809/").map_err(|error| panic!("{error}")).unwrap();
        assert_eq!(both.addresses.len(), 2, "127.0.0.1, then ::1");
        assert_eq!((&*both.origin, &*both.host), ("http://127.0.0.1:9809", "localhost:9809"));
    }
}
