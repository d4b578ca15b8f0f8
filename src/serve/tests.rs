//! The server over real sockets, answering from a made-up snapshot.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{bind, run};
use crate::cause::Cause;
use crate::config::plan::{ServeOptions, ServeTls};
use crate::env::MapEnv;
use crate::outcome::Phase;
use crate::state::Snapshot;
use crate::testing::{READY, fail, pass, snapshot, view};
use crate::value::Value;
use crate::verdict::Verdict::{Down, Up};

/// A running server; it stops when this is dropped, or told to.
struct Server {
    address: SocketAddr,
    probes: Option<SocketAddr>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    options: watch::Sender<Arc<ServeOptions>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

fn failing() -> Snapshot {
    snapshot(vec![view("database", READY, Down, Some(fail(Phase::Login, Cause::PasswordRejected)))])
}

fn start(options: ServeOptions, env: MapEnv) -> Server {
    let bound = bind("127.0.0.1:0".parse().unwrap(), &options, Arc::new(env)).unwrap();
    let (address, probes) = (bound.address(), bound.probes());
    let (snapshots, newest) = watch::channel(Arc::new(failing()));
    let (options, current) = watch::channel(Arc::new(options));
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(run(bound, newest, current, mpsc::channel(1).0, async { drop(stopped.await) }));
    Server { address, probes, snapshots, options, stop: Some(stop), task }
}

fn plain() -> Server {
    start(ServeOptions::default(), MapEnv::default())
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpSocket::new_v4().unwrap().connect(address).await.unwrap()
}

/// Sends this, and reads until the server closes; fails where it never does.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(address).await;
    // The server may have had enough before it has read all.
    drop(stream.write_all(bytes).await);
    rest(stream).await
}

async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.expect("the server closes");
    // A reset after the answer is an end as well.
    drop(read);
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn get(address: SocketAddr, target: &str, more: &str) -> String {
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n");
    exchange(address, request.as_bytes()).await
}

#[tokio::test]
async fn an_answer_has_its_headers() {
    let server = plain();
    let answer = get(server.address, "/livez", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    for header in [
        "content-type: text/plain; charset=utf-8\r\n",
        "cache-control: no-store\r\n",
        "x-content-type-options: nosniff\r\n",
        "content-length: 2\r\n",
    ] {
        assert!(answer.contains(header), "{header}: {answer}");
    }
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    let head = exchange(server.address, b"HEAD /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(head.contains("content-length: 2\r\n") && head.ends_with("\r\n\r\n"), "{head}");
}

#[tokio::test]
async fn detail_is_for_this_pod_alone() {
    let server = plain();
    let near = get(server.address, "/readyz", "").await;
    assert!(near.contains("[-]database failed: password_rejected: seen. Fix: do this\n"), "{near}");
    let proxied = get(server.address, "/readyz", "X-Forwarded-For: 10.0.0.1\r\n").await;
    assert!(proxied.contains("[-]database failed: reason withheld\n"), "{proxied}");
    server.options.send_replace(Arc::new(ServeOptions { full_detail: true, ..ServeOptions::default() }));
    let full = get(server.address, "/readyz", "X-Forwarded-For: 10.0.0.1\r\n").await;
    assert!(full.contains("password_rejected"), "{full}");
}

#[tokio::test]
async fn the_newest_snapshot_answers() {
    let server = plain();
    assert!(get(server.address, "/readyz", "").await.starts_with("HTTP/1.1 503"));
    server.snapshots.send_replace(Arc::new(snapshot(vec![view("database", READY, Up, Some(pass()))])));
    assert!(get(server.address, "/readyz", "").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_token_opens_what_it_guards() {
    let bearer_token = Some(Value::File("/token".into()));
    let env = MapEnv::default().with_file("/token", b"s3cret\n");
    let server = start(ServeOptions { bearer_token, ..ServeOptions::default() }, env);
    for target in ["/metrics", "/status", "/readyz?verbose"] {
        let refused = get(server.address, target, "").await;
        assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
        assert!(refused.contains("www-authenticate: Bearer realm=\"pilotfish\"\r\n"), "{refused}");
        assert!(get(server.address, target, "Authorization: Bearer wrong\r\n").await.starts_with("HTTP/1.1 401"));
        let given = get(server.address, target, "Authorization: Bearer s3cret\r\n").await;
        assert!(!given.starts_with("HTTP/1.1 401"), "{given}");
    }
    assert!(get(server.address, "/livez", "").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_second_listener_serves_the_probes_in_plain_text_while_tls_is_on() {
    let made = rcgen::generate_simple_self_signed(vec!["pilotfish".to_owned()]).unwrap();
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let env = MapEnv::default().with_file("/c", cert.as_bytes()).with_file("/k", key.as_bytes());
    let tls = Some(ServeTls { cert: "/c".into(), key: "/k".into() });
    let server = start(ServeOptions { tls, probe_listen: "127.0.0.1:0".parse().ok(), ..ServeOptions::default() }, env);
    let probes = server.probes.unwrap();
    assert!(get(probes, "/livez", "").await.starts_with("HTTP/1.1 200"));
    assert!(get(probes, "/metrics", "").await.starts_with("HTTP/1.1 404"));
    let garbled = get(server.address, "/livez", "").await;
    assert!(!garbled.contains("HTTP/1.1"), "plain text on the TLS port: {garbled}");

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = connect(server.address).await;
    let mut stream = connector.connect("pilotfish".try_into().unwrap(), stream).await.unwrap();
    stream.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it ends with close_notify");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");
}

#[tokio::test]
async fn hostile_requests_get_a_status_or_the_end_and_harm_nobody() {
    let server = plain();
    let long = "a".repeat(20_000);
    let uri = format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n");
    let header = format!("GET /livez HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n");
    let endless = format!("GET /livez HTTP/1.1\r\nHost: a\r\n{}", "X: y\r\n".repeat(100_000));
    let many = format!("GET /livez HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(100));
    let exclude = format!("GET /livez?{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "exclude=a&".repeat(1500));
    for (name, bytes, want) in [
        ("garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", "HTTP/1.1 400"),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
        ("a huge URI", &*uri, "HTTP/1.1 431"),
        ("a huge header", &*header, "HTTP/1.1 431"),
        ("endless headers", &*endless, "HTTP/1.1 431"),
        ("many headers", &*many, "HTTP/1.1 431"),
        ("a flood of parameters", &*exclude, "HTTP/1.1 200"),
        ("two lengths", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 400"),
        ("a line break in the path", "GET /a\rb HTTP/1.1\r\n\r\n", "HTTP/1.1 400"),
    ] {
        let answer = exchange(server.address, bytes.as_bytes()).await;
        assert!(answer.starts_with(want), "{name}: {answer:?}");
    }
    for (name, bytes, want) in [
        (
            "absolute form",
            "GET http://evil/readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "withheld",
        ),
        ("HTTP/1.0 without a host", "GET /readyz HTTP/1.0\r\n\r\n", "withheld"),
        (
            "a body",
            "GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nConnection: close\r\n\r\n123456789",
            "\r\n\r\nok",
        ),
        (
            "a body without end",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n1234",
            "only GET and HEAD",
        ),
        ("a half-closed stream", "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "\r\n\r\nok"),
    ] {
        let mut stream = connect(server.address).await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = rest(stream).await;
        assert!(answer.contains(want), "{name}: {answer:?}");
    }
    assert!(get(server.address, "/livez", "").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn requests_may_come_all_at_once() {
    let server = plain();
    let one = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    let last = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answers = exchange(server.address, format!("{}{last}", one.repeat(99)).as_bytes()).await;
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 100);
}

#[tokio::test]
async fn who_does_not_finish_the_headers_is_dropped() {
    let server = plain();
    let (nothing, begun) =
        tokio::join!(exchange(server.address, b""), exchange(server.address, b"GET /livez HTTP/1.1\r\nHost:"),);
    assert_eq!((&*nothing, &*begun), ("", ""));
    let mut second = connect(server.address).await;
    second.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok") {
        second.read_buf(&mut answer).await.unwrap();
    }
    second.write_all(b"GET /livez").await.unwrap();
    assert_eq!(rest(second).await, "", "a later request has no more time than the first");
}

#[tokio::test]
async fn who_does_not_take_the_answers_is_dropped() {
    let server = plain();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1000);
    // It asks without end and never reads: the server stops reading, then ends it.
    let ended = timeout(Duration::from_secs(30), async { while stream.write_all(&request).await.is_ok() {} });
    ended.await.expect("the server ends it");
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way_and_closes_what_is_idle() {
    let mut server = plain();
    let mut idle = connect(server.address).await;
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    let mut begun = connect(server.address).await;
    begun.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    server.stop.take().unwrap().send(()).unwrap();
    assert!(rest(idle).await.ends_with("ok"), "the idle one is closed");
    timeout(Duration::from_secs(20), &mut server.task).await.expect("it ends").unwrap();
    let refused = TcpSocket::new_v4().unwrap().connect(server.address).await;
    assert!(refused.is_err(), "nothing listens any more");
}

/// How much came to these clients since they were last looked at, in bytes.
fn came(clients: &[TcpStream]) -> usize {
    let mut bytes = vec![0; 1 << 20];
    clients.iter().map(|client| std::iter::from_fn(|| client.try_read(&mut bytes).ok()).sum::<usize>()).sum()
}

#[tokio::test]
async fn who_asks_for_much_at_once_does_not_keep_a_prober_waiting() {
    let server = plain();
    let one = get(server.address, "/metrics", "").await.len();
    let mut greedy = Vec::new();
    for _ in 0..32 {
        greedy.push(connect(server.address).await);
    }
    let requests = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(64);
    for client in &greedy {
        client.try_write(requests.as_bytes()).unwrap();
    }
    assert!(get(server.address, "/livez", "").await.ends_with("ok"));
    let meanwhile = came(&greedy) / one;
    assert!(meanwhile < 64, "{meanwhile} long answers were written before the prober's");
}
