//! The `postgres` kind against real PostgreSQL clusters.

use crate::support::postgres::Cluster;

#[test]
fn the_harness_runs_a_real_cluster() {
    let cluster = Cluster::plain();
    assert_eq!(cluster.sql("SELECT rolname FROM pg_roles WHERE rolname = 'app'"), "app");
    let ran = cluster.psql(&cluster.url(), "SELECT current_user");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "app\n"), "{ran:?}");
}
