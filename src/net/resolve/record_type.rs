//! The record types that a check can ask for.

use std::str::FromStr;

use hickory_resolver::proto::rr;

/// A record type that a check can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// The name that this one is an alias of.
    Cname,
    /// Mail servers.
    Mx,
    /// Name servers.
    Ns,
    /// The name of an address.
    Ptr,
    /// The start of the zone.
    Soa,
    /// Host and port of a service.
    Srv,
    /// Text.
    Txt,
}

impl RecordType {
    /// Every type.
    pub const ALL: [Self; 9] =
        [Self::A, Self::Aaaa, Self::Cname, Self::Mx, Self::Ns, Self::Ptr, Self::Soa, Self::Srv, Self::Txt];

    /// The word in configuration, JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Soa => "SOA",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
        }
    }

    /// hickory's type, if it can be asked for.
    pub(super) fn from_wire(record: rr::RecordType) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.wire() == record)
    }

    /// The same type in hickory.
    pub(super) const fn wire(self) -> rr::RecordType {
        match self {
            Self::A => rr::RecordType::A,
            Self::Aaaa => rr::RecordType::AAAA,
            Self::Cname => rr::RecordType::CNAME,
            Self::Mx => rr::RecordType::MX,
            Self::Ns => rr::RecordType::NS,
            Self::Ptr => rr::RecordType::PTR,
            Self::Soa => rr::RecordType::SOA,
            Self::Srv => rr::RecordType::SRV,
            Self::Txt => rr::RecordType::TXT,
        }
    }
}

impl FromStr for RecordType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|record| record.as_str().eq_ignore_ascii_case(text));
        known.ok_or_else(|| format!("one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}
