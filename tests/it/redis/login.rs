//! Logins: every way in, and every way in which one is refused.

use super::{check, check_keys, check_variable, codes, failed, passed};
use crate::support::redis::{PASSWORD, Server};
use crate::support::{Folder, pilotfish, run};

/// A server with the default user's password and these users.
fn with_users() -> Server {
    let server = Server::with(&format!(
        "requirepass {PASSWORD}\nslowlog-log-slower-than 0\nuser app on >sesame ~* +@all\nuser off off >sesame ~* +@all\n\
         user mute on >sesame ~* +@all -ping -client\nuser bound on >sesame ~* +@all -select"
    ));
    server.cli(&["CONFIG", "RESETSTAT"]);
    server
}

#[test]
fn a_password_alone() {
    let server = Server::with(&format!("requirepass {PASSWORD}\nslowlog-log-slower-than 0"));
    let own = server.calls("auth");
    let good = check(&server.url(":sesame@"));
    passed(&good, false);
    assert_eq!(good["facts"]["auth_method"], "requirepass");
    assert_eq!(good["target"], format!("redis://127.0.0.1:{}", server.port));
    // The other one is redis-cli's, which counts.
    assert_eq!(server.calls("auth") - own, 2, "one login a run");
    let slow = server.cli(&["SLOWLOG", "GET"]);
    for text in ["PING", "QUIT"] {
        assert!(slow.contains(text), "{text} is not in {slow}");
    }
    assert!(!server.log().contains("Error"), "{}", server.log());
    let message = failed(&check(&server.url(":wrong@")), "login", "password_rejected", "CONFIG GET requirepass");
    assert!(message.starts_with("the server rejected the user or the password: WRONGPASS invalid"), "{message}");
    failed(&check(&server.url("")), "login", "password_missing", "redis://:PASSWORD@HOST");
}

#[test]
fn users() {
    let server = with_users();
    let good = check(&server.url("app:sesame@"));
    passed(&good, false);
    assert_eq!(good["facts"]["auth_method"], "acl");
    passed(&check(&server.url("default:sesame@")), false);
    for login in ["app:wrong@", "nobody:sesame@", "off:sesame@"] {
        failed(&check(&server.url(login)), "login", "password_rejected", "`ACL LIST`");
    }
    let denied = check(&(server.url("bound:sesame@") + "/1"));
    let message = failed(&denied, "request", "permission_denied", "+select");
    assert!(message.starts_with("the login works, but the user may not run the command: NOPERM "), "{message}");
    passed(&check(&(server.url("bound:sesame@") + "/0")), false);
    let mute = check(&server.url("mute:sesame@"));
    passed(&mute, true);
    assert_eq!(codes(&mute), ["peer_warns"], "{mute:#}");
}

#[test]
fn a_password_that_no_server_wants() {
    let server = Server::with("");
    let plain = check(&server.url(""));
    passed(&plain, false);
    assert_eq!(plain["facts"]["auth_method"], "none");
    let message = failed(&check(&server.url(":sesame@")), "login", "password_not_expected", "Set `requirepass`");
    assert!(message.starts_with("the server has no password set, but one was sent: ERR AUTH <password>"), "{message}");
}

#[test]
fn a_password_in_the_place_of_the_user_stays_here() {
    let server = with_users();
    let check = check(&server.url("sesame@"));
    failed(&check, "login", "password_missing", "has no colon");
    assert!(codes(&check).contains(&"redis_password_as_user"), "{check:#}");
    assert_eq!(check["target"], format!("redis://127.0.0.1:{}", server.port));
    assert!(!server.cli(&["ACL", "LOG"]).contains(PASSWORD), "the server would keep it as a name");
    assert!(!server.log().contains(PASSWORD));
}

#[test]
fn a_doubled_password_is_named_before_anything_is_sent() {
    let server = Server::with_password();
    for login in [":sesame@:sesame@", "default:sesame@:sesame@"] {
        let check = check_variable(&server.url(login));
        failed(&check, "assert", "url_password_doubled", "once");
    }
    // Here every client takes all behind the first colon for the password.
    let check = check(&server.url(":sesame:sesame@"));
    failed(&check, "login", "password_rejected", "");
}

#[test]
fn keys_override_the_url() {
    let server = with_users();
    let (folder, port) = (Folder::new(), server.port);
    let file = folder.write("pw", PASSWORD);
    for (keys, method) in [
        (format!("{{host: 127.0.0.1, port: {port}, password: {{file: {file}}}}}"), "requirepass"),
        (format!("{{url: 'redis://:wrong@127.0.0.1:{port}', password: {PASSWORD}}}"), "requirepass"),
        (format!("{{url: 'redis://wrong:wrong@127.0.0.1:{port}', user: app, password: {PASSWORD}}}"), "acl"),
        (format!("{{url: 'redis://app@127.0.0.1:{port}', password: {PASSWORD}}}"), "acl"),
        (format!("{{url: 'valkey://127.0.0.1:1', port: {port}, username: app, password: {PASSWORD}, db: 3}}"), "acl"),
    ] {
        let check = check_keys(&keys);
        passed(&check, false);
        assert_eq!(check["facts"]["auth_method"], method, "{keys}");
        assert!(codes(&check).is_empty(), "{keys}: {check:#}");
    }
    let keys = format!("{{host: 127.0.0.1, port: {port}, user: app}}");
    failed(&check_keys(&keys), "login", "password_missing", "AUTH needs a user and a password");
    let encoded = format!("{{host: 127.0.0.1, port: {port}, password: 'ses%61me'}}");
    failed(&check_keys(&encoded), "login", "password_rejected", "");
}

#[test]
fn the_example_of_the_docs() {
    let server = Server::with_password();
    let folder = Folder::new();
    let example = "{url: {env: REDIS_URL}, password: {file: /etc/secrets/redis}}";
    assert!(std::fs::read_to_string("docs/configuration.md").is_ok_and(|page| page.contains(example)));
    let file = folder.write("redis", PASSWORD);
    let keys = example.replace("/etc/secrets/redis", &file);
    let config = folder.write("c.yaml", format!("checks: [{{name: cache, gates: [ready], redis: {keys}}}]"));
    let ran = run(pilotfish().env("REDIS_URL", server.url("")).args(["check", "-c", &config]));
    assert_eq!(ran.code, 0, "{ran:?}");
}
