//! Connecting: IPv4 first, strictly one address after another, each try recorded.

use std::time::Duration;

/// Which families are tried, in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum AddressPolicy {
    /// All IPv4 addresses, then all IPv6 ones.
    #[default]
    Ipv4First,
    /// All IPv6 addresses, then all IPv4 ones.
    Ipv6First,
    /// IPv4 alone.
    Ipv4Only,
    /// IPv6 alone.
    Ipv6Only,
}

/// Which addresses must work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Require {
    /// One of them.
    #[default]
    Any,
    /// Every address must connect; the protocol runs on the first.
    All,
    /// The whole check for every address.
    Each,
}

/// How a check dials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct DialRules {
    /// Families and their order.
    pub addresses: AddressPolicy,
    /// The limit of one try; its fair share where not set.
    pub connect_timeout: Option<Duration>,
    /// Which addresses must work.
    pub require: Require,
}
