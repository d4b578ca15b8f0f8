//! Addresses that a server announces to its clients: this pod must reach them, too.
//!
//! They are resolved and connected to, one after another, and nothing is sent to them: there is one login a run.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::{Duration, Instant, timeout};

use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::outcome::Fault;
use crate::url::Endpoint;

/// How many announced addresses are connected to in one run.
pub const AT_MOST: usize = 16;
/// How many of them a message names.
const NAMED: usize = 4;
/// No address gets less time, as long as there is some.
const LEAST_SHARE: Duration = Duration::from_millis(500);

/// What a server announces.
pub trait Announced {
    /// Where clients are sent to.
    fn endpoint(&self) -> &Endpoint;
}

impl Announced for Endpoint {
    fn endpoint(&self) -> &Endpoint {
        self
    }
}

/// Where the next run starts with the announced addresses: each gets its turn.
#[derive(Debug, Default)]
pub struct Turn(AtomicUsize);

/// What one run came to.
#[derive(Debug)]
pub struct Reached<'a, T> {
    /// How many had their turn.
    pub tried: usize,
    /// Those of them that this pod cannot reach.
    pub unreachable: Vec<Unreachable<'a, T>>,
}

/// An announced address that this pod cannot reach.
#[derive(Debug)]
pub struct Unreachable<'a, T> {
    /// What was announced.
    pub one: &'a T,
    /// Why it is not reached.
    pub fault: Fault,
}

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

    /// Connects to the announced addresses whose turn it is.
    ///
    /// # Errors
    /// That of the first address, where the run had too little time for it: then nothing is known of any.
    pub async fn reach<'a, T: Announced>(&self, attempt: &mut Attempt, all: &'a [T]) -> Result<Reached<'a, T>, Fault> {
        let indexes = self.of(all.len());
        let mut unreachable = Vec::new();
        let mut tried = 0;
        for one in indexes.iter().filter_map(|index| all.get(*index)) {
            let Some(share) = share(attempt, tried, indexes.len()) else { break };
            let is_in_haste = tried == 0 && attempt.deadline() < Instant::now() + share;
            attempt.for_host(Some(one.endpoint().host.to_string()));
            let fault = match timeout(share, attempt.connect(one.endpoint())).await {
                Ok(result) => result.map(drop).err(),
                Err(_) => Some(attempt.deadline_fault()),
            };
            if let Some(fault) = fault.as_ref().filter(|fault| is_in_haste && is_of_time(fault)) {
                return Err(fault.clone());
            }
            unreachable.extend(fault.map(|fault| Unreachable { one, fault }));
            tried += 1;
        }
        self.had(tried);
        Ok(Reached { tried, unreachable })
    }
}

fn is_of_time(fault: &Fault) -> bool {
    matches!(fault.cause, Cause::ConnectTimeout | Cause::DnsTimeout | Cause::Timeout)
}

/// The time for the next of so many addresses, after so many, so that some is left for the verdict; `None` where the others get
/// their turn in the next run. The first one has its turn in every run: a run that tried none would pass and show nothing. Where
/// too little time is left, the run ends at its deadline.
#[must_use]
pub fn share(attempt: &Attempt, done: usize, count: usize) -> Option<Duration> {
    let time = attempt.deadline().saturating_duration_since(Instant::now());
    let parts = u32::try_from(count - done + 1).unwrap_or(u32::MAX);
    let share = (time / parts).max(LEAST_SHARE);
    (share <= time || done == 0).then_some(share)
}

/// Each of them with the reason; of many, the first.
#[must_use]
pub fn in_words<T: Announced>(unreachable: &[Unreachable<'_, T>]) -> String {
    unreachable_in_words(unreachable.iter().map(|one| (one.one.endpoint(), &one.fault)))
}

/// Addresses that could not be reached, each with the reason; of many, the first.
pub fn unreachable_in_words<'a>(all: impl ExactSizeIterator<Item = (&'a Endpoint, &'a Fault)>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let mut words: Vec<String> =
        all.take(NAMED).map(|(endpoint, fault)| format!("{endpoint}: {}", fault.message)).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words.join("; ")
}
