//! A public key that is pinned: that of a server which is asked to decrypt, outside of any certificate.

use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::asn1_rs::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::pem::{Pem, fault, no_section_in};
use crate::cause::Cause;
use crate::env::Env;
use crate::outcome::Fault;

/// An RSA key, its numbers with the highest byte first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    /// Without leading zeros.
    pub modulus: Vec<u8>,
    /// Without leading zeros.
    pub exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// Reads a file with `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// `file_missing` and `file_invalid`.
    pub fn read(pem: &Pem, env: &dyn Env) -> Result<Self, Fault> {
        let (bytes, shown) = pem.read(env)?;
        let der =
            SubjectPublicKeyInfoDer::from_pem_slice(&bytes).map_err(|_| no_section_in(&shown, &bytes, "PUBLIC KEY"))?;
        let trimmed = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect();
        let read = SubjectPublicKeyInfo::from_der(&der).ok();
        match read.as_ref().and_then(|(_, info)| info.parsed().ok()) {
            Some(PublicKey::RSA(key)) => Ok(Self { modulus: trimmed(key.modulus), exponent: trimmed(key.exponent) }),
            _ => Err(fault(Cause::FileInvalid, format!("the key in {shown} is not an RSA key"))),
        }
    }
}
