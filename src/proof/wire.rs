//! The messages of an exchange: one line of words each, which both sides confirm as it was sent.

use crate::proof::exchange::{MESSAGE, TAG};
use crate::proof::{Name, Version};

/// The first word of every message: a later form has another number.
const FORM: &str = "same-secret/1";

/// What tells one exchange from another.
pub type Session = [u8; 16];

/// Asks for an exchange.
#[derive(Debug, PartialEq, Eq)]
pub struct Hello {
    /// What both sides call the secret.
    pub name: Name,
    /// Which of the peer's values is asked for.
    pub version: Version,
    /// Who asks.
    pub instance: [u8; 16],
    /// Its half of the exchange.
    pub message: [u8; MESSAGE],
}

/// Offers an exchange.
#[derive(Debug, PartialEq, Eq)]
pub struct Offer {
    /// The exchange.
    pub session: Session,
    /// Whether there is a previous value as well.
    pub has_previous: bool,
    /// The other half.
    pub message: [u8; MESSAGE],
}

/// Confirms the key of an exchange.
#[derive(Debug, PartialEq, Eq)]
pub struct Proof {
    /// The exchange.
    pub session: Session,
    /// The confirmation.
    pub tag: [u8; TAG],
}

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub enum Question {
    /// For an exchange.
    Hello(Hello),
    /// To confirm one.
    Proof(Proof),
}

/// Why there is no exchange, or no confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It has no secret of this name, or no previous one.
    UnknownName,
    /// Its value cannot be read now.
    NoSecret,
    /// The one who asks is the one who answers.
    Itself,
    /// Too many exchanges at the moment.
    Busy,
    /// Too many confirmations were wrong.
    Quota,
    /// The confirmation is wrong: it comes of another secret.
    Differs,
    /// The exchange is over, or was offered by another process.
    Expired,
    /// It is no message of an exchange.
    Invalid,
}

impl Refusal {
    /// Every refusal.
    pub const ALL: [Self; 8] = [
        Self::UnknownName,
        Self::NoSecret,
        Self::Itself,
        Self::Busy,
        Self::Quota,
        Self::Differs,
        Self::Expired,
        Self::Invalid,
    ];

    /// Its word, the status of HTTP and what it says to people.
    #[must_use]
    pub const fn told(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::UnknownName => ("unknown_name", 404, "no same_secret check here has this name"),
            Self::NoSecret => ("no_secret", 503, "the secret cannot be read here now"),
            Self::Itself => ("itself", 409, "the one who asks is this pilotfish itself"),
            Self::Busy => ("busy", 429, "too many exchanges at the moment: ask again later"),
            Self::Quota => ("quota", 429, "too many wrong confirmations: ask again later"),
            Self::Differs => ("differs", 403, "the confirmation comes of another secret"),
            Self::Expired => ("expired", 410, "this exchange is over, or another replica offered it"),
            Self::Invalid => ("invalid", 400, "this is no message of an exchange"),
        }
    }
}

/// What is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Reply {
    /// The other half of an exchange.
    Offer(Offer),
    /// The other confirmation.
    Proved([u8; TAG]),
    /// Neither.
    Refused(Refusal),
}

impl Question {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Hello(Hello { name, version, instance, message }) => {
                let (instance, message) = (hex::encode(instance), hex::encode(message));
                format!("{FORM} hello {} {} {instance} {message}", name.as_str(), version.as_str())
            }
            Self::Proof(Proof { session, tag }) => {
                format!("{FORM} proof {} {}", hex::encode(session), hex::encode(tag))
            }
        }
    }

    /// Reads the text.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut words = words(text)?;
        let question = match words.next()? {
            "hello" => Self::Hello(Hello {
                name: words.next()?.parse().ok()?,
                version: match words.next()? {
                    "current" => Version::Current,
                    "previous" => Version::Previous,
                    _ => return None,
                },
                instance: bytes(words.next()?)?,
                message: bytes(words.next()?)?,
            }),
            "proof" => Self::Proof(Proof { session: bytes(words.next()?)?, tag: bytes(words.next()?)? }),
            _ => return None,
        };
        words.next().is_none().then_some(question)
    }
}

impl Reply {
    /// The text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Offer(Offer { session, has_previous, message }) => {
                let versions = if *has_previous { "both" } else { "one" };
                format!("{FORM} offer {} {versions} {}", hex::encode(session), hex::encode(message))
            }
            Self::Proved(tag) => format!("{FORM} proved {}", hex::encode(tag)),
            Self::Refused(refusal) => {
                let (word, _, meaning) = refusal.told();
                format!("{FORM} refused {word}\n{meaning}\n")
            }
        }
    }

    /// Reads the text; `None`: it is no pilotfish that answers, or one of another version.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let line = text.split(|byte| *byte == b'\n').next()?;
        let mut words = words(line)?;
        let reply = match words.next()? {
            "offer" => Self::Offer(Offer {
                session: bytes(words.next()?)?,
                has_previous: match words.next()? {
                    "both" => true,
                    "one" => false,
                    _ => return None,
                },
                message: bytes(words.next()?)?,
            }),
            "proved" => Self::Proved(bytes(words.next()?)?),
            "refused" => {
                let word = words.next()?;
                Self::Refused(Refusal::ALL.into_iter().find(|refusal| refusal.told().0 == word)?)
            }
            _ => return None,
        };
        words.next().is_none().then_some(reply)
    }
}

/// The words behind the first one.
fn words(text: &[u8]) -> Option<std::str::Split<'_, char>> {
    let mut words = std::str::from_utf8(text).ok()?.split(' ');
    (words.next()? == FORM).then_some(words)
}

/// As many bytes as are meant, in hex.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}
