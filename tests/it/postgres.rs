//! The `postgres` kind against real PostgreSQL clusters.

use crate::support::json;
use crate::support::postgres::Cluster;

#[test]
fn the_harness_runs_a_real_cluster() {
    let cluster = Cluster::plain();
    assert_eq!(cluster.sql("SELECT rolname FROM pg_roles WHERE rolname = 'app'"), "app");
    let ran = cluster.psql(&cluster.url(), "SELECT current_user");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "app\n"), "{ran:?}");
}

#[test]
fn logs_in_by_scram_and_asks() {
    let cluster = Cluster::plain();
    let report = json(&["check", "-o", "json", &cluster.url()]);
    let check = &report["checks"][0];
    assert_eq!(check["result"], "pass", "{report:#}");
    assert_eq!(check["facts"]["auth_method"], "scram-sha-256");
}
