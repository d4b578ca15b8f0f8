//! The seed of an nkey: a key of Ed25519 in base32, with a prefix that says whose it is and a checksum (CRC-16/XMODEM).
//! Source: `github.com/nats-io/nkeys`, `strkey.go`.

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

/// The first bits of a seed, and of what belongs to a user.
const SEED: u8 = 18 << 3;
const USER: u8 = 20 << 3;
/// The bytes of a seed: two of prefix, the key, two of checksum.
const LENGTH: usize = 36;
/// Letters of a seed in base32.
const LETTERS: usize = 58;

/// The seed of a user.
pub(super) struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// Reads one; white space around it does not matter.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.len() == 56 && text.starts_with('U') {
            return Err("it is a public key (U…): the seed starts with SU");
        }
        if text.len() != LETTERS || !text.starts_with('S') {
            return Err("it is not the seed of an nkey, which is 58 letters and digits that start with SU");
        }
        let decoded = from_base32(text);
        let is_right = |bytes: &[u8; LENGTH]| bytes[LENGTH - 2..] == crc16(&bytes[..LENGTH - 2]).to_le_bytes();
        let Some(bytes) = decoded.filter(|bytes| is_right(bytes)) else {
            return Err("its checksum is wrong: a letter is missing or wrong");
        };
        let owner = ((bytes[0] & 0b111) << 5) | (bytes[1] >> 3);
        if bytes[0] & !0b111 != SEED || owner != USER {
            return Err("it is not the seed of a user, which starts with SU");
        }
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&bytes[2..LENGTH - 2]);
        Ok(Self(key))
    }

    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.0[..]).expect("a seed has 32 bytes")
    }

    /// The public key, as servers have it in their configuration: `U…`.
    pub(super) fn public(&self) -> String {
        let pair = self.pair();
        let mut bytes = vec![USER];
        bytes.extend_from_slice(pair.public_key().as_ref());
        let checksum = crc16(&bytes).to_le_bytes();
        bytes.extend_from_slice(&checksum);
        to_base32(&bytes)
    }

    /// The signature of what the server asks to be signed.
    pub(super) fn sign(&self, nonce: &[u8]) -> Vec<u8> {
        self.pair().sign(nonce).as_ref().to_vec()
    }
}

/// The digits of base32 (RFC 4648, section 6).
const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The bytes of a seed; the bits that are left over must be zero.
fn from_base32(text: &str) -> Option<Zeroizing<[u8; LENGTH]>> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    let mut free = bytes.iter_mut();
    let (mut value, mut bits) = (0_usize, 0);
    for letter in text.bytes() {
        value = (value << 5) | DIGITS.iter().position(|digit| *digit == letter)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *free.next()? = u8::try_from(value >> bits).ok()?;
            value &= (1 << bits) - 1;
        }
    }
    (value == 0).then_some(bytes)
}

/// Groups of five bytes as eight letters.
fn to_base32(bytes: &[u8]) -> String {
    let letters = |five: &[u8]| {
        let value = five.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        (0..8).rev().map(move |place| char::from(DIGITS[(value >> (5 * place)) as usize & 31]))
    };
    bytes.chunks_exact(5).flat_map(letters).collect()
}

/// CRC-16/XMODEM.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        let shift = |crc: u16, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
        (0..8).fold(crc ^ (u16::from(*byte) << 8), shift)
    })
}

#[cfg(test)]
mod tests {
    use super::{Seed, crc16};

    /// Of the documentation of NATS.
    const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
    const PUBLIC: &str = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

    #[test]
    fn a_seed_is_read_and_any_other_text_is_not() {
        assert_eq!(Seed::read(&format!(" {SEED}\n")).map(|seed| seed.public()).as_deref(), Ok(PUBLIC));
        // An account's, the public key, one wrong letter, and what is no key.
        let account = "SAANDLKMXL6CUS3CP52WIXBEDN6YJ545GDKC65U5JZPPV6WH6ESWUA6YAI";
        let wrong = SEED.replace('3', "2");
        for text in [account, PUBLIC, wrong.as_str(), "", "sesame", &SEED[1..], &"S".repeat(58), &"SUÄ".repeat(20)] {
            let problem = Seed::read(text).err().expect(text);
            assert!(text.is_empty() || !problem.contains(text), "{problem}");
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
    }
}
