//! Every kind against every real server of another protocol: the right cause, and where the bytes tell it, what speaks
//! there.

use std::process::Command;

use serde_json::Value;

use crate::support::ca::{Ca, Leaf};
use crate::support::dns::NameServer;
use crate::support::exim::{Options as EximOptions, Server as Exim};
use crate::support::grpc::Server as Grpc;
use crate::support::hostile::loopback;
use crate::support::kafka::broker;
use crate::support::kinds::{judged_like, rows_of, speakers};
use crate::support::memcached::Server as Memcached;
use crate::support::mongodb::Server as Mongodb;
use crate::support::mosquitto::Server as Mosquitto;
use crate::support::mysql::Server as Mysql;
use crate::support::nats::Server as Nats;
use crate::support::nginx::Nginx;
use crate::support::postgres::Cluster;
use crate::support::rabbitmq::broker as rabbitmq;
use crate::support::redis::Server as Redis;
use crate::support::slapd::Server as Slapd;
use crate::support::websocket::Server as Websocket;
use crate::support::{Folder, Running, free_port, json, need, until_listening};

/// Names, and the keys of each kind that speaks with a peer; `PORT` is the server's.
const KEYS: &[(&str, &str)] = &[
    ("tcp", r#"tcp: {address: "127.0.0.1:PORT", send: 'EHLO x\r\n\r\n', expect: "hello"}"#),
    ("tls", r#"tls: {address: "127.0.0.1:PORT", ca: builtin, server_name: localhost}"#),
    ("http", r#"http: {url: "http://127.0.0.1:PORT/"}"#),
    ("h2c", r#"http: {url: "http://127.0.0.1:PORT/", http_version: 2}"#),
    ("https", r#"http: {url: "https://127.0.0.1:PORT/", tls: {ca: builtin, server_name: localhost}}"#),
    ("peer", r#"peer: {url: "http://127.0.0.1:PORT/health"}"#),
    ("parity", r#"parity: {left: "http://127.0.0.1:PORT", right: "http://127.0.0.1:PORT", requests: [/]}"#),
    ("dapr", "dapr: {port: PORT}"),
    ("same-secret", r#"same_secret: {secret: sesame, peers: "http://127.0.0.1:PORT"}"#),
    ("mcp", r#"mcp: {url: "http://127.0.0.1:PORT/"}"#),
    ("jwks", r#"jwks: {url: "http://127.0.0.1:PORT/jwks"}"#),
    (
        "stored",
        r#"jwks: {better_auth: {database: "postgres://app:sesame@127.0.0.1:PORT/app?sslmode=disable", secret: sesame}}"#,
    ),
    ("token", r#"token: {token: sesame, jwks: "http://127.0.0.1:PORT/jwks"}"#),
    ("oidc", r#"oidc: {issuer: "http://127.0.0.1:PORT"}"#),
    ("postgres", r#"postgres: {url: "postgres://app:sesame@127.0.0.1:PORT/app?sslmode=disable"}"#),
    ("pgtls", r#"postgres: {url: "postgres://app:sesame@127.0.0.1:PORT/app?sslmode=require"}"#),
    ("mysql", r#"mysql: {url: "mysql://app:sesame@127.0.0.1:PORT/app"}"#),
    ("mongodb", r#"mongodb: {url: "mongodb://app:sesame@127.0.0.1:PORT/admin"}"#),
    (
        "mongotls",
        r#"mongodb: {url: "mongodb://app:sesame@127.0.0.1:PORT/admin", tls: {ca: builtin, server_name: localhost}}"#,
    ),
    ("redis", r#"redis: {url: "redis://127.0.0.1:PORT/1"}"#),
    ("rediss", r#"redis: {url: "rediss://127.0.0.1:PORT/1", tls: {ca: builtin, server_name: localhost}}"#),
    ("amqp", r#"amqp: {url: "amqp://app:sesame@127.0.0.1:PORT/"}"#),
    ("amqps", r#"amqp: {url: "amqps://app:sesame@127.0.0.1:PORT/", tls: {ca: builtin, server_name: localhost}}"#),
    ("nats", r#"nats: {url: "nats://app:sesame@127.0.0.1:PORT"}"#),
    ("kafka", r#"kafka: {url: "kafka://app:sesame@127.0.0.1:PORT/orders?mechanism=PLAIN"}"#),
    ("smtp", r#"smtp: {url: "smtp://app:sesame@127.0.0.1:PORT"}"#),
    ("smtps", r#"smtp: {url: "smtps://app:sesame@127.0.0.1:PORT", tls: {ca: builtin, server_name: localhost}}"#),
    ("grpc", r#"grpc: {address: "127.0.0.1:PORT"}"#),
    ("grpcs", r#"grpc: {url: "grpcs://127.0.0.1:PORT", tls: {ca: builtin, server_name: localhost}}"#),
    ("ws", r#"websocket: {url: "ws://127.0.0.1:PORT/"}"#),
    ("wss", r#"websocket: {url: "wss://127.0.0.1:PORT/", tls: {ca: builtin, server_name: localhost}}"#),
    ("ldap", r#"ldap: {url: "ldap://127.0.0.1:PORT", user: 'cn=app,dc=lab', password: sesame}"#),
    (
        "ldaps",
        r#"ldap: {url: "ldaps://127.0.0.1:PORT", user: 'cn=app,dc=lab', password: sesame, tls: {ca: builtin, server_name: localhost}}"#,
    ),
    ("mqtt", r#"mqtt: {url: "mqtt://app:sesame@127.0.0.1:PORT"}"#),
    ("mqtts", r#"mqtt: {url: "mqtts://app:sesame@127.0.0.1:PORT", tls: {ca: builtin, server_name: localhost}}"#),
    ("memcached", r#"memcached: {url: "memcached://app:sesame@127.0.0.1:PORT"}"#),
    ("memtls", r#"memcached: {url: "memcached+tls://127.0.0.1:PORT", tls: {ca: builtin, server_name: localhost}}"#),
];

fn checks() -> Vec<(&'static str, &'static str)> {
    let add = "the keys that it is run with against each server";
    rows_of(speakers(), KEYS.to_vec(), |(_, keys)| keys, (file!(), add))
}

/// Runs every kind on this port; `KIND = CAUSE`, with what the message says it speaks.
fn told(port: u16) -> Vec<(String, Value)> {
    let folder = Folder::new();
    let check = |(name, keys): (&str, &str)| {
        format!("  - {{name: {name}, timeout: 2s, gates: [], {}}}\n", keys.replace("PORT", &port.to_string()))
    };
    let config = folder.write("c.yaml", format!("checks:\n{}", checks().into_iter().map(check).collect::<String>()));
    let report = json(&["check", "-o", "json", "-c", &config]);
    let word = |check: &Value| {
        let failure = &check["failure"];
        let message = failure["message"].as_str().unwrap_or_default();
        let speaks = message.split_once("speaks ").map(|(_, rest)| rest.split([';', ',']).next().unwrap_or_default());
        let speaks = speaks.map_or_else(String::new, |name| format!(" ({})", name.trim_start_matches("plain ")));
        format!(
            "{}: {}{speaks}",
            check["name"].as_str().unwrap_or_default(),
            failure["cause"].as_str().unwrap_or("pass")
        )
    };
    report["checks"].as_array().expect("checks").iter().map(|check| (word(check), check["failure"].clone())).collect()
}

/// `right` says for each name of [`KEYS`] `NAME: CAUSE|CAUSE`.
fn expect(server: &str, port: u16, right: &[&str]) {
    let told = told(port);
    let mut without = Vec::new();
    for (word, failure) in &told {
        let (name, cause) = word.split_once(": ").expect("NAME: CAUSE");
        let line_of = |name| right.iter().find_map(|line: &&str| line.strip_prefix(name)?.strip_prefix(": "));
        let own = line_of(name).or_else(|| line_of(judged_like(name)));
        let Some(causes) = own else {
            without.push(word);
            continue;
        };
        assert!(causes.split('|').any(|right| right == cause), "{server}: {word} instead of {causes}: {failure:#}");
    }
    assert!(without.is_empty(), "lines to add to the port of {server} in {}, if they are right: {without:#?}", file!());
    let is_run = |line: &&&str| told.iter().any(|(word, _)| word.split(": ").next() == line.split(": ").next());
    assert_eq!(
        right.iter().filter(is_run).count(),
        right.len(),
        "{server}: a line names nothing that is run: {right:#?}"
    );
}

#[test]
fn on_the_port_of_postgres() {
    let cluster = Cluster::plain();
    expect(
        "PostgreSQL",
        cluster.port,
        &[
            "tcp: connection_closed",
            "tls: connection_closed",
            "http: connection_closed",
            // It closes before it has read the second frame: a reset, or an end.
            "h2c: connection_closed|connect_reset",
            "https: connection_closed",
            "peer: connection_closed",
            "postgres: pass",
            "stored: missing_table",
            "pgtls: tls_unsupported",
            "mysql: timeout",
            "mongodb: connection_closed",
            "mongotls: connection_closed",
            "redis: connection_closed",
            "rediss: connection_closed",
            "amqp: connection_closed",
            "amqps: connection_closed",
            "nats: timeout",
            "kafka: protocol_error (PostgreSQL)",
            "smtp: timeout",
            "smtps: connection_closed",
            "grpc: connection_closed|connect_reset",
            "grpcs: connection_closed",
            "ws: connection_closed",
            "wss: connection_closed",
            "ldap: connection_closed",
            "ldaps: connection_closed",
            "mqtt: connection_closed|connect_reset",
            "mqtts: connection_closed",
            "memcached: connection_closed|connect_reset",
            "memtls: connection_closed",
        ],
    );
}

#[test]
fn on_the_port_of_a_web_server() {
    let port = free_port();
    let _nginx =
        Nginx::start(&[port], &format!("server {{ listen 127.0.0.1:{port}; location / {{ return 200 ok; }} }}"));
    expect(
        "nginx",
        port,
        &[
            "tcp: body_mismatch (HTTP)",
            "tls: tls_not_tls (HTTP)",
            "http: pass",
            "mcp: protocol_error",
            "h2c: protocol_error (HTTP)",
            "https: tls_not_tls (HTTP)",
            "peer: pass",
            "same-secret: protocol_error",
            "jwks: jwks_invalid",
            "token: jwks_invalid",
            "oidc: json_mismatch",
            "postgres: protocol_error (HTTP)",
            "pgtls: protocol_error (HTTP)",
            "mysql: timeout",
            "mongodb: protocol_error (HTTP)",
            "mongotls: tls_not_tls (HTTP)",
            "redis: protocol_error (HTTP)",
            "rediss: tls_not_tls (HTTP)",
            "amqp: protocol_error (HTTP)",
            "amqps: tls_not_tls (HTTP)",
            "nats: timeout",
            "kafka: protocol_error (HTTP)",
            "smtp: timeout",
            "smtps: tls_not_tls (HTTP)",
            "grpc: protocol_error (HTTP)",
            "grpcs: tls_not_tls (HTTP)",
            "ws: http_status",
            "wss: tls_not_tls (HTTP)",
            "ldap: protocol_error (HTTP)",
            "ldaps: tls_not_tls (HTTP)",
            "mqtt: protocol_error (HTTP)",
            "mqtts: tls_not_tls (HTTP)",
            "memcached: protocol_error (HTTP)",
            "memtls: tls_not_tls (HTTP)",
        ],
    );
}

#[test]
fn on_the_port_of_a_web_server_with_tls() {
    let pair = Ca::root("wrong root").issue(&Leaf::server("localhost", &["localhost"]));
    let (_nginx, port) = Nginx::https(&pair, &[], "");
    expect(
        "nginx with TLS",
        port,
        &[
            "tcp: body_mismatch (HTTP)",
            "tls: tls_untrusted",
            "http: tls_unsupported",
            "h2c: protocol_error (HTTP)",
            "https: tls_untrusted",
            "peer: tls_unsupported",
            "postgres: protocol_error (HTTP)",
            "pgtls: protocol_error (HTTP)",
            "mysql: timeout",
            // The first byte of its message may look like that of an old handshake.
            "mongodb: protocol_error (HTTP)|connection_closed",
            "mongotls: tls_untrusted",
            "redis: protocol_error (HTTP)",
            "rediss: tls_untrusted",
            "amqp: protocol_error (HTTP)",
            "amqps: tls_untrusted",
            "nats: timeout",
            "kafka: protocol_error (HTTP)",
            "smtp: timeout",
            "smtps: tls_untrusted",
            "grpc: protocol_error (HTTP)",
            // It has no HTTP/2, and says so before its certificate is judged.
            "grpcs: tls_handshake_failed",
            "ws: tls_unsupported",
            "wss: tls_untrusted",
            "ldap: protocol_error (HTTP)",
            "ldaps: tls_untrusted",
            "mqtt: protocol_error (HTTP)",
            "mqtts: tls_untrusted",
            "memcached: connection_closed",
            "memtls: tls_untrusted",
        ],
    );
}

#[test]
fn on_the_port_of_mysql() {
    let mysql = Mysql::plain();
    expect(
        "MariaDB",
        mysql.port,
        // It rejects what is no login and closes: a reset may overtake its greeting.
        &[
            "tcp: body_mismatch (MySQL)|connection_closed|connect_reset",
            "tls: tls_not_tls (MySQL)",
            "http: protocol_error (MySQL)|connection_closed|connect_reset",
            "h2c: protocol_error (MySQL)|connection_closed|connect_reset",
            "https: tls_not_tls (MySQL)",
            "peer: protocol_error (MySQL)|connection_closed|connect_reset",
            "postgres: protocol_error (MySQL)|connection_closed|connect_reset",
            "pgtls: protocol_error (MySQL)|connection_closed|connect_reset",
            "mysql: pass",
            "mongodb: protocol_error (MySQL)|connection_closed|connect_reset",
            "mongotls: tls_not_tls (MySQL)",
            "redis: protocol_error (MySQL)|connection_closed|connect_reset",
            "rediss: tls_not_tls (MySQL)",
            "amqp: protocol_error (MySQL)|connection_closed|connect_reset",
            "amqps: tls_not_tls (MySQL)",
            "nats: protocol_error (MySQL)",
            "kafka: protocol_error (MySQL)|connection_closed|connect_reset",
            "smtp: protocol_error (MySQL)",
            "smtps: tls_not_tls (MySQL)",
            "grpc: protocol_error (MySQL)|connection_closed|connect_reset",
            "grpcs: tls_not_tls (MySQL)",
            "ws: protocol_error (MySQL)|connection_closed|connect_reset",
            "wss: tls_not_tls (MySQL)",
            "ldap: protocol_error (MySQL)",
            "ldaps: tls_not_tls (MySQL)",
            "mqtt: protocol_error (MySQL)",
            "mqtts: tls_not_tls (MySQL)",
            "memcached: protocol_error (MySQL)|connection_closed|connect_reset",
            "memtls: tls_not_tls (MySQL)",
        ],
    );
}

#[test]
fn on_the_port_of_nats() {
    let nats = Nats::with("");
    expect(
        "NATS",
        nats.port,
        // It speaks first, and rejects what is no operation: a reset may overtake what it said.
        &[
            "tcp: body_mismatch (NATS)|connection_closed|connect_reset",
            "tls: tls_not_tls (NATS)",
            "http: protocol_error (NATS)|connection_closed|connect_reset",
            "h2c: protocol_error (NATS)|connection_closed|connect_reset",
            "https: tls_not_tls (NATS)",
            "peer: protocol_error (NATS)|connection_closed|connect_reset",
            "postgres: protocol_error (NATS)|connection_closed|connect_reset",
            "pgtls: protocol_error (NATS)|connection_closed|connect_reset",
            "mysql: protocol_error (NATS)",
            "redis: protocol_error (NATS)|connection_closed|connect_reset",
            "rediss: tls_not_tls (NATS)",
            "nats: pass",
            "smtp: protocol_error (NATS)",
            "smtps: tls_not_tls (NATS)",
            "mongodb: protocol_error (NATS)",
            "mongotls: tls_not_tls (NATS)",
            "amqp: protocol_error (NATS)",
            "amqps: tls_not_tls (NATS)",
            "kafka: protocol_error (NATS)",
            "grpc: protocol_error (NATS)",
            "grpcs: tls_not_tls (NATS)",
            "ws: protocol_error (NATS)",
            "wss: tls_not_tls (NATS)",
            "ldap: protocol_error (NATS)",
            "ldaps: tls_not_tls (NATS)",
            "mqtt: protocol_error (NATS)",
            "mqtts: tls_not_tls (NATS)",
            "memcached: protocol_error (NATS)|connection_closed|connect_reset",
            "memtls: tls_not_tls (NATS)",
        ],
    );
}

#[test]
fn on_the_port_of_a_cache() {
    let redis = Redis::with("");
    expect(
        "Redis",
        redis.port,
        &[
            "tcp: body_mismatch (Redis)",
            "tls: timeout",
            "http: connection_closed",
            "h2c: protocol_error (Redis)",
            "https: timeout",
            "peer: connection_closed",
            "postgres: timeout",
            "pgtls: timeout",
            "mysql: timeout",
            "mongodb: timeout|protocol_error (Redis)",
            "mongotls: timeout",
            "redis: pass",
            "rediss: timeout",
            "amqp: timeout",
            "amqps: timeout",
            "nats: timeout",
            "kafka: timeout",
            "smtp: timeout",
            "smtps: timeout",
            "grpc: protocol_error (Redis)",
            "grpcs: timeout",
            "ws: connection_closed",
            "wss: timeout",
            "ldap: timeout",
            "ldaps: timeout",
            "mqtt: timeout",
            "mqtts: timeout",
            "memcached: timeout",
            "memtls: timeout",
        ],
    );
}

#[test]
fn on_the_port_of_a_broker() {
    expect(
        "RabbitMQ",
        rabbitmq().port,
        &[
            "tcp: body_mismatch (AMQP)",
            "tls: tls_not_tls (AMQP)",
            "http: protocol_error (AMQP)",
            // It closes before it has read the second frame, which may reset what it said.
            "h2c: protocol_error (AMQP)|connect_reset",
            "https: tls_not_tls (AMQP)",
            "peer: protocol_error (AMQP)",
            "postgres: protocol_error (AMQP)",
            "pgtls: protocol_error (AMQP)",
            "mysql: timeout",
            "redis: protocol_error (AMQP)",
            "rediss: tls_not_tls (AMQP)",
            "amqp: pass",
            "amqps: tls_not_tls (AMQP)",
            "smtp: timeout",
            "smtps: tls_not_tls (AMQP)",
            "mongodb: protocol_error (AMQP)",
            "mongotls: tls_not_tls (AMQP)",
            "nats: timeout",
            "kafka: protocol_error (AMQP)",
            "grpc: protocol_error (AMQP)|connect_reset",
            "grpcs: tls_not_tls (AMQP)",
            "ws: protocol_error (AMQP)",
            "wss: tls_not_tls (AMQP)",
            "ldap: protocol_error (AMQP)",
            "ldaps: tls_not_tls (AMQP)",
            "mqtt: protocol_error (AMQP)",
            "mqtts: tls_not_tls (AMQP)",
            "memcached: protocol_error (AMQP)",
            "memtls: tls_not_tls (AMQP)",
        ],
    );
}

#[test]
fn on_the_port_of_mongodb() {
    let mongodb = Mongodb::usual();
    expect(
        "FerretDB",
        mongodb.port,
        // It takes the first four bytes for a length, and waits for so many bytes unless it is impossible.
        &[
            "tcp: timeout",
            "tls: timeout",
            "http: connection_closed|connect_reset",
            "h2c: connection_closed|connect_reset",
            "https: timeout",
            "peer: connection_closed|connect_reset",
            "postgres: connection_closed|connect_reset",
            "pgtls: timeout",
            "mysql: timeout",
            "mongodb: pass",
            "mongotls: timeout",
            "redis: connection_closed|connect_reset",
            "rediss: timeout",
            "smtp: timeout",
            "smtps: timeout",
            "amqp: timeout",
            "amqps: timeout",
            "nats: timeout",
            "kafka: connection_closed|connect_reset",
            "grpc: connection_closed|connect_reset",
            "grpcs: timeout",
            "ws: connection_closed|connect_reset",
            "wss: timeout",
            "ldap: timeout",
            "ldaps: timeout",
            "mqtt: connection_closed|connect_reset",
            "mqtts: timeout",
            "memcached: timeout",
            "memtls: timeout",
        ],
    );
}

#[test]
fn on_the_port_of_a_mail_server() {
    // Every kind dials it at once.
    let settings = "smtp_accept_max = 100\nsmtp_connect_backlog = 100";
    let exim = Exim::start(&EximOptions { settings, ..EximOptions::default() });
    expect(
        "Exim",
        exim.port,
        &[
            "tcp: body_mismatch (SMTP)",
            "tls: tls_not_tls (SMTP)",
            "http: protocol_error (SMTP)",
            "h2c: protocol_error (SMTP)",
            "https: tls_not_tls (SMTP)",
            "peer: protocol_error (SMTP)",
            "postgres: protocol_error (SMTP)",
            "pgtls: protocol_error (SMTP)",
            "mysql: protocol_error (SMTP)",
            "mongodb: protocol_error (SMTP)",
            "mongotls: tls_not_tls (SMTP)",
            "redis: protocol_error (SMTP)",
            "rediss: tls_not_tls (SMTP)",
            "amqp: protocol_error (SMTP)",
            "amqps: tls_not_tls (SMTP)",
            "nats: protocol_error (SMTP)",
            "kafka: protocol_error (SMTP)",
            "smtp: pass",
            "smtps: tls_not_tls (SMTP)",
            "grpc: protocol_error (SMTP)",
            "grpcs: tls_not_tls (SMTP)",
            "ws: protocol_error (SMTP)",
            "wss: tls_not_tls (SMTP)",
            "ldap: protocol_error (SMTP)",
            "ldaps: tls_not_tls (SMTP)",
            "mqtt: protocol_error (SMTP)",
            "mqtts: tls_not_tls (SMTP)",
            "memcached: protocol_error (SMTP)",
            "memtls: tls_not_tls (SMTP)",
        ],
    );
}

#[test]
fn on_the_port_of_a_grpc_server() {
    let server = Grpc::go(&[]);
    // It sends its settings at once, and closes when it gets no HTTP/2: a reset may overtake them.
    expect(
        "gRPC",
        server.port,
        &[
            "tcp: body_mismatch (HTTP/2)|connection_closed|connect_reset",
            "tls: tls_not_tls (HTTP/2)",
            "http: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "h2c: http_status",
            "https: tls_not_tls (HTTP/2)",
            "peer: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "postgres: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "pgtls: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "mysql: protocol_error (HTTP/2)",
            "redis: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "rediss: tls_not_tls (HTTP/2)",
            "smtp: timeout",
            "smtps: tls_not_tls (HTTP/2)",
            "grpc: pass",
            "grpcs: tls_not_tls (HTTP/2)",
            "ws: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "wss: tls_not_tls (HTTP/2)",
            "mongodb: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "mongotls: tls_not_tls (HTTP/2)",
            "amqp: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "amqps: tls_not_tls (HTTP/2)",
            "nats: timeout",
            "kafka: timeout|protocol_error (HTTP/2)|connection_closed|connect_reset",
            "ldap: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "ldaps: tls_not_tls (HTTP/2)",
            "mqtt: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "mqtts: tls_not_tls (HTTP/2)",
            "memcached: protocol_error (HTTP/2)|connection_closed|connect_reset",
            "memtls: tls_not_tls (HTTP/2)",
        ],
    );
}

#[test]
fn on_the_port_of_a_websocket_server() {
    let server = Websocket::start();
    let told = told(server.port);
    for (word, failure) in told {
        let (name, cause) = word.split_once(": ").expect("NAME: CAUSE");
        // It is a web server that wants an upgrade (426), and answers 400 to what is no HTTP.
        let right: &[&str] = match judged_like(name) {
            "ws" => &["pass"],
            "http" | "peer" => &["http_status"],
            "tcp" => &["body_mismatch (HTTP)"],
            "tls" | "https" | "rediss" | "smtps" | "grpcs" | "wss" | "mongotls" | "amqps" | "ldaps" | "mqtts"
            | "memtls" => &["tls_not_tls (HTTP)"],
            "mysql" | "smtp" | "nats" => &["timeout"],
            _ => &["protocol_error (HTTP)"],
        };
        assert!(right.contains(&cause), "{word} instead of {right:?}: {failure:#}");
    }
}

#[test]
fn on_the_port_of_kafka() {
    // What is no length of its messages it closes; where a length fits, it waits for more.
    expect(
        "Kafka",
        broker().plain,
        &[
            "tcp: connection_closed|connect_reset",
            "tls: connection_closed|connect_reset",
            "http: connection_closed|connect_reset",
            "h2c: connection_closed|connect_reset",
            "https: connection_closed|connect_reset",
            "peer: connection_closed|connect_reset",
            "postgres: timeout",
            "pgtls: timeout",
            "mysql: timeout",
            "redis: connection_closed|connect_reset",
            "rediss: connection_closed|connect_reset",
            "smtp: timeout",
            "smtps: connection_closed|connect_reset",
            "mongodb: connection_closed|connect_reset",
            "mongotls: connection_closed|connect_reset",
            "amqp: connection_closed|connect_reset",
            "amqps: connection_closed|connect_reset",
            "nats: timeout",
            "kafka: password_not_expected",
            "grpc: connection_closed|connect_reset",
            "grpcs: connection_closed|connect_reset",
            "ws: connection_closed|connect_reset",
            "wss: connection_closed|connect_reset",
            "ldap: connection_closed|connect_reset",
            "ldaps: connection_closed|connect_reset",
            "mqtt: connection_closed|connect_reset",
            "mqtts: connection_closed|connect_reset",
            "memcached: connection_closed|connect_reset",
            "memtls: connection_closed|connect_reset",
        ],
    );
}

#[test]
fn on_the_port_of_a_directory() {
    let slapd = Slapd::plain();
    expect(
        "OpenLDAP",
        slapd.port,
        // It waits for as many bytes as the second one announces.
        &[
            "tcp: timeout",
            "tls: connection_closed|connect_reset",
            "http: connection_closed|connect_reset",
            "h2c: connection_closed|connect_reset",
            "https: connection_closed|connect_reset",
            "peer: connection_closed|connect_reset",
            "postgres: connection_closed|connect_reset",
            "pgtls: connection_closed|connect_reset",
            "mysql: timeout",
            "redis: timeout",
            "rediss: connection_closed|connect_reset",
            "smtp: timeout",
            "smtps: connection_closed|connect_reset",
            "ldap: pass",
            "ldaps: connection_closed|connect_reset",
            "mqtt: connection_closed|connect_reset",
            "mqtts: connection_closed|connect_reset",
            "mongodb: connection_closed|connect_reset",
            "mongotls: connection_closed|connect_reset",
            "amqp: timeout",
            "amqps: connection_closed|connect_reset",
            "nats: timeout",
            "kafka: connection_closed|connect_reset",
            "grpc: connection_closed|connect_reset",
            "grpcs: connection_closed|connect_reset",
            "ws: connection_closed|connect_reset",
            "wss: connection_closed|connect_reset",
            "memcached: timeout",
            "memtls: connection_closed",
        ],
    );
}

#[test]
fn on_the_port_of_a_message_broker() {
    let mosquitto = Mosquitto::open();
    expect(
        "Mosquitto",
        mosquitto.port,
        &[
            "tcp: connection_closed|connect_reset",
            "tls: connection_closed|connect_reset",
            "http: connection_closed|connect_reset",
            "h2c: connection_closed|connect_reset",
            "https: connection_closed|connect_reset",
            "peer: connection_closed|connect_reset",
            "postgres: connection_closed|connect_reset",
            "pgtls: connection_closed|connect_reset",
            "mysql: timeout",
            "redis: connection_closed|connect_reset",
            "rediss: connection_closed|connect_reset",
            "smtp: timeout",
            "smtps: connection_closed|connect_reset",
            "ldap: connection_closed|connect_reset",
            "ldaps: connection_closed|connect_reset",
            "mqtt: pass",
            "mqtts: connection_closed|connect_reset",
            "mongodb: connect_reset|connection_closed",
            "mongotls: connect_reset|connection_closed",
            "amqp: connect_reset|connection_closed",
            "amqps: connect_reset|connection_closed",
            "nats: timeout",
            "kafka: connect_reset|connection_closed",
            "grpc: connect_reset|connection_closed",
            "grpcs: connect_reset|connection_closed",
            "ws: connect_reset|connection_closed",
            "wss: connect_reset|connection_closed",
            "memcached: connection_closed|connect_reset",
            "memtls: connection_closed|connect_reset",
        ],
    );
}

#[test]
fn on_the_port_of_memcached() {
    let memcached = Memcached::open();
    expect(
        "memcached",
        memcached.port,
        // It waits for the end of a line, and closes where a line is one of HTTP.
        &[
            "tcp: body_mismatch (memcached)",
            "tls: tls_not_tls (memcached)",
            "http: connection_closed|connect_reset",
            "h2c: connection_closed|connect_reset",
            "https: tls_not_tls (memcached)",
            "peer: connection_closed|connect_reset",
            "postgres: timeout",
            "pgtls: timeout",
            "mysql: timeout",
            "mongodb: protocol_error (memcached)",
            "mongotls: tls_not_tls (memcached)",
            "redis: protocol_error (memcached)",
            "rediss: tls_not_tls (memcached)",
            "memcached: pass",
            "memtls: tls_not_tls (memcached)",
            "amqp: timeout",
            "amqps: tls_not_tls (memcached)",
            "nats: timeout",
            "kafka: timeout",
            "smtp: timeout",
            "smtps: tls_not_tls (memcached)",
            "grpc: connection_closed|connect_reset",
            "grpcs: tls_not_tls (memcached)",
            "ws: connection_closed|connect_reset",
            "wss: tls_not_tls (memcached)",
            "ldap: timeout",
            "ldaps: tls_not_tls (memcached)",
            "mqtt: timeout",
            "mqtts: tls_not_tls (memcached)",
        ],
    );
}

#[test]
fn on_the_port_of_a_name_server() {
    let folder = Folder::new();
    let port = free_port();
    let mut command = Command::new(need("dnsmasq", "dnsmasq-base"));
    command.args([
        "--keep-in-foreground",
        "--no-resolv",
        "--no-hosts",
        "--listen-address=127.0.0.1",
        "--bind-interfaces",
    ]);
    command.arg(format!("--port={port}")).arg(format!("--pid-file={}/pid", folder.path().display()));
    command.arg("--conf-file=/dev/null").args(["--user=", "--group="]);
    let _dnsmasq = Running::start(&mut command);
    until_listening(loopback(port));
    // It waits for as many bytes as the first two announce.
    for (word, failure) in told(port) {
        let cause = word.split(": ").nth(1).unwrap_or_default();
        assert!(
            matches!(cause, "timeout" | "connection_closed" | "protocol_error" | "tls_not_tls"),
            "{word}: {failure}"
        );
    }
}

/// A name server's question to servers that are none: over UDP nobody is there.
#[test]
fn a_question_of_names_on_other_ports() {
    let cluster = Cluster::plain();
    let report = json(&["check", "-o", "json", &format!("dns://db.lab.?server=127.0.0.1:{}", cluster.port)]);
    assert_eq!(report["checks"][0]["failure"]["cause"], "dns_timeout", "{report:#}");
    let server = NameServer::here("* * = 10.0.0.1");
    let words: Vec<String> = told(server.address.port()).into_iter().map(|(word, _)| word).collect();
    assert!(words.iter().all(|word| !word.ends_with(": pass")), "{words:?}");
}
