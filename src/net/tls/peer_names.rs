//! The names of a certificate, byte by byte as it has them: what clients compare. What is shown to people is
//! `certificate`'s.

use std::iter;
use std::net::IpAddr;

use x509_parser::asn1_rs::{FromDer as _, Tag};
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{OID_X509_COMMON_NAME, OID_X509_EXT_SUBJECT_ALT_NAME};

use super::certificate::{extension, parse};

/// How many alternative names and common names are read.
const LIMIT: usize = 1_000;
/// The number of the alternative names that hold a host (RFC 5280, section 4.2.1.6).
const DNS_NAME: Tag = Tag(2);

/// The names of one certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerNames {
    /// The alternative names that are hosts.
    pub hosts: Vec<Vec<u8>>,
    /// The alternative names that are addresses.
    pub addresses: Vec<IpAddr>,
    /// The common names of the subject, in their order.
    pub common_names: Vec<Vec<u8>>,
    /// Whether an alternative name is left out: there are too many, or one is broken.
    pub is_incomplete: bool,
}

#[cfg(test)]
impl PeerNames {
    /// These names, for a table of tests.
    pub(crate) fn of(hosts: &[&str], common_names: &[&str], addresses: &[&str]) -> Self {
        let bytes = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect();
        Self {
            hosts: bytes(hosts),
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
            common_names: bytes(common_names),
            is_incomplete: false,
        }
    }

    /// What a rule says of them for this host: `common`, `loose` or `other` where it accepts them, else `no`.
    pub(crate) fn judged_by(
        &self,
        rule: fn(&Self, &crate::url::Host) -> Option<crate::outcome::CertificateOddity>,
        host: &str,
    ) -> &'static str {
        use crate::outcome::CertificateOddity;
        match rule(self, &crate::url::Host::parse(host).unwrap()) {
            Some(CertificateOddity::CommonNameOnly { .. }) => "common",
            Some(CertificateOddity::LooseName { .. }) => "loose",
            Some(_) => "other",
            None => "no",
        }
    }
}

/// Reads DER; `None` where it is no certificate.
pub(super) fn read(der: &[u8]) -> Option<PeerNames> {
    let certificate = parse(der)?;
    let mut names = PeerNames::default();
    let subject = certificate.tbs_certificate.subject();
    let common_names = subject.iter_by_oid(&OID_X509_COMMON_NAME).take(LIMIT);
    names.common_names = common_names.map(|attribute| attribute.as_slice().to_vec()).collect();
    let mut rest = extension(&certificate, &OID_X509_EXT_SUBJECT_ALT_NAME).unwrap_or_default();
    let next = || {
        let (after, name) = GeneralName::from_der(rest).ok()?;
        rest = after;
        Some(name)
    };
    for name in iter::from_fn(next).take(LIMIT) {
        match name {
            GeneralName::DNSName(host) => names.hosts.push(host.as_bytes().to_vec()),
            // Not ASCII.
            GeneralName::Invalid(DNS_NAME, host) => names.hosts.push(host.to_vec()),
            GeneralName::IPAddress(bytes) => {
                let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
                match v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)) {
                    Ok(address) => names.addresses.push(address),
                    Err(_) => names.is_incomplete = true,
                }
            }
            _ => {}
        }
    }
    names.is_incomplete |= !rest.is_empty();
    Some(names)
}
