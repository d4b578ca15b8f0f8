//! Several servers, and servers on a Unix socket.

use super::{check, check_beside, degraded, failed, passed};
use crate::support::memcached::{Auth, Options, Server};
use crate::support::{Folder, dead_port, pilotfish, run};

fn list(ports: &[u16]) -> String {
    ports.iter().map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
}

#[test]
fn each_server_of_a_list_is_visited() {
    let servers = [Server::with(Auth::Text), Server::with(Auth::Text)];
    let ports = [servers[0].port, servers[1].port];
    let login = "user: app, password: sesame";
    for keys in [
        format!("{{servers: '{}', {login}}}", list(&ports)),
        format!("{{servers: ['127.0.0.1:{}:50', '127.0.0.1:{}:20'], {login}}}", ports[0], ports[1]),
        format!("{{url: 'memcached://app:sesame@{}'}}", list(&ports)),
    ] {
        let good = check(&keys);
        passed(&good);
        assert_eq!(good["target"], format!("memcached://app@{}", list(&ports)));
        assert_eq!(good["tries"].as_array().map(Vec::len), Some(2), "{good:#}");
    }
    let before = ["set x 0 0 10\r\napp sesame"];
    for server in &servers {
        assert_eq!(server.statistic("auth_cmds", &before), 3 + 1, "one login for each server and run");
    }
}

#[test]
fn a_server_that_is_down_is_named() {
    let server = Server::open();
    let (dead, other) = (dead_port(), dead_port());
    for ports in [[server.port, dead], [dead, server.port]] {
        let keys = format!("{{servers: '{}'}}", list(&ports));
        let found = check(&keys);
        let text = degraded(&found);
        assert!(text.contains(&format!("1 of 2 servers fails: 127.0.0.1:{dead}: ")), "{text}");
        failed(&check_beside(&keys, ", require: each"), "connect", "connect_refused", "");
    }
    let none = check(&format!("{{servers: '{}'}}", list(&[dead, other])));
    let message = failed(&none, "connect", "connect_refused", "");
    assert!(message.contains(&dead.to_string()) && message.contains(&other.to_string()), "{message}");
    let both = check_beside(&format!("{{servers: '{}'}}", list(&[server.port, Server::open().port])), "");
    assert_eq!(both["result"], "pass", "{both:#}");
}

#[test]
fn a_rejected_login_is_sent_once() {
    let servers = [Server::open(), Server::with(Auth::Text), Server::with(Auth::Text)];
    let ports = servers.each_ref().map(|server| server.port);
    let keys = format!("{{servers: '{}', user: app, password: wrong}}", list(&ports));
    let message = failed(&check(&keys), "login", "password_rejected", "");
    assert!(message.starts_with(&format!("127.0.0.1:{}: ", ports[1])), "{message}");
    let errors = |server: &Server| server.statistic("auth_errors", &["set x 0 0 10\r\napp sesame"]);
    assert_eq!((errors(&servers[1]), errors(&servers[2])), (1, 0));
    let one = check(&format!("{{servers: '{}', user: app, password: sesame}}", list(&ports)));
    let text = degraded(&one);
    assert!(text.contains(&format!("127.0.0.1:{}: user and password are set", ports[0])), "{text}");
    assert_eq!(text.matches("asks for no login").count(), 1, "{one:#}");
    let none = check(&format!("{{servers: '{}'}}", list(&ports)));
    let message = failed(&none, "login", "password_missing", "");
    assert!(message.starts_with(&format!("127.0.0.1:{}: ", ports[1])), "{message}");
}

/// Two problems have two fixes.
#[test]
fn an_open_server_beside_a_dead_one() {
    let (server, dead) = (Server::open(), dead_port());
    let found = check(&format!("{{servers: '{}', user: app, password: sesame}}", list(&[server.port, dead])));
    let text = degraded(&found);
    assert!(text.contains(&format!("127.0.0.1:{}: user and password are set", server.port)), "{text}");
    assert!(text.contains(&format!("1 of 2 servers fails: 127.0.0.1:{dead}: ")), "{text}");
    let fix = found["findings"][0]["fix"].as_str().unwrap_or_default();
    assert!(fix.contains("start memcached with SASL") && fix.contains("repair these servers"), "{found:#}");
}

#[test]
fn on_a_socket() {
    let server = Server::start(&Options { on_socket: true, ..Options::default() });
    let path = server.socket();
    for keys in [
        format!("{{host: '{path}'}}"),
        format!("{{host: 'unix:{path}'}}"),
        format!("{{url: 'memcached://{path}?weight=20'}}"),
        format!("{{url: 'memcache+unix://{path}'}}"),
    ] {
        let good = check(&keys);
        assert_eq!(passed(&good), "none", "{keys}");
        assert_eq!(good["target"], format!("memcached+unix://{path}"));
        assert_eq!(good["tries"][0]["address"], format!("unix:{path}"), "{good:#}");
    }
    let folder = Folder::new();
    for (gates, code) in [("[live]", 0), ("[startup]", 2)] {
        let yaml =
            format!("checks: [{{name: cache, gates: {gates}, memcached: {{host: '{path}', user: a, password: x}}}}]");
        let ran = run(pilotfish().args(["config", "check", "-c", &folder.write("gates.yaml", yaml)]));
        assert_eq!(ran.code, code, "{gates}: {ran:?}");
    }
    drop(server);
    failed(&check(&format!("{{host: '{path}'}}")), "connect", "file_missing", "mount the volume");
    let sasl = Server::start(&Options { on_socket: true, auth: Auth::Sasl, ..Options::default() });
    assert_eq!(passed(&check(&format!("{{url: 'memcached://app:sesame@{}'}}", sasl.socket()))), "sasl_plain");
    failed(&check(&format!("{{host: '{}'}}", sasl.socket())), "login", "password_missing", "");
}
