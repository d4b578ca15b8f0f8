//! The one table of exit codes, each with the whole output that goes with it.

use std::net::TcpListener;

use crate::support::{Folder, Ran, dead_port, pilotfish, run};

/// Durations differ from run to run.
fn steady(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest[at..].find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len() - at);
        let after = &rest[at + digits..];
        let unit = ["ms", "s"].into_iter().find(|unit| {
            after.starts_with(unit) && !after[unit.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '-')
        });
        out.push_str(&rest[..at]);
        match unit {
            Some(unit) => {
                out.push('T');
                rest = &after[unit.len()..];
            }
            None => {
                out.push_str(&rest[at..at + digits]);
                rest = after;
            }
        }
    }
    out + rest
}

#[track_caller]
fn assert_ran(ran: &Ran, code: i32, stdout: &str, stderr: &str) {
    assert_eq!(
        (ran.code, steady(&ran.stdout).as_str(), steady(&ran.stderr).as_str()),
        (code, stdout, stderr),
        "{ran:#?}"
    );
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[test]
fn zero_passed() {
    let (_listener, port) = listener();
    let ran = run(pilotfish().args(["check", &format!("tcp://127.0.0.1:{port}")]));
    assert_ran(&ran, 0, &format!("✓ tcp-127-0-0-1  tcp://127.0.0.1:{port}  (tcp T)\n\n1 passed, 0 failed\n"), "");
}

#[test]
fn one_a_check_failed() {
    let (_listener, port) = listener();
    let dead = dead_port();
    let ran = run(pilotfish().args(["check", &format!("tcp://127.0.0.1:{port}"), &format!("tcp://127.0.0.1:{dead}")]));
    let expected = format!(
        "✓ tcp-127-0-0-1    tcp://127.0.0.1:{port}  (tcp T)
✗ tcp-127-0-0-1-2  tcp://127.0.0.1:{dead}  connect_refused  (tcp T)
    connect  127.0.0.1:{dead} refused after T
    fix      Nothing in this pod listens on port {dead}, and inside a pod localhost is the pod itself. Use the Service name if the server runs in another pod; otherwise check that its container has started.
    tried    127.0.0.1:{dead} refused after T

1 passed, 1 failed
"
    );
    // The finding beside it names what else listens on this machine.
    let stdout: Vec<&str> =
        ran.stdout.lines().filter(|line| !line.starts_with("    error localhost_in_pod: ")).collect();
    assert_ran(&Ran { stdout: stdout.join("\n") + "\n", ..ran }, 1, &expected, "");
}

#[test]
fn two_bad_usage() {
    let commands = "The commands are serve, check, wait, diagnose, ask, status, config, completions.";
    let rows: &[(&[&str], String)] = &[
        (&[], format!("pilotfish: no command. {commands}\nSee pilotfish --help.\n")),
        (
            &["chek"],
            format!("pilotfish: unknown command \"chek\", did you mean check? {commands}\nSee pilotfish --help.\n"),
        ),
        (
            &["check", "--onyl", "x"],
            "pilotfish: unknown option --onyl, did you mean --only?\n\
             See pilotfish check --help.\n"
                .to_owned(),
        ),
        (
            &["ask", "ready", "--pass=s3cret"],
            "pilotfish: unknown option --pass; the options are --url, --verbose, --retry\n\
             See pilotfish ask --help.\n"
                .to_owned(),
        ),
        (&["hunter2"], format!("pilotfish: unknown command. {commands}\nSee pilotfish --help.\n")),
        (
            &["check", "-c"],
            "pilotfish: --config <FILE> has no value or an invalid one\nSee pilotfish check --help.\n".to_owned(),
        ),
        (
            &["check", "-o", "xml", "tcp://h:1"],
            "pilotfish: -o, --output must be text or json, not \"xml\"\n".to_owned(),
        ),
        (
            &["wait", "--timeout", "soon", "tcp://h:1"],
            "pilotfish: --timeout expects a duration such as 500ms, 3s or 1m30s, not \"soon\"\n".to_owned(),
        ),
        (&["wait", "--interval", "1ms", "tcp://h:1"], "pilotfish: --interval must be at least 100ms\n".to_owned()),
        (
            &["serve", "--listen", "9809", "tcp://h:1"],
            "pilotfish: --listen expects an address and a port, such as [::]:9809 or 127.0.0.1:9809, not \"9809\"\n"
                .to_owned(),
        ),
        (&["completions", "tcsh"], "pilotfish: SHELL must be bash, zsh or fish, not \"tcsh\"\n".to_owned()),
    ];
    for (args, stderr) in rows {
        let ran = run(pilotfish().args(*args));
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (2, "", stderr.as_str()), "{args:?}");
    }
}

#[test]
fn two_a_configuration_with_faults_and_nothing_is_probed() {
    let (listener, port) = listener();
    listener.set_nonblocking(true).expect("it can be set");
    let folder = Folder::new();
    let config = folder.write(
        "bad.yaml",
        format!("checks:\n  - name: good\n    tcp: {{address: \"127.0.0.1:{port}\"}}\n    gates: [ready]\n  - name: Bad\n    tcp: {{adress: \"h:1\"}}\n"),
    );
    for command in ["check", "wait", "serve"] {
        let ran = run(pilotfish().args([command, "-c", &config]));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains("bad.yaml:5:11: checks[1].name: "), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("bad.yaml:6:11: checks[1].tcp.adress: unknown key, did you mean address?"),
            "{}",
            ran.stderr
        );
        assert!(listener.accept().is_err(), "something was dialled");
    }
}

#[test]
fn help_is_a_word_too() {
    for (word, option) in [
        (&["help"][..], &["--help"][..]),
        (&["help", "wait"], &["wait", "--help"]),
        (&["help", "config", "show"], &["config", "show", "--help"]),
    ] {
        let (ran, expected) = (run(pilotfish().args(word)), run(pilotfish().args(option)));
        assert_eq!((ran.code, ran.stdout, ran.stderr), (0, expected.stdout, expected.stderr), "{word:?}");
    }
    let ran = run(pilotfish().args(["help", "hunter2"]));
    assert!(ran.code == 2 && !ran.stderr.contains("hunter2"), "{ran:?}");
}

#[test]
fn three_out_of_time() {
    let dead = dead_port();
    let folder = Folder::new();
    let log = folder.write("termination", "");
    let target = format!("tcp://127.0.0.1:{dead}");
    let ran = run(pilotfish().args([
        "wait",
        &target,
        "--timeout",
        "300ms",
        "--interval",
        "100ms",
        "--termination-log",
        &log,
    ]));
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.starts_with(&format!("✗ tcp-127-0-0-1  {target}  connect_refused  (tcp ")), "{}", ran.stdout);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "one line of progress for the one change, and the end: {lines:#?}");
    let progress: serde_json::Value = serde_json::from_str(lines[0]).expect("a log line is JSON");
    assert_eq!((&progress["check"], &progress["cause"]), (&"tcp-127-0-0-1".into(), &"connect_refused".into()));
    assert_eq!(lines[1], "pilotfish wait: timed out");
    let said = std::fs::read_to_string(log).expect("it was written");
    let expected = "tcp-127-0-0-1: connect_refused: 127.0.0.1:";
    assert!(said.starts_with(expected) && said.ends_with("pilotfish wait: timed out\n"), "{said}");
}

#[test]
fn four_stopped_early() {
    // It accepts and says something that is no TLS: waiting cannot heal it.
    let (listener, port) = listener();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            drop(std::io::Write::write_all(&mut client.expect("a client"), b"220 mail.example ESMTP\r\n"));
        }
    });
    let target = format!("tls://127.0.0.1:{port}");
    let wait = |more: &[&str]| run(pilotfish().args(["wait", &target, "--interval", "100ms"]).args(more));
    let ran = wait(&["--permanent-after", "100ms"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("tls_not_tls"), "{ran:?}");
    assert!(ran.stderr.ends_with("pilotfish wait: stopped early: waiting cannot fix this failure\n"), "{ran:?}");
    let ran = wait(&["--permanent-after", "100ms", "--keep-trying", "--timeout", "1s"]);
    assert_eq!(ran.code, 3, "{ran:?}");
}

#[test]
fn four_at_once_where_only_a_restart_helps() {
    let ran = run(pilotfish().args(["wait", "env:NO_SUCH_VARIABLE"]));
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("the variable NO_SUCH_VARIABLE is not set or empty"), "{ran:?}");
}

#[test]
fn the_command_decides_or_126_and_127() {
    let (_listener, port) = listener();
    let target = format!("tcp://127.0.0.1:{port}");
    let folder = Folder::new();
    let log = folder.write("log", "");
    let wait =
        |command: &[&str]| run(pilotfish().args(["wait", &target, "--termination-log", &log, "--"]).args(command));
    let ran = wait(&["/bin/sh", "-c", "echo out; echo err >&2; exit 42"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (42, "out\n"), "{ran:?}");
    assert!(ran.stderr.ends_with("err\n"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "", "what it says is CMD's");
    let ran = wait(&["/etc/passwd"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (126, ""), "{ran:?}");
    assert!(ran.stderr.contains("pilotfish wait: /etc/passwd cannot be executed: "), "{ran:?}");
    let ran = wait(&["/no/such/program"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (127, ""), "{ran:?}");
    assert!(ran.stderr.contains("pilotfish wait: /no/such/program was not found: "), "{ran:?}");
    let told = std::fs::read_to_string(&log).unwrap();
    assert!(told.starts_with("pilotfish wait: /no/such/program was not found: "), "{told}");
}
