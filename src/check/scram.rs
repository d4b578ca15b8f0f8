//! SCRAM (RFC 5802, RFC 7677; channel binding: RFC 5929), as a client: the texts of both sides, and the proof. It knows no
//! protocol; who sends the texts says how they are framed.
//!
//! A proof takes as many hashes as the server demands: their number has limits, and the work pauses for the other checks.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac};
use zeroize::Zeroizing;

use crate::slices::Slices;

/// The most rounds that are computed. MongoDB's default is 15,000, Kafka's and PostgreSQL's 4,096.
pub const MOST_ROUNDS: u32 = 30_000;
/// The fewest that are accepted, unless a check says otherwise: what the drivers of MongoDB and PostgreSQL's default demand.
/// Whoever asks for fewer may be anybody, and could try passwords on our proof as much faster.
pub const LEAST_ROUNDS: u32 = 4_096;
/// So many rounds are computed between two looks at the clock.
const STEP: u32 = 64;
/// The longest challenge of a server that is read, in bytes.
const TEXT_LIMIT: usize = 2048;

/// The hash that a mechanism is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SCRAM-SHA-1.
    Sha1,
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

impl Hash {
    const fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    const fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// Why there is no login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScramError {
    /// The server's text is none of this exchange: what is wrong with it.
    Malformed(&'static str),
    /// The server demands so many rounds, and at least so many are required.
    FewRounds(u32, u32),
    /// The server demands this many rounds, more than are computed.
    ManyRounds(u32),
    /// The server could not prove that it knows the password.
    Unproven,
    /// The server refuses in the exchange itself, in its own word.
    Refused(String),
    /// The system has no random bytes.
    NoRandom,
}

/// A number of rounds that a check may require.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rounds(pub u32);

/// For [`crate::value::Setting`]: the error says what was expected.
impl FromStr for Rounds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| (1..=MOST_ROUNDS).contains(number));
        number.map(Self).ok_or_else(|| format!("a number from 1 to {MOST_ROUNDS}"))
    }
}

/// What ties a login to the connection, so that nobody in between can pass it on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Binding {
    /// Nothing.
    #[default]
    None,
    /// Nothing, because the server does not offer it: somebody in between may have removed the offer.
    NotOffered,
    /// The hash of the server's certificate: `tls-server-end-point`.
    ServerEndPoint(Vec<u8>),
}

impl Binding {
    const fn header(&self) -> &'static str {
        match self {
            Self::None => "n,,",
            Self::NotOffered => "y,,",
            Self::ServerEndPoint(_) => "p=tls-server-end-point,,",
        }
    }

    /// The header and the data, in base64.
    fn text(&self) -> String {
        let data: &[u8] = if let Self::ServerEndPoint(hash) = self { hash } else { &[] };
        STANDARD.encode([self.header().as_bytes(), data].concat())
    }
}

/// A login that has begun: its first text.
#[derive(Debug)]
pub struct Exchange {
    hash: Hash,
    binding: Binding,
    nonce: String,
    /// The first text without the header of channel binding.
    bare: String,
}

/// What the server must send at the end.
pub struct Expected {
    hash: Hash,
    server_key: Zeroizing<Vec<u8>>,
    signed: String,
}

impl Exchange {
    /// A login of this user, with a nonce of its own.
    ///
    /// # Errors
    /// [`ScramError::NoRandom`].
    pub fn begin(hash: Hash, user: &str) -> Result<Self, ScramError> {
        let mut random = [0_u8; 24];
        SystemRandom::new().fill(&mut random).map_err(|_| ScramError::NoRandom)?;
        Ok(Self::with_nonce(hash, user, STANDARD.encode(random)))
    }

    fn with_nonce(hash: Hash, user: &str, nonce: String) -> Self {
        let user = user.replace('=', "=3D").replace(',', "=2C");
        let bare = format!("n={user},r={nonce}");
        Self { hash, binding: Binding::None, nonce, bare }
    }

    /// The same login, tied to the connection.
    #[must_use]
    pub fn bound(self, binding: Binding) -> Self {
        Self { binding, ..self }
    }

    /// The first text.
    #[must_use]
    pub fn first(&self) -> String {
        format!("{}{}", self.binding.header(), self.bare)
    }

    /// The second text, which proves the password, and what the server must answer. `password` is as the mechanism has it:
    /// see [`prepared`].
    ///
    /// # Errors
    /// Every [`ScramError`] but the last two.
    pub async fn answer(
        self,
        challenge: &[u8],
        password: &str,
        least: u32,
        slices: &mut Slices,
    ) -> Result<(Zeroizing<String>, Expected), ScramError> {
        let challenge = std::str::from_utf8(challenge).ok().filter(|text| text.len() <= TEXT_LIMIT);
        let challenge = challenge.ok_or(ScramError::Malformed("its challenge is no short text"))?;
        let mut parts = challenge.split(',');
        let mut part = |name: &str| parts.next().and_then(|part| part.strip_prefix(name));
        let nonce = part("r=").filter(|nonce| nonce.len() > self.nonce.len() && nonce.starts_with(&self.nonce));
        let nonce = nonce.ok_or(ScramError::Malformed("its nonce does not continue ours"))?;
        let salt = part("s=").and_then(|salt| STANDARD.decode(salt).ok()).filter(|salt| !salt.is_empty());
        let salt = salt.ok_or(ScramError::Malformed("its challenge has no salt"))?;
        let rounds: Option<u64> = part("i=").and_then(|rounds| rounds.parse().ok()).filter(|rounds| *rounds > 0);
        let rounds = rounds.ok_or(ScramError::Malformed("its challenge has no number of rounds"))?;
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        if rounds < least {
            return Err(ScramError::FewRounds(rounds, least));
        }
        if rounds > MOST_ROUNDS {
            return Err(ScramError::ManyRounds(rounds));
        }
        let salted = self.salted(password, &salt, rounds, slices).await;
        let without_proof = format!("c={},r={nonce}", self.binding.text());
        let signed = format!("{},{challenge},{without_proof}", self.bare);
        let key = hmac::Key::new(self.hash.hmac(), &salted);
        let client_key = Zeroizing::new(hmac::sign(&key, b"Client Key").as_ref().to_vec());
        let stored_key = digest::digest(self.hash.digest(), &client_key);
        let signature = hmac::sign(&hmac::Key::new(self.hash.hmac(), stored_key.as_ref()), signed.as_bytes());
        let proof: Zeroizing<Vec<u8>> =
            Zeroizing::new(client_key.iter().zip(signature.as_ref()).map(|(key, signature)| key ^ signature).collect());
        let text = Zeroizing::new(format!("{without_proof},p={}", STANDARD.encode(&proof)));
        let server_key = Zeroizing::new(hmac::sign(&key, b"Server Key").as_ref().to_vec());
        Ok((text, Expected { hash: self.hash, server_key, signed }))
    }

    /// RFC 5802's `Hi`: PBKDF2 with one block.
    async fn salted(&self, password: &str, salt: &[u8], rounds: u32, slices: &mut Slices) -> Zeroizing<Vec<u8>> {
        let key = hmac::Key::new(self.hash.hmac(), password.as_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(salt);
        context.update(&1_u32.to_be_bytes());
        let mut last = context.sign();
        let mut all = Zeroizing::new(last.as_ref().to_vec());
        for round in 1..rounds {
            last = hmac::sign(&key, last.as_ref());
            for (sum, byte) in all.iter_mut().zip(last.as_ref()) {
                *sum ^= byte;
            }
            if round % STEP == 0 {
                slices.pause().await;
            }
        }
        all
    }
}

impl Expected {
    /// Judges the last text of the server.
    ///
    /// # Errors
    /// [`ScramError::Refused`], [`ScramError::Unproven`] and [`ScramError::Malformed`].
    pub fn judge(&self, last: &[u8]) -> Result<(), ScramError> {
        let text = std::str::from_utf8(last).ok().filter(|text| text.len() <= TEXT_LIMIT);
        let first = text.and_then(|text| text.split(',').next());
        if let Some(error) = first.and_then(|part| part.strip_prefix("e=")) {
            return Err(ScramError::Refused(error.to_owned()));
        }
        let signature = first.and_then(|part| part.strip_prefix("v=")).and_then(|text| STANDARD.decode(text).ok());
        let signature = signature.ok_or(ScramError::Malformed("its last text has no proof"))?;
        let key = hmac::Key::new(self.hash.hmac(), &self.server_key);
        hmac::verify(&key, self.signed.as_bytes(), &signature).map_err(|_| ScramError::Unproven)
    }
}

/// The password as the mechanisms with SHA-256 have it: through SASLprep where that accepts it, else as it is.
#[must_use]
pub fn prepared(password: &str) -> Zeroizing<String> {
    let prepared = stringprep::saslprep(password).map(|text| text.into_owned());
    Zeroizing::new(prepared.unwrap_or_else(|_| password.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Binding, Exchange, Hash, LEAST_ROUNDS, MOST_ROUNDS, Rounds, ScramError, prepared};
    use crate::slices::{Slices, at_once};

    fn answer(hash: Hash, nonce: &str, challenge: &str, password: &str, least: u32) -> Result<String, ScramError> {
        let exchange = Exchange::with_nonce(hash, "user", nonce.to_owned());
        let mut slices = Slices::unlimited();
        let answer = at_once(exchange.answer(challenge.as_bytes(), password, least, &mut slices));
        answer.map(|(text, _)| text.to_string())
    }

    /// The examples of RFC 5802 and RFC 7677.
    #[test]
    fn the_examples_of_the_standards() {
        for (hash, nonce, challenge, proof, last) in [
            (
                Hash::Sha1,
                "fyko+d2lbbFgONRv9qkxdawL",
                "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
            ),
            (
                Hash::Sha256,
                "rOprNGfwEbeRWgbNEkqO",
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
                "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
            ),
        ] {
            let exchange = Exchange::with_nonce(hash, "user", nonce.to_owned());
            assert_eq!(exchange.first(), format!("n,,n=user,r={nonce}"));
            let mut slices = Slices::unlimited();
            let answered = at_once(exchange.answer(challenge.as_bytes(), "pencil", 4096, &mut slices));
            let (text, expected) = answered.expect("the example works");
            assert_eq!(*text, proof);
            assert_eq!(expected.judge(last.as_bytes()), Ok(()));
            assert_eq!(expected.judge(b"v=AAAA"), Err(ScramError::Unproven));
            assert_eq!(expected.judge(b"e=invalid-proof"), Err(ScramError::Refused("invalid-proof".to_owned())));
            for malformed in [&b""[..], b"v=", b"v", b"\xff", b"x=1"] {
                assert!(expected.judge(malformed).is_err(), "{malformed:?}");
            }
        }
    }

    #[test]
    fn a_challenge_is_judged_before_anything_is_computed() {
        let of = |challenge: &str| answer(Hash::Sha256, "abc", challenge, "pencil", LEAST_ROUNDS).expect_err(challenge);
        assert_eq!(of("r=abcd,s=QSXC,i=4095"), ScramError::FewRounds(4095, LEAST_ROUNDS));
        assert_eq!(of("r=abcd,s=QSXC,i=30001"), ScramError::ManyRounds(MOST_ROUNDS + 1));
        assert_eq!(of("r=abcd,s=QSXC,i=99999999999999"), ScramError::ManyRounds(u32::MAX));
        for malformed in [
            "",
            "r=abc,s=QSXC,i=4096",
            "r=xabc,s=QSXC,i=4096",
            "r=abcd,s=,i=4096",
            "r=abcd,s=?,i=4096",
            "r=abcd,s=QSXC,i=0",
            "r=abcd,s=QSXC,i=-1",
            "r=abcd,s=QSXC",
            "m=ext,r=abcd,s=QSXC,i=4096",
            &format!("r=abc{},s=QSXC,i=4096", "d".repeat(4096)),
        ] {
            assert!(matches!(of(malformed), ScramError::Malformed(_)), "{malformed}");
        }
        assert!(answer(Hash::Sha256, "abc", "r=abcd,s=QSXC,i=7,ext=1", "pencil", 1).is_ok());
    }

    #[test]
    fn a_login_is_tied_to_the_connection() {
        for (binding, first, text) in [
            (Binding::None, "n,,n=user,r=abc", "c=biws,"),
            (Binding::NotOffered, "y,,n=user,r=abc", "c=eSws,"),
            (
                Binding::ServerEndPoint(vec![1]),
                "p=tls-server-end-point,,n=user,r=abc",
                "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAQ==,",
            ),
        ] {
            let exchange = Exchange::with_nonce(Hash::Sha256, "user", "abc".to_owned()).bound(binding);
            assert_eq!(exchange.first(), first);
            let mut slices = Slices::unlimited();
            let answered = at_once(exchange.answer(b"r=abcd,s=QSXC,i=7", "pencil", 1, &mut slices));
            let (answer, _) = answered.unwrap_or_else(|error| panic!("{error:?}"));
            assert!(answer.starts_with(text), "{}", *answer);
        }
    }

    #[test]
    fn names_are_escaped_and_nonces_are_new() {
        let begin = |user: &str| Exchange::begin(Hash::Sha1, user).expect("there are random bytes").first();
        assert!(begin("a=b,c").starts_with("n,,n=a=3Db=2Cc,r="));
        assert_ne!(begin("app"), begin("app"));
        assert_eq!(*prepared("I\u{ad}X"), "IX");
        assert_eq!(*prepared("\u{7}"), "\u{7}", "what SASLprep forbids goes as it is");
        assert_eq!("4096".parse(), Ok(Rounds(4096)));
        assert!("0".parse::<Rounds>().is_err() && "30001".parse::<Rounds>().is_err());
    }

    #[tokio::test]
    async fn long_work_lets_others_in() {
        let exchange = Exchange::with_nonce(Hash::Sha256, "user", "abc".to_owned());
        let mut slices = crate::net::turns::slices(Duration::ZERO);
        let mut others = 0;
        let work = exchange.answer(b"r=abcd,s=QSXC,i=6400", "pencil", 1, &mut slices);
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => break assert!(done.is_ok()),
                () = tokio::task::yield_now() => others += 1,
            }
        }
        assert!(others >= 90, "{others}");
    }
}
