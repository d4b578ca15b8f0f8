//! The `grpc` kind against real servers in Go and Python, with nginx in between, and against scripted ones for what no real one
//! does on demand.

mod proxies;
mod statuses;
mod strangers;
mod tls;

use serde_json::Value;

use crate::support::one_check::{check_of, failed, passed};

/// The one check of a report of these keys.
fn check(keys: &str) -> Value {
    check_of("grpc", "3s", keys)
}
