//! One thread answers the kubelet and runs every check, so nothing that a peer, a client or a file sends may hold it.
//!
//! A meter asks `/livez` again and again and reads how much CPU time the process used between each question and its answer.
//! That is the longest stretch during which the sidecar did not turn to the question, whatever else the machine does: time
//! in which the process waits for a CPU does not count. A peer repeats what it does in every run, so a stretch counts if it
//! appears in most of the seconds: a single one is a question whose answer the meter itself read late.
//!
//! `bench/fairness` runs the same tests against the release binary, with its own limit.

mod peers;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use crate::support::sidecar::Sidecar;
use crate::support::{Folder, PILOTFISH, Running, need, until};

/// CPU time in milliseconds that one stretch may take. The limit is 50 ms, for an optimised binary. Code without optimisation
/// takes several times as long for the same work, except for ciphers and hashes, which are optimised in tests too.
const LIMIT: f64 = 50.0;
const UNOPTIMISED: f64 = 4.0;
/// How many seconds each sidecar is watched. Every check runs once a second.
const SECONDS: usize = 5;

/// What is measured, and the limit for it.
struct Subject {
    binary: String,
    limit: f64,
}

impl Subject {
    /// The binary under test; or, for a bench, the one of `PILOTFISH_BINARY` with the limit of `PILOTFISH_STRETCH_MS`.
    #[expect(clippy::disallowed_methods, reason = "bench/fairness names the binary")]
    fn new() -> Self {
        let binary = std::env::var("PILOTFISH_BINARY").unwrap_or_else(|_| PILOTFISH.to_owned());
        let limit = std::env::var("PILOTFISH_STRETCH_MS").ok().and_then(|text| text.parse().ok());
        Self { binary, limit: limit.unwrap_or(LIMIT * UNOPTIMISED) }
    }

    fn start(&self, yaml: &str) -> Sidecar {
        let folder = Folder::new();
        let path = folder.write("pilotfish.yaml", format!("listen: \"127.0.0.1:0\"\n{yaml}"));
        let mut command = std::process::Command::new(&self.binary);
        command.env_clear().args(["serve", "-c", &path]);
        Sidecar::spawn(command, folder)
    }
}

/// CPU time of a process so far, in milliseconds.
fn cpu(process: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).expect("the process runs");
    let spent = text.split(' ').next().and_then(|number| number.parse::<f64>().ok()).expect("nanoseconds");
    spent / 1e6
}

/// The longest stretch of each second, in milliseconds of the process' own CPU time.
fn stretches(process: u32, address: SocketAddr, seconds: usize, mut each: impl FnMut()) -> Vec<f64> {
    (0..seconds)
        .map(|_| {
            each();
            let end = SystemTime::now() + Duration::from_secs(1);
            let mut longest: f64 = 0.0;
            while SystemTime::now() < end {
                let before = cpu(process);
                while !asked(address) {}
                longest = longest.max(cpu(process) - before);
                std::thread::sleep(Duration::from_millis(2));
            }
            longest
        })
        .collect()
}

/// Asks `/livez`; whether an answer came. Each question has a connection of its own, as those of the kubelet have: who asks so
/// often over one is made to wait.
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn asked(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<usize> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: pilotfish\r\n\r\n")?;
        stream.read(&mut [0; 1024])
    };
    ask().is_ok_and(|length| length > 0)
}

/// The stretch that appears in most of the seconds.
fn usual(mut stretches: Vec<f64>) -> f64 {
    stretches.sort_by(f64::total_cmp);
    stretches[stretches.len() / 2]
}

fn configuration(keys: &[String]) -> String {
    let lines = keys.iter().enumerate().map(|(number, keys)| format!("  - {{name: c{number}, gates: [], {keys}}}\n"));
    format!("defaults: {{interval: 1s, timeout: 1s}}\nchecks:\n{}", lines.collect::<String>())
}

/// Runs a sidecar beside each group of checks, two at a time. Fails with every group that held the thread.
fn watch(groups: &[(&str, Vec<String>)]) {
    let subject = Subject::new();
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut found = Vec::new();
        while let Some((name, keys)) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            let sidecar = subject.start(&configuration(keys));
            let waits = |line: &str| line.starts_with("pilotfish_check_runs_total{") && line.ends_with(" 0");
            until(&format!("{name}: every check has run"), || {
                // No answer in time: the meter shows below what holds the thread.
                crate::support::sidecar::get(sidecar.address, "/metrics")
                    .map_or(true, |page| !page.body.lines().any(waits))
            });
            found.push((*name, usual(stretches(sidecar.child.0.id(), sidecar.address, SECONDS, || {}))));
        }
        found
    };
    let mut found = std::thread::scope(|scope| {
        let lanes = [scope.spawn(lane), scope.spawn(lane)];
        lanes.into_iter().flat_map(|lane| lane.join().expect("it ends")).collect::<Vec<_>>()
    });
    found.sort_by(|one, other| other.1.total_cmp(&one.1));
    judged(&found, subject.limit);
}

fn judged(found: &[(&str, f64)], limit: f64) {
    let over: Vec<_> = found.iter().filter(|(_, stretch)| *stretch > limit).collect();
    assert!(over.is_empty(), "held the thread for more than {limit} ms of CPU: {over:?}; all: {found:?}");
}

#[test]
fn no_misbehaving_peer_holds_the_thread() {
    watch(&crate::hostile::checks_by_manner());
}

#[test]
fn no_heavy_answer_holds_the_thread() {
    let peers = peers::heavy();
    watch(&peers.groups);
}

#[test]
fn no_heavy_file_holds_the_thread() {
    let (_folder, groups) = peers::files();
    watch(&groups);
}

/// Strangers who ask for proofs of a secret without end, and guess.
#[test]
fn no_flood_of_proofs_holds_the_thread() {
    let subject = Subject::new();
    let sidecar =
        subject.start("checks: [{name: jwt, same_secret: {name: jwt, secret: sesame, peers: 'http://127.0.0.1:1'}}]");
    let over = std::sync::atomic::AtomicBool::new(false);
    let found = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let message = crate::same_secret::guess("guess");
                while !over.load(Ordering::Relaxed) {
                    crate::same_secret::wrong_proof(sidecar.address, message);
                }
            });
        }
        let found = stretches(sidecar.child.0.id(), sidecar.address, SECONDS, || {});
        over.store(true, Ordering::Relaxed);
        found
    });
    judged(&[("proofs of a secret", usual(found))], subject.limit);
}

/// Thousands of checks: the file is read again every second, and the metrics are scraped all the while.
#[test]
fn neither_a_reload_nor_a_scrape_holds_the_thread() {
    let subject = Subject::new();
    let yaml = |turn: usize| {
        let check = |n: usize| {
            format!(
                "  - {{name: c{n}, gates: [ready], interval: 1h, labels: {{turn: t{turn}}}, tcp: {{address: \"127.0.0.1:1\"}}}}\n"
            )
        };
        format!("checks:\n{}", (0..3_000).map(check).collect::<String>())
    };
    let sidecar = subject.start(&yaml(0));
    let process = sidecar.child.0.id();
    let (over, address) = (std::sync::atomic::AtomicBool::new(false), sidecar.address);
    let found = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                drop(crate::support::sidecar::get(address, "/metrics"));
            }
        });
        let mut turn = 0;
        let found = stretches(process, address, SECONDS, || {
            turn += 1;
            sidecar.configure(&yaml(turn));
            sidecar.signal("HUP");
        });
        over.store(true, Ordering::Relaxed);
        found
    });
    judged(&[("a reload and a scrape of 3000 checks", usual(found))], subject.limit);
    until("the file was read again", || sidecar.logged("reloaded the configuration") > 0);
}

/// The meter itself: a server that computes for 120 ms in each second is seen, one that sleeps as long is not.
#[test]
fn the_meter_sees_a_stretch_and_nothing_else() {
    let server = |pause: &str| {
        let folder = Folder::new();
        let script = format!(
            "import socket, time\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\nopen('port.new', 'w').write(str(s.getsockname()[1]))\nimport os; os.rename('port.new', 'port')\n\
             def spin():\n    end = time.process_time() + 0.12\n    while time.process_time() < end: pass\n\
             last = time.monotonic()\nwhile True:\n    c, _ = s.accept(); c.recv(1000)\n    if time.monotonic() - last > 0.5: {pause}; last = time.monotonic()\n    c.sendall(b'ok'); c.close()\n"
        );
        let path = folder.write("server.py", script);
        let mut command = std::process::Command::new(need("python3", "python3"));
        let running = Running::start(command.arg(path).current_dir(folder.path()));
        let port = folder.path().join("port");
        until("it listens", || port.exists());
        let port = std::fs::read_to_string(port).expect("it is there").parse().expect("a port");
        usual(stretches(running.0.id(), SocketAddr::from(([127, 0, 0, 1], port)), 3, || {}))
    };
    let (busy, asleep) = (server("spin()"), server("time.sleep(0.12)"));
    assert!(busy > 110.0, "{busy} ms");
    assert!(asleep < 60.0, "{asleep} ms");
}
