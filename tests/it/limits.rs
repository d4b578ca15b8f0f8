//! The server under siege: slow clients give way to the kubelet, and shortage makes nothing spin.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::hostile::{Manner, here};
use crate::support::http::HttpServer;
use crate::support::openssl::{OpenSsl, Wanted};
use crate::support::sidecar::{Sidecar, get};
use crate::support::{Folder, PILOTFISH, free_port, need, until};

/// Something to probe that gates nothing.
const IDLE: &str = "checks:\n  - {name: idle, tcp: {address: \"127.0.0.1:9\"}, gates: []}\n";

/// Someone who begins a request and never ends it.
fn slow(address: SocketAddr) -> Option<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5)).ok()?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").ok()?;
    Some(stream)
}

/// Someone who asks without end, and reads what is there; whether the server still holds the connection.
fn pipelines(stream: &mut TcpStream, requests: &[u8], answers: &mut [u8]) -> bool {
    let held = |result: std::io::Result<usize>| match result {
        Ok(bytes) => bytes > 0,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    };
    held(stream.write(requests)) && held(stream.read(answers))
}

/// One more byte; whether the server still holds the connection.
fn drips(stream: &mut TcpStream) -> bool {
    stream.write_all(b"x").is_ok()
}

fn descriptors(sidecar: &Sidecar) -> usize {
    let folder = format!("/proc/{}/fd", sidecar.child.0.id());
    std::fs::read_dir(folder).expect("it runs").count()
}

#[test]
fn a_prober_is_answered_while_a_thousand_slow_clients_hold_on() {
    let sidecar = Sidecar::start(IDLE);
    let address = sidecar.address;
    let before = descriptors(&sidecar);
    let (over, came) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let siege: Vec<_> = (0..4)
        .map(|_| {
            let (over, came) = (Arc::clone(&over), Arc::clone(&came));
            std::thread::spawn(move || {
                let mut held: Vec<TcpStream> = Vec::new();
                let mut dropped = 0;
                while !over.load(Ordering::Relaxed) {
                    let count = held.len();
                    held.retain_mut(drips);
                    dropped += count - held.len();
                    // Those that were dropped come back, a few at a time: a siege, not a race for the processor.
                    for _ in held.len()..(held.len() + 10).min(250) {
                        held.extend(slow(address));
                        came.fetch_add(1, Ordering::Relaxed);
                    }
                    std::thread::sleep(Duration::from_millis(20));
                }
                dropped
            })
        })
        .collect();
    until("the siege stands", || came.load(Ordering::Relaxed) > 1000 && descriptors(&sidecar) > before + 100);
    let mut most = 0;
    for number in 0..100 {
        let answer = get(address, "/livez").unwrap_or_else(|error| panic!("probe {number}: {error}"));
        assert_eq!((answer.status, &*answer.body), (200, "ok"), "probe {number}");
        most = most.max(descriptors(&sidecar));
        std::thread::sleep(Duration::from_millis(5));
    }
    over.store(true, Ordering::Relaxed);
    let dropped: usize = siege.into_iter().map(|thread| thread.join().expect("it held on")).sum();
    assert!(dropped > 0, "the slow ones were dropped");
    assert!(most <= before + 160, "connections are capped: {most} descriptors, {before} before");
    until("all are gone", || descriptors(&sidecar) <= before + 1);
}

/// A pipelined request renewed the age of its connection: whoever came for the first time was the oldest at once.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn fresh_probes_are_answered_while_two_hundred_clients_pipeline() {
    const CLIENTS: usize = 200;
    let sidecar = Sidecar::start(IDLE);
    let address = sidecar.address;
    let (over, dropped) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let requests = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(32);
                let mut answers = vec![0; 1 << 16];
                let mut held: Vec<TcpStream> = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let count = held.len();
                    held.retain_mut(|stream| pipelines(stream, &requests, &mut answers));
                    dropped.fetch_add(count - held.len(), Ordering::Relaxed);
                    while held.len() < CLIENTS / 4 {
                        let stream = TcpStream::connect(address).expect("the kernel takes it");
                        stream.set_nonblocking(true).expect("it is a socket");
                        held.push(stream);
                    }
                    // They are many, and not a race for the processor.
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
        }
        until("they push each other out", || dropped.load(Ordering::Relaxed) > CLIENTS);
        let failed: Vec<String> = (0..80)
            .filter_map(|number| match get(address, "/livez") {
                Ok(answer) if answer.status == 200 && answer.body == "ok" => None,
                other => Some(format!("probe {number}: {other:?}")),
            })
            .collect();
        over.store(true, Ordering::Relaxed);
        assert!(failed.is_empty(), "{} of 80: {}", failed.len(), failed.join("\n"));
    });
}

#[test]
fn out_of_descriptors_the_newcomer_is_answered_and_nothing_spins() {
    let folder = Folder::new();
    let path = folder.write("pilotfish.yaml", format!("listen: \"127.0.0.1:0\"\n{IDLE}"));
    let mut command = std::process::Command::new(need("sh", "dash"));
    command.env_clear().args(["-c", "ulimit -n 32; exec \"$0\" serve -c \"$1\"", PILOTFISH, &path]);
    let sidecar = Sidecar::spawn(command, folder);
    let mut held: Vec<TcpStream> = (0..100).filter_map(|_| slow(sidecar.address)).collect();
    for number in 0..10 {
        let answer = get(sidecar.address, "/livez").unwrap_or_else(|error| panic!("probe {number}: {error}"));
        assert_eq!(answer.status, 200, "probe {number}");
        held.retain_mut(drips);
    }
    let said = sidecar.logged("cannot accept a connection");
    assert!(said <= 3, "once in a while is enough: {said}");
}

/// Checks that take long used up every descriptor, and the server slept a second at a time.
#[test]
fn checks_leave_descriptors_to_the_server() {
    let dripping = here(Manner::Drips(b"x".to_vec()));
    let folder = Folder::new();
    // Half of them hold their sockets for longer than the others have time to wait.
    let checks: String = (0..30)
        .map(|number| {
            let timeout = if number % 2 == 0 { "900ms" } else { "200ms" };
            format!(
                "  - {{name: c{number}, tcp: {{address: \"{dripping}\", send: x, expect: {{regex: y}}}}, interval: 1s, \
                 timeout: {timeout}, gates: []}}\n"
            )
        })
        .collect();
    let path = folder.write("pilotfish.yaml", format!("listen: \"127.0.0.1:0\"\nchecks:\n{checks}"));
    let mut command = std::process::Command::new(need("sh", "dash"));
    command.env_clear().args(["-c", "ulimit -n 20; exec \"$0\" serve -c \"$1\"", PILOTFISH, &path]);
    let sidecar = Sidecar::spawn(command, folder);
    until("some wait for a descriptor", || sidecar.get("/status").body.contains("\"local_limit\""));
    for number in 0..60 {
        let answer = get(sidecar.address, "/livez").unwrap_or_else(|error| panic!("probe {number}: {error}"));
        assert_eq!(answer.status, 200, "probe {number}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(sidecar.logged("cannot accept a connection"), 0, "there was one for each");
    assert_eq!(sidecar.logged("the limit of open files is too small for all checks"), 1, "{:?}", sidecar.log());
    let status = sidecar.get("/status").body;
    assert!(status.contains("\"body_mismatch\""), "the others have theirs: {status}");
}

/// What a process holds of its own, in KiB: its program and libraries are not counted.
fn anonymous(sidecar: &Sidecar) -> usize {
    let text = std::fs::read_to_string(format!("/proc/{}/status", sidecar.child.0.id())).expect("it runs");
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("the kernel tells it");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number")
}

/// Thirty peers that send 1 MiB less one byte, and hold: all of it was kept at once.
#[test]
fn large_answers_without_an_end_share_a_bounded_memory() {
    const CHECKS: usize = 40;
    let body = vec![b'x'; (1 << 20) - 1];
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n".to_vec();
    let without_length = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n".to_vec();
    let peers = [head, without_length].map(|head| here(Manner::Says([head, body.clone()].concat())));
    let healthy = HttpServer::always(200, "", &"a healthy answer ".repeat(6_000));
    let check = |name: &str, url: &str, timeout: &str| {
        format!(
            "  - {{name: {name}, http: {{url: '{url}', body_contains: healthy}}, interval: 10s, timeout: {timeout}, \
             gates: []}}\n"
        )
    };
    let mut yaml = String::from("checks:\n");
    for number in 0..CHECKS {
        yaml += &check(&format!("c{number}"), &format!("http://{}/", peers[number % 2]), "8s");
    }
    yaml += &check("healthy", &healthy.url("/"), "9s");
    let sidecar = Sidecar::start(&yaml);
    let before = anonymous(&sidecar);
    let mut most = 0;
    until("peers are cut", || {
        most = most.max(anonymous(&sidecar));
        assert_eq!(sidecar.status("/livez"), 200);
        sidecar.get("/status").body.matches("\"too_large\"").count() >= 10
    });
    until("a large answer that ends has its turn", || {
        most = most.max(anonymous(&sidecar));
        sidecar.status("/readyz/healthy") == 200
    });
    let grown = most.saturating_sub(before);
    assert!(grown < 18 * 1024, "{grown} KiB more than {before} KiB");
    assert!(sidecar.get("/status").body.contains("others needed the memory"));
}

/// Handshakes have a share of the one thread: a signature of RSA-4096 takes milliseconds.
#[test]
fn a_crowd_of_handshakes_leaves_probes_their_turn() {
    let ca = OpenSsl::new();
    ca.root(Wanted { key: &["rsa:4096"], ..Wanted::new("tls", "/CN=localhost", "subjectAltName=DNS:localhost\n") });
    let pair = ca.pair("tls");
    let folder = Folder::new();
    let (cert, key) = (folder.write("tls.crt", &pair.cert), folder.write("tls.key", &pair.key));
    let probes = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let sidecar = Sidecar::start(&format!(
        "serve: {{probe_listen: \"{probes}\", tls: {{cert: \"{cert}\", key: \"{key}\"}}}}\n{IDLE}"
    ));
    let address = sidecar.address;
    let hello = client_hello();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    // As many as the server holds, all of one client.
                    let greeted: Vec<_> = (0..25).filter_map(|_| greet(address, [127, 0, 0, 1], &hello)).collect();
                    for mut stream in greeted {
                        drop(stream.read(&mut [0; 64]));
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(500));
        let (began, used) = (tokio::time::Instant::now(), cpu(&sidecar));
        for number in 0..30 {
            let answer = get(probes, "/livez").unwrap_or_else(|error| panic!("probe {number}: {error}"));
            assert_eq!(answer.status, 200, "probe {number}");
            // Another client's handshake does not wait for the crowd's.
            let mut other = greet(address, [127, 0, 0, 2], &hello).expect("it connects");
            let mut first = [0; 1];
            other.read_exact(&mut first).unwrap_or_else(|error| panic!("handshake {number}: {error}"));
            assert_eq!(first, [22], "a handshake record");
            std::thread::sleep(Duration::from_millis(50));
        }
        let share = (cpu(&sidecar) - used) / began.elapsed().as_secs_f64();
        over.store(true, Ordering::Relaxed);
        assert!(share < 0.7, "{share:.2} of a processor");
    });
}

/// The first message of a client.
fn client_hello() -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = "localhost".try_into().expect("a name");
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).expect("it is configured");
    let mut hello = Vec::new();
    client.write_tls(&mut hello).expect("it says hello");
    hello
}

/// Connects from this address and says hello.
fn greet(address: SocketAddr, from: [u8; 4], hello: &[u8]) -> Option<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).ok()?;
    socket.bind(&SocketAddr::from((from, 0)).into()).ok()?;
    socket.connect(&address.into()).ok()?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    stream.write_all(hello).ok()?;
    Some(stream)
}

/// The time on the processor, in seconds.
fn cpu(sidecar: &Sidecar) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{}/schedstat", sidecar.child.0.id())).expect("it runs");
    let nanoseconds: f64 = text.split(' ').next().and_then(|text| text.parse().ok()).expect("a number");
    nanoseconds / 1e9
}
