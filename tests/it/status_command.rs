//! `pilotfish status` against a running sidecar.

use std::io::BufRead as _;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::support::sidecar::Sidecar;
use crate::support::{Running, dead_port, pilotfish, ran, until};

#[test]
fn the_checks_are_a_table() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let dead = dead_port();
    let sidecar = Sidecar::start(&format!(
        "checks:\n  - {{name: cache, tcp: {{address: \"{address}\"}}, gates: [ready]}}\n  \
         - {{name: queue, tcp: {{address: \"127.0.0.1:{dead}\"}}, gates: [], failure_threshold: 1}}\n"
    ));
    let url = format!("http://{}", sidecar.address);
    let status = |args: &[&str]| ran(&[&["status", "--url", &url], args].concat());
    until("both are settled", || {
        let shown = status(&[]).stdout;
        shown.contains(" up ") && shown.contains(" down ")
    });
    let plain = status(&[]);
    assert_eq!((plain.code, plain.stderr.as_str()), (0, ""), "{plain:?}");
    let cells: Vec<Vec<&str>> = plain.stdout.lines().map(|line| line.split("   ").map(str::trim).collect()).collect();
    let cells: Vec<Vec<&str>> =
        cells.into_iter().map(|row| row.into_iter().filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(cells[0], ["NAME", "KIND", "VERDICT", "SINCE", "GATES", "CAUSE", "LAST RUN", "NEXT RUN"]);
    assert_eq!((&cells[1][..3], cells[1][4], cells[1][5]), (&["cache", "tcp", "up"][..], "ready", "-"));
    assert_eq!((&cells[2][..3], cells[2][4], cells[2][5]), (&["queue", "tcp", "down"][..], "-", "connect_refused"));
    let wide = status(&["-o", "wide"]).stdout;
    assert!(wide.contains(&format!("127.0.0.1:{dead} refused the connection. Fix: ")), "{wide}");
    let json: serde_json::Value = serde_json::from_str(&status(&["-o", "json"]).stdout).expect("it is JSON");
    assert_eq!(json["checks"]["queue"][0]["verdict"], "down");
    assert_eq!(status(&["-o", "yaml"]).code, 2);
    let nobody = ran(&["status", "--url", &format!("http://127.0.0.1:{dead}")]);
    assert!(nobody.code == 1 && nobody.stdout.contains("pilotfish does not answer at"), "{nobody:?}");
}

#[test]
fn a_watcher_sees_what_changes() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let sidecar = Sidecar::start(&format!(
        "checks:\n  - {{name: cache, tcp: {{address: \"{address}\"}}, gates: [], interval: 200ms, failure_threshold: 1}}\n"
    ));
    until("it is up", || sidecar.get("/status").body.contains("\"up\""));
    let url = format!("http://{}", sidecar.address);
    let mut command = pilotfish();
    let mut watcher =
        Running::start(command.args(["status", "-w", "--url", &url]).stdout(std::process::Stdio::piped()));
    let output = std::io::BufReader::new(watcher.0.stdout.take().expect("its stdout"));
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = Arc::clone(&seen);
    // Ends with the watcher.
    std::thread::spawn(move || {
        output.lines().map_while(Result::ok).for_each(|line| kept.lock().expect("nobody panics").push(line));
    });
    let shows = |word: &str| seen.lock().expect("nobody panics").iter().any(|line| line.contains(word));
    until("it shows what there is", || shows(" up "));
    assert!(seen.lock().expect("nobody panics")[0].starts_with("NAME"));
    drop(listener);
    until("it shows what changed", || shows(" down ") && shows("connect_refused"));
}
