//! A Sentinel on a URL that is meant for Redis, and one that is meant.

use super::{check, check_keys, failed, passed};
use crate::support::redis::{Options, PASSWORD, Server};
use crate::support::{pilotfish, run};

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
