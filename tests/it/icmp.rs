//! The `icmp` kind between real namespaces: the kernel answers, or does not.

use serde_json::Value;

use crate::support::dns::NameServer;
use crate::support::netns::Namespace;
use crate::support::until;

/// A pod with the address 10.7.0.7, and the node behind it with 10.7.0.1.
fn pod() -> (Namespace, Namespace) {
    let (pod, node) = (Namespace::new(), Namespace::new());
    pod.cable(&node, "eth0", &["10.7.0.7/24", "fd00:7::7/64"], &["10.7.0.1/24", "fd00:7::1/64"]);
    // In a user namespace there are no other groups.
    pod.sysctl("net/ipv4/ping_group_range", "0 0");
    (pod, node)
}

/// The one check of a report of this target.
fn check(pod: &Namespace, target: &str) -> Value {
    check_within(pod, target, "2s")
}

fn check_within(pod: &Namespace, target: &str, timeout: &str) -> Value {
    let config = format!("checks: [{{name: gateway, timeout: {timeout}, interval: 1m, gates: [], {target}}}]");
    let folder = crate::support::Folder::new();
    let config = folder.write("c.yaml", config);
    pod.json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

#[track_caller]
fn failed(check: &Value, phase: &str, cause: &str, hint: &str) -> String {
    let failure = &check["failure"];
    assert_eq!((failure["phase"].as_str(), failure["cause"].as_str()), (Some(phase), Some(cause)), "{check:#}");
    assert!(failure["hint"].as_str().is_some_and(|text| text.contains(hint)), "{hint:?} is not in the hint: {check:#}");
    failure["message"].as_str().expect("a message").to_owned()
}

/// The addresses that were tried, with the results.
fn tries(check: &Value) -> Vec<(&str, &str)> {
    let all = check["tries"].as_array().into_iter().flatten();
    all.map(|one| (one["address"].as_str().unwrap_or_default(), one["result"].as_str().unwrap_or_default())).collect()
}

#[test]
fn a_host_that_answers() {
    let (pod, _node) = pod();
    let good = check(&pod, "icmp: {host: 10.7.0.1}");
    assert_eq!((good["result"].as_str(), good["target"].as_str()), (Some("pass"), Some("icmp://10.7.0.1")), "{good:#}");
    assert_eq!(tries(&good), [("10.7.0.1", "connected")]);
    // The kernels need a moment until they find each other by IPv6.
    let six = || check(&pod, "icmp: {host: 'fd00:7::1'}");
    until("IPv6 is up", || six()["result"] == "pass");
    let six = six();
    assert_eq!((six["result"].as_str(), tries(&six)), (Some("pass"), vec![("fd00:7::1", "connected")]), "{six:#}");
    assert_eq!(check(&pod, "icmp: {host: 127.0.0.1}")["result"], "pass", "this pod itself");
    let ran = pod.pilotfish(&["check", "icmp://10.7.0.1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn one_address_after_another_and_ipv4_first() {
    let (pod, node) = pod();
    let names =
        "both A = 10.7.0.1\nboth AAAA = fd00:7::1\nhalf A = 10.7.0.21 | 10.7.0.1\nsix A nodata\nsix AAAA = fd00:7::1\n";
    let _names = NameServer::inside(&pod, "127.0.0.1", names);
    node.ip(&["addr", "add", "10.7.0.21/24", "dev", "eth0"]);
    node.nft(
        "add table inet t; add chain inet t c { type filter hook input priority 0; }; \
         add rule inet t c ip daddr 10.7.0.21 drop",
    );
    let both = check(&pod, "icmp: {host: both.}");
    assert_eq!(tries(&both), [("10.7.0.1", "connected")], "{both:#}");
    let half = check(&pod, "icmp: {host: half.}");
    assert_eq!(tries(&half), [("10.7.0.21", "cut"), ("10.7.0.1", "connected")], "{half:#}");
    assert_eq!((half["result"].as_str(), half["degraded"].as_bool()), (Some("pass"), Some(true)), "{half:#}");
    until("IPv6 is up", || check(&pod, "icmp: {host: six.}")["result"] == "pass");
    let six = check(&pod, "icmp: {host: six.}");
    assert_eq!(tries(&six), [("fd00:7::1", "connected")], "{six:#}");
    failed(&check(&pod, "icmp: {host: nowhere.}"), "resolve", "dns_not_found", "");
}

#[test]
fn hosts_that_do_not_answer() {
    let (pod, node) = pod();
    for address in ["10.7.0.21/24", "10.7.0.22/24", "10.7.0.23/24"] {
        node.ip(&["addr", "add", address, "dev", "eth0"]);
    }
    node.nft(
        "add table inet t; add chain inet t c { type filter hook input priority 0; }; \
         add rule inet t c ip daddr 10.7.0.21 drop; \
         add rule inet t c ip daddr 10.7.0.22 reject with icmp type host-unreachable; \
         add rule inet t c ip daddr 10.7.0.23 reject with icmp type admin-prohibited",
    );
    pod.ip(&["route", "add", "blackhole", "10.8.0.0/24"]);
    pod.ip(&["route", "add", "prohibit", "10.8.1.0/24"]);
    let message = failed(&check(&pod, "icmp: {host: 10.7.0.21}"), "connect", "connect_timeout", "allow ICMP echo");
    assert!(message.starts_with("10.7.0.21 no answer within"), "{message}");
    for host in ["10.7.0.22", "10.7.0.23"] {
        failed(&check(&pod, &format!("icmp: {{host: {host}}}")), "connect", "host_unreachable", "kubectl get pods");
    }
    // The kernel asks three times for an address that nobody has, a second each.
    let nobody = check_within(&pod, "icmp: {host: 10.7.0.99}", "30s");
    failed(&nobody, "connect", "host_unreachable", "kubectl get pods");
    failed(&check(&pod, "icmp: {host: 10.8.0.1}"), "connect", "network_unreachable", "");
    failed(&check(&pod, "icmp: {host: 10.8.1.1}"), "connect", "connect_not_permitted", "denies ICMP");
    failed(&check(&pod, "icmp: {host: 10.99.0.1}"), "connect", "network_unreachable", "");
    // An echo of another host is no answer to this check.
    assert_eq!(check(&pod, "icmp: {host: 10.7.0.1}")["result"], "pass");
}

#[test]
fn a_system_that_allows_no_ping_sockets() {
    let (pod, _node) = pod();
    pod.sysctl("net/ipv4/ping_group_range", "1 0");
    let check = check(&pod, "icmp: {host: 10.7.0.1}");
    let message = failed(&check, "connect", "probe_limit", "net.ipv4.ping_group_range");
    assert!(message.contains("Permission denied"), "{message}");
    assert_eq!(tries(&check), [], "nobody is asked: {check:#}");
}
