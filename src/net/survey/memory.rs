//! What the addresses of each check were measured at last, for `serve`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::outcome::{ConnectResult, Evidence, Families, Surveyed};

/// The kernel repeats a lost SYN after one second.
pub(super) const SYN_AGAIN: Duration = Duration::from_secs(1);

/// A survey is made again after so many runs of a check that runs all the time.
pub(super) const RUNS: u32 = 10;
/// How many checks are remembered; past it all are forgotten.
const MEMORY_LIMIT: usize = 1024;

/// The last survey of each check, for `serve`: the addresses that a run does not need are not dialled every time.
#[derive(Debug, Default)]
pub struct Memory(Mutex<BTreeMap<u64, Remembered>>);

#[derive(Debug)]
struct Remembered {
    runs: u32,
    survey: Vec<Surveyed>,
    families: Option<Families>,
}

impl Memory {
    /// Puts what is remembered of a check into the evidence of a run, brought up to date by the run's own tries. False
    /// where a new survey is due: there is none, it is ten runs old, or the run met another address or another result.
    #[must_use]
    pub fn recall(&self, check: u64, evidence: &mut Evidence) -> bool {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = memory.get_mut(&check).filter(|known| known.runs < RUNS) else { return false };
        for one in evidence.tries.iter().filter(|one| one.result != ConnectResult::NotTried) {
            let Some(seen) = known.survey.iter_mut().find(|seen| seen.address == one.address) else { return false };
            if seen.result != one.result || (one.duration >= SYN_AGAIN && seen.duration < SYN_AGAIN) {
                return false;
            }
            seen.duration = one.duration;
        }
        known.runs += 1;
        evidence.survey.clone_from(&known.survey);
        evidence.families = known.families;
        true
    }

    /// Remembers the survey that was just made.
    pub fn keep(&self, check: u64, evidence: &Evidence) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= MEMORY_LIMIT && !memory.contains_key(&check) {
            memory.clear();
        }
        memory.insert(check, Remembered { runs: 1, survey: evidence.survey.clone(), families: evidence.families });
    }
}
