//! What is worth knowing of a certificate, read from its DER. Whatever a peer sends is bounded here.

use std::net::IpAddr;

use ring::digest;

use super::der::{Element, Elements, tag};
use super::roots::Roots;
use crate::outcome::{Certificate, SERVER_TEXT_LIMIT, clean_text};

/// How many certificates of a chain are read; rustls takes at most 64 KiB of them.
pub(super) const CHAIN_LIMIT: usize = 10;
/// How many names of one certificate are read.
const NAMES_LIMIT: usize = 100;
/// Identifiers (RFC 5280, appendix A).
const COMMON_NAME: &str = "2.5.4.3";
const ALTERNATIVE_NAMES: &str = "2.5.29.17";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// Kinds of alternative names.
const NAME_DNS: u8 = tag::implied(2);
/// What meshes name their workloads by: `spiffe://cluster.local/ns/shop/sa/web`.
const NAME_URI: u8 = tag::implied(6);
const NAME_IP: u8 = tag::implied(7);

/// One certificate, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parsed {
    /// What is reported of it.
    pub(super) facts: Certificate,
    /// The subject as DER, to compare.
    pub(super) subject: Vec<u8>,
    /// The issuer as DER, to compare.
    pub(super) issuer: Vec<u8>,
    /// The common names of the subject.
    pub(super) common_names: Vec<String>,
    /// Whether it says that it is a CA's.
    pub(super) is_ca: bool,
    /// Whether it is X.509 version 3, the one with names and purposes.
    pub(super) is_v3: bool,
    /// Its signature, as a dotted OID.
    pub(super) signature: String,
}

impl Parsed {
    /// Reads DER; `None` where it is no certificate.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let Fields { version, signature, issuer, not_before, not_after, subject, extensions, .. } = Fields::read(der)?;
        let common_names = attributes(subject.elements()).filter(|(id, _)| id == COMMON_NAME).take(NAMES_LIMIT);
        Some(Self {
            facts: Certificate {
                subject: text_of(subject),
                issuer: text_of(issuer),
                names: extension(extensions, ALTERNATIVE_NAMES).map(alternative_names).unwrap_or_default(),
                not_before,
                not_after,
            },
            subject: subject.whole.to_vec(),
            issuer: issuer.whole.to_vec(),
            common_names: common_names.map(|(_, value)| cleaned(&String::from_utf8_lossy(value))).collect(),
            is_ca: extension(extensions, BASIC_CONSTRAINTS).is_some_and(is_ca),
            is_v3: version == [2],
            signature: signature.elements().next()?.oid()?,
        })
    }

    /// Whether it names itself as its issuer.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

/// The parts of a certificate (RFC 5280, section 4.1).
struct Fields<'a> {
    version: &'a [u8],
    signature: Element<'a>,
    issuer: Element<'a>,
    not_before: i64,
    not_after: i64,
    subject: Element<'a>,
    key: Element<'a>,
    extensions: Elements<'a>,
}

impl<'a> Fields<'a> {
    fn read(der: &'a [u8]) -> Option<Self> {
        let mut certificate = Elements::of(der).expect(tag::SEQUENCE)?.elements();
        let mut signed = certificate.expect(tag::SEQUENCE)?.elements();
        let signature = certificate.expect(tag::SEQUENCE)?;
        let version = match signed.accept(tag::field(0)) {
            Some(version) => version.elements().expect(tag::INTEGER)?.body,
            None => &[0],
        };
        signed.expect(tag::INTEGER)?; // The serial number.
        signed.expect(tag::SEQUENCE)?; // The signature's algorithm once more.
        let issuer = signed.expect(tag::SEQUENCE)?;
        let mut validity = signed.expect(tag::SEQUENCE)?.elements();
        let (not_before, not_after) = (validity.next()?.time()?, validity.next()?.time()?);
        let subject = signed.expect(tag::SEQUENCE)?;
        let key = signed.expect(tag::SEQUENCE)?;
        let extensions = signed.find(|element| element.tag == tag::field(3));
        let extensions = match extensions {
            Some(extensions) => extensions.elements().expect(tag::SEQUENCE)?.elements(),
            None => Elements::of(&[]),
        };
        Some(Self { version, signature, issuer, not_before, not_after, subject, key, extensions })
    }
}

/// The links from the leaf on, each the issuer of the one before, as far as they were sent and up to one that a root has
/// issued: what was sent beyond it, such as a root that another one has signed, matters to older clients alone.
pub(super) fn path<'a>(chain: &'a [Parsed], roots: &Roots) -> Vec<&'a Parsed> {
    let mut path: Vec<&Parsed> = chain.first().into_iter().collect();
    while let Some(last) = path.last()
        && !last.is_self_issued()
        && !roots.names(&last.issuer)
        && let Some(next) = chain.iter().find(|other| other.subject == last.issuer)
        && !path.contains(&next)
    {
        path.push(next);
    }
    path
}

/// The public key of a certificate, as its SubjectPublicKeyInfo.
pub(super) fn public_key(der: &[u8]) -> Option<&[u8]> {
    Some(Fields::read(der)?.key.whole)
}

/// The hash of a certificate for the channel binding `tls-server-end-point` (RFC 5929, section 4.1): by the hash of its
/// signature, SHA-256 in place of MD5 and SHA-1. `None` where the signature has no hash of its own (Ed25519).
pub(super) fn end_point(der: &[u8]) -> Option<Vec<u8>> {
    let algorithm = hash_of(Fields::read(der)?.signature)?;
    Some(digest::digest(algorithm, der).as_ref().to_vec())
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// A distinguished name in DER as text.
pub(super) fn name_text(der: &[u8]) -> Option<String> {
    Elements::of(der).expect(tag::SEQUENCE).map(text_of)
}

/// The hash of a signature's algorithm (RFC 8017, appendix A; RFC 5758).
fn hash_of(signature: Element<'_>) -> Option<&'static digest::Algorithm> {
    let mut parts = signature.elements();
    let algorithm = parts.next()?.oid()?;
    let id = match algorithm.as_str() {
        // RSASSA-PSS names its hash among its parameters; SHA-1 where it does not.
        "1.2.840.113549.1.1.10" => match parts.expect(tag::SEQUENCE)?.elements().accept(tag::field(0)) {
            Some(hash) => hash.elements().expect(tag::SEQUENCE)?.elements().next()?.oid()?,
            None => return Some(&digest::SHA256),
        },
        _ => algorithm,
    };
    match id.as_str() {
        // SHA-384: with RSA, with ECDSA, alone.
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" | "2.16.840.1.101.3.4.2.2" => Some(&digest::SHA384),
        // SHA-512.
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" | "2.16.840.1.101.3.4.2.3" => Some(&digest::SHA512),
        // SHA-256.
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" | "2.16.840.1.101.3.4.2.1" => Some(&digest::SHA256),
        // MD5 with RSA; SHA-1 with RSA, with ECDSA, alone.
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.3.14.3.2.26" => {
            Some(&digest::SHA256)
        }
        _ => None,
    }
}

/// The value of an extension, by its identifier.
fn extension<'a>(mut extensions: Elements<'a>, id: &str) -> Option<Element<'a>> {
    extensions.find_map(|extension| {
        let mut parts = extension.elements();
        parts.next().filter(|name| name.oid().as_deref() == Some(id))?;
        parts.accept(tag::BOOLEAN); // Whether it is critical.
        parts.expect(tag::OCTETS)?.elements().expect(tag::SEQUENCE)
    })
}

fn is_ca(constraints: Element<'_>) -> bool {
    constraints.elements().accept(tag::BOOLEAN).is_some_and(|ca| ca.body != [0])
}

fn alternative_names(names: Element<'_>) -> Vec<String> {
    let names = names.elements().filter_map(|name| match name.tag {
        NAME_DNS | NAME_URI => Some(cleaned(&String::from_utf8_lossy(name.body))),
        NAME_IP => {
            let v4 = <[u8; 4]>::try_from(name.body).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(name.body).map(IpAddr::from)).ok().map(|ip| ip.to_string())
        }
        _ => None,
    });
    names.take(NAMES_LIMIT).collect()
}

/// The attributes of a distinguished name, in order: identifier and value.
fn attributes(name: Elements<'_>) -> impl Iterator<Item = (String, &[u8])> {
    name.flat_map(|set| set.elements()).filter_map(|attribute| {
        let mut parts = attribute.elements();
        Some((parts.next()?.oid()?, parts.next()?.body))
    })
}

/// `CN=db.lab,O=Lab`: the attributes in the order of the certificate.
fn text_of(name: Element<'_>) -> String {
    let attributes = attributes(name.elements()).take(NAMES_LIMIT).map(|(id, value)| {
        let label = match id.as_str() {
            COMMON_NAME => "CN",
            "2.5.4.5" => "serialNumber",
            "2.5.4.6" => "C",
            "2.5.4.7" => "L",
            "2.5.4.8" => "ST",
            "2.5.4.10" => "O",
            "2.5.4.11" => "OU",
            "0.9.2342.19200300.100.1.25" => "DC",
            "1.2.840.113549.1.9.1" => "emailAddress",
            other => other,
        };
        format!("{label}={}", String::from_utf8_lossy(value))
    });
    cleaned(&attributes.collect::<Vec<_>>().join(","))
}

fn cleaned(text: &str) -> String {
    clean_text(text, SERVER_TEXT_LIMIT)
}
