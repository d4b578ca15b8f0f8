//! The login method of MySQL 8, `caching_sha2_password`, against a server of that protocol in Go: MariaDB does not have it.

use std::process::{Command, Stdio};

use super::{check_keys, failed, passed};
use crate::support::{Folder, Running, tool, until};

/// A running server, with the users `app` (password `sesame`) and `empty`.
struct Server {
    port: String,
    folder: Folder,
    _process: Running,
}

impl Server {
    fn start() -> Self {
        let folder = Folder::new();
        let log = std::fs::File::create(folder.path().join("log")).expect("the log is created");
        let mut command = Command::new(tool("mysql-server-1/mysql-server"));
        let process = Running::start(command.arg(folder.path()).stdout(log).stderr(Stdio::inherit()));
        until("the server listens", || folder.path().join("port").exists());
        let port = std::fs::read_to_string(folder.path().join("port")).expect("it is there");
        Self { port, folder, _process: process }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log is readable")
    }

    fn check(&self, login: &str, rest: &str) -> serde_json::Value {
        check_keys(&format!("{{url: 'mysql://{login}@localhost:{}/shop'{rest}}}", self.port))
    }
}

/// The server asks for the password itself until it has it in its cache, so each way in needs a server of its own.
#[test]
fn over_verified_tls_the_password_itself_is_sent() {
    let server = Server::start();
    let ca = format!(", ca: {}", server.file("ca.pem"));
    failed(&server.check("app:wrong", &ca), "login", "password_rejected", "ALTER USER");
    let good = server.check("app:sesame", &ca);
    passed(&good);
    assert_eq!(
        (&good["facts"]["auth_method"], &good["facts"]["server_version"]),
        (&"caching_sha2_password".into(), &"8.0.36".into())
    );
    assert!(server.log().contains("login: app pilotfish"), "{}", server.log());
    // Now the server has it, and a proof is enough, also without TLS.
    for rest in [", sslmode: DISABLED", ", sslmode: REQUIRED", ", sslmode: VERIFY_IDENTITY, ca: CA"] {
        passed(&server.check("app:sesame", &rest.replace("CA", &server.file("ca.pem"))));
    }
    failed(&server.check("app:wrong", ", sslmode: DISABLED"), "login", "password_rejected", "ALTER USER");
    passed(&server.check("empty", ", sslmode: DISABLED"));
}

/// A check of the certificate alone leaves as a client without a name, which this method refuses like any other.
#[test]
fn the_certificate_alone() {
    let (server, folder) = (Server::start(), Folder::new());
    let keys = format!("address: 'localhost:{}', starttls: mysql, ca: {}", server.port, server.file("ca.pem"));
    let config = folder.write("c.yaml", format!("checks: [{{name: cert, gates: [], tls: {{{keys}}}}}]"));
    passed(&crate::support::json(&["check", "-o", "json", "-c", &config])["checks"][0]);
    assert!(!server.log().contains("login: "), "{}", server.log());
}

#[test]
fn without_verified_tls_it_is_not_sent() {
    let server = Server::start();
    for (rest, hint) in [
        ("", "`cleartext: encrypted`"),
        (", sslmode: REQUIRED", "`cleartext: encrypted`"),
        (", sslmode: DISABLED", "`server_public_key`"),
        (", sslmode: DISABLED, cleartext: encrypted", "`server_public_key`"),
    ] {
        let check = server.check("app:sesame", rest);
        let message = failed(&check, "login", "probe_limit", hint);
        assert!(message.starts_with("the server asks for the password itself (caching_sha2_password)"), "{message}");
    }
    passed(&server.check("app:sesame", ", sslmode: REQUIRED, cleartext: encrypted"));
}

#[test]
fn without_tls_it_is_encrypted_for_the_key_that_is_pinned() {
    let server = Server::start();
    let other = Server::start();
    let with = |key: &str, login: &str| server.check(login, &format!(", sslmode: DISABLED, server_public_key: {key}"));
    let key = server.file("public.pem");
    failed(&with(&key, "app:wrong"), "login", "password_rejected", "");
    // Nobody but the server can read it.
    assert_eq!(with(&other.file("public.pem"), "app:sesame")["result"], "fail");
    passed(&with(&key, "app:sesame"));
    failed(&with("/nowhere/public.pem", "app:sesame"), "assert", "file_missing", "");
    failed(&with(&server.file("ca.pem"), "app:sesame"), "assert", "file_invalid", "");
    assert!(!server.log().contains("sesame"));
}

#[test]
fn a_database_that_does_not_exist() {
    let server = Server::start();
    let keys = format!("{{url: 'mysql://empty@localhost:{}/nothing', sslmode: DISABLED}}", server.port);
    failed(&check_keys(&keys), "login", "no_such_database", "CREATE DATABASE");
}
