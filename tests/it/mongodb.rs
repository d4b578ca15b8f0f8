//! The `mongodb` kind against FerretDB, and against servers that are scripted from the drivers' specifications where FerretDB does
//! not have what is tested: several members, logins by certificate, databases of users, errors.

mod login;
mod names;
mod replica_set;
mod tls;

use serde_json::Value;

use crate::support::one_check::{check, check_of, check_variable, failed, passed, warnings};

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    check_of("mongodb", "4s", keys)
}
