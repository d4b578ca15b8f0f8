//! What is wrong with a host or a URL, in words, and what that is as the detail of a fault.

use crate::outcome::ValueDetail;

/// What is wrong with a host that is a path.
pub const SOCKET: &str = "sockets in the file system are not supported: give a host";
pub(super) const NOT_ASCII: &str = "the host has letters outside ASCII: write it in its xn--… form";
pub(super) const ZONE: &str =
    "the IPv6 address has a zone (%…), which only link-local addresses need: give it without the zone";
pub(super) const LINK_LOCAL: &str = "the link-local IPv6 address has a zone (%…), which is not dialled, and without it there is no way \
                          to the address: give a name or another address";
pub(super) const NUMBER: &str = "the host is an IPv4 address in a short, octal or hexadecimal form, which clients read differently: write it \
                      as four decimal numbers";
pub(super) const SERVICE_PORT: &str = "its port is tcp://…, the value that Kubernetes sets in NAME_PORT for a Service";
pub(super) const TOO_LONG: &str = "it is too long";
/// What is wrong with a list of too many hosts.
pub const TOO_MANY_HOSTS: &str = "it names more than the 64 hosts that are read";

/// What is wrong with a host, or a URL, as the detail of a fault.
#[must_use]
pub fn detail_of(problem: &str) -> Option<ValueDetail> {
    match problem {
        SOCKET => Some(ValueDetail::Socket),
        NOT_ASCII | ZONE => Some(ValueDetail::NotWritten),
        LINK_LOCAL => Some(ValueDetail::LinkLocal),
        NUMBER => Some(ValueDetail::NumberForm),
        SERVICE_PORT => Some(ValueDetail::ServiceLink),
        TOO_LONG | TOO_MANY_HOSTS => Some(ValueDetail::TooMuch),
        _ => None,
    }
}
