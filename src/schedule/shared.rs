//! What the task of a check shares with its owner.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::backoff::BackOff;
use crate::config::plan::Planned;

/// What both may change at any time; each reads it when it needs it.
pub struct Shared {
    plan: Mutex<Arc<Planned>>,
    backoff: Mutex<Option<BackOff>>,
    /// Makes the next run due now, and ends a back-off.
    pub retry: Notify,
}

impl Shared {
    /// Of a task that is about to start; `backoff` is what it goes on with.
    #[must_use]
    pub fn new(plan: Arc<Planned>, backoff: Option<BackOff>) -> Self {
        Self { plan: Mutex::new(plan), backoff: Mutex::new(backoff), retry: Notify::new() }
    }

    /// The newest plan: what is made of its results may change between two runs.
    #[must_use]
    pub fn plan(&self) -> Arc<Planned> {
        Arc::clone(&self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Another plan of the same check.
    pub fn replan(&self, plan: Arc<Planned>) {
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = plan;
    }

    /// Whether it backs off, for a task that takes its place.
    #[must_use]
    pub fn backoff(&self) -> Option<BackOff> {
        *self.backoff.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_backoff(&self, backoff: Option<BackOff>) {
        *self.backoff.lock().unwrap_or_else(PoisonError::into_inner) = backoff;
    }
}
