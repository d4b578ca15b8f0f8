//! What only pilotfish refuses, or cannot verify: OpenSSL and others may accept it, so it is no failure of the server.

use super::certificate::{CertificateInfo, rsa_bits_of};
use super::roots::Roots;
use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase, TlsDetail};

/// The RSA keys whose signatures are verified, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The fault of a limit: what was observed.
pub(super) fn limit(detail: TlsDetail, what: &str) -> Fault {
    let fault = Fault::new(Phase::Tls, Cause::ProbeLimit, format!("{what}; other TLS stacks may accept it"));
    fault.with(Detail::Tls(detail)).stating(what)
}

/// A key of this length does not count, or is too long to be verified; what to say of it.
fn odd_length(bits: usize) -> Option<String> {
    let (least, most) = (RSA_BITS.start(), RSA_BITS.end());
    (!RSA_BITS.contains(&bits)).then(|| format!("an RSA key of {bits} bits; pilotfish verifies {least} to {most}"))
}

/// The limit that the key of the server itself is, where it is one.
pub(super) fn of_key(leaf: &CertificateInfo) -> Option<Fault> {
    let what = odd_length(leaf.rsa_bits?)?;
    Some(limit(TlsDetail::UnsupportedSignature, &format!("\"{}\" has {what}", leaf.facts.subject)))
}

/// The limit that the key of an authority is, where it is one: of those that were sent above the leaf, or of a root with
/// the name of the last issuer.
pub(super) fn of_authorities(path: &[&CertificateInfo], roots: &Roots) -> Option<Fault> {
    let sent = path.iter().skip(1).filter_map(|one| Some((&one.facts.subject, one.rsa_bits?)));
    let top = path.last()?;
    let trusted = roots.named(&top.issuer).filter_map(|root| rsa_bits_of(&root.public_key));
    let trusted = trusted.map(|bits| (&top.facts.issuer, bits));
    let (subject, what) = sent.chain(trusted).find_map(|(subject, bits)| Some((subject, odd_length(bits)?)))?;
    Some(limit(TlsDetail::UnsupportedSignature, &format!("the authority \"{subject}\" has {what}")))
}

/// The limit of a chain with a signature of a kind that is not verified.
pub(super) fn of_signature(chain: &[CertificateInfo]) -> Option<Fault> {
    let leaf = chain.first()?;
    let obsolete = chain.iter().map(|sent| sent.signature.as_str()).find_map(obsolete_signature);
    let how = obsolete.map_or_else(|| format!("algorithm {}", leaf.signature), str::to_owned);
    let what = format!("a certificate in the chain of \"{}\" is signed with {how}", leaf.facts.subject);
    Some(limit(TlsDetail::UnsupportedSignature, &what))
}

/// Signatures that were given up, by their OID.
fn obsolete_signature(oid: &str) -> Option<&'static str> {
    match oid {
        "1.2.840.113549.1.1.4" => Some("MD5"),
        "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => Some("SHA-1"),
        _ => None,
    }
}
