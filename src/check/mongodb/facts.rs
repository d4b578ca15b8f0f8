//! The facts that only this kind records.

use crate::outcome::FactKey;

/// What the server is.
pub(super) const SERVER_STATE: FactKey = FactKey {
    name: "server_state",
    meaning: "`standalone`, `mongos`, or its state in a replica set: `primary`, `secondary`, `arbiter`, `recovering`, `not_initiated`",
};
/// The replica set of the server.
pub(super) const REPLICA_SET: FactKey =
    FactKey { name: "replica_set", meaning: "the name of the server's replica set" };
