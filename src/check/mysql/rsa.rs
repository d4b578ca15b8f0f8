//! How a password goes to a server without TLS: encrypted for the public key of the server that is pinned (RSA with OAEP and
//! SHA-1, as MySQL has it).

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U4096};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::net::tls::RsaPublicKey;

/// The largest key, in bytes.
const LARGEST: usize = 512;
/// The size of SHA-1.
const HASH: usize = 20;

/// The text with its zero byte, hidden by the server's random bytes and encrypted; `None` for a key that cannot be used, or a
/// text that is too long for it.
pub(super) fn encrypt(key: &RsaPublicKey, text: &[u8], scramble: &[u8]) -> Option<Vec<u8>> {
    let hidden: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.iter().zip(scramble.iter().cycle()).map(|(byte, random)| byte ^ random).collect());
    let mut seed = [0; HASH];
    SystemRandom::new().fill(&mut seed).ok()?;
    let padded = pad(&hidden, seed, key.modulus.len())?;
    power(key, &padded)
}

/// EME-OAEP of RFC 8017, section 7.1.1, with an empty label.
fn pad(message: &[u8], seed: [u8; HASH], size: usize) -> Option<Zeroizing<Vec<u8>>> {
    let zeros = size.checked_sub(message.len() + 2 * HASH + 2)?;
    let mut block = Zeroizing::new(digest(&SHA1_FOR_LEGACY_USE_ONLY, b"").as_ref().to_vec());
    block.resize(HASH + zeros, 0);
    block.push(1);
    block.extend_from_slice(message);
    xor(&mut block, &mask(&seed, size - HASH - 1));
    let mut seed = seed;
    xor(&mut seed, &mask(&block, HASH));
    Some(Zeroizing::new([&[0][..], &seed, &block].concat()))
}

/// MGF1 of RFC 8017, appendix B.2.1.
fn mask(seed: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + HASH);
    for counter in 0_u32.. {
        if bytes.len() >= length {
            break;
        }
        bytes.extend_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[seed, &counter.to_be_bytes()].concat()).as_ref());
    }
    bytes.truncate(length);
    bytes
}

fn xor(bytes: &mut [u8], mask: &[u8]) {
    bytes.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
}

/// The number to the power of the exponent, modulo the modulus.
fn power(key: &RsaPublicKey, number: &[u8]) -> Option<Vec<u8>> {
    let wide = |bytes: &[u8]| {
        let mut wide = [0; LARGEST];
        wide[LARGEST.checked_sub(bytes.len())?..].copy_from_slice(bytes);
        Some(U4096::from_be_slice(&wide))
    };
    let exponent =
        u32::from_str_radix(&key.exponent.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), 16).ok()?;
    let modulus: Odd<U4096> = Option::from(Odd::new(wide(&key.modulus)?))?;
    let params = FixedMontyParams::new_vartime(modulus);
    let power = FixedMontyForm::new(&wide(number)?, &params).pow_bounded_exp(&crypto_bigint::U64::from(exponent), 32);
    let bytes = power.retrieve().to_be_bytes();
    Some(bytes.as_ref()[LARGEST - key.modulus.len()..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::{encrypt, pad, power};
    use crate::net::tls::RsaPublicKey;

    /// 3233 = 61 · 53, the key of many a textbook; its powers are known.
    #[test]
    fn powers() {
        let key = RsaPublicKey { modulus: vec![0x0c, 0xa1], exponent: vec![17] };
        assert_eq!(power(&key, &[65]), Some(vec![0x0a, 0xe6]));
        assert_eq!(
            power(&RsaPublicKey { modulus: vec![0x0c, 0xa0], ..key.clone() }, &[65]),
            None,
            "no modulus is even"
        );
        assert_eq!(power(&RsaPublicKey { modulus: vec![1; 513], ..key.clone() }, &[65]), None);
        assert_eq!(power(&RsaPublicKey { exponent: vec![1; 5], ..key }, &[65]), None);
    }

    #[test]
    fn a_text_that_is_too_long_is_not_cut() {
        assert_eq!(pad(&[7; 214], [1; 20], 256).map(|padded| padded.len()), Some(256));
        assert!(pad(&[7; 215], [1; 20], 256).is_none());
        let key = RsaPublicKey { modulus: vec![0x0c, 0xa1], exponent: vec![17] };
        assert_eq!(encrypt(&key, b"sesame\0", b"random"), None);
    }
}
