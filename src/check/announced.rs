//! The addresses that a server announces to its clients, such as the nodes of a cluster: which of them this pod reaches.
//!
//! They are resolved and connected to, one after another, and nothing is sent to them: there is one login a run.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::{Duration, Instant, timeout};

use crate::net::attempt::Attempt;
use crate::outcome::Fault;
use crate::url::Endpoint;

/// How many announced addresses are connected to in one run.
pub const AT_MOST: usize = 16;
/// How many of them a message names.
const NAMED: usize = 4;
/// No address gets less time, as long as there is some.
const LEAST_SHARE: Duration = Duration::from_millis(500);

/// Where the next run starts with the announced addresses: each gets its turn.
#[derive(Debug, Default)]
pub struct Turn(AtomicUsize);

/// Something with an address that is announced.
pub trait Announced {
    /// Where clients are sent to.
    fn endpoint(&self) -> &Endpoint;
}

/// An announced address that this pod cannot reach.
pub struct Unreachable<'a, T> {
    /// What is there.
    pub what: &'a T,
    /// Why it cannot be reached.
    pub fault: Fault,
}

impl Turn {
    /// Connects to the announced addresses whose turn it is, at most [`AT_MOST`] of them.
    pub async fn reach<'a, T: Announced>(&self, attempt: &mut Attempt, all: &'a [T]) -> Vec<Unreachable<'a, T>> {
        let first = self.0.load(Ordering::Relaxed);
        let count = all.len().min(AT_MOST);
        let mut unreachable = Vec::new();
        let mut done = 0;
        for what in all.iter().cycle().skip(first % all.len().max(1)).take(count) {
            let left = attempt.deadline().saturating_duration_since(Instant::now());
            let parts = u32::try_from(count - done + 1).unwrap_or(u32::MAX);
            let share = (left / parts).max(LEAST_SHARE);
            if share > left {
                // The others get their turn in the next run.
                break;
            }
            attempt.for_host(Some(what.endpoint().host.to_string()));
            let fault = match timeout(share, attempt.connect(what.endpoint())).await {
                Ok(result) => result.map(drop).err(),
                Err(_) => Some(attempt.deadline_fault()),
            };
            unreachable.extend(fault.map(|fault| Unreachable { what, fault }));
            done += 1;
        }
        self.0.store(first.wrapping_add(done), Ordering::Relaxed);
        unreachable
    }
}

/// The first of them, each with what is wrong with it.
pub fn list<'a, T: Announced + 'a>(all: impl ExactSizeIterator<Item = &'a Unreachable<'a, T>>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let mut words: Vec<String> =
        all.take(NAMED).map(|one| format!("{}: {}", one.what.endpoint(), one.fault.message)).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words.join("; ")
}
