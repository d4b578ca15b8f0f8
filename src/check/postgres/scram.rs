//! SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL speaks it: no user name, since the start of the session gave it.
//!
//! Ours and not postgres-protocol's: that derives a key at twice the work, and brings the tables of all Unicode classes.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::hmac::{self, HMAC_SHA256, Key};
use ring::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use super::saslprep::prepared;
use crate::secret::Secret;

/// The most rounds that are done; PostgreSQL's default is 4096. A hostile server could make the one thread count for
/// minutes.
pub(super) const MAX_ROUNDS: u32 = 100_000;

/// How the exchange is tied to the TLS session.
pub(super) enum Binding {
    /// We cannot.
    Unsupported,
    /// We could, and the server does not offer it: said, since a middleman may have taken the offer away.
    Unrequested,
    /// By the hash of the server's certificate.
    EndPoint(Vec<u8>),
}

/// Why a server's message is not answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is not what the exchange has here.
    Malformed,
    /// It demands so many rounds.
    Rounds(u64),
}

/// An exchange that has begun.
pub(super) struct Scram {
    header: &'static str,
    bound: Vec<u8>,
    /// The first message without its header.
    first: String,
    nonce: String,
}

/// What the server has to prove in the end.
#[derive(Debug)]
pub(super) struct Proof {
    key: Key,
    exchange: String,
}

impl Scram {
    /// Begins with a nonce of its own; the message to send.
    pub(super) fn begin(binding: Binding) -> (Self, String) {
        let mut random = [0_u8; 18];
        SystemRandom::new().fill(&mut random).expect("the kernel gives random bytes");
        Self::with_nonce(binding, STANDARD.encode(random))
    }

    fn with_nonce(binding: Binding, nonce: String) -> (Self, String) {
        let (header, bound) = match binding {
            Binding::Unsupported => ("n,,", Vec::new()),
            Binding::Unrequested => ("y,,", Vec::new()),
            Binding::EndPoint(hash) => ("p=tls-server-end-point,,", hash),
        };
        let first = format!("n=,r={nonce}");
        let message = format!("{header}{first}");
        (Self { header, bound, first, nonce }, message)
    }

    /// Answers the server's challenge.
    pub(super) fn answer(self, challenge: &[u8], password: &Secret) -> Result<(String, Proof), Wrong> {
        let challenge = std::str::from_utf8(challenge).map_err(|_| Wrong::Malformed)?;
        let (nonce, salt, rounds) = read(challenge).ok_or(Wrong::Malformed)?;
        let rounds = u32::try_from(rounds).ok().filter(|rounds| *rounds <= MAX_ROUNDS).ok_or(Wrong::Rounds(rounds))?;
        let rounds = NonZeroU32::new(rounds).ok_or(Wrong::Malformed)?;
        if !nonce.starts_with(&self.nonce) {
            return Err(Wrong::Malformed);
        }

        let mut salted = Zeroizing::new([0; 32]);
        pbkdf2::derive(PBKDF2_HMAC_SHA256, rounds, &salt, prepared(password.expose()).as_bytes(), &mut *salted);
        let salted = Key::new(HMAC_SHA256, &*salted);
        let client = hmac::sign(&salted, b"Client Key");
        let stored = digest(&SHA256, client.as_ref());

        let bound = STANDARD.encode([self.header.as_bytes(), &self.bound].concat());
        let last = format!("c={bound},r={nonce}");
        let exchange = format!("{},{challenge},{last}", self.first);
        let signature = hmac::sign(&Key::new(HMAC_SHA256, stored.as_ref()), exchange.as_bytes());
        let proof: Vec<u8> = client.as_ref().iter().zip(signature.as_ref()).map(|(one, other)| one ^ other).collect();
        let message = format!("{last},p={}", STANDARD.encode(proof));
        let server = hmac::sign(&salted, b"Server Key");
        Ok((message, Proof { key: Key::new(HMAC_SHA256, server.as_ref()), exchange }))
    }
}

impl Proof {
    /// Whether the server knows the password's hash, too.
    pub(super) fn is_given(&self, last: &[u8]) -> bool {
        let signature = last.strip_prefix(b"v=").and_then(|text| text.split(|byte| *byte == b',').next());
        let signature = signature.and_then(|text| STANDARD.decode(text).ok());
        signature.is_some_and(|signature| hmac::verify(&self.key, self.exchange.as_bytes(), &signature).is_ok())
    }
}

/// Nonce, salt and rounds of the server's first message.
fn read(challenge: &str) -> Option<(&str, Vec<u8>, u64)> {
    let mut parts = challenge.split(',');
    let nonce = parts.next()?.strip_prefix("r=")?;
    let salt = STANDARD.decode(parts.next()?.strip_prefix("s=")?).ok()?;
    let rounds = parts.next()?.strip_prefix("i=")?.parse().ok()?;
    Some((nonce, salt, rounds))
}

#[cfg(test)]
mod tests {
    use super::{Binding, Scram, Wrong};
    use crate::secret::Secret;

    /// The example of RFC 7677, section 3, but for the user name.
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const CHALLENGE: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    fn begun(binding: Binding) -> (Scram, String) {
        Scram::with_nonce(binding, NONCE.to_owned())
    }

    fn pencil() -> Secret {
        Secret::new("pencil".to_owned())
    }

    #[test]
    fn an_exchange_as_postgresql_has_it() {
        let (scram, first) = begun(Binding::Unsupported);
        assert_eq!(first, format!("n,,n=,r={NONCE}"));
        let (last, proof) = scram.answer(CHALLENGE.as_bytes(), &pencil()).unwrap();
        let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        assert_eq!(last, format!("c=biws,r={nonce},p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k="));
        assert!(proof.is_given(b"v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="));
        for wrong in [&b""[..], b"v=", b"v=AAAA", b"e=invalid-proof", b"v=\xff"] {
            assert!(!proof.is_given(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn channels_are_bound_as_the_header_says() {
        for (binding, header, bound) in [
            (Binding::Unrequested, "y,,", "c=eSws,"),
            (Binding::EndPoint(vec![1, 2, 3]), "p=tls-server-end-point,,", "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAQID,"),
        ] {
            let (scram, first) = begun(binding);
            assert!(first.starts_with(header));
            assert!(scram.answer(CHALLENGE.as_bytes(), &pencil()).unwrap().0.starts_with(bound));
        }
    }

    #[test]
    fn each_exchange_has_a_nonce_of_its_own() {
        assert_ne!(Scram::begin(Binding::Unsupported).1, Scram::begin(Binding::Unsupported).1);
    }

    #[test]
    fn a_challenge_that_is_none() {
        let answer = |challenge: &str| begun(Binding::Unsupported).0.answer(challenge.as_bytes(), &pencil()).err();
        for wrong in [
            "",
            "r=other,s=AAAA,i=4096",
            "s=AAAA,r=rOprNGfwEbeRWgbNEkqOx,i=1",
            "r=rOprNGfwEbeRWgbNEkqOx,s=*,i=1",
            "r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=0",
            "r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=-1",
            "r=rOprNGfwEbeRWgbNEkqOx,s=AAAA",
        ] {
            assert_eq!(answer(wrong), Some(Wrong::Malformed), "{wrong}");
        }
        assert_eq!(answer("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=100001"), Some(Wrong::Rounds(100_001)));
        assert_eq!(answer("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=99999999999"), Some(Wrong::Rounds(99_999_999_999)));
    }
}
