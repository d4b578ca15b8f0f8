//! How a runtime connects: which walk it makes over the addresses of a name.

use std::time::Duration;

use super::measured_address::{Ended, MeasuredAddress};
use super::walk::{self, TimerRace};

/// How a runtime connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectStrategy {
    /// Node with `autoSelectFamily` and this limit per address.
    Node(Duration),
    /// The first address and no other.
    First,
    /// Java: the first address, IPv4 before IPv6.
    FirstIpv4,
    /// One after another, each with this limit.
    Serial(Option<Duration>),
    /// Both families, the second after this head start.
    Race(Duration),
    /// anyio.
    Staggered,
}

impl ConnectStrategy {
    /// A runtime's walk over addresses in the order of its resolver.
    pub(super) fn walk(self, measured: &[MeasuredAddress], race: TimerRace) -> Ended {
        match self {
            Self::Node(limit) if measured.len() > 1 => walk::node(measured, limit, race),
            Self::Node(_) | Self::First => walk::serial(&measured[..measured.len().min(1)], None),
            Self::FirstIpv4 => walk::serial(&walk::ipv4_leads(measured)[..measured.len().min(1)], None),
            Self::Serial(each) => walk::serial(measured, each),
            Self::Race(head) => walk::race(measured, head),
            Self::Staggered => walk::staggered(&walk::ipv6_leads(measured)),
        }
    }
}
