//! The certificates that a peer presents, as far as they are read, and how they hang together.

use rustls::pki_types::CertificateDer;

use super::certificate::CertificateInfo;
use super::roots::Roots;
use crate::outcome::Certificate;

/// How many certificates of a peer are looked at: a leaf, the six intermediates that rustls follows, and a root. rustls
/// takes at most 64 KiB of them.
pub(super) const CHAIN_LIMIT: usize = 8;

/// What a peer presented, leaf first. Those that cannot be read are left out; nothing is left where that is the leaf, so
/// that no other one passes for it.
pub(super) fn read(presented: &[CertificateDer<'_>]) -> Vec<CertificateInfo> {
    let Some((leaf, others)) = presented.split_first() else { return Vec::new() };
    let Some(leaf) = CertificateInfo::read(leaf) else { return Vec::new() };
    let others = others.iter().filter_map(|der| CertificateInfo::read(der));
    std::iter::once(leaf).chain(others).take(CHAIN_LIMIT).collect()
}

/// The links from the leaf on, each the issuer of the one before, as far as they were sent and up to one that a root has
/// issued: what was sent beyond it, such as a root that another one has signed, matters to older clients alone.
pub(super) fn path<'a>(chain: &'a [CertificateInfo], roots: &Roots) -> Vec<&'a CertificateInfo> {
    let mut path: Vec<&CertificateInfo> = chain.first().into_iter().collect();
    while let Some(last) = path.last()
        && !last.is_self_issued()
        && !roots.has_subject(&last.issuer)
        && let Some(next) = chain.iter().find(|other| other.subject == last.issuer)
        && !path.contains(&next)
    {
        path.push(next);
    }
    path
}

/// The one of that path that ends first.
pub(super) fn first_to_expire<'a>(chain: &'a [CertificateInfo], roots: &Roots) -> Option<&'a Certificate> {
    path(chain, roots).into_iter().map(|parsed| &parsed.facts).min_by_key(|facts| facts.not_after)
}
