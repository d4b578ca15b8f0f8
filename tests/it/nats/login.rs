//! Every way to log in, and every way in which a login fails.

use super::{check, check_keys, codes, failed, passed};
use crate::support::nats::{Key, Server, WITH_PASSWORD, creds, operator};
use crate::support::{Folder, free_port, pilotfish, ran as ran_with, run};

#[test]
fn with_a_password() {
    let server = Server::with(WITH_PASSWORD);
    let good = check(&server.url("app:sesame@"));
    passed(&good, false);
    assert_eq!(good["facts"]["auth_method"], "password");
    assert_eq!(good["facts"]["server_version"], "2.15.3");
    assert_eq!(codes(&good), Vec::<&str>::new(), "loopback is no network");
    let keys = format!("{{host: 127.0.0.1, port: {}, user: app, password: sesame}}", server.port);
    passed(&check_keys(&keys), false);
    for login in ["app:wrong@", "nobody:sesame@"] {
        let check = check(&server.url(login));
        let message = failed(&check, "login", "password_rejected", "Compare user and password");
        assert!(
            message.starts_with("the server rejected the user or the password: Authorization Violation"),
            "{message}"
        );
    }
    let logins = server.logins();
    failed(&check(&server.url("")), "login", "password_missing", "Set what the server expects");
    failed(&check(&server.url("sesame@")), "login", "password_rejected", "what stands alone before the `@` is a token");
    assert_eq!(server.logins(), logins + 2, "one login a run");
    let log = server.log();
    assert!(log.contains(r#""name":"pilotfish""#) && log.contains(r#""verbose":false"#), "{log}");
    let ours = log.lines().filter(|line| line.contains(":pilotfish"));
    assert_eq!(ours.filter(|line| line.contains("[SUB ") || line.contains("[PUB ")).count(), 0, "{log}");
}

#[test]
fn a_session_that_passes_leaves_nothing_odd_in_the_log() {
    let server = Server::with(WITH_PASSWORD);
    passed(&check(&server.url("app:sesame@")), false);
    crate::support::until("it is closed", || server.log().contains("Client connection closed"));
    let log = server.log();
    assert!(log.contains("Client connection closed: Client Closed") && !log.contains("[ERR]"), "{log}");
}

#[test]
fn without_a_login() {
    let server = Server::with("");
    let good = check(&server.url(""));
    passed(&good, false);
    assert_eq!(good["facts"]["auth_method"], "none");
    // A login that nobody asks for is accepted.
    passed(&check(&server.url("app:sesame@")), false);
}

#[test]
fn with_a_token() {
    let server = Server::with("authorization { token: sesame }");
    let good = check(&server.url("sesame@"));
    passed(&good, false);
    assert_eq!(good["facts"]["auth_method"], "token");
    assert_eq!(good["target"], server.url(""));
    passed(&check_keys(&format!("{{url: '{}', token: sesame}}", server.url(""))), false);
    failed(&check(&server.url("wrong@")), "login", "password_rejected", "authorization {token}");
    failed(&check(&server.url("")), "login", "password_missing", "");
}

#[test]
fn with_an_nkey() {
    let (user, other) = (Key::new('U', 1), Key::new('U', 2));
    let server = Server::with(&format!("authorization {{ users: [{{nkey: {}}}] }}", user.public()));
    let folder = Folder::new();
    let seed = folder.write("seed", format!("{}\n", user.seed()));
    let good = check_keys(&format!("{{url: '{}', nkey: {{file: {seed}}}}}", server.url("")));
    passed(&good, false);
    assert_eq!(good["facts"]["auth_method"], "nkey");
    let wrong = check_keys(&format!("{{url: '{}', nkey: {}}}", server.url(""), other.seed()));
    let message = failed(&wrong, "login", "login_rejected", "Add the public key");
    assert!(message.contains(&other.public()) && !message.contains(&other.seed()), "{message}");
    let public = check_keys(&format!("{{url: '{}', nkey: {}}}", server.url(""), user.public()));
    failed(&public, "assert", "variable_invalid", "");
    let plain = Server::with(WITH_PASSWORD);
    let logins = plain.logins();
    let none = check_keys(&format!("{{url: '{}', nkey: {}}}", plain.url(""), user.seed()));
    failed(&none, "login", "auth_unsupported", "no user with an nkey");
    assert_eq!(plain.logins(), logins, "nothing is sent");
}

#[test]
fn with_a_creds_file() {
    let (master, account, user, other) = (Key::new('O', 1), Key::new('A', 2), Key::new('U', 3), Key::new('U', 4));
    let server = Server::with(&operator(&master, &account));
    let folder = Folder::new();
    let check = |text: String| {
        let path = folder.write("app.creds", text);
        check_keys(&format!("{{url: '{}', creds: {path}}}", server.url("")))
    };
    let good = check(creds(&account, &user, &user, 0));
    passed(&good, false);
    assert_eq!(good["facts"]["auth_method"], "jwt");
    let expired = check(creds(&account, &user, &user, 1_700_000_000));
    let message = failed(&expired, "login", "login_rejected", "nsc generate creds");
    assert!(message.contains("the JWT expired on 2023-11-14T22:13:20Z"), "{message}");
    failed(&check(creds(&account, &user, &other, 0)), "login", "login_rejected", "belong to two users");
    failed(&check(creds(&Key::new('A', 9), &user, &user, 0)), "login", "login_rejected", "nsc push -a ACCOUNT");
    failed(&check(user.seed()), "assert", "file_invalid", "");
    let missing = check_keys(&format!("{{url: '{}', creds: /nowhere/app.creds}}", server.url("")));
    failed(&missing, "assert", "file_missing", "");
}

#[test]
fn a_full_server_and_one_that_stops() {
    let server = Server::with("max_connections: 1");
    let (_, holder) = server.info();
    failed(&check(&server.url("")), "login", "too_many_connections", "max_connections");
    drop(holder);
    crate::support::until("it has room", || check(&server.url(""))["result"] == "pass");
    let stopping = Server::with("");
    let (_, _holder) = stopping.info();
    stopping.signal("USR2");
    crate::support::until("it accepts nobody", || stopping.log().contains("Entering lame duck mode"));
    crate::support::until("it is refused", || check(&stopping.url(""))["failure"]["cause"] == "connect_refused");
}

#[test]
fn on_the_port_for_other_servers() {
    let port = free_port();
    let _server = Server::with(&format!("cluster {{ name: lab, listen: \"127.0.0.1:{port}\" }}"));
    let message = failed(&check(&format!("nats://127.0.0.1:{port}")), "login", "protocol_error", "usually 4222");
    assert!(message.contains("route port"), "{message}");
}

#[test]
fn several_servers() {
    let server = Server::with(WITH_PASSWORD);
    let dead = crate::support::dead_port();
    let login = "app:sesame@127.0.0.1";
    let good = check(&format!("nats://{login}:{dead},nats://{login}:{}", server.port));
    passed(&good, true);
    assert!(good["facts"]["passed_over"][0].as_str().is_some_and(|text| text.contains(&dead.to_string())), "{good:#}");
    passed(&check(&format!("nats://{login}:{},127.0.0.1:{dead}", server.port)), false);
    let none = check(&format!("nats://127.0.0.1:{dead},127.0.0.1:{}", crate::support::dead_port()));
    failed(&none, "connect", "connect_refused", "");
    // A rejected login is not repeated at the next server.
    let logins = server.logins();
    let wrong = check(&format!("nats://app:wrong@127.0.0.1:{0},localhost:{0}", server.port));
    failed(&wrong, "login", "password_rejected", "");
    assert_eq!(server.logins(), logins + 1);
    let two = format!("nats://a:x@127.0.0.1:{0},nats://b:x@127.0.0.1:{0}", server.port);
    let ran = run(pilotfish().env("URL", &two).args(["check", "-o", "json", "env:URL"]));
    assert!(ran.stdout.contains("url_malformed") && ran.stdout.contains("different logins"), "{ran:?}");
    assert_eq!(ran_with(&["check", &two]).code, 2);
}
