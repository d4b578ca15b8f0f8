//! The same against the real Valkey.

use super::{check, check_keys, codes, failed, passed};
use crate::support::redis::{Options, PASSWORD, Server};
use crate::support::until;

fn valkey(settings: &str) -> Server {
    Server::start(&Options { settings, valkey: true, ..Options::default() })
}

#[test]
fn logins_roles_and_keys() {
    let settings = format!("requirepass {PASSWORD}\nuser app on >sesame ~* +@all\nuser bare on >sesame -@all +ping");
    let primary = valkey(&settings);
    for login in [":sesame@", "app:sesame@", "bare:sesame@"] {
        let check = check(&primary.url(login).replacen("redis", "valkey", 1));
        passed(&check, false);
        assert!(codes(&check).is_empty() && check["facts"]["server_version"].is_string(), "{check:#}");
    }
    assert_eq!(primary.cli(&["ACL", "LOG"]), "");
    failed(&check(&primary.url(":wrong@")), "login", "password_rejected", "requirepass");
    failed(&check(&primary.url("")), "login", "password_missing", "PASSWORD@HOST");
    failed(&check(&valkey("").url(":sesame@")), "login", "password_not_expected", "requirepass");
    let replica = valkey(&format!("replicaof 127.0.0.1 {}\nmasterauth {PASSWORD}", primary.port));
    until("the replica is linked", || replica.cli(&["INFO", "replication"]).contains("master_link_status:up"));
    let keys = |server: &Server, keys: &str| check_keys(&format!("{{host: 127.0.0.1, port: {}, {keys}}}", server.port));
    passed(&keys(&primary, "password: sesame, role: primary"), false);
    passed(&keys(&replica, "role: replica"), false);
    failed(&keys(&replica, "role: primary"), "assert", "read_only", "Service of the primary");
    failed(&keys(&replica, "key_exists: none"), "assert", "not_found_on_server", "EXISTS KEY");
    let lost = valkey("replicaof 127.0.0.1 1\nreplica-serve-stale-data no");
    passed(&keys(&lost, "role: replica"), true);
}

#[test]
fn its_sentinel_and_its_cluster() {
    let primary = valkey("");
    let settings = format!("sentinel monitor cache 127.0.0.1 {} 1", primary.port);
    let sentinel = Server::start(&Options {
        settings: &settings,
        valkey: true,
        sentinel: true,
        ready: "monitor",
        ..Options::default()
    });
    let check = check_keys(&format!("{{sentinel: {{master: cache, addresses: '127.0.0.1:{}'}}}}", sentinel.port));
    passed(&check, false);
    assert_eq!(check["facts"]["role"], "primary", "{check:#}");
    let message = failed(&super::check(&sentinel.url("")), "request", "protocol_error", "usually 6379");
    assert!(message.contains("Sentinel"), "{message}");
    let node = valkey("cluster-enabled yes\ncluster-port 0");
    node.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    until("the cluster is up", || node.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok"));
    passed(&check_keys(&format!("{{host: 127.0.0.1, port: {}, cluster: true}}", node.port)), false);
}
