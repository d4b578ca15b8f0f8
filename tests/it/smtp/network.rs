//! A mail server outside of the pod: a password on the way to it, and ports that a network blocks.

use serde_json::Value;

use super::failed;
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::exim::{Options, Server};
use crate::support::netns::Namespace;

/// A pod with the address 10.7.0.7, and the network that it is cabled to.
fn pod() -> (Namespace, Namespace) {
    let (pod, rest) = (Namespace::new(), Namespace::new());
    pod.cable(&rest, "eth0", &["10.7.0.7/24"], &["10.7.0.1/24"]);
    (pod, rest)
}

/// The one check of a report of these keys.
fn check(pod: &Namespace, keys: &str) -> Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: mail, timeout: 4s, gates: [], smtp: {keys}}}]"));
    pod.json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

#[test]
fn a_password_without_tls_is_found() {
    let (pod, rest) = pod();
    let (ca, folder) = (Ca::root("mail root"), Folder::new());
    let root = folder.write("ca.pem", &ca.pem);
    let pair = ca.issue(&Leaf::server("mx.lab", &["10.7.0.1"]));
    let server = Server::start(&Options { tls: Some(&pair), inside: Some(&rest), ..Options::default() });
    let login = format!("address: '10.7.0.1:{}', username: app, password: sesame", server.port);
    let plain = check(&pod, &format!("{{{login}}}"));
    assert_eq!(plain["result"], "pass", "{plain:#}");
    let finding = &plain["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&"cleartext_login".into(), &"info".into()), "{plain:#}");
    assert!(finding["fix"].as_str().is_some_and(|fix| fix.contains("`tls: starttls`")), "{finding:#}");
    // A rejected one went there as well.
    let wrong = check(&pod, &format!("{{{}}}", login.replace("sesame", "wrong")));
    assert_eq!(wrong["findings"][0]["code"], "cleartext_login", "{wrong:#}");
    for silent in [format!("{{{login}, tls: {{ca: {root}}}}}"), format!("{{address: '10.7.0.1:{}'}}", server.port)] {
        let check = check(&pod, &silent);
        assert_eq!((&check["result"], &check["findings"]), (&"pass".into(), &serde_json::json!([])), "{check:#}");
    }
}

#[test]
fn ports_that_a_network_blocks() {
    let (pod, rest) = pod();
    rest.nft(
        "add table inet t; add chain inet t c { type filter hook input priority 0; }; \
         add rule inet t c tcp dport { 25, 465, 587, 1025 } drop",
    );
    for (port, hint) in [
        (25, "which most clouds and many networks block outwards"),
        (465, "blocks mail ports outwards"),
        (587, "blocks mail ports outwards"),
        (1025, "security group drops the packets"),
    ] {
        let check = check(&pod, &format!("{{address: '10.7.0.1:{port}', username: app, password: sesame}}"));
        failed(&check, "connect", "connect_timeout", hint);
    }
}
