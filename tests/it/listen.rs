//! `listen`: what the kernel shows of this pod's listeners, with real servers in a namespace that is the pod.

use std::net::TcpListener;
use std::process::Stdio;

use crate::support::netns::Namespace;
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, Running, dead_port, free_port, need, pilotfish, run, until};

/// A server that accepts on one address, in the way of its own runtime.
fn python(pod: &Namespace, address: &str, port: u16) -> Running {
    let python = need("python3", "python3");
    let mut command = pod.command(python.to_str().expect("the path is UTF-8"));
    command.args(["-m", "http.server", "--bind", address, &port.to_string()]);
    Running::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
}

fn node(pod: &Namespace, listen: &str) -> Running {
    let node = need("node", "nodejs");
    let mut command = pod.command(node.to_str().expect("the path is UTF-8"));
    command.args(["-e", &format!("require('http').createServer().listen({listen})")]);
    Running::start(&mut command)
}

fn until_shown(pod: &Namespace, port: u16) {
    let hex = format!(":{port:04X} ");
    until(&format!("port {port} is listened on"), || {
        run(pod.command("cat").args(["/proc/net/tcp", "/proc/net/tcp6"])).stdout.contains(&hex)
    });
}

#[test]
fn listeners_of_real_servers_in_a_pod() {
    let (pod, node_of_it) = (Namespace::new(), Namespace::new());
    pod.cable(&node_of_it, "eth0", &["10.7.0.7/24"], &["10.7.0.1/24"]);
    let servers = [python(&pod, "127.0.0.1", 8000), python(&pod, "0.0.0.0", 8001), python(&pod, "10.7.0.7", 8002)];
    let more = [node(&pod, "8003"), node(&pod, "{port: 8004, host: '::', ipv6Only: true}"), node(&pod, "8005, '::1'")];
    for port in 8000..8006 {
        until_shown(&pod, port);
    }
    let report = |args: &[&str]| pod.json(&[&["check", "-o", "json"], args].concat());
    for (target, cause, message, listening) in [
        ("listen::8000", "listening_on_loopback", "port 8000 listens only on 127.0.0.1", vec!["127.0.0.1:8000"]),
        ("listen::8001", "", "", vec!["0.0.0.0:8001"]),
        ("listen::8002", "", "", vec!["10.7.0.7:8002"]),
        ("listen::8003", "", "", vec!["[::]:8003"]),
        (
            "listen::8004",
            "not_listening",
            "port 8004 listens only on :: for IPv6 alone (IPV6_V6ONLY), and this pod has only IPv4 addresses",
            vec!["[::]:8004"],
        ),
        ("listen::8005", "listening_on_loopback", "port 8005 listens only on ::1", vec!["[::1]:8005"]),
        (
            "listen::8006",
            "not_listening",
            "nothing in this pod listens on port 8006; open ports: 8000, 8001, 8002, 8003, 8004, 8005",
            vec![],
        ),
    ] {
        let report = report(&[target]);
        let check = &report["checks"][0];
        assert_eq!(check["target"], target);
        assert_eq!(check["failure"]["cause"].as_str().unwrap_or_default(), cause, "{report}");
        assert_eq!(check["failure"]["message"].as_str().unwrap_or_default(), message);
        assert_eq!(check["failure"]["phase"].as_str().unwrap_or("assert"), "assert");
        let shown: Vec<&str> =
            check["facts"]["listening"].as_array().into_iter().flatten().filter_map(|one| one.as_str()).collect();
        assert_eq!(shown, listening, "{target}");
        assert_eq!(check["tries"].as_array().map(Vec::len), Some(0), "nothing is dialled");
    }

    let folder = Folder::new();
    let checks = [8000, 8001, 8002].map(|port| {
        format!("  - {{name: p{port}, listen: {{port: {port}, reachable: loopback}}, gates: [live, ready]}}\n")
    });
    let path = folder.write("pilotfish.yaml", format!("checks:\n{}", checks.concat()));
    let report = report(&["-c", &path]);
    let causes: Vec<_> = (0..3).map(|at| report["checks"][at]["failure"]["message"].as_str()).collect();
    assert_eq!(causes, [None, None, Some("port 8002 listens only on 10.7.0.7, not on loopback")], "{report}");
    drop((servers, more));
}

/// `/proc/net/tcp6` shows `::` for a socket that takes both families, and for one that takes IPv6 alone.
#[test]
fn a_listener_on_ipv6_alone() {
    let pod = Namespace::new();
    let _servers = [
        node(&pod, "{port: 8004, host: '::', ipv6Only: true}"),
        node(&pod, "8003"),
        // As nginx does with `listen 80; listen [::]:80;`.
        node(&pod, "{port: 8006, host: '::', ipv6Only: true}"),
        python(&pod, "0.0.0.0", 8006),
    ];
    for port in [8003, 8004, 8006] {
        until_shown(&pod, port);
    }
    until("both listen", || run(pod.command("cat").arg("/proc/net/tcp")).stdout.contains(":1F46 "));
    let check = |target: &str| pod.json(&["check", "-o", "json", target])["checks"][0].clone();
    let findings = |report: &serde_json::Value| {
        let all = report["findings"].as_array().into_iter().flatten();
        all.map(|one| one["code"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let judged = |target: &str| {
        let report = check(target);
        (report["failure"]["cause"].as_str().unwrap_or_default().to_owned(), findings(&report))
    };
    let only = || vec!["listens_ipv6_only".to_owned()];
    // In a pod of both families it may be meant so.
    pod.ip(&["addr", "add", "fd09::7/64", "dev", "lo", "nodad"]);
    pod.ip(&["addr", "add", "10.9.0.7/24", "dev", "lo"]);
    assert_eq!(judged("listen::8004"), (String::new(), only()));
    for target in ["listen::8003", "listen::8006", "tcp://10.9.0.7:8006", "tcp://[fd09::7]:8004"] {
        assert_eq!(judged(target), (String::new(), Vec::new()), "{target}");
    }
    pod.ip(&["addr", "del", "fd09::7/64", "dev", "lo"]);
    assert_eq!(judged("listen::8004"), ("not_listening".to_owned(), only()));
    let hint = check("listen::8004")["failure"]["hint"].to_string();
    assert!(hint.contains("IPV6_V6ONLY") && hint.contains("ipv6Only: false"), "{hint}");
    assert_eq!(judged("listen::8006"), (String::new(), Vec::new()));
    pod.ip(&["addr", "del", "10.9.0.7/24", "dev", "lo"]);
    pod.ip(&["addr", "add", "fd09::7/64", "dev", "lo", "nodad"]);
    assert_eq!(judged("listen::8004"), (String::new(), Vec::new()), "the pod has no other family");
}

/// A socket on 0.0.0.0 takes no IPv6, and other pods have nothing else.
#[test]
fn a_listener_on_ipv4_in_a_pod_without_ipv4() {
    let pod = Namespace::new();
    pod.ip(&["addr", "add", "fd09::7/64", "dev", "lo", "nodad"]);
    let _servers = [python(&pod, "0.0.0.0", 8001), node(&pod, "8003")];
    for port in [8001, 8003] {
        until_shown(&pod, port);
    }
    let check = |target: &str| pod.json(&["check", "-o", "json", target])["checks"][0].clone();
    let failure = &check("listen::8001")["failure"];
    assert_eq!((&failure["cause"], &failure["phase"]), (&"not_listening".into(), &"assert".into()), "{failure}");
    assert_eq!(failure["message"], "port 8001 listens only on 0.0.0.0, and this pod has only IPv6 addresses");
    let advised =
        |check: &serde_json::Value| check["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("--host :: "));
    assert!(advised(&check("listen::8001")) && advised(&check("tcp://[fd09::7]:8001")));
    for target in ["listen::8003", "tcp://[fd09::7]:8003", "tcp://localhost:8001"] {
        assert_eq!(check(target)["result"], "pass", "{target}");
    }
}

#[test]
fn a_listener_gates_live_and_ready_but_not_startup() {
    let folder = Folder::new();
    let check = |gates: &str| {
        let path =
            folder.write("pilotfish.yaml", format!("checks: [{{name: app, listen: {{port: 3000}}, {gates}}}]\n"));
        let ran = run(pilotfish().args(["config", "check", "-c", &path]));
        (ran.code, ran.stderr + &ran.stdout)
    };
    assert_eq!(check("gates: [live, ready]").0, 0);
    assert_eq!(check("gates: [startup], starts_before: true").0, 0);
    let (code, said) = check("gates: [startup, ready]");
    assert_eq!(code, 2);
    assert!(said.contains("starts after the gate"), "{said}");
}

#[test]
fn bad_targets_are_refused_without_their_text() {
    for (target, said) in [
        ("listen:3000", "expected listen::3000"),
        ("listen::s3cret", "a port from 1 to 65535"),
        ("listen::0", "a port from 1 to 65535"),
        ("listen://3000", "expected listen::3000"),
    ] {
        let ran = run(pilotfish().args(["check", target]));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(said) && !ran.stderr.contains("s3cret"), "{target}: {ran:?}");
    }
    let ran = run(pilotfish().args(["check", "-o", "json", "env:APP"]).env("APP", "listen::1"));
    assert!(ran.stdout.contains("not_listening"), "{ran:?}");
    let ran = run(pilotfish().args(["check", "-o", "json", "env:APP"]).env("APP", "listen::s3cret"));
    assert!(ran.stdout.contains("url_malformed") && !ran.stdout.contains("s3cret"), "{ran:?}");
}

/// A container in a restart loop is seen by its listener: the log says once what else was down at that time.
#[test]
fn an_app_that_keeps_restarting_is_seen_by_its_listener() {
    let (port, database) = (free_port(), dead_port());
    let common = "interval: 1s, timeout: 1s, failure_threshold: 1, gates: []";
    let sidecar = Sidecar::start(&format!(
        "checks:\n- {{name: app, listen: {{port: {port}, reachable: loopback}}, {common}}}\n\
         - {{name: database, tcp: {{address: '127.0.0.1:{database}'}}, {common}}}\n"
    ));
    let until_up = |up: bool| {
        let row = format!("pilotfish_check_up{{check=\"app\"}} {}\n", u8::from(up));
        until(&format!("{row:?}"), || sidecar.get("/metrics").body.contains(&row));
    };
    let found = || sidecar.get("/metrics").body.contains("code=\"app_restarts\"");
    for round in 0..3 {
        assert!(!found(), "{round}");
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port was free");
        until_up(true);
        drop(listener);
        until_up(false);
    }
    assert!(found(), "{:?}", sidecar.log());
    let finding = sidecar.get("/status").body;
    assert!(finding.contains("it stopped listening at least three times within 10 minutes"), "{finding}");
    let _listener = TcpListener::bind(("127.0.0.1", port)).expect("the port was free");
    until_up(true);
    assert!(found(), "it stands although the app is up for the moment");
    let log = sidecar.log();
    let lines: Vec<&String> = log.iter().filter(|line| line.contains("app_restarts")).collect();
    assert!(lines.iter().all(|line| line.contains("\"down_too\":\"database\"")), "{log:#?}");
    // One for the change of the verdict with which it came, and one for each that followed.
    assert_eq!(lines.len(), 2, "{log:#?}");
}
