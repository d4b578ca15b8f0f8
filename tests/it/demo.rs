//! `make demo`: the example, as the README's first command runs it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::sidecar::{get, signal};
use crate::support::{Folder, PILOTFISH, Running, run, until};

fn demo() -> Command {
    let path: PathBuf = Path::new(PILOTFISH).with_file_name("examples").join("demo");
    assert!(path.exists(), "it is not built: cargo build --example demo");
    Command::new(path)
}

#[test]
fn the_tour_breaks_every_dependency_and_repairs_it() {
    let ran = run(demo().arg("--tour").stdin(Stdio::null()));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:#?}");
    let flips: Vec<&str> = ran.stdout.lines().filter_map(|line| line.strip_prefix("  /readyz ")?.get(..3)).collect();
    let last = ["200", "503"].repeat(8);
    assert!(flips.strip_suffix(&["200"]).is_some_and(|flips| flips.ends_with(&last)), "{ran:#?}");
    for line in [
        "database: down: password_rejected",
        "backend: down: health_down",
        "payments: down: tls_expired",
        "search: down: connect_refused",
        "events: down: advertised_unreachable",
        "jobs: down: no_such_database",
        "pricing: down: grpc_not_serving",
        "bus: down: password_rejected",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {ran:#?}");
    }
    let wide = ran.stdout.lines().filter(|line| line.chars().count() > 80 && line.trim().contains(' '));
    assert_eq!(wide.filter(|line| !line.contains("pilotfish")).count(), 0, "lines over 80: {}", ran.stdout);
}

#[test]
fn a_new_key_repairs_nothing_and_the_same_key_repairs_its_own() {
    let folder = Folder::new();
    let keys = std::fs::File::open(folder.write("keys", "d\ns\ns\nb\nr\nq\n")).expect("it is there");
    let ran = run(demo().stdin(keys));
    let shown = ran.stdout;
    let told: Vec<String> = shown.split("\n→ ").skip(1).map(|text| text.replace("\n  ", " ")).collect();
    for (text, part) in told.iter().zip([
        "the database password was rotated",
        "the last working address of search is down; still broken: database",
        "search is repaired",
        "its database is disconnected; still broken: database",
        "all dependencies are repaired",
    ]) {
        assert!(text.contains(part), "{part}: {shown}");
    }
    assert!(told.len() == 5 && ran.code == 0, "{shown}");
}

/// Not by Ctrl-C alone, which a terminal gives to the sidecar too.
#[test]
fn whatever_ends_the_demo_ends_its_sidecar() {
    for how in ["TERM", "HUP", "INT"] {
        let mut child = Running::start(demo().stdout(Stdio::piped()));
        let mut lines = BufReader::new(child.0.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("ask --url ")).expect("it says where the sidecar is");
        let address: SocketAddr = line.rsplit("//").next().and_then(|text| text.parse().ok()).expect("an address");
        until("the sidecar answers", || get(address, "/livez").is_ok());
        signal(child.0.id(), how);
        assert!(child.0.wait().expect("it ends").success(), "{how}");
        until("the sidecar is gone", || get(address, "/livez").is_err());
    }
}
