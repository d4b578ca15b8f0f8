//! The numbers of Kafka's errors that a check meets, and their names.
//!
//! Source: Kafka's protocol guide, "Error Codes".

/// A topic, or one of its partitions, does not exist.
pub(super) const UNKNOWN_TOPIC: i16 = 3;
/// No broker leads.
pub(super) const NO_LEADER: i16 = 5;
/// A replica is missing: that says nothing of the leader.
pub(super) const NO_REPLICA: i16 = 9;
/// No topic can have this name.
pub(super) const INVALID_TOPIC: i16 = 17;
/// The user may not describe the topic.
pub(super) const TOPIC_DENIED: i16 = 29;
/// The broker does not offer the mechanism.
pub(super) const UNSUPPORTED_MECHANISM: i16 = 33;
/// There is no login on this listener.
pub(super) const ILLEGAL_SASL_STATE: i16 = 34;
/// The broker rejected the credential.
pub(super) const AUTHENTICATION_FAILED: i16 = 58;
/// The leader has no address on this listener.
pub(super) const NO_LISTENER: i16 = 72;

const NAMES: [(i16, &str); 14] = [
    (-1, "UNKNOWN_SERVER_ERROR"),
    (UNKNOWN_TOPIC, "UNKNOWN_TOPIC_OR_PARTITION"),
    (NO_LEADER, "LEADER_NOT_AVAILABLE"),
    (6, "NOT_LEADER_OR_FOLLOWER"),
    (7, "REQUEST_TIMED_OUT"),
    (8, "BROKER_NOT_AVAILABLE"),
    (NO_REPLICA, "REPLICA_NOT_AVAILABLE"),
    (INVALID_TOPIC, "INVALID_TOPIC_EXCEPTION"),
    (TOPIC_DENIED, "TOPIC_AUTHORIZATION_FAILED"),
    (31, "CLUSTER_AUTHORIZATION_FAILED"),
    (UNSUPPORTED_MECHANISM, "UNSUPPORTED_SASL_MECHANISM"),
    (ILLEGAL_SASL_STATE, "ILLEGAL_SASL_STATE"),
    (AUTHENTICATION_FAILED, "SASL_AUTHENTICATION_FAILED"),
    (NO_LISTENER, "LISTENER_NOT_FOUND"),
];

/// An error as text: its name, or its number.
pub(super) fn named(number: i16) -> String {
    let known = NAMES.iter().find(|(one, _)| *one == number);
    known.map_or_else(|| format!("error {number}"), |(_, name)| (*name).to_owned())
}
