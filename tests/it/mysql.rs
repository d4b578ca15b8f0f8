//! The `mysql` kind against the real MariaDB, a server with the login method of MySQL 8, and scripted servers.

mod host_block;
mod login;
mod query;
mod sha2;
mod socket;
mod strangers;
mod tls;

use serde_json::Value;

use crate::support::one_check::{check, check_of, check_variable, codes, failed, passed};

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    check_of("mysql", "3s", keys)
}
