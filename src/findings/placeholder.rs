//! Names whose addresses are none of a server: what a DNS filter answers for a name that it blocks, and records that
//! somebody left empty. Only what a name server answered counts; `localhost` and the hosts file mean what they say.

use std::net::{IpAddr, Ipv4Addr};

use crate::findings::host_class::found;
use crate::outcome::{Evidence, Resolved};

/// What ICANN has a new top-level domain answer for names that companies use for themselves.
const NAME_COLLISION: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 53, 53));

/// The address that stands for none.
pub(super) struct Placeholder<'a> {
    /// The name.
    pub(super) name: &'a str,
    /// The first of its addresses.
    pub(super) address: IpAddr,
}

impl Placeholder<'_> {
    /// Whether nobody means it: a server of the pod itself may well be named by a record of 127.0.0.1.
    pub(super) fn is_certain(&self) -> bool {
        self.address.to_canonical().is_unspecified() || self.address == NAME_COLLISION
    }

    /// Why a name server answers so.
    pub(super) fn reason(&self) -> &'static str {
        if self.address == NAME_COLLISION {
            "ICANN's mark for a private name that collides with a public top-level domain"
        } else {
            "a DNS filter blocks the name (block list, sinkhole), or its record is a placeholder"
        }
    }

    /// What to do about it.
    pub(super) fn remedy(&self) -> &'static str {
        if self.address == NAME_COLLISION {
            "let CoreDNS forward that domain to its private name server, or use another name"
        } else {
            "allow the name in the filter, or correct its record"
        }
    }
}

/// The placeholder that this name resolved to, where it has no other address.
pub(super) fn placeholder<'a>(name: &str, evidence: &'a Evidence) -> Option<Placeholder<'a>> {
    let name = name.trim_end_matches('.');
    let of_name = |one: &&Resolved| one.name.trim_end_matches('.').eq_ignore_ascii_case(name);
    let mut all =
        evidence.resolved.iter().filter(of_name).flat_map(|one| one.addresses.iter().map(move |ip| (one, *ip)));
    let (one, address) = all.next().filter(|(_, ip)| is_none(*ip))?;
    let bare = all.all(|(_, ip)| is_none(ip)) && found(name, evidence).is_some();
    bare.then(|| Placeholder { name: one.name.trim_end_matches('.'), address })
}

/// The placeholder that this address is.
pub(super) fn placeholder_at(ip: IpAddr, evidence: &Evidence) -> Option<Placeholder<'_>> {
    let one = evidence.resolved.iter().find(|one| one.addresses.contains(&ip))?;
    placeholder(&one.name, evidence)
}

fn is_none(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    ip.is_unspecified() || ip.is_loopback()
}
