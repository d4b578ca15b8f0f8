//! Logins with a password, and virtual hosts.

use super::{check, check_keys, codes, failed, passed};
use crate::support::rabbitmq::broker;
use crate::support::{Folder, ran, until};

/// The one line of a failure.
fn line_of(url: &str) -> String {
    let folder = Folder::new();
    let path = folder.write("termination-log", "");
    ran(&["wait", url, "--interval", "100ms", "--permanent-after", "100ms", "--termination-log", &path]);
    std::fs::read_to_string(path).expect("it is readable")
}

#[test]
fn a_login_to_each_virtual_host() {
    let broker = broker();
    for (login, path, has_finding) in [
        ("app:sesame", "", false),
        ("app:sesame", "/%2F", false),
        ("app:sesame", "/shop", false),
        ("app:sesame", "/%2Fshop", false),
        ("guest:guest", "/%2f", false),
        // Read by most clients as by this check, and by others not.
        ("app:sesame", "/", true),
        ("app:sesame", "//", true),
        ("app:sesame", "//shop", true),
    ] {
        let check = check(&broker.url(login, path));
        passed(&check);
        assert_eq!(codes(&check), if has_finding { vec!["url_misread"] } else { Vec::new() }, "{path}: {check:#}");
        let version = check["facts"]["server_version"].as_str().expect("it has one");
        assert!(version.starts_with("RabbitMQ 3."), "{version}");
        assert_eq!(check["facts"]["auth_method"], "plain");
    }
    // What clients log in as without a login.
    passed(&check(&format!("amqp://127.0.0.1:{}", broker.port)));
    passed(&check_keys(&format!(
        "{{host: 127.0.0.1, port: {}, user: app, password: sesame, vhost: /shop}}",
        broker.port
    )));
}

#[test]
fn a_rejected_login_is_no_closed_connection() {
    let broker = broker();
    for login in ["app:wrong", "nobody:sesame", "guest:wrong"] {
        let message =
            failed(&check(&broker.url(login, "/shop")), "login", "password_rejected", "rabbitmqctl authenticate_user");
        assert_eq!(message, "the server rejected the user or the password (403)");
    }
    failed(&check(&broker.url(":sesame", "/shop")), "login", "password_rejected", "but no user");
    let line = line_of(&broker.url("app:wrong", "/none"));
    assert!(line.contains("for user app"), "{line}");
}

#[test]
fn a_missing_virtual_host_is_told_from_one_without_permission() {
    let broker = broker();
    let missing = check(&broker.url("app:sesame", "/none"));
    let message = failed(&missing, "login", "no_such_database", "rabbitmqctl list_vhosts");
    assert_eq!(message, "the server has no such virtual host: 530 vhost none not found");
    let missing = check(&broker.url("app:sesame", "/%2F%2Fnone"));
    failed(&missing, "login", "no_such_database", "exactly one `/`");
    let refused = check(&broker.url("app:sesame", "/closed"));
    let message = failed(&refused, "login", "login_rejected", "rabbitmqctl set_permissions");
    assert!(message.contains("access to vhost 'closed' refused for user 'app'"), "{message}");
    let line = line_of(&broker.url("app:sesame", "/closed"));
    assert!(line.contains("user app has no permission for virtual host closed"), "{line}");
    let unset = check(&broker.url("observed:sesame", ""));
    failed(&unset, "login", "login_rejected", "rabbitmqctl set_permissions");
}

#[test]
fn limits_of_connections_are_told_apart() {
    let broker = broker();
    let of_vhost = check(&broker.url("app:sesame", "/full"));
    let message = failed(&of_vhost, "login", "too_many_connections", "set_vhost_limits");
    assert!(message.contains("connection limit (0) is reached"), "{message}");
    let of_user = check(&broker.url("limited:sesame", "/%2F"));
    let message = failed(&of_user, "login", "too_many_connections", "set_user_limits");
    assert!(message.contains("user connection limit (0) is reached"), "{message}");
}

/// It has a name there, and ends in good order, whether it passed or not.
#[test]
fn the_log_of_the_server_has_no_complaint() {
    let broker = broker();
    passed(&check(&broker.url("observed:sesame", "/quiet")));
    failed(&check(&broker.url("observed:sesame", "/closed")), "login", "login_rejected", "");
    let keys = format!("{{url: \"{}\", queue: none}}", broker.url("observed:sesame", "/quiet"));
    failed(&check_keys(&keys), "assert", "not_found_on_server", "");
    let log = || broker.log().lines().filter(|line| line.contains("observed")).map(str::to_owned).collect::<Vec<_>>();
    let closed = |lines: &[String]| lines.iter().filter(|line| line.contains("closing AMQP connection")).count();
    until("the connections are closed", || closed(&log()) >= 2);
    let lines = log();
    assert!(lines.iter().any(|line| line.contains("- pilotfish): user 'observed' authenticated")), "{lines:#?}");
    let warnings = lines.iter().filter(|line| line.contains("[warning]")).count();
    assert_eq!(warnings, 0, "{lines:#?}");
}
