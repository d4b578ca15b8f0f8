//! The facts that only this kind records.

use crate::outcome::FactKey;

/// What the listener offers to log in with.
pub(super) const MECHANISMS: FactKey =
    FactKey { name: "sasl_mechanisms", meaning: "the login mechanisms that the broker offers" };
/// Where clients are sent to.
pub(super) const BROKERS: FactKey =
    FactKey { name: "brokers", meaning: "the addresses that the brokers announce, the first 16" };
/// Which cluster it is.
pub(super) const CLUSTER_ID: FactKey = FactKey { name: "cluster_id", meaning: "the id of the cluster" };
