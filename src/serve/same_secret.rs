//! The side that answers whoever asks for a proof of a secret ([`crate::proof`]). Strangers may ask: what one exchange costs, how many
//! there are and how many wrong confirmations are judged is bounded for all of them together, because an address proves nothing.
//!
//! A confirmation is judged once, and ours is given only for a right one: each exchange is one guess, and says nothing more.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::env::Env;
use crate::proof::exchange::{Side, Started, start};
use crate::proof::wire::{Hello, Offer, Proof, Question, Refusal, Reply, Session};
use crate::proof::{self, Held, Version};
use crate::random;

/// How many exchanges may be open; the oldest makes room.
const OPEN: usize = 64;
/// How long one may be open.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// How many exchanges start in a row, and how often another one does.
const STARTS: u32 = 20;
const START_EACH: Duration = Duration::from_millis(50);
/// How many wrong confirmations are judged in a row, and how often another one is.
const WRONG: u32 = 32;
const WRONG_EACH: Duration = Duration::from_secs(30);

/// The exchanges of one process.
pub(super) struct Exchanges(Mutex<Record>);

struct Record {
    open: VecDeque<Open>,
    starts: Allowance,
    wrong: Allowance,
}

/// An exchange that waits for its confirmation.
struct Open {
    session: Session,
    started: Started,
    /// The message of the one who asks.
    theirs: [u8; proof::exchange::MESSAGE],
    /// All that was said so far.
    transcript: String,
    since: Instant,
}

impl Default for Exchanges {
    fn default() -> Self {
        let (starts, wrong) = (Allowance::new(STARTS, START_EACH), Allowance::new(WRONG, WRONG_EACH));
        Self(Mutex::new(Record { open: VecDeque::new(), starts, wrong }))
    }
}

impl Exchanges {
    /// The answer to what was sent, whatever that is.
    pub(super) fn answer(&self, held: &[Held], env: &dyn Env, sent: &[u8], now: Instant) -> Reply {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match Question::read(sent) {
            None => Err(Refusal::Invalid),
            Some(Question::Hello(hello)) => record.offer(held, env, hello, now),
            Some(Question::Proof(proof)) => record.judge(&proof, now),
        };
        answer.unwrap_or_else(Reply::Refused)
    }
}

impl Record {
    fn offer(&mut self, held: &[Held], env: &dyn Env, hello: Hello, now: Instant) -> Result<Reply, Refusal> {
        if proof::instance().ok() == Some(hello.instance) {
            return Err(Refusal::Itself);
        }
        let held = held.iter().find(|held| held.name == hello.name).ok_or(Refusal::UnknownName)?;
        if self.wrong.is_used_up(now) {
            return Err(Refusal::Quota);
        }
        if !self.starts.take(now) {
            return Err(Refusal::Busy);
        }
        let previous = held.previous(env);
        let has_previous = previous.is_some();
        let secret = match hello.version {
            Version::Current => held.current(env).map_err(|_| Refusal::NoSecret)?,
            Version::Previous => previous.ok_or(Refusal::UnknownName)?,
        };
        let session = random::bytes().map_err(|_| Refusal::Busy)?;
        let started = start(Side::Answers, &held.name, &secret).map_err(|_| Refusal::Busy)?;
        let offer = Reply::Offer(Offer { session, has_previous, message: started.message });
        let theirs = hello.message;
        let transcript = format!("{}\n{}", Question::Hello(hello).text(), offer.text());
        self.open.retain(|open| now.saturating_duration_since(open.since) < OPEN_LIMIT);
        if self.open.len() >= OPEN {
            self.open.pop_front();
        }
        self.open.push_back(Open { session, started, theirs, transcript, since: now });
        Ok(offer)
    }

    fn judge(&mut self, proof: &Proof, now: Instant) -> Result<Reply, Refusal> {
        self.open.retain(|open| now.saturating_duration_since(open.since) < OPEN_LIMIT);
        let at = self.open.iter().position(|open| open.session == proof.session);
        // Whatever comes of it: there is no second guess.
        let open = at.and_then(|at| self.open.remove(at)).ok_or(Refusal::Expired)?;
        // Also a right one is not judged then: who is told so could go on guessing.
        if !self.wrong.take(now) {
            return Err(Refusal::Quota);
        }
        let agreed = open.started.finish(&open.theirs, open.transcript.as_bytes()).map_err(|_| Refusal::Invalid)?;
        if !agreed.is_confirmed_by(&proof.tag) {
            return Err(Refusal::Differs);
        }
        self.wrong.give_back();
        Ok(Reply::Proved(agreed.confirmation()))
    }
}

/// What may be done so many times in a row, and once more after each pause.
struct Allowance {
    most: u32,
    each: Duration,
    used: u32,
    /// When the last pause that counts was over.
    since: Option<Instant>,
}

impl Allowance {
    const fn new(most: u32, each: Duration) -> Self {
        Self { most, each, used: 0, since: None }
    }

    /// Whether nothing is left.
    fn is_used_up(&mut self, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since).as_millis() / self.each.as_millis();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        if passed >= self.used {
            (self.used, self.since) = (0, Some(now));
        } else {
            self.used -= passed;
            self.since = Some(since + self.each * passed);
        }
        self.used >= self.most
    }

    fn take(&mut self, now: Instant) -> bool {
        let is_left = !self.is_used_up(now);
        self.used += u32::from(is_left);
        is_left
    }

    const fn give_back(&mut self) {
        self.used = self.used.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
