//! Several servers of one check: what each came to, in one fault, and whose turn it is of those that a server announces.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::net::attempt::Attempt;
use crate::outcome::Fault;
use crate::url::Endpoint;

/// How many announced addresses are connected to in one run.
const AT_MOST: usize = 16;
/// No address gets less time, as long as there is some.
const LEAST_SHARE: Duration = Duration::from_millis(500);
/// How many servers a message names.
const NAMED: usize = 4;

/// Where the next run starts with the announced addresses: each gets its turn.
#[derive(Debug, Default)]
pub struct Turn(AtomicUsize);

impl Turn {
    /// The indexes of those whose turn it is, of so many.
    #[must_use]
    pub fn of(&self, count: usize) -> Vec<usize> {
        let first = self.0.load(Ordering::Relaxed) % count.max(1);
        (0..count).cycle().skip(first).take(count.min(AT_MOST)).collect()
    }

    /// So many of them had their turn.
    pub fn had(&self, done: usize) {
        self.0.fetch_add(done, Ordering::Relaxed);
    }
}

/// The time for the next of so many servers, so that some is left for the verdict; `None` where the others get their turn in
/// the next run.
#[must_use]
pub fn share(attempt: &Attempt, servers_left: usize) -> Option<Duration> {
    let left = attempt.deadline().saturating_duration_since(Instant::now());
    let parts = u32::try_from(servers_left + 1).unwrap_or(u32::MAX);
    let share = (left / parts).max(LEAST_SHARE);
    (share <= left).then_some(share)
}

/// The servers that could not be reached, each with the reason; the first few of them.
pub fn unreachable_in_words<'a>(all: impl ExactSizeIterator<Item = (&'a Endpoint, &'a Fault)>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let mut words: Vec<String> =
        all.take(NAMED).map(|(endpoint, fault)| format!("{endpoint}: {}", fault.message)).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words.join("; ")
}

/// Each server with what is wrong with it.
#[must_use]
pub fn in_words(faults: &[(&Endpoint, Fault)]) -> Vec<String> {
    faults.iter().map(|(endpoint, fault)| format!("{endpoint}: {}", fault.message)).collect()
}

/// Of several servers' faults, of which there is at least one, the one that got furthest; its message names all.
#[must_use]
pub fn furthest(faults: Vec<(&Endpoint, Fault)>) -> Fault {
    let all = in_words(&faults);
    let several = faults.len() > 1;
    let best = faults
        .into_iter()
        .map(|(_, fault)| fault)
        .reduce(|best, next| if next.phase > best.phase { next } else { best });
    let best = best.expect("there is at least one server");
    if several { best.with_message(all.join("; ")) } else { best }
}
