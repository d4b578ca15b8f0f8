//! What a server refuses, and what a query comes to.

use std::process::Command;

use super::{check, check_variable, encoded, failed, passed, polite};
use crate::support::postgres::{Cluster, Options, PASSWORD};
use crate::support::{Running, need};

#[test]
fn each_refusal_has_its_cause() {
    let cluster = Cluster::plain();
    cluster.sql("CREATE ROLE nologin PASSWORD 'sesame'");
    cluster.sql("CREATE ROLE busy LOGIN PASSWORD 'sesame' CONNECTION LIMIT 0");
    cluster.sql("CREATE DATABASE closed ALLOW_CONNECTIONS false");
    cluster.sql("CREATE DATABASE private");
    cluster.sql("REVOKE CONNECT ON DATABASE private FROM PUBLIC");
    for (user, database, cause, says) in [
        ("nobody", "app", "password_rejected", "password authentication failed for user \"nobody\" (28P01)"),
        ("nologin", "app", "login_rejected", "role \"nologin\" is not permitted to log in (28000)"),
        ("app", "nowhere", "no_such_database", "database \"nowhere\" does not exist (3D000)"),
        ("busy", "app", "too_many_connections", "too many connections for role \"busy\" (53300)"),
        ("app", "closed", "login_rejected", "database \"closed\" is not currently accepting connections (55000)"),
        ("app", "private", "login_rejected", "permission denied for database \"private\""),
    ] {
        let url = format!("postgres://{user}:{PASSWORD}@127.0.0.1:{}/{database}", cluster.port);
        let message = failed(&check(&url), "login", cause);
        assert!(message.contains(says), "{message}");
    }
    polite(&cluster.log());
}

#[test]
fn a_url_with_a_newline_asks_for_no_database() {
    let cluster = Cluster::plain();
    let message = failed(&check_variable(&format!("{}\n", cluster.url())), "assert", "secret_whitespace");
    assert!(message.contains("newline at its end") && !message.contains(PASSWORD), "{message}");
    let message = failed(&check(&format!("{}%0A", cluster.url())), "login", "no_such_database");
    assert!(message.contains("database \"app \" does not exist"), "{message}");
}

#[test]
fn no_entry_in_pg_hba() {
    let cluster = Cluster::start(&Options { hba: "host other all 127.0.0.1/32 scram-sha-256", ..Options::default() });
    let message = failed(&check(&cluster.url()), "login", "login_rejected");
    assert!(message.starts_with("no pg_hba.conf entry for host \"127.0.0.1\", user \"app\""), "{message}");
}

#[test]
fn every_slot_is_taken() {
    let settings = [("max_connections", "4"), ("superuser_reserved_connections", "3")];
    let cluster = Cluster::start(&Options { settings: &settings, ..Options::default() });
    let _holder = hold(&cluster);
    let message = failed(&check(&cluster.url()), "login", "too_many_connections");
    assert!(message.contains("(53300)"), "{message}");
}

/// A session that stays until it is dropped.
fn hold(cluster: &Cluster) -> Running {
    let mut psql = Command::new(need("psql", "postgresql-client"));
    psql.env_clear().args(["-XAtq", "-d", &cluster.url(), "-c", "SELECT pg_sleep(600)"]);
    let holder = Running::start(&mut psql);
    // Not asked before it is in: asking would take the slot it needs.
    cluster.until_logged("connection authorized: user=app");
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND usename = 'app'";
    crate::support::until("the session is there", || cluster.sql(sleeping) == "1");
    holder
}

#[test]
fn a_server_that_shuts_down() {
    let cluster = Cluster::plain();
    let _holder = hold(&cluster);
    cluster.signal("TERM");
    cluster.until_logged("received smart shutdown request");
    let message = failed(&check(&cluster.url()), "login", "shutting_down");
    assert!(message.contains("the database system is shutting down (57P03)"), "{message}");
}

#[test]
fn a_standby_that_answers_nobody_yet() {
    let settings = [("hot_standby", "off"), ("restore_command", "false"), ("wal_level", "replica")];
    let options = Options {
        settings: &settings,
        files: &["standby.signal"],
        ready: "entering standby mode",
        ..Options::default()
    };
    let cluster = Cluster::start(&options);
    let message = failed(&check(&cluster.url()), "login", "starting_up");
    assert!(message.contains("(57P03)"), "{message}");
}

#[test]
fn names_with_special_characters() {
    let cluster = Cluster::plain();
    cluster.sql("CREATE ROLE \"a p@p\" LOGIN PASSWORD 'x'");
    cluster.sql("CREATE DATABASE \"sh/o p\"");
    let url = format!("postgres://{}:x@127.0.0.1:{}/{}", encoded("a p@p"), cluster.port, encoded("sh/o p"));
    passed(&check(&url));
}
