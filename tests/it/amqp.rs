//! The `amqp` kind against the real RabbitMQ, and against scripted brokers for what no real one does on demand.

mod login;
mod queue;
mod remote;
mod strangers;
mod tls;

use serde_json::Value;

use crate::support::one_check::{check, check_of, codes, failed, passed_as};

/// The one check of a report of these keys.
fn check_keys(keys: &str) -> Value {
    check_of("amqp", "10s", keys)
}

#[track_caller]
fn passed(check: &Value) {
    passed_as(check, false);
}
