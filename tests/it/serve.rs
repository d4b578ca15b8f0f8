//! A running sidecar: gates over time, reload, SIGTERM, what it says at its end.

use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::netns::Namespace;
use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::sidecar::{Sidecar, signal};
use crate::support::{Folder, PILOTFISH, dead_port, free_port, need, pilotfish, run, until};

/// Something that listens, and can stop and come back at the same address.
struct Dependency {
    address: SocketAddr,
    listener: Option<TcpListener>,
}

impl Dependency {
    fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        Self { address, listener: Some(listener) }
    }

    fn stop(&mut self) {
        self.listener = None;
    }

    fn come_back(&mut self) {
        self.listener = Some(TcpListener::bind(self.address).expect("nobody took the port"));
    }
}

/// A `tcp` check that is asked twice a second and settles at once.
fn tcp(name: &str, address: SocketAddr, gates: &str) -> String {
    let before = if gates.contains("startup") { ", starts_before: true" } else { "" };
    format!(
        "  - {{name: {name}, tcp: {{address: \"{address}\"}}, interval: 500ms, timeout: 400ms, \
         failure_threshold: 1, gates: [{gates}]{before}}}\n"
    )
}

fn checks(list: &[String]) -> String {
    format!("checks:\n{}", list.concat())
}

/// The statuses of `/startupz`, `/readyz` and `/livez`.
fn gates(sidecar: &Sidecar) -> (u16, u16, u16) {
    (sidecar.status("/startupz"), sidecar.status("/readyz"), sidecar.status("/livez"))
}

fn until_gates(sidecar: &Sidecar, expected: (u16, u16, u16)) {
    until(&format!("the gates are {expected:?}"), || gates(sidecar) == expected);
}

fn metric(sidecar: &Sidecar, name: &str) -> Option<String> {
    let text = sidecar.get("/metrics").body;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
}

#[test]
fn gates_follow_a_dependency_and_the_start_gate_latches() {
    let mut database = Dependency::new();
    database.stop();
    let sidecar = Sidecar::start(&checks(&[tcp("database", database.address, "startup, ready")]));
    until("it was tried", || sidecar.get("/status").body.contains("connect_refused"));
    assert_eq!(gates(&sidecar), (503, 503, 200));
    database.come_back();
    until_gates(&sidecar, (200, 200, 200));
    database.stop();
    until_gates(&sidecar, (200, 503, 200));
    assert!(sidecar.get("/status").body.contains("connect_refused"));
    assert_eq!(sidecar.status("/readyz/database"), 503);
    database.come_back();
    until_gates(&sidecar, (200, 200, 200));
}

#[test]
fn a_variable_that_leads_to_loopback_gates_nothing_and_names_both_choices() {
    let folder = Folder::new();
    let yaml = "listen: \"127.0.0.1:0\"\nchecks:\n  - name: database\n    postgres: {url: {env: DATABASE_URL}}\n    \
                gates: [startup, ready]\n";
    let path = folder.write("pilotfish.yaml", yaml);
    let url = format!("postgres://app:pw@127.0.0.1:{}/shop", dead_port());
    let with = |args: &[&str]| {
        let mut command = pilotfish();
        command.args(args).args(["-c", &path]).env("DATABASE_URL", &url);
        command
    };
    let checked = run(&mut with(&["config", "check"]));
    assert!(checked.code == 0 && checked.stderr.contains("not gating: loopback"), "{checked:?}");
    let shown = run(&mut with(&["config", "show"]));
    assert!(shown.stdout.contains("gates: []   # not gating: loopback"), "{shown:?}");
    let waited = run(&mut with(&["wait"]));
    assert!(waited.code == 0 && waited.stderr.contains("starts_before: true"), "{waited:?}");
    let sidecar = Sidecar::spawn(with(&["serve"]), folder);
    let warned = |text: &str| sidecar.log().iter().any(|line| line.contains("\"WARN\"") && line.contains(text));
    assert!(warned("starts_before: true") && warned("gates: [ready]"), "{:?}", sidecar.log());
    until("it is known to be down", || status_of(&sidecar, "database")["verdict"] == "down");
    assert_eq!(gates(&sidecar), (200, 200, 200));
    assert_eq!(sidecar.get("/readyz?verbose").body, "[+]database not gating: loopback\nreadyz check passed\n");
    let status = status_of(&sidecar, "database");
    assert_eq!((&status["not_gating"], &status["gates"]), (&"loopback".into(), &serde_json::json!([])));
    let table = run(pilotfish().args(["status", "--url", &format!("http://{}", sidecar.address)])).stdout;
    assert!(table.contains("not gating: loopback"), "{table}");
}

#[test]
fn one_line_in_the_log_per_change_not_per_probe() {
    let mut database = Dependency::new();
    let sidecar = Sidecar::start(&checks(&[tcp("database", database.address, "ready")]));
    let runs = || metric(&sidecar, "pilotfish_check_runs_total{check=\"database\"}").and_then(|runs| runs.parse().ok());
    until("it ran three times", || runs() >= Some(3));
    assert_eq!(sidecar.logged("\"check\":\"database\""), 1, "{:?}", sidecar.log());
    database.stop();
    sidecar.until_status("/readyz", 503);
    until("it says why", || sidecar.logged("connect_refused") == 1);
    let line = sidecar.log().into_iter().find(|line| line.contains("connect_refused")).expect("it is there");
    let line: serde_json::Value = serde_json::from_str(&line).expect("a line of the log is JSON");
    for (key, value) in [("check", "database"), ("verdict", "down"), ("cause", "connect_refused"), ("phase", "connect")]
    {
        assert_eq!(line[key], value, "{line}");
    }
    assert!(line["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{line}");
}

#[test]
fn a_rewritten_file_takes_effect_and_unchanged_checks_go_on() {
    let (one, two) = (Dependency::new(), Dependency::new());
    let sidecar = Sidecar::start(&checks(&[tcp("one", one.address, "ready")]));
    sidecar.until_status("/readyz", 200);
    let since = |name: &str| status_of(&sidecar, name)["since"].as_str().expect("a date").to_owned();
    let before = since("one");
    let there = two.address;
    sidecar.configure(&checks(&[tcp("two", there, "ready"), tcp("one", one.address, "ready")]));
    until("the new check is up", || sidecar.get("/readyz/two").status == 200);
    assert_eq!(since("one"), before, "it kept its verdict");
    sidecar.configure(&checks(&[tcp("two", there, "ready")]));
    until("it is gone", || sidecar.status("/readyz/one") == 404);
    drop(two);
    sidecar.until_status("/readyz", 503);
    assert_eq!(sidecar.status("/readyz/one"), 404, "what is gone is gone");
    assert_eq!(metric(&sidecar, "pilotfish_check_runs_total{check=\"one\"}"), None);
    // The break-glass: the check is as it was, but for what it gates.
    let (before, runs) = (since("two"), || status_of(&sidecar, "two")["runs"].as_u64().expect("a number"));
    let ran = runs();
    sidecar.configure(&checks(&[tcp("two", there, "")]));
    sidecar.until_status("/readyz", 200);
    assert!(runs() >= ran && ran > 0, "its counts go on");
    let status = status_of(&sidecar, "two");
    assert_eq!((&status["verdict"], status["since"].as_str()), (&"down".into(), Some(&*before)), "{status}");
    assert_eq!(status["gates"], serde_json::json!([]));
}

fn status_of(sidecar: &Sidecar, name: &str) -> serde_json::Value {
    let text = sidecar.get("/status").body;
    let status: serde_json::Value = serde_json::from_str(&text).expect("the status is JSON");
    let found = status["checks"]
        .as_object()
        .and_then(|checks| checks.iter().find(|(key, _)| key.split(':').next() == Some(name)))
        .map(|(_, value)| value[0].clone());
    found.unwrap_or_else(|| panic!("no {name} in {text}"))
}

#[test]
fn a_bad_file_keeps_the_old_plan_and_says_why() {
    const SUCCESSFUL: &str = "pilotfish_config_last_reload_successful";
    let one = Dependency::new();
    let good = checks(&[tcp("one", one.address, "ready")]);
    let sidecar = Sidecar::start(&good);
    sidecar.until_status("/readyz", 200);
    assert_eq!(metric(&sidecar, SUCCESSFUL).as_deref(), Some("1"));
    sidecar
        .configure("checks:\n  - {name: one, tpc: {address: \"127.0.0.1:1\"}}\n  - {name: UPPER, tcp: {address: x}}\n");
    until("the metric says so", || metric(&sidecar, SUCCESSFUL).as_deref() == Some("0"));
    until("both faults are logged", || sidecar.logged("checks[0]") > 0 && sidecar.logged("checks[1]") > 0);
    assert_eq!(gates(&sidecar), (200, 200, 200));
    sidecar.configure(&good);
    until("it is right again", || metric(&sidecar, SUCCESSFUL).as_deref() == Some("1"));
}

#[test]
fn a_swapped_link_is_seen() {
    let one = Dependency::new();
    let folder = Folder::new();
    // As the kubelet mounts a ConfigMap: the file is a link through `..data`, which is swapped by a rename.
    let write = |version: &str, text: &str| {
        std::fs::create_dir(folder.path().join(version)).expect("a folder");
        folder.write(&format!("{version}/pilotfish.yaml"), text);
        let link = folder.path().join("..data_tmp");
        symlink(version, &link).expect("a link");
        std::fs::rename(link, folder.path().join("..data")).expect("it is swapped");
    };
    let config =
        |gates: &str, name: &str| format!("listen: \"127.0.0.1:0\"\n{}", checks(&[tcp(name, one.address, gates)]));
    write("..1", &config("ready", "one"));
    let path = folder.path().join("pilotfish.yaml");
    symlink("..data/pilotfish.yaml", &path).expect("a link");
    let mut command = pilotfish();
    command.args(["serve", "-c"]).arg(&path);
    let sidecar = Sidecar::spawn(command, folder);
    sidecar.until_status("/readyz/one", 200);
    let folder = &sidecar.folder;
    std::fs::create_dir(folder.path().join("..2")).expect("a folder");
    folder.write("..2/pilotfish.yaml", config("ready", "other"));
    symlink("..2", folder.path().join("..data_tmp")).expect("a link");
    std::fs::rename(folder.path().join("..data_tmp"), folder.path().join("..data")).expect("it is swapped");
    sidecar.until_status("/readyz/other", 200);
    assert_eq!(sidecar.status("/readyz/one"), 404);
}

#[test]
fn sighup_reads_the_file_now_and_never_ends_it() {
    let one = Dependency::new();
    let sidecar = Sidecar::start(&checks(&[tcp("one", one.address, "ready")]));
    sidecar.until_status("/readyz", 200);
    let again = || sidecar.logged("reloaded the configuration");
    sidecar.signal("HUP");
    until("it was read", || again() == 1);
    sidecar.configure(&checks(&[tcp("two", one.address, "ready")]));
    sidecar.signal("HUP");
    sidecar.until_status("/readyz/two", 200);
}

#[test]
fn sigterm_drains_and_gates_keep_their_verdict() {
    let one = Dependency::new();
    let yaml = format!("serve: {{drain: 1s}}\n{}", checks(&[tcp("one", one.address, "startup, ready")]));
    for name in ["TERM", "INT"] {
        let mut sidecar = Sidecar::start(&yaml);
        sidecar.until_status("/readyz", 200);
        sidecar.signal(name);
        until("it says so", || sidecar.logged("received SIGTERM, shutting down") == 1);
        let answer = sidecar.get("/readyz?verbose");
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.contains("shutting down"), "{answer:?}");
        assert_eq!(sidecar.end(), Some(0));
    }
    let mut sidecar = Sidecar::start(&yaml.replace("drain: 1s", "drain: 0s"));
    sidecar.signal("TERM");
    assert_eq!(sidecar.end(), Some(0), "no drain at all");
}

#[test]
fn sigterm_can_fail_readiness() {
    let one = Dependency::new();
    let options = "serve: {drain: 30s, fail_ready_on_sigterm: true}";
    let mut sidecar = Sidecar::start(&format!("{options}\n{}", checks(&[tcp("one", one.address, "ready")])));
    sidecar.until_status("/readyz", 200);
    sidecar.signal("TERM");
    until_gates(&sidecar, (200, 503, 200));
    // A second signal ends the wait.
    sidecar.signal("TERM");
    assert_eq!(sidecar.end(), Some(0));
}

#[test]
fn sigterm_ends_it_as_pid_1_too() {
    let folder = Folder::new();
    let one = Dependency::new();
    let yaml =
        format!("listen: \"127.0.0.1:0\"\nserve: {{drain: 100ms}}\n{}", checks(&[tcp("one", one.address, "ready")]));
    let path = folder.write("pilotfish.yaml", yaml);
    let mut command = Command::new(need("unshare", "util-linux"));
    command.args(["--user", "--map-root-user", "--pid", "--fork", "--kill-child", PILOTFISH, "serve", "-c", &path]);
    let mut sidecar = Sidecar::spawn(command, folder);
    sidecar.until_status("/readyz", 200);
    let children = format!("/proc/{0}/task/{0}/children", sidecar.child.0.id());
    let child = std::fs::read_to_string(children).expect("unshare has a child");
    signal(child.trim().parse().expect("one child"), "TERM");
    assert_eq!(sidecar.end(), Some(0));
}

/// The kernel gives PID 1 what others leave behind.
#[test]
fn as_pid_1_it_takes_orphans_that_have_ended() {
    let folder = Folder::new();
    let one = Dependency::new();
    let yaml = format!("listen: \"127.0.0.1:0\"\n{}", checks(&[tcp("one", one.address, "ready")]));
    let path = folder.write("pilotfish.yaml", yaml);
    // Some end before it handles signals, some after.
    let script = format!(
        "for n in 1 2 3; do (sh -c 'sleep 0.$0; touch {0}/$0' $n &); done; exec {PILOTFISH} serve -c {path}",
        folder.path().display()
    );
    let mut command = Command::new(need("unshare", "util-linux"));
    command.args(["--user", "--map-root-user", "--pid", "--fork", "--kill-child", "sh", "-c", &script]);
    let sidecar = Sidecar::spawn(command, folder);
    sidecar.until_status("/readyz", 200);
    until("every orphan has done its work", || (1..=3).all(|n| sidecar.folder.path().join(n.to_string()).exists()));
    let children = |id: &str| std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    let init = children(&sidecar.child.0.id().to_string());
    assert!(!init.trim().is_empty(), "unshare has a child");
    until("no orphan is left", || children(init.trim()).trim().is_empty());
    assert_eq!(sidecar.status("/readyz"), 200);
}

#[test]
fn a_peer_that_never_answers_is_a_timeout_and_hangs_nothing() {
    // It accepts, through the kernel's backlog, and says nothing.
    let silent = Dependency::new();
    let check = format!(
        "  - {{name: silent, http: {{url: \"http://{}/\"}}, interval: 500ms, timeout: 300ms, failure_threshold: 1, \
         gates: [ready]}}\n",
        silent.address
    );
    let sidecar = Sidecar::start(&checks(&[check]));
    until("it timed out", || sidecar.get("/status").body.contains("\"timeout\""));
    assert_eq!(gates(&sidecar), (200, 503, 200));
}

#[test]
fn a_taken_port_is_an_error_at_the_start() {
    let folder = Folder::new();
    let taken = Dependency::new();
    let yaml = format!("listen: \"{}\"\n{}", taken.address, checks(&[tcp("one", taken.address, "startup")]));
    let path = folder.write("pilotfish.yaml", yaml);
    let message = folder.path().join("termination");
    let ran = run(pilotfish().args(["serve", "-c", &path, "--termination-log"]).arg(&message));
    assert_eq!(ran.code, 1, "{ran:?}");
    let said = std::fs::read_to_string(message).expect("it was written");
    for text in [&ran.stderr, &said] {
        assert!(text.contains(&taken.address.port().to_string()) && text.contains("listen"), "{text}");
    }
}

#[test]
fn a_start_that_never_came_is_told_at_the_end() {
    let dead = SocketAddr::from(([127, 0, 0, 1], dead_port()));
    let folder = Folder::new();
    let yaml =
        format!("listen: \"127.0.0.1:0\"\nserve: {{drain: 100ms}}\n{}", checks(&[tcp("database", dead, "startup")]));
    let path = folder.write("pilotfish.yaml", yaml);
    let message = folder.path().join("termination");
    let mut command = pilotfish();
    command.args(["serve", "-c", &path, "--termination-log"]).arg(&message);
    let mut sidecar = Sidecar::spawn(command, folder);
    until("it was tried", || sidecar.get("/status").body.contains("connect_refused"));
    sidecar.signal("TERM");
    assert_eq!(sidecar.end(), Some(0));
    let said = std::fs::read_to_string(&message).expect("it was written");
    assert!(said.starts_with("database: connect_refused: "), "{said}");
    assert!(said.contains("start gate"), "{said}");
}

#[test]
fn a_good_end_writes_no_termination_message() {
    let one = Dependency::new();
    let folder = Folder::new();
    let yaml =
        format!("listen: \"127.0.0.1:0\"\nserve: {{drain: 100ms}}\n{}", checks(&[tcp("one", one.address, "startup")]));
    let path = folder.write("pilotfish.yaml", yaml);
    let message = folder.path().join("termination");
    let mut command = pilotfish();
    command.args(["serve", "-c", &path, "--termination-log"]).arg(&message);
    let mut sidecar = Sidecar::spawn(command, folder);
    sidecar.until_status("/startupz", 200);
    sidecar.signal("TERM");
    assert_eq!(sidecar.end(), Some(0));
    assert!(!message.exists());
}

#[test]
fn a_rejected_password_slows_the_probe_and_a_new_one_is_seen() {
    let cluster = Cluster::plain();
    let other = Dependency::new();
    let folder = Folder::new();
    let password = folder.write("password", "wrong");
    let database = format!(
        "  - {{name: database, postgres: {{url: \"postgres://app@127.0.0.1:{}/app\", sslmode: disable, password: {{file: \
         {password}}}}}, interval: 500ms, timeout: 500ms, gates: [startup], starts_before: true}}\n",
        cluster.port
    );
    let sidecar = Sidecar::start(&checks(&[database, tcp("other", other.address, "")]));
    let runs = |name: &str| {
        let text = metric(&sidecar, &format!("pilotfish_check_runs_total{{check=\"{name}\"}}"));
        text.and_then(|runs| runs.parse::<u32>().ok()).unwrap_or_default()
    };
    // Both have the same interval, and as a startup check the first would be tried even more often.
    until("the other one ran ten times", || runs("other") >= 10);
    let logins = cluster.log().matches("password authentication failed").count();
    assert!((1..=4).contains(&logins), "{logins} logins");
    assert_eq!(sidecar.status("/startupz"), 503);
    folder.write("password", PASSWORD);
    sidecar.until_status("/startupz", 200);
    assert!(!sidecar.log().concat().contains(PASSWORD));
}

#[test]
fn targets_of_the_command_line_are_served_on_the_usual_port() {
    let namespace = Namespace::new();
    let folder = Folder::new();
    let mut command = namespace.command(PILOTFISH);
    // Its own port, over the family that falls out of `[::]` as well.
    command.env_clear().args(["serve", "tcp://127.0.0.1:9809"]);
    let mut sidecar = Sidecar::spawn(command, folder);
    assert_eq!(sidecar.address.to_string(), "[::]:9809");
    let nc = need("nc", "netcat-openbsd");
    let answer = |family: &str, host: &str| {
        let line = format!(
            "printf 'GET /readyz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | {} {family} -w 5 {host} 9809",
            nc.display()
        );
        run(namespace.command("sh").args(["-c", &line])).stdout
    };
    until("it is ready", || answer("-4", "127.0.0.1").starts_with("HTTP/1.1 200"));
    assert!(answer("-6", "::1").starts_with("HTTP/1.1 200"));
    sidecar.signal("HUP");
    until("there is no file to read", || sidecar.logged("no configuration file to reload") == 1);
    sidecar.signal("TERM");
    sidecar.signal("TERM");
    assert_eq!(sidecar.end(), Some(0));
}

#[test]
fn a_changed_address_asks_for_a_restart() {
    let one = Dependency::new();
    let sidecar = Sidecar::start(&checks(&[tcp("one", one.address, "ready")]));
    sidecar.until_status("/readyz", 200);
    let other = format!("listen: \"127.0.0.1:{}\"\n{}", free_port(), checks(&[tcp("two", one.address, "ready")]));
    sidecar.folder.write("pilotfish.yaml", other);
    sidecar.until_status("/readyz/two", 200);
    until("the log says so", || sidecar.logged("restart pilotfish to change") == 1);
}

/// The live ConfigMap of a rollout: a check that only the new pods can pass must not take the old ones out.
#[test]
fn a_reload_never_takes_a_running_pod_out() {
    let one = Dependency::new();
    let dead = dead_port();
    let sidecar = Sidecar::start(&checks(&[tcp("one", one.address, "startup, ready")]));
    sidecar.until_status("/readyz", 200);
    let gone = std::net::SocketAddr::from(([127, 0, 0, 1], dead));
    sidecar.configure(&checks(&[
        tcp("one", one.address, "startup, ready"),
        tcp("gone", gone, "ready"),
        "  - {name: variable, env: {variables: [{name: SEARCH_HOST_OF_NEW_PODS}]}, gates: [ready], failure_threshold: 1}\n".to_owned(),
    ]));
    let down = |name: &str| {
        sidecar.get("/status").body.contains(&format!("\"{name}\""))
            && sidecar.status(&format!("/readyz/{name}")) == 503
    };
    until("both are tried", || down("gone") && down("variable") && sidecar.logged("variable_missing") > 0);
    let verbose = sidecar.get("/readyz?verbose");
    assert_eq!(verbose.status, 200, "{verbose:?}");
    for line in ["[+]one ok", "[+]gone not gating yet", "[+]variable not gating yet"] {
        assert!(verbose.body.contains(line), "{verbose:?}");
    }
    let metrics = sidecar.get("/metrics").body;
    assert!(metrics.contains("pilotfish_check_gating{check=\"gone\"} 0\n"), "{metrics}");
    assert!(metrics.contains("pilotfish_check_gating{check=\"one\"} 1\n"), "{metrics}");
    assert!(sidecar.get("/status").body.contains("\"gating\": false"));
}

#[test]
fn the_log_has_the_form_that_is_asked_for() {
    let folder = Folder::new();
    let config =
        folder.write("pilotfish.yaml", checks(&[tcp("cache", SocketAddr::from(([127, 0, 0, 1], dead_port())), "")]));
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let listen = taken.local_addr().expect("it has an address");
    let config = folder
        .write("full.yaml", format!("listen: \"{listen}\"\n{}", std::fs::read_to_string(config).expect("a text")));
    // It says which source it reads, then that the port is taken.
    let said = |options: &[&str]| run(pilotfish().args(["serve", "-c", &config]).args(options));
    for (options, is_json) in [(&[][..], true), (&["--log-format", "json"], true), (&["--log-format", "text"], false)] {
        let ran = said(options);
        assert_eq!(ran.code, 1, "{ran:?}");
        let first = ran.stderr.lines().next().unwrap_or_default();
        assert_eq!(first.starts_with('{'), is_json, "{options:?}: {first}");
        assert!(first.contains("pilotfish ") && first.contains("INFO"), "{first}");
    }
    let wrong = said(&["--log-format", "s3cret"]);
    assert_eq!((wrong.code, wrong.stderr.as_str()), (2, "pilotfish: --log-format: expected text or json\n"));
}
