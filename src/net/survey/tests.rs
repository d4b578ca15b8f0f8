//! Surveys over real sockets of loopback, with names from a hosts file of the test's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::Instant;

use super::memory::{Memory, RUNS};
use super::{Limits, families, survey};
use crate::env::MapEnv;
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions};
use crate::net::dial::DialRules;
use crate::net::dial::tests::silent;
use crate::net::resolve::Walk;
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Families, Surveyed};
use crate::url::Endpoint;

const LIMITS: Limits = Limits { each: Duration::from_secs(1), addresses: 16 };

fn attempt(hosts: &str, evidence: Evidence) -> Attempt {
    let env = MapEnv::default()
        .with_file("/etc/hosts", hosts.as_bytes())
        .with_file("/proc/net/if_inet6", b"00000000000000000000000000000001 01 80 10 80       lo\n");
    let deadline = Instant::now() + Duration::from_secs(5);
    let terms = AttemptOptions { rules: DialRules::default(), deadline, walk: Walk::Full, pinned: None };
    Attempt::resume(Arc::new(World::new(Arc::new(env))), terms, Box::new(evidence))
}

/// `127.0.0.2 refused, 127.0.0.1 connected`, without the port.
fn seen(evidence: &Evidence) -> String {
    let line = |one: &Surveyed| format!("{} {}", one.address.ip(), one.result.as_str());
    evidence.survey.iter().map(line).collect::<Vec<_>>().join(", ")
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn what_the_run_did_not_need_is_measured_and_nothing_else_changes() {
    let (_listener, port) = listen().await;
    let endpoint = Endpoint::parse(&format!("db:{port}")).unwrap();
    let mut attempt = attempt("127.0.0.1 db\n127.0.0.2 db\n::1 db\n", Evidence::default());
    attempt.connect(&endpoint).await.map(drop).unwrap();
    survey(&mut attempt, &[endpoint], LIMITS).await;
    let evidence = attempt.finish();
    assert_eq!(evidence.tries.len(), 1, "the run's own tries stay as they are");
    assert_eq!(seen(&evidence), "127.0.0.1 connected, 127.0.0.2 refused, ::1 refused");
    assert_eq!(evidence.survey[0].duration, evidence.tries[0].duration, "what was measured is not measured again");
    assert_eq!(evidence.survey[0].source, Some([127, 0, 0, 1].into()));
    assert_eq!(evidence.survey[1].errno, Some(111));
    assert_eq!(evidence.families, Some(Families { ipv4: true, ipv6: false, ipv6_loopback: true }));
    let names: Vec<(&str, u8, usize)> =
        evidence.resolved.iter().map(|one| (one.name.as_str(), one.family, one.addresses.len())).collect();
    assert_eq!(names, [("db", 4, 2), ("db", 6, 1)]);
}

#[tokio::test]
async fn several_hosts_are_named_and_only_so_many_addresses_are_dialled() {
    let (_listener, port) = listen().await;
    let [one, two] = ["one", "two"].map(|name| Endpoint::parse(&format!("{name}:{port}")).unwrap());
    let mut attempt = attempt("127.0.0.1 one two\n127.0.0.2 two\n", Evidence::default());
    survey(&mut attempt, &[one, two], Limits { addresses: 2, ..LIMITS }).await;
    let evidence = attempt.finish();
    let hosts: Vec<&str> = evidence.survey.iter().filter_map(|one| one.host.as_deref()).collect();
    assert_eq!(hosts, ["one", "two", "two"]);
    assert_eq!(seen(&evidence), "127.0.0.1 connected, 127.0.0.1 connected, 127.0.0.2 not_tried");
}

/// The time was used up on the addresses before it: that says nothing of the last one.
#[tokio::test]
async fn an_address_that_had_no_time_is_not_called_silent() {
    let (_silent, port) = silent();
    let endpoint = Endpoint::parse(&format!("127.0.0.1:{port}")).unwrap();
    for (each, expected) in [(20, "127.0.0.1 cut"), (60_000, "127.0.0.1 not_tried")] {
        let deadline = Instant::now() + Duration::from_millis(100);
        let terms = AttemptOptions { rules: DialRules::default(), deadline, walk: Walk::Full, pinned: None };
        let world = World::new(Arc::new(MapEnv::default()));
        let mut attempt = Attempt::resume(Arc::new(world), terms, Box::default());
        let limits = Limits { each: Duration::from_millis(each), ..LIMITS };
        survey(&mut attempt, std::slice::from_ref(&endpoint), limits).await;
        assert_eq!(seen(&attempt.finish()), expected, "{each} ms for each");
    }
}

#[tokio::test]
async fn one_lost_packet_is_not_how_slow_an_address_is() {
    let (_listener, port) = listen().await;
    let endpoint = Endpoint::parse(&format!("127.0.0.1:{port}")).unwrap();
    let mut attempt = attempt("", tried(ConnectResult::Connected, 1_020, port));
    survey(&mut attempt, &[endpoint], LIMITS).await;
    let evidence = attempt.finish();
    assert!(evidence.survey[0].duration < evidence.tries[0].duration, "{:?}", evidence.survey);
}

fn tried(result: ConnectResult, ms: u64, port: u16) -> Evidence {
    let address = ([127, 0, 0, 1], port).into();
    let tried = ConnectAttempt { host: None, address, result, errno: None, duration: Duration::from_millis(ms) };
    Evidence { tries: vec![tried], ..Evidence::default() }
}

#[tokio::test]
async fn a_try_that_was_cut_early_is_made_again() {
    let (_listener, port) = listen().await;
    let endpoint = Endpoint::parse(&format!("127.0.0.1:{port}")).unwrap();
    for (result, ms, expected) in [
        (ConnectResult::Cut, 200, "127.0.0.1 connected"),
        (ConnectResult::Cut, 900, "127.0.0.1 cut"),
        (ConnectResult::NotTried, 0, "127.0.0.1 connected"),
        (ConnectResult::Refused, 0, "127.0.0.1 refused"),
    ] {
        let mut attempt = attempt("", tried(result, ms, port));
        survey(&mut attempt, std::slice::from_ref(&endpoint), LIMITS).await;
        assert_eq!(seen(&attempt.finish()), expected, "{result:?} after {ms} ms");
    }
}

#[test]
fn a_survey_is_remembered_until_something_changes() {
    let memory = Memory::default();
    let run = |result| tried(result, 3, 5432);
    let mut first = run(ConnectResult::Connected);
    assert!(!memory.recall(7, &mut first), "nothing is known yet");
    let surveyed = |last| Surveyed {
        host: None,
        address: ([127, 0, 0, last], 5432).into(),
        result: ConnectResult::Connected,
        errno: None,
        duration: Duration::from_millis(1),
        source: None,
    };
    first.survey = vec![surveyed(1), surveyed(2)];
    memory.keep(7, &first);
    let mut next = run(ConnectResult::Connected);
    assert!(memory.recall(7, &mut next) && next.survey.len() == 2);
    assert_eq!(next.survey[0].duration, Duration::from_millis(3), "the run's own try is newer");
    assert!(!memory.recall(8, &mut run(ConnectResult::Connected)), "another check");
    assert!(!memory.recall(7, &mut run(ConnectResult::Refused)), "another result");
    assert!(
        !memory.recall(7, &mut tried(ConnectResult::Connected, 1_020, 5432)),
        "a packet was lost, or it is slow by now"
    );
    let again = (2..RUNS + 5).filter(|_| memory.recall(7, &mut run(ConnectResult::Connected))).count();
    assert_eq!(again, RUNS as usize - 2, "then it is made again");
    let mut moved = run(ConnectResult::Connected);
    moved.tries[0].address = ([127, 0, 0, 9], 5432).into();
    memory.keep(7, &first);
    assert!(!memory.recall(7, &mut moved), "an address that is new");
}

#[test]
fn the_interfaces_file() {
    let lo = "00000000000000000000000000000001 01 80 10 80       lo\n";
    let link = "fe800000000000000042acfffe110002 02 40 20 80     eth0\n";
    let of = |text: &str| {
        let Families { ipv6, ipv6_loopback, .. } = families(true, text);
        (ipv6, ipv6_loopback)
    };
    assert_eq!(of(""), (false, false));
    assert_eq!(of(lo), (false, true));
    assert_eq!(of(&format!("{lo}{link}")), (true, true));
    assert_eq!(of(link), (true, false));
}
