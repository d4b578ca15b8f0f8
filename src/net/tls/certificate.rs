//! What is worth knowing of a certificate, read from its DER. Whatever a peer sends is bounded here.

use std::net::IpAddr;

use ring::digest;
use x509_parser::asn1_rs::oid;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry as ids;
use x509_parser::prelude::FromDer as _;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::x509::{AlgorithmIdentifier, X509Name, X509Version};

use crate::outcome::{Certificate, SERVER_TEXT_LIMIT, clean_text};

/// How many certificates of a chain are read; rustls takes at most 64 KiB of them.
pub(super) const CHAIN_LIMIT: usize = 10;
/// How many names of one certificate are read.
const NAMES_LIMIT: usize = 100;

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
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let common_names = certificate.subject().iter_common_name().take(NAMES_LIMIT);
        Some(Self {
            facts: Certificate {
                subject: text_of(certificate.subject()),
                issuer: text_of(certificate.issuer()),
                names: alternative_names(&certificate),
                not_before: certificate.validity().not_before.timestamp(),
                not_after: certificate.validity().not_after.timestamp(),
            },
            subject: certificate.subject().as_raw().to_vec(),
            issuer: certificate.issuer().as_raw().to_vec(),
            common_names: common_names.map(|name| cleaned(&String::from_utf8_lossy(name.as_slice()))).collect(),
            is_ca: certificate.is_ca(),
            is_v3: certificate.version() == X509Version::V3,
            signature: certificate.signature_algorithm.algorithm.to_id_string(),
        })
    }

    /// Whether it names itself as its issuer.
    pub(super) fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

/// The links from the leaf on, each the issuer of the one before, as far as they were sent.
pub(super) fn path(chain: &[Parsed]) -> Vec<&Parsed> {
    let mut path: Vec<&Parsed> = chain.first().into_iter().collect();
    while let Some(last) = path.last()
        && !last.is_self_issued()
        && let Some(next) = chain.iter().find(|other| other.subject == last.issuer)
        && !path.contains(&next)
    {
        path.push(next);
    }
    path
}

/// The hash of a certificate for the channel binding `tls-server-end-point` (RFC 5929, section 4.1): by the hash of its
/// signature, SHA-256 in place of MD5 and SHA-1. `None` where the signature has no hash of its own (Ed25519).
pub(super) fn end_point(der: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let algorithm = hash_of(&certificate.signature_algorithm)?;
    Some(digest::digest(algorithm, der).as_ref().to_vec())
}

/// SHA-256.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, bytes);
    hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// A distinguished name in DER as text.
pub(super) fn name_text(der: &[u8]) -> Option<String> {
    X509Name::from_der(der).ok().map(|(_, name)| text_of(&name))
}

fn hash_of(signature: &AlgorithmIdentifier<'_>) -> Option<&'static digest::Algorithm> {
    let id = &signature.algorithm;
    let is = |known: &[_]| known.contains(id);
    if is(&[ids::OID_PKCS1_RSASSAPSS]) {
        let params = RsaSsaPssParams::try_from(signature.parameters()?).ok()?;
        let hash = params.hash_algorithm_oid();
        return match () {
            () if *hash == oid!(2.16.840.1.101.3.4.2.2) => Some(&digest::SHA384),
            () if *hash == oid!(2.16.840.1.101.3.4.2.3) => Some(&digest::SHA512),
            () => Some(&digest::SHA256),
        };
    }
    if is(&[ids::OID_PKCS1_SHA384WITHRSA, ids::OID_SIG_ECDSA_WITH_SHA384]) {
        return Some(&digest::SHA384);
    }
    if is(&[ids::OID_PKCS1_SHA512WITHRSA, ids::OID_SIG_ECDSA_WITH_SHA512]) {
        return Some(&digest::SHA512);
    }
    let short = [
        ids::OID_PKCS1_SHA256WITHRSA,
        ids::OID_SIG_ECDSA_WITH_SHA256,
        ids::OID_PKCS1_SHA1WITHRSA,
        ids::OID_PKCS1_MD5WITHRSAENC,
        oid!(1.2.840.10045.4.1),
    ];
    is(&short).then_some(&digest::SHA256)
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let extensions = certificate.extensions().iter();
    let lists = extensions.filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    let names = lists.flatten().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(cleaned(name)),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(|ip| ip.to_string())
        }
        _ => None,
    });
    names.take(NAMES_LIMIT).collect()
}

/// `CN=db.lab,O=Lab`: the attributes in the order of the certificate.
fn text_of(name: &X509Name<'_>) -> String {
    let known = [
        (ids::OID_X509_COMMON_NAME, "CN"),
        (ids::OID_X509_ORGANIZATION_NAME, "O"),
        (ids::OID_X509_ORGANIZATIONAL_UNIT, "OU"),
        (ids::OID_X509_COUNTRY_NAME, "C"),
        (ids::OID_X509_STATE_OR_PROVINCE_NAME, "ST"),
        (ids::OID_X509_LOCALITY_NAME, "L"),
        (ids::OID_X509_SERIALNUMBER, "serialNumber"),
        (ids::OID_DOMAIN_COMPONENT, "DC"),
        (ids::OID_PKCS9_EMAIL_ADDRESS, "emailAddress"),
    ];
    let attributes = name.iter_attributes().take(NAMES_LIMIT).map(|attribute| {
        let id = attribute.attr_type();
        let label = known.iter().find(|(oid, _)| oid == id);
        let label = label.map_or_else(|| id.to_id_string(), |(_, label)| (*label).to_owned());
        format!("{label}={}", String::from_utf8_lossy(attribute.as_slice()))
    });
    cleaned(&attributes.collect::<Vec<_>>().join(","))
}

fn cleaned(text: &str) -> String {
    clean_text(text, SERVER_TEXT_LIMIT)
}
