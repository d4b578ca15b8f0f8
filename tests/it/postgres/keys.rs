//! What the keys of the configuration do.

use super::{failed, passed};
use crate::support::postgres::Cluster;
use crate::support::{Folder, dead_port, json, pilotfish, run};

#[test]
fn a_password_is_taken_as_it_is() {
    let cluster = Cluster::plain();
    let password: String = (b' '..=b'~').map(char::from).chain("äß€".chars()).collect();
    cluster.sql(&format!("ALTER ROLE app PASSWORD '{}'", password.replace('\'', "''")));
    let folder = Folder::new();
    let file = folder.write("pw", &password);
    let config = folder.write(
        "pilotfish.yaml",
        format!(
            "checks:\n- name: database\n  gates: [ready]\n  postgres: {{host: 127.0.0.1, port: {}, user: app, password: {{file: {file}}}}}\n\
             - name: raw\n  gates: [ready]\n  postgres: {{url: {{env: URL}}, password: {{env: PW}}}}\n",
            cluster.port
        ),
    );
    let mut command = pilotfish();
    command.env("PW", &password).env("URL", format!("postgres://app:other@127.0.0.1:{}/app", cluster.port));
    let ran = run(command.args(["check", "-o", "json", "-c", &config]));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.stdout.matches(&format!("postgres://app@127.0.0.1:{}/app", cluster.port)).count(), 2, "{ran:?}");
}

#[test]
fn what_a_query_gives() {
    let cluster = Cluster::plain();
    cluster.sql("CREATE TABLE private (n int)");
    let ask = |keys: &str| {
        let folder = Folder::new();
        let text = format!(
            "checks:\n- name: database\n  gates: [ready]\n  postgres: {{url: \"{}\", {keys}}}\n",
            cluster.url()
        );
        let config = folder.write("pilotfish.yaml", text);
        let ran = run(pilotfish().args(["check", "-o", "json", "-c", &config]));
        let mut report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        report["checks"][0].take()
    };
    for keys in [
        "query: SELECT 42, expect: 42",
        "query: SELECT true, expect: t",
        "query: \"SELECT 'a' UNION ALL SELECT 'b'\", expect: a",
        "query: \"\"",
        "query: \"CREATE TEMP TABLE x (n int); SELECT 7\", expect: \"7\"",
        "query: COPY (SELECT 1) TO STDOUT",
        "role: primary",
        "role: any",
    ] {
        passed(&ask(keys));
    }
    for (keys, phase, cause, says) in [
        ("query: SELECT 41, expect: 42", "assert", "body_mismatch", "another value (2 bytes)"),
        ("query: SELECT 1, expect: 42", "assert", "body_mismatch", "another value (1 byte)"),
        ("query: SELECT NULL, expect: 42", "assert", "body_mismatch", "NULL"),
        ("query: SELECT 1 WHERE false, expect: 42", "assert", "body_mismatch", "no row"),
        ("query: SELECT FROM nowhere", "assert", "missing_table", "relation \"nowhere\" does not exist (42P01)"),
        (
            "query: SELECT FROM nowhere.jobs",
            "assert",
            "missing_table",
            "relation \"nowhere.jobs\" does not exist (42P01)",
        ),
        (
            "query: CREATE TABLE nowhere.jobs (n int)",
            "request",
            "query_failed",
            "schema \"nowhere\" does not exist (3F000)",
        ),
        ("query: SELECT nowhere()", "request", "query_failed", "(42883)"),
        ("query: COPY pg_class FROM STDIN", "request", "permission_denied", "(42501)"),
        ("query: \"CREATE TEMP TABLE x (n int); COPY x FROM STDIN\"", "request", "query_failed", "no data to copy"),
        ("query: \"SET transaction_read_only = on; CREATE TABLE x (n int)\"", "request", "read_only", "(25006)"),
        ("query: \"SET statement_timeout = 10; SELECT pg_sleep(60)\"", "request", "query_failed", "(57014)"),
        ("query: \"SELECT repeat('x', 2000000)\"", "request", "too_large", "bytes"),
        ("query: \"SELECT repeat('x', 1000) FROM generate_series(1, 5000)\"", "request", "too_large", "bytes"),
        ("query: SELECT pg_terminate_backend(pg_backend_pid())", "request", "shutting_down", "(57P01)"),
        ("role: replica", "assert", "query_failed", "`role` requires a replica"),
    ] {
        let message = failed(&ask(keys), phase, cause);
        assert!(message.contains(says), "{keys}: {message}");
    }
    let denied = failed(&ask("query: SELECT * FROM pg_authid"), "request", "permission_denied");
    assert!(denied.contains("(42501)"), "{denied}");
}

/// It would be a login at each run that can have no use.
#[test]
fn nobody_is_dialled_where_the_query_cannot_be_read() {
    let folder = Folder::new();
    for (keys, cause) in
        [("query: {env: NO_SUCH_QUERY}", "variable_missing"), ("expect: {file: /nope}", "file_missing")]
    {
        let url = format!("postgres://app@127.0.0.1:{}/app", dead_port());
        let config =
            folder.write("c.yaml", format!("checks: [{{name: a, gates: [], postgres: {{url: '{url}', {keys}}}}}]"));
        let report = json(&["check", "-o", "json", "-c", &config]);
        failed(&report["checks"][0], "assert", cause);
        assert_eq!(report["checks"][0]["tries"], serde_json::json!([]), "{report:#}");
    }
}
