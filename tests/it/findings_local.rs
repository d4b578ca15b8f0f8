//! Findings on the pod itself, on certificates and on answers, each provoked by the real thing.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::ca::{Ca, DAY, Leaf};
use crate::support::http::{HttpServer, page};
use crate::support::netns::Namespace;
use crate::support::nginx::Nginx;
use crate::support::{Folder, PILOTFISH, Running, json, need, pilotfish, run, until};

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    findings.iter().map(|finding| finding["code"].as_str().expect("a code")).collect()
}

#[track_caller]
fn only(report: &Value, code: &str, message: &str) {
    assert_eq!(codes(report), [code], "{report:#}");
    let finding = &report["findings"][0];
    assert!(finding["message"].as_str().is_some_and(|text| text.contains(message)), "{finding:#}");
}

fn check(pod: &Namespace, target: &str) -> Value {
    pod.json(&["check", "-o", "json", target])["checks"][0].clone()
}

/// A pod with the address 10.7.0.7, on a node.
fn pod() -> (Namespace, Namespace) {
    let (pod, node) = (Namespace::new(), Namespace::new());
    pod.cable(&node, "eth0", &["10.7.0.7/24"], &["10.7.0.1/24"]);
    pod.ip(&["route", "add", "default", "via", "10.7.0.1"]);
    (pod, node)
}

/// Node with this as the arguments of `listen`.
fn node(pod: &Namespace, listen: &str, port: u16) -> Running {
    let node = need("node", "nodejs");
    let mut command = pod.command(node.to_str().expect("the path is UTF-8"));
    // As Kubernetes sets it, and as the server of Next.js reads it.
    command.env("HOSTNAME", "10.7.0.7");
    command.args(["-e", &format!("require('http').createServer((_, a) => a.end('ok')).listen({listen})")]);
    let running = Running::start(&mut command);
    let hex = format!(":{port:04X} ");
    until("node listens", || run(pod.command("cat").args(["/proc/net/tcp", "/proc/net/tcp6"])).stdout.contains(&hex));
    running
}

#[test]
fn who_listens_where() {
    let (pod, _node) = pod();
    let _servers = [
        node(&pod, "8000, '127.0.0.1'", 8000),
        node(&pod, "3000, process.env.HOSTNAME || '0.0.0.0'", 3000),
        node(&pod, "{port: 8004, host: '::', ipv6Only: true}", 8004),
        node(&pod, "8005", 8005),
    ];
    let report = check(&pod, "http://localhost:8001/health");
    only(&report, "localhost_in_pod", "nothing in it listens on port 8001 (open ports: 3000, 8000, 8004, 8005)");
    assert_eq!(report["failure"]["cause"], "connect_refused");
    let report = check(&pod, "http://10.7.0.7:8000/");
    only(&report, "listens_loopback_only", "port 8000 of this pod listens only on 127.0.0.1");
    assert!(report["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("--host 0.0.0.0")), "{report:#}");
    only(
        &check(&pod, "http://127.0.0.1:3000/"),
        "listens_pod_ip_only",
        "port 3000 of this pod listens only on 10.7.0.7",
    );
    let report = check(&pod, "http://127.0.0.1:8004/");
    only(&report, "listens_ipv6_only", "port 8004 of this pod listens only on ::");
    assert_eq!(report["findings"][0]["severity"], "error", "the kernel tells that it takes no IPv4");
    for target in [
        "http://127.0.0.1:8000/",
        "http://10.7.0.7:3000/",
        "http://10.7.0.7:8005/",
        "http://[::1]:8004/",
        "listen::3000",
    ] {
        let report = check(&pod, target);
        assert_eq!((report["result"].as_str(), codes(&report).len()), (Some("pass"), 0), "{report:#}");
    }
    let report = check(&pod, "tcp://10.7.0.1:8000");
    assert_eq!(
        (report["failure"]["cause"].as_str(), codes(&report).len()),
        (Some("connect_refused"), 0),
        "another machine"
    );
}

#[test]
fn the_ports_of_a_service_are_in_the_environment() {
    let (pod, node) = pod();
    node.ip(&["addr", "add", "10.96.0.7/32", "dev", "lo"]);
    let check = |target: &str| -> Value {
        let mut command = pod.command(PILOTFISH);
        command.env_clear().env("BACKEND_API_SERVICE_HOST", "10.96.0.7").env("BACKEND_API_SERVICE_PORT", "80");
        command.env("BACKEND_API_SERVICE_PORT_METRICS", "9000").args(["check", "-o", "json", target]);
        let ran = run(&mut command);
        serde_json::from_str::<Value>(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))["checks"][0]
            .clone()
    };
    let report = check("tcp://10.96.0.7:8000");
    only(&report, "service_port_wrong", "had the ports 80, 9000 when this pod started");
    assert!(
        report["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("kubectl get svc backend-api")),
        "{report:#}"
    );
    assert_eq!(codes(&check("tcp://10.96.0.7:9000")), [""; 0], "a port that it has, and nobody behind it");
}

#[test]
fn out_of_local_ports() {
    let (pod, node_of_pod) = pod();
    let _server = node(&node_of_pod, "8000, '0.0.0.0'", 8000);
    pod.sysctl("net/ipv4/ip_local_port_range", "40000 40001");
    let python = need("python3", "python3");
    let hold =
        "import socket, time\nheld = [socket.create_connection(('10.7.0.1', 8000)) for _ in range(2)]\ntime.sleep(600)";
    let _holder = Running::start(pod.command(python.to_str().expect("the path is UTF-8")).args(["-c", hold]));
    until("the ports are taken", || run(pod.command("cat").arg("/proc/net/sockstat")).stdout.contains("TCP: inuse 2"));
    let report = check(&pod, "tcp://10.7.0.1:8000");
    assert_eq!(report["failure"]["cause"], "local_limit", "{report:#}");
    only(&report, "ports_exhausted", "the range has 2 ports (40000 to 40001), 2 sockets are in use");
}

#[test]
fn out_of_descriptors() {
    let server = HttpServer::always(200, "", "ok");
    let sh = need("sh", "dash");
    // Standard streams, epoll, its waker and the signals take those below: one is missing for the socket.
    let limited = |limit: u32| {
        let script = format!("ulimit -n {limit}; exec {PILOTFISH} check -o json {}", server.url("/"));
        let ran = run(Command::new(&sh).env_clear().args(["-c", &script]).stdin(Stdio::null()));
        serde_json::from_str::<Value>(&ran.stdout).ok().map(|report| report["checks"][0].clone())
    };
    let report = (4..24).find_map(|limit| {
        let report = limited(limit)?;
        (report["failure"]["cause"] == "local_limit").then_some(report)
    });
    let report = report.expect("with some limit all but the socket is there");
    only(&report, "descriptors_exhausted", "no file descriptor was free in the pilotfish container");
}

#[test]
fn a_container_without_cpu_time() {
    if !may_make_cgroups() {
        return without_cpu_time_as_a_file_says();
    }
    let (root, folder) = (Ca::root("Lab Root"), Folder::new());
    let ca = folder.write("ca.pem", &root.pem);
    let (_nginx, port) = Nginx::https(&root.issue(&Leaf::server("db.lab", &["127.0.0.1"])), &[], "");
    let keys = format!("tls: {{address: \"127.0.0.1:{port}\", ca: {ca}}}");
    let config = folder
        .write("pilotfish.yaml", format!("checks: [{{name: it, gates: [], timeout: 30s, interval: 1m, {keys}}}]\n"));
    // A group that may run for 2 ms of each 100 ms, shown to the process where a container has its own.
    let script = format!(
        "set -e; name=pilotfish-test-$$
         if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
           own=/sys/fs/cgroup; group=$own/$name; echo +cpu > $own/cgroup.subtree_control; mkdir $group
           echo '2000 100000' > $group/cpu.max
         else
           own=/sys/fs/cgroup/cpu; group=$own/$name; mkdir $group
           echo 100000 > $group/cpu.cfs_period_us; echo 2000 > $group/cpu.cfs_quota_us
         fi
         mkdir {work}; mount --bind $group {work}
         unshare -m sh -c \"echo \\$\\$ > {work}/cgroup.procs; mount --bind {work} $own; exec {PILOTFISH} check -o json -c {config}\" || true
         umount {work}; rmdir $group",
        work = folder.path().join("group").display(),
    );
    let ran = run(Command::new(need("unshare", "util-linux")).args(["-m", "sh", "-c", &script]));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let report = &report["checks"][0];
    assert_eq!(report["result"], "pass", "{report:#}");
    only(report, "cpu_throttled", "stopped this container for ");
    let free = json(&["check", "-o", "json", "-c", &config]);
    assert_eq!(codes(&free["checks"][0]), [""; 0], "{free:#}");
}

fn may_make_cgroups() -> bool {
    let version_2 = std::path::Path::new("/sys/fs/cgroup/cgroup.controllers").exists();
    let own = if version_2 { "/sys/fs/cgroup" } else { "/sys/fs/cgroup/cpu" };
    let group = format!("{own}/pilotfish-may-{}", std::process::id());
    std::fs::create_dir(&group).and_then(|()| std::fs::remove_dir(&group)).is_ok()
}

/// For root of a user namespace, who may make no cgroup: the count in its file rises while a server answers.
fn without_cpu_time_as_a_file_says() {
    let folder = Folder::new();
    let file = folder.write("cpu.stat", "throttled_usec 5000\n");
    let server = HttpServer::start(move |_| {
        std::fs::write(&file, "throttled_usec 255000\n").expect("it can be written");
        page(200, "", "ok")
    });
    let script = format!(
        "mount --bind {} /sys/fs/cgroup && exec {PILOTFISH} check -o json {}",
        folder.path().display(),
        server.url("/")
    );
    let ran = run(Command::new(need("unshare", "util-linux")).args(["-m", "sh", "-c", &script]));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    only(&report["checks"][0], "cpu_throttled", "stopped this container for 250");
}

#[test]
fn clocks_that_differ() {
    let date = |seconds: u64| {
        let at = std::time::SystemTime::now() + std::time::Duration::from_secs(seconds);
        httpdate(at)
    };
    let headers = move |seconds: u64| format!("Date: {}\r\n", date(seconds));
    let server = HttpServer::start(move |asked| match asked.path() {
        "/fast" => page(200, &headers(200), "ok"),
        "/cached" => page(200, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nAge: 1000000000\r\n", "ok"),
        "/old" => page(200, "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "ok"),
        _ => page(200, &headers(30), "ok"),
    });
    let of = |path: &str| json(&["check", "-o", "json", &server.url(path)])["checks"][0].clone();
    only(&of("/fast"), "clock_skew", "ahead of this pod's clock");
    only(&of("/old"), "clock_skew", "days behind this pod's clock");
    assert_eq!(codes(&of("/")), [""; 0], "half a minute");
    assert!(of("/")["facts"]["peer_date"].is_string());
    let port = crate::support::free_port();
    let _nginx = Nginx::start(&[port], &format!("server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} }}"));
    assert_eq!(codes(&json(&["check", "-o", "json", &format!("http://127.0.0.1:{port}/")])["checks"][0]), [""; 0]);
}

/// A date as HTTP writes it, by the real `date`.
fn httpdate(at: std::time::SystemTime) -> String {
    let seconds = at.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let mut command = Command::new(need("date", "coreutils"));
    let ran = run(command.args(["-u", "-d", &format!("@{seconds}"), "+%a, %d %b %Y %H:%M:%S GMT"]).env("LC_ALL", "C"));
    ran.stdout.trim().to_owned()
}

#[test]
fn certificates_that_end_soon_and_those_that_nobody_verifies() {
    let (root, folder) = (Ca::root("Lab Root"), Folder::new());
    let ca = folder.write("ca.pem", &root.pem);
    let of = |until: i64, from: i64, keys: &str| {
        let leaf = Leaf { from, until, ..Leaf::server("db.lab", &["127.0.0.1"]) };
        let (_nginx, port) = Nginx::https(&root.issue(&leaf), &[], "");
        let check = format!("http: {{url: \"https://127.0.0.1:{port}/\", tls: {{{keys}}}}}");
        let config = folder.write("pilotfish.yaml", format!("checks: [{{name: it, gates: [], {check}}}]\n"));
        json(&["check", "-o", "json", "-c", &config])["checks"][0].clone()
    };
    let trusted = format!("ca: {ca}");
    only(&of(5 * DAY + 600, -85 * DAY, &trusted), "tls_expires_soon", "the certificate of CN=db.lab expires in 5 days");
    assert_eq!(codes(&of(80 * DAY, -10 * DAY, &trusted)), [""; 0]);
    assert_eq!(codes(&of(DAY / 2, -DAY / 2, &trusted)), [""; 0], "a certificate for a day is renewed each day");
    only(&of(80 * DAY, -10 * DAY, "verify: false"), "tls_not_verified", "anyone between this pod and the server");
}

#[test]
fn answers_that_pass_and_tell_of_trouble() {
    let server = HttpServer::always(
        200,
        "Content-Type: application/json\r\n",
        r#"{"status":"warn","checks":{"cache":{"status":"degraded"}}}"#,
    );
    let report = json(&["check", "-o", "json", &format!("peer+{}", server.url("/health"))]);
    let report = &report["checks"][0];
    assert_eq!((report["result"].as_str(), report["degraded"].as_bool()), (Some("pass"), Some(true)), "{report:#}");
    only(report, "peer_warns", "reports: ");

    let server = HttpServer::always(200, "Set-Cookie: __Secure-s3cret=s3cret; Path=/; HttpOnly\r\n", "ok");
    let report = json(&["check", "-o", "json", &server.url("/health")]);
    only(&report["checks"][0], "cookie_will_be_dropped", "sets a cookie that browsers drop: its name requires Secure");
    assert!(!report.to_string().contains("s3cret"), "{report:#}");

    // The app of this pod, behind TLS that ends before it: its variables say how browsers come.
    let server = HttpServer::always(200, "Set-Cookie: id=s3cret; Path=/; Secure; Domain=app.example.com\r\n", "ok");
    let found = |headers: &str, base: &str| {
        let config =
            format!("checks: [{{name: it, gates: [], http: {{url: \"{}\", headers: {headers}}}}}]\n", server.url("/"));
        let folder = Folder::new();
        let mut command = pilotfish();
        command.args(["check", "-o", "json", "-c", &folder.write("pilotfish.yaml", config)]);
        let ran = run(command.env("BETTER_AUTH_URL", base));
        assert!(!ran.stdout.contains("s3cret"), "{ran:?}");
        ran.stdout.contains("cookie_will_be_dropped")
    };
    for (headers, base, expected) in [
        ("{}", "", false),
        ("{X-Forwarded-Proto: https}", "", false),
        ("{}", "https://app.example.com", false),
        ("{}", "http://app.example.com", true),
        ("{X-Forwarded-Proto: http}", "", true),
        ("{}", "https://shop.example.org", true),
        ("{X-Forwarded-Proto: https, X-Forwarded-Host: www.example.com}", "", true),
        ("{X-Forwarded-Proto: https, X-Forwarded-Host: 'app.example.com:443'}", "http://app.example.com", false),
    ] {
        assert_eq!(found(headers, base), expected, "{headers} {base}");
    }

    let (root, folder) = (Ca::root("Lab Root"), Folder::new());
    let ca = folder.write("ca.pem", &root.pem);
    let (_nginx, port) = Nginx::https(&root.issue(&Leaf::server("lab", &["127.0.0.1"])), &[], "");
    let plain = HttpServer::always(301, &format!("Location: https://127.0.0.1:{port}/\r\n"), "");
    let check = |follow: bool| {
        let http = format!("http: {{url: \"{}\", follow_redirects: {follow}, tls: {{ca: {ca}}}}}", plain.url("/"));
        let config = folder.write("pilotfish.yaml", format!("checks: [{{name: it, gates: [], {http}}}]\n"));
        json(&["check", "-o", "json", "-c", &config])["checks"][0].clone()
    };
    only(&check(true), "redirected_to_https", "redirects the plain HTTP URL to https://127.0.0.1");
    let report = check(false);
    assert_eq!((report["failure"]["cause"].as_str(), codes(&report).len()), (Some("http_redirect"), 0));
    assert!(report["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("Write https://")), "{report:#}");
}

/// Both paths are asked for by the plan: no request is made to find out.
#[test]
fn a_path_that_another_check_finds_with_the_prefix() {
    let server = HttpServer::start(|asked| match asked.path() {
        "/api/auth/login" => page(405, "", ""),
        "/api/health" => page(200, "", "ok"),
        _ => page(404, "", "not found"),
    });
    let folder = Folder::new();
    let report = |paths: [&str; 2]| {
        let [first, second] = paths.map(|path| server.url(path));
        let config = format!(
            "checks: [{{name: app, gates: [], http: {{url: '{first}'}}}}, {{name: twin, gates: [], http: {{url: '{second}'}}}}]\n"
        );
        json(&["check", "-o", "json", "-c", &folder.write("pilotfish.yaml", config)])["checks"][0].clone()
    };
    for paths in [["/auth/login", "/api/auth/login"], ["/health", "/api/health"]] {
        let report = report(paths);
        only(&report, "base_path_wrong", paths[1]);
        let hint = report["failure"]["hint"].as_str().unwrap_or_default();
        let expected = format!("The check twin finds {} on the same server. Add /api to the base URL", paths[1]);
        assert!(hint.starts_with(&expected), "{report:#}");
    }
    for paths in [["/auth/login", "/api/health"], ["/x", "/api/x"]] {
        let report = report(paths);
        assert_eq!(codes(&report), [""; 0], "{report:#}");
        let hint = report["failure"]["hint"].as_str().unwrap_or_default();
        assert!(hint.contains("a prefix such as /api may be missing"), "{report:#}");
    }
    assert_eq!(server.asked().len(), 8, "two for each run");
}
