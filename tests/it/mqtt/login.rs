//! Logins that work and that do not, what they leave behind, and the version of the protocol.

use super::{VERSIONS, check, failed, keys, passed};
use crate::support::hostile::{Manner, here};
use crate::support::mosquitto::{Options, Server};
use crate::support::netns::Namespace;
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, json, until};

#[test]
fn a_login_in_both_versions() {
    let server = Server::with_login();
    for (version, more) in VERSIONS {
        let login = check(&keys(server.port, more));
        passed(&login);
        assert_eq!(
            (&login["facts"]["mqtt_version"], &login["facts"]["auth_method"]),
            (&version.into(), &"password".into())
        );
        assert_eq!(login["target"], format!("mqtt://app@localhost:{}", server.port));
    }
    passed(&json(&["check", "-o", "json", &format!("mqtt://app:sesame@127.0.0.1:{}", server.port)])["checks"][0]);
    until("each has said goodbye", || server.log().matches("Received DISCONNECT").count() == 3);
    assert!(!server.log().contains("closed its connection"), "{}", server.log());
    assert_eq!(
        server.log().matches("(p2, c1,").count() + server.log().matches("(p5, c1,").count(),
        3,
        "clean sessions"
    );
}

/// A broker ends the connection of whoever has the same id, so each login has its own.
#[test]
fn each_connection_has_a_new_id() {
    let server = Server::open();
    for _ in 0..3 {
        passed(&check(&format!("{{host: 127.0.0.1, port: {}}}", server.port)));
    }
    passed(&check(&format!("{{host: 127.0.0.1, port: {}, client_id: probe-7}}", server.port)));
    let ids = server.client_ids();
    assert_eq!(ids.len(), 4, "{}", server.log());
    assert_eq!(ids[3], "probe-7");
    for id in &ids[..3] {
        let rest = id.strip_prefix("pf").expect("its own prefix");
        assert!(
            rest.len() == 20 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()),
            "{id}"
        );
        assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{ids:?}");
    }
}

#[test]
fn a_rejected_login() {
    let server = Server::with_login();
    for (_, more) in VERSIONS {
        for (from, to) in [("sesame", "wrong"), ("app", "nobody")] {
            let rejected = check(&keys(server.port, more).replace(from, to));
            let message = failed(&rejected, "login", "password_rejected", "mosquitto_passwd");
            assert!(message.starts_with("the broker does not authorise this user and password ("), "{message}");
        }
        let nobody = check(&format!("{{host: 127.0.0.1, port: {}{more}}}", server.port));
        failed(&nobody, "login", "password_missing", "allow_anonymous");
        // A user alone is what some brokers take as a token; it is not shown.
        let alone = check(&format!("{{host: 127.0.0.1, port: {}, user: s3cret{more}}}", server.port));
        failed(&alone, "login", "password_rejected", "");
        assert!(!alone.to_string().contains("s3cret"), "{alone:#}");
    }
    let no_user = check(&format!("{{host: 127.0.0.1, port: {}, password: sesame}}", server.port));
    failed(&no_user, "login", "password_missing", "version: \"5\"");
}

#[test]
fn over_a_socket() {
    let server = Server::start(&Options {
        settings: "per_listener_settings true\nlistener 0 FOLDER/socket\nallow_anonymous true",
        ..Options::default()
    });
    passed(&check(&format!("{{host: 'unix:{}'}}", server.socket())));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn a_broker_that_is_full() {
    let server = Server::start(&Options { listener: "max_connections 1", ..Options::default() });
    let holder = std::net::TcpStream::connect(("127.0.0.1", server.port)).expect("it listens");
    until("the only place is taken", || server.log().contains("New connection"));
    let full = check(&format!("{{host: 127.0.0.1, port: {}}}", server.port));
    let failure = &full["failure"];
    assert!(matches!(failure["cause"].as_str(), Some("connect_reset" | "connection_closed")), "{full:#}");
    assert!(failure["hint"].as_str().is_some_and(|hint| hint.contains("max_connections")), "{full:#}");
    drop(holder);
}

/// No run logs in twice: a version that the server does not speak is answered by the next run.
#[test]
fn the_next_run_tries_the_other_version() {
    // A broker that speaks 5 alone, as far as that goes: it refuses 3.1.1 by code, and takes the other one.
    let refuses = here(Manner::Says(b"\x20\x02\0\x01".to_vec())).port();
    let once = check(&format!("{{host: 127.0.0.1, port: {refuses}}}"));
    let message = failed(&once, "login", "protocol_error", "Set `version`");
    assert_eq!(message, "the broker does not speak MQTT 3.1.1 (1 unacceptable protocol version)");
    let of_5 = check(&format!("{{host: 127.0.0.1, port: {refuses}, version: 5}}"));
    let message = failed(&of_5, "login", "protocol_error", "Set `version`");
    assert_eq!(message, "the broker does not speak MQTT 5 (1 unacceptable protocol version)");
    let config = format!(
        "checks: [{{name: broker, interval: 1s, gates: [startup], starts_before: true, mqtt: {{host: 127.0.0.1, port: {refuses}}}}}]"
    );
    let sidecar = Sidecar::start(&config);
    let spoken = |version: &str| sidecar.get("/status").body.contains(&format!("does not speak MQTT {version}"));
    until("it was tried with 3.1.1", || spoken("3.1.1"));
    until("it was tried with 5", || spoken("5"));
}

#[test]
fn a_password_without_tls_is_found() {
    let (pod, rest) = (Namespace::new(), Namespace::new());
    pod.cable(&rest, "eth0", &["10.7.0.7/24"], &["10.7.0.1/24"]);
    let server = Server::start(&Options { inside: Some(&rest), ..Options::default() });
    let folder = Folder::new();
    let check = |keys: &str| {
        let keys = keys.replace("localhost", "10.7.0.1");
        let config = folder.write("c.yaml", format!("checks: [{{name: broker, gates: [], mqtt: {keys}}}]"));
        pod.json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
    };
    let plain = check(&keys(server.port, ""));
    assert_eq!(
        (&plain["result"], &plain["findings"][0]["code"]),
        (&"pass".into(), &"cleartext_login".into()),
        "{plain:#}"
    );
    passed(&check(&format!("{{host: localhost, port: {}}}", server.port)));
}

#[test]
fn what_is_no_broker() {
    let silent = here(Manner::Nothing).port();
    failed(&check(&keys(silent, "").replace("localhost", "127.0.0.1")), "login", "timeout", "answers as a broker does");
    let web = here(Manner::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).port();
    let message = failed(&check(&keys(web, "").replace("localhost", "127.0.0.1")), "login", "protocol_error", "");
    assert_eq!(message, "the peer speaks HTTP, expected the answer to the login (CONNACK)");
}
