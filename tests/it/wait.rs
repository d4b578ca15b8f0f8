//! `wait` as a gate: it opens when the dependency comes, becomes CMD, and ends when it is told to, also as PID 1.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use crate::support::sidecar::signal;
use crate::support::{Folder, PILOTFISH, Running, dead_port, free_port, need, pilotfish, run, until};

#[test]
fn it_opens_when_the_dependency_comes() {
    let port = free_port();
    let target = format!("tcp://127.0.0.1:{port}");
    let mut waiting = Running::start(
        pilotfish().args(["wait", &target, "--interval", "100ms"]).stdout(Stdio::null()).stderr(Stdio::null()),
    );
    assert!(waiting.0.try_wait().expect("it can be asked").is_none());
    let _listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).expect("the port is free");
    assert_eq!(waiting.0.wait().expect("it ends").code(), Some(0));
}

#[test]
fn it_becomes_the_command() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let target = format!("tcp://{}", listener.local_addr().expect("an address"));
    let child = pilotfish()
        .args(["wait", &target, "--", "/bin/sh", "-c", "echo $$ $0 \"$@\"", "a b", "c"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let process = child.id();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{process} a b c\n"));
}

#[test]
fn of_a_file_it_waits_for_what_gates_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let live = listener.local_addr().expect("an address");
    let dead = dead_port();
    let folder = Folder::new();
    let config = folder.write(
        "pilotfish.yaml",
        format!(
            "checks:\n  - {{name: first, tcp: {{address: \"{live}\"}}, starts_before: true}}\n  \
             - {{name: second, tcp: {{address: \"127.0.0.1:{dead}\"}}, gates: [ready]}}\n"
        ),
    );
    let wait = |more: &[&str]| run(pilotfish().args(["wait", "-c", &config, "--timeout", "500ms"]).args(more));
    let ran = wait(&[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("first") && !ran.stdout.contains("second"), "{ran:?}");
    let ran = wait(&["--all"]);
    assert_eq!(ran.code, 3, "{ran:?}");
}

#[test]
fn of_a_file_where_nothing_gates_the_start_it_waits_for_nothing() {
    let folder = Folder::new();
    let dead = dead_port();
    let config = folder.write(
        "pilotfish.yaml",
        format!("checks:\n  - {{name: only, tcp: {{address: \"127.0.0.1:{dead}\"}}, gates: [ready]}}\n"),
    );
    let ran = run(pilotfish().args(["wait", "-c", &config, "--", "/bin/echo", "started"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "started\n"), "{ran:?}");
    assert!(ran.stderr.contains("there is nothing to wait for; use --all"), "{ran:?}");
}

#[test]
fn a_signal_ends_it_with_its_number() {
    let folder = Folder::new();
    for (name, number) in [("TERM", 15), ("INT", 2)] {
        let log = folder.write("termination", "");
        let target = format!("tcp://127.0.0.1:{}", dead_port());
        let mut waiting = pilotfish();
        waiting.args(["wait", &target, "--termination-log", &log]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut waiting = Running::start(&mut waiting);
        // The first line of progress: it is at work, so its handlers are in place.
        first_line(&mut waiting);
        signal(waiting.0.id(), name);
        assert_eq!(waiting.0.wait().expect("it ends").code(), Some(128 + number));
        let said = std::fs::read_to_string(log).expect("it was written");
        assert!(said.contains("connect_refused") && said.ends_with("stopped by a signal\n"), "{said}");
    }
}

#[test]
fn a_signal_ends_it_as_process_1() {
    let unshare = need("unshare", "util-linux");
    let target = format!("tcp://127.0.0.1:{}", dead_port());
    let mut waiting = Command::new(unshare);
    waiting
        .args(["--pid", "--fork", "--kill-child", PILOTFISH, "wait", &target])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut waiting = Running::start(&mut waiting);
    first_line(&mut waiting);
    let parent = waiting.0.id();
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).expect("it has a child");
    let first: u32 = children.trim().parse().expect("one child");
    signal(first, "TERM");
    let mut code = None;
    until("process 1 ends", || {
        code = waiting.0.try_wait().expect("it can be asked");
        code.is_some()
    });
    assert_eq!(code.and_then(|status| status.code()), Some(143));
}

fn first_line(waiting: &mut Running) {
    let stderr = waiting.0.stderr.as_mut().expect("a pipe");
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stderr), &mut line).expect("it says something");
    assert!(line.contains("connect_refused"), "{line}");
}

/// What a command writes to a terminal of 60 columns.
fn on_a_terminal(command: &str) -> String {
    let line = format!("stty cols 60 rows 24; NO_COLOR=1 exec {PILOTFISH} {command}");
    let ran = run(Command::new(need("script", "bsdutils"))
        .args(["--quiet", "--command", &line, "/dev/null"])
        .stdin(Stdio::null()));
    ran.stdout.replace('\r', "")
}

#[test]
fn a_terminal_has_a_live_line_with_the_time_and_the_tries_and_no_line_is_wider_than_it() {
    let dead = dead_port();
    let shown = on_a_terminal(&format!("wait tcp://127.0.0.1:{dead} --timeout 1s --interval 100ms"));
    assert!(shown.contains("  tcp-127-0-0-1  0s, 1 try, connect_refused"), "{shown}");
    assert!(shown.contains(" tries, connect_refused") && shown.contains("\u{1b}[1A\u{1b}[J"), "{shown}");
    assert_eq!(shown.matches(" → ").count(), 1, "one lasting line for the one change: {shown}");
    let (_, report) = shown.rsplit_once("\u{1b}[J").expect("the live line is taken away");
    assert!(report.contains("✗") && !report.contains(" tries, "), "{report}");
    // The page is as wide as the terminal.
    let lines = report.lines().skip(1).filter(|line| line.starts_with("    "));
    assert!(lines.clone().count() > 4 && lines.clone().all(|line| line.chars().count() <= 60), "{report}");
}

#[test]
fn check_wraps_by_the_width_of_the_terminal() {
    let target = format!("tcp://127.0.0.1:{}", dead_port());
    let shown = on_a_terminal(&format!("check {target}"));
    assert!(shown.lines().filter(|line| line.starts_with("    ")).all(|line| line.chars().count() <= 60), "{shown}");
    assert!(shown.contains("\n             the Service name if the server"), "{shown}");
}
