//! `pilotfish ask`: asks a running sidecar, for exec probes in images without a shell or an HTTP client. It prints one
//! line, and the same line while nothing changes: each new text is a new event of the pod.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::exit::Exit;
use crate::net::io::Io;
use crate::outcome::{LINE_LIMIT, clean_text, cut_at_word};
use crate::url::{Host, Url};

/// The whole exchange: within the second that the kubelet gives a probe by default, so that the line still gets out.
const LIMIT: Duration = Duration::from_millis(800);
/// As much of the answer is read: hundreds of checks fit.
const BODY_LIMIT: usize = 256 * 1024;
/// The longest line of an answer that is none, in bytes.
const ODD_LINE_LIMIT: usize = 1024;
/// The names of other checks may have so many bytes in the line.
const ALSO_LIMIT: usize = 60;

/// Where a sidecar listens unless it is told otherwise.
pub const DEFAULT_URL: &str = "http://127.0.0.1:9809";

/// Asks `question` (`startup`, `ready`, `live` or a check's name) of the sidecar at `url`, and says the answer in one line.
pub async fn run(question: &str, url: &str, out: &mut (dyn Write + Send)) -> Exit {
    let (exit, line) = match prepared(question, url) {
        Ok(asked) => asked.ask().await,
        Err(usage) => (Exit::Usage, usage),
    };
    // A reader that went away does not change the answer.
    drop(writeln!(out, "{}", clean_text(&line, ODD_LINE_LIMIT)).and_then(|()| out.flush()));
    exit
}

/// A question that can be asked.
struct AskRequest {
    path: String,
    /// Tried one after another.
    addresses: Vec<SocketAddr>,
    /// For people: scheme, host and port.
    place: String,
    /// The `Host` header.
    host: String,
}

fn prepared(question: &str, url: &str) -> Result<AskRequest, String> {
    let path = match question {
        "startup" => "/startupz".to_owned(),
        "ready" => "/readyz".to_owned(),
        "live" => "/livez".to_owned(),
        name if is_check_name(name) => format!("/readyz/{name}"),
        // Not repeated: it may be a URL with a password, given in the wrong place.
        _ => return Err("the question is none: ask for startup, ready, live or the name of a check".to_owned()),
    };
    let url = Url::parse(url).map_err(|error| format!("--url: {error}"))?;
    let form = "--url takes http://ADDRESS:PORT, such as http://127.0.0.1:9809";
    if url.scheme == "https" {
        return Err(format!("{form}; where TLS is on, ask the plain listener of serve.probe_listen"));
    }
    let [(host, port)] = &url.hosts[..] else { return Err(form.to_owned()) };
    if url.scheme != "http" || url.user.is_some() || !matches!(&*url.path, "" | "/") || url.raw_query.is_some() {
        return Err(form.to_owned());
    }
    let port = port.unwrap_or(80);
    let ips = match host {
        Host::Ip(ip) => vec![*ip],
        Host::Name(_) if host.is_loopback() => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        Host::Name(_) => return Err(format!("{form}; names other than localhost are not looked up here")),
    };
    let addresses: Vec<SocketAddr> = ips.into_iter().map(|ip: IpAddr| SocketAddr::new(ip, port)).collect();
    let host = if host.is_loopback() { format!("localhost:{port}") } else { addresses[0].to_string() };
    Ok(AskRequest { path, place: format!("http://{}", addresses[0]), addresses, host })
}

fn is_check_name(text: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|c| word(c) || c == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl AskRequest {
    async fn ask(&self) -> (Exit, String) {
        let answer = timeout(LIMIT, self.exchange()).await;
        let place = &self.place;
        let remedy = "check whether `pilotfish serve` runs in this pod; if its `listen` is another address, set --url";
        match answer {
            Ok(Ok((status, body))) => self.read(status, &body),
            Ok(Err(reason)) => (Exit::Failed, format!("pilotfish does not answer at {place}: {reason}; {remedy}")),
            Err(_) => (Exit::Failed, format!("pilotfish does not answer at {place}: timed out; {remedy}")),
        }
    }

    fn read(&self, status: StatusCode, body: &str) -> (Exit, String) {
        match status {
            StatusCode::OK => (Exit::Passed, "ok".to_owned()),
            StatusCode::SERVICE_UNAVAILABLE => (Exit::Failed, failing(body)),
            StatusCode::NOT_FOUND if body.starts_with("there is no check") => (Exit::Usage, body.trim_end().to_owned()),
            _ => {
                let (place, number) = (&self.place, status.as_u16());
                (Exit::Failed, format!("something else than pilotfish answers at {place}: status {number}"))
            }
        }
    }

    async fn exchange(&self) -> Result<(StatusCode, String), String> {
        let stream = self.connect().await.map_err(|error| in_words(&error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(Io::over(stream))).await.map_err(not_http)?;
        let request = Request::get(&self.path)
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
            return Err("the answer is too long for one of pilotfish's".to_owned());
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
    "what came is no HTTP answer (where serve.tls is on, ask the listener of serve.probe_listen)".to_owned()
}

/// `database: password_rejected for user app. Fix: …` for the first line that fails, and the names of the others.
fn failing(body: &str) -> String {
    let mut failed = body.lines().filter_map(|line| line.strip_prefix("[-]")?.split_once(" failed: "));
    let Some((name, reason)) = failed.next() else {
        return body.lines().last().unwrap_or("failed, without a reason").to_owned();
    };
    let others: Vec<&str> = failed.map(|(name, _)| name).collect();
    let also = also_failing(&others);
    format!("{}{also}", cut_at_word(&format!("{name}: {reason}"), LINE_LIMIT.saturating_sub(also.len())))
}

/// ` (also failing: a, b)`; names that are too long for the line are counted.
fn also_failing(names: &[&str]) -> String {
    let all = names.join(", ");
    match names.len() {
        0 => String::new(),
        _ if all.len() <= ALSO_LIMIT => format!(" (also failing: {all})"),
        count => format!(" (also failing: {count} other checks)"),
    }
}

#[cfg(test)]
mod tests {
    use super::{failing, is_check_name, prepared};

    #[test]
    fn questions_become_paths() {
        for (question, path) in
            [("startup", "/startupz"), ("ready", "/readyz"), ("live", "/livez"), ("database-1", "/readyz/database-1")]
        {
            let asked = prepared(question, "http://127.0.0.1:9809").map_err(|error| panic!("{error}")).unwrap();
            assert_eq!((&*asked.path, &*asked.place, &*asked.host), (path, "http://127.0.0.1:9809", "localhost:9809"));
        }
        for name in ["", "-a", "a-", "A", "a/b", "postgres://u:s3cret@h", &"a".repeat(64)] {
            assert!(!is_check_name(name), "{name}");
            let error = prepared(name, "http://127.0.0.1:9809").map(|_| ()).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn urls_that_cannot_be_asked_are_bad_usage_and_never_repeated() {
        for (url, want) in [
            ("https://127.0.0.1:9809", "serve.probe_listen"),
            ("http://u:s3cret@127.0.0.1:9809", "--url takes http://ADDRESS:PORT"),
            ("http://127.0.0.1:9809/readyz", "--url takes http://ADDRESS:PORT"),
            ("http://127.0.0.1:9809?token=s3cret", "--url takes http://ADDRESS:PORT"),
            ("http://db.example:9809", "names other than localhost are not looked up"),
            ("127.0.0.1:9809", "--url"),
            ("s3cret", "--url"),
        ] {
            let error = prepared("ready", url).map(|_| ()).unwrap_err();
            assert!(error.contains(want) && !error.contains("s3cret"), "{url}: {error}");
        }
        let both = prepared("ready", "http://localhost:9809/").map_err(|error| panic!("{error}")).unwrap();
        assert_eq!(both.addresses.len(), 2, "127.0.0.1, then ::1");
    }

    #[test]
    fn the_first_failure_is_the_line() {
        let body = "[+]cache ok\n[-]database failed: password_rejected: do this\nreadyz check failed\n";
        assert_eq!(failing(body), "database: password_rejected: do this");
        let two = "[-]a failed: x: y\n[+]b ok\n[-]c failed: reason withheld\nreadyz check failed\n";
        assert_eq!(failing(two), "a: x: y (also failing: c)");
        assert_eq!(failing("readyz check failed\n"), "readyz check failed");
        assert_eq!(failing(""), "failed, without a reason");
    }
}
