//! How two pilotfishes prove to each other that they hold the same secret, and show nothing of it: SPAKE2, then each confirms the
//! key that came of it. Pure but for random numbers; [`wire`] has the messages, [`exchange`] the mathematics.
//!
//! One asks and the other answers, in two round trips: hello and offer, confirmation and confirmation. Whoever asks confirms
//! first: whoever answers says nothing about its secret before that. docs/security.md has the argument.

pub mod exchange;
pub mod wire;

use std::io;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::cause::Cause;
use crate::env::Env;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::random;
use crate::secret::Secret;
use crate::value::Value;

/// Where it is asked for.
pub const PATH: &str = "/same-secret";
/// The longest message, in bytes.
pub const LONGEST: usize = 512;
/// How many secrets one side may hold: the current one and the previous one.
pub const VERSIONS: usize = 2;

/// The longest name of a secret, in bytes.
const LONGEST_NAME: usize = 64;

/// What both sides call a secret; it is public.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Name {
    fn default() -> Self {
        Self("secret".to_owned())
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        match !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(is_name) {
            true => Ok(Self(text.to_owned())),
            false => Err(format!("1 to {LONGEST_NAME} letters, digits, `-`, `.` or `_`")),
        }
    }
}

/// A secret that this pilotfish proves to whoever asks: its current value, then the previous one if there is one.
#[derive(Debug, Clone)]
pub struct Held {
    /// What both sides call it.
    pub name: Name,
    /// Its values, read at each exchange.
    pub values: Vec<Value>,
}

impl Held {
    /// The previous secret, now; `None` if there is none: its variable is set only while a rotation is under way.
    #[must_use]
    pub fn previous(&self, env: &dyn Env) -> Option<Secret> {
        let value = self.values.get(Version::Previous.index())?;
        value.resolve(env).ok().filter(|secret| !secret.expose().is_empty())
    }

    /// The current secret, now.
    ///
    /// # Errors
    /// It cannot be read, or is empty.
    pub fn current(&self, env: &dyn Env) -> Result<Secret, Fault> {
        let Some(value) = self.values.first() else {
            return Err(Fault::new(Phase::Assert, Cause::VariableMissing, "there is no secret"));
        };
        let secret = value.resolve(env)?;
        match secret.expose().is_empty() {
            true => {
                let fault = Fault::new(Phase::Assert, value.invalid_cause(), format!("{} is empty", value.origin()));
                Err(fault.with(Detail::Value(ValueDetail::Empty)))
            }
            false => Ok(secret),
        }
    }
}

/// Which of the values of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// The first.
    Current,
    /// The second.
    Previous,
}

impl Version {
    /// Its place in the list.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Current => 0,
            Self::Previous => 1,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}

/// What tells this process from every other: a peer that is ourselves proves nothing.
///
/// # Errors
/// The system gives no random bytes.
pub fn instance() -> io::Result<[u8; 16]> {
    static INSTANCE: OnceLock<[u8; 16]> = OnceLock::new();
    match INSTANCE.get() {
        Some(known) => Ok(*known),
        None => random::bytes().map(|new| *INSTANCE.get_or_init(|| new)),
    }
}

#[cfg(test)]
mod tests;
