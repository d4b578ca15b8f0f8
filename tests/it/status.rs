//! `/status` and the rule of detail, asked of a running sidecar over every kind of connection.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::support::netns::Namespace;
use crate::support::sidecar::{Sidecar, get};
use crate::support::{Folder, PILOTFISH, free_port, json, until};

/// Something to probe that gates nothing.
const IDLE: &str = "checks:\n  - {name: idle, tcp: {address: \"127.0.0.1:9\"}, gates: []}\n";

fn failing() -> (String, String) {
    let target = format!("127.0.0.1:{}", free_port());
    let yaml = format!("checks:\n  - {{name: cache, tcp: {{address: \"{target}\"}}, gates: [ready]}}\n");
    (yaml, target)
}

/// Asks from this address, with these headers.
fn ask_from(source: &str, address: SocketAddr, headers: &str) -> String {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    socket.bind(&format!("{source}:0").parse::<SocketAddr>().expect("an address").into()).expect("it is ours");
    socket.connect(&address.into()).expect("it listens");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("it can be set");
    let mut stream: std::net::TcpStream = socket.into();
    write!(stream, "GET /status HTTP/1.1\r\nConnection: close\r\n{headers}\r\n").expect("it takes a request");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it answers");
    text
}

#[test]
fn detail_is_given_to_this_pod_and_to_no_one_who_speaks_for_others() {
    let (yaml, target) = failing();
    let sidecar = Sidecar::start(&yaml);
    until("it was tried", || sidecar.get("/status").body.contains("connect_refused"));
    for (source, headers, detail) in [
        ("127.0.0.1", "Host: localhost\r\n", true),
        ("127.0.0.1", "Host: 127.0.0.1:9809\r\n", true),
        ("127.0.0.1", "Host: pilotfish.example\r\n", false),
        ("127.0.0.1", "Host: localhost\r\nX-Forwarded-For: 10.0.0.9\r\n", false),
        ("127.0.0.1", "Host: localhost\r\nForwarded: for=10.0.0.9\r\n", false),
        ("127.0.0.6", "Host: localhost\r\n", false),
    ] {
        let answer = ask_from(source, sidecar.address, headers);
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"verdict\""), "{answer}");
        assert_eq!(answer.contains(&target), detail, "{source} {headers:?}: {answer}");
        assert_eq!(answer.contains("connect_refused"), detail, "{source} {headers:?}: {answer}");
    }
}

#[test]
fn an_entry_has_every_key_of_the_json_report() {
    let (yaml, target) = failing();
    let sidecar = Sidecar::start(&yaml);
    until("it was tried", || sidecar.get("/status").body.contains("connect_refused"));
    let answer = sidecar.get("/status");
    assert!(answer.head.contains("content-type: application/health+json\r\n"), "{}", answer.head);
    let status: Value = serde_json::from_str(&answer.body).expect("it is JSON");
    let entry = status["checks"]["cache"][0].as_object().expect("one part");
    let report = json(&["check", "-o", "json", &format!("tcp://{target}")]);
    for key in report["checks"][0].as_object().expect("one check").keys() {
        assert!(entry.contains_key(key), "{key} is not in {entry:?}");
    }
    assert_eq!((&status["status"], answer.status), (&"fail".into(), 503), "{status}");
    assert_eq!(entry["tries"][0]["result"], "refused");
}

#[test]
fn no_secret_is_served_anywhere() {
    let port = free_port();
    let sidecar = Sidecar::start(&format!(
        "serve: {{detail: full}}\nchecks:\n  \
         - {{name: database, postgres: {{url: \"postgres://app:c4nary@127.0.0.1:{port}/app?options=c4nary\"}}, gates: [ready]}}\n  \
         - {{name: api, http: {{url: \"http://app:c4nary@127.0.0.1:{port}/p?token=c4nary\", \
         headers: {{Authorization: \"Bearer c4nary\"}}}}, gates: [ready]}}\n"
    ));
    until("both were tried", || sidecar.get("/status").body.matches("connect_refused").count() > 1);
    for path in ["/status", "/metrics", "/readyz?verbose", "/readyz/database", "/c4nar", "/"] {
        assert!(!sidecar.get(path).body.contains("c4nary"), "{path}: {}", sidecar.get(path).body);
    }
    assert_eq!(sidecar.logged("c4nary"), 0, "{:?}", sidecar.log());
}

#[test]
fn a_rotated_token_counts_at_once_and_a_lost_one_opens_nothing() {
    let folder = Folder::new();
    let token = folder.write("token", "first\n");
    let sidecar = Sidecar::start(&format!("serve: {{bearer_token: {{file: \"{token}\"}}}}\n{IDLE}"));
    let status = |token: &str| {
        let answer = ask_from("127.0.0.1", sidecar.address, &format!("Host: a\r\nAuthorization: Bearer {token}\r\n"));
        answer.split(' ').nth(1).expect("a status").to_owned()
    };
    assert_eq!((status("first"), status("second")), ("200".to_owned(), "401".to_owned()));
    folder.write("token", "second");
    assert_eq!((status("first"), status("second")), ("401".to_owned(), "200".to_owned()));
    std::fs::remove_file(&token).expect("it was there");
    assert_eq!((status("second"), status("")), ("401".to_owned(), "401".to_owned()));
    let lost = "serve.bearer_token is unusable";
    until("it is said", || sidecar.logged(lost) == 1);
    folder.write("token", "\n");
    until("that one is empty is said", || sidecar.logged("is empty") == 1);
    folder.write("token", "third");
    until("it is back", || sidecar.logged("serve.bearer_token is usable again") == 1);
    assert_eq!((sidecar.logged(lost), status("third")), (2, "200".to_owned()), "{:?}", sidecar.log());
    assert_eq!(sidecar.status("/livez"), 200);
    assert!(sidecar.get("/livez?verbose").head.starts_with("HTTP/1.1 401"));
}

#[test]
fn a_token_that_is_not_there_is_told_at_the_start() {
    let sidecar = Sidecar::start(&format!("serve: {{bearer_token: {{file: /nowhere/token}}}}\n{IDLE}"));
    until("it is said", || sidecar.logged("the file /nowhere/token does not exist") == 1);
    assert!(sidecar.get("/metrics").head.starts_with("HTTP/1.1 401"));
}

#[test]
fn both_families_are_served_and_ipv4_alone_where_there_is_no_ipv6() {
    for (disabled, ipv6) in [("0", true), ("1", false)] {
        let pod = Namespace::new();
        pod.sysctl("net/ipv6/conf/all/disable_ipv6", disabled);
        pod.ip(&["address", "add", "10.9.9.9/32", "dev", "lo"]);
        let folder = Folder::new();
        let target = format!("127.0.0.1:{}", free_port());
        let check = format!("{{name: cache, tcp: {{address: \"{target}\"}}, gates: [ready]}}");
        let path = folder.write("pilotfish.yaml", format!("listen: \"[::]:9809\"\nchecks:\n  - {check}\n"));
        let mut command = pod.command(PILOTFISH);
        command.args(["serve", "-c", &path]);
        let _sidecar = Sidecar::spawn(command, folder);
        let ask =
            |question: &str, host: &str| pod.pilotfish(&["ask", question, "--url", &format!("http://{host}:9809")]);
        assert_eq!(ask("live", "127.0.0.1").code, 0, "disable_ipv6={disabled}");
        assert_eq!(ask("live", "[::1]").code == 0, ipv6, "disable_ipv6={disabled}");
        until("it was tried", || ask("ready", "127.0.0.1").stdout.contains("connect_refused"));
        // The pod's own address, as the kubelet dials it: no loopback, no detail.
        assert_eq!(ask("ready", "10.9.9.9").stdout, "cache: reason withheld\n");
    }
}

#[test]
fn probes_stay_plain_beside_tls_and_the_certificate_follows_its_files() {
    let folder = Folder::new();
    let made = || {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        (made.cert.pem(), made.signing_key.serialize_pem())
    };
    let (first, key) = made();
    let (cert_path, key_path) = (folder.write("tls.crt", &first), folder.write("tls.key", key));
    let probes = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let sidecar = Sidecar::start(&format!(
        "serve: {{probe_listen: \"{probes}\", tls: {{cert: \"{cert_path}\", key: \"{key_path}\"}}}}\n{IDLE}"
    ));
    assert_eq!(get(probes, "/livez").expect("it answers").status, 200);
    assert_eq!(get(probes, "/status").expect("it answers").status, 404);
    let trusted = |ca: &str| {
        let ca = folder.write("ca.crt", ca);
        let port = sidecar.address.port();
        let yaml = format!(
            "checks:\n  - {{name: tls, http: {{url: \"https://localhost:{port}/livez\", tls: {{ca: {{file: \"{ca}\"}}}}}}, gates: []}}\n"
        );
        let path = folder.write("check.yaml", yaml);
        json(&["check", "-o", "json", "-c", &path])["checks"][0].clone()
    };
    assert_eq!(trusted(&first)["result"], "pass", "{}", trusted(&first));
    let (second, key) = made();
    folder.write("tls.crt", &second);
    until("the half pair was seen", || {
        trusted(&first);
        sidecar.logged("the old certificate stays in use") > 0
    });
    assert_eq!(trusted(&first)["result"], "pass", "the certificate and its key must fit");
    folder.write("tls.key", key);
    until("the new pair is in use", || trusted(&second)["result"] == "pass");
}
