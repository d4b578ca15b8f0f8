//! Entry points for fuzzing: each gives a parser whatever bytes there are, and asserts what must hold of the result. A
//! panic is a find.
//!
//! Only the tests and the targets in `fuzz/` are built with it. What needs the insides of a module is a file `fuzz.rs`
//! of that module, so that nothing becomes public for it.

mod masking;
mod peers;
mod run;
mod texts;

pub use masking::masking;
pub use peers::peers;
pub use run::{env_file, expression, payload, yaml};
pub use texts::{durations, frames, proc, texts, urls};

use crate::check::{
    amqp as of_amqp, dapr as of_dapr, grpc as of_grpc, http, jwks as of_jwks, kafka as of_kafka, ldap as of_ldap,
    mcp as of_mcp, memcached as of_memcached, mongodb as of_mongodb, mqtt as of_mqtt, mysql as of_mysql,
    nats as of_nats, parity as of_parity, peer, postgres as of_postgres, redis as of_redis,
    same_secret as of_same_secret, smtp as of_smtp, token as of_token, websocket as of_websocket,
};
use crate::net::{resolve, tls};
use crate::sock_diag;

/// A file `resolv.conf`.
pub fn resolv_conf(bytes: &[u8]) {
    resolve::fuzz::resolv_conf(bytes);
}

/// A file of hosts.
pub fn hosts(bytes: &[u8]) {
    resolve::fuzz::hosts(bytes);
}

/// A message of a name server.
pub fn dns(bytes: &[u8]) {
    resolve::fuzz::dns(bytes);
}

/// A certificate.
pub fn certificate(bytes: &[u8]) {
    tls::fuzz::certificate(bytes);
}

/// A chain of certificates, with a line `--` between them, to the verifier.
pub fn chain(bytes: &[u8]) {
    tls::fuzz::chain(bytes);
}

/// The first bytes of a TLS server.
pub fn server_hello(bytes: &[u8]) {
    tls::fuzz::server_hello(bytes);
}

/// A file with certificates or a key.
pub fn pem(bytes: &[u8]) {
    tls::fuzz::pem(bytes);
}

/// What a PostgreSQL server says to whom: two bytes that choose, then its messages.
pub fn postgres(bytes: &[u8]) {
    of_postgres::fuzz::postgres(bytes);
}

/// The fields of a PostgreSQL error.
pub fn postgres_error(bytes: &[u8]) {
    of_postgres::fuzz::error(bytes);
}

/// A connection string of PostgreSQL in any form.
pub fn postgres_url(bytes: &[u8]) {
    of_postgres::fuzz::url(bytes);
}

/// What a Redis server says: a byte that says where the stream pauses, then its replies.
pub fn redis(bytes: &[u8]) {
    of_redis::fuzz::redis(bytes);
}

/// What a mail server says: a byte that says where the stream pauses, then its replies.
pub fn smtp(bytes: &[u8]) {
    of_smtp::fuzz::smtp(bytes);
}

/// What an AMQP broker says: a byte that says where the stream pauses, then its frames.
pub fn amqp(bytes: &[u8]) {
    of_amqp::fuzz::amqp(bytes);
}

/// What a MongoDB server says: a byte that chooses where the stream pauses, then its messages.
pub fn mongodb(bytes: &[u8]) {
    of_mongodb::fuzz::mongodb(bytes);
}

/// What a directory says: a byte that says where the stream pauses, then its messages.
pub fn ldap(bytes: &[u8]) {
    of_ldap::fuzz::ldap(bytes);
}

/// What a memcached server says: a byte that says where the stream pauses, then its answers in either protocol.
pub fn memcached(bytes: &[u8]) {
    of_memcached::fuzz::memcached(bytes);
}

/// What an MQTT broker says: a byte that says where the stream pauses, then its answer to a login.
pub fn mqtt(bytes: &[u8]) {
    of_mqtt::fuzz::mqtt(bytes);
}

/// What a MySQL server says: a byte that says where the stream pauses, then its packets.
pub fn mysql(bytes: &[u8]) {
    of_mysql::fuzz::mysql(bytes);
}

/// What a NATS server says: a byte that says where the stream pauses, then its lines.
pub fn nats(bytes: &[u8]) {
    of_nats::fuzz::nats(bytes);
}

/// What a gRPC server answers: a status, headers with its trailers among them, a body.
pub fn grpc(bytes: &[u8]) {
    of_grpc::fuzz::grpc(bytes);
}

/// What a WebSocket server sends: a byte that says where the stream pauses, then its frames.
pub fn websocket(bytes: &[u8]) {
    of_websocket::fuzz::websocket(bytes);
}

/// What a Kafka broker says: a byte that says where the stream pauses, then its answers.
pub fn kafka(bytes: &[u8]) {
    of_kafka::fuzz::kafka(bytes);
}

/// An HTTP answer: a status, headers, a body.
pub fn http_answer(bytes: &[u8]) {
    http::fuzz::answer(bytes);
}

/// A place in a JSON document on a line, then the document.
pub fn pointer(bytes: &[u8]) {
    http::fuzz::pointer(bytes);
}

/// The same as [`http_answer`] to a check of health.
pub fn health(bytes: &[u8]) {
    peer::fuzz::health(bytes);
}

/// Two documents that are compared.
pub fn parity(bytes: &[u8]) {
    of_parity::fuzz::parity(bytes);
}

/// The body of an answer of an MCP server.
pub fn mcp(bytes: &[u8]) {
    of_mcp::fuzz::mcp(bytes);
}

/// The body of an answer of daprd.
pub fn dapr(bytes: &[u8]) {
    of_dapr::fuzz::dapr(bytes);
}

/// A message of the proof of a secret, to either side.
pub fn same_secret(bytes: &[u8]) {
    of_same_secret::fuzz::same_secret(bytes);
}

/// A key set, or a stored key.
pub fn jwks(bytes: &[u8]) {
    of_jwks::fuzz::jwks(bytes);
}

/// A token on the first line, then a key set or a secret.
pub fn token(bytes: &[u8]) {
    of_token::fuzz::token(bytes);
}

/// Messages of the kernel about sockets.
pub fn netlink(bytes: &[u8]) {
    sock_diag::fuzz::netlink(bytes);
}

#[cfg(test)]
mod tests;
