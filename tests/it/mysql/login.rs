//! Logins: every way in, and every way in which one is refused.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::{check, check_keys, check_variable, codes, failed, passed};
use crate::support::mysql::{Options, PASSWORD, Server, plugins};
use crate::support::{Folder, Running, dead_port, need, pilotfish, run, until};

#[test]
fn the_usual_login() {
    let server = Server::plain();
    let good = check(&server.url("app:sesame", "app"));
    passed(&good);
    assert_eq!(good["facts"]["auth_method"], "mysql_native_password");
    assert_eq!(good["target"], format!("mysql://app@127.0.0.1:{}/app", server.port));
    let version = good["facts"]["server_version"].as_str().expect("a version");
    assert!(version.starts_with("10.") && version.contains("MariaDB"), "{version}");
    for scheme in ["mariadb", "mysql2", "mysql+pymysql", "mariadb+mariadbconnector", "trilogy"] {
        passed(&check(&server.url("app:sesame", "app").replace("mysql", scheme)));
    }
    // As clients of .NET have it.
    let string = |password: &str| {
        let server = format!("Server=127.0.0.1;Port={};User ID=app;Password={password}", server.port);
        check_variable(&format!("{server};Database=app;AllowUserVariables=true;SslMode=None"))
    };
    passed(&string(PASSWORD));
    assert_eq!(string(PASSWORD)["target"], good["target"]);
    // Without a database, too.
    passed(&check(&server.url("app:sesame", "")));
    // It says goodbye, so that the server logs nothing odd.
    assert_eq!((server.counted("Aborted_clients"), server.counted("Aborted_connects")), (0, 0), "{}", server.log());
    assert!(!server.log().contains("Aborted"), "{}", server.log());
    failed(&string("'a;b'"), "login", "password_rejected", "ALTER USER");
}

#[test]
fn one_login_a_run_and_a_name_of_its_own() {
    let server = Server::start(&Options {
        settings: &["--performance-schema=ON"],
        sql: "GRANT SELECT ON performance_schema.* TO app@'%'",
        ..Options::default()
    });
    let before = server.counted("Connections");
    let query = "SELECT attr_value FROM performance_schema.session_connect_attrs WHERE processlist_id = connection_id() \
                 AND attr_name = ''program_name''";
    let keys = format!("{{url: '{}', query: '{query}', expect: pilotfish}}", server.url("app:sesame", "app"));
    passed(&check_keys(&keys));
    // The second one is that of the question.
    assert_eq!(server.counted("Connections") - before, 2);
}

#[test]
fn refused_logins() {
    let server = Server::with(
        "CREATE USER other@'10.9.9.9' IDENTIFIED BY 'sesame'; CREATE USER socket@'%' IDENTIFIED VIA unix_socket; \
         CREATE USER locked@'%' IDENTIFIED BY 'sesame' ACCOUNT LOCK; \
         CREATE USER expired@'%' IDENTIFIED BY 'sesame' PASSWORD EXPIRE; \
         CREATE USER few@'%' IDENTIFIED BY 'sesame' WITH MAX_CONNECTIONS_PER_HOUR 1; \
         CREATE USER tls@'%' IDENTIFIED BY 'sesame' REQUIRE SSL; \
         CREATE DATABASE private",
    );
    let denied = check(&server.url("app:wrong", "app"));
    let message = failed(&denied, "login", "password_rejected", "ALTER USER");
    let says = "the server rejected the user or the password: Access denied for user 'app'@'127.0.0.1' (using password: \
                YES) (1045)";
    assert_eq!(message, says);
    assert!(codes(&denied).is_empty(), "the server counts no rejected password: {denied:#}");
    for login in ["nobody:sesame", "other:sesame", "tls:sesame"] {
        failed(&check(&server.url(login, "app")), "login", "password_rejected", "requires TLS look alike");
    }
    failed(&check(&server.url("app", "app")), "login", "password_missing", "`password: {env: …}`");
    failed(&check(&server.url("socket:sesame", "")), "login", "login_rejected", "socket of its own machine");
    let message = failed(&check(&server.url("locked:sesame", "")), "login", "login_rejected", "ACCOUNT UNLOCK");
    assert!(message.ends_with("(4151)"), "{message}");
    failed(&check(&server.url("expired:sesame", "")), "login", "login_rejected", "PASSWORD EXPIRE NEVER");
    failed(&check(&server.url("app:sesame", "private")), "login", "login_rejected", "GRANT");
    failed(&check(&server.url("app:sesame", "nothing")), "login", "login_rejected", "a missing one");
    passed(&check(&server.url("few:sesame", "")));
    failed(&check(&server.url("few:sesame", "")), "login", "too_many_connections", "MAX_USER_CONNECTIONS");
    assert!(!server.log().contains(PASSWORD));
}

#[test]
fn a_database_that_does_not_exist() {
    let server = Server::with("GRANT ALL ON *.* TO app@'%'");
    let missing = check(&server.url("app:sesame", "nothing"));
    let message = failed(&missing, "login", "no_such_database", "CREATE DATABASE");
    assert_eq!(message, "the database does not exist: Unknown database 'nothing' (1049)");
    let line = run(pilotfish().args(["check", &server.url("app:sesame", "nothing")])).stdout;
    assert!(line.contains("no_such_database"), "{line}");
}

#[test]
fn states_of_the_server() {
    let full = Server::start(&Options {
        settings: &["--max-connections=10"],
        sql: "CREATE USER holder@'%' IDENTIFIED BY 'sesame'",
        ..Options::default()
    });
    let mut held = Vec::new();
    until("every connection is taken", || {
        held.extend(holder(&full));
        held.len() == 10
    });
    let message = failed(&check(&full.url("app:sesame", "app")), "login", "too_many_connections", "SHOW PROCESSLIST");
    assert!(message.ends_with("Too many connections (1040)"), "{message}");
    drop(held);

    let strict = Server::start(&Options { settings: &["--max-password-errors=2"], ..Options::default() });
    for _ in 0..2 {
        failed(&check(&strict.url("app:wrong", "app")), "login", "password_rejected", "");
    }
    let message = failed(&check(&strict.url("app:sesame", "app")), "login", "login_rejected", "FLUSH PRIVILEGES");
    assert!(message.ends_with("(4150)"), "{message}");
}

/// A client that holds a connection; none where the server has no more, as while one of before is still closing.
fn holder(server: &Server) -> Option<Running> {
    let mut command = Command::new(need("mariadb", "mariadb-client-core"));
    command.env_clear().args(["--no-defaults", "-h", "127.0.0.1", "-u", "holder", "-psesame", "-N", "--unbuffered"]);
    command.args([&format!("-P{}", server.port), "-e", "SELECT 'held'; SELECT SLEEP(600)"]);
    let mut client = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::null()));
    let mut line = String::new();
    BufReader::new(client.0.stdout.take().expect("piped")).read_line(&mut line).expect("a line or the end");
    (line == "held\n").then_some(client)
}

#[test]
fn the_plugin_of_mariadb_that_signs() {
    let folder = plugins();
    let server = Server::start(&Options {
        settings: &[&format!("--plugin-dir={folder}"), "--plugin-load-add=auth_ed25519"],
        sql: "CREATE USER signed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('correct horse battery staple')",
        ..Options::default()
    });
    let good = check(&server.url("signed:correct%20horse%20battery%20staple", ""));
    passed(&good);
    assert_eq!(good["facts"]["auth_method"], "client_ed25519");
    failed(&check(&server.url("signed:wrong", "")), "login", "password_rejected", "ALTER USER");
}

#[test]
fn keys_override_the_url() {
    let server = Server::plain();
    let (folder, port) = (Folder::new(), server.port);
    let file = folder.write("pw", PASSWORD);
    for keys in [
        format!("{{host: 127.0.0.1, port: {port}, user: app, password: {{file: {file}}}, database: app}}"),
        format!("{{url: 'mysql://app:wrong@127.0.0.1:{port}/app', password: {PASSWORD}}}"),
        format!(
            "{{url: 'mysql://wrong:wrong@127.0.0.1:{port}/nothing', user: app, password: {PASSWORD}, database: app}}"
        ),
        format!("{{url: 'mysql://127.0.0.1:{port}/app?user=app&password={PASSWORD}'}}"),
    ] {
        passed(&check_keys(&keys));
    }
}

#[test]
fn urls_that_are_wrong_are_named_before_anything_is_sent() {
    failed(&check_variable("mysql://app:ses/ame@127.0.0.1/app"), "assert", "url_malformed", "%2F for /");
    failed(&check_variable("mysql://127.0.0.1/app"), "assert", "probe_limit", "");
    let here = format!("mysql://app:sesame@localhost:{}/app", dead_port());
    failed(&check(&here), "connect", "connect_refused", "socket file");
}

#[test]
fn the_example_of_the_docs() {
    let example =
        "{url: {env: MYSQL_URL}, password: {file: /etc/secrets/pw}, sslmode: VERIFY_IDENTITY, ca: /etc/ca.pem";
    assert!(std::fs::read_to_string("docs/configuration.md").is_ok_and(|page| page.contains(example)));
}
