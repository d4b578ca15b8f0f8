//! The `websocket` kind against Node's `ws`, with nginx in between, and against scripted servers for what no real one does.

mod proxies;
mod sessions;
mod strangers;

use serde_json::Value;

use crate::support::one_check::{check_of, failed, passed};

/// The one check of a report of these keys.
fn check(keys: &str) -> Value {
    check_of("websocket", "3s", keys)
}
