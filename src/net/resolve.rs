//! Names to addresses: resolv.conf, hosts, the search walk, and our own exchange over hickory's codec.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;

/// Which suffix of the search list matched last, by name.
#[derive(Debug, Default)]
pub struct Suffixes(pub Mutex<BTreeMap<String, String>>);

/// How much of the search list is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// All of it, in order: `check`, `wait` and `diagnose`.
    Full,
    /// The suffix that matched last first: `serve`.
    Remembered,
}

/// Stands in until the exchange is here: loopback only.
pub(crate) fn localhost() -> Vec<IpAddr> {
    vec![IpAddr::from([127, 0, 0, 1])]
}
