//! The `redis` kind against the real Redis.

mod cluster;
mod keys;
mod login;
mod role;
mod sentinel;
mod states;
mod strangers;
mod tls;
mod unix;
mod valkey;

use serde_json::Value;

use crate::support::one_check::{check, check_of, check_variable, codes, failed, passed_as as passed};

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    check_of("redis", "2s", keys)
}
