//! The signature of a token: by ring, and by p521 where ring has none.

use p521::ecdsa::signature::hazmat::PrehashVerifier as _;
use p521::ecdsa::{Signature, VerifyingKey};
use ring::digest::{SHA512, digest};
use ring::hmac;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};

use super::{Alg, Jwk};

/// Why a signature was not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unverified {
    /// It is not of this key.
    Wrong,
    /// pilotfish does not know the curve or the length of the key.
    Unknown,
}

impl Jwk {
    /// Whether this signature of the message is the key's.
    pub(crate) fn verify(&self, alg: Alg, message: &[u8], signed: &[u8]) -> Result<(), Unverified> {
        let rsa = |parameters: &RsaParameters| match &self.numbers[..] {
            [n, _] if !(256..=1024).contains(&n.len()) => Err(Unverified::Unknown),
            [n, e] => wrong(RsaPublicKeyComponents { n, e }.verify(parameters, message, signed)),
            _ => Err(Unverified::Unknown),
        };
        let raw = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            wrong(UnparsedPublicKey::new(algorithm, key).verify(message, signed))
        };
        match alg {
            Alg::Rs256 => rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
            Alg::Rs384 => rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
            Alg::Rs512 => rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
            Alg::Ps256 => rsa(&signature::RSA_PSS_2048_8192_SHA256),
            Alg::Ps384 => rsa(&signature::RSA_PSS_2048_8192_SHA384),
            Alg::Ps512 => rsa(&signature::RSA_PSS_2048_8192_SHA512),
            Alg::Es256 => raw(&signature::ECDSA_P256_SHA256_FIXED, &self.point()),
            Alg::Es384 => raw(&signature::ECDSA_P384_SHA384_FIXED, &self.point()),
            Alg::Es512 => {
                let key = VerifyingKey::from_sec1_bytes(&self.point()).map_err(|_| Unverified::Wrong)?;
                let signed = Signature::from_slice(signed).map_err(|_| Unverified::Wrong)?;
                wrong(key.verify_prehash(digest(&SHA512, message).as_ref(), &signed))
            }
            Alg::EdDsa | Alg::Ed25519 if self.crv == "Ed25519" => raw(&signature::ED25519, &self.numbers.concat()),
            _ => Err(Unverified::Unknown),
        }
    }

    /// An uncompressed point (SEC 1, section 2.3.3).
    fn point(&self) -> Vec<u8> {
        let mut point = vec![4];
        self.numbers.iter().for_each(|number| point.extend_from_slice(number));
        point
    }
}

fn wrong<E>(result: Result<(), E>) -> Result<(), Unverified> {
    result.map_err(|_| Unverified::Wrong)
}

/// Whether this signature of the message was made with the secret.
pub(crate) fn verifies_hmac(alg: Alg, secret: &[u8], message: &[u8], signed: &[u8]) -> bool {
    let algorithm = match alg {
        Alg::Hs384 => hmac::HMAC_SHA384,
        Alg::Hs512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    hmac::verify(&hmac::Key::new(algorithm, secret), message, signed).is_ok()
}
