//! The `kafka` kind against the real Kafka, and against scripted brokers for what no single real one does on demand.

mod advertised;
mod bootstrap;
mod discovery;
mod login;
mod scripted;
mod tls;
mod topics;

use serde_json::Value;

use crate::support::one_check::{check, check_of, failed, passed};

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    check_of("kafka", "10s", keys)
}
