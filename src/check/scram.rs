//! SCRAM without channel binding (RFC 5802, RFC 7677) over any protocol that carries its messages: both sides prove that they
//! know the password, and neither sends it.
//!
//! The rounds are what a server asks for: too few of them, or more than are done, end it before a proof is sent. Checks take
//! turns at the computation, which pauses for the other tasks of the thread.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac};
use zeroize::{Zeroize as _, Zeroizing};

use crate::net::turns::{Turns, slices};
use crate::secret::Secret;

/// The most rounds that are done; servers ask for 4096 to 15000.
pub const MOST_ROUNDS: u64 = 30_000;
/// The fewest from a server that is not known to be the right one: whoever asks for fewer could try passwords on our proof so
/// much faster.
pub const FEWEST_ROUNDS: u64 = 4_096;

/// No channel binding.
const HEADER: &str = "n,,";
/// The longest message of a server.
const LONGEST: usize = 1024;
/// The random bytes of a nonce.
const NONCE: usize = 18;
/// So long is computed until others get their turn, and after so many rounds the clock is read.
const SLICE: Duration = Duration::from_millis(2);
const ROUNDS_A_STEP: u64 = 128;

/// The hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

/// Why a login ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScramError {
    /// The server's message is none of SCRAM's.
    Malformed,
    /// The server asks for so many rounds, and at least so many are required.
    TooFew(u64, u64),
    /// The server asks for so many rounds, more than are done.
    TooMany(u64),
    /// The server ends it with an error of its own.
    Refused,
    /// What the server sent does not prove that it knows the password.
    Unproven,
}

/// A login that has begun.
pub struct Scram {
    hash: Hash,
    /// The client's first message without its header.
    bare: String,
    nonce: String,
}

/// The client's last message, and what the server's must prove.
pub struct Proof {
    /// The message.
    pub message: String,
    signature: Vec<u8>,
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof")
    }
}

impl Hash {
    const fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    const fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }

    /// The salted password; it pauses.
    async fn salted(self, password: &Secret, salt: &[u8], rounds: u64, turns: &Turns) -> Zeroizing<Vec<u8>> {
        let _turn = turns.take().await;
        let mut slices = slices(SLICE);
        let key = hmac::Key::new(self.hmac(), password.expose().as_bytes());
        let mut last = hmac::sign(&key, &[salt, &1_u32.to_be_bytes()].concat());
        let mut sum = Zeroizing::new(last.as_ref().to_vec());
        for round in 1..rounds {
            last = hmac::sign(&key, last.as_ref());
            sum.iter_mut().zip(last.as_ref()).for_each(|(sum, byte)| *sum ^= byte);
            if round % ROUNDS_A_STEP == 0 {
                slices.pause().await;
            }
        }
        sum
    }

    fn sign(self, key: &[u8], text: &[u8]) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(self.hmac(), key), text)
    }
}

impl Scram {
    /// A login of this user.
    #[must_use]
    pub fn new(hash: Hash, user: &str) -> Self {
        let mut random = [0; NONCE];
        SystemRandom::new().fill(&mut random).expect("the system has random bytes");
        Self::with_nonce(hash, user, URL_SAFE_NO_PAD.encode(random))
    }

    fn with_nonce(hash: Hash, user: &str, nonce: String) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        Self { hash, bare: format!("n={user},r={nonce}"), nonce }
    }

    /// The client's first message.
    #[must_use]
    pub fn first(&self) -> String {
        format!("{HEADER}{}", self.bare)
    }

    /// Answers the server's challenge.
    ///
    /// # Errors
    /// Every [`ScramError`] but `Unproven`.
    pub async fn answer(
        &self,
        challenge: &[u8],
        password: &Secret,
        rounds: RangeInclusive<u64>,
        turns: &Turns,
    ) -> Result<Proof, ScramError> {
        let challenge = text(challenge)?;
        let mut parts = challenge.split(',');
        let mut part = |name| parts.next().and_then(|part| part.strip_prefix(name)).ok_or(ScramError::Malformed);
        let (nonce, salt, count) = (part("r=")?, part("s=")?, part("i=")?);
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(ScramError::Malformed);
        }
        let salt = STANDARD.decode(salt).map_err(|_| ScramError::Malformed)?;
        match count.parse() {
            Ok(0) | Err(_) => Err(ScramError::Malformed),
            Ok(count) if count < *rounds.start() => Err(ScramError::TooFew(count, *rounds.start())),
            Ok(count) if count > *rounds.end() => Err(ScramError::TooMany(count)),
            Ok(count) => {
                let salted = self.hash.salted(password, &salt, count, turns).await;
                Ok(self.prove(challenge, nonce, &salted))
            }
        }
    }

    fn prove(&self, challenge: &str, nonce: &str, salted: &[u8]) -> Proof {
        let mut client_key = self.hash.sign(salted, b"Client Key").as_ref().to_vec();
        let stored_key = digest::digest(self.hash.digest(), &client_key);
        let unproven = format!("c={},r={nonce}", STANDARD.encode(HEADER));
        let all = format!("{},{challenge},{unproven}", self.bare);
        let signature = self.hash.sign(stored_key.as_ref(), all.as_bytes());
        client_key.iter_mut().zip(signature.as_ref()).for_each(|(key, byte)| *key ^= byte);
        let message = format!("{unproven},p={}", STANDARD.encode(&client_key));
        client_key.zeroize();
        let server_key = self.hash.sign(salted, b"Server Key");
        Proof { message, signature: self.hash.sign(server_key.as_ref(), all.as_bytes()).as_ref().to_vec() }
    }
}

impl Proof {
    /// Reads the server's last message.
    ///
    /// # Errors
    /// [`ScramError::Refused`], [`ScramError::Malformed`] and [`ScramError::Unproven`].
    pub fn verify(&self, last: &[u8]) -> Result<(), ScramError> {
        let last = text(last)?;
        let signature = last.strip_prefix("v=").ok_or(ScramError::Malformed)?;
        let signature = signature.split(',').next().and_then(|text| STANDARD.decode(text).ok());
        match signature.ok_or(ScramError::Malformed)? == self.signature {
            true => Ok(()),
            false => Err(ScramError::Unproven),
        }
    }
}

/// A message of the server that is no error.
fn text(message: &[u8]) -> Result<&str, ScramError> {
    let text = std::str::from_utf8(message).ok().filter(|text| text.len() <= LONGEST).ok_or(ScramError::Malformed)?;
    if text.starts_with("e=") { Err(ScramError::Refused) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::{FEWEST_ROUNDS, Hash, MOST_ROUNDS, Proof, Scram, ScramError};
    use crate::net::turns::Turns;
    use crate::secret::Secret;
    use crate::slices::at_once;

    fn answer(scram: &Scram, challenge: &str) -> Result<Proof, ScramError> {
        let password = Secret::new("pencil".to_owned());
        let rounds = FEWEST_ROUNDS..=MOST_ROUNDS;
        at_once(scram.answer(challenge.as_bytes(), &password, rounds, &Turns::default()))
    }

    /// The first is that of RFC 7677; the second was computed with Python's hashlib.
    #[test]
    fn known_exchanges() {
        for (hash, nonce, rest, proof, signature) in [
            (
                Hash::Sha256,
                "rOprNGfwEbeRWgbNEkqO",
                "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            ),
            (Hash::Sha512, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", PROOF_512, SIGNATURE_512),
        ] {
            let scram = Scram::with_nonce(hash, "user", nonce.to_owned());
            assert_eq!(scram.first(), format!("n,,n=user,r={nonce}"));
            let answer = answer(&scram, &format!("r={nonce}{rest},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")).unwrap();
            assert_eq!(answer.message, format!("c=biws,r={nonce}{rest},p={proof}"));
            assert_eq!(answer.verify(format!("v={signature}").as_bytes()), Ok(()));
            assert_eq!(answer.verify(b"v=AAAA"), Err(ScramError::Unproven));
            assert_eq!(answer.verify(b"e=other-error"), Err(ScramError::Refused));
            for last in [&b""[..], b"v=?", b"v", b"\xff"] {
                assert_eq!(answer.verify(last), Err(ScramError::Malformed));
            }
        }
    }

    const PROOF_512: &str = "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==";
    const SIGNATURE_512: &str =
        "ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==";

    #[test]
    fn a_challenge_that_must_not_be_answered() {
        let scram = Scram::with_nonce(Hash::Sha256, "a=b,c", "abc".to_owned());
        assert_eq!(scram.first(), "n,,n=a=3Db=2Cc,r=abc");
        for (challenge, expected) in [
            ("r=abcd,s=AAAA,i=4095", ScramError::TooFew(4095, 4096)),
            ("r=abcd,s=AAAA,i=30001", ScramError::TooMany(30_001)),
            ("r=abcd,s=AAAA,i=18446744073709551616", ScramError::Malformed),
            ("r=abcd,s=AAAA,i=0", ScramError::Malformed),
            ("r=abcd,s=AAAA,i=-1", ScramError::Malformed),
            ("r=abc,s=AAAA,i=4096", ScramError::Malformed),
            ("r=xyz,s=AAAA,i=4096", ScramError::Malformed),
            ("r=abcd,s=?,i=4096", ScramError::Malformed),
            ("r=abcd,i=4096", ScramError::Malformed),
            ("m=x,r=abcd,s=AAAA,i=4096", ScramError::Malformed),
            ("e=unknown-user", ScramError::Refused),
            ("", ScramError::Malformed),
        ] {
            assert_eq!(answer(&scram, challenge).map(drop), Err(expected), "{challenge}");
        }
        let long = format!("r=abcd{},s=AAAA,i=4096", "x".repeat(2000));
        assert_eq!(answer(&scram, &long).map(drop), Err(ScramError::Malformed));
        let (one, other) = (Scram::new(Hash::Sha512, "a").first(), Scram::new(Hash::Sha512, "a").first());
        assert!(one != other && one.len() > 24, "{one}");
    }
}
