//! Dialling over real sockets of loopback, with names from a hosts file of the test's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::{AddressPolicy, DialRules, Require, share};
use crate::cause::Cause;
use crate::env::MapEnv;
use crate::net::World;
use crate::net::attempt::{Attempt, AttemptOptions, Pin};
use crate::net::resolve::Walk;
use crate::outcome::{Detail, DnsDetail, Evidence, Fault, Phase, StreamDetail};
use crate::url::Endpoint;

const RULES: DialRules =
    DialRules { addresses: AddressPolicy::Ipv4First, connect_timeout: None, require: Require::Any };

fn attempt(hosts: &str, rules: DialRules, timeout: Duration) -> Attempt {
    let env = MapEnv::default().with_file("/etc/hosts", hosts.as_bytes());
    let terms = AttemptOptions { rules, deadline: Instant::now() + timeout, walk: Walk::Full, pinned: None };
    Attempt::new(Arc::new(World::new(Arc::new(env))), terms)
}

async fn dialled(hosts: &str, rules: DialRules, timeout: Duration, port: u16) -> (Result<(), Fault>, Evidence) {
    let mut attempt = attempt(hosts, rules, timeout);
    let endpoint = Endpoint::parse(&format!("db:{port}")).unwrap();
    let result = attempt.connect(&endpoint).await.map(drop);
    (result, *attempt.finish())
}

/// `127.0.0.2 refused, 127.0.0.1 connected`, without the port.
fn tries(evidence: &Evidence) -> String {
    let lines: Vec<String> =
        evidence.tries.iter().map(|one| format!("{} {}", one.address.ip(), one.result.as_str())).collect();
    lines.join(", ")
}

async fn listen(address: &str) -> (TcpListener, u16) {
    let listener = TcpListener::bind(address.parse::<SocketAddr>().unwrap()).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// A port on every IPv4 loopback address on which handshakes are never answered: the queue is full and stays so.
pub(in crate::net) fn silent() -> (Vec<Socket>, u16) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([0, 0, 0, 0], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let port = listener.local_addr().unwrap().as_socket().unwrap().port();
    let mut kept = vec![listener];
    for _ in 0..4 {
        let one = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), None).unwrap();
        // It connects as long as there is room, then is in progress for ever.
        drop(one.connect(&SocketAddr::from(([127, 0, 0, 1], port)).into()));
        kept.push(one);
    }
    (kept, port)
}

#[test]
fn shares_of_the_time() {
    let ms = Duration::from_millis;
    assert_eq!(share(ms(5_000), 1, None), ms(2_500));
    assert_eq!(share(ms(5_000), 2, None), ms(1_250));
    assert_eq!(share(ms(5_000), 20, None), ms(500), "never under 500 ms");
    assert_eq!(share(ms(300), 2, None), ms(300), "never more than is left");
    assert_eq!(share(ms(5_000), 2, Some(ms(200))), ms(200), "the user may want less");
    assert_eq!(share(ms(5_000), 2, Some(ms(9_000))), ms(5_000));
}

#[tokio::test]
async fn a_dead_first_address_costs_a_fallback() {
    let (_listener, port) = listen("127.0.0.3:0").await;
    let (result, evidence) = dialled("127.0.0.2 db\n127.0.0.3 db\n::1 db", RULES, Duration::from_secs(5), port).await;
    result.unwrap();
    assert_eq!(tries(&evidence), "127.0.0.2 refused, 127.0.0.3 connected");
    assert_eq!(evidence.tries[0].errno, Some(111));
}

#[tokio::test]
async fn policies_choose_families_and_their_order() {
    let (_listener, port) = listen("[::1]:0").await;
    let hosts = "127.0.0.2 db\n127.0.0.3 db\n::1 db";
    let only4 = "none of 2 addresses";
    for (addresses, expected, fault) in [
        (AddressPolicy::Ipv4First, "127.0.0.2 refused, 127.0.0.3 refused, ::1 connected", ""),
        (AddressPolicy::Ipv6First, "::1 connected", ""),
        (AddressPolicy::Ipv4Only, "127.0.0.2 refused, 127.0.0.3 refused", only4),
        (AddressPolicy::Ipv6Only, "::1 connected", ""),
    ] {
        let (result, evidence) = dialled(hosts, DialRules { addresses, ..RULES }, Duration::from_secs(5), port).await;
        assert_eq!(tries(&evidence), expected, "{addresses:?}");
        assert!(result.map_or_else(|fault| fault.message, |()| String::new()).starts_with(fault), "{addresses:?}");
    }
}

#[tokio::test]
async fn an_excluded_family_is_named() {
    for (hosts, addresses, message) in [
        (
            "::1 db\nfd00::2 db",
            AddressPolicy::Ipv4Only,
            "db has no IPv4 address; it has ::1, fd00::2, which `addresses: ipv4-only` does not allow",
        ),
        (
            "127.0.0.1 db",
            AddressPolicy::Ipv6Only,
            "db has no IPv6 address; it has 127.0.0.1, which `addresses: ipv6-only` does not allow",
        ),
    ] {
        let (result, evidence) = dialled(hosts, DialRules { addresses, ..RULES }, Duration::from_secs(5), 1).await;
        let fault = result.unwrap_err();
        assert_eq!((fault.cause.slug(), fault.phase.as_str()), ("dns_no_address", "resolve"));
        assert_eq!(fault.message, message);
        assert!(evidence.tries.is_empty());
    }
    let rules = DialRules { addresses: AddressPolicy::Ipv4Only, ..RULES };
    let literal = Endpoint::parse("[::1]:1").unwrap();
    let fault = attempt("", rules, Duration::from_secs(5)).connect(&literal).await.map(drop).unwrap_err();
    assert_eq!(fault.message, "the address is ::1, and `addresses: ipv4-only` does not allow it");
    assert_eq!(fault.detail, Some(Detail::Dns(DnsDetail::Excluded)));
    assert_eq!(fault.statement.as_deref(), Some("`addresses: ipv4-only` does not allow ::1"));
}

#[tokio::test]
async fn an_ipv4_mapped_address_is_ipv4() {
    let (_listener, port) = listen("127.0.0.1:0").await;
    let rules = DialRules { addresses: AddressPolicy::Ipv4Only, ..RULES };
    let mut attempt = attempt("", rules, Duration::from_secs(5));
    attempt.connect(&Endpoint::parse(&format!("[::ffff:127.0.0.1]:{port}")).unwrap()).await.map(drop).unwrap();
    assert_eq!(tries(&attempt.finish()), "127.0.0.1 connected");
}

#[tokio::test]
async fn silent_addresses_are_cut_and_those_out_of_time_not_tried() {
    let (_silent, port) = silent();
    let hosts = "127.0.0.2 db\n127.0.0.3 db\n127.0.0.4 db\n127.0.0.5 db";
    let (result, evidence) = dialled(hosts, RULES, Duration::from_millis(1_150), port).await;
    let expected = "127.0.0.2 cut, 127.0.0.3 cut, 127.0.0.4 not_tried, 127.0.0.5 not_tried";
    assert_eq!(tries(&evidence), expected);
    assert!(evidence.tries[..2].iter().all(|one| one.duration >= Duration::from_millis(500)), "{evidence:?}");
    let fault = result.unwrap_err();
    assert_eq!(fault.cause.slug(), "connect_timeout");
    assert!(fault.message.starts_with("none of 4 addresses of db connected: 127.0.0.2:"), "{}", fault.message);
    assert!(
        fault.message.ends_with("; 2 addresses were not tried: the timeout of 1.1s was used up"),
        "{}",
        fault.message
    );
}

#[tokio::test]
async fn the_user_may_cut_earlier() {
    let (_silent, port) = silent();
    let rules = DialRules { connect_timeout: Some(Duration::from_millis(30)), ..RULES };
    let (result, evidence) = dialled("127.0.0.2 db\n127.0.0.3 db", rules, Duration::from_secs(20), port).await;
    assert_eq!(tries(&evidence), "127.0.0.2 cut, 127.0.0.3 cut");
    assert_eq!(result.unwrap_err().cause.slug(), "connect_timeout");
}

#[tokio::test]
async fn the_try_that_got_furthest_names_the_cause() {
    let (listener, port) = listen("127.0.0.1:0").await;
    drop(listener);
    // There is no route to ::2.
    let (result, evidence) = dialled("127.0.0.2 db\n0::2 db", RULES, Duration::from_secs(5), port).await;
    assert_eq!(evidence.tries.len(), 2);
    let fault = result.unwrap_err();
    assert_eq!(fault.cause.slug(), "connect_refused", "{}", fault.message);
    assert!(fault.message.contains(&format!("[::2]:{port}")), "{}", fault.message);
    assert_eq!((fault.attempt, fault.detail), (Some(0), Some(Detail::Os(111))), "the first, though it is not the last");
}

/// Each fault names the try of its own connection.
#[tokio::test]
async fn a_fault_is_of_the_newest_connection() {
    let (_listener, port) = listen("127.0.0.2:0").await;
    // Nobody else listens on an odd loopback address.
    let mut attempt = attempt("127.0.0.9 db\n127.0.0.2 db\n", RULES, Duration::from_secs(5));
    let endpoint = Endpoint::parse(&format!("db:{port}")).unwrap();
    assert_eq!(attempt.fault(Cause::Internal, "").attempt, None, "nothing was dialled");
    let io = attempt.connect(&endpoint).await.unwrap();
    assert_eq!(attempt.fault(Cause::Internal, "").attempt, Some(1), "the second address connected");
    drop(io);
    let again = attempt.connect(&endpoint).await.unwrap();
    assert_eq!(attempt.fault(Cause::Internal, "").attempt, Some(3));
    let silent = attempt.deadline_fault();
    assert_eq!((silent.attempt, silent.detail), (Some(3), Some(Detail::Stream(StreamDetail::Silent))));
    drop(again);
    let first = Fault::new(Phase::Tls, Cause::TlsUntrusted, "").of_attempt(Some(1));
    assert_eq!(attempt.of_connection(first).attempt, Some(1), "one that names its own keeps it");
}

#[tokio::test]
async fn all_must_connect_where_all_are_required() {
    let (_one, port) = listen("127.0.0.2:0").await;
    let rules = DialRules { require: Require::All, ..RULES };
    let hosts = "127.0.0.2 db\n127.0.0.3 db\n127.0.0.4 db";
    let (result, evidence) = dialled(hosts, rules, Duration::from_secs(5), port).await;
    let fault = result.unwrap_err();
    assert!(
        fault.message.starts_with("1 of 3 addresses of db connected, but all must connect: 127.0.0.3:"),
        "{}",
        fault.message
    );
    let members: Vec<_> =
        evidence.members.iter().map(|one| one.failure.as_ref().map(|failure| failure.cause.slug())).collect();
    assert_eq!(members, [None, Some("connect_refused"), Some("connect_refused")]);
    let _two = TcpListener::bind(SocketAddr::from(([127, 0, 0, 3], port))).await.unwrap();
    let (result, evidence) = dialled("127.0.0.2 db\n127.0.0.3 db", rules, Duration::from_secs(5), port).await;
    result.unwrap();
    assert_eq!(tries(&evidence), "127.0.0.2 connected, 127.0.0.3 connected");
    assert!(evidence.members.iter().all(|one| one.failure.is_none()));
}

#[tokio::test]
async fn a_pin_holds_for_its_endpoint_alone() {
    let (_listener, port) = listen("127.0.0.3:0").await;
    let endpoint = Endpoint::parse(&format!("db:{port}")).unwrap();
    let mut pinned = attempt("127.0.0.2 db\n127.0.0.3 db\n127.0.0.4 other", RULES, Duration::from_secs(5));
    let terms = AttemptOptions {
        rules: DialRules { require: Require::Each, ..RULES },
        deadline: pinned.deadline(),
        walk: Walk::Full,
        pinned: Some(Pin { endpoint: endpoint.clone(), ip: [127, 0, 0, 3].into() }),
    };
    let world = Arc::new(World::new(Arc::new(
        MapEnv::default().with_file("/etc/hosts", b"127.0.0.2 db\n127.0.0.3 db\n127.0.0.4 other"),
    )));
    drop(pinned.finish());
    pinned = Attempt::new(world, terms);
    pinned.connect(&endpoint).await.map(drop).unwrap();
    let other = Endpoint::parse(&format!("other:{port}")).unwrap();
    assert!(pinned.connect(&other).await.is_err());
    assert_eq!(tries(&pinned.finish()), "127.0.0.3 connected, 127.0.0.4 refused");
}

#[tokio::test]
async fn an_attempt_that_is_stopped_while_it_dials_records_the_cut() {
    let (_silent, port) = silent();
    let mut attempt = attempt("127.0.0.2 db", RULES, Duration::from_secs(20));
    let endpoint = Endpoint::parse(&format!("db:{port}")).unwrap();
    // Cut off from without, as a signal does.
    drop(tokio::time::timeout(Duration::from_millis(50), attempt.connect(&endpoint)).await);
    let fault = attempt.deadline_fault();
    assert_eq!((fault.phase.as_str(), fault.cause.slug()), ("connect", "connect_timeout"));
    assert!(fault.message.starts_with(&format!("no connection to 127.0.0.2:{port} within ")), "{}", fault.message);
    assert_eq!(tries(&attempt.finish()), "127.0.0.2 cut");
}
