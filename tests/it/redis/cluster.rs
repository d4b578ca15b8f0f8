//! Clusters: state, slots, and what they announce.

use serde_json::Value;

use super::{check_keys, codes, failed, passed};
use crate::support::netns::Namespace;
use crate::support::redis::{Options, PASSWORD, Server};
use crate::support::until;

fn check(node: &Server, keys: &str) -> Value {
    check_keys(&format!("{{host: 127.0.0.1, port: {}, cluster: true{keys}}}", node.port))
}

/// Stops a node for good and waits until the others know it.
fn without(mut nodes: Vec<Server>, at: usize) -> Vec<Server> {
    let gone = nodes.remove(at).port;
    for node in &nodes {
        until("the others know that it is gone", || {
            let shown = node.cli(&["CLUSTER", "NODES"]);
            let line = shown.lines().find(|line| line.contains(&format!(":{gone}@"))).unwrap_or_default();
            line.contains("master,fail ")
        });
    }
    nodes
}

#[test]
fn a_cluster_of_three() {
    let nodes = Server::cluster("");
    for node in &nodes {
        let check = check(node, "");
        passed(&check, false);
        assert!(codes(&check).is_empty(), "{check:#}");
        assert_eq!(check["tries"].as_array().map(Vec::len), Some(4), "one session, then each node: {check:#}");
    }
    // `foo` is in slot 12182, of the last third.
    passed(&check(&nodes[2], ", role: primary"), false);
    nodes[2].cli(&["SET", "foo", "x"]);
    passed(&check(&nodes[2], ", key_exists: foo"), false);
    // The first node names the one that has the slot: one further login, to that one.
    let followed = check(&nodes[0], ", key_exists: foo");
    passed(&followed, false);
    assert_eq!(followed["tries"].as_array().map(Vec::len), Some(5), "{followed:#}");
    failed(&check(&nodes[0], ", key_exists: '{foo}.other'"), "assert", "not_found_on_server", "EXISTS");
    let plain = check_keys(&format!("{{host: 127.0.0.1, port: {}, key_exists: foo}}", nodes[0].port));
    failed(&plain, "assert", "probe_limit", "Set `cluster: true`");
    let nodes = without(nodes, 2);
    let message = failed(&check(&nodes[0], ""), "assert", "not_enough_replicas", "CLUSTER NODES");
    assert!(message.contains("of its 16384 slots are served by no node"), "{message}");
}

/// The login that the first node accepted goes to the node that it names, and to no other.
#[test]
fn one_login_to_each_of_two_nodes() {
    let nodes = Server::cluster(&format!("requirepass {PASSWORD}\nmasterauth {PASSWORD}"));
    nodes[2].cli(&["SET", "foo", "x"]);
    for node in &nodes {
        node.cli(&["CONFIG", "RESETSTAT"]);
    }
    let login = format!(", password: {PASSWORD}, key_exists: foo");
    passed(&check(&nodes[0], &login), false);
    // One of them is the question itself.
    let logins = nodes.iter().map(|node| {
        let stats = node.cli(&["INFO", "commandstats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix("cmdstat_auth:calls=")).expect("the question's own");
        line.split(',').next().expect("a number").to_owned()
    });
    assert_eq!(logins.collect::<Vec<_>>(), ["2", "1", "2"]);
    nodes[2].cli(&["CONFIG", "SET", "requirepass", "another"]);
    failed(&check(&nodes[0], &login), "login", "password_rejected", "");
}

#[test]
fn a_cluster_that_serves_what_it_has() {
    let nodes = without(Server::cluster("cluster-require-full-coverage no"), 2);
    let check = check(&nodes[0], "");
    passed(&check, true);
    assert_eq!(codes(&check), ["peer_warns"], "{check:#}");
    let warning = check["facts"]["health_warning"].as_str().expect("a warning");
    assert!(warning.contains("slots of the cluster are served by no node"), "{warning}");
}

#[test]
fn no_cluster_and_no_permission() {
    failed(&check(&Server::with(""), ""), "request", "query_failed", "cluster-enabled yes");
    let node = Server::node(&format!("requirepass {PASSWORD}\nuser app on >sesame ~* +@all -cluster"));
    failed(&check(&node, ", user: app, password: sesame"), "request", "permission_denied", "+cluster|slots");
    let message = failed(&check(&node, ", password: sesame"), "assert", "not_enough_replicas", "CLUSTER NODES");
    assert!(message.starts_with("the cluster is down: 16384 of its 16384 slots"), "{message}");
}

/// One node with all slots, in a namespace of its own, that announces itself like this.
fn announcing(settings: &str) -> Value {
    let (pod, other) = (Namespace::new(), Namespace::new());
    pod.cable(&other, "eth0", &["10.9.1.1/24"], &["10.9.1.2/24"]);
    pod.ip(&["route", "add", "blackhole", "10.8.0.0/24"]);
    pod.resolv_conf("nameserver 127.0.0.1\n");
    let settings = format!("cluster-enabled yes\nrequirepass {PASSWORD}\n{settings}");
    let server = Server::start(&Options { settings: &settings, inside: Some(&other), ..Options::default() });
    server.cli_inside(&other, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    until("it is up", || server.cli_inside(&other, &["CLUSTER", "INFO"]).contains("cluster_state:ok"));
    let folder = crate::support::Folder::new();
    let keys = "{url: 'redis://:sesame@10.9.1.2', cluster: true}";
    let config = folder.write("c.yaml", format!("checks: [{{name: cache, gates: [], redis: {keys}}}]"));
    pod.json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

#[test]
fn what_a_cluster_announces_must_be_reached() {
    let good = announcing("cluster-announce-ip 10.9.1.2");
    passed(&good, false);
    assert_eq!(codes(&good), ["cleartext_login"], "the password left the pod: {good:#}");
    // A node that does not know its address is reached where it was asked.
    passed(&announcing(""), false);
    for (settings, hint) in [
        ("cluster-announce-ip 10.8.0.1", "cluster-announce-ip"),
        ("cluster-announce-ip 127.0.0.1", "loopback address"),
        (
            "cluster-announce-ip 10.9.1.2\ncluster-announce-hostname gone.invalid\ncluster-preferred-endpoint-type hostname",
            "cluster-announce-hostname",
        ),
    ] {
        let message = failed(&announcing(settings), "assert", "advertised_unreachable", hint);
        assert!(
            message.starts_with("the cluster announces 1 nodes to its clients, of which 1 cannot be reached: "),
            "{message}"
        );
    }
}
