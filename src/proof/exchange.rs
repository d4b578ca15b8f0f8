//! The mathematics of an exchange: SPAKE2 on Ed25519 (the crate `spake2`, sides A and B), and a confirmation of each side.
//!
//! The crate neither refuses points of small order nor confirms the key: both are here.

use std::convert::Infallible;
use std::io;

use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::traits::IsIdentity as _;
use ring::hmac;
use spake2::rand_core::{TryCryptoRng, TryRng};
use spake2::{Ed25519Group, Identity, Password, Spake2};
use zeroize::Zeroizing;

use crate::proof::Name;
use crate::random;
use crate::secret::Secret;

/// The length of the message of a side: its letter and a point.
pub const MESSAGE: usize = 33;
/// The length of a confirmation.
pub const TAG: usize = 32;

/// What the names of the sides begin with.
const CONTEXT: &str = "pilotfish same-secret 1";

/// A side of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It asks: A.
    Asks,
    /// It answers: B.
    Answers,
}

impl Side {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Asks => "asks",
            Self::Answers => "answers",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Asks => Self::Answers,
            Self::Answers => Self::Asks,
        }
    }

    fn identity(self, name: &Name) -> Identity {
        Identity::new(format!("{CONTEXT} {} {}", self.as_str(), name.as_str()).as_bytes())
    }
}

/// The peer's message is none that an honest side sends: of another length or side, not on the curve, of small order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit;

/// A side that has made its message and waits for that of the other.
pub struct Started {
    side: Side,
    state: Spake2<Ed25519Group>,
    /// The message to send.
    pub message: [u8; MESSAGE],
}

/// Starts an exchange: two multiplications of a point.
///
/// # Errors
/// The system gives no random bytes.
pub fn start(side: Side, name: &Name, secret: &Secret) -> io::Result<Started> {
    let once = Once(Zeroizing::new(random::bytes()?));
    // What the crate keeps until the end, and does not wipe, is not the secret itself.
    let key = hmac::Key::new(hmac::HMAC_SHA256, CONTEXT.as_bytes());
    let password = Password::new(hmac::sign(&key, secret.expose().as_bytes()));
    let (asks, answers) = (Side::Asks.identity(name), Side::Answers.identity(name));
    let (state, sent) = match side {
        Side::Asks => Spake2::<Ed25519Group>::start_a_with_rng(&password, &asks, &answers, once),
        Side::Answers => Spake2::<Ed25519Group>::start_b_with_rng(&password, &asks, &answers, once),
    };
    let mut message = [0; MESSAGE];
    message.copy_from_slice(&sent);
    Ok(Started { side, state, message })
}

impl Started {
    /// The keys that come of the peer's message; `transcript` is all that was said so far: three multiplications of a point.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn finish(self, theirs: &[u8], transcript: &[u8]) -> Result<Agreed, Unfit> {
        let point = theirs.get(1..).and_then(|bytes| CompressedEdwardsY::from_slice(bytes).ok()).ok_or(Unfit)?;
        let point = point.decompress().ok_or(Unfit)?;
        // Also our own message sent back: it has the letter of our side, which the crate refuses.
        if point.is_identity() || !point.is_torsion_free() {
            return Err(Unfit);
        }
        let key = Zeroizing::new(self.state.finish(theirs).map_err(|_| Unfit)?);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let tag = |side: Side| hmac::sign(&key, &[side.as_str().as_bytes(), b"\n", transcript].concat());
        let mut mine = [0; TAG];
        mine.copy_from_slice(tag(self.side).as_ref());
        let theirs = [self.side.other().as_str().as_bytes(), b"\n", transcript].concat();
        Ok(Agreed { key, mine, theirs })
    }
}

/// The keys of an exchange: whether they are the same on both sides, the confirmations show.
pub struct Agreed {
    key: hmac::Key,
    mine: [u8; TAG],
    /// What the other side confirms.
    theirs: Vec<u8>,
}

impl Agreed {
    /// Our confirmation.
    #[must_use]
    pub const fn confirmation(&self) -> [u8; TAG] {
        self.mine
    }

    /// Whether this is the confirmation of the other side, in a time that does not depend on where it differs.
    #[must_use]
    pub fn is_confirmed_by(&self, tag: &[u8]) -> bool {
        hmac::verify(&self.key, &self.theirs, tag).is_ok()
    }
}

/// The random bytes of one scalar: the crate takes a source that never fails, and ours may.
struct Once(Zeroizing<[u8; 64]>);

impl TryRng for Once {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        // A scalar takes all of them, once.
        assert_eq!(bytes.len(), self.0.len(), "a scalar takes 64 bytes");
        bytes.copy_from_slice(&*self.0);
        Ok(())
    }
}

impl TryCryptoRng for Once {}
