//! Which addresses speak first: a check that only connects would not hear them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// How many addresses are remembered; more are not listened to.
const MEMORY_LIMIT: usize = 1024;

/// What is known of each address that checks connect to and say nothing. Used by `serve` alone.
#[derive(Debug, Default)]
pub struct Greeters(Mutex<BTreeMap<SocketAddr, Known>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It was connected to once.
    Met,
    /// Whether it said something.
    Heard(bool),
}

impl Greeters {
    /// Whether a run listens to what the address says: the second run, so that no start waits for it, and each later one
    /// where it said something.
    pub fn listens(&self, address: SocketAddr) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(&address) {
            Some(Known::Met | Known::Heard(true)) => true,
            Some(Known::Heard(false)) => false,
            None => {
                if known.len() < MEMORY_LIMIT {
                    known.insert(address, Known::Met);
                }
                false
            }
        }
    }

    /// Remembers whether it said something.
    pub fn heard(&self, address: SocketAddr, something: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(&address) {
            *known = Known::Heard(something);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Greeters;

    #[test]
    fn an_address_is_listened_to_from_its_second_run_on_until_it_is_silent() {
        let greeters = Greeters::default();
        let (speaks, silent) = (([10, 0, 0, 1], 3307).into(), ([10, 0, 0, 2], 6379).into());
        assert!(!greeters.listens(speaks) && !greeters.listens(silent));
        assert!(greeters.listens(speaks) && greeters.listens(silent));
        greeters.heard(speaks, true);
        greeters.heard(silent, false);
        assert!(greeters.listens(speaks) && !greeters.listens(silent));
        // Without memory for it, nothing is waited for.
        greeters.heard(([10, 0, 0, 3], 1).into(), true);
        assert!(!greeters.listens(([10, 0, 0, 3], 1).into()));
    }
}
