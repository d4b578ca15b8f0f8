//! Logins at a real server: every way in, and every way in which one is refused.

use std::io::Read as _;
use std::net::TcpStream;

use super::{check, check_keys, failed, passed};
use crate::support::exim::{Options, PASSWORD, Server};
use crate::support::{Folder, pilotfish, run};

fn url(server: &Server, login: &str) -> String {
    format!("smtp://{login}127.0.0.1:{}", server.port)
}

#[test]
fn with_a_password() {
    let server = Server::plain();
    let good = check(&url(&server, "app:sesame@"));
    passed(&good);
    assert_eq!(
        (good["facts"]["auth_method"].as_str(), good["target"].as_str()),
        (Some("plain"), Some(&*url(&server, "app@")))
    );
    assert_eq!(good["facts"]["auth_offered"], serde_json::json!(["PLAIN", "LOGIN"]));
    assert_eq!(server.commands(), "EHLO,AUTH,QUIT", "one login, no mail, and a goodbye");
    assert_eq!(server.rejected(), 0);
    for word in ["lost", "unexpected", "error", "synchron"] {
        assert!(!server.log().contains(word), "{word}: {}", server.log());
    }
}

#[test]
fn a_wrong_one_is_sent_once() {
    let server = Server::plain();
    for (number, login) in ["app:wrong@", "nobody:sesame@"].into_iter().enumerate() {
        let check = check(&url(&server, login));
        let message = failed(&check, "login", "password_rejected", "Compare the Secret");
        let words = "the SMTP server rejected the user or the password: 535 Incorrect authentication data";
        assert_eq!(message, words);
        // No second mechanism is tried.
        assert_eq!(server.rejected(), number + 1, "{}", server.log());
    }
    assert_eq!(server.commands(), "EHLO,AUTH,QUIT");
    let ran = run(pilotfish().args(["check", &url(&server, "app:hunter2@")]));
    assert!(ran.code == 1 && !ran.stdout.contains("hunter2"), "{ran:?}");
}

#[test]
fn a_server_that_knows_login_alone() {
    let server = Server::start(&Options { login_alone: true, ..Options::default() });
    let good = check(&url(&server, "app:sesame@"));
    passed(&good);
    assert_eq!(good["facts"]["auth_method"], "login");
    failed(&check(&url(&server, "app:wrong@")), "login", "password_rejected", "");
    assert_eq!(server.rejected(), 1);
    let token = check_keys(&format!("{{address: '127.0.0.1:{}', username: app, token: sesame}}", server.port));
    let message = failed(&token, "login", "auth_unsupported", "Set `password`");
    assert_eq!(message, "the SMTP server offers LOGIN, but not XOAUTH2");
}

#[test]
fn without_a_login() {
    let banner = "smtp_banner = mx.lab ESMTP\\nof the lab\\nready";
    let server = Server::start(&Options { settings: banner, ..Options::default() });
    let good = check_keys(&format!("{{address: '127.0.0.1:{}', ehlo: pod.shop.example}}", server.port));
    passed(&good);
    assert_eq!(good["facts"]["auth_method"], "none");
    assert_eq!(server.commands(), "EHLO,QUIT");
    assert!(server.log().contains("pod.shop.example"), "the name of EHLO: {}", server.log());
    let alone = check(&url(&server, "app@"));
    failed(&alone, "login", "password_missing", "Set `password`");
    let nobody = check(&url(&server, ":sesame@"));
    failed(&nobody, "login", "password_missing", "Set `username`");
}

#[test]
fn a_server_that_sends_its_clients_away() {
    for (acl, cause, hint) in [
        ("c:\n deny message = 554 5.7.1 Your address is blocked", "login_rejected", "egress address"),
        ("c:\n deny message = 521 5.3.2 takes no mail", "login_rejected", "no mail from anybody"),
        (
            "c:\n defer message = 421 4.7.0 Too many connections",
            "too_many_connections",
            "smtpd_client_connection_count_limit",
        ),
        ("c:\n defer message = 421 4.3.2 Try again later", "too_many_connections", "try again later"),
        ("c:\n defer message = 421 4.3.2 Service shutting down", "shutting_down", "shutting down"),
    ] {
        let server = Server::start(&Options { settings: "acl_smtp_connect = c", acl, ..Options::default() });
        failed(&check(&url(&server, "app:wrong@")), "login", cause, hint);
        assert_eq!(server.rejected(), 0, "nothing was sent");
    }
}

#[test]
fn a_name_that_the_server_does_not_accept() {
    let acl =
        "h:\n accept condition = ${if eq{$sender_helo_name}{pod.shop.example}}\n deny message = 550 Invalid HELO name";
    let server = Server::start(&Options { settings: "acl_smtp_helo = h", acl, ..Options::default() });
    let keys = format!("address: '127.0.0.1:{}', username: app, password: sesame", server.port);
    let message = failed(&check_keys(&format!("{{{keys}}}")), "login", "login_rejected", "(`ehlo`)");
    assert_eq!(message, "the SMTP server does not accept the name pilotfish: 550 Invalid HELO name");
    passed(&check_keys(&format!("{{{keys}, ehlo: pod.shop.example}}")));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn the_last_connection_is_taken() {
    let server = Server::start(&Options { settings: "smtp_accept_max = 1", ..Options::default() });
    let mut holder = TcpStream::connect(("127.0.0.1", server.port)).expect("the server listens");
    assert!(holder.read(&mut [0; 64]).is_ok_and(|count| count > 0), "it greets");
    let message = failed(&check(&url(&server, "app:sesame@")), "login", "too_many_connections", "Close idle clients");
    assert!(message.contains("421 Too many concurrent SMTP connections"), "{message}");
}

#[test]
fn what_the_server_answers_to_a_login() {
    for (verb, answer, cause, hint) in [
        ("deny", "530 5.7.0 Must issue a STARTTLS command first", "tls_unsupported", "`tls: starttls`"),
        (
            "deny",
            "538 5.7.11 Encryption required for requested authentication mechanism",
            "tls_unsupported",
            "`tls: starttls`",
        ),
        ("deny", "534 5.7.9 Application-specific password required", "login_rejected", "app password"),
        ("deny", "534 5.7.9 Authentication mechanism is too weak", "auth_unsupported", "`token`"),
        ("deny", "535 5.7.139 account is locked", "login_rejected", "Unlock"),
        ("deny", "525 5.7.13 User Account Disabled", "login_rejected", "Enable it"),
        ("defer", "454 4.7.0 Too many login attempts", "too_many_connections", "Wait"),
        ("defer", "454 4.7.0 Temporary authentication failure", "too_many_connections", "was not judged"),
        ("defer", "421 4.7.0 Too many errors", "too_many_connections", "Wait"),
    ] {
        let acl = format!("a:\n {verb} message = {answer}");
        let server = Server::start(&Options { settings: "acl_smtp_auth = a", acl: &acl, ..Options::default() });
        let message = failed(&check(&url(&server, "app:sesame@")), "login", cause, hint);
        assert!(message.contains(&answer[4..]), "{message}");
    }
}

#[test]
fn a_server_that_lost_what_checks_its_passwords() {
    let server = Server::start(&Options { condition: Some("no boolean"), ..Options::default() });
    let message = failed(&check(&url(&server, "app:sesame@")), "login", "too_many_connections", "was not judged");
    assert!(message.contains("435 Unable to authenticate"), "{message}");
}

#[test]
fn a_server_that_offers_no_login() {
    let server = Server::start(&Options { settings: "auth_advertise_hosts =", ..Options::default() });
    failed(&check(&url(&server, "app:sesame@")), "login", "auth_unsupported", "remove user and password");
    passed(&check(&url(&server, "")));
}

#[test]
fn a_greeting_that_comes_later_than_the_deadline() {
    let slow = Options { settings: "acl_smtp_connect = c", acl: "c:\n accept delay = 30s", ..Options::default() };
    let server = Server::start(&slow);
    let late = check_keys(&format!("{{url: '{}'}}", url(&server, "app:sesame@")));
    let message = failed(&late, "login", "timeout", "tarpitting");
    assert!(message.ends_with("; the SMTP server did not greet in time"), "{message}");
}

#[test]
fn keys_override_the_url() {
    let server = Server::plain();
    let (folder, port) = (Folder::new(), server.port);
    let file = folder.write("pw", PASSWORD);
    for keys in [
        format!("{{address: '127.0.0.1:{port}', username: app, password: {{file: {file}}}}}"),
        format!("{{host: 127.0.0.1, port: {port}, tls: none, user: app, password: {PASSWORD}}}"),
        format!("{{url: 'smtp://other:wrong@127.0.0.1:{port}', user: app, password: {PASSWORD}}}"),
        format!("{{url: 'smtps://app:sesame@127.0.0.1:{port}', tls: none}}"),
    ] {
        passed(&check_keys(&keys));
    }
    assert_eq!(server.rejected(), 0, "{}", server.log());
}

#[test]
fn the_variable_of_an_app_is_found() {
    let server = Server::plain();
    let ran = run(pilotfish().env("MAILER_DSN", url(&server, "app:sesame@")).args(["wait", "--timeout", "10s"]));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(server.commands(), "EHLO,AUTH,QUIT");
}
