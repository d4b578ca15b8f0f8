//! The server under siege: slow clients give way to the kubelet, and shortage makes nothing spin.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::sidecar::{Sidecar, get};
use crate::support::{Folder, PILOTFISH, need, until};

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
                    // They are many, not faster than the server.
                    std::thread::sleep(Duration::from_millis(20));
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
    until("it ran out", || sidecar.logged("cannot accept a connection") > 0);
    for number in 0..10 {
        let answer = get(sidecar.address, "/livez").unwrap_or_else(|error| panic!("probe {number}: {error}"));
        assert_eq!(answer.status, 200, "probe {number}");
        held.retain_mut(drips);
    }
    let said = sidecar.logged("cannot accept a connection");
    assert!((1..=3).contains(&said), "once in a while is enough: {said}");
}
