//! The signature of MariaDB's plugin `client_ed25519`.
//!
//! Unlike in RFC 8032, the secret is not 32 random bytes but the password, of any length, which libraries of signatures do
//! not take. Source: `plugin/auth_ed25519` of MariaDB (`crypto_sign` of its `ref10`).

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use ring::digest::{SHA512, digest};
use zeroize::Zeroizing;

/// The signature of the message.
pub(super) fn sign(password: &[u8], message: &[u8]) -> Vec<u8> {
    let expanded = hash(&[password]);
    let (secret, prefix) = expanded.split_at(32);
    let mut clamped = Zeroizing::new([0; 32]);
    clamped.copy_from_slice(secret);
    let secret = Zeroizing::new(Scalar::from_bytes_mod_order(clamp_integer(*clamped)));
    let public = EdwardsPoint::mul_base(&secret).compress();
    let nonce = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&hash(&[prefix, message])));
    let point = EdwardsPoint::mul_base(&nonce).compress();
    let challenge = Scalar::from_bytes_mod_order_wide(&hash(&[point.as_bytes(), public.as_bytes(), message]));
    let answer = challenge * *secret + *nonce;
    [*point.as_bytes(), answer.to_bytes()].concat()
}

fn hash(parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let whole = Zeroizing::new(parts.concat());
    let mut bytes = Zeroizing::new([0; 64]);
    bytes.copy_from_slice(digest(&SHA512, &whole).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

    use super::sign;

    /// Of 32 bytes it is the signature of RFC 8032, which another library knows.
    #[test]
    fn a_secret_of_32_bytes_signs_as_the_standard_has_it() {
        for (secret, message) in
            [([7; 32], &b"message"[..]), ([0xff; 32], b""), (*b"0123456789abcdef0123456789abcdef", b"x")]
        {
            let pair = Ed25519KeyPair::from_seed_unchecked(&secret).expect("a seed");
            let signature = sign(&secret, message);
            assert_eq!(signature, pair.sign(message).as_ref());
            let public = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
            assert_eq!(public.verify(message, &signature), Ok(()));
        }
    }
}
