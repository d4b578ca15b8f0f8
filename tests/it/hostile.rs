//! Every kind against every way in which a peer misbehaves: the right cause, by the deadline, with memory flat.
//!
//! Each pair is one run of the real binary of its own, so that its peak of memory is its own too.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::ca::{Ca, Leaf};
use crate::support::dns::NameServer;
use crate::support::exim::{Options as EximOptions, Server as Exim};
use crate::support::grpc::Server as Grpc;
use crate::support::hostile::{Manner, here, loopback};
use crate::support::http::{HttpServer, page};
use crate::support::kafka::broker;
use crate::support::kinds::{judged_like, rows_of, speakers};
use crate::support::memcached::{Auth, Options as MemcachedOptions, Server as Memcached};
use crate::support::mongodb::Server as Mongodb;
use crate::support::mosquitto::{Options as MosquittoOptions, Server as Mosquitto};
use crate::support::mysql::{Options as MysqlOptions, Server as Mysql};
use crate::support::nats::Server as Nats;
use crate::support::nginx::Nginx;
use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::rabbitmq::{PASSWORD as BROKER_PASSWORD, broker as rabbitmq};
use crate::support::redis::{Options as RedisOptions, Server as Redis};
use crate::support::same_secret::honest;
use crate::support::sidecar::Sidecar;
use crate::support::slapd::{Options as SlapdOptions, Server as Slapd, USER};
use crate::support::websocket::Server as Websocket;
use crate::support::{Folder, pilotfish, read_all, until, until_within};

/// What one run gave.
#[derive(Debug)]
struct Run {
    check: Value,
    /// The peak of its resident memory, in KiB.
    peak: u64,
}

impl Run {
    /// `pass`, or the cause.
    fn word(&self) -> &str {
        self.check["failure"]["cause"].as_str().unwrap_or("pass")
    }
}

/// The deadline of every run here.
const TIMEOUT: f64 = 2.0;
/// For a machine under load, on which a debug build reads an endless answer.
const SLACK: f64 = 1.0;
/// What a run may hold beside the binary itself: 1 MiB of an answer, its copy while it grows, and some room.
const ROOM: u64 = 12 * 1024;

/// Runs one check of this kind's keys.
fn checked(kind: &str) -> Run {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: one, timeout: {TIMEOUT}s, gates: [], {kind}}}]"));
    let mut command = pilotfish();
    command.args(["check", "-o", "json", "-c", &config]).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let (text, peak) = watched(&mut command);
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{kind}: {error}: {text}"));
    Run { check: report["checks"][0].clone(), peak }
}

/// The output of a command, and the last peak of memory that could be read while it ran.
fn watched(command: &mut Command) -> (String, u64) {
    let mut child = command.spawn().expect("the binary starts");
    let stdout = child.stdout.take().expect("it is piped");
    let reader = std::thread::spawn(move || read_all(stdout));
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().expect("it is our child").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = now.unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    (reader.join().expect("the reader ends"), peak)
}

/// The bytes of a valid answer over clear text.
const HTTP: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
/// A key set.
const KEYS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n\
    {\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
/// How daprd answers once it is ready.
const READY: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
/// How an MCP server without sessions answers.
const MCP: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\
    \"result\":{\"protocolVersion\":\"2025-06-18\"}}\n\n";
const CACHE: &[u8] = b"+PONG\r\n";
/// How PostgreSQL begins to answer a start-up message: it asks for SCRAM-SHA-256.
const POSTGRES: &[u8] = b"R\0\0\0\x17\0\0\0\nSCRAM-SHA-256\0\0";
/// How a directory answers a login: success.
const BOUND: &[u8] = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0";
/// How MySQL begins.
const GREETING: &[u8] =
    b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0\
    mysql_native_password\0";
/// How an AMQP broker begins: without properties, with PLAIN.
const START: &[u8] = b"\x01\0\0\0\0\0\x1c\0\x0a\0\x0a\0\x09\0\0\0\0\0\0\0\x05PLAIN\0\0\0\x05en_US\xce";
/// The first record of a TLS 1.2 answer: a ServerHello of 76 bytes.
const TLS: &[u8] = b"\x16\x03\x03\0\x50\x02\0\0\x4c\x03\x03";

/// Names, and the keys of each kind that speaks with a peer; `PEER` is the peer's address, `PORT` its port.
fn kinds() -> Vec<(&'static str, String)> {
    let ca = "ca: builtin, server_name: localhost";
    let keys = vec![
        ("bytes", r#"tcp: {address: "PEER", send: 'PING\r\n', expect: "+PONG"}"#.to_owned()),
        ("regex", r#"tcp: {address: "PEER", send: 'PING\r\n', expect: {regex: "^[+]PONG\r\n"}}"#.to_owned()),
        ("tls", format!(r#"tls: {{address: "PEER", {ca}}}"#)),
        ("http", r#"http: {url: "http://PEER/", body_contains: ok}"#.to_owned()),
        ("head", r#"http: {url: "http://PEER/"}"#.to_owned()),
        ("h2c", r#"http: {url: "http://PEER/", http_version: 2}"#.to_owned()),
        ("https", format!(r#"http: {{url: "https://PEER/", tls: {{{ca}}}}}"#)),
        ("peer", r#"peer: {url: "http://PEER/health"}"#.to_owned()),
        ("parity", r#"parity: {left: "http://PEER", right: "http://PEER", requests: [/]}"#.to_owned()),
        ("dapr", "dapr: {port: PORT}".to_owned()),
        ("same-secret", r#"same_secret: {secret: sesame, peers: "http://PEER"}"#.to_owned()),
        ("mcp", r#"mcp: {url: "http://PEER/mcp"}"#.to_owned()),
        ("jwks", r#"jwks: {url: "http://PEER/jwks"}"#.to_owned()),
        (
            "stored",
            r#"jwks: {better_auth: {database: "postgres://app:sesame@PEER/app?sslmode=disable", secret: sesame}}"#
                .to_owned(),
        ),
        ("token", r#"token: {token: sesame, jwks: "http://PEER/jwks"}"#.to_owned()),
        ("oidc", r#"oidc: {issuer: "http://PEER"}"#.to_owned()),
        ("postgres", r#"postgres: {url: "postgres://app:sesame@PEER/app?sslmode=disable"}"#.to_owned()),
        ("pgtls", r#"postgres: {url: "postgres://app:sesame@PEER/app?sslmode=require"}"#.to_owned()),
        ("mysql", r#"mysql: {url: "mysql://app:sesame@PEER/app"}"#.to_owned()),
        ("mongodb", r#"mongodb: {url: "mongodb://app:sesame@PEER/app"}"#.to_owned()),
        ("mongotls", format!(r#"mongodb: {{url: "mongodb://app:sesame@PEER/app", tls: {{{ca}}}}}"#)),
        ("redis", r#"redis: {url: "redis://:sesame@PEER/1"}"#.to_owned()),
        ("amqp", r#"amqp: {url: "amqp://app:sesame@PEER/shop", queue: jobs}"#.to_owned()),
        ("amqps", format!(r#"amqp: {{url: "amqps://app:sesame@PEER/shop", tls: {{{ca}}}}}"#)),
        ("nats", r#"nats: {url: "nats://app:sesame@PEER"}"#.to_owned()),
        ("kafka", r#"kafka: {url: "kafka://app:sesame@PEER/orders?mechanism=PLAIN"}"#.to_owned()),
        ("smtp", r#"smtp: {url: "smtp://app:sesame@PEER"}"#.to_owned()),
        ("smtps", format!(r#"smtp: {{url: "smtps://app:sesame@PEER", tls: {{{ca}}}}}"#)),
        ("ldap", r#"ldap: {url: "ldap://PEER/dc=lab", user: cn=app, password: sesame}"#.to_owned()),
        ("ldaps", format!(r#"ldap: {{url: "ldaps://PEER", user: cn=app, password: sesame, tls: {{{ca}}}}}"#)),
        ("mqtt", r#"mqtt: {url: "mqtt://app:sesame@PEER"}"#.to_owned()),
        ("mqtt5", r#"mqtt: {url: "mqtt://app:sesame@PEER", version: 5}"#.to_owned()),
        ("mqtts", format!(r#"mqtt: {{url: "mqtts://app:sesame@PEER", tls: {{{ca}}}}}"#)),
        ("memcached", r#"memcached: {url: "memcached://app:sesame@PEER"}"#.to_owned()),
        ("memtext", r#"memcached: {url: "memcached://PEER"}"#.to_owned()),
        ("memtls", format!(r#"memcached: {{url: "memcached+tls://app:sesame@PEER", tls: {{{ca}}}}}"#)),
        ("rediss", format!(r#"redis: {{url: "rediss://:sesame@PEER/1", tls: {{{ca}}}}}"#)),
        ("grpc", r#"grpc: {address: "PEER", service: shop}"#.to_owned()),
        ("grpcs", format!(r#"grpc: {{url: "grpcs://PEER", tls: {{{ca}}}}}"#)),
        ("ws", r#"websocket: {url: "ws://PEER/live", expect: hello}"#.to_owned()),
        ("wss", format!(r#"websocket: {{url: "wss://PEER/", tls: {{{ca}}}}}"#)),
        ("sentinel", r#"redis: {sentinel: {master: cache, addresses: "PEER", password: sesame}}"#.to_owned()),
        ("cluster", r#"redis: {url: "redis://PEER", cluster: true, role: primary, key_exists: x}"#.to_owned()),
    ];
    rows_of(speakers(), keys, |(_, keys)| keys, (file!(), "a name and the keys that it is run with against each peer"))
}

/// Names of [`kinds`] in whose protocol the server speaks first.
const SERVER_SPEAKS_FIRST: [&str; 2] = ["nats", "smtp"];

/// Peers of one manner: one that waits for the client's first bytes, and one that does not.
struct Peers {
    asked: SocketAddr,
    unasked: SocketAddr,
}

impl Peers {
    fn of(manner: &Manner) -> Self {
        Self { asked: here(manner.clone()), unasked: here(Manner::Unasked(Box::new(manner.clone()))) }
    }

    /// The keys with the address of the peer for this name.
    fn named_in(&self, kind: &str, keys: &str) -> String {
        let peer = if SERVER_SPEAKS_FIRST.contains(&kind) { self.unasked } else { self.asked };
        keys.replace("PEER", &peer.to_string()).replace("PORT", &peer.port().to_string())
    }
}

/// What the kinds say of one manner.
struct Row {
    name: &'static str,
    manner: Manner,
    /// `KIND KIND = CAUSE CAUSE; * = CAUSE`: the first that names the kind counts; any of its causes is right.
    right: String,
}

impl Row {
    fn new(name: &'static str, manner: Manner, right: &str) -> Self {
        Self { name, manner, right: right.to_owned() }
    }

    fn right_for(&self, kind: &str) -> Vec<&str> {
        let kind = judged_like(kind);
        let names = |part: &str| part.split(' ').any(|name| name == kind || name == "*");
        let parts = self.right.split("; ").filter_map(|part| part.split_once(" = "));
        let causes = parts.into_iter().find(|(kinds, _)| names(kinds)).unwrap_or_else(|| {
            panic!("{kind} has no cause for {} in {}: add what it says of such a peer", self.name, file!())
        });
        let causes = causes.1;
        causes.split(' ').collect()
    }
}

fn rows() -> Vec<Row> {
    let mut rows = vec![
        Row::new("nothing", Manner::Nothing, "* = timeout"),
        Row::new("reset after accept", Manner::Reset, "* = connect_reset"),
        Row::new("reset long after our first bytes", Manner::ResetsLate, "mysql = timeout; * = connection_closed"),
    ];
    rows.extend(strange_rows());
    rows.extend(slow_rows());
    rows.extend(endless_rows());
    rows.extend(huge_rows());
    rows
}

/// Kinds that compare bytes find other ones; kinds that want TLS first find none; and most peers here say nothing before the
/// client does, where MySQL would.
const OTHERWISE: &str = "mysql = timeout; bytes = body_mismatch; regex = body_mismatch too_large; tls https rediss smtps amqps grpcs wss mongotls ldaps mqtts memtls = tls_not_tls; * = protocol_error";

/// Clear text was spoken to a port that answers in TLS.
const WANTS_TLS: &str = "http head h2c grpc ws peer redis sentinel cluster amqp kafka mongodb ldap mqtt mqtt5 memcached memtext = tls_unsupported";

fn first(own: &str) -> String {
    format!("{own}; {OTHERWISE}")
}

fn strange_rows() -> Vec<Row> {
    // Whether the words come before the request is sent or behind it decides how a client of HTTP ends.
    let early = |own: &str| first(&format!("{own}; http head h2c grpc ws peer = protocol_error connection_closed"));
    vec![
        Row::new("garbage", Manner::Garbage, OTHERWISE),
        Row::new("garbage and the end", Manner::GarbageAndEnd, OTHERWISE),
        Row::new("MySQL's greeting, then nothing", Manner::SpeaksFirst(GREETING.to_vec()), &early("mysql = timeout")),
        Row::new(
            "a huge greeting",
            Manner::SpeaksFirst(b"\xff\xff\xff\0\x0a8.0.36\0".to_vec()),
            &early("mysql = protocol_error too_large"),
        ),
        Row::new(
            "words before the client's",
            Manner::SpeaksFirst(b"hello there\r\n".to_vec()),
            &early("mysql = protocol_error"),
        ),
    ]
}

fn slow_rows() -> Vec<Row> {
    let drips = |bytes: &[u8]| Manner::Drips(bytes.to_vec());
    let waits = |kinds: &str| {
        format!(
            "{kinds} = timeout; bytes regex = body_mismatch; tls https rediss smtps amqps grpcs wss mongotls ldaps mqtts memtls = tls_not_tls timeout; * = protocol_error timeout"
        )
    };
    vec![
        Row::new("one byte a second of Redis", drips(CACHE), &waits("bytes redis sentinel cluster")),
        Row::new("one byte a second of HTTP", drips(HTTP), &waits("http head ws peer")),
        Row::new("one byte a second of AMQP", drips(START), &waits("amqp")),
        Row::new("one byte a second of PostgreSQL", drips(POSTGRES), &waits("postgres")),
        Row::new("one byte a second of MQTT", drips(b"\x20\x04\0\0\0\0"), &waits("mqtt mqtt5")),
        Row::new("one byte a second of LDAP", drips(BOUND), &waits("ldap")),
        Row::new("one byte a second of memcached", drips(b"ERROR\r\nVERSION 1.6\r\n"), &waits("memcached memtext")),
        Row::new(
            "one byte a second of TLS",
            drips(TLS),
            // Once enough of a record has come, it is known for what it is.
            &format!(
                "http head h2c grpc ws peer kafka mongodb = tls_unsupported protocol_error timeout; {}",
                waits("tls https rediss smtps amqps grpcs wss mongotls ldaps mqtts memtls")
            ),
        ),
    ]
}

fn endless_rows() -> Vec<Row> {
    let floods = |first: &[u8], unit: &[u8]| Manner::Floods(first.to_vec(), unit.to_vec());
    let web = first("http head ws peer = too_large");
    // The head alone was asked for, and it came.
    let body = first("http peer = too_large; head = pass; ws = http_status");
    let filler = b"aaaaaaaaaaaaaaaa";
    vec![
        Row::new("endless headers", floods(b"HTTP/1.1 200 OK\r\n", b"X-Filler: aaaaaaaaaaaaaaaa\r\n"), &web),
        Row::new("one endless header", floods(b"HTTP/1.1 200 OK\r\nX-Filler: ", filler), &web),
        Row::new("an endless body", floods(b"HTTP/1.1 200 OK\r\n\r\n", filler), &body),
        Row::new(
            "an endless chunk",
            floods(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n80000000\r\n", filler),
            &body,
        ),
        Row::new("endless interim answers", floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), &web),
        Row::new(
            "endless notices",
            floods(b"", b"N\0\0\0\x10SNOTICE\0Ma\0\0"),
            &first("postgres = too_large; pgtls = tls_unsupported"),
        ),
        Row::new(
            "endless TLS records",
            floods(b"", b"\x16\x03\x03\0\x04\x0e\0\0\0"),
            &format!(
                "tls https rediss smtps amqps grpcs wss mongotls ldaps mqtts memtls = tls_handshake_failed; {WANTS_TLS}; {OTHERWISE}"
            ),
        ),
        Row::new(
            "an endless status",
            floods(b"+", filler),
            &first("redis sentinel cluster smtp nats = too_large; pgtls = protocol_error too_large"),
        ),
        Row::new("an endless nesting", floods(b"", b"*1\r\n"), &first("pgtls = protocol_error too_large")),
        Row::new("endless answers of a directory", floods(b"", BOUND), &first("pgtls = protocol_error too_large")),
        Row::new("an endless greeting", floods(b"220-mx.lab ESMTP\r\n", b"220-\r\n"), &first("smtp = too_large")),
        Row::new("endless heartbeats", floods(START, b"\x08\0\0\0\0\0\0\xce"), &first("amqp = protocol_error")),
        Row::new(
            "an endless line of memcached",
            floods(b"CLIENT_ERROR ", filler),
            &first("memcached memtext = too_large; pgtls = protocol_error too_large"),
        ),
        Row::new("an endless INFO", floods(b"INFO {\"server_id\":\"", filler), &first("nats = too_large")),
        Row::new("endless pings", floods(b"INFO {}\r\n", b"PING\r\n"), &first("nats = protocol_error too_large")),
        Row::new(
            "endless HTTP/2 settings",
            floods(b"", b"\0\0\0\x04\0\0\0\0\0"),
            &first("h2c grpc = too_large timeout"),
        ),
    ]
}

fn huge_rows() -> Vec<Row> {
    let floods = |first: &[u8]| Manner::Floods(first.to_vec(), b"aaaaaaaaaaaaaaaa".to_vec());
    let says = |bytes: &[u8]| Manner::Says(bytes.to_vec());
    let handshake = format!(
        "tls https rediss smtps amqps mongotls grpcs wss ldaps mqtts memtls = protocol_error too_large; {WANTS_TLS}; {OTHERWISE}"
    );
    let database = first("postgres pgtls smtp nats memcached memtext = too_large protocol_error");
    vec![
        Row::new(
            "a body of 2 GiB",
            says(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\nab"),
            &first("http peer = too_large; head = pass; ws = http_status"),
        ),
        Row::new("a message of 2 GiB", says(b"R\x7f\xff\xff\xff\0\0\0\n"), &database),
        Row::new("a frame of 2 GiB", says(b"\x01\0\0\x7f\xff\xff\xff\0\x0a\0\x0a"), &first("amqp = too_large")),
        Row::new(
            "a table of 2 GiB",
            says(b"\x01\0\0\0\0\0\x0a\0\x0a\0\x0a\0\x09\x7f\xff\xff\xff\xce"),
            &first("amqp = protocol_error"),
        ),
        Row::new("a string of 2 GiB", says(b"$2147483648\r\nab"), &first("redis sentinel cluster = too_large")),
        Row::new("a list of 2 billion", says(b"*2147483647\r\n"), &first("redis sentinel cluster = too_large")),
        Row::new("an error of 2 GiB", floods(b"E\x7f\xff\xff\xffSFATAL\0"), &database),
        Row::new(
            "an LDAP message of 2 GiB",
            floods(b"\x30\x84\x7f\xff\xff\xff"),
            &first("ldap smtp nats = too_large; pgtls = protocol_error too_large"),
        ),
        Row::new(
            "an MQTT packet of 256 MiB",
            floods(b"\x20\xff\xff\xff\x7f"),
            &first("mqtt mqtt5 smtp nats = too_large; pgtls = protocol_error too_large"),
        ),
        Row::new(
            "a packet of memcached of 2 GiB",
            floods(b"\x81\x20\0\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0"),
            &first("memcached memtext = too_large; pgtls = protocol_error too_large"),
        ),
        Row::new("a huge TLS record", floods(b"\x16\x03\x03\xff\xff"), &handshake),
        Row::new("a huge TLS message", floods(b"\x16\x03\x03\x40\0\x02\xff\xff\xff"), &handshake),
        Row::new(
            "a list of Kafka of 2 billion",
            floods(b"\0\0\xff\xff\x70\x66\0\x01\0\0\x7f\xff\xff\xff"),
            &first("kafka = protocol_error; smtp nats = too_large"),
        ),
        Row::new(
            "an answer of Kafka of 2 GiB",
            floods(b"\x7f\xff\xff\xff\x70\x66\0\x01"),
            &first("kafka = protocol_error; smtp nats = too_large"),
        ),
        Row::new(
            "an HTTP/2 frame of 16 MiB",
            floods(b"\xff\xff\xff\x04\0\0\0\0\0"),
            &first("smtp nats = too_large; pgtls = protocol_error too_large"),
        ),
    ]
}

#[test]
fn every_kind_names_every_misbehaviour_in_time_and_memory() {
    let silent = here(Manner::Nothing);
    let idle = checked(&format!(r#"tcp: {{address: "{silent}", send: x, expect: y}}"#)).peak;
    let rows = rows();
    let mut faults = Vec::new();
    std::thread::scope(|scope| {
        let mut runs = Vec::new();
        for row in &rows {
            let peers = Peers::of(&row.manner);
            let keys = kinds();
            runs.push((
                row,
                scope.spawn(move || {
                    let run = |(kind, keys): &(&'static str, String)| (*kind, checked(&peers.named_in(kind, keys)));
                    keys.iter().map(run).collect::<Vec<_>>()
                }),
            ));
        }
        for (row, run) in runs {
            for (kind, run) in run.join().expect("the run ends") {
                faults.extend(judged(row, kind, &run, idle));
            }
        }
    });
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn judged(row: &Row, kind: &str, run: &Run, idle: u64) -> Vec<String> {
    let right = row.right_for(kind);
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(format!("{kind} × {}: {what}: {}", row.name, run.check["failure"]));
    if !right.contains(&run.word()) {
        fault(format!("{} instead of {}", run.word(), right.join(" or ")));
    }
    let spent = run.check["duration_seconds"].as_f64().expect("a number");
    if spent > TIMEOUT + SLACK {
        fault(format!("took {spent} s"));
    }
    if run.peak > idle + ROOM {
        fault(format!("held {} KiB, {idle} KiB at rest", run.peak));
    }
    faults
}

/// For each way to misbehave: its name, and one check of every kind on such a peer, as keys of the configuration.
pub(crate) fn checks_by_manner() -> Vec<(&'static str, Vec<String>)> {
    let of = |row: Row| {
        let peers = Peers::of(&row.manner);
        // Other keys of a kind that is there already add load, and nothing new.
        let once =
            kinds().into_iter().filter(|(name, _)| !matches!(*name, "sentinel" | "cluster" | "mqtt5" | "memtext"));
        (row.name, once.map(|(kind, keys)| peers.named_in(kind, &keys)).collect())
    };
    rows().into_iter().map(of).collect()
}

/// A sidecar among such peers: its memory stays where it is, and it answers the kubelet at once.
#[test]
fn a_sidecar_among_hostile_peers_stays_small_and_answers() {
    let keys = checks_by_manner().into_iter().flat_map(|(_, keys)| keys).enumerate();
    let checks: Vec<String> =
        keys.map(|(number, keys)| format!("  - {{name: c{number}, gates: [], {keys}}}\n")).collect();
    let many = checks.len();
    let yaml = format!("defaults: {{interval: 1s, timeout: 1s}}\nchecks:\n{}", checks.concat());
    let sidecar = Sidecar::start(&yaml);
    let status = format!("/proc/{}/status", sidecar.child.0.id());
    let resident = || {
        let text = std::fs::read_to_string(&status).expect("it runs");
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it has memory").trim();
        line.trim_end_matches(" kB").parse::<u64>().expect("a number")
    };
    let runs = || {
        let metrics = sidecar.get("/metrics").body;
        let lines = metrics.lines().filter(|line| line.starts_with("pilotfish_check_runs_total{"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).fold(0.0, |sum, one| sum + one)
    };
    // Hundreds of checks beside other processes.
    let rounds = |count: usize| until_within(&format!("{count} rounds"), 180, || runs() >= (many * count) as f64);
    rounds(2);
    let early = resident();
    rounds(4);
    let late = resident();
    assert!(late < early + ROOM, "{early} KiB after two rounds of {many} checks, {late} KiB after four");
    assert_eq!(sidecar.get("/livez").status, 200);
}

/// Real answers of real servers, ended or reset after each of so many bytes.
#[test]
fn an_answer_that_ends_at_any_byte_is_a_closed_connection() {
    let ca = Ca::root("hostile root");
    let pair = ca.issue(&Leaf::server("localhost", &["localhost"]));
    let (_nginx, https) = Nginx::https(&pair, &[], "");
    let cluster = Cluster::start(&crate::support::postgres::Options {
        tls: Some((&pair.cert, &pair.key)),
        // Every cut is a login, and they come side by side.
        settings: &[("max_connections", "300")],
        ..Default::default()
    });
    let mysql = Mysql::start(&MysqlOptions { settings: &["--max-connections=500"], ..MysqlOptions::default() });
    let mongodb = Mongodb::usual();
    // Every cut is a login, and they come side by side.
    let nats = Nats::with("authorization { user: app, password: sesame, timeout: 60 }");
    let redis = Redis::with_password();
    let rediss = RedisOptions { settings: "requirepass sesame", tls: Some(&pair), ..RedisOptions::default() };
    let rediss = Redis::start(&rediss);
    let node = Redis::node("");
    node.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    until("the cluster is up", || node.cli(&["CLUSTER", "INFO"]).contains("cluster_state:ok"));
    let settings = format!("sentinel monitor cache 127.0.0.1 {} 1", node.port);
    let watching =
        RedisOptions { settings: &settings, sentinel: true, ready: "monitor master", ..RedisOptions::default() };
    let watching = Redis::start(&watching);
    // Every cut is a login, and they come side by side.
    let settings = "smtp_accept_max = 500\nsmtp_connect_backlog = 500";
    let many = EximOptions { settings, tls: Some(&pair), ..EximOptions::default() };
    let exim = Exim::start(&many);
    let (grpc, ws) = (Grpc::go(&[]), Websocket::start());
    let slapd = Slapd::start(&SlapdOptions { tls: Some(&pair), ..SlapdOptions::default() });
    let mosquitto = Mosquitto::with_login();
    let secure = MosquittoOptions { login: true, tls: Some(&pair), ..MosquittoOptions::default() };
    let secure = Mosquitto::start(&secure);
    let memcached = Memcached::with(Auth::Text);
    let sasl = Memcached::start(&MemcachedOptions { auth: Auth::Sasl, ..MemcachedOptions::default() });
    let login = format!("user: \"{USER}\", password: sesame");
    let trust = Folder::new();
    let ca = format!("ca: {}, server_name: localhost", trust.write("ca.pem", &ca.pem));
    let http = here(Manner::SaysAndEnds(HTTP.to_vec()));
    let provider = HttpServer::start(|asked| {
        let here = format!("http://{}", asked.header("host").unwrap_or_default());
        page(200, "", &format!("{{\"issuer\":\"{here}\",\"authorization_endpoint\":\"{here}/auth\"}}"))
    });
    let keys = here(Manner::SaysAndEnds(KEYS.to_vec()));
    let cache = here(Manner::Says(CACHE.to_vec()));
    let database = |mode: &str| format!("postgres: {{url: \"postgres://app:{PASSWORD}@PEER/app?sslmode={mode}\"}}");
    let cases: Vec<(&str, SocketAddr, String)> = vec![
        ("tcp", cache, r#"tcp: {address: "PEER", send: 'PING\r\n', expect: '+PONG\r\n'}"#.to_owned()),
        ("http", http, r#"http: {url: "http://PEER/"}"#.to_owned()),
        ("peer", http, r#"peer: {url: "http://PEER/"}"#.to_owned()),
        ("parity", http, r#"parity: {left: "http://PEER", right: "http://PEER", requests: [/]}"#.to_owned()),
        ("dapr", here(Manner::SaysAndEnds(READY.to_vec())), "dapr: {port: PORT}".to_owned()),
        ("same-secret", honest("sesame"), r#"same_secret: {secret: sesame, peers: "http://PEER"}"#.to_owned()),
        ("mcp", here(Manner::SaysAndEnds(MCP.to_vec())), r#"mcp: {url: "http://PEER/mcp"}"#.to_owned()),
        ("jwks", keys, r#"jwks: {url: "http://PEER/jwks"}"#.to_owned()),
        ("token", keys, r#"token: {jwks: "http://PEER/jwks", alg: EdDSA}"#.to_owned()),
        ("oidc", provider.address, r#"oidc: {issuer: "http://PEER"}"#.to_owned()),
        ("tls", loopback(https), format!(r#"tls: {{address: "PEER", {ca}}}"#)),
        ("https", loopback(https), format!(r#"http: {{url: "https://PEER/", tls: {{{ca}}}}}"#)),
        ("postgres", loopback(cluster.port), database("disable")),
        ("postgres over TLS", loopback(cluster.port), database("require")),
        ("mysql", loopback(mysql.port), r#"mysql: {url: "mysql://app:sesame@PEER/app"}"#.to_owned()),
        ("mongodb", loopback(mongodb.port), r#"mongodb: {url: "mongodb://app:sesame@PEER/admin"}"#.to_owned()),
        ("redis", loopback(redis.port), r#"redis: {url: "redis://:sesame@PEER/1"}"#.to_owned()),
        (
            "redis over TLS",
            loopback(rediss.port),
            format!(r#"redis: {{url: "rediss://:sesame@PEER/1", tls: {{{ca}}}}}"#),
        ),
        (
            "redis in a cluster",
            loopback(node.port),
            r#"redis: {url: "redis://PEER", cluster: true, role: primary}"#.to_owned(),
        ),
        ("sentinel", loopback(watching.port), r#"redis: {sentinel: {master: cache, addresses: "PEER"}}"#.to_owned()),
        (
            "amqp",
            loopback(rabbitmq().port),
            format!(r#"amqp: {{url: "amqp://app:{BROKER_PASSWORD}@PEER/", queue: jobs}}"#),
        ),
        ("nats", loopback(nats.port), r#"nats: {url: "nats://app:sesame@PEER"}"#.to_owned()),
        (
            "kafka",
            loopback(broker().sasl),
            r#"kafka: {url: "kafka://app:sesame@PEER/orders?mechanism=PLAIN"}"#.to_owned(),
        ),
        ("smtp", loopback(exim.port), r#"smtp: {url: "smtp://app:sesame@PEER"}"#.to_owned()),
        ("grpc", loopback(grpc.port), r#"grpc: {address: "PEER"}"#.to_owned()),
        ("websocket", loopback(ws.port), r#"websocket: {url: "ws://PEER/hello", expect: '{"type"'}"#.to_owned()),
        (
            "smtp over TLS",
            loopback(exim.tls_port),
            format!(r#"smtp: {{url: "smtps://app:sesame@PEER", tls: {{{ca}}}}}"#),
        ),
        ("ldap", loopback(slapd.port), format!(r#"ldap: {{url: "ldap://PEER/dc=lab", {login}}}"#)),
        (
            "ldap with StartTLS",
            loopback(slapd.port),
            format!(r#"ldap: {{url: "ldap://PEER/dc=lab", {login}, tls: {{{ca}}}}}"#),
        ),
        (
            "ldap over TLS",
            loopback(slapd.tls_port),
            format!(r#"ldap: {{url: "ldaps://PEER/dc=lab", {login}, tls: {{{ca}}}}}"#),
        ),
        ("memcached", loopback(memcached.port), r#"memcached: {url: "memcached://app:sesame@PEER"}"#.to_owned()),
        ("memcached with SASL", loopback(sasl.port), r#"memcached: {url: "memcached://app:sesame@PEER"}"#.to_owned()),
        ("mqtt", loopback(mosquitto.port), r#"mqtt: {url: "mqtt://app:sesame@PEER", version: 5}"#.to_owned()),
        ("mqtt over TLS", loopback(secure.port), format!(r#"mqtt: {{url: "mqtts://app:sesame@PEER", tls: {{{ca}}}}}"#)),
    ];
    let add = "a server whose answer is cut at each byte, and the keys that pass where it is not";
    let cases = rows_of(speakers(), cases, |(_, _, keys)| keys, (file!(), add));
    let mut faults = Vec::new();
    for (name, server, keys) in &cases {
        faults.extend(cut_everywhere(name, *server, keys));
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// All cuts of one kind side by side in one run.
fn cut_everywhere(name: &str, server: SocketAddr, keys: &str) -> Vec<String> {
    // Every byte of a short answer; of a long one every byte of its beginning, then one in 41.
    let cuts = (0..48).chain((48..1900).step_by(41)).flat_map(|after| [(after, false), (after, true)]);
    let checks: Vec<String> = cuts
        .clone()
        .map(|(after, reset)| {
            let peer = here(Manner::Cuts { server, after, reset });
            let keys = keys.replace("PEER", &peer.to_string()).replace("PORT", &peer.port().to_string());
            format!("  - {{name: c{after}-{reset}, interval: 60s, timeout: 60s, gates: [], {keys}}}\n")
        })
        .collect();
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks:\n{}", checks.concat()));
    let report = crate::support::json(&["check", "-o", "json", "-c", &config]);
    let checks = report["checks"].as_array().expect("checks");
    assert_eq!(checks.len(), checks.len().max(cuts.clone().count()));
    let words: Vec<&str> = checks.iter().map(|check| check["failure"]["cause"].as_str().unwrap_or("pass")).collect();
    let mut faults = Vec::new();
    for (((after, reset), word), check) in cuts.zip(&words).zip(checks) {
        let right = match (after, reset) {
            // Nothing came: whether our bytes had been read decides between an end and a reset.
            (0, _) => matches!(*word, "connection_closed" | "connect_reset"),
            // A reset may overtake the bytes before it; what is complete passes.
            (_, true) => matches!(*word, "connection_closed" | "connect_reset" | "pass"),
            (_, false) => matches!(*word, "connection_closed" | "pass"),
        };
        if !right {
            faults.push(format!("{name} cut after {after} (reset: {reset}): {word}: {}", check["failure"]));
        }
    }
    if words[..12].contains(&"pass") && name != "tcp" {
        faults.push(format!("{name} passes with hardly any answer: {words:?}"));
    }
    if !words.contains(&"pass") {
        faults.push(format!("{name} never passes: {words:?}"));
    }
    faults
}

/// Name servers that misbehave, over UDP and, where the answer was cut short, over TCP.
#[test]
fn hostile_name_servers() {
    let mut faults = Vec::new();
    for (reply, right) in [
        ("silent", "dns_timeout"),
        ("wrong-id", "dns_timeout dns_server_failure"),
        ("wrong-question", "dns_timeout dns_server_failure"),
        ("garbage", "dns_timeout dns_server_failure"),
        ("loop", "dns_timeout dns_server_failure dns_no_address dns_not_found"),
        ("flood", "dns_timeout dns_server_failure"),
        ("short silent", "dns_timeout"),
        ("short drip", "dns_timeout"),
        ("short close", "dns_timeout dns_server_failure"),
        ("short huge", "dns_timeout dns_server_failure"),
        ("short wrong-id", "dns_timeout dns_server_failure"),
    ] {
        let server = NameServer::here(&format!("* * {reply}"));
        let run = checked(&format!("dns: {{name: db.lab., server: \"{}\"}}", server.address));
        let spent = run.check["duration_seconds"].as_f64().expect("a number");
        if !right.split(' ').any(|cause| cause == run.word()) || spent > TIMEOUT + SLACK {
            faults.push(format!("dns × {reply}: {} instead of {right}, {spent} s: {}", run.word(), run.check));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
