//! Names in a namespace of their own: every way in which name servers answer, or do not, told apart and recorded.

use serde_json::Value;

use crate::support::dns::NameServer;
use crate::support::netns::Namespace;
use crate::support::{Folder, PILOTFISH, Running, need, until};

/// As kubelet writes it.
pub(crate) const POD: &str =
    "search app.svc.cluster.local svc.cluster.local cluster.local\nnameserver 127.0.0.1\noptions ndots:5\n";

/// The one check of a report.
pub(crate) fn only(report: &Value) -> &Value {
    assert_eq!(report["checks"].as_array().map(Vec::len), Some(1), "{report}");
    &report["checks"][0]
}

/// The recorded queries: `A db.lab. udp NXDOMAIN`; with the server where it is not the first on loopback.
pub(crate) fn queries(report: &Value) -> Vec<String> {
    let text = |query: &Value, key: &str| query[key].as_str().unwrap_or_default().to_owned();
    let line = |query: &Value| {
        let server = text(query, "server");
        let server = if server == "127.0.0.1:53" { String::new() } else { format!(" @{server}") };
        format!(
            "{} {} {} {}{server}",
            text(query, "type"),
            text(query, "name"),
            text(query, "transport"),
            text(query, "rcode")
        )
    };
    only(report)["queries"].as_array().expect("queries are recorded").iter().map(line).collect()
}

pub(crate) fn cause(report: &Value) -> &str {
    only(report)["failure"]["cause"].as_str().unwrap_or("passed")
}

pub(crate) fn message(report: &Value) -> &str {
    only(report)["failure"]["message"].as_str().unwrap_or_default()
}

/// A namespace with one name server on 127.0.0.1.
pub(crate) fn pod(resolv_conf: &str, script: &str) -> (Namespace, NameServer) {
    let namespace = Namespace::new();
    namespace.resolv_conf(resolv_conf);
    let server = NameServer::inside(&namespace, "127.0.0.1", script);
    (namespace, server)
}

pub(crate) fn asked(resolv_conf: &str, script: &str, target: &str) -> (Value, Vec<String>) {
    let (namespace, server) = pod(resolv_conf, script);
    let report = namespace.json(&["check", target, "-o", "json"]);
    (report, server.asked())
}

#[test]
fn ndots_5_walks_the_search_list_in_order_and_records_it() {
    let (report, asked) = asked(POD, "api.example.com A = 10.0.0.1", "dns://api.example.com");
    assert_eq!(cause(&report), "passed", "{report}");
    assert_eq!(
        queries(&report),
        [
            "A api.example.com.app.svc.cluster.local. udp NXDOMAIN",
            "A api.example.com.svc.cluster.local. udp NXDOMAIN",
            "A api.example.com.cluster.local. udp NXDOMAIN",
            "A api.example.com. udp NOERROR",
        ]
    );
    let sent: Vec<_> = asked.iter().map(|line| line.split(' ').nth(1).expect("a name")).collect();
    assert_eq!(sent[0], "api.example.com.app.svc.cluster.local.");
    assert_eq!(sent.len(), 4, "one datagram for each recorded query: {sent:?}");
    let last = &only(&report)["queries"][3];
    assert_eq!((&last["answers"], &last["ttl"]), (&1.into(), &30.into()), "{last}");
}

#[test]
fn the_suffix_that_matched_is_recorded() {
    let (report, _) = asked(POD, "db.app.svc.cluster.local A = 10.0.0.1", "dns://db");
    assert_eq!(queries(&report), ["A db.app.svc.cluster.local. udp NOERROR"]);
    assert_eq!(only(&report)["queries"][0]["suffix"], "app.svc.cluster.local", "{report}");
}

#[test]
fn serve_asks_first_for_the_suffix_that_matched_last() {
    let (namespace, server) = pod(POD, "db.cluster.local A = 10.0.0.1");
    let folder = Folder::new();
    let config = folder.write("pilotfish.yaml", "checks:\n  - name: db\n    interval: 1s\n    dns: {name: db}\n");
    let mut serve = namespace.command(PILOTFISH);
    let _sidecar = Running::start(serve.args(["serve", "-c", &config]).stderr(std::process::Stdio::null()));
    until("it ran three times", || server.asked().len() >= 5);
    let names = ["app.svc.cluster", "svc.cluster", "cluster", "cluster", "cluster"];
    assert_eq!(server.asked()[..5], names.map(|suffix| format!("udp db.{suffix}.local. A")));
}

#[test]
fn a_final_dot_means_that_name_alone() {
    let (report, _) = asked(POD, "", "dns://db.");
    assert_eq!((cause(&report), queries(&report)), ("dns_not_found", vec!["A db. udp NXDOMAIN".to_owned()]));
    let (report, _) = asked("nameserver 127.0.0.1\nsearch lab\n", "", "dns://a.b");
    assert_eq!(queries(&report), ["A a.b. udp NXDOMAIN", "A a.b.lab. udp NXDOMAIN"]);
}

#[test]
fn what_a_server_says_is_the_cause() {
    for (reply, expected, said) in [
        ("nxdomain", "dns_not_found", "NXDOMAIN for db."),
        ("nodata", "dns_no_address", "db. exists, but has no A record"),
        ("servfail", "dns_server_failure", "127.0.0.1:53 answered SERVFAIL for db."),
        ("refused", "dns_refused", "127.0.0.1:53 answered REFUSED for db."),
        ("formerr", "dns_server_failure", "FORMERR"),
        ("notimp", "dns_server_failure", "NOTIMP"),
        ("cname a.lab b.lab =", "dns_no_address", "no A record"),
    ] {
        let (report, asked) = asked("nameserver 127.0.0.1\n", &format!("* * {reply}"), "dns://db");
        assert_eq!(cause(&report), expected, "{reply}: {report}");
        assert!(message(&report).contains(said), "{reply}: {report}");
        assert_eq!(asked.len(), 1, "an answer is final: {asked:?}");
    }
}

#[test]
fn a_failing_server_does_not_hide_behind_a_later_nxdomain() {
    let script = "*.app.svc.cluster.local * servfail\n*.cluster.local * nodata\n";
    let (report, _) = asked(POD, script, "dns://db");
    assert_eq!(cause(&report), "dns_server_failure", "{report}");
    assert_eq!(queries(&report).len(), 4, "the walk goes on: {report}");
    let (report, _) = asked(POD, "*.svc.cluster.local * nodata\n* * refused", "dns://db");
    assert_eq!(cause(&report), "dns_no_address", "the first name that exists tells most: {report}");
    let (report, _) = asked(POD, "*.app.svc.cluster.local * servfail\ndb * = 10.0.0.1", "dns://db");
    assert_eq!(cause(&report), "passed", "{report}");
}

#[test]
fn a_silent_server_is_asked_twice_and_ends_the_walk() {
    let (report, asked) = asked(POD, "* * silent", "dns://db");
    assert_eq!(cause(&report), "dns_timeout", "{report}");
    assert_eq!(queries(&report), ["A db.app.svc.cluster.local. udp TIMEOUT"; 2]);
    assert_eq!(asked.len(), 2);
    assert!(message(&report).contains("127.0.0.1:53 no answer for 1s, 2 queries"), "{report}");
}

#[test]
fn attempts_1_asks_once_and_a_lost_datagram_is_sent_again() {
    let (report, _) = asked("nameserver 127.0.0.1\noptions attempts:1\n", "* * silent", "dns://db");
    assert_eq!(queries(&report), ["A db. udp TIMEOUT"]);
    let (report, _) = asked("nameserver 127.0.0.1\n", "db A lost = 10.0.0.1", "dns://db");
    assert_eq!(queries(&report), ["A db. udp TIMEOUT", "A db. udp NOERROR"]);
}

#[test]
fn a_dead_first_server_is_told_by_icmp_and_the_second_asked() {
    let namespace = Namespace::new();
    namespace.resolv_conf("nameserver 127.0.0.2\nnameserver 127.0.0.1\nsearch lab\noptions ndots:2\n");
    let _server = NameServer::inside(&namespace, "127.0.0.1", "db A = 10.0.0.1");
    let report = namespace.json(&["check", "dns://db", "-o", "json"]);
    assert_eq!(
        queries(&report),
        [
            "A db.lab. udp connection refused @127.0.0.2:53",
            "A db.lab. udp NXDOMAIN",
            // What did not answer last is asked last.
            "A db. udp NOERROR",
        ]
    );
}

#[test]
fn a_silent_first_server_costs_its_share_once() {
    let namespace = Namespace::new();
    namespace.resolv_conf("nameserver 127.0.0.2\nnameserver 127.0.0.1\nsearch a b c d e f\noptions ndots:2\n");
    let _dead = NameServer::inside(&namespace, "127.0.0.2", "* * silent");
    let _live = NameServer::inside(&namespace, "127.0.0.1", "db A = 10.0.0.1");
    let report = namespace.json(&["check", "dns://db", "-o", "json"]);
    assert_eq!(cause(&report), "passed", "{report}");
    let seen = queries(&report);
    assert_eq!(seen[0], "A db.a. udp TIMEOUT @127.0.0.2:53");
    assert_eq!(seen.len(), 8, "{seen:?}");
}

#[test]
fn a_failing_first_server_passes_the_question_on() {
    for reply in ["servfail", "refused", "garbage"] {
        let namespace = Namespace::new();
        namespace.resolv_conf("nameserver 127.0.0.2\nnameserver 127.0.0.1\n");
        let _bad = NameServer::inside(&namespace, "127.0.0.2", &format!("* * {reply}"));
        let _good = NameServer::inside(&namespace, "127.0.0.1", "db A = 10.0.0.1");
        let report = namespace.json(&["check", "dns://db", "-o", "json"]);
        assert_eq!(cause(&report), "passed", "{reply}: {report}");
        assert_eq!(queries(&report).len(), 2, "{reply}: {report}");
    }
}

#[test]
fn all_servers_dead() {
    let namespace = Namespace::new();
    namespace.resolv_conf("nameserver 127.0.0.2\nnameserver 10.9.9.9\nnameserver ::1\nnameserver 127.0.0.4\n");
    let report = namespace.json(&["check", "dns://db", "-o", "json"]);
    assert_eq!(cause(&report), "dns_timeout", "{report}");
    assert_eq!(
        message(&report),
        "no name server answered for db.: 127.0.0.2:53 connection refused, 10.9.9.9:53 network is unreachable, \
         [::1]:53 connection refused",
        "three servers at most, and none is asked again that said why"
    );
}

#[test]
fn no_resolv_conf_to_speak_of_is_named() {
    for (text, said) in [("", "has no nameserver line"), ("\u{0}garbage\nnameserver x\n", "1 invalid")] {
        let namespace = Namespace::new();
        namespace.resolv_conf(text);
        let report = namespace.json(&["check", "dns://db", "-o", "json"]);
        assert_eq!(cause(&report), "dns_timeout");
        assert!(message(&report).contains("127.0.0.1:53 connection refused"), "{report}");
        assert!(message(&report).contains("/etc/resolv.conf") && message(&report).contains(said), "{report}");
    }
}

#[test]
fn name_servers_by_ipv6_also_with_a_zone() {
    let (one, two) = (Namespace::new(), Namespace::new());
    one.cable(&two, "eth0", &["fe80::1/64"], &["fe80::2/64", "fd00::2/64"]);
    let _server = NameServer::inside(&two, "::", "db A = 10.0.0.1");
    one.resolv_conf("nameserver fe80::2%eth0\n");
    let ask = || one.json(&["check", "dns://db", "-o", "json"]);
    // A cable that was just laid may lose the first datagrams.
    until("the cable carries", || cause(&ask()) == "passed");
    let report = ask();
    let last = queries(&report).pop().expect("it was asked");
    assert!(last.contains("NOERROR @[fe80::2%"), "{report}");
}

#[test]
fn an_answer_that_was_cut_short_is_asked_for_again_over_tcp() {
    let (report, asked) = asked("nameserver 127.0.0.1\n", "db A short = 10.0.0.1 | 10.0.0.2", "dns://db");
    assert_eq!(queries(&report), ["A db. udp TRUNCATED", "A db. tcp NOERROR"]);
    assert_eq!(asked, ["udp db. A", "tcp db. A"]);
    assert_eq!(only(&report)["queries"][1]["answers"], 2);
}

#[test]
fn tcp_53_blocked_is_seen() {
    let (namespace, _server) = pod("nameserver 127.0.0.1\n", "db A short = 10.0.0.1");
    namespace.nft("add table inet t");
    namespace.nft("add chain inet t in { type filter hook input priority 0; }");
    namespace.nft("add rule inet t in tcp dport 53 drop");
    let report = namespace.json(&["check", "dns://db", "-o", "json"]);
    assert_eq!(queries(&report), ["A db. udp TRUNCATED", "A db. tcp TIMEOUT"]);
    assert_eq!(cause(&report), "dns_timeout");
    assert!(message(&report).contains("truncated its answer, and over TCP: no answer for 1s"), "{report}");
    namespace.nft("flush chain inet t in");
    namespace.nft("add rule inet t in tcp dport 53 reject with tcp reset");
    let report = namespace.json(&["check", "dns://db", "-o", "json"]);
    assert_eq!(queries(&report), ["A db. udp TRUNCATED", "A db. tcp connection refused"]);
}

#[test]
fn hostile_name_servers_cost_bounded_time_and_get_the_right_cause() {
    for (reply, expected) in [
        ("garbage", "dns_server_failure"),
        ("wrong-id", "dns_server_failure"),
        ("wrong-question", "dns_server_failure"),
        ("loop", "dns_server_failure"),
        ("flood", "dns_server_failure"),
        ("short wrong-id", "dns_server_failure"),
        ("short huge", "dns_server_failure"),
        ("short drip", "dns_timeout"),
        ("short silent", "dns_timeout"),
        ("short close", "dns_timeout"),
        ("late 1500 = 10.0.0.1", "passed"),
    ] {
        let (report, _) = asked("nameserver 127.0.0.1\n", &format!("* * {reply}"), "dns://db");
        assert_eq!(cause(&report), expected, "{reply}: {report}");
        assert!(queries(&report).len() <= 2, "{reply}: {report}");
    }
}

#[test]
fn out_of_descriptors_is_a_local_limit() {
    let (namespace, _server) = pod("nameserver 127.0.0.1\n", "db A = 10.0.0.1");
    // How many the runtime needs for itself is not ours to know.
    let seen = (4..24).any(|limit| {
        let order = format!("ulimit -n {limit}; exec {} check dns://db -o json", PILOTFISH);
        let ran = crate::support::run(namespace.command("sh").args(["-c", &order]));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
        report["failed"] == 1 && cause(&report) == "local_limit" && only(&report)["failure"]["phase"] == "resolve"
    });
    assert!(seen, "no limit left too few for a socket");
}

#[test]
fn an_ipv6_server_in_a_pod_without_ipv6_is_passed_over() {
    let (namespace, _server) = pod("nameserver ::1\nnameserver 127.0.0.1\n", "db A = 10.0.0.1");
    namespace.sysctl("net/ipv6/conf/all/disable_ipv6", "1");
    let report = namespace.json(&["check", "dns://db", "-o", "json"]);
    assert_eq!((cause(&report), queries(&report).len()), ("passed", 2), "{report}");
}

#[test]
fn dnsmasq_answers() {
    let namespace = Namespace::new();
    namespace.resolv_conf("nameserver 127.0.0.1\nsearch lab\noptions ndots:5\n");
    let dnsmasq = need("dnsmasq", "dnsmasq-base");
    let mut many: Vec<String> = (1..=100).map(|n| format!("--host-record=many.lab,10.1.0.{n}")).collect();
    many.push("--host-record=db.lab,10.0.0.7,fd00::7".to_owned());
    many.push("--cname=alias.lab,db.lab".to_owned());
    many.push("--local=/lab/".to_owned());
    let _server = Running::start(
        namespace
            .command(dnsmasq.to_str().expect("the path is UTF-8"))
            .args(["--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--listen-address=127.0.0.1"])
            .args(["--bind-interfaces", "--user=root", "--pid-file="])
            .args(&many)
            .stderr(std::process::Stdio::null()),
    );
    let check = |target: &str| namespace.json(&["check", target, "-o", "json"]);
    until("dnsmasq answers", || cause(&check("dns://db")) == "passed");
    assert_eq!(queries(&check("dns://db")), ["A db.lab. udp NOERROR"]);
    assert_eq!(cause(&check("dns://alias")), "passed");
    assert_eq!(queries(&check("dns://many")), ["A many.lab. udp TRUNCATED", "A many.lab. tcp NOERROR"]);
    assert_eq!(only(&check("dns://many"))["queries"][1]["answers"], 100);
    let missing = check("dns://nope");
    assert_eq!(queries(&missing)[0], "A nope.lab. udp NXDOMAIN");
    // dnsmasq has no server for other zones, and says so.
    assert_eq!(cause(&missing), "dns_refused", "{missing}");
    assert_eq!(cause(&check("dns://nope.lab.")), "dns_not_found");
    assert_eq!(cause(&check("dns://db?type=MX")), "dns_answer_mismatch");
}
