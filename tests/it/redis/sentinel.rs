//! A Sentinel on a URL that is meant for Redis, and one that is meant.

use serde_json::Value;

use super::{check, check_keys, codes, failed, passed};
use crate::support::ca::{Ca, Leaf};
use crate::support::hostile::{Manner, here};
use crate::support::redis::{Options, PASSWORD, Server};
use crate::support::{Folder, dead_port, pilotfish, run, until};

fn sentinel(settings: &str) -> Server {
    Server::start(&Options { settings, sentinel: true, ready: "monitor master", ..Options::default() })
}

#[test]
fn a_sentinel_is_not_redis() {
    let server = sentinel("sentinel monitor mymaster 127.0.0.1 6379 1");
    for url in
        [server.url(""), server.url("") + "/0", server.url("") + "/3", server.url(":sesame@"), server.url("app:x@")]
    {
        let check = check(&url);
        assert_eq!(check["failure"]["cause"], "protocol_error", "{url}: {check:#}");
        assert!(check["failure"]["message"].as_str().is_some_and(|text| text.contains("Sentinel")), "{check:#}");
        assert!(check["failure"]["hint"].as_str().is_some_and(|text| text.contains("usually 6379")), "{check:#}");
    }
    let keys = format!("{{host: 127.0.0.1, port: {}}}", server.port);
    failed(&check_keys(&keys), "request", "protocol_error", "Redis Sentinel");
}

#[test]
fn a_sentinel_that_is_meant_is_not_accused() {
    let server = sentinel("sentinel monitor mymaster 127.0.0.1 6379 1");
    for name in ["REDIS_SENTINEL_URL", "SENTINEL"] {
        let ran = run(pilotfish().env(name, server.url("")).args(["check", &format!("env:{name}")]));
        assert_eq!(ran.code, 0, "{ran:?}");
    }
}

#[test]
fn no_acl_forbids_the_question() {
    let server = Server::with(&format!("requirepass {PASSWORD}\nuser app on >sesame -@all +ping"));
    passed(&check(&server.url("app:sesame@")), false);
    assert_eq!(server.cli(&["ACL", "LOG"]), "");
}

#[test]
fn every_mode_of_redis_passes() {
    for settings in ["", "cluster-enabled yes", &format!("requirepass {PASSWORD}"), "rename-command HELLO \"\""] {
        let server = Server::with(settings);
        let login = if settings.contains(PASSWORD) { ":sesame@" } else { "" };
        passed(&check(&server.url(login)), false);
    }
}

/// The check of the primary `cache` that this Sentinel names, with these keys in the block and beside it.
fn by(sentinel: &Server, block: &str, keys: &str) -> Value {
    let port = sentinel.port;
    check_keys(&format!("{{sentinel: {{master: cache, addresses: ['127.0.0.1:{port}']{block}}}{keys}}}"))
}

/// A primary, and a Sentinel with a password that knows it.
fn with_primary(quorum: u8) -> (Server, Server) {
    let primary = Server::with_password();
    let watching = sentinel(&format!(
        "requirepass watch\nsentinel monitor cache 127.0.0.1 {} {quorum}\nsentinel auth-pass cache {PASSWORD}\n\
         sentinel down-after-milliseconds cache 60000",
        primary.port
    ));
    (primary, watching)
}

#[test]
fn the_primary_is_the_one_that_sentinel_names() {
    let (primary, watching) = with_primary(1);
    let own = primary.calls("auth");
    let good = by(&watching, ", password: watch", ", password: sesame, db: 2");
    passed(&good, false);
    assert_eq!(good["target"], format!("redis+sentinel://127.0.0.1:{}/cache/2", watching.port));
    assert_eq!(good["facts"]["sentinel_primary"], format!("127.0.0.1:{}", primary.port));
    assert_eq!(good["facts"]["role"], "primary");
    assert!(codes(&good).is_empty(), "{good:#}");
    // The other one is redis-cli's; Sentinel keeps its own connection.
    assert_eq!(primary.calls("auth") - own, 2, "one login a run");
    // User, database and password may come from a URL, whose host is ignored.
    let keys = format!(", url: 'redis://:{PASSWORD}@nowhere.invalid:1/3'");
    let by_url = by(&watching, ", password: watch", &keys);
    passed(&by_url, false);
    assert_eq!(by_url["target"], format!("redis+sentinel://127.0.0.1:{}/cache/3", watching.port));
    failed(
        &by(&watching, ", password: watch", ", password: wrong"),
        "login",
        "password_rejected",
        "CONFIG GET requirepass",
    );
}

#[test]
fn sentinels_have_a_login_of_their_own() {
    let (primary, watching) = with_primary(1);
    failed(&by(&watching, "", ", password: sesame"), "login", "password_missing", "`sentinel.password`");
    failed(&by(&watching, ", password: wrong", ", password: sesame"), "login", "password_rejected", "sentinel.conf");
    let open =
        sentinel(&format!("sentinel monitor cache 127.0.0.1 {} 1\nsentinel auth-pass cache {PASSWORD}", primary.port));
    failed(
        &by(&open, ", password: watch", ", password: sesame"),
        "login",
        "password_not_expected",
        "Remove `sentinel.password`",
    );
    passed(&by(&open, "", ", password: sesame"), false);
    // A rejected password goes to no second Sentinel.
    let two = format!(
        "{{password: sesame, sentinel: {{master: cache, addresses: '127.0.0.1:{0},127.0.0.1:{0}', password: wrong}}}}",
        watching.port
    );
    assert_eq!(check_keys(&two)["tries"].as_array().map(Vec::len), Some(1));
}

#[test]
fn names_and_addresses_that_are_wrong() {
    let (primary, watching) = with_primary(1);
    let keys = |addresses: &str, master: &str| {
        check_keys(&format!(
            "{{password: sesame, sentinel: {{master: {master}, addresses: {addresses}, password: watch}}}}"
        ))
    };
    let good = format!("127.0.0.1:{}", watching.port);
    let message = failed(&keys(&good, "mymaster"), "assert", "not_found_on_server", "`sentinel.master`");
    assert!(message.ends_with("Sentinel monitors no primary named mymaster: it monitors cache"), "{message}");
    let dead = format!("127.0.0.1:{}", dead_port());
    let second = keys(&format!("['{dead}', '{good}']"), "cache");
    passed(&second, true);
    assert!(second["facts"]["passed_over"][0].as_str().is_some_and(|text| text.starts_with(&dead)), "{second:#}");
    failed(&keys(&dead, "cache"), "connect", "connect_refused", "");
    failed(&keys("nowhere.invalid", "cache"), "resolve", "dns_not_found", "");
    let message = failed(&keys(&format!("'127.0.0.1:{}'", primary.port), "cache"), "login", "password_rejected", "");
    assert!(message.starts_with("no Sentinel names the primary of cache: "), "{message}");
    let plain = Server::with("");
    let check = check_keys(&format!("{{sentinel: {{master: cache, addresses: '127.0.0.1:{}'}}}}", plain.port));
    failed(&check, "request", "protocol_error", "usually 26379");
}

#[test]
fn sentinels_without_a_quorum() {
    let (primary, watching) = with_primary(2);
    let degraded = by(&watching, ", password: watch", ", password: sesame");
    passed(&degraded, true);
    assert_eq!(codes(&degraded), ["peer_warns"], "{degraded:#}");
    drop(primary);
    let check = by(&watching, ", password: watch", ", password: sesame");
    failed(&check, "assert", "not_enough_replicas", "start the missing Sentinels");
}

#[test]
fn a_primary_that_is_not_where_sentinel_says() {
    let (primary, watching) = with_primary(1);
    drop(primary);
    let check = by(&watching, ", password: watch", ", password: sesame");
    let message = failed(&check, "assert", "advertised_unreachable", "loopback address");
    assert!(message.starts_with("Sentinel names 127.0.0.1:"), "{message}");
    // One that names a replica, as in the middle of a failover.
    let replica = Server::with(&format!("replicaof 127.0.0.1 {}", dead_port()));
    let port = replica.port.to_string();
    let says = format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n+OK\r\n", port.len());
    let scripted = here(Manner::Says(says.into_bytes()));
    let check = check_keys(&format!("{{sentinel: {{master: cache, addresses: '{scripted}'}}}}"));
    let message = failed(&check, "assert", "read_only", "failover is under way");
    assert!(message.ends_with("as the primary of cache, but it is a replica"), "{message}");
}

#[test]
fn what_no_sentinel_answers() {
    for (answer, cause) in [
        ("+OK\r\n", "protocol_error"),
        ("*2\r\n$1\r\na\r\n$5\r\n99999\r\n", "protocol_error"),
        ("*2\r\n$9\r\nredis://x\r\n$1\r\n1\r\n", "protocol_error"),
        ("*1\r\n$1\r\na\r\n", "protocol_error"),
        ("*99999999\r\n", "too_large"),
        ("*-1\r\n*-1\r\n", "not_found_on_server"),
        ("-IDONTKNOW x\r\n", "query_failed"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "protocol_error"),
    ] {
        let scripted = here(Manner::Says(answer.as_bytes().to_vec()));
        let check = check_keys(&format!("{{sentinel: {{master: cache, addresses: '{scripted}'}}}}"));
        assert_eq!(check["failure"]["cause"], cause, "{answer}: {check:#}");
    }
}

#[test]
fn sentinels_over_tls() {
    let (ca, folder) = (Ca::root("watch root"), Folder::new());
    let pair = ca.issue(&Leaf::server("watch", &["localhost"]));
    let primary = Server::with("");
    let settings = format!("sentinel monitor cache 127.0.0.1 {} 1\ntls-replication no", primary.port);
    let watching = Server::start(&Options {
        settings: &settings,
        sentinel: true,
        tls: Some(&pair),
        ready: "monitor master",
        ..Options::default()
    });
    let root = folder.write("ca.pem", &ca.pem);
    let keys = |tls: &str| format!("{{sentinel: {{master: cache, addresses: 'localhost:{}'{tls}}}}}", watching.port);
    passed(&check_keys(&keys(&format!(", tls: {{ca: {root}}}"))), false);
    failed(&check_keys(&keys(", tls: {ca: builtin}")), "tls", "tls_untrusted", "");
    until("a plain client is turned away", || check_keys(&keys(""))["result"] == "fail");
}
