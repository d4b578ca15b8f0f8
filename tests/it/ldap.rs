//! The `ldap` kind against the real OpenLDAP, and against scripted servers for what Active Directory and others answer.

mod answers;
mod base;
mod lock;
mod login;
mod tls;

use serde_json::Value;

use crate::support::one_check::{check_of, failed, passed};
use crate::support::slapd::{PASSWORD, USER};

/// The one check of a report of these keys.
fn check(keys: &str) -> Value {
    check_of("ldap", "2s", keys)
}

/// The keys of a login at this port, and these ones.
fn keys(port: u16, more: &str) -> String {
    format!("{{host: localhost, port: {port}, user: '{USER}', password: {PASSWORD}{more}}}")
}
