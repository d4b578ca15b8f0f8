//! Which login a server asks for, every way it fails, and that nothing is ever stored.

use super::{check, degraded, failed, login, passed};
use crate::support::memcached::{Auth, Options, Server};
use crate::support::netns::Namespace;
use crate::support::{Folder, json};

/// Arguments of servers without logins: every protocol, one of the two, and a limited number of each.
const OPEN: [&[&str]; 3] = [&[], &["-B", "ascii"], &["-B", "binary"]];

#[test]
fn without_a_login() {
    for arguments in OPEN {
        let server = Server::start(&Options { arguments, ..Options::default() });
        let good = check(&format!("{{host: localhost, port: {}}}", server.port));
        assert_eq!(passed(&good), "none", "{arguments:?}");
        assert_eq!(good["target"], format!("memcached://localhost:{}", server.port));
    }
}

#[test]
fn a_server_that_asks_for_no_login_gets_none() {
    for arguments in OPEN {
        let server = Server::start(&Options { arguments, ..Options::default() });
        for more in ["", ", auth: sasl", ", auth: text"] {
            let found = check(&login(server.port, more));
            match (arguments, more) {
                (["-B", "ascii"], ", auth: sasl") => {
                    failed(&found, "login", "auth_unsupported", "remove `auth: sasl`");
                }
                (["-B", "binary"], ", auth: text") => {
                    failed(&found, "login", "auth_unsupported", "remove `auth: text`");
                }
                _ => assert!(degraded(&found).contains("asks for no login"), "{arguments:?} {more}: {found:#}"),
            }
            assert!(!found.to_string().contains("sesame"), "{found:#}");
        }
        if arguments != ["-B", "binary"] {
            assert_eq!(server.statistic("cmd_set", &[]), 0, "{arguments:?}: something was written");
            assert_eq!(server.statistic("total_items", &[]), 0, "{arguments:?}: something was stored");
        }
    }
}

#[test]
fn by_the_text_protocol() {
    let server = Server::with(Auth::Text);
    let before = ["set x 0 0 10\r\napp sesame"];
    for (runs, more) in [(1, ""), (2, ", auth: text")] {
        assert_eq!(passed(&check(&login(server.port, more))), "text");
        // Each asks for it with a login of its own.
        assert_eq!(server.statistic("auth_cmds", &before), 2 * runs, "one login a run");
    }
    for wrong in ["{P}x", "sesam", "x sesame", "se same"] {
        let keys = login(server.port, "").replace("sesame", &format!("'{wrong}'"));
        let message = failed(&check(&keys), "login", "password_rejected", "memcached -Y FILE");
        assert_eq!(
            message, "the server rejected the user or the password: CLIENT_ERROR authentication failure",
            "{wrong}"
        );
    }
    failed(&check(&login(server.port, "").replace("app", "nobody")), "login", "password_rejected", "");
    failed(
        &check(&login(server.port, ", auth: sasl")),
        "login",
        "auth_unsupported",
        "Start the server with SASL (`-S`)",
    );
    let none = check(&format!("{{host: localhost, port: {}}}", server.port));
    failed(&none, "login", "password_missing", "Set `user` and `password`");
    assert_eq!(server.statistic("total_items", &before), 0, "something was stored");
    let url = check(&format!("{{url: 'memcache://app:sesame@localhost:{}?protocol=ascii'}}", server.port));
    assert_eq!(passed(&url), "text");
}

#[test]
fn by_sasl() {
    let server = Server::with(Auth::Sasl);
    for more in ["", ", auth: sasl"] {
        assert_eq!(passed(&check(&login(server.port, more))), "sasl_plain");
    }
    let wrong = check(&login(server.port, "").replace("sesame", "wrong"));
    let message = failed(&wrong, "login", "password_rejected", "sasldblistusers2");
    assert_eq!(message, "the server rejected the user or the password: Auth failure");
    failed(&check(&login(server.port, "").replace("app", "nobody")), "login", "password_rejected", "");
    let text = check(&login(server.port, ", auth: text"));
    failed(&text, "login", "auth_unsupported", "Make the app's client use the binary protocol");
    let none = check(&format!("{{host: localhost, port: {}}}", server.port));
    failed(&none, "login", "password_missing", "`memcached -S`");
    for half in ["user: app", "password: sesame"] {
        failed(&check(&format!("{{host: localhost, {half}}}")), "login", "password_missing", "Set `");
    }
}

#[test]
fn sasl_without_plain() {
    let server = Server::start(&Options { auth: Auth::Sasl, mechanisms: "cram-md5", ..Options::default() });
    let found = check(&login(server.port, ""));
    let message = failed(&found, "login", "probe_limit", "Add `plain` to `mech_list`");
    assert!(message.ends_with("(it offers CRAM-MD5)"), "{message}");
    let several = Server::start(&Options { auth: Auth::Sasl, mechanisms: "cram-md5 plain", ..Options::default() });
    assert_eq!(passed(&check(&login(several.port, ""))), "sasl_plain");
}

#[test]
fn a_server_without_a_free_connection() {
    let server = Server::start(&Options { arguments: &["-c", "40", "-t", "1"], ..Options::default() });
    let clients = server.fill();
    for more in ["", ", auth: text", ", tls: {verify: false}"] {
        failed(&check(&login(server.port, more)), "login", "too_many_connections", "memcached -c N");
    }
    drop(clients);
    crate::support::until("it has one again", || {
        check(&format!("{{host: localhost, port: {}}}", server.port))["result"] == "pass"
    });
}

#[test]
fn a_password_without_tls_is_found() {
    let (pod, rest) = (Namespace::new(), Namespace::new());
    pod.cable(&rest, "eth0", &["10.7.0.7/24"], &["10.7.0.1/24"]);
    let folder = Folder::new();
    for (auth, codes) in [
        (Auth::Text, &["cleartext_login"][..]),
        (Auth::Sasl, &["cleartext_login"]),
        // Nothing is sent where nothing is asked for.
        (Auth::None, &["peer_warns"]),
    ] {
        let server = Server::start(&Options { auth, inside: Some(&rest), ..Options::default() });
        let keys = login(server.port, "").replace("localhost", "10.7.0.1");
        let config = folder.write("c.yaml", format!("checks: [{{name: cache, gates: [], memcached: {keys}}}]"));
        let found = pod.json(&["check", "-o", "json", "-c", &config])["checks"][0].take();
        let all: Vec<&str> =
            found["findings"].as_array().expect("a list").iter().filter_map(|one| one["code"].as_str()).collect();
        assert_eq!(all, codes, "{found:#}");
    }
}

#[test]
fn a_target_and_what_variables_hold() {
    let server = Server::open();
    let target = format!("memcached://localhost:{}", server.port);
    assert_eq!(json(&["check", "-o", "json", &target])["checks"][0]["result"], "pass");
    let ask = |args: &[&str]| {
        let mut command = crate::support::pilotfish();
        command.env("MEMCACHE_SERVERS", format!("localhost:{}", server.port));
        crate::support::run(command.args(args))
    };
    let check = ask(&["check"]);
    assert!(check.code == 0 && check.stdout.contains(&target), "{check:?}");
    let wait = ask(&["wait", "--timeout", "1s"]);
    assert!(wait.code == 2 && wait.stderr.contains("MEMCACHE_SERVERS"), "{wait:?}");
    let discovered = ask(&["config", "discover"]);
    assert!(discovered.stdout.contains("memcached:") && discovered.stdout.contains("servers"), "{discovered:?}");
}
