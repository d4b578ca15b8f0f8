//! Over a network between two namespaces: what leaves the pod in clear text, and names that only the servers resolve.

use super::{codes, failed, passed};
use crate::support::Folder;
use crate::support::dns::NameServer;
use crate::support::hostile::{Inside, Manner};
use crate::support::nats::{Key, Options, Server, WITH_PASSWORD};
use crate::support::netns::Namespace;

fn pod() -> (Namespace, Namespace) {
    let (pod, node) = (Namespace::new(), Namespace::new());
    pod.cable(&node, "eth0", &["10.7.0.7/24"], &["10.7.0.1/24"]);
    (pod, node)
}

fn check(pod: &Namespace, keys: &str) -> serde_json::Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: mq, timeout: 2s, gates: [], nats: {keys}}}]"));
    pod.json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

#[test]
fn a_password_that_leaves_the_pod_is_a_finding_and_a_signature_is_none() {
    let (pod, node) = pod();
    let user = Key::new('U', 1);
    {
        let _server = Server::start(&Options { settings: WITH_PASSWORD, inside: Some(&node), ..Options::default() });
        let plain = check(&pod, "{url: 'nats://app:sesame@10.7.0.1'}");
        passed(&plain, false);
        assert_eq!(codes(&plain), ["cleartext_login"], "{plain:#}");
        let wrong = check(&pod, "{url: 'nats://wrong@10.7.0.1'}");
        failed(&wrong, "login", "password_rejected", "");
        assert_eq!(codes(&wrong), ["cleartext_login"], "{wrong:#}");
    }
    let settings = format!("authorization {{ users: [{{nkey: {}}}] }}", user.public());
    let _server = Server::start(&Options { settings: &settings, inside: Some(&node), ..Options::default() });
    let signed = check(&pod, &format!("{{url: 'nats://10.7.0.1', nkey: {}}}", user.seed()));
    passed(&signed, false);
    assert_eq!(codes(&signed), Vec::<&str>::new(), "{signed:#}");
}

#[test]
fn announced_names_that_do_not_resolve_here() {
    let (pod, node) = pod();
    let _names = NameServer::inside(&pod, "127.0.0.1", "mq A = 10.7.0.1\nmq-1.mq A = 10.7.0.1\n");
    let info = b"INFO {\"connect_urls\":[\"mq-0.mq:4222\",\"mq-2.mq:4222\"]}\r\nPONG\r\n";
    let _server = Inside::start(&node, &["10.7.0.1:4222"], &Manner::SpeaksFirst(info.to_vec()));
    let none = check(&pod, "{host: mq.}");
    let message = failed(&none, "assert", "advertised_unreachable", "its namespace");
    assert!(message.contains("mq-0.mq:4222") && message.contains("mq-2.mq:4222"), "{message}");
    let info = b"INFO {\"connect_urls\":[\"mq-0.mq:4222\",\"mq-1.mq:4222\"]}\r\nPONG\r\n";
    let _other = Inside::start(&node, &["10.7.0.1:4223"], &Manner::SpeaksFirst(info.to_vec()));
    passed(&check(&pod, "{host: mq., port: 4223}"), true);
}
