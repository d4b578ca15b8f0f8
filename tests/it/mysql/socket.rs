//! MariaDB on its Unix socket.

use super::{check, check_keys, check_variable, failed, passed};
use crate::support::ca::{Ca, Leaf};
use crate::support::mysql::{Options, Server};
use crate::support::{Folder, pilotfish, run};

#[test]
fn a_socket_is_named_in_every_way() {
    let server = Server::start(&Options {
        // A server that no network reaches: what `localhost` means for its clients.
        settings: &["--skip-networking"],
        sql: "CREATE USER root2@localhost IDENTIFIED BY 'se/same@'; GRANT ALL ON app.* TO root2@localhost",
        ..Options::default()
    });
    let path = server.socket();
    let encoded = path.replace('/', "%2F");
    for keys in [
        format!("{{socket: '{path}', user: app, password: sesame, database: app}}"),
        format!("{{host: '{path}', user: app, password: sesame, database: app, query: SELECT 1, expect: '1'}}"),
        format!(
            "{{host: localhost, socket: 'unix:{path}', user: app, password: sesame, database: app, role: primary}}"
        ),
        format!("{{url: 'mysql://app:sesame@nowhere.invalid/app', socket: '{path}'}}"),
        format!("{{url: 'mysql2://app:sesame@localhost/app?socket={path}'}}"),
        format!("{{url: 'mysql+pymysql://app:sesame@/app?unix_socket={path}&charset=utf8mb4'}}"),
        format!("{{url: 'mysql://app:sesame@localhost/app?socketPath={encoded}'}}"),
        format!("{{url: 'mysql://app:sesame@{encoded}/app'}}"),
        format!("{{url: 'app:sesame@unix({path})/app?parseTime=true'}}"),
    ] {
        let good = check_keys(&keys);
        passed(&good);
        let target = good["target"].as_str().expect("a target");
        assert!(target.ends_with(&format!("://app@{path}/app")), "{keys}: {target}");
        assert_eq!(good["tries"][0]["address"], format!("unix:{path}"), "{good:#}");
        assert!(!good.to_string().contains("sesame"), "{good:#}");
    }
    passed(&check(&format!("mysql://app:sesame@localhost/app?socket={path}")));
    // As Go's driver reads it: nothing is percent-encoded.
    let good = check_variable(&format!("root2:se/same@@unix({path})/app"));
    passed(&good);
    assert!(!good.to_string().contains("same"), "{good:#}");
    assert_eq!((server.counted("Aborted_clients"), server.counted("Aborted_connects")), (0, 0), "{}", server.log());
    let wrong = check_keys(&format!("{{socket: '{path}', user: app, password: wrong}}"));
    failed(&wrong, "login", "password_rejected", "ALTER USER");
    drop(server);
    let gone = check_keys(&format!("{{socket: '{path}', user: app, password: sesame}}"));
    failed(&gone, "connect", "file_missing", "mount the volume");
}

#[test]
fn a_user_of_the_socket_and_tls_on_it() {
    let (ca, folder) = (Ca::root("socket ca"), Folder::new());
    let pair = ca.issue(&Leaf::server("localhost", &["localhost"]));
    let server = Server::start(&Options {
        tls: Some(&pair),
        // The kernel tells the server who connects: no password is asked for.
        sql: "CREATE USER root@'127.0.0.1' IDENTIFIED BY 'x'; GRANT ALL ON *.* TO root@localhost IDENTIFIED VIA unix_socket",
        ..Options::default()
    });
    let ca = folder.write("ca.pem", &ca.pem);
    let path = server.socket();
    passed(&check_keys(&format!("{{socket: '{path}', user: root}}")));
    let over_tls =
        check_keys(&format!("{{socket: '{path}', user: app, password: sesame, sslmode: VERIFY_IDENTITY, ca: '{ca}'}}"));
    passed(&over_tls);
    assert!(over_tls["facts"]["tls_version"].is_string(), "{over_tls:#}");
    let wrong =
        check_keys(&format!("{{socket: '{path}', user: app, password: sesame, sslmode: VERIFY_IDENTITY, ca: system}}"));
    assert_eq!(wrong["failure"]["phase"], "tls", "{wrong:#}");
}

/// A server in this pod may gate `live`, and its socket is no secret.
#[test]
fn a_socket_is_in_this_pod() {
    let folder = Folder::new();
    let keys = "{socket: /run/mysqld/mysqld.sock, user: app, password: s3cret}";
    let config = folder.write("c.yaml", format!("checks: [{{name: db, gates: [live], mysql: {keys}}}]"));
    let ran = run(pilotfish().args(["config", "check", "-c", &config]));
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = run(pilotfish().args(["config", "show", "-c", &config]));
    assert!(ran.stdout.contains("socket: /run/mysqld/mysqld.sock") && !ran.stdout.contains("s3cret"), "{ran:?}");
    for url in ["mysql://app:s3cret@localhost/app?socket=s3cret", "app:s3cret@unix(s3cret)/app"] {
        let config = folder.write("c.yaml", format!("checks: [{{name: db, gates: [], mysql: {{url: '{url}'}}}}]"));
        let ran = run(pilotfish().args(["config", "check", "-c", &config]));
        assert!(ran.code == 2 && !format!("{ran:?}").contains("s3cret"), "{ran:?}");
    }
}
