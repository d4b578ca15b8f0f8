//! Names: SRV and TXT records, and members whose names do not resolve from this pod.

use serde_json::Value;

use super::{failed, passed};
use crate::support::Folder;
use crate::support::dns::NameServer;
use crate::support::mongodb::{Options, Server};
use crate::support::netns::Namespace;

const NAMES: &str = "\
db-0.mongo.lab A = 10.0.0.7
db-0.mongo.lab AAAA nodata
_mongodb._tcp.shop.mongo.lab SRV = 0 0 27017 db-0.mongo.lab.
shop.mongo.lab TXT = authSource=shop
_mongodb._tcp.bare.mongo.lab SRV = 0 0 27017 db-0.mongo.lab.
_mongodb._tcp.other.mongo.lab SRV = 0 0 27017 db-0.mongo.example.
_mongodb._tcp.two.mongo.lab SRV = 0 0 27017 db-0.mongo.lab.
two.mongo.lab TXT = authSource=shop | replicaSet=rs0
_mongodb._tcp.odd.mongo.lab SRV = 0 0 27017 db-0.mongo.lab.
odd.mongo.lab TXT = ssl=false
_mongodb._tcp.broken.mongo.lab SRV servfail
_mongodb._tcp.empty.mongo.lab SRV nodata
";

/// A pod, the rest of the cluster with a name server, and a server there.
struct World {
    pod: Namespace,
    _names: NameServer,
    _server: Server,
    _rest: Namespace,
}

impl World {
    /// The server announces itself as `announced`.
    fn start(announced: &str, set: &str) -> Self {
        let (pod, rest) = (Namespace::new(), Namespace::new());
        pod.cable(&rest, "eth0", &["10.0.0.5/24"], &["10.0.0.1/24", "10.0.0.7/24"]);
        pod.resolv_conf("nameserver 10.0.0.1\n");
        rest.hosts("127.0.0.1 localhost\n10.0.0.7 mongo-0.internal\n");
        let names = NameServer::inside(&rest, "10.0.0.1", NAMES);
        let options = Options { inside: Some((&rest, announced)), set, database: "shop", ..Options::default() };
        let server = Server::start(&options);
        Self { pod, _names: names, _server: server, _rest: rest }
    }

    fn check(&self, url: &str) -> Value {
        let folder = Folder::new();
        let config = folder
            .write("c.yaml", format!("checks: [{{name: db, timeout: 4s, gates: [], mongodb: {{url: '{url}'}}}}]"));
        self.pod.json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
    }
}

#[test]
fn servers_and_options_in_srv_and_txt_records() {
    let world = World::start("10.0.0.7:27017", "");
    let found = world.check("mongodb+srv://app:sesame@shop.mongo.lab/orders?tls=false");
    assert_eq!(found["target"], "mongodb+srv://app@shop.mongo.lab/orders");
    assert_eq!(found["result"], "pass", "the TXT record names the database of the user: {found:#}");
    passed(&world.check("mongodb+srv://app:sesame@bare.mongo.lab/shop?tls=false"));
    let check = |host: &str| world.check(&format!("mongodb+srv://app:sesame@{host}.mongo.lab/shop?tls=false"));
    failed(&check("nothing"), "resolve", "dns_not_found", "_mongodb._tcp.HOST");
    failed(&check("empty"), "resolve", "dns_no_address", "_mongodb._tcp.HOST");
    failed(&check("broken"), "resolve", "dns_server_failure", "");
    failed(&check("other"), "assert", "dns_answer_mismatch", "same domain");
    failed(&check("two"), "assert", "dns_answer_mismatch", "one TXT record");
    failed(&check("odd"), "assert", "dns_answer_mismatch", "one TXT record");
    // TLS is on, unless the URL says otherwise.
    let tls = world.check("mongodb+srv://app:sesame@shop.mongo.lab/orders");
    assert_eq!(tls["failure"]["phase"], "tls", "{tls:#}");
}

#[test]
fn a_member_whose_name_does_not_resolve_here() {
    let world = World::start("mongo-0.internal:27017", "rs0");
    let message = failed(
        &world.check("mongodb://app:sesame@10.0.0.7/shop?replicaSet=rs0"),
        "assert",
        "advertised_unreachable",
        "rs.conf()",
    );
    assert!(message.contains("mongo-0.internal:27017"), "{message}");
    let unclear = world.check("mongodb://app:sesame@10.0.0.7/shop");
    assert_eq!((&unclear["result"], &unclear["degraded"]), (&"pass".into(), &true.into()), "{unclear:#}");
    let direct = world.check("mongodb://app:sesame@10.0.0.7/shop?directConnection=true");
    assert_eq!(direct["result"], "pass", "{direct:#}");
    world.pod.hosts("10.0.0.7 mongo-0.internal\n");
    passed(&world.check("mongodb://app:sesame@mongo-0.internal/shop?replicaSet=rs0"));
    passed(&world.check("mongodb://app:sesame@10.0.0.7/shop?replicaSet=rs0"));
}
