//! Queries, what they must return, and the role of the server.

use super::{check_keys, failed, passed};
use crate::support::mysql::{Options, Server};

#[test]
fn queries() {
    let server = Server::with("CREATE TABLE app.jobs (id INT, name TEXT); INSERT INTO app.jobs VALUES (7, NULL)");
    let url = server.url("app:sesame", "app");
    let check = |rest: &str| check_keys(&format!("{{url: '{url}', {rest}}}"));
    for rest in [
        "query: SELECT 1",
        "query: SELECT id FROM jobs, expect: '7'",
        "query: SELECT count(*) FROM jobs, expect: '1'",
        "query: SELECT id FROM jobs WHERE id = 8",
        "query: SET @a = 1",
    ] {
        passed(&check(rest));
    }
    let other = check("query: SELECT id FROM jobs, expect: '8'");
    let message = failed(&other, "assert", "body_mismatch", "mysql client");
    assert_eq!(message, "the query returned another value (1 byte), not what `expect` says");
    for (query, came) in [("name FROM jobs", "NULL"), ("id FROM jobs WHERE id = 8", "no row")] {
        let check = check(&format!("query: SELECT {query}, expect: '8'"));
        assert!(failed(&check, "assert", "body_mismatch", "").contains(came), "{check:#}");
    }
    failed(&check("query: SELECT * FROM nothing"), "assert", "missing_table", "Run the migrations");
    let syntax = failed(&check("query: SELCT s3cret"), "request", "query_failed", "perror");
    assert!(syntax.ends_with("(1064)") && !syntax.contains("s3cret"), "{syntax}");
    failed(&check("query: SELECT * FROM mysql.user"), "request", "permission_denied", "GRANT");
    failed(&check("query: 'SELECT 1; SELECT 2'"), "request", "query_failed", "");
    failed(&check("query: SELECT seq FROM seq_1_to_200"), "request", "too_large", "LIMIT 1");
    failed(&check("query: \"SELECT repeat('a', 100000)\""), "request", "too_large", "LIMIT 1");
    let file = check("query: \"LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE jobs\"");
    assert_ne!(file["result"], "pass", "{file:#}");
    assert_eq!(server.counted("Aborted_clients"), 0, "{}", server.log());
}

#[test]
fn roles() {
    let primary = Server::plain();
    let replica = Server::start(&Options { settings: &["--read-only"], ..Options::default() });
    let check = |server: &Server, role: &str| {
        check_keys(&format!("{{url: '{}', role: {role}}}", server.url("app:sesame", "app")))
    };
    for (server, role, fact) in [(&primary, "primary", "primary"), (&replica, "replica", "replica")] {
        let check = check(server, role);
        passed(&check);
        assert_eq!(check["facts"]["role"], fact);
    }
    for server in [&primary, &replica] {
        passed(&check(server, "any"));
    }
    let message = failed(&check(&replica, "primary"), "assert", "read_only", "failover");
    assert_eq!(message, "the server is read-only, but `role` requires a primary");
    failed(&check(&primary, "replica"), "assert", "query_failed", "failover");
    let write = check_keys(&format!("{{url: '{}', query: CREATE TABLE x (i INT)}}", replica.url("app:sesame", "app")));
    failed(&write, "request", "read_only", "");
}
