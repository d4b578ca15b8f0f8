//! The pods and servers in which each cause arises.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::{AMQP, ANSWERS, CONNECTIONS, LIMITS, MONGODB, MYSQL, NAMES, POSTGRES, SECRETS, TLS, VALUES, provoke};
use crate::support::ca::{Ca, DAY, Leaf};
use crate::support::contracts::App;
use crate::support::dns::NameServer;
use crate::support::grpc::Server as Grpc;
use crate::support::hostile::{Inside, Manner};
use crate::support::mongodb::{Options as MongodbOptions, Server as Mongodb};
use crate::support::mysql::Server as Mysql;
use crate::support::netns::Namespace;
use crate::support::nginx::Nginx;
use crate::support::postgres::{Cluster, Options};
use crate::support::rabbitmq::broker;
use crate::support::redis::{Options as RedisOptions, Server as Redis};
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, PILOTFISH, Running, dead_port, free_port, json, need, run, until, until_listening};

fn here(config: &str) -> Value {
    json(&["check", "-o", "json", "-c", config])
}

/// A pod of the namespace `shop` with the address 10.7.0.7, its name server, and its node.
fn pod(script: &str) -> (Namespace, Namespace, NameServer) {
    let (pod, node) = (Namespace::new(), Namespace::new());
    pod.cable(&node, "eth0", &["10.7.0.7/24"], &["10.7.0.1/24"]);
    pod.resolv_conf(
        "nameserver 127.0.0.1\nsearch shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n",
    );
    let names = NameServer::inside(&pod, "127.0.0.1", script);
    (pod, node, names)
}

#[test]
fn names() {
    let (pod, _node, _names) =
        pod("alias.shop.svc.cluster.local * cname gone.example.com =\nempty.shop.svc.cluster.local * nodata\n\
         mute * silent\nbroken * servfail\nstrict * refused\ndb.shop.svc.cluster.local A = 10.7.0.1\n");
    provoke(NAMES, &[], |config| pod.json(&["check", "-o", "json", "-c", config]));
}

#[test]
fn connections() {
    let (pod, node, _names) =
        pod("idle.shop.svc.cluster.local A = 10.7.0.1\ndropped.shop.svc.cluster.local A = 10.7.0.21\n");
    for address in ["10.7.0.21/24", "10.7.0.22/24"] {
        node.ip(&["addr", "add", address, "dev", "eth0"]);
    }
    node.nft(
        "add table inet t; add chain inet t c { type filter hook input priority 0; }; \
         add rule inet t c ip daddr 10.7.0.21 drop; \
         add rule inet t c ip daddr 10.7.0.22 reject with icmp type host-unreachable",
    );
    pod.ip(&["route", "add", "blackhole", "10.8.0.0/24"]);
    pod.ip(&["route", "add", "prohibit", "10.8.1.0/24"]);
    // In a user namespace there are no other groups.
    pod.sysctl("net/ipv4/ping_group_range", "0 0");
    let _resets = Inside::start(&node, &["10.7.0.1:8002"], &Manner::Reset);
    provoke(CONNECTIONS, &[], |config| pod.json(&["check", "-o", "json", "-c", config]));
}

#[test]
fn limits() {
    let (pod, node, _names) = pod("");
    let _server = Inside::start(&node, &["10.7.0.1:8000"], &Manner::Nothing);
    pod.sysctl("net/ipv4/ip_local_port_range", "40000 40001");
    let hold =
        "import socket, time\nheld = [socket.create_connection(('10.7.0.1', 8000)) for _ in range(2)]\ntime.sleep(600)";
    let python = need("python3", "python3");
    let _holder = Running::start(pod.command(python.to_str().expect("the path is UTF-8")).args(["-c", hold]));
    until("the ports are taken", || {
        let shown = run(pod.command("cat").arg("/proc/net/tcp")).stdout;
        shown.contains(":9C40 ") && shown.contains(":9C41 ")
    });
    provoke(LIMITS, &[], |config| pod.json(&["check", "-o", "json", "-c", config]));
}

#[test]
fn tls() {
    let (root, folder) = (Ca::root("Lab Root"), Folder::new());
    let ca = folder.write("ca.pem", &root.pem);
    let server = Leaf::server("db.lab", &["127.0.0.1"]);
    let ports: Vec<u16> = (0..8).map(|_| free_port()).collect();
    let leaves = [
        server.clone(),
        Leaf { from: -9 * DAY, until: -3 * DAY, ..server.clone() },
        Leaf { from: DAY, ..server.clone() },
        Leaf { names: &["db.lab"], ..server.clone() },
        server.clone(),
        server,
    ];
    let mut http = String::new();
    for (at, leaf) in leaves.iter().enumerate() {
        let (cert, key) = root.issue(leaf).write(&folder, &format!("server{at}"), &[]);
        let port = ports[at];
        let more = match at {
            4 => "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES256-SHA;".to_owned(),
            5 => format!("ssl_client_certificate {ca}; ssl_verify_client on;"),
            _ => String::new(),
        };
        http.push_str(&format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key}; {more} \
             location / {{ return 200; }} }}"
        ));
    }
    http.push_str(&format!("server {{ listen 127.0.0.1:{} ssl; ssl_reject_handshake on; }}", ports[6]));
    http.push_str(&format!("server {{ listen 127.0.0.1:{}; }}", ports[7]));
    let text: Vec<String> = ports.iter().map(u16::to_string).collect();
    let names = ["GOOD", "EXPIRED", "EARLY", "OTHER", "OLD", "MUTUAL", "NAMED", "PLAIN"];
    let mut scene: Vec<(&str, &str)> = names.into_iter().zip(text.iter().map(String::as_str)).collect();
    let ended = folder.path().join("server1.crt").display().to_string();
    scene.extend([("CA", ca.as_str()), ("FILE", ended.as_str())]);
    let _nginx = Nginx::start(&ports, &http);
    provoke(TLS, &scene, here);
}

#[test]
fn mongodb() {
    let server = Mongodb::start(&MongodbOptions { set: "rs0", ..MongodbOptions::default() });
    provoke(MONGODB, &[("MONGODB", &server.port.to_string())], here);
}

#[test]
fn mysql() {
    let server = Mysql::with("CREATE USER locked@'%' IDENTIFIED BY 'sesame' ACCOUNT LOCK");
    provoke(MYSQL, &[("MYSQL", &server.port.to_string())], here);
}

#[test]
fn secrets() {
    let peer = Sidecar::start("checks: [{name: one, same_secret: {secret: right, peers: 'http://127.0.0.1:1'}}]");
    provoke(SECRETS, &[("PEER", &peer.address.to_string())], here);
}

#[test]
fn amqp() {
    provoke(AMQP, &[("AMQP", &broker().port.to_string())], here);
}

#[test]
fn postgres() {
    let hba = "host all clear 127.0.0.1/32 password\nhost all all 127.0.0.1/32 scram-sha-256";
    let cluster = Cluster::start(&Options { hba, ..Options::default() });
    for sql in [
        "CREATE ROLE nologin PASSWORD 'sesame'",
        "CREATE ROLE busy LOGIN PASSWORD 'sesame' CONNECTION LIMIT 0",
        "CREATE DATABASE private",
        "REVOKE CONNECT ON DATABASE private FROM PUBLIC",
    ] {
        cluster.sql(sql);
    }
    let owner = format!("host={} port={} user=postgres dbname=app", cluster.socket(), cluster.port);
    assert_eq!(cluster.psql(&owner, "CREATE TABLE secrets (id int)").code, 0);
    let drizzle = "CREATE SCHEMA drizzle AUTHORIZATION app; SET ROLE app; \
                   CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint)";
    assert_eq!(cluster.psql(&owner, drizzle).code, 0);
    // What Better Auth writes; see tests/it/jwks.rs.
    let jwks = "CREATE TABLE jwks (id text, \"publicKey\" text, \"privateKey\" text, \"createdAt\" timestamptz); \
                INSERT INTO jwks VALUES ('a', '{}', '\"000102030405060708090a0b0c0d0e0f1011121314151617a7296eae86fad6345d885462de2bb1163751cea0b22d547ddb725a0dab\"', now()); \
                GRANT SELECT ON jwks TO app";
    assert_eq!(cluster.psql(&owner, jwks).code, 0);
    let hot = [("wal_level", "replica"), ("max_wal_senders", "10")];
    let replica = Cluster::start(&Options {
        settings: &hot,
        files: &["standby.signal"],
        ready: "ready to accept read-only connections",
        ..Options::default()
    });
    let cold = [("hot_standby", "off"), ("restore_command", "false"), ("wal_level", "replica")];
    let standby = Cluster::start(&Options {
        settings: &cold,
        files: &["standby.signal"],
        ready: "entering standby mode",
        ..Options::default()
    });
    let stopping = Cluster::plain();
    let mut psql = Command::new(need("psql", "postgresql-client"));
    psql.env_clear().args(["-XAtq", "-d", &stopping.url(), "-c", "SELECT pg_sleep(600)"]);
    let _holder = Running::start(psql.stdout(Stdio::null()));
    stopping.until_logged("connection authorized: user=app");
    stopping.signal("TERM");
    stopping.until_logged("received smart shutdown request");

    let base = |cluster: &Cluster| format!("postgres://127.0.0.1:{}", cluster.port);
    let urls = [base(&cluster), base(&replica), base(&standby), base(&stopping)];
    let port = cluster.port.to_string();
    let scene = [
        ("PORT", &*port),
        ("BASE", &*urls[0]),
        ("REPLICA", &*urls[1]),
        ("STANDBY", &*urls[2]),
        ("STOPPING", &*urls[3]),
    ];
    provoke(POSTGRES, &scene, here);
}

#[test]
fn answers() {
    let (port, redis_port) = (free_port(), free_port());
    let json = r#"{"status": "down", "database": "disconnected"}"#;
    let _nginx = Nginx::start(
        &[port],
        &format!(
            "server {{ listen 127.0.0.1:{port};
             location = /missing {{ return 404; }}
             location = /folder {{ return 301 /folder/; }}
             location = /private {{ return 401; }}
             location = /proxied {{ proxy_pass http://127.0.0.1:{}; }}
             location = /old/health {{ default_type application/json; return 200 '[]'; }}
             location = /.well-known/openid-configuration {{ return 200 '{{\"issuer\":\"http://127.0.0.1:{port}\",\"authorization_endpoint\":\"http://127.0.0.1:{port}/auth\"}}'; }}
             location = /auth {{ return 400 'Invalid parameter: redirect_uri'; }}
             location = /health {{ default_type application/json; return 200 '{json}'; }} }}",
            free_port()
        ),
    );
    let folder = Folder::new();
    let mut redis = Command::new(need("redis-server", "redis-server"));
    redis.args(["--port", &redis_port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder.path());
    let _redis = Running::start(redis.stdout(Stdio::null()));
    until_listening(([127, 0, 0, 1], redis_port).into());
    let node = Redis::node("");
    let settings = format!("sentinel monitor cache 127.0.0.1 {} 1", dead_port());
    let sentinel = Redis::start(&RedisOptions {
        settings: &settings,
        sentinel: true,
        ready: "monitor master",
        ..RedisOptions::default()
    });
    let (node_port, sentinel_port) = (node.port.to_string(), sentinel.port.to_string());
    let (grpc, bare) = (Grpc::go(&[]), Grpc::go(&["--no-health"]));
    let (grpc_port, bare_port) = (grpc.port.to_string(), bare.port.to_string());
    let (cluster, auth) = (Cluster::plain(), App::start("auth.mjs"));
    let (nginx, http) = (format!("http://127.0.0.1:{port}"), port.to_string());
    let (postgres, redis, auth_url) = (cluster.port.to_string(), redis_port.to_string(), auth.url(""));
    let scene = [
        ("NGINX", &*nginx),
        ("HTTP", &http),
        ("AUTH", &auth_url),
        ("POSTGRES", &postgres),
        ("REDIS", &redis),
        ("NODE", &node_port),
        ("SENTINEL", &sentinel_port),
        ("GRPC", &grpc_port),
        ("NO_HEALTH", &bare_port),
    ];
    provoke(ANSWERS, &scene, here);
}

#[test]
fn values_and_listeners() {
    let (pod, _node, _names) = pod("");
    provoke(VALUES, &[], |config| {
        let mut command = pod.command(PILOTFISH);
        command.args(["check", "-o", "json", "-c", config]).env_clear();
        for (name, value) in [
            ("WORD", "no number"),
            ("NEWLINE_SECRET", "correct horse battery staple\n"),
            ("SHORT_SECRET", "short"),
            ("RAW_URL", "postgres://app:pa/ss@db:5432/app"),
            ("DOUBLED_URL", "redis://:sesame@:sesame@cache:6379/0"),
        ] {
            command.env(name, value);
        }
        let ran = run(&mut command);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    });
}
