//! The `nats` kind against the real server.

mod cluster;
mod login;
mod network;
mod states;
mod tls;

use serde_json::Value;

use crate::support::one_check::{check, check_of, codes, failed, passed_as as passed};

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    check_of("nats", "2s", keys)
}
