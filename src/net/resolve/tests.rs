//! The walk against a small name server in the same process; the real binary meets scripted ones in `tests/it/names.rs`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::A;
use hickory_resolver::proto::rr::{self, RData};
use tokio::net::UdpSocket;
use tokio::time::Instant;

use super::conf::Conf;
use super::{Budget, Family, Lookup, RecordType, Walk, addresses, search, walk, worse};
use crate::cause::Cause;
use crate::env::MapEnv;
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions};
use crate::net::dial::DialRules;
use crate::outcome::{Fault, Phase};

/// A server that knows the names in `known`; it ends with the test's runtime.
struct Server {
    address: SocketAddr,
    known: Arc<Mutex<Vec<&'static str>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(known: &[&'static str]) -> Self {
        let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = socket.local_addr().unwrap();
        let server =
            Self { address, known: Arc::new(Mutex::new(known.to_vec())), asked: Arc::new(Mutex::new(Vec::new())) };
        let (known, asked) = (Arc::clone(&server.known), Arc::clone(&server.asked));
        tokio::spawn(async move {
            let mut buffer = [0; 512];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let name = question.queries[0].name().clone();
                asked.lock().unwrap().push(name.to_ascii());
                let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
                answer.add_query(question.queries[0].clone());
                if known.lock().unwrap().contains(&name.to_ascii().as_str()) {
                    answer.add_answer(rr::Record::from_rdata(name, 5, RData::A(A([10, 0, 0, 1].into()))));
                } else {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                }
                socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        });
        server
    }

    /// One run for `db`; what was asked in it.
    async fn run(&self, world: &Arc<World>, extent: Walk) -> (Result<usize, Cause>, Vec<String>) {
        let conf = Conf {
            servers: vec![self.address],
            search: vec!["one".to_owned(), "two".to_owned(), "three".to_owned()],
            too_long_for_musl: None,
            ndots: 5,
            timeout: Duration::from_secs(5),
            attempts: 2,
            note: None,
        };
        let mut attempt = attempt(world, extent);
        let budget = Budget::start(&attempt);
        let list = search::candidates("db", &conf);
        let found =
            walk(&mut attempt, &conf, Lookup { name: "db", record: RecordType::A, or_aaaa: false }, list, budget).await;
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let recorded: Vec<_> = attempt.finish().queries.into_iter().map(|query| query.name).collect();
        assert_eq!(asked, recorded, "one datagram, one recorded query");
        (found.map(|records| records.len()).map_err(|fault| fault.cause), asked)
    }
}

fn attempt(world: &Arc<World>, walk: Walk) -> Attempt {
    let deadline = Instant::now() + Duration::from_secs(10);
    Attempt::new(Arc::clone(world), AttemptOptions { rules: DialRules::default(), deadline, walk, pinned: None })
}

fn world() -> Arc<World> {
    Arc::new(World::new(Arc::new(MapEnv::default())))
}

#[tokio::test]
async fn serve_asks_first_for_what_matched_last() {
    let (server, world) = (Server::start(&["db.three."]).await, world());
    let full = ["db.one.", "db.two.", "db.three."];
    assert_eq!(server.run(&world, Walk::Remembered).await, (Ok(1), full.map(str::to_owned).to_vec()));
    for run in 1..=20 {
        let (found, asked) = server.run(&world, Walk::Remembered).await;
        assert_eq!(found, Ok(1));
        assert_eq!(asked.len(), if run % 10 == 0 { 3 } else { 1 }, "run {run}: {asked:?}");
    }
    assert_eq!(server.run(&world, Walk::Full).await.1, full, "`check` walks it all");

    *server.known.lock().unwrap() = vec!["db.two."];
    let moved = server.run(&world, Walk::Remembered).await;
    assert_eq!(moved, (Ok(1), ["db.three.", "db.one.", "db.two."].map(str::to_owned).to_vec()), "it moved");
    assert_eq!(server.run(&world, Walk::Remembered).await.1, ["db.two."]);

    server.known.lock().unwrap().clear();
    let (gone, asked) = server.run(&world, Walk::Remembered).await;
    assert_eq!((gone, asked.len()), (Err(Cause::DnsNotFound), 4), "{asked:?}");
}

#[tokio::test]
async fn no_time_is_no_query() {
    let server = Server::start(&["db.one."]).await;
    let world = world();
    let mut attempt = attempt(&world, Walk::Full);
    let budget = Budget { until: Instant::now() };
    let found = super::records(&mut attempt, "db", RecordType::A, Some(server.address), budget).await;
    let fault = found.unwrap_err();
    assert_eq!((fault.cause, fault.phase), (Cause::DnsTimeout, Phase::Resolve));
    assert!(fault.message.contains("the time was used up before the first query"), "{}", fault.message);
    assert!(attempt.finish().queries.is_empty());
}

#[tokio::test]
async fn the_hosts_file_and_localhost_ask_no_one() {
    let env = MapEnv::default().with_file("/etc/hosts", b"10.0.0.1 db\n10.0.0.2 db\nfd00::1 six\n");
    let world = Arc::new(World::new(Arc::new(env)));
    let mut attempt = attempt(&world, Walk::Full);
    let budget = Budget::start(&attempt);
    for (name, family, expected) in [
        ("db", Family::V4, Ok(vec!["10.0.0.1", "10.0.0.2"])),
        ("DB.", Family::V6, Err(Cause::DnsNoAddress)),
        ("six", Family::V4, Err(Cause::DnsNoAddress)),
        ("six", Family::V6, Ok(vec!["fd00::1"])),
        ("localhost", Family::V4, Ok(vec!["127.0.0.1"])),
        ("a.localhost.", Family::V6, Ok(vec!["::1"])),
    ] {
        let found = addresses(&mut attempt, name, family, budget).await;
        let found = found.map(|ips| ips.iter().map(ToString::to_string).collect::<Vec<_>>());
        let expected = expected.map(|ips| ips.into_iter().map(str::to_owned).collect());
        assert_eq!(found.map_err(|fault| fault.cause), expected, "{name} {family:?}");
    }
    assert!(attempt.finish().queries.is_empty());
}

#[test]
fn the_more_telling_of_two_faults() {
    let fault = |cause, text: &str| Fault::new(Phase::Resolve, cause, text);
    for (first, second, told) in [
        (Cause::DnsNoAddress, Cause::DnsTimeout, Cause::DnsTimeout),
        (Cause::DnsTimeout, Cause::DnsServerFailure, Cause::DnsServerFailure),
        (Cause::DnsServerFailure, Cause::DnsNoAddress, Cause::DnsServerFailure),
        (Cause::DnsNoAddress, Cause::DnsNotFound, Cause::DnsNoAddress),
        (Cause::DnsRefused, Cause::LocalLimit, Cause::LocalLimit),
    ] {
        assert_eq!(worse(fault(first, "a"), fault(second, "b")).cause, told, "{first:?} {second:?}");
    }
    assert_eq!(
        worse(fault(Cause::DnsNoAddress, "no A"), fault(Cause::DnsNoAddress, "no AAAA")).message,
        "no A; no AAAA"
    );
}
