//! TLS, mutual TLS, and a port that speaks the other of the two.

use super::{check_keys, failed, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::redis::{Options, PASSWORD, Server};

fn server(ca: &Ca, mutual: bool) -> Server {
    let pair = ca.issue(&Leaf::server("cache", &["localhost"]));
    let settings = format!("requirepass {PASSWORD}");
    let client_ca = mutual.then_some(ca.pem.as_str());
    Server::start(&Options { settings: &settings, tls: Some(&pair), client_ca, ..Options::default() })
}

#[test]
fn over_tls() {
    let (ca, folder) = (Ca::root("cache root"), Folder::new());
    let server = server(&ca, false);
    let (root, port) = (folder.write("ca.pem", &ca.pem), server.port);
    let url = format!("rediss://:{PASSWORD}@localhost:{port}/1");
    let good = check_keys(&format!("{{url: '{url}', tls: {{ca: {root}}}}}"));
    passed(&good, false);
    assert_eq!(good["target"], format!("rediss://localhost:{port}/1"));
    assert!(good["facts"]["tls_version"].is_string(), "{good:#}");
    let by_keys = format!("{{host: localhost, port: {port}, password: {PASSWORD}, tls: {{ca: {root}}}}}");
    passed(&check_keys(&by_keys), false);
    failed(&check_keys(&format!("{{url: '{url}', tls: {{ca: builtin}}}}")), "tls", "tls_untrusted", "");
    let by_address = format!("{{url: 'rediss://:{PASSWORD}@127.0.0.1:{port}', tls: {{ca: {root}}}}}");
    failed(&check_keys(&by_address), "tls", "tls_wrong_name", "");
    let wrong = format!("{{url: 'rediss://:wrong@localhost:{port}', tls: {{ca: {root}}}}}");
    failed(&check_keys(&wrong), "login", "password_rejected", "");
    let missing = format!("{{url: '{url}', tls: {{ca: /nowhere/ca.pem}}}}");
    failed(&check_keys(&missing), "assert", "file_missing", "");
}

#[test]
fn with_a_client_certificate() {
    let (ca, folder) = (Ca::root("cache root"), Folder::new());
    let server = server(&ca, true);
    let root = folder.write("ca.pem", &ca.pem);
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    let url = format!("rediss://:{PASSWORD}@localhost:{}", server.port);
    passed(&check_keys(&format!("{{url: '{url}', tls: {{ca: {root}, cert: {cert}, key: {key}}}}}")), false);
    let without = check_keys(&format!("{{url: '{url}', tls: {{ca: {root}}}}}"));
    failed(&without, "tls", "tls_client_cert_required", "");
    let (other, key) = Ca::root("other").issue(&Leaf::client("app")).write(&folder, "other", &[]);
    let stranger = check_keys(&format!("{{url: '{url}', tls: {{ca: {root}, cert: {other}, key: {key}}}}}"));
    assert_eq!(stranger["failure"]["phase"], "tls", "{stranger:#}");
}

#[test]
fn tls_on_a_plain_port_and_plain_on_a_tls_port() {
    let plain = Server::with_password();
    let check = check_keys(&format!("{{url: 'rediss://:{PASSWORD}@127.0.0.1:{}'}}", plain.port));
    failed(&check, "tls", "timeout", "Write `redis://`");
    let tls = server(&Ca::root("cache root"), false);
    let check = check_keys(&format!("{{url: 'redis://:{PASSWORD}@127.0.0.1:{}'}}", tls.port));
    failed(&check, "connect", "connect_reset", "write `rediss://`");
}
