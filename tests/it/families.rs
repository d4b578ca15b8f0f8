//! Which family of addresses is asked for, and when: IPv4 first, IPv6 only where it is needed, and the hosts file.

use serde_json::Value;

use crate::names::{POD, asked, cause, message, only, pod, queries};
use crate::support::dns::NameServer;

/// What was dialled, in order: `10.0.0.1:80 refused`.
fn tries(report: &Value) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tries = only(report)["tries"].as_array().expect("tries are recorded");
    tries.iter().map(|one| format!("{} {}", word(&one["address"]), word(&one["result"]))).collect()
}

#[test]
fn the_hosts_file_settles_names_without_a_query() {
    let (namespace, server) = pod("nameserver 127.0.0.1\n", "* * = 10.6.6.6");
    namespace.hosts("127.0.0.7 db # first\n127.0.0.8\tother DB\n::1 db\n");
    let report = namespace.json(&["check", "tcp://db:9", "-o", "json"]);
    assert_eq!(tries(&report), ["127.0.0.7:9 refused", "127.0.0.8:9 refused", "[::1]:9 refused"]);
    let report = namespace.json(&["check", "tcp://other:9", "-o", "json"]);
    assert_eq!(tries(&report), ["127.0.0.8:9 refused"], "no AAAA is asked of a name that the file has");
    let report = namespace.json(&["check", "tcp://localhost:9", "-o", "json"]);
    assert_eq!(tries(&report), ["127.0.0.1:9 refused", "[::1]:9 refused"], "also where the file has no such line");
    assert!(server.asked().is_empty(), "{:?}", server.asked());
}

/// A cluster of IPv6 alone whose upstream is out of reach: libc asks for both at once and never gets to the bare name.
#[test]
fn an_upstream_that_is_silent_hides_no_service_of_ipv6_alone() {
    let (namespace, _server) =
        pod(POD, "db.app.svc.cluster.local AAAA = ::1\ndb.app.svc.cluster.local A nodata\ndb A silent\n");
    let _listening = NameServer::inside(&namespace, "::1", "");
    let report = namespace.json(&["check", "tcp://db:53", "-o", "json"]);
    assert_eq!(tries(&report), ["[::1]:53 connected"], "{report:#}");
    assert!(queries(&report).iter().all(|query| !query.starts_with("A db. ")), "the bare name was not asked for");
}

/// The domain of the node has a wildcard, which libc does not come to either.
#[test]
fn a_service_of_ipv6_alone_is_found_before_a_later_suffix_with_ipv4() {
    let script =
        "db.app.svc.cluster.local AAAA = ::1\ndb.app.svc.cluster.local A nodata\ndb.cluster.local A = 127.0.0.9\n";
    let (report, _) = asked(POD, script, "tcp://db:9");
    assert_eq!(tries(&report), ["[::1]:9 refused"], "{report:#}");
}

#[test]
fn aaaa_is_asked_only_when_it_is_needed() {
    let (namespace, server) = pod(POD, "db.app.* A = 127.0.0.1\ndb.* A = 127.0.0.1\n* AAAA = ::1");
    let _listening = NameServer::inside(&namespace, "::1", "");
    let script = "db.app.svc.cluster.local A = 127.0.0.1\ndb.app.svc.cluster.local AAAA = ::1\n";
    server.script(script);
    let report = namespace.json(&["check", "tcp://db:53", "-o", "json"]);
    assert_eq!(queries(&report), ["A db.app.svc.cluster.local. udp NOERROR"], "IPv4 answered");
    assert_eq!(tries(&report), ["127.0.0.1:53 connected"]);

    server.script(&script.replace("127.0.0.1", "127.0.0.9"));
    let report = namespace.json(&["check", "tcp://db:53", "-o", "json"]);
    assert_eq!(
        queries(&report),
        ["A db.app.svc.cluster.local. udp NOERROR", "AAAA db.app.svc.cluster.local. udp NOERROR"],
        "every IPv4 address failed: AAAA of that name alone"
    );
    assert_eq!(tries(&report), ["127.0.0.9:53 refused", "[::1]:53 connected"]);
    assert_eq!(only(&report)["degraded"], true);
}

#[test]
fn aaaa_is_not_asked_of_names_that_are_not_there() {
    let (report, sent) = asked(POD, "", "tcp://db:9");
    assert_eq!((cause(&report), sent.len()), ("dns_not_found", 4), "{report}");
    let (report, _) = asked(POD, "db.svc.cluster.local A nodata", "tcp://db:9");
    assert_eq!(cause(&report), "dns_no_address", "AAAA says NXDOMAIN, as a broken server does: {report}");
}

#[test]
fn both_families_without_an_address() {
    let script = "db.svc.cluster.local * nodata";
    let (report, _) = asked(POD, script, "tcp://db:9");
    assert_eq!(cause(&report), "dns_no_address", "{report}");
    assert!(message(&report).contains("no A record; ") && message(&report).contains("no AAAA record"), "{report}");
    let seen = queries(&report);
    let open: Vec<_> = seen.iter().filter(|query| query.starts_with("AAAA")).collect();
    assert_eq!(open, ["AAAA db.svc.cluster.local. udp NOERROR"], "what A left open, once: {seen:?}");
    let (report, _) = asked(POD, "db.svc.cluster.local A nodata\ndb.svc.cluster.local AAAA servfail", "tcp://db:9");
    assert_eq!(cause(&report), "dns_server_failure", "{report}");
    let (report, _) = asked(POD, "db.svc.cluster.local A nodata\ndb.svc.cluster.local AAAA = ::1", "tcp://db:9");
    assert_eq!(tries(&report), ["[::1]:9 refused"]);
}

#[test]
fn a_failing_aaaa_beside_a_good_a_is_no_failure() {
    for reply in ["servfail", "refused", "nxdomain", "silent"] {
        let (report, _) = asked("nameserver 127.0.0.1\n", &format!("db A = 127.0.0.9\ndb AAAA {reply}"), "tcp://db:9");
        assert_eq!(cause(&report), "connect_refused", "{reply}: {report}");
        assert!(queries(&report).iter().any(|query| query.starts_with("AAAA db.")), "{reply}: it was asked");
    }
}
