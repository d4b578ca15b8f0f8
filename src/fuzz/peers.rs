//! Whole checks against a server on loopback that says anything, whatever it is told.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::env::MapEnv;
use crate::probe::Depth;

use super::run::{RUNTIME, outcomes};

/// A check of each protocol.
pub(super) const CHECKS: &[&str] = &[
    "tcp: {address: 'ADDRESS', send: 'PING\\r\\n', expect: {regex: '^[+]PONG'}}",
    "http: {url: 'http://ADDRESS/health', json: {status: up}}",
    "http: {url: 'http://app:sesame@ADDRESS/', body_contains: ok, follow_redirects: true}",
    "http: {url: 'http://ADDRESS/', http_version: '2'}",
    "peer: {url: 'http://ADDRESS/health'}",
    "postgres: {url: 'postgres://app:sesame@ADDRESS/app?sslmode=disable', query: 'SELECT 1'}",
    "redis: {url: 'redis://:sesame@ADDRESS/2'}",
    "tls: {address: 'ADDRESS'}",
    "smtp: {url: 'smtp://app:sesame@ADDRESS'}",
    "tls: {address: 'ADDRESS', starttls: smtp}",
    "mysql: {url: 'mysql://app:sesame@ADDRESS/shop', query: 'SELECT 1', expect: '1'}",
    "amqp: {url: 'amqp://app:sesame@ADDRESS/shop', queue: jobs}",
    "nats: {url: 'nats://app:sesame@ADDRESS'}",
    "grpc: {address: 'ADDRESS', service: shop, metadata: {authorization: 'Bearer sesame'}}",
    "websocket: {url: 'ws://app:sesame@ADDRESS/live', subprotocol: chat, expect: hello}",
    "kafka: {url: 'kafka://app:sesame@ADDRESS/orders?mechanism=PLAIN', min_isr: 2}",
    "mongodb: {url: 'mongodb://app:sesame@ADDRESS/shop'}",
    "ldap: {url: 'ldap://ADDRESS', user: 'cn=app', password: sesame, base: 'dc=lab'}",
    "mqtt: {url: 'mqtt://app:sesame@ADDRESS', version: 5}",
    "memcached: {url: 'memcached://app:sesame@ADDRESS'}",
    "parity: {left: 'http://app:sesame@ADDRESS', right: 'http://ADDRESS', requests: [/, /a], compare_headers: [date], compare: values}",
    "same_secret: {secret: [sesame, poppy], peers: 'http://ADDRESS'}",
    "mcp: {url: 'http://app:sesame@ADDRESS/mcp'}",
    "http: {url: 'http://app:sesame@ADDRESS/', cors: {origin: 'https://a.example', method: PUT, refused_origin: 'null'}}",
    "jwks: {url: 'http://app:sesame@ADDRESS/jwks', require_alg: EdDSA}",
    "jwks: {better_auth: {database: 'postgres://app:sesame@ADDRESS/app?sslmode=disable', secret: sesame}}",
    "token: {token: sesame, jwks: 'http://ADDRESS/jwks'}",
    "oidc: {issuer: 'http://ADDRESS', client_id: web, redirect_uri: 'https://shop.example.com/cb'}",
];

/// A byte that chooses the check, then what the server says.
pub fn peers(bytes: &[u8]) {
    let Some((check, bytes)) = bytes.split_first() else { return };
    let check = CHECKS[usize::from(*check) % CHECKS.len()];
    let outcomes = RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
            let file = file(check, listener.local_addr().expect("it has an address"));
            let env = MapEnv::default().with_file("/etc/pilotfish.yaml", file.as_bytes());
            tokio::select! {
                outcomes = outcomes(env, Depth::Full) => outcomes,
                () = serve(listener, bytes) => Vec::new(),
            }
        })
    });
    for outcome in outcomes {
        let shown = format!("{:?} {:?}", outcome.failure, outcome.findings);
        assert!(!shown.contains("sesame"), "{shown}");
    }
}

pub(super) fn file(check: &str, address: SocketAddr) -> String {
    format!("checks: [{{name: a, gates: [ready], timeout: 1s, {}}}]", check.replace("ADDRESS", &address.to_string()))
}

/// Says this to everyone who connects.
async fn serve(listener: TcpListener, bytes: &[u8]) {
    let mut open = JoinSet::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let bytes = bytes.to_vec();
        open.spawn(async move {
            // A peer that has heard enough is gone: all of it may fail.
            drop(stream.write_all(&bytes).await);
            drop(stream.shutdown().await);
            let mut heard = [0; 1024];
            while let Ok(1..) = stream.read(&mut heard).await {}
        });
    }
}
