//! The real PgBouncer before a real PostgreSQL: who refused is told apart.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;

use super::{failed, passed};
use crate::support::postgres::{Cluster, PASSWORD, as_server_user};
use crate::support::{Folder, Running, free_port, json, need, until_listening};

struct Pooler {
    port: u16,
    folder: Folder,
    _server: Running,
}

impl Pooler {
    fn before(cluster: &Cluster) -> Self {
        let (folder, port) = (Folder::new(), free_port());
        let base = folder.path().display().to_string();
        let home = format!("host=127.0.0.1 port={}", cluster.port);
        let ini = format!(
            "[databases]\napp={home}\nrefused={home} dbname=app user=app password=wrong\nmissing={home} dbname=nowhere\n\
             barred={home} dbname=app user=barred\nnologin={home} dbname=app user=nologin\n\
             away=host=127.0.0.1 port=1\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\n\
             auth_type=scram-sha-256\nauth_file={base}/users\n"
        );
        let ini = folder.write("pgbouncer.ini", ini);
        folder.write("users", format!("\"app\" \"{PASSWORD}\"\n"));
        // It runs as another user where we are root.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("its mode is set");
        let server = Running::start(as_server_user(&need("pgbouncer", "pgbouncer")).args(["-q", &ini]));
        until_listening(SocketAddr::from(([127, 0, 0, 1], port)));
        Self { port, folder, _server: server }
    }

    fn check(&self, password: &str, database: &str) -> serde_json::Value {
        let Self { port, folder, .. } = self;
        let url = format!("postgres://app:{password}@127.0.0.1:{port}/{database}");
        // The pooler itself would wait for two minutes.
        let config = format!(
            "checks: [{{name: db, gates: [ready], timeout: 3s, connect_timeout: 500ms, postgres: {{url: '{url}'}}}}]"
        );
        json(&["check", "-o", "json", "-c", &folder.write("check.yaml", config)])["checks"][0].take()
    }
}

#[test]
fn who_refused_is_told_apart_behind_a_pooler() {
    let cluster = Cluster::plain();
    cluster.sql("CREATE ROLE nologin");
    cluster.set_hba("host all nologin 127.0.0.1/32 trust\nhost all app 127.0.0.1/32 scram-sha-256");
    let pooler = Pooler::before(&cluster);
    passed(&pooler.check(PASSWORD, "app"));
    for (password, database, phase, cause, says, hint) in [
        (
            "wrong",
            "app",
            "login",
            "password_rejected",
            "SASL authentication failed (08P01)",
            "The pooler rejected the user",
        ),
        (
            PASSWORD,
            "refused",
            "login",
            "password_rejected",
            "said by the server behind a pooler",
            "PostgreSQL rejected the pooler",
        ),
        (PASSWORD, "missing", "login", "no_such_database", "database \"nowhere\" does not exist", "the dbname in its"),
        (PASSWORD, "barred", "login", "login_rejected", "no pg_hba.conf entry", "PostgreSQL rejects the pooler"),
        (PASSWORD, "nologin", "login", "login_rejected", "not permitted to log in", "ALTER ROLE … LOGIN"),
        (PASSWORD, "nowhere", "login", "no_such_database", "no such database: nowhere", "The pooler has no such"),
        (PASSWORD, "away", "login", "timeout", "received", "A pooler without a connection to its database"),
    ] {
        let check = pooler.check(password, database);
        let message = failed(&check, phase, cause);
        assert!(message.contains(says), "{message}");
        assert!(check["failure"]["hint"].as_str().is_some_and(|text| text.contains(hint)), "{check:#}");
    }
}
