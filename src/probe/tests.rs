//! Deadline, panic guard, and `require: each`, over real sockets of loopback.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{Depth, probe};
use crate::cause::Cause;
use crate::check::{Check, Prepared, Run, Runnable, kind};
use crate::config::node;
use crate::config::plan::{MinPassing, Planned};
use crate::env::{Env, MapEnv};
use crate::net::World;
use crate::net::attempt::Attempt;
use crate::net::dial::{DialRules, Require};
use crate::outcome::{Certificate, DnsAnswer, Evidence, Failure, Fault, Outcome, Phase, Query};
use crate::value::Value;

/// A check that enters a phase and then does as it is told.
#[derive(Clone, Copy)]
struct Odd {
    phase: Phase,
    panics: bool,
}

impl Check for Odd {
    fn prepare(&self, _env: &dyn Env) -> Prepared {
        Prepared::new("odd://".to_owned(), Vec::new(), Vec::new(), Ok(*self))
    }

    fn values(&self) -> Vec<&Value> {
        Vec::new()
    }
}

impl Runnable for Odd {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            attempt.enter(self.phase);
            assert!(!self.panics, "told to");
            std::future::pending().await
        })
    }
}

fn planned(check: Arc<dyn Check>, timeout: Duration) -> Planned {
    Planned { check, timeout, ..crate::testing::planned("odd", crate::testing::NONE) }
}

fn tcp(yaml: &str) -> Arc<dyn Check> {
    let tcp = kind("tcp").expect("it is built in");
    (tcp.parse)(&node::parse(yaml).unwrap()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

async fn run(planned: &Planned, hosts: &str) -> Outcome {
    let env = MapEnv::default().with_file("/etc/hosts", hosts.as_bytes());
    probe(planned, &Arc::new(World::new(Arc::new(env))), Depth::Full).await
}

#[tokio::test(start_paused = true)]
async fn a_deadline_gives_the_cause_of_its_phase() {
    for (phase, cause) in [
        (Phase::Resolve, "dns_timeout"),
        (Phase::Connect, "connect_timeout"),
        (Phase::Tls, "timeout"),
        (Phase::Login, "timeout"),
        (Phase::Request, "timeout"),
        (Phase::Assert, "timeout"),
    ] {
        let check = Arc::new(Odd { phase, panics: false });
        let outcome = run(&planned(check, Duration::from_secs(3)), "").await;
        let failure = outcome.failure.unwrap();
        assert_eq!((failure.phase, failure.cause.slug()), (phase, cause));
        assert!(failure.message.contains("3s"), "{}", failure.message);
        assert_eq!(outcome.evidence.phases, [(phase, Duration::from_secs(3))]);
    }
}

#[tokio::test]
async fn a_panic_is_internal_to_its_check() {
    let check = Arc::new(Odd { phase: Phase::Login, panics: true });
    let failure = run(&planned(check, Duration::from_secs(3)), "").await.failure.unwrap();
    assert_eq!((failure.phase, failure.cause.slug()), (Phase::Login, "internal"));
}

/// A check whose values cannot be resolved without a panic.
struct Unpreparable;

impl Check for Unpreparable {
    fn prepare(&self, _env: &dyn Env) -> Prepared {
        panic!("told to")
    }

    fn values(&self) -> Vec<&Value> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_panic_while_values_are_resolved_is_internal_to_its_check() {
    let outcome = run(&planned(Arc::new(Unpreparable), Duration::from_secs(3)), "").await;
    let failure = outcome.failure.unwrap();
    assert_eq!((failure.cause.slug(), outcome.target.as_str()), ("internal", "unknown"));
}

/// What one run reads of its surroundings, and where it panics instead.
struct Brittle {
    inner: MapEnv,
    read: Mutex<BTreeSet<String>>,
    breaks_at: Option<String>,
    broke: AtomicU32,
}

impl Brittle {
    fn new(breaks_at: Option<String>) -> Arc<Self> {
        let vars = [("TARGET", "127.0.0.1:1"), ("NO_PROXY", ".svc"), ("HTTP_PROXY", "http://proxy:3128")];
        let inner = MapEnv::with_vars(&vars).with_file("/etc/hosts", PEERS.as_bytes());
        Arc::new(Self { inner, read: Mutex::default(), breaks_at, broke: AtomicU32::new(0) })
    }

    fn note(&self, what: &str) {
        self.read.lock().unwrap().insert(what.to_owned());
        if self.breaks_at.as_deref() == Some(what) {
            self.broke.fetch_add(1, Ordering::Relaxed);
            panic!("told to");
        }
    }
}

impl Env for Brittle {
    fn var(&self, name: &str) -> Option<String> {
        self.note(name);
        self.inner.var(name)
    }

    fn vars(&self) -> Vec<(String, String)> {
        self.note("every variable");
        self.inner.vars()
    }

    fn file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        self.note(&path.to_string_lossy());
        self.inner.file(path)
    }
}

/// A run reads variables and files at every step of its way: before the check, within it, and for what is made of it.
#[tokio::test]
async fn a_panic_at_any_step_is_internal_to_its_check() {
    let refused =
        || Planned { clients: vec!["go", "node"], ..planned(tcp("{address: 'peers:1'}"), Duration::from_secs(3)) };
    let of_variable = || planned(tcp("{address: {env: TARGET}}"), Duration::from_secs(3));
    let mut broken = 0;
    for planned in [refused(), of_variable(), each(1, MinPassing::All)] {
        let whole = Brittle::new(None);
        let outcome = probe(&planned, &Arc::new(World::new(Arc::clone(&whole) as Arc<dyn Env>)), Depth::Survey).await;
        assert_eq!(outcome.failure.as_ref().unwrap().cause.slug(), "connect_refused");
        let read = whole.read.lock().unwrap().clone();
        for what in &read {
            let env = Brittle::new(Some(what.clone()));
            let world = Arc::new(World::new(Arc::clone(&env) as Arc<dyn Env>));
            let failure = probe(&planned, &world, Depth::Survey).await.failure.unwrap();
            assert!(env.broke.load(Ordering::Relaxed) > 0, "{what}");
            assert_eq!(failure.cause.slug(), "internal", "{what}");
            assert!(failure.message.contains(Failure::PANICKED), "{what}: {}", failure.message);
            assert!(!failure.hint.is_empty());
            broken += 1;
        }
    }
    assert!(broken > 20, "{broken}");
}

/// A check that leaves evidence no rule can compute with.
struct Spoils(fn(&mut Evidence) -> Option<Fault>);

impl Check for Spoils {
    fn prepare(&self, _env: &dyn Env) -> Prepared {
        let endpoint = "tcp://db:1".parse().ok().into_iter().collect();
        Prepared::new("tcp://db:1".to_owned(), endpoint, Vec::new(), Ok(Self(self.0)))
    }

    fn values(&self) -> Vec<&Value> {
        Vec::new()
    }
}

impl Runnable for Spoils {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        let fault = (self.0)(attempt.evidence());
        Box::pin(std::future::ready(fault.map_or(Ok(()), Err)))
    }
}

fn query(answer: DnsAnswer, duration: Duration) -> Query {
    Query {
        name: "db.".to_owned(),
        record: "A".to_owned(),
        server: ([10, 0, 0, 10], 53).into(),
        answer,
        answers: 0,
        duration,
        transport: "udp",
        alias: None,
        chain: Vec::new(),
        ttl: None,
        suffix: None,
        host: None,
    }
}

#[tokio::test]
async fn a_panic_while_the_evidence_is_judged_is_internal_to_its_check() {
    let certificate: fn(&mut Evidence) -> Option<Fault> = |evidence| {
        let (subject, issuer, names) = (String::new(), String::new(), Vec::new());
        let (not_before, not_after) = (0, i64::MIN);
        evidence.facts.certificates = vec![Certificate { subject, issuer, names, not_before, not_after }];
        None
    };
    let hint: fn(&mut Evidence) -> Option<Fault> = |evidence| {
        let endless = || query(DnsAnswer::Timeout, Duration::MAX);
        evidence.queries = vec![query(DnsAnswer::Rcode("SERVFAIL".to_owned()), Duration::ZERO), endless(), endless()];
        Some(Fault::new(Phase::Resolve, Cause::DnsTimeout, "no answer"))
    };
    for spoils in [certificate, hint] {
        let outcome = run(&planned(Arc::new(Spoils(spoils)), Duration::from_secs(3)), "").await;
        let failure = outcome.failure.unwrap();
        assert_eq!((failure.cause.slug(), failure.message.as_str()), ("internal", Failure::PANICKED));
        assert_eq!(outcome.target, "tcp://db:1");
    }
}

/// A Secret that changes each time it is read: the two halves of its text must come from one version.
struct Rotating(AtomicU32);

impl Env for Rotating {
    fn var(&self, _name: &str) -> Option<String> {
        None
    }

    fn vars(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let reads = self.0.fetch_add(u32::from(path == Path::new("/secrets/address")), Ordering::Relaxed);
        if path == Path::new("/secrets/address") {
            return Ok(format!("127.0.0.{}:1", reads + 1).into_bytes());
        }
        Err(std::io::ErrorKind::NotFound.into())
    }
}

#[tokio::test]
async fn a_value_is_resolved_once_for_target_endpoints_and_run() {
    let check = planned(tcp("{address: {file: /secrets/address}}"), Duration::from_secs(3));
    let world = Arc::new(World::new(Arc::new(Rotating(AtomicU32::new(0)))));
    for number in 1..=2 {
        let outcome = probe(&check, &world, Depth::Full).await;
        assert_eq!(outcome.target, format!("tcp://127.0.0.{number}:1"));
        assert_eq!(outcome.evidence.tries[0].address.to_string(), format!("127.0.0.{number}:1"));
    }
}

#[tokio::test]
async fn a_connected_and_silent_peer_is_said_to_be_so() {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let check = tcp(&format!("{{address: 'db:{port}', send: x, expect: y}}"));
    let outcome = run(&planned(check, Duration::from_millis(300)), "127.0.0.1 db").await;
    let failure = outcome.failure.unwrap();
    assert_eq!((failure.phase.as_str(), failure.cause.slug()), ("assert", "timeout"));
    assert!(failure.message.contains(": connected, then received nothing for 2"), "{}", failure.message);
    assert!(!outcome.degraded);
}

/// What else listens there is dialled for `clients` alone, and by `serve` only now and then.
#[tokio::test]
async fn the_addresses_that_a_run_does_not_need_are_measured_for_clients_in_every_tenth_run() {
    let needed = TcpListener::bind(SocketAddr::from(([127, 0, 0, 2], 0))).await.unwrap();
    let port = needed.local_addr().unwrap().port();
    let other = TcpListener::bind(SocketAddr::from(([127, 0, 0, 3], port))).await.unwrap();
    let env = MapEnv::default().with_file("/etc/hosts", PEERS.as_bytes());
    let world = Arc::new(World::new(Arc::new(env)));
    let check = tcp(&format!("{{address: 'peers:{port}'}}"));
    let plain = planned(check, Duration::from_secs(5));
    let asked = Planned { clients: vec!["go"], ..plain.clone() };
    for (planned, depth, runs, expected) in [
        (&plain, Depth::Full, 2, 0),
        (&plain, Depth::Routine, 2, 0),
        (&plain, Depth::Survey, 2, 2),
        (&asked, Depth::Full, 2, 2),
        (&asked, Depth::Gate, 2, 2),
        (&asked, Depth::Routine, 20, 2),
    ] {
        for run in 0..runs {
            let outcome = probe(planned, &world, depth).await;
            assert!(outcome.passed() && outcome.evidence.tries.len() == 1, "{depth:?}: {outcome:?}");
            let judged = depth == Depth::Survey || !planned.clients.is_empty();
            assert_eq!(!outcome.predictions.is_empty(), judged, "{depth:?}, run {run}");
        }
        let mut dialled = 0;
        while tokio::time::timeout(Duration::from_millis(50), other.accept()).await.is_ok() {
            dialled += 1;
        }
        assert_eq!(dialled, expected, "{depth:?}");
    }
}

#[tokio::test]
async fn a_gate_measures_nothing_before_the_check_passes() {
    let check = tcp("{address: 'peers:9'}");
    let asked = Planned { clients: vec!["go"], ..planned(check, Duration::from_secs(5)) };
    let env = MapEnv::default().with_file("/etc/hosts", PEERS.as_bytes());
    let world = Arc::new(World::new(Arc::new(env)));
    assert!(probe(&asked, &world, Depth::Gate).await.predictions.is_empty());
    let told = probe(&asked, &world, Depth::Full).await;
    assert_eq!(told.predictions[0].result.as_str(), "fails", "{told:?}");
    assert!(told.findings.is_empty(), "that it fails is no finding: {told:?}");
}

fn each(port: u16, min_passing: MinPassing) -> Planned {
    let rules = DialRules { require: Require::Each, ..DialRules::default() };
    let check = tcp(&format!("{{address: 'peers:{port}', send: x, expect: y}}"));
    Planned { rules, min_passing, ..planned(check, Duration::from_secs(20)) }
}

/// Two members of three answer as expected.
async fn three_peers() -> (u16, Vec<tokio::task::JoinHandle<()>>) {
    let first = TcpListener::bind(SocketAddr::from(([127, 0, 0, 2], 0))).await.unwrap();
    let port = first.local_addr().unwrap().port();
    let second = TcpListener::bind(SocketAddr::from(([127, 0, 0, 3], port))).await.unwrap();
    let serve = |listener: TcpListener, answer: &'static [u8]| {
        tokio::spawn(async move {
            loop {
                let (mut peer, _) = listener.accept().await.unwrap();
                drop(tokio::io::AsyncWriteExt::write_all(&mut peer, answer).await);
            }
        })
    };
    (port, vec![serve(first, b"y"), serve(second, b"nope")])
}

const PEERS: &str = "127.0.0.2 peers\n127.0.0.3 peers\n127.0.0.4 peers";

#[tokio::test]
async fn each_address_has_its_own_result() {
    let (port, _servers) = three_peers().await;
    let outcome = run(&each(port, MinPassing::Count(2)), PEERS).await;
    let members: Vec<_> = outcome
        .evidence
        .members
        .iter()
        .map(|one| (one.address.ip().to_string(), one.failure.as_ref().map(|failure| failure.cause.slug())))
        .collect();
    assert_eq!(
        members,
        [
            ("127.0.0.2".to_owned(), None),
            ("127.0.0.3".to_owned(), Some("body_mismatch")),
            ("127.0.0.4".to_owned(), Some("connect_refused")),
        ]
    );
    let failure = outcome.failure.unwrap();
    assert_eq!(failure.cause.slug(), "body_mismatch", "the first where causes tie");
    let start =
        format!("1 of 3 addresses pass, at least 2 must pass: 127.0.0.3:{port} body_mismatch (the answer does not");
    assert!(failure.message.starts_with(&start), "{}", failure.message);
    assert!(failure.message.contains(&format!("127.0.0.4:{port} connect_refused (")), "{}", failure.message);
}

/// What is told of the answer is of the same member as the cause: of one that passes only where the check does.
/// Of several hosts, the hint is of the one that failed, wherever it is in the list.
#[tokio::test]
async fn the_hint_is_of_the_server_that_fails() {
    let address = || SocketAddr::from(([127, 0, 0, 1], 0));
    let (up, down) = (TcpListener::bind(address()).await.unwrap(), std::net::TcpListener::bind(address()).unwrap());
    let (port, refused) = (up.local_addr().unwrap().port(), down.local_addr().unwrap().port());
    drop(down);
    let server = tokio::spawn(async move {
        loop {
            let (mut stream, _) = up.accept().await.unwrap();
            drop(stream.write_all(b"VERSION 1.6.18\r\n").await);
            drop(stream.read_to_end(&mut Vec::new()).await);
        }
    });
    for servers in [[port, refused], [refused, port]] {
        let yaml = format!("{{servers: ['127.0.0.1:{}', '127.0.0.1:{}']}}", servers[0], servers[1]);
        let memcached = kind("memcached").expect("it is built in");
        let check = (memcached.parse)(&node::parse(&yaml).unwrap()).unwrap_or_else(|problems| panic!("{problems:?}"));
        let rules = DialRules { require: Require::Each, ..DialRules::default() };
        let planned = Planned { rules, kind: "memcached", ..planned(check, Duration::from_secs(5)) };
        let outcome = run(&planned, "").await;
        let failure = outcome.failure.expect("one does not listen");
        assert_eq!(failure.cause, Cause::ConnectRefused, "{}", failure.message);
        assert!(failure.hint.contains(&format!("listens on port {refused}")), "{}", failure.hint);
        let member = outcome.evidence.members.iter().find_map(|one| one.failure.as_ref()).expect("one fails");
        assert_eq!(member.hint, failure.hint);
    }
    server.abort();
}

#[tokio::test]
async fn the_facts_are_those_of_a_member_that_is_as_the_whole_is() {
    let (port, _servers) = three_peers().await;
    for (min_passing, excerpt) in [(MinPassing::Count(1), None), (MinPassing::All, Some("nope"))] {
        let outcome = run(&each(port, min_passing), PEERS).await;
        assert_eq!(outcome.evidence.facts.excerpt.as_deref(), excerpt, "{min_passing:?}");
    }
}

#[tokio::test]
async fn enough_members_make_a_degraded_pass() {
    let (port, _servers) = three_peers().await;
    for (min_passing, passes) in [
        (MinPassing::Count(1), true),
        (MinPassing::Percent(33), true),
        (MinPassing::Percent(34), false),
        (MinPassing::All, false),
        (MinPassing::Count(4), false),
    ] {
        let outcome = run(&each(port, min_passing), PEERS).await;
        assert_eq!(outcome.passed(), passes, "{min_passing:?} {:?}", outcome.failure);
        assert_eq!(outcome.degraded, passes, "{min_passing:?}");
        assert_eq!(outcome.evidence.tries.len(), 3);
    }
}

#[tokio::test]
async fn each_without_a_name_or_a_value_fails_as_any_check_would() {
    let failure = run(&each(1, MinPassing::All), "127.0.0.1 other\n::1 other").await.failure.unwrap();
    assert_eq!(failure.phase, Phase::Resolve);
    let unset = Planned { check: tcp("{address: {env: NOPE}}"), ..each(1, MinPassing::All) };
    assert_eq!(run(&unset, PEERS).await.failure.unwrap().cause.slug(), "variable_missing");
}

/// A check that logs in without a server: the first so many addresses cannot be reached, the next ones answer this.
#[derive(Clone)]
struct Logins {
    unreachable: usize,
    accepts: bool,
    /// How many began, how many are running, and how many were at the same time.
    seen: Arc<Mutex<(usize, usize, usize)>>,
}

impl Check for Logins {
    fn prepare(&self, _env: &dyn Env) -> Prepared {
        let peers = crate::url::Endpoint::parse("peers:1").unwrap();
        Prepared::new("odd://".to_owned(), vec![peers], Vec::new(), Ok(self.clone()))
    }

    fn values(&self) -> Vec<&Value> {
        Vec::new()
    }
}

impl Runnable for Logins {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            attempt.enter(Phase::Login);
            let number = {
                let mut seen = self.seen.lock().unwrap();
                seen.0 += 1;
                seen.1 += 1;
                seen.2 = seen.2.max(seen.1);
                seen.0
            };
            tokio::task::yield_now().await;
            self.seen.lock().unwrap().1 -= 1;
            match (number <= self.unreachable, self.accepts) {
                (true, _) => Err(Fault::new(Phase::Connect, Cause::ConnectRefused, "refused")),
                (false, true) => Ok(()),
                (false, false) => Err(Fault::new(Phase::Login, Cause::PasswordRejected, "rejected").risking_lock()),
            }
        })
    }
}

#[tokio::test]
async fn a_credential_that_risks_a_lock_goes_to_one_address() {
    let hosts: String = (1..=9).map(|n| format!("127.0.2.{n} peers\n")).collect();
    let locks = crate::check::KINDS.iter().find(|kind| kind.care.accounts_lock).expect("there is such a kind").name;
    for (kind, unreachable, accepts, logins, at_once) in
        [(locks, 0, false, 1, 1), (locks, 2, false, 3, 1), (locks, 2, true, 9, 6), ("tcp", 0, true, 9, 9)]
    {
        let seen = Arc::<Mutex<(usize, usize, usize)>>::default();
        let check = Arc::new(Logins { unreachable, accepts, seen: Arc::clone(&seen) });
        let planned = Planned { check, kind, ..each(1, MinPassing::All) };
        let outcome = run(&planned, &hosts).await;
        let (began, _, most) = *seen.lock().unwrap();
        assert_eq!((began, most), (logins, at_once), "{kind} {unreachable} {accepts}");
        assert_eq!(outcome.evidence.members.len(), 9);
        if !accepts {
            let failure = outcome.failure.expect("it is rejected");
            assert!(failure.risks_lock && failure.cause == Cause::PasswordRejected, "{failure:?}");
            assert!(failure.message.contains("not tried, because another address"), "{}", failure.message);
        }
    }
}

/// More than run at a time, and more than a small answer of a name server holds.
#[tokio::test]
async fn no_member_is_left_out() {
    // Taken, so that it is nobody else's, and not listened on.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind(SocketAddr::from(([0, 0, 0, 0], 0))).unwrap();
    let port = taken.local_addr().unwrap().port();
    let hosts: String = (1..=200).map(|n| format!("127.0.2.{n} peers\n")).collect();
    let outcome = run(&each(port, MinPassing::All), &hosts).await;
    assert_eq!(outcome.evidence.members.len(), 200);
    let message = outcome.failure.unwrap().message;
    let start = format!(
        "0 of 200 addresses pass, at least 200 must pass: 127.0.2.1:{port} connect_refused (127.0.2.1:{port} ref"
    );
    assert!(message.starts_with(&start), "{message}");
}

/// Each answers once all have asked: only members that run beside each other pass.
#[tokio::test]
async fn many_members_run_beside_each_other() {
    let listener = TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], 0))).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hosts: String = (1..=32).map(|n| format!("127.0.1.{n} peers\n")).collect();
    let all_asked = Arc::new(tokio::sync::Barrier::new(32));
    tokio::spawn(async move {
        loop {
            let (mut peer, _) = listener.accept().await.unwrap();
            let all_asked = Arc::clone(&all_asked);
            tokio::spawn(async move {
                all_asked.wait().await;
                drop(peer.write_all(b"y").await);
            });
        }
    });
    let outcome = run(&each(port, MinPassing::All), &hosts).await;
    assert_eq!(outcome.evidence.members.len(), 32);
    assert!(outcome.passed(), "{:?}", outcome.failure);
}

/// A check of this kind against a peer that says this and then stays: we end it.
async fn against_one_that_stays(name: &str, yaml: &str, says: &'static [u8]) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let stays = tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        peer.write_all(says).await.unwrap();
        while peer.read(&mut [0; 512]).await.is_ok_and(|count| count > 0) {}
        // What was ended in order is left open on this side.
        std::future::pending::<()>().await;
    });
    let node = node::parse(&yaml.replace("PEER", &address)).unwrap();
    let check = (kind(name).unwrap().parse)(&node).unwrap_or_else(|problems| panic!("{problems:?}"));
    let began = Instant::now();
    let outcome = run(&planned(check, Duration::from_secs(20)), "").await;
    let in_all = began.elapsed();
    stays.abort();
    assert!(outcome.passed(), "{:?}", outcome.failure);
    assert!(in_all - outcome.duration >= Duration::from_millis(100), "{in_all:?}, {:?}", outcome.duration);
    let phases: Duration = outcome.evidence.phases.iter().map(|(_, took)| *took).sum();
    assert!(phases <= outcome.duration, "{phases:?}, {:?}", outcome.duration);
}

#[tokio::test]
async fn waiting_for_the_peer_to_close_is_not_counted() {
    against_one_that_stays("tcp", "{address: 'PEER', send: 'PING', expect: '+PONG'}", b"+PONG\r\n").await;
    against_one_that_stays("http", "{url: 'http://PEER/'}", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
}
