//! Certificates of servers that webpki does not take and OpenSSL does: X.509 version 1, as `openssl x509 -req` makes it
//! without extensions, and one that says that it is an authority's, as `openssl req -x509` makes it.
//!
//! The path above such a certificate is verified as OpenSSL does it: dates, signatures, purposes, authorities, lengths.
//! What this cannot judge, such as name constraints, it refuses.

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime};
use webpki::RawPublicKeyEntity;
use x509_parser::asn1_rs::{Any, BitString, FromDer as _, Oid};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::BasicConstraints;
use x509_parser::oid_registry::{
    OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_CERTIFICATE_POLICIES, OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_KEY_USAGE, OID_X509_EXT_SUBJECT_ALT_NAME,
};
use x509_parser::x509::X509Version;

use super::certificate::{extension, parse};
use super::roots::Roots;
use super::validity::{self, expired, unix_time};
use crate::outcome::CertificateOddity;

/// Extensions that may be critical: those that are read here, or bind nobody.
const KNOWN: [Oid<'static>; 5] = [
    OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_CERTIFICATE_POLICIES,
    OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_KEY_USAGE,
    OID_X509_EXT_SUBJECT_ALT_NAME,
];
/// Key usages by their bit (RFC 5280, section 4.2.1.3): a server signs, or agrees on or decrypts a key.
const SERVER_USAGES: u8 = 0x80 | 0x20 | 0x08;
const SIGNS_CERTIFICATES: u8 = 0x04;
/// Extended key usages, as DER: serverAuth, and any.
const SERVER_AUTH: [&[u8]; 2] = [&[0x2b, 6, 1, 5, 5, 7, 3, 1], &[0x55, 29, 37, 0]];
/// What signs: an algorithm, counted.
type Algorithm<'a> = &'a dyn SignatureVerificationAlgorithm;

/// What a certificate in a path is for.
#[derive(Clone, Copy)]
enum Role {
    Server,
    /// An authority with this many others below it.
    Authority(u32),
}

/// Verifies the path from such a certificate to a root.
///
/// # Errors
/// The first rule that is broken.
pub(super) fn verify(
    leaf: &[u8],
    others: &[CertificateDer<'_>],
    roots: &Roots,
    now: UnixTime,
    algorithms: &[Algorithm<'_>],
) -> Result<CertificateOddity, CertificateError> {
    let leaf = parse(leaf).ok_or(CertificateError::BadEncoding)?;
    let oddity = match leaf.version() {
        X509Version::V3 => CertificateOddity::AuthorityAsServer,
        _ => CertificateOddity::VersionOne,
    };
    check(&leaf, Role::Server, now)?;
    let others: Vec<X509Certificate<'_>> = others.iter().filter_map(|der| parse(der)).collect();
    let mut last = &leaf;
    let mut refused = None;
    for below in 0..=others.len() {
        match signed_by_root(last, roots, now, algorithms) {
            Ok(()) => return Ok(oddity),
            Err(why) => refused = refused.or(why),
        }
        let role = Role::Authority(u32::try_from(below).unwrap_or(u32::MAX));
        let signer = others.iter().filter(|other| other.subject() == last.issuer()).find(|other| {
            let valid = check(other, role, now).and_then(|()| signed_by(last, other.subject_pki.raw, algorithms));
            refused = valid.as_ref().err().cloned().or(refused.take());
            valid.is_ok()
        });
        let Some(signer) = signer else { break };
        last = signer;
    }
    Err(refused.unwrap_or(CertificateError::UnknownIssuer))
}

/// Whether a root that has not ended signed this; the reason why not, where there is one of that name.
fn signed_by_root(
    certificate: &X509Certificate<'_>,
    roots: &Roots,
    now: UnixTime,
    algorithms: &[Algorithm<'_>],
) -> Result<(), Option<CertificateError>> {
    let mut refused = None;
    for root in roots.named(certificate.issuer().as_raw()) {
        let signed = signed_by(certificate, &root.public_key, algorithms);
        match signed {
            Ok(()) if root.end < now.as_secs().cast_signed() => {
                refused = Some(expired(now, unix_time(root.end)));
            }
            // What it may sign for is not read here.
            Ok(()) if root.is_constrained => refused = Some(CertificateError::BadEncoding),
            Ok(()) => return Ok(()),
            Err(why) => refused = refused.or(Some(why)),
        }
    }
    Err(refused)
}

fn signed_by(
    certificate: &X509Certificate<'_>,
    public_key: &[u8],
    algorithms: &[Algorithm<'_>],
) -> Result<(), CertificateError> {
    let unsupported = CertificateError::UnsupportedSignatureAlgorithmContext {
        signature_algorithm_id: Vec::new(),
        supported_algorithms: Vec::new(),
    };
    let broken = || CertificateError::BadEncoding;
    let (_, outer) = Any::from_der(certificate.as_raw()).map_err(|_| broken())?;
    let signed = certificate.tbs_certificate.as_ref();
    let (_, identifier) =
        outer.data.get(signed.len()..).and_then(|rest| Any::from_der(rest).ok()).ok_or_else(broken)?;
    if certificate.tbs_certificate.signature != certificate.signature_algorithm {
        return Err(broken());
    }
    let key = SubjectPublicKeyInfoDer::from(public_key);
    let key = RawPublicKeyEntity::try_from(&key).map_err(|_| broken())?;
    for algorithm in algorithms.iter().filter(|one| one.signature_alg_id().as_ref() == identifier.data) {
        match key.verify_signature(*algorithm, signed, &certificate.signature_value.data) {
            Ok(()) => return Ok(()),
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
            Err(_) => return Err(CertificateError::BadSignature),
        }
    }
    Err(unsupported)
}

/// What one certificate must fulfil, apart from its signature.
fn check(certificate: &X509Certificate<'_>, role: Role, now: UnixTime) -> Result<(), CertificateError> {
    let dates = certificate.validity();
    validity::check(dates.not_before.timestamp(), dates.not_after.timestamp(), now)?;
    let is_known = |id: &Oid<'_>| KNOWN.contains(id);
    if certificate.iter_extensions().any(|extension| extension.critical && !is_known(&extension.oid)) {
        return Err(CertificateError::UnhandledCriticalExtension);
    }
    let purposes = extension(certificate, &OID_X509_EXT_EXTENDED_KEY_USAGE);
    let usages = match role {
        Role::Server => SERVER_USAGES,
        Role::Authority(below) => {
            if !is_authority(certificate, below) {
                return Err(CertificateError::UnknownIssuer);
            }
            SIGNS_CERTIFICATES
        }
    };
    match purposes.is_none_or(serves) && key_usages(certificate).is_none_or(|usage| usage & usages != 0) {
        true => Ok(()),
        false => Err(CertificateError::InvalidPurpose),
    }
}

/// Whether it is an authority's, with at most this many others below it.
fn is_authority(certificate: &X509Certificate<'_>, below: u32) -> bool {
    let of = |value| BasicConstraints::from_der(value).ok().map(|(_, constraints)| constraints);
    let found = certificate.iter_extensions().find(|extension| extension.oid == OID_X509_EXT_BASIC_CONSTRAINTS);
    let constraints = found.and_then(|extension| of(extension.value));
    certificate.version() == X509Version::V3
        && constraints.is_some_and(|it| it.ca && it.path_len_constraint.is_none_or(|length| below <= length))
}

/// The first eight key usages; `None` without that extension.
fn key_usages(certificate: &X509Certificate<'_>) -> Option<u8> {
    let found = certificate.iter_extensions().find(|extension| extension.oid == OID_X509_EXT_KEY_USAGE)?;
    let bits = BitString::from_der(found.value).ok().and_then(|(_, bits)| bits.data.first().copied());
    Some(bits.unwrap_or_default())
}

/// Whether one of these extended key usages is a server's; what is inside their sequence.
fn serves(mut purposes: &[u8]) -> bool {
    while let Ok((rest, purpose)) = Any::from_der(purposes) {
        if SERVER_AUTH.contains(&purpose.data) {
            return true;
        }
        purposes = rest;
    }
    false
}
