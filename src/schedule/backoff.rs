//! What a new task takes over of the one before it: a change of the configuration must not make every replica send a bad
//! password again in the same second.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::plan::Planned;
use crate::env::Env;
use crate::random::Random;
use crate::value::Value;

/// Login with changed values is tried again after up to this: a Secret changes under every replica at the same moment.
const JITTER: Duration = Duration::from_secs(10);

/// A check that failed logins hold back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    /// The interval now in force.
    pub interval: Duration,
    /// When the next run is due.
    pub due: Instant,
    /// Whether a rejected credential is held back, because the account may lock.
    pub holds: bool,
    /// What was in the files that the last login was made with; `None` where it reads none.
    pub files: Option<u64>,
}

/// When the first run of a task is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At once.
    Now,
    /// When this is due: the check failed to log in, and its values have changed since.
    At(BackOff),
    /// The check logs in with the values that were rejected: its back-off goes on.
    BackingOff(BackOff),
}

impl Start {
    /// How `new` starts in place of `former`, which may back off.
    #[must_use]
    pub fn after(former: &Planned, backoff: Option<BackOff>, new: &Planned, random: Random) -> Self {
        match backoff {
            None => Self::Now,
            Some(backoff) if former.kind_identity == new.kind_identity => Self::BackingOff(backoff),
            Some(_) => {
                let due = Instant::now() + jitter(random);
                Self::At(BackOff { interval: new.interval, due, holds: false, files: None })
            }
        }
    }

    /// Whether it backs off before its first run.
    #[must_use]
    pub const fn backoff(self) -> Option<BackOff> {
        match self {
            Self::Now => None,
            Self::At(backoff) | Self::BackingOff(backoff) => Some(backoff),
        }
    }
}

/// From 0 up to [`JITTER`].
pub(super) fn jitter(random: Random) -> Duration {
    JITTER.mul_f64(random())
}

/// A fingerprint of what is in the files that a check reads, `None` where it reads none; it never leaves the process. A
/// file that cannot be read has one as well, so that its coming and going is a change.
pub(super) fn files_fingerprint(planned: &Planned, env: &dyn Env, seed: &RandomState) -> Option<u64> {
    let values = planned.check.values();
    let contents = values.iter().filter_map(|value| match value {
        Value::File(path) => Some(env.file(path).map(zeroize::Zeroizing::new).ok()),
        Value::Literal(_) | Value::Env(_) | Value::Template(_) => None,
    });
    // Folded one by one, so that no more than one is in memory.
    contents.fold(None, |fingerprint, content| {
        Some(seed.hash_one((fingerprint, content.as_ref().map(|bytes| bytes.as_slice()))))
    })
}
