//! What pilotfish reports of a certificate. x509-parser reads the DER; everything that a peer sends is bounded here.

use std::borrow::Cow;
use std::iter;
use std::net::IpAddr;

use ring::digest;
use x509_parser::asn1_rs::{Any, FromBer as _, FromDer as _, Oid, Tag};
use x509_parser::certificate::{X509Certificate, X509CertificateParser};
use x509_parser::extensions::GeneralName;
use x509_parser::nom::Parser as _;
use x509_parser::oid_registry::{OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_SUBJECT_ALT_NAME};
use x509_parser::public_key::PublicKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, AttributeTypeAndValue, SubjectPublicKeyInfo, X509Name, X509Version};

use crate::outcome::{Certificate, SERVER_TEXT_LIMIT, clean_text};

/// How many names of one certificate are read.
const NAMES_LIMIT: usize = 100;
/// How many alternative names are looked at for that; others than hosts, addresses and URIs are skipped.
const ENTRIES_LIMIT: usize = 1_000;
/// How many bytes of an object identifier are read; those in use have at most 40.
const IDENTIFIER_LIMIT: usize = 64;
/// The attribute of a name that holds a host in old certificates (RFC 5280, appendix A).
const COMMON_NAME: &str = "2.5.4.3";
/// The numbers of the alternative names that hold a host and a URI (RFC 5280, section 4.2.1.6). Meshes name their
/// workloads by URI: `spiffe://cluster.local/ns/shop/sa/web`.
const DNS_NAME: Tag = Tag(2);
const URI: Tag = Tag(6);

/// One certificate, read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CertificateInfo {
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
    /// The length of its key, where that is RSA's.
    pub(super) rsa_bits: Option<usize>,
}

impl CertificateInfo {
    /// Reads DER; `None` where it is no certificate.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let certificate = parse(der)?;
        let (subject, issuer) = (certificate.subject(), certificate.issuer());
        let common_names = attributes(subject).filter(|(id, _)| id == COMMON_NAME).take(NAMES_LIMIT);
        Some(Self {
            facts: Certificate {
                subject: name_as_text(subject),
                issuer: name_as_text(issuer),
                names: extension(&certificate, &OID_X509_EXT_SUBJECT_ALT_NAME)
                    .map(alternative_names)
                    .unwrap_or_default(),
                not_before: certificate.validity().not_before.timestamp(),
                not_after: certificate.validity().not_after.timestamp(),
            },
            subject: subject.as_raw().to_vec(),
            issuer: issuer.as_raw().to_vec(),
            common_names: common_names.map(|(_, value)| cleaned(&value)).collect(),
            is_ca: extension(&certificate, &OID_X509_EXT_BASIC_CONSTRAINTS).is_some_and(is_ca),
            is_v3: certificate.version() == X509Version::V3,
            signature: dotted(&certificate.signature_algorithm.algorithm)?,
            rsa_bits: rsa_bits(&certificate.subject_pki),
        })
    }

    /// Whether it names itself as its issuer.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

/// The certificate as x509-parser reads it. It leaves the extensions unread: two of them matter here, and a peer could
/// make the others cost time and memory.
pub(super) fn parse(der: &[u8]) -> Option<X509Certificate<'_>> {
    let mut parser = X509CertificateParser::new().with_deep_parse_extensions(false);
    parser.parse(der).ok().map(|(_, certificate)| certificate)
}

/// The public key of a certificate, as its SubjectPublicKeyInfo.
pub(super) fn public_key(der: &[u8]) -> Option<&[u8]> {
    Some(parse(der)?.subject_pki.raw)
}

/// The length of an RSA key, given as DER of its SubjectPublicKeyInfo.
pub(super) fn rsa_bits_of(public_key: &[u8]) -> Option<usize> {
    rsa_bits(&SubjectPublicKeyInfo::from_der(public_key).ok()?.1)
}

fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => Some(rsa.key_size()),
        _ => None,
    }
}

/// The hash of a certificate for the channel binding `tls-server-end-point` (RFC 5929, section 4.1): by the hash of its
/// signature, SHA-256 in place of MD5 and SHA-1. `None` where the signature has no hash of its own (Ed25519).
pub(super) fn end_point_hash(der: &[u8]) -> Option<Vec<u8>> {
    let algorithm = signature_hash(&parse(der)?.signature_algorithm)?;
    Some(digest::digest(algorithm, der).as_ref().to_vec())
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// A distinguished name in DER as text.
pub(super) fn name_text(der: &[u8]) -> Option<String> {
    X509Name::from_der(der).ok().map(|(_, name)| name_as_text(&name))
}

/// The hash of a signature's algorithm (RFC 8017, appendix A; RFC 5758).
fn signature_hash(signature: &AlgorithmIdentifier<'_>) -> Option<&'static digest::Algorithm> {
    let algorithm = dotted(&signature.algorithm)?;
    let id = match algorithm.as_str() {
        // RSASSA-PSS names its hash among its parameters; SHA-1 where it does not.
        "1.2.840.113549.1.1.10" => {
            let parameters = RsaSsaPssParams::try_from(signature.parameters.as_ref()?).ok()?;
            dotted(parameters.hash_algorithm_oid())?
        }
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

/// What is in the sequence that is the value of this extension.
pub(super) fn extension<'a>(certificate: &X509Certificate<'a>, id: &Oid<'_>) -> Option<&'a [u8]> {
    certificate.iter_extensions().filter(|extension| extension.oid == *id).find_map(|extension| {
        let (_, value) = Any::from_der(extension.value).ok()?;
        (value.tag() == Tag::Sequence).then_some(value.data)
    })
}

/// Whether basic constraints begin with the flag of a CA. OpenSSL accepts other values than DER's 255 as true.
fn is_ca(constraints: &[u8]) -> bool {
    bool::from_ber(constraints).is_ok_and(|(_, ca)| ca)
}

/// The names that hosts and workloads have, one by one: a broken one ends the reading, and one of no use is skipped.
fn alternative_names(mut rest: &[u8]) -> Vec<String> {
    let next = || {
        let (after, name) = GeneralName::from_der(rest).ok()?;
        rest = after;
        Some(name)
    };
    let names = iter::from_fn(next).take(ENTRIES_LIMIT).filter_map(|name| match name {
        GeneralName::DNSName(name) | GeneralName::URI(name) => Some(cleaned(name)),
        // Not UTF-8.
        GeneralName::Invalid(DNS_NAME | URI, name) => Some(cleaned(&String::from_utf8_lossy(name))),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok().map(|ip| ip.to_string())
        }
        _ => None,
    });
    names.take(NAMES_LIMIT).collect()
}

/// The attributes of a distinguished name, in order: identifier and value, whatever kind of string it is.
fn attributes<'a>(name: &'a X509Name<'_>) -> impl Iterator<Item = (String, Cow<'a, str>)> {
    let text = |attribute: &'a AttributeTypeAndValue<'_>| {
        Some((dotted(attribute.attr_type())?, String::from_utf8_lossy(attribute.as_slice())))
    };
    name.iter_attributes().filter_map(text)
}

/// `CN=db.lab,O=Lab`: the attributes in the order of the certificate.
fn name_as_text(name: &X509Name<'_>) -> String {
    let attributes = attributes(name).take(NAMES_LIMIT).map(|(id, value)| {
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
        format!("{label}={value}")
    });
    cleaned(&attributes.collect::<Vec<_>>().join(","))
}

/// An object identifier with its dots; `None` where it or an arc is too long, or it is cut short.
///
/// x509-parser's own text takes quadratic time for a long arc, and is wrong where the second arc exceeds 39 (2.999).
fn dotted(id: &Oid<'_>) -> Option<String> {
    let bytes = Some(id.as_bytes()).filter(|bytes| bytes.len() <= IDENTIFIER_LIMIT)?;
    let mut arcs = Vec::new();
    let mut arc = 0_u64;
    for byte in bytes {
        arc = arc.checked_mul(128)? + u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            arcs.push(arc);
            arc = 0;
        }
    }
    // The first two share a number.
    let first = *arcs.first()?;
    let root = (first / 40).min(2);
    let mut text = format!("{root}.{}", first - root * 40);
    arcs[1..].iter().for_each(|arc| text.push_str(&format!(".{arc}")));
    (bytes.last()? & 0x80 == 0).then_some(text)
}

fn cleaned(text: &str) -> String {
    clean_text(text, SERVER_TEXT_LIMIT)
}

#[cfg(test)]
mod tests;
