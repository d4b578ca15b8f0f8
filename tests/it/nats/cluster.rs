//! The addresses that a cluster announces to its clients.

use super::{check, check_keys, codes, failed, passed};
use crate::support::hostile::{Manner, here};
use crate::support::nats::{Server, cluster};
use crate::support::{dead_port, free_port, ran};

#[test]
fn a_whole_cluster_passes_and_gets_one_login() {
    let ports = [free_port(), free_port()];
    let relays = ports.map(|port| format!("127.0.0.1:{port}"));
    // Each announces an address on which something listens.
    let _listeners = ports.map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).expect("a free port"));
    let servers = cluster([&relays[0], &relays[1]]);
    let logins = |server: &Server| server.logins();
    let good = check(&servers[0].url(""));
    passed(&good, false);
    assert_eq!(codes(&good), Vec::<&str>::new());
    assert_eq!(good["tries"].as_array().map(Vec::len), Some(3), "the server and two announced addresses: {good:#}");
    assert_eq!(servers.each_ref().map(logins), [1, 0]);
    passed(&check_keys(&format!("{{url: '{}', cluster: false}}", servers[0].url(""))), false);
}

#[test]
fn announced_addresses_that_nobody_reaches() {
    let dead = [dead_port(), dead_port()].map(|port| format!("127.0.0.1:{port}"));
    let servers = cluster([&dead[0], &dead[1]]);
    let check = check(&servers[0].url(""));
    let message = failed(&check, "assert", "advertised_unreachable", "client_advertise");
    assert!(dead.iter().all(|one| message.contains(one)), "{message}");
    passed(&check_keys(&format!("{{url: '{}', cluster: false}}", servers[0].url(""))), false);
}

/// The last run of `wait` has little time. It once passed without a try.
#[test]
fn a_run_in_haste_tries_an_address_all_the_same() {
    let info = format!("INFO {{\"connect_urls\":[\"127.0.0.1:{}\"]}}\r\nPONG\r\n", dead_port());
    let url = format!("nats://{}", here(Manner::SpeaksFirst(info.into_bytes())));
    let waited = ran(&["wait", &url, "--timeout", "1300ms", "--interval", "1s"]);
    assert_eq!(waited.code, 3, "{waited:?}");
}

#[test]
fn one_of_the_announced_addresses_is_a_warning() {
    let dead = format!("127.0.0.1:{}", dead_port());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let alive = listener.local_addr().expect("an address").to_string();
    let servers = cluster([&alive, &dead]);
    let check = check(&servers[0].url(""));
    passed(&check, true);
    assert_eq!(codes(&check), ["peer_warns"]);
    let message = check["findings"][0]["message"].as_str().expect("a message");
    assert!(message.contains(&dead) && !message.contains(&alive), "{message}");
}

/// Announced by whoever answers: no more than 16 are connected to, and none that is not an address.
#[test]
fn a_server_that_announces_without_end() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let all: Vec<String> = (1..=60).map(|last| format!("\"127.0.0.{last}:{port}\"")).collect();
    let info = format!("INFO {{\"connect_urls\":[\"\",\"x\",\"nats://a:1\",{}]}}\r\nPONG\r\n", all.join(","));
    let check = check(&format!("nats://{}", here(Manner::SpeaksFirst(info.into_bytes()))));
    passed(&check, true);
    assert_eq!(check["tries"].as_array().map(Vec::len), Some(17), "{check:#}");
}
