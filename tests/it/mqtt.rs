//! The `mqtt` kind against the real Mosquitto, and against scripted brokers for the codes that it does not give.

mod answers;
mod login;
mod tls;

use serde_json::Value;

use crate::support::mosquitto::{PASSWORD, USER};
use crate::support::one_check::{check_of, failed, passed};

/// The one check of a report of these keys.
fn check(keys: &str) -> Value {
    check_of("mqtt", "2s", keys)
}

/// The keys of a login at this port, and these ones.
fn keys(port: u16, more: &str) -> String {
    format!("{{host: localhost, port: {port}, user: {USER}, password: {PASSWORD}{more}}}")
}

/// Both versions, as keys.
const VERSIONS: [(&str, &str); 2] = [("3.1.1", ", version: 3.1.1"), ("5", ", version: 5")];
