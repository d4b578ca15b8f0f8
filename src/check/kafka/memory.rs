//! What one run leaves for the next.

use std::sync::{Mutex, PoisonError};

use super::words::Mechanism;
use crate::check::announced::Turn;

/// The memory of a check.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Whose turn it is of the brokers.
    pub(super) turn: Turn,
    mechanism: Mutex<Option<Mechanism>>,
}

impl Memory {
    /// The mechanism by which the broker knew the user last, where the check names none.
    pub(super) fn mechanism(&self) -> Option<Mechanism> {
        *self.mechanism.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the mechanism.
    pub(super) fn remember(&self, mechanism: Mechanism) {
        *self.mechanism.lock().unwrap_or_else(PoisonError::into_inner) = Some(mechanism);
    }
}
