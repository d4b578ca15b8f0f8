//! In which order a resolver library hands out the addresses of a name (RFC 6724 and its elder, RFC 3484).
//!
//! The rules need the address that the kernel would send from, which the survey has measured for each address. Rules that
//! need more than that (deprecated and home addresses, tunnels, and glibc's own subnets for IPv4) leave the order as the
//! name server gave it.

use std::cmp::{Ordering, Reverse};
use std::net::{IpAddr, Ipv6Addr};

use super::measured_address::MeasuredAddress;
use crate::order;
use crate::outcome::Families;

/// Who resolves the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    /// Debian, Ubuntu, Red Hat and most others.
    Glibc,
    /// Alpine.
    Musl,
    /// Go's own resolver.
    Go,
}

impl Library {
    /// The images that have it.
    pub(super) const fn images(self) -> &'static str {
        match self {
            Self::Glibc => "images with glibc (Debian)",
            Self::Musl => "images with musl (Alpine)",
            Self::Go => "Go's own resolver",
        }
    }
}

/// What the address is good for, by RFC 6724 2.1.
struct Policy {
    prefix: Ipv6Addr,
    bits: u32,
    precedence: u8,
    label: u8,
}

const fn policy(prefix: [u16; 8], bits: u32, precedence: u8, label: u8) -> Policy {
    let [a, b, c, d, e, f, g, h] = prefix;
    Policy { prefix: Ipv6Addr::new(a, b, c, d, e, f, g, h), bits, precedence, label }
}

/// glibc: the precedences of RFC 3484, and labels of its own for private addresses and Teredo.
const GLIBC: &[Policy] = &[
    policy([0, 0, 0, 0, 0, 0, 0, 1], 128, 50, 0),
    policy([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, 10, 4),
    policy([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, 40, 7),
    policy([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, 30, 2),
    policy([0; 8], 96, 20, 3),
    policy([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, 40, 5),
    policy([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, 40, 6),
    policy([0; 8], 0, 40, 1),
];

/// musl: RFC 6724 without the prefixes that were given back.
const MUSL: &[Policy] = &[
    policy([0, 0, 0, 0, 0, 0, 0, 1], 128, 50, 0),
    policy([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, 35, 4),
    policy([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, 30, 2),
    policy([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, 5, 5),
    policy([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, 3, 13),
    policy([0; 8], 0, 40, 1),
];

/// Go: all of RFC 6724.
const GO: &[Policy] = &[
    policy([0, 0, 0, 0, 0, 0, 0, 1], 128, 50, 0),
    policy([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, 35, 4),
    policy([0; 8], 96, 1, 3),
    policy([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, 5, 5),
    policy([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, 30, 2),
    policy([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16, 1, 12),
    policy([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, 1, 11),
    policy([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, 3, 13),
    policy([0; 8], 0, 40, 1),
];

/// The addresses in the order in which this library gives them, each once. `families` is there where the caller asks for
/// families that are configured only (`AI_ADDRCONFIG`).
pub(super) fn arrange(
    measured: &[MeasuredAddress],
    library: Library,
    families: Option<Families>,
) -> Vec<MeasuredAddress> {
    let mut list: Vec<MeasuredAddress> = Vec::with_capacity(measured.len());
    for candidate in measured {
        if !list.iter().any(|known| known.address == candidate.address) {
            list.push(*candidate);
        }
    }
    if let Some(families) = families {
        configured_only(&mut list, library, families);
    }
    match library {
        Library::Glibc => order::sort_by(&mut list, by_rules(GLIBC, library)),
        Library::Go => order::sort_by(&mut list, by_rules(GO, library)),
        // musl does not sort at all where every address is an IPv4 one.
        Library::Musl if list.iter().all(|candidate| candidate.address.is_ipv4()) => {}
        Library::Musl => order::sort_by_key(&mut list, |candidate| Reverse(musl_key(candidate))),
    }
    list
}

/// `AI_ADDRCONFIG`: glibc drops a family of which no interface but loopback has an address (a link-local one will do), if
/// the other has one; musl drops IPv6 where not even `::1` is there.
fn configured_only(list: &mut Vec<MeasuredAddress>, library: Library, families: Families) {
    let Families { ipv4, ipv6, ipv6_loopback } = families;
    match library {
        Library::Glibc if ipv4 != ipv6 => list.retain(|candidate| candidate.address.is_ipv4() == ipv4),
        Library::Musl if !ipv6_loopback => list.retain(|candidate| candidate.address.is_ipv4()),
        Library::Glibc | Library::Musl | Library::Go => {}
    }
}

/// The comparison of RFC 6724 section 6, in rules 1, 2, 5, 6, 8, 9; what they leave equal keeps its order.
fn by_rules(table: &'static [Policy], library: Library) -> impl Fn(&MeasuredAddress, &MeasuredAddress) -> Ordering {
    move |a: &MeasuredAddress, b: &MeasuredAddress| {
        let (of_a, of_b) = (Traits::of(a, table), Traits::of(b, table));
        let usable = of_b.usable.cmp(&of_a.usable);
        if usable != Ordering::Equal || (!of_a.usable && library == Library::Go) {
            return usable;
        }
        usable
            .then(of_b.same_scope.cmp(&of_a.same_scope))
            .then(of_b.same_label.cmp(&of_a.same_label))
            .then(of_b.precedence.cmp(&of_a.precedence))
            .then(of_a.scope.cmp(&of_b.scope))
            .then_with(|| match (a.address.ip(), b.address.ip()) {
                (IpAddr::V6(_), IpAddr::V6(_)) => shared_bits(b, library).cmp(&shared_bits(a, library)),
                _ => Ordering::Equal,
            })
    }
}

struct Traits {
    usable: bool,
    same_scope: bool,
    same_label: bool,
    precedence: u8,
    scope: u8,
}

impl Traits {
    fn of(candidate: &MeasuredAddress, table: &[Policy]) -> Self {
        let ip = candidate.address.ip();
        let of_target = row(table, ip);
        let source = candidate.source;
        Self {
            usable: source.is_some(),
            same_scope: source.is_some_and(|source| scope(source) == scope(ip)),
            same_label: source.is_some_and(|source| row(table, source).label == of_target.label),
            precedence: of_target.precedence,
            scope: scope(ip),
        }
    }
}

/// musl packs all of it in one number, higher is earlier; IPv4 counts as IPv4-mapped, also for the shared prefix.
fn musl_key(candidate: &MeasuredAddress) -> u32 {
    let ip = candidate.address.ip();
    let of_target = row(MUSL, ip);
    let mut key = (u32::from(of_target.precedence) << 20) | (u32::from(15 - musl_scope(ip)) << 16);
    if let Some(source) = candidate.source {
        key |= 1 << 30;
        key |= u32::from(musl_scope(source) == musl_scope(ip)) << 29;
        key |= u32::from(row(MUSL, source).label == of_target.label) << 28;
        key |= (mapped(source).to_bits() ^ mapped(ip).to_bits()).leading_zeros() << 8;
    }
    key
}

fn row(table: &[Policy], ip: IpAddr) -> &Policy {
    let bits = mapped(ip).to_bits();
    let longest = table
        .iter()
        .filter(|policy| (bits ^ policy.prefix.to_bits()).leading_zeros() >= policy.bits)
        .max_by_key(|policy| policy.bits);
    longest.unwrap_or(&table[table.len() - 1])
}

fn mapped(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

const LINK_LOCAL: u8 = 2;
const SITE_LOCAL: u8 = 5;
const GLOBAL: u8 = 14;

fn scope(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(ip) if ip.is_loopback() || ip.is_link_local() => LINK_LOCAL,
        IpAddr::V4(_) => GLOBAL,
        IpAddr::V6(_) => musl_scope(ip),
    }
}

/// musl looks at the IPv4-mapped form, in which nothing is loopback or link-local.
fn musl_scope(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(_) => GLOBAL,
        IpAddr::V6(ip) if ip.is_multicast() => ip.octets()[1] & 15,
        IpAddr::V6(ip) if ip.is_loopback() || ip.is_unicast_link_local() => LINK_LOCAL,
        IpAddr::V6(ip) if ip.segments()[0] & 0xffc0 == 0xfec0 => SITE_LOCAL,
        IpAddr::V6(_) => GLOBAL,
    }
}

/// How much of the address the source shares, for rule 9; Go counts the network half alone.
fn shared_bits(candidate: &MeasuredAddress, library: Library) -> u32 {
    let Some(source) = candidate.source else { return 0 };
    let shared = (mapped(source).to_bits() ^ mapped(candidate.address.ip()).to_bits()).leading_zeros();
    if library == Library::Go { shared.min(64) } else { shared }
}
