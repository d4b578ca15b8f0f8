//! What the signatures of one chain may cost: a peer chooses its keys, and everything runs on one thread.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::algorithms::ALGORITHMS;

/// The most that all signatures of a chain may cost, in tenths of a millisecond.
const LIMIT: u32 = 80;
/// How many of them may be costly.
const COSTLY_LIMIT: u32 = 4;
/// The longest RSA public keys (RFC 8017, appendix A.1.1) of 2048 and of 4096 bits, in bytes.
const RSA_2048: usize = 275;
const RSA_4096: usize = 531;

/// What one signature costs: in tenths of a millisecond as measured, and whether that is much.
fn cost(key_kind: AlgorithmIdentifier, key: &[u8]) -> (u32, bool) {
    match key_kind {
        alg_id::ECDSA_P521 => (9, true),
        alg_id::ECDSA_P384 => (9, false),
        alg_id::ECDSA_P256 => (4, false),
        alg_id::RSA_ENCRYPTION if key.len() <= RSA_2048 => (1, false),
        alg_id::RSA_ENCRYPTION if key.len() <= RSA_4096 => (3, false),
        // With the largest exponent that is taken.
        alg_id::RSA_ENCRYPTION => (12, true),
        _ => (3, false),
    }
}

/// What is left for one chain.
#[derive(Debug, Default)]
pub(super) struct SignatureBudget {
    spent: AtomicU32,
    costly: AtomicU32,
    exceeded: AtomicBool,
}

impl SignatureBudget {
    /// Every algorithm, counted.
    pub(super) fn algorithms(&self) -> Vec<Counted<'_>> {
        ALGORITHMS.all.iter().map(|algorithm| Counted { algorithm: *algorithm, budget: self }).collect()
    }

    /// Whether a signature was not looked at any more.
    pub(super) fn exceeded(&self) -> bool {
        self.exceeded.load(Ordering::Relaxed)
    }

    /// Whether this signature may still be verified.
    fn take(&self, (cost, costly): (u32, bool)) -> bool {
        let spent = self.spent.fetch_add(cost, Ordering::Relaxed) + cost;
        let costly = self.costly.fetch_add(costly.into(), Ordering::Relaxed) + u32::from(costly);
        let fits = spent <= LIMIT && costly <= COSTLY_LIMIT;
        if !fits {
            self.exceeded.store(true, Ordering::Relaxed);
        }
        fits
    }
}

/// An algorithm that verifies as long as its budget lasts.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    algorithm: &'static dyn SignatureVerificationAlgorithm,
    budget: &'a SignatureBudget,
}

impl SignatureVerificationAlgorithm for Counted<'_> {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        if !self.budget.take(cost(self.public_key_alg_id(), key)) {
            return Err(InvalidSignature);
        }
        self.algorithm.verify_signature(key, message, signature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.algorithm.signature_alg_id()
    }
}

#[cfg(test)]
mod tests {
    use super::{SignatureBudget, cost};
    use rustls::pki_types::alg_id;

    #[test]
    fn an_honest_chain_fits_and_a_costly_one_ends() {
        for (kind, key, fits) in [
            (alg_id::ECDSA_P521, 133, 4),
            (alg_id::ECDSA_P384, 97, 8),
            (alg_id::ECDSA_P256, 65, 20),
            (alg_id::RSA_ENCRYPTION, 270, 80),
            (alg_id::RSA_ENCRYPTION, 526, 26),
            (alg_id::RSA_ENCRYPTION, 1_038, 4),
            (alg_id::ED25519, 32, 26),
        ] {
            let budget = SignatureBudget::default();
            let taken = (0..200).take_while(|_| budget.take(cost(kind, &vec![0; key]))).count();
            assert_eq!((taken, budget.exceeded()), (fits, true), "{kind:?}");
        }
    }
}
