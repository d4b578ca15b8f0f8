//! The role of a server, and errors to PING where a primary is required.

use serde_json::Value;

use super::{check_keys, codes, failed, passed};
use crate::support::redis::{PASSWORD, Server};
use crate::support::{dead_port, until};

/// The check of this server with these keys beside host and port.
fn check(server: &Server, keys: &str) -> Value {
    check_keys(&format!("{{host: 127.0.0.1, port: {}, {keys}}}", server.port))
}

#[test]
fn a_primary_and_its_replica() {
    let primary = Server::with("");
    let replica = Server::with(&format!("replicaof 127.0.0.1 {}", primary.port));
    until("the replica is linked", || replica.cli(&["INFO", "replication"]).contains("master_link_status:up"));
    for (server, role, is) in [
        (&primary, "primary", "primary"),
        (&primary, "master", "primary"),
        (&primary, "any", "primary"),
        (&replica, "replica", "replica"),
        (&replica, "any", "replica"),
    ] {
        let check = check(server, &format!("role: {role}"));
        passed(&check, false);
        assert_eq!(check["facts"]["role"], is, "{check:#}");
        assert_eq!(
            check["facts"]["server_version"].as_str().map(|version| version.starts_with(char::is_numeric)),
            Some(true)
        );
        assert!(codes(&check).is_empty(), "{check:#}");
    }
    for role in ["primary", "master"] {
        let message =
            failed(&check(&replica, &format!("role: {role}")), "assert", "read_only", "Service of the primary");
        assert_eq!(message, "the server is a replica, but `role` requires a primary");
    }
    failed(&check(&primary, "role: replica"), "assert", "query_failed", "Service of the replicas");
}

#[test]
fn the_role_is_seen_without_hello_and_despite_an_acl() {
    for settings in ["rename-command HELLO \"\"", "rename-command HELLO \"\"\nrename-command ROLE \"\""] {
        let server = Server::with(settings);
        passed(&check(&server, "role: primary"), false);
        failed(&check(&server, "role: replica"), "assert", "query_failed", "role: any");
    }
    // HELLO needs no permission.
    let server = Server::with(&format!("requirepass {PASSWORD}\nuser app on >sesame -@all +ping"));
    passed(&check(&server, "user: app, password: sesame, role: primary"), false);
    assert_eq!(server.cli(&["ACL", "LOG"]), "");
    let blind =
        Server::with(&format!("rename-command HELLO \"\"\nrequirepass {PASSWORD}\nuser app on >sesame -@all +ping"));
    failed(&check(&blind, "user: app, password: sesame, role: primary"), "request", "permission_denied", "+role");
    passed(&check(&blind, "user: app, password: sesame"), false);
}

#[test]
fn the_connection_names_itself() {
    let server = Server::with("slowlog-log-slower-than 0");
    passed(&check(&server, "role: any"), false);
    assert!(server.cli(&["SLOWLOG", "GET"]).contains("SETNAME"), "{}", server.cli(&["SLOWLOG", "GET"]));
    assert!(server.cli(&["SLOWLOG", "GET"]).contains("pilotfish"));
}

#[test]
fn a_primary_that_cannot_save_is_none() {
    let server = Server::with("save 3600 1");
    std::fs::remove_dir_all(server.data()).expect("it is there");
    server.cli(&["BGSAVE"]);
    until("the save fails", || server.cli(&["INFO", "persistence"]).contains("rdb_last_bgsave_status:err"));
    passed(&check(&server, "role: any"), true);
    let message = failed(&check(&server, "role: primary"), "request", "query_failed", "rdb_last_bgsave_status");
    assert!(message.contains("MISCONF"), "{message}");
}

#[test]
fn a_replica_that_lost_its_primary() {
    let server = Server::with(&format!("replicaof 127.0.0.1 {}\nreplica-serve-stale-data no", dead_port()));
    failed(&check(&server, "role: primary"), "assert", "read_only", "Service of the primary");
    let replica = check(&server, "role: replica");
    passed(&replica, true);
    assert_eq!(codes(&replica), ["peer_warns"], "{replica:#}");
}

#[test]
fn a_user_without_ping() {
    let server = Server::with(&format!("requirepass {PASSWORD}\nuser mute on >sesame ~* +@all -ping"));
    passed(&check(&server, "user: mute, password: sesame"), true);
    failed(&check(&server, "user: mute, password: sesame, role: primary"), "request", "permission_denied", "+ping");
}
