//! One way in which a runtime's connecting may go.

use std::time::Duration;

use super::measured_address::{Ended, MeasuredAddress};
use super::order::Library;
use crate::finding::Predicted;

/// What is lost on other addresses before it is worth a word.
const SLOW: Duration = Duration::from_secs(1);

/// One way in which it may go.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) library: Library,
    pub(super) measured: Vec<MeasuredAddress>,
    pub(super) ended: Ended,
}

impl Scenario {
    /// Whether it fails, hangs, or loses time before it comes to the address that it ends on.
    pub(super) fn hurts(&self) -> bool {
        let own = self
            .measured
            .iter()
            .find(|candidate| Some(candidate.address) == self.ended.at)
            .map(|candidate| candidate.after);
        match self.ended.result {
            Predicted::Fails | Predicted::Hangs | Predicted::Borderline => true,
            Predicted::Unknown => false,
            Predicted::Connects => own.zip(self.ended.after).is_some_and(|(own, after)| after >= own + SLOW),
        }
    }
}
