//! The small cluster that pages are made in, and how two pages of it are compared.

use crate::support::ca::{Ca, Leaf};
use crate::support::delay::Link;
use crate::support::dns::NameServer;
use crate::support::hostile::{Inside, Manner};
use crate::support::mongodb::{Options as MongodbOptions, Server as Mongodb};
use crate::support::netns::Namespace;
use crate::support::nginx::Nginx;
use crate::support::postgres::{Cluster, Options};
use crate::support::redis::{Options as RedisOptions, Server as Redis};
use crate::support::{Folder, PILOTFISH, Ran, run, until};

/// A pod, and the rest of the world behind one cable: a name server, PostgreSQL, Redis, nginx, a replica set of MongoDB that
/// announces a name which only itself resolves, and an address that is dead.
pub(super) struct World {
    pub(super) pod: Namespace,
    postgres: Cluster,
    nginx: Nginx,
    _redis: Redis,
    _mongodb: Mongodb,
    _names: NameServer,
    pub(super) folder: Folder,
    pub(super) ca: String,
    _rest: Namespace,
}

const NAMES: &str = "\
db.shop.svc.cluster.local A = 10.0.0.7
db.shop.svc.cluster.local AAAA nodata
mongo.shop.svc.cluster.local A = 10.0.0.7
mongo.shop.svc.cluster.local AAAA nodata
web.shop.svc.cluster.local A = 10.0.0.7
web.shop.svc.cluster.local AAAA nodata
api.shop.svc.cluster.local A = 10.0.0.8
api.shop.svc.cluster.local AAAA nodata
cache.shop.svc.cluster.local A = 10.0.0.9 | 10.0.0.7
cache.shop.svc.cluster.local AAAA nodata
_mongodb._tcp.shards.shop.svc.cluster.local SRV = 0 0 443 api.shop.svc.cluster.local.
";

impl World {
    pub(super) fn start() -> Self {
        let (pod, rest) = (Namespace::new(), Namespace::new());
        pod.cable(&rest, "eth0", &["10.0.0.5/24"], &["10.0.0.1/24"]);
        for address in ["10.96.0.10/32", "10.0.0.7/32", "10.0.0.8/32", "10.0.0.9/32"] {
            rest.ip(&["addr", "add", address, "dev", "lo"]);
        }
        pod.ip(&["route", "add", "default", "via", "10.0.0.1"]);
        rest.nft("add table inet t; add chain inet t in { type filter hook input priority 0; }; add rule inet t in ip daddr 10.0.0.9 drop");
        pod.resolv_conf(
            "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
        );
        let _names = NameServer::inside(&rest, "10.96.0.10", NAMES);
        let postgres = Cluster::start(&Options {
            hba: "host all all 10.0.0.0/24 scram-sha-256",
            inside: Some(&rest),
            ..Options::default()
        });
        let folder = Folder::new();
        let authority = Ca::root("Shop Root");
        let ca = authority.pem.clone();
        let files = Folder::new();
        let (cert, key) = authority.issue(&Leaf::server("web", &["web.shop.svc"])).write(&files, "server", &[]);
        let http = format!(
            "server {{ listen 10.0.0.8:443 ssl; ssl_certificate {cert}; ssl_certificate_key {key}; }}
             server {{ listen 10.0.0.7:8080; location / {{ return 500 told-in-a-body; }} }}"
        );
        let nginx = Nginx::inside(&rest, files, &http);
        until("nginx listens", || rest.pilotfish(&["check", "tcp://10.0.0.8:443"]).code == 0);
        let redis = Redis::start(&RedisOptions {
            settings: "protected-mode no",
            inside: Some(&rest),
            ..RedisOptions::default()
        });
        rest.hosts("127.0.0.1 localhost\n10.0.0.7 mongo-0.internal\n");
        let _mongodb = Mongodb::start(&MongodbOptions {
            inside: Some((&rest, "mongo-0.internal:27017")),
            set: "rs0",
            ..MongodbOptions::default()
        });
        Self { pod, postgres, nginx, _redis: redis, _mongodb, _names, folder, ca, _rest: rest }
    }

    /// Three addresses that answer after 310 ms, and three of IPv6 that this pod has no route to.
    pub(super) fn far_away() -> (Namespace, impl Sized) {
        let (pod, rest) = (Namespace::new(), Namespace::new());
        let near = ["10.0.0.1/24", "10.0.0.53/32", "198.51.100.1/32", "198.51.100.2/32", "198.51.100.3/32"];
        let holds = ["198.51.100.1=310", "198.51.100.2=310", "198.51.100.3=310"].map(str::to_owned);
        let link = Link::join((&pod, &["10.0.0.5/24"]), (&rest, &near), &holds);
        pod.ip(&["route", "add", "default", "dev", "eth0"]);
        pod.resolv_conf("nameserver 10.0.0.53\n");
        let names = "db.example.com A = 198.51.100.1 | 198.51.100.2 | 198.51.100.3\n\
                     db.example.com AAAA = 2001:db8::1 | 2001:db8::2 | 2001:db8::3\n";
        let names = NameServer::inside(&rest, "10.0.0.53", names);
        let server =
            Inside::start(&rest, &["198.51.100.1:5432", "198.51.100.2:5432", "198.51.100.3:5432"], &Manner::Nothing);
        (pod, (link, rest, names, server))
    }

    /// A configuration of one check.
    pub(super) fn config(&self, name: &str, kind: &str) -> String {
        self.folder.write(&format!("{name}.yaml"), format!("checks:\n  - name: {name}\n    {kind}\n"))
    }

    pub(super) fn rejected_logins(&self) -> usize {
        self.postgres.log().matches("password authentication failed").count()
    }

    pub(super) fn web_log(&self) -> String {
        self.nginx.access_log()
    }

    pub(super) fn diagnose(&self, args: &[&str], vars: &[(&str, &str)]) -> Ran {
        diagnose(&self.pod, args, vars)
    }
}

/// One run in this pod, with these variables alone.
pub(super) fn diagnose(pod: &Namespace, args: &[&str], vars: &[(&str, &str)]) -> Ran {
    let mut command = pod.command(PILOTFISH);
    command.env_clear().envs(vars.iter().copied()).arg("diagnose").args(args);
    run(&mut command)
}

/// Everything that differs from run to run or from machine to machine, made the same.
pub(super) fn steady(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(steady_word).collect();
    let text = words.join(" ").replace("T to T", "T").replace("valid for N more days", "valid for N days");
    // On a busy machine nothing happens at once.
    text.replace("s at once ", "s after T ")
}

fn steady_word(word: &str) -> String {
    let bare = word.trim_matches(|c: char| "(),;:".contains(c));
    let number = bare.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &bare[number.len()..];
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let date = bare.len() == 20 && bare.ends_with('Z') && bare.contains('T');
    match () {
        () if is_number && matches!(unit, "ms" | "s") => word.replace(bare, "T"),
        () if date => word.replace(bare, "DATE"),
        () => word.to_owned(),
    }
}
