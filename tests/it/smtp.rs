//! The `smtp` kind against the real Exim, and against scripted servers for what no real one does on demand.

mod answers;
mod lock;
mod login;
mod network;
mod tls;

use serde_json::Value;

use crate::support::one_check::{check, check_of, failed, passed};

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    check_of("smtp", "2s", keys)
}
