//! Dialling in namespaces: which address is tried when, what each failure is called, and never two at once.

use serde_json::Value;

use crate::support::hostile::{Inside, Manner};
use crate::support::netns::Namespace;
use crate::support::{Folder, Running, need, read_all, until};

/// A pod and the network behind its cable: 10.9.0.2, 10.9.0.3, fd09::2 and fd09::3 are the other end.
struct Lab {
    pod: Namespace,
    net: Namespace,
}

impl Lab {
    fn new() -> Self {
        Self::with_pod_addresses(&["10.9.0.1/24", "fd09::1/64"])
    }

    fn with_pod_addresses(pod_addresses: &[&str]) -> Self {
        let (pod, net) = (Namespace::new(), Namespace::new());
        pod.cable(&net, "eth0", pod_addresses, &["10.9.0.2/24", "10.9.0.3/24", "fd09::2/64", "fd09::3/64"]);
        Self { pod, net }
    }

    /// Lets packets to this address vanish.
    fn drops(&self, address: &str) {
        let family = if address.contains(':') { "ip6" } else { "ip" };
        self.net.nft("add table inet lab");
        self.net.nft("add chain inet lab input { type filter hook input priority 0; }");
        self.net.nft(&format!("add rule inet lab input {family} daddr {address} drop"));
    }

    fn rejects(&self, address: &str, with: &str) {
        let family = if address.contains(':') { "ip6" } else { "ip" };
        self.net.nft("add table inet lab");
        self.net.nft("add chain inet lab input { type filter hook input priority 0; }");
        self.net.nft(&format!("add rule inet lab input {family} daddr {address} tcp dport 5432 reject with {with}"));
    }

    fn listens(&self, addresses: &[&str]) -> Inside {
        Inside::start(&self.net, addresses, &Manner::Nothing)
    }

    /// The one check of a report on `tcp://db:5432`, with these addresses for `db`.
    fn dials(&self, addresses: &[&str]) -> Value {
        let lines: Vec<String> = addresses.iter().map(|address| format!("{address} db\n")).collect();
        self.pod.hosts(lines.concat());
        self.checks("tcp://db:5432")
    }

    /// The same with these common keys.
    fn dials_by(&self, keys: &str, addresses: &[&str]) -> Value {
        let lines: Vec<String> = addresses.iter().map(|address| format!("{address} db\n")).collect();
        self.pod.hosts(lines.concat());
        let folder = Folder::new();
        let text = format!("checks: [{{name: db, {keys}, tcp: {{address: \"db:5432\"}}}}]");
        self.pod.json(&["check", "-o", "json", "-c", &folder.write("c.yaml", text)])["checks"][0].clone()
    }

    fn checks(&self, target: &str) -> Value {
        self.pod.json(&["check", target, "-o", "json"])["checks"][0].clone()
    }
}

/// `10.9.0.3:5432 refused, 10.9.0.2:5432 connected`.
fn tries(check: &Value) -> String {
    let tries = check["tries"].as_array().expect("tries are recorded");
    let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
    let lines: Vec<String> =
        tries.iter().map(|one| format!("{} {}", text(one, "address"), text(one, "result"))).collect();
    lines.join(", ")
}

fn result(check: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match &check["failure"] {
        Value::Null => format!("{} degraded={}", text(&check["result"]), check["degraded"]),
        failure => format!("{}: {}", text(&failure["phase"]), text(&failure["cause"])),
    }
}

#[test]
fn a_refused_first_ipv4_falls_back_to_the_second() {
    let lab = Lab::new();
    let _server = lab.listens(&["10.9.0.2:5432"]);
    let check = lab.dials(&["10.9.0.3", "10.9.0.2", "fd09::2"]);
    assert_eq!(tries(&check), "10.9.0.3:5432 refused, 10.9.0.2:5432 connected");
    assert_eq!(result(&check), "pass degraded=true");
    let check = lab.dials(&["10.9.0.2", "10.9.0.3"]);
    assert_eq!(tries(&check), "10.9.0.2:5432 connected");
    assert_eq!(result(&check), "pass degraded=false");
}

#[test]
fn a_silent_first_ipv4_falls_back_to_the_second() {
    let lab = Lab::new();
    let _server = lab.listens(&["10.9.0.2:5432"]);
    lab.drops("10.9.0.3");
    let check = lab.dials(&["10.9.0.3", "10.9.0.2"]);
    assert_eq!(tries(&check), "10.9.0.3:5432 cut, 10.9.0.2:5432 connected");
    assert_eq!(result(&check), "pass degraded=true");
    // A quarter of five seconds: half is for dialling, shared by two.
    let cut = check["tries"][0]["duration_seconds"].as_f64().expect("a number");
    assert!((1.2..2.0).contains(&cut), "{check}");
}

#[test]
fn ipv6_is_tried_when_every_ipv4_address_is_dead() {
    let lab = Lab::new();
    let _server = lab.listens(&["[fd09::2]:5432"]);
    lab.drops("10.9.0.3");
    let check = lab.dials(&["10.9.0.2", "10.9.0.3", "fd09::2"]);
    assert_eq!(tries(&check), "10.9.0.2:5432 refused, 10.9.0.3:5432 cut, [fd09::2]:5432 connected");
    assert_eq!(result(&check), "pass degraded=true");
}

#[test]
fn unroutable_ipv6_does_not_hide_why_ipv4_failed() {
    let lab = Lab::with_pod_addresses(&["10.9.0.1/24"]);
    lab.pod.sysctl("net/ipv6/conf/all/disable_ipv6", "1");
    let check = lab.dials(&["10.9.0.2", "fd77::2"]);
    assert_eq!(tries(&check), "10.9.0.2:5432 refused, [fd77::2]:5432 network_unreachable");
    assert_eq!(result(&check), "connect: connect_refused");
    let message = check["failure"]["message"].as_str().expect("a text");
    assert!(message.starts_with("none of 2 addresses of db connected: 10.9.0.2:5432 refused after"), "{message}");
    assert!(message.contains("[fd77::2]:5432 network unreachable"), "{message}");
    // A pod without IPv6 gets EADDRNOTAVAIL for ::1: no shortage of ports.
    assert_eq!(result(&lab.checks("tcp://[::1]:5432")), "connect: network_unreachable");
}

#[test]
fn each_policy_has_its_families_in_its_order() {
    let lab = Lab::new();
    let _server = lab.listens(&["10.9.0.3:5432", "[fd09::3]:5432"]);
    let addresses = ["fd09::2", "10.9.0.2", "fd09::3", "10.9.0.3"];
    for (policy, expected) in [
        ("ipv4-first", "10.9.0.2:5432 refused, 10.9.0.3:5432 connected"),
        ("ipv6-first", "[fd09::2]:5432 refused, [fd09::3]:5432 connected"),
        ("ipv4-only", "10.9.0.2:5432 refused, 10.9.0.3:5432 connected"),
        ("ipv6-only", "[fd09::2]:5432 refused, [fd09::3]:5432 connected"),
    ] {
        assert_eq!(tries(&lab.dials_by(&format!("addresses: {policy}"), &addresses)), expected, "{policy}");
    }
    let dead = ["fd09::2", "10.9.0.2"];
    for (policy, expected) in [
        ("ipv4-first", "10.9.0.2:5432 refused, [fd09::2]:5432 refused"),
        ("ipv6-first", "[fd09::2]:5432 refused, 10.9.0.2:5432 refused"),
        ("ipv4-only", "10.9.0.2:5432 refused"),
        ("ipv6-only", "[fd09::2]:5432 refused"),
    ] {
        let check = lab.dials_by(&format!("addresses: {policy}"), &dead);
        assert_eq!((tries(&check).as_str(), result(&check).as_str()), (expected, "connect: connect_refused"));
    }
    let check = lab.dials_by("addresses: ipv4-only", &["fd09::3"]);
    assert_eq!(result(&check), "resolve: dns_no_address");
    let message = check["failure"]["message"].as_str().expect("a text");
    assert_eq!(message, "db has no IPv4 address; it has fd09::3, which `addresses: ipv4-only` does not allow");
}

#[test]
fn blackholed_ipv6_first_falls_back_to_ipv4() {
    let lab = Lab::new();
    let _server = lab.listens(&["10.9.0.2:5432"]);
    lab.drops("fd09::2");
    let check = lab.dials_by("addresses: ipv6-first", &["fd09::2", "10.9.0.2"]);
    assert_eq!(tries(&check), "[fd09::2]:5432 cut, 10.9.0.2:5432 connected");
    assert_eq!(result(&check), "pass degraded=true");
    let check = lab.dials_by("addresses: ipv6-first, connect_timeout: 100ms", &["fd09::2", "10.9.0.2"]);
    let cut = check["tries"][0]["duration_seconds"].as_f64().expect("a number");
    assert!((0.1..0.5).contains(&cut), "{check}");
    let check = lab.dials_by("addresses: ipv6-only", &["fd09::2", "10.9.0.2"]);
    assert_eq!((tries(&check).as_str(), result(&check).as_str()), ("[fd09::2]:5432 cut", "connect: connect_timeout"));
}

/// Such a pod is as it is meant to be: what it has no way to is not held against the name.
#[test]
fn a_pod_without_ipv4_passes_by_ipv6() {
    let lab = Lab::with_pod_addresses(&["fd09::1/64"]);
    let _server = lab.listens(&["10.9.0.2:5432", "[fd09::2]:5432"]);
    let both = ["10.9.0.2", "fd09::2"];
    let check = lab.dials(&both);
    assert_eq!(tries(&check), "10.9.0.2:5432 network_unreachable, [fd09::2]:5432 connected");
    assert_eq!(result(&check), "pass degraded=false");
    for keys in ["require: all", "require: each"] {
        let check = lab.dials_by(keys, &both);
        assert_eq!(
            (result(&check).as_str(), tries(&check).as_str()),
            ("pass degraded=false", "[fd09::2]:5432 connected")
        );
    }
}

#[test]
fn all_or_each_address_may_be_required() {
    let lab = Lab::new();
    let _server = lab.listens(&["10.9.0.2:5432", "[fd09::2]:5432"]);
    let members = |check: &Value| -> Vec<String> {
        let one = |member: &Value| {
            let cause = member["failure"]["cause"].as_str().unwrap_or("pass");
            format!("{} {cause}", member["address"].as_str().expect("a text"))
        };
        check["addresses"].as_array().expect("members are there").iter().map(one).collect()
    };
    let both = ["10.9.0.2", "10.9.0.3"];
    let half = ["10.9.0.2:5432 pass", "10.9.0.3:5432 connect_refused"];
    for (keys, expected) in [
        ("require: all", "connect: connect_refused"),
        ("require: each", "connect: connect_refused"),
        ("require: each, min_passing: 1", "pass degraded=true"),
        ("require: each, min_passing: \"50%\"", "pass degraded=true"),
        ("require: each, min_passing: \"51%\"", "connect: connect_refused"),
    ] {
        let check = lab.dials_by(keys, &both);
        assert_eq!(result(&check), expected, "{keys}");
        assert_eq!(members(&check), half, "{keys}");
    }
    // The other family is the same pods once more: it is not asked for while the first has addresses.
    let check = lab.dials_by("require: all", &["10.9.0.2", "fd09::3"]);
    assert_eq!(
        (result(&check).as_str(), members(&check)),
        ("pass degraded=false", vec!["10.9.0.2:5432 pass".to_owned()])
    );
    assert!(lab.dials(&both).get("addresses").is_none(), "members are for `all` and `each`");
}

#[test]
fn every_errno_has_its_cause() {
    let lab = Lab::new();
    for (route, address, expected) in [
        ("unreachable", "10.50.0.1", "host_unreachable 113"),
        ("prohibit", "10.50.0.2", "connect_not_permitted 13"),
        ("blackhole", "10.50.0.3", "network_unreachable 22"),
        ("unreachable", "fd50::1", "host_unreachable 113"),
        ("prohibit", "fd50::2", "connect_not_permitted 13"),
        ("blackhole", "fd50::3", "network_unreachable 22"),
    ] {
        lab.pod.ip(&["route", "add", route, address]);
        assert_eq!(cause_and_errno(&lab.dials(&[address])), expected, "{route} {address}");
    }
    assert_eq!(cause_and_errno(&lab.dials(&["10.60.0.1"])), "network_unreachable 101");
    assert_eq!(cause_and_errno(&lab.dials(&["fd60::1"])), "network_unreachable 101");
    assert_eq!(cause_and_errno(&lab.dials(&["10.9.0.2"])), "connect_refused 111");
    // Nobody has this address: the kernel asks for it three times, a second each.
    assert_eq!(cause_and_errno(&lab.dials(&["10.9.0.9"])), "connect_timeout null");
}

fn cause_and_errno(check: &Value) -> String {
    format!("{} {}", check["failure"]["cause"].as_str().unwrap_or("passed"), check["tries"][0]["errno"])
}

#[test]
fn every_icmp_reject_has_its_cause() {
    for (address, with, expected) in [
        ("10.9.0.2", "tcp reset", "connect_refused 111"),
        ("10.9.0.2", "icmp type port-unreachable", "connect_refused 111"),
        ("10.9.0.2", "icmp type prot-unreachable", "host_unreachable 92"),
        ("10.9.0.2", "icmp type host-unreachable", "host_unreachable 113"),
        ("10.9.0.2", "icmp type host-prohibited", "host_unreachable 113"),
        ("10.9.0.2", "icmp type admin-prohibited", "host_unreachable 113"),
        ("10.9.0.2", "icmp type net-unreachable", "network_unreachable 101"),
        ("10.9.0.2", "icmp type net-prohibited", "network_unreachable 101"),
        ("fd09::2", "tcp reset", "connect_refused 111"),
        ("fd09::2", "icmpv6 type port-unreachable", "connect_refused 111"),
        ("fd09::2", "icmpv6 type addr-unreachable", "host_unreachable 113"),
        ("fd09::2", "icmpv6 type no-route", "network_unreachable 101"),
        ("fd09::2", "icmpv6 type admin-prohibited", "connect_not_permitted 13"),
        ("fd09::2", "icmpv6 type policy-fail", "connect_not_permitted 13"),
        ("fd09::2", "icmpv6 type reject-route", "connect_not_permitted 13"),
    ] {
        let lab = Lab::new();
        lab.rejects(address, with);
        assert_eq!(cause_and_errno(&lab.dials(&[address])), expected, "{address} {with}");
    }
}

#[test]
fn a_pod_out_of_ports_or_descriptors_blames_itself() {
    let lab = Lab::new();
    let _server = lab.listens(&["10.9.0.2:5432"]);
    lab.pod.hosts("10.9.0.2 db\n");
    // One port, and it is taken.
    lab.pod.sysctl("net/ipv4/ip_local_port_range", "'41000 41000'");
    let nc = need("nc", "netcat-openbsd");
    let mut holder = lab.pod.command(nc.to_str().expect("the path is UTF-8"));
    let holder = Running::start(holder.args(["-d", "10.9.0.2", "5432"]));
    until("the only port is taken", || lab.established() == 1);
    assert_eq!(cause_and_errno(&lab.checks("tcp://db:5432")), "local_limit 99");
    drop(holder);
    lab.pod.sysctl("net/ipv4/ip_local_port_range", "'32768 60999'");
    let targets = ["tcp://10.9.0.2:5432"; 30].join(" ");
    let ran = crate::support::run(
        lab.pod
            .command("sh")
            .args(["-c", &format!("ulimit -n 24; exec {} check -o json {targets}", crate::support::PILOTFISH)]),
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let checks = report["checks"].as_array().expect("checks");
    let out: Vec<String> = checks.iter().filter(|check| check["result"] == "fail").map(cause_and_errno).collect();
    assert!(!out.is_empty(), "{report}");
    assert!(out.iter().all(|cause| cause == "local_limit 24"), "{out:?}");
}

impl Lab {
    /// Connections of the pod that stand.
    fn established(&self) -> usize {
        let text = crate::support::run(self.pod.command("cat").arg("/proc/net/tcp")).stdout;
        text.lines().filter(|line| line.split_whitespace().nth(3) == Some("01")).count()
    }
}

/// With source port and target port equal on loopback both SYNs meet and TCP connects to itself.
#[test]
fn a_port_on_which_nobody_listens_is_refused_even_by_ourselves() {
    let pod = Namespace::new();
    pod.sysctl("net/ipv4/ip_local_port_range", "'41000 41000'");
    let report = pod.json(&["check", "tcp://127.0.0.1:41000", "-o", "json"]);
    assert_eq!(report["checks"][0]["failure"]["cause"], "connect_refused", "{report}");
}

#[test]
fn silent_addresses_use_the_time_up_and_the_rest_is_not_tried() {
    let lab = Lab::new();
    let addresses: Vec<String> = (10..24).map(|n| format!("10.9.0.{n}")).collect();
    lab.net.ip(&["addr", "add", "10.9.0.10/24", "dev", "eth0"]);
    // Nobody answers, not even that nobody is there.
    lab.pod.ip(&["route", "add", "10.9.0.8/29", "via", "10.9.0.2"]);
    lab.pod.ip(&["route", "add", "10.9.0.16/28", "via", "10.9.0.2"]);
    lab.net.nft("add table inet lab");
    lab.net.nft("add chain inet lab before { type filter hook prerouting priority -300; }");
    lab.net.nft("add rule inet lab before tcp dport 5432 drop");
    let check = lab.dials(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
    let tries = tries(&check);
    let (cut, untried) = (tries.matches(" cut").count(), tries.matches(" not_tried").count());
    assert_eq!((cut + untried, result(&check).as_str()), (14, "connect: connect_timeout"), "{tries}");
    assert!((9..=10).contains(&cut), "half a second each: {tries}");
    let failure = &check["failure"];
    let message = failure["message"].as_str().expect("a text");
    assert!(message.ends_with(" addresses were not tried: the timeout of 5s was used up"), "{message}");
    assert!(failure["hint"].as_str().expect("a text").contains("Raise `timeout`"), "{failure}");
    let spent = check["duration_seconds"].as_f64().expect("a number");
    assert!(spent < 5.5, "the deadline is 5 s: {spent}");
}

/// A packet capture of every SYN that leaves the pod: those to one address end before those to the next begin, and the
/// next begins only when the try before it was over.
#[test]
fn never_two_syns_are_in_flight() {
    let lab = Lab::new();
    let _server = lab.listens(&["[fd09::3]:5432"]);
    lab.drops("10.9.0.2");
    lab.drops("fd09::2");
    lab.rejects("10.9.0.3", "tcp reset");
    let tcpdump = need("tcpdump", "tcpdump");
    let mut command = lab.pod.command(tcpdump.to_str().expect("the path is UTF-8"));
    command.args(["-i", "eth0", "-n", "-tt", "-l", "--immediate-mode", "-Z", "root"]);
    // IPv6 has no short name for the flags: byte 13 of the TCP header, SYN without ACK.
    command.arg("(tcp[13] & 0x12 == 0x02) or (ip6 and ip6[6] == 6 and ip6[40+13] & 0x12 == 0x02)");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut capture = Running::start(&mut command);
    let mut stderr = std::io::BufReader::new(capture.0.stderr.take().expect("it is piped"));
    let mut line = String::new();
    while !line.contains("listening on") {
        line.clear();
        let read = std::io::BufRead::read_line(&mut stderr, &mut line).expect("tcpdump says what it does");
        assert!(read > 0, "tcpdump ended");
    }
    let check = lab.dials(&["10.9.0.2", "10.9.0.3", "fd09::2", "fd09::3"]);
    let expected = "10.9.0.2:5432 cut, 10.9.0.3:5432 refused, [fd09::2]:5432 cut, [fd09::3]:5432 connected";
    assert_eq!(tries(&check), expected);
    let stdout = capture.0.stdout.take().expect("it is piped");
    crate::support::run(std::process::Command::new("kill").args(["-INT", &capture.0.id().to_string()]));
    let text = read_all(stdout);
    let syns: Vec<(f64, String)> = text.lines().filter_map(syn).collect();
    let mut order: Vec<&str> = syns.iter().map(|(_, to)| to.as_str()).collect();
    order.dedup();
    assert_eq!(order, ["10.9.0.2.5432", "10.9.0.3.5432", "fd09::2.5432", "fd09::3.5432"], "{text}");
    for (index, pair) in order.windows(2).enumerate() {
        let first = |to: &str| syns.iter().find(|(_, address)| address == to).expect("it was sent").0;
        let took = check["tries"][index]["duration_seconds"].as_f64().expect("a number");
        let gap = first(pair[1]) - first(pair[0]);
        // The clock of a capture and ours differ by less than that.
        assert!(gap >= took - 0.005, "{pair:?}: {gap} s after the SYN, the try took {took} s\n{text}");
    }
}

/// `1700000000.123456 IP 10.9.0.1.4 > 10.9.0.2.5432: Flags [S], …` to time and target.
fn syn(line: &str) -> Option<(f64, String)> {
    let (time, rest) = line.split_once(' ')?;
    let (_, rest) = rest.split_once(" > ")?;
    let (to, _) = rest.split_once(": ")?;
    Some((time.parse().ok()?, to.to_owned()))
}
