use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::judge;
use crate::cause::Cause;
use crate::finding::Finding;
use crate::findings::Context;
use crate::findings::testing::tried;
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Facts, Fault, PeerClock, Phase};
use crate::pod::{Pod, Service, Sockets};

fn pod(listeners: &[&str]) -> Pod {
    let parse = |text: &&str| text.parse::<SocketAddr>().unwrap();
    let listeners = Some(listeners.iter().map(parse).collect());
    Pod { listeners, addresses: vec!["10.0.0.7".parse().unwrap()], ..Pod::default() }
}

fn judged(cause: Cause, tries: Vec<ConnectAttempt>, pod: Pod) -> Vec<Finding> {
    let evidence = Evidence { tries, pod: Some(pod), ..Evidence::default() };
    judge(Some(&Fault::new(Phase::Connect, cause, "")), &evidence, Context::default())
}

fn refused(address: &str, listeners: &[&str]) -> Vec<String> {
    let tries = vec![tried(address, ConnectResult::Refused)];
    judged(Cause::ConnectRefused, tries, pod(listeners)).iter().map(|f| format!("{}: {}", f.code, f.message)).collect()
}

#[test]
fn who_listens_where() {
    for (address, listeners, expected) in [
        (
            "127.0.0.1:8000",
            &["0.0.0.0:3000", "0.0.0.0:9809"][..],
            "localhost_in_pod: 127.0.0.1:8000 is this pod itself, and nothing in it listens on port 8000 (open ports: \
             3000, 9809)",
        ),
        (
            "0.0.0.0:8000",
            &[],
            "localhost_in_pod: 0.0.0.0:8000 is this pod itself, and nothing in it listens on port 8000 (no port is open)",
        ),
        (
            "[::1]:8000",
            &[],
            "localhost_in_pod: [::1]:8000 is this pod itself, and nothing in it listens on port 8000 (no port is open)",
        ),
        (
            "10.0.0.7:8000",
            &["127.0.0.1:8000", "[::1]:8000"],
            "listens_loopback_only: 10.0.0.7:8000 refuses the connection, and port 8000 of this pod listens only on 127.0.0.1 and ::1",
        ),
        (
            "127.0.0.1:3000",
            &["10.0.0.7:3000"],
            "listens_pod_ip_only: 127.0.0.1:3000 refuses the connection, and port 3000 of this pod listens only on 10.0.0.7",
        ),
        (
            "127.0.0.1:3000",
            &["[::]:3000"],
            "listens_ipv6_only: 127.0.0.1:3000 refuses the connection, and port 3000 of this pod listens only on ::: \
             the socket accepts only IPv6, or the app started to listen after the connect attempt",
        ),
    ] {
        assert_eq!(refused(address, listeners), [expected], "{address} {listeners:?}");
    }
    for (address, listeners) in [
        ("127.0.0.1:8000", &["127.0.0.1:8000"][..]),
        ("127.0.0.1:8000", &["0.0.0.0:8000", "[::]:8000"]),
        ("10.0.0.7:8000", &["0.0.0.0:8000"]),
        ("10.0.0.7:8000", &[]),
        ("10.0.0.9:8000", &["127.0.0.1:8000"]),
    ] {
        assert!(refused(address, listeners).is_empty(), "{address} {listeners:?}");
    }
    let unknown = Pod { listeners: None, ..pod(&[]) };
    let tries = vec![tried("127.0.0.1:1", ConnectResult::Refused)];
    assert!(judged(Cause::ConnectRefused, tries, unknown).is_empty(), "what is not known is not told");
}

/// A socket on 0.0.0.0 takes no IPv6: who dials the pod's IPv6 address is not helped by it.
#[test]
fn an_ipv6_address_wants_a_listener_on_ipv6() {
    let own: IpAddr = "fd09::7".parse().unwrap();
    let fix = |listener: &str| {
        let pod = Pod { addresses: vec![own], ..pod(&[listener]) };
        let found = judged(Cause::ConnectRefused, vec![tried("[fd09::7]:8000", ConnectResult::Refused)], pod);
        found.first().map(|found| found.fix.clone())
    };
    let loopback = fix("127.0.0.1:8000").unwrap();
    assert!(loopback.contains("--host :: ") && !loopback.contains("0.0.0.0"), "{loopback}");
    assert_eq!(fix("0.0.0.0:8000"), None);
}

#[test]
fn the_ports_of_a_service() {
    let service =
        Service { prefix: "BACKEND_API".to_owned(), address: "10.96.0.7".parse().unwrap(), ports: vec![80, 9000] };
    let of = |address: &str, cause| {
        let pod = Pod { services: vec![service.clone()], ..Pod::default() };
        judged(cause, vec![tried(address, ConnectResult::Cut)], pod)
    };
    let found = of("10.96.0.7:8000", Cause::ConnectTimeout);
    assert_eq!(found[0].code, "service_port_wrong");
    assert_eq!(
        found[0].message,
        "BACKEND_API is 10.96.0.7, whose Service had the ports 80, 9000 when this pod started (BACKEND_API_SERVICE_PORT), not 8000"
    );
    assert!(found[0].fix.ends_with("kubectl get svc backend-api"));
    assert!(of("10.96.0.7:80", Cause::ConnectRefused).is_empty());
    assert!(of("10.96.0.8:8000", Cause::ConnectRefused).is_empty());
    assert!(of("10.96.0.7:8000", Cause::ConnectReset).is_empty());
}

#[test]
fn out_of_ports_and_descriptors() {
    let short = |errno| ConnectAttempt { errno: Some(errno), ..tried("10.0.0.9:5432", ConnectResult::LocalLimit) };
    let sockets = Some(Sockets { in_use: 9, time_wait: 28_000, ports: (32_768, 60_999) });
    let of = |errno| {
        let pod = Pod { sockets, descriptors: Some(1024), ..Pod::default() };
        let found = judged(Cause::LocalLimit, vec![short(errno)], pod);
        found.iter().map(|f| format!("{}: {}", f.code, f.message)).collect::<Vec<_>>()
    };
    assert_eq!(
        of(99),
        ["ports_exhausted: no local port was free to connect to 10.0.0.9:5432: the range has 28232 ports (32768 to \
             60999), 9 sockets are in use and 28000 in TIME_WAIT"]
    );
    assert_eq!(
        of(24),
        [
            "descriptors_exhausted: no file descriptor was free in the pilotfish container to connect to 10.0.0.9:5432; its \
          limit is 1024"
        ]
    );
    assert!(of(23)[0].contains("on the whole node"));
    assert!(of(12).is_empty());
}

#[test]
fn cpu_time_and_clocks() {
    let of = |throttled: u64, ahead: i64| {
        let pod = Pod { throttled: Some(Duration::from_millis(throttled)), ..Pod::default() };
        let facts = Facts { peer_clock: Some(PeerClock { date: 0, ahead }), ..Facts::default() };
        let evidence = Evidence { pod: Some(pod), facts, ..Evidence::default() };
        judge(None, &evidence, Context::default())
            .iter()
            .map(|f| format!("{}: {}", f.code, f.message))
            .collect::<Vec<_>>()
    };
    assert!(of(49, 60).is_empty() && of(0, -60).is_empty());
    assert_eq!(
        of(120, 0),
        [
            "cpu_throttled: the CPU limit stopped this container for 120ms during the check or just before: the measured times are too long"
        ]
    );
    assert!(
        of(0, 3 * 86_400)[0]
            .starts_with("clock_skew: the Date of the peer's answer is 3 days ahead of this pod's clock")
    );
    assert!(of(0, -61)[0].contains("1m1s behind"));
}
