//! Accounts lock: a rejected credential is sent again only when its value changed, on demand, or after 30 min.

use crate::support::exim::{PASSWORD, Server};
use crate::support::hostile::{Manner, here};
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, pilotfish, run, until};

/// A check of this server with the password of a file.
fn check(server: &Server, file: &str) -> String {
    let keys = format!("address: '127.0.0.1:{}', username: app, password: {{file: {file}}}", server.port);
    format!("{{name: mail, interval: 1s, gates: [startup], starts_before: true, smtp: {{{keys}}}}}")
}

fn config(server: &Server, file: &str) -> String {
    format!("checks: [{}]", check(server, file))
}

#[test]
fn wait_ends_with_the_first_rejection() {
    let (server, folder) = (Server::plain(), Folder::new());
    let file = folder.write("pw", "wrong");
    let path = folder.write("c.yaml", config(&server, &file));
    let ran = run(pilotfish().args(["wait", "-c", &path, "--interval", "100ms", "--timeout", "60s"]));
    assert_eq!((ran.code, server.rejected()), (4, 1), "{ran:?}");
    // With --keep-trying it waits for its time, but does not send it again.
    let keeps = ["wait", "-c", &path, "--interval", "100ms", "--timeout", "3s", "--keep-trying"];
    let ran = run(pilotfish().args(keeps));
    assert_eq!((ran.code, server.rejected()), (3, 2), "{ran:?}");
}

/// Accounts lock after five failures or so: each of five replicas sends a wrong password once, whatever else runs beside it.
#[test]
fn five_sidecars_send_it_five_times() {
    let (server, folder) = (Server::plain(), Folder::new());
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
}

#[test]
fn a_sidecar_keeps_a_rejected_password_back() {
    let (server, folder) = (Server::plain(), Folder::new());
    let file = folder.write("pw", "wrong");
    let sidecar = Sidecar::start(&config(&server, &file));
    until("the first rejection", || server.rejected() == 1);
    until("it backs off", || sidecar.get("/status").body.contains("password_rejected"));
    let ask = |extra: &[&str]| {
        let url = format!("http://{}", sidecar.address);
        run(pilotfish().args(["ask", "mail", "--url", &url]).args(extra))
    };
    let verbose = ask(&["--verbose"]).stdout;
    let minutes = verbose.split_once("next run in ").and_then(|(_, rest)| rest.split_once('m')?.0.parse::<u32>().ok());
    assert!(minutes.is_some_and(|minutes| minutes >= 29), "{verbose}");
    // On demand it is sent once more, and no more than that.
    ask(&["--retry"]);
    until("the second rejection", || server.rejected() == 2);
    // A changed password is tried soon.
    folder.write("pw", PASSWORD);
    until("it is up", || sidecar.get("/startupz").status == 200);
    assert_eq!(server.rejected(), 2, "{}", server.log());
}
