//! The signatures that are verified: ring's, and ECDSA where ring has none: with P-521, and with SHA-512.
//!
//! TLS 1.2 names the hash of a signature, not its curve: who offers ECDSA with SHA-512 must take it with any curve.

use ring::digest;
use rustls::SignatureScheme;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};
use webpki::ring as by_ring;

/// The algorithms of certificates, and those of handshakes by scheme.
pub(super) static ALGORITHMS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms { all: ALL, mapping: SCHEMES };

static ALL: &[&dyn SignatureVerificationAlgorithm] = &[
    by_ring::ECDSA_P256_SHA256,
    by_ring::ECDSA_P256_SHA384,
    by_ring::ECDSA_P384_SHA256,
    by_ring::ECDSA_P384_SHA384,
    &P256_SHA512,
    &P384_SHA512,
    &P521_SHA256,
    &P521_SHA384,
    &P521_SHA512,
    by_ring::ED25519,
    by_ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    by_ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    by_ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    by_ring::RSA_PKCS1_2048_8192_SHA256,
    by_ring::RSA_PKCS1_2048_8192_SHA384,
    by_ring::RSA_PKCS1_2048_8192_SHA512,
    by_ring::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    by_ring::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    by_ring::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
];

/// In the order in which they are offered; TLS 1.3 takes the first algorithm of each.
static SCHEMES: &[(SignatureScheme, &[&dyn SignatureVerificationAlgorithm])] = &[
    (SignatureScheme::ECDSA_NISTP384_SHA384, &[by_ring::ECDSA_P384_SHA384, by_ring::ECDSA_P256_SHA384, &P521_SHA384]),
    (SignatureScheme::ECDSA_NISTP256_SHA256, &[by_ring::ECDSA_P256_SHA256, by_ring::ECDSA_P384_SHA256, &P521_SHA256]),
    (SignatureScheme::ED25519, &[by_ring::ED25519]),
    (SignatureScheme::RSA_PSS_SHA512, &[by_ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY]),
    (SignatureScheme::RSA_PSS_SHA384, &[by_ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY]),
    (SignatureScheme::RSA_PSS_SHA256, &[by_ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY]),
    (SignatureScheme::RSA_PKCS1_SHA512, &[by_ring::RSA_PKCS1_2048_8192_SHA512]),
    (SignatureScheme::RSA_PKCS1_SHA384, &[by_ring::RSA_PKCS1_2048_8192_SHA384]),
    (SignatureScheme::RSA_PKCS1_SHA256, &[by_ring::RSA_PKCS1_2048_8192_SHA256]),
    // Last: a server that can sign with ring's algorithms does.
    (SignatureScheme::ECDSA_NISTP521_SHA512, &[&P521_SHA512, &P384_SHA512, &P256_SHA512]),
];

static P256_SHA512: Ecdsa =
    Ecdsa { key: alg_id::ECDSA_P256, signature: alg_id::ECDSA_SHA512, hash: &digest::SHA512, verifies: p256 };
static P384_SHA512: Ecdsa =
    Ecdsa { key: alg_id::ECDSA_P384, signature: alg_id::ECDSA_SHA512, hash: &digest::SHA512, verifies: p384 };
static P521_SHA256: Ecdsa =
    Ecdsa { key: alg_id::ECDSA_P521, signature: alg_id::ECDSA_SHA256, hash: &digest::SHA256, verifies: p521 };
static P521_SHA384: Ecdsa =
    Ecdsa { key: alg_id::ECDSA_P521, signature: alg_id::ECDSA_SHA384, hash: &digest::SHA384, verifies: p521 };
static P521_SHA512: Ecdsa =
    Ecdsa { key: alg_id::ECDSA_P521, signature: alg_id::ECDSA_SHA512, hash: &digest::SHA512, verifies: p521 };

/// ECDSA with a curve of the RustCrypto project.
#[derive(Debug)]
struct Ecdsa {
    key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    hash: &'static digest::Algorithm,
    /// Whether the key, as a point (SEC 1), signed the hash; the signature is DER.
    verifies: fn(key: &[u8], hash: &[u8], signature: &[u8]) -> bool,
}

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let hash = digest::digest(self.hash, message);
        if (self.verifies)(key, hash.as_ref(), signature) { Ok(()) } else { Err(InvalidSignature) }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

/// Makes the function of one curve: whether a key signed a hash, which `$number` makes the number that ECDSA takes.
macro_rules! verifies {
    ($curve:ident, $number:expr) => {
        fn $curve(key: &[u8], hash: &[u8], signature: &[u8]) -> bool {
            use $curve::ecdsa::signature::hazmat::PrehashVerifier as _;
            let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(key);
            let signature = $curve::ecdsa::Signature::from_der(signature);
            let (Ok(key), Ok(signature)) = (key, signature) else { return false };
            key.verify_prehash($number(hash).as_ref(), &signature).is_ok()
        }
    };
}

verifies!(p256, as_it_is);
verifies!(p384, as_it_is);
verifies!(p521, of_521_bits);

const fn as_it_is(hash: &[u8]) -> &[u8] {
    hash
}

/// The crate takes no hash that is shorter than half of the curve's numbers, as SHA-256 is.
fn of_521_bits(hash: &[u8]) -> [u8; 66] {
    let mut number = [0; 66];
    let from = number.len().saturating_sub(hash.len());
    number[from..].copy_from_slice(hash);
    number
}

#[cfg(test)]
mod tests;
