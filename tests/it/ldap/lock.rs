//! Accounts lock: a rejected credential is sent again only when its value changed, on demand, or after 30 min.

use crate::support::hostile::{Manner, here};
use crate::support::sidecar::Sidecar;
use crate::support::slapd::{PASSWORD, Server, USER};
use crate::support::{Folder, pilotfish, run, until};

/// A check of this server with the password of a file.
fn check(server: &Server, file: &str) -> String {
    let keys = format!("host: 127.0.0.1, port: {}, user: '{USER}', password: {{file: {file}}}", server.port);
    format!("{{name: directory, interval: 1s, gates: [startup], starts_before: true, ldap: {{{keys}}}}}")
}

fn config(server: &Server, file: &str) -> String {
    format!("checks: [{}]", check(server, file))
}

#[test]
fn wait_ends_with_the_first_rejection() {
    let (server, folder) = (Server::locking(6), Folder::new());
    let file = folder.write("pw", "wrong");
    let path = folder.write("c.yaml", config(&server, &file));
    let ran = run(pilotfish().args(["wait", "-c", &path, "--interval", "100ms", "--timeout", "60s"]));
    assert_eq!((ran.code, server.rejected()), (4, 1), "{ran:?}");
    // With --keep-trying it waits for its time, but does not send it again.
    let keeps = ["wait", "-c", &path, "--interval", "100ms", "--timeout", "3s", "--keep-trying"];
    let ran = run(pilotfish().args(keeps));
    assert_eq!((ran.code, server.rejected()), (3, 2), "{ran:?}");
}

/// Five replicas with a wrong password, whatever else runs beside them: the account, which locks after six, stays open.
#[test]
fn five_sidecars_leave_the_account_open() {
    let (server, folder) = (Server::locking(6), Folder::new());
    let file = folder.write("pw", "wrong");
    let beside = here(Manner::Nothing);
    let clock = format!("  - {{name: clock, interval: 100ms, gates: [], tcp: {{address: \"{beside}\"}}}}\n");
    let config = format!("checks:\n{clock}  - {}\n", check(&server, &file));
    let sidecars: Vec<Sidecar> = (0..5).map(|_| Sidecar::start(&config)).collect();
    for sidecar in &sidecars {
        until("other checks have run fifty times", || {
            let metrics = sidecar.get("/metrics").body;
            let line =
                metrics.lines().find_map(|line| line.strip_prefix("pilotfish_check_runs_total{check=\"clock\"} "));
            line.and_then(|count| count.parse::<u64>().ok()).is_some_and(|count| count >= 50)
        });
    }
    assert_eq!(server.rejected(), 5, "{}", server.log());
    assert!(server.accepts(PASSWORD), "{}", server.log());
    // It does lock.
    for _ in 0..6 {
        assert!(!server.accepts("wrong"));
    }
    assert!(!server.accepts(PASSWORD), "{}", server.log());
}

/// What locks it all the same says so, and is left alone.
#[test]
fn a_locked_account_is_not_tried_again_soon() {
    let (server, folder) = (Server::locking(2), Folder::new());
    for _ in 0..3 {
        assert!(!server.accepts("wrong"));
    }
    assert!(!server.accepts(PASSWORD), "it is locked");
    let before = server.rejected();
    let file = folder.write("pw", PASSWORD);
    let sidecar = Sidecar::start(&config(&server, &file));
    until("it is told", || sidecar.get("/status").body.contains("login_rejected"));
    let verbose = ask(&sidecar, &["--verbose"]);
    let minutes = verbose.split_once("next run in ").and_then(|(_, rest)| rest.split_once('m')?.0.parse::<u32>().ok());
    assert!(minutes.is_some_and(|minutes| minutes >= 29), "{verbose}");
    let ran = run(pilotfish().args(["wait", "-c", &folder.write("c.yaml", config(&server, &file))]));
    assert_eq!((ran.code, server.rejected() - before), (4, 2), "{ran:?}");
}

#[test]
fn a_sidecar_keeps_a_rejected_password_back() {
    let (server, folder) = (Server::locking(6), Folder::new());
    let file = folder.write("pw", "wrong");
    let sidecar = Sidecar::start(&config(&server, &file));
    until("the first rejection", || server.rejected() == 1);
    until("it backs off", || sidecar.get("/status").body.contains("password_rejected"));
    // On demand it is sent once more, and no more than that.
    ask(&sidecar, &["--retry"]);
    until("the second rejection", || server.rejected() == 2);
    // A changed password is tried soon.
    folder.write("pw", PASSWORD);
    until("it is up", || sidecar.get("/startupz").status == 200);
    assert_eq!(server.rejected(), 2, "{}", server.log());
}

fn ask(sidecar: &Sidecar, extra: &[&str]) -> String {
    let url = format!("http://{}", sidecar.address);
    run(pilotfish().args(["ask", "directory", "--url", &url]).args(extra)).stdout
}
