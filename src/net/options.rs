//! How an attempt is made: which addresses it dials, in which order, and until when.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::net::resolve::search::Walk;
use crate::url::Endpoint;
use crate::vocabulary::vocabulary;

/// The one address that an endpoint is dialled at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Which endpoint; any other is dialled as usual.
    pub endpoint: Endpoint,
    /// Where it is dialled.
    pub ip: IpAddr,
}

/// How an attempt is to be made.
#[derive(Debug, Clone)]
pub struct AttemptOptions {
    /// How it dials.
    pub rules: DialRules,
    /// When it must be over.
    pub deadline: Instant,
    /// How much of the search list is walked.
    pub walk: Walk,
    /// The one address to dial, under `require: each`.
    pub pinned: Option<Pin>,
}

/// A family of addresses, and the records that are asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// `A`.
    V4,
    /// `AAAA`.
    V6,
}

impl Family {
    /// 4 or 6.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }
}

vocabulary! {
    /// Families and their order.
    #[derive(Default, Hash)]
    pub enum AddressPolicy {
        /// All IPv4 addresses, then all IPv6 ones.
        #[default]
        Ipv4First = "ipv4-first",
        /// All IPv6 addresses, then all IPv4 ones.
        Ipv6First = "ipv6-first",
        /// Only IPv4.
        Ipv4Only = "ipv4-only",
        /// Only IPv6.
        Ipv6Only = "ipv6-only",
    }
}

impl AddressPolicy {
    /// The family that is asked for first.
    pub(super) const fn preferred(self) -> Family {
        match self {
            Self::Ipv4First | Self::Ipv4Only => Family::V4,
            Self::Ipv6First | Self::Ipv6Only => Family::V6,
        }
    }

    /// The family that is asked for where the first has no address that connects.
    pub(super) const fn fallback(self) -> Option<Family> {
        match self {
            Self::Ipv4First => Some(Family::V6),
            Self::Ipv6First => Some(Family::V4),
            Self::Ipv4Only | Self::Ipv6Only => None,
        }
    }

    /// Whether an address may be dialled.
    pub(super) fn allows(self, ip: IpAddr) -> bool {
        self.fallback().is_some() || ip.is_ipv4() == (self.preferred() == Family::V4)
    }
}

vocabulary! {
    /// Which addresses must work.
    #[derive(Default, Hash)]
    pub enum Require {
        /// One of them.
        #[default]
        Any = "any",
        /// Every address must connect; the protocol runs on the first.
        All = "all",
        /// The whole check for every address.
        Each = "each",
    }
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
