//! Several hosts, and their roles.

use super::{check, failed, passed};
use crate::support::dead_port;
use crate::support::hostile::{self, Manner};
use crate::support::postgres::{Cluster, Options, PASSWORD};

fn standby() -> Cluster {
    let settings =
        [("hot_standby", "on"), ("restore_command", "false"), ("wal_level", "replica"), ("max_wal_senders", "10")];
    Cluster::start(&Options { settings: &settings, files: &["standby.signal"], ..Options::default() })
}

fn authenticated(cluster: &Cluster) -> usize {
    cluster.log().matches("connection authenticated").count()
}

#[test]
fn the_first_host_with_the_role_is_taken() {
    let (primary, standby) = (Cluster::plain(), standby());
    let url = |hosts: &[u16], attrs: &str| {
        let hosts: Vec<String> = hosts.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("postgres://app:{PASSWORD}@{}/app?target_session_attrs={attrs}", hosts.join(","))
    };
    let (p, s) = (primary.port, standby.port);
    for (hosts, attrs, role) in [
        ([s, p], "any", "replica"),
        ([s, p], "read-write", "primary"),
        ([s, p], "primary", "primary"),
        ([p, s], "standby", "replica"),
        ([p, s], "read-only", "replica"),
        ([p, s], "prefer-standby", "primary"),
    ] {
        let check = check(&url(&hosts, attrs));
        passed(&check);
        assert_eq!(check["facts"]["role"], role, "{attrs}: {check:#}");
    }
    let message = failed(&check(&url(&[s], "primary")), "assert", "read_only");
    assert_eq!(message, "the server is a replica (in recovery), but `role` requires a primary");
    let message = failed(&check(&url(&[s], "read-write")), "assert", "read_only");
    assert!(message.contains("read-only"), "{message}");
    failed(&check(&url(&[p], "standby")), "assert", "query_failed");
    failed(&check(&url(&[p], "read-only")), "assert", "query_failed");
    super::polite(&standby.log());
}

#[test]
fn a_session_that_may_not_write_is_a_primary_all_the_same() {
    let cluster = Cluster::plain();
    cluster.sql("ALTER ROLE app SET default_transaction_read_only = on");
    let url = |attrs: &str| format!("{}?target_session_attrs={attrs}", cluster.url());
    passed(&check(&url("primary")));
    failed(&check(&url("read-write")), "assert", "read_only");
    passed(&check(&url("read-only")));
}

#[test]
fn a_dead_host_is_passed_over_and_said() {
    let cluster = Cluster::plain();
    let dead = dead_port();
    let check = check(&format!("postgres://app:{PASSWORD}@127.0.0.1:{dead},127.0.0.1:{}/app", cluster.port));
    passed(&check);
    assert_eq!(check["degraded"], true);
    assert_eq!(check["tries"][0]["result"], "refused");
    assert_eq!(check["tries"][0]["host"], "127.0.0.1");
    assert_eq!(check["tries"][1]["result"], "connected");
    let said = check["facts"]["passed_over"][0].as_str().unwrap_or_default();
    assert!(said.starts_with(&format!("127.0.0.1:{dead}: ")) && said.contains("refused"), "{check:#}");
}

/// What was wrong with it is told also where it was no try to connect.
#[test]
fn a_host_that_refuses_the_login_is_passed_over_and_said() {
    let (busy, cluster) = (Cluster::plain(), Cluster::plain());
    busy.sql("ALTER ROLE app CONNECTION LIMIT 0");
    let url = format!("postgres://app:{PASSWORD}@127.0.0.1:{},127.0.0.1:{}/app", busy.port, cluster.port);
    let said = format!("127.0.0.1:{}: too many connections for role \"app\" (53300)", busy.port);
    for command in ["check", "diagnose"] {
        let ran = crate::support::ran(&[command, &url]);
        assert!(ran.code == 0 && ran.stdout.contains(&said), "{ran:?}");
    }
}

#[test]
fn no_second_host_after_rejected_credentials() {
    let (one, two) = (Cluster::plain(), Cluster::plain());
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", one.port, two.port);
    failed(&check(&format!("postgres://app:wrong@{hosts}/app")), "login", "password_rejected");
    assert_eq!(one.log().matches("password authentication failed").count(), 1);
    assert!(!two.log().contains("connection received"), "{}", two.log());
    passed(&check(&format!("postgres://app:{PASSWORD}@{hosts}/app")));
    assert_eq!((authenticated(&one), authenticated(&two)), (1, 0));
}

#[test]
fn when_no_host_will_do_the_message_names_all() {
    let busy = Cluster::plain();
    busy.sql("ALTER ROLE app CONNECTION LIMIT 0");
    let dead = dead_port();
    let url = format!("postgres://app:{PASSWORD}@127.0.0.1:{},127.0.0.1:{dead}/app", busy.port);
    let message = failed(&check(&url), "login", "too_many_connections");
    assert!(message.contains(&format!("127.0.0.1:{}: too many connections", busy.port)), "{message}");
    assert!(message.contains(&format!("127.0.0.1:{dead}: ")), "{message}");
}

#[test]
fn a_silent_host_takes_its_share_of_the_time_alone() {
    let cluster = Cluster::plain();
    let silent = hostile::here(Manner::Nothing);
    let check = check(&format!("postgres://app:{PASSWORD}@{silent},127.0.0.1:{}/app", cluster.port));
    passed(&check);
    assert_eq!(check["degraded"], true);
    assert_eq!(check["tries"][0]["result"], "connected");
}

#[test]
fn each_host_has_its_own_result() {
    let cluster = Cluster::plain();
    let dead = dead_port();
    let folder = crate::support::Folder::new();
    let url = format!("postgres://app:{PASSWORD}@127.0.0.1:{dead},127.0.0.1:{}/app", cluster.port);
    let text = format!("checks: [{{name: db, gates: [], require: each, postgres: {{url: \"{url}\"}}}}]");
    let report = crate::support::json(&["check", "-o", "json", "-c", &folder.write("c.yaml", text)]);
    let members = &report["checks"][0]["addresses"];
    assert_eq!(members[0]["failure"]["cause"], "connect_refused", "{report:#}");
    assert_eq!((&members[1]["result"], members[2].is_null()), (&"pass".into(), true), "{report:#}");
    assert_eq!(authenticated(&cluster), 1);
}
