//! States of a server in which it does not, or not quite, serve.

use std::io::Read as _;
use std::net::TcpStream;

use super::{check, codes, failed, passed};
use crate::support::netns::Namespace;
use crate::support::redis::{Options, Server};
use crate::support::{dead_port, until};

#[test]
fn databases() {
    let server = Server::with("databases 4");
    passed(&check(&(server.url("") + "/3")), false);
    let message = failed(&check(&(server.url("") + "/99")), "login", "no_such_database", "raise `databases`");
    assert!(message.starts_with("the server has no database of this number: ERR "), "{message}");
    let cluster = Server::with("cluster-enabled yes");
    passed(&check(&(cluster.url("") + "/0")), false);
    failed(&check(&(cluster.url("") + "/3")), "login", "no_such_database", "Remove the number");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn the_last_connection_is_taken() {
    let server = Server::with("maxclients 1");
    let mut holder = TcpStream::connect(("127.0.0.1", server.port)).expect("the server listens");
    until("the connection is counted", || server.log().contains("Accepted 127.0.0.1"));
    let full = check(&server.url(""));
    failed(&full, "login", "too_many_connections", "`CLIENT LIST`");
    failed(&check(&server.url(":sesame@")), "login", "too_many_connections", "raise `maxclients`");
    // It was never asked anything.
    holder.set_nonblocking(true).expect("a socket may");
    assert!(holder.read(&mut [0]).is_err());
}

#[test]
fn protected_mode_refuses_other_pods() {
    let (pod, other) = (Namespace::new(), Namespace::new());
    pod.cable(&other, "eth0", &["10.9.1.1/24"], &["10.9.1.2/24"]);
    let _server = Server::start(&Options { inside: Some(&other), ..Options::default() });
    for url in ["redis://10.9.1.2:6379", "redis://:sesame@10.9.1.2:6379"] {
        let mut report = pod.json(&["check", "-o", "json", url]);
        failed(&report["checks"][0].take(), "login", "login_rejected", "Set `requirepass`");
    }
}

#[test]
fn a_server_that_reads_its_data() {
    let writer = Server::with("enable-debug-command yes");
    writer.cli(&["DEBUG", "POPULATE", "2000", "key", "100"]);
    writer.cli(&["SAVE"]);
    let server = Server::start(&Options {
        settings: "key-load-delay 20000\nloading-process-events-interval-bytes 1024",
        ready: "Loading RDB",
        data: Some(writer.data().to_path_buf()),
        ..Options::default()
    });
    let loading = check(&server.url(""));
    failed(&loading, "login", "starting_up", "`INFO persistence`");
}

#[test]
fn a_server_that_cannot_save() {
    let server = Server::with("save 3600 1");
    std::fs::remove_dir_all(server.data()).expect("it is there");
    server.cli(&["BGSAVE"]);
    until("the save fails", || server.cli(&["INFO", "persistence"]).contains("rdb_last_bgsave_status:err"));
    let check = check(&server.url(""));
    passed(&check, true);
    assert_eq!(codes(&check), ["peer_warns"], "{check:#}");
}

#[test]
fn a_replica_without_its_primary() {
    let server = Server::with(&format!("replicaof 127.0.0.1 {}\nreplica-serve-stale-data no", dead_port()));
    let check = check(&server.url(""));
    passed(&check, true);
    assert_eq!(codes(&check), ["peer_warns"], "{check:#}");
}

#[test]
fn a_script_that_does_not_end() {
    let server = Server::with("busy-reply-threshold 50");
    std::thread::scope(|scope| {
        scope.spawn(|| server.cli(&["EVAL", "while true do end", "0"]));
        let mut busy = check(&server.url(""));
        until("the script runs", || {
            busy = check(&server.url(""));
            busy["result"] == "fail"
        });
        server.cli(&["SCRIPT", "KILL"]);
        failed(&busy, "request", "query_failed", "`SCRIPT KILL`");
    });
}
