//! The memory that the answers of all peers may take together.
//!
//! What a stream buffers at first is its check's own, [`OWN`] bytes. Whoever needs more asks once for the whole rest,
//! and holds nothing while it waits: no two checks wait for each other. Where the memory is short, the largest holder
//! whose peer has been silent for a while is cut, so that peers who stop in the middle do not keep the others waiting.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// What each stream may buffer without asking, in bytes.
pub const OWN: u64 = 16 * 1024;
/// All else together.
pub const TOTAL: u64 = 8 * 1024 * 1024;
/// A small rest, in bytes; what is larger leaves [`SMALL_SHARE`] to these.
const SMALL: u64 = 128 * 1024;
/// See [`SMALL`].
const SMALL_SHARE: u64 = 1024 * 1024;
/// After so long without a byte, a holder may be cut.
const SILENCE: Duration = Duration::from_millis(500);
/// How often those who wait look for one to cut.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The budget; clones share it.
#[derive(Debug, Clone, Default)]
pub struct BufferBudget(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
struct Ledger {
    next: u64,
    holders: Vec<Holder>,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Holder {
    number: u64,
    bytes: u64,
    /// Since when it waits for its peer, and what wakes it; `None` while it has something to do.
    silent: Option<(Instant, Waker)>,
    cut: bool,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    bytes: u64,
    waker: Waker,
}

impl BufferBudget {
    /// Room for so many bytes, at most [`TOTAL`]: it waits until there is as much. Whoever waits as well and came first
    /// has it first, but a small rest does not wait for a large one.
    #[must_use]
    pub fn reserve(&self, bytes: u64) -> Request {
        let number = self.with(|ledger| {
            ledger.next += 1;
            ledger.next
        });
        Request { budget: self.clone(), number, bytes: bytes.min(TOTAL - SMALL_SHARE), timer: None }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ledger {
    /// Whether there is room for a request now.
    fn fits(&self, number: u64, bytes: u64) -> bool {
        let is_small = bytes <= SMALL;
        let held: u64 = self.holders.iter().map(|holder| holder.bytes).sum();
        let room = if is_small { TOTAL } else { TOTAL - SMALL_SHARE };
        let is_next = |waiting: &Waiting| waiting.number == number || (waiting.bytes <= SMALL) != is_small;
        held + bytes <= room && self.waiting.iter().take_while(|waiting| waiting.number <= number).all(is_next)
    }

    /// Cuts the largest holder whose peer is silent, unless one is on its way out already.
    fn cut_silent(&mut self, now: Instant) {
        if self.holders.iter().any(|holder| holder.cut) {
            return;
        }
        let is_silent = |holder: &&mut Holder| {
            holder.silent.as_ref().is_some_and(|(since, _)| now.saturating_duration_since(*since) >= SILENCE)
        };
        if let Some(holder) = self.holders.iter_mut().filter(is_silent).max_by_key(|holder| holder.bytes) {
            holder.cut = true;
            if let Some((_, waker)) = holder.silent.take() {
                waker.wake();
            }
        }
    }

    fn wake_waiting(&self) {
        self.waiting.iter().for_each(|waiting| waiting.waker.wake_by_ref());
    }
}

/// The wait for room.
#[derive(Debug)]
pub struct Request {
    budget: BufferBudget,
    number: u64,
    bytes: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Future for Request {
    type Output = Reservation;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Reservation> {
        let Self { budget, number, bytes, timer } = &mut *self;
        let (number, bytes) = (*number, *bytes);
        let is_granted = budget.with(|ledger| {
            let known = ledger.waiting.iter().position(|waiting| waiting.number == number);
            if ledger.fits(number, bytes) {
                known.map(|at| ledger.waiting.remove(at));
                ledger.holders.push(Holder { number, bytes, silent: None, cut: false });
                // The next one may fit as well.
                ledger.wake_waiting();
                return true;
            }
            match known {
                Some(at) => ledger.waiting[at].waker.clone_from(cx.waker()),
                None => ledger.waiting.push_back(Waiting { number, bytes, waker: cx.waker().clone() }),
            }
            false
        });
        if is_granted {
            return Poll::Ready(Reservation { budget: budget.clone(), number });
        }
        let timer = timer.get_or_insert_with(|| Box::pin(sleep(LOOK_EVERY)));
        loop {
            ready!(timer.as_mut().poll(cx));
            let now = Instant::now();
            let late = now.saturating_duration_since(timer.deadline());
            timer.as_mut().reset(now + LOOK_EVERY);
            // After a long pause of this process nobody is silent: what came meanwhile is not read yet.
            if late < LOOK_EVERY {
                budget.with(|ledger| ledger.cut_silent(now));
            }
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.budget.with(|ledger| {
            let count = ledger.waiting.len();
            ledger.waiting.retain(|waiting| waiting.number != self.number);
            if ledger.waiting.len() < count {
                ledger.wake_waiting();
            }
        });
    }
}

/// Room that is held until this is dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: BufferBudget,
    number: u64,
}

impl Reservation {
    /// The peer is waited for; `waker` is woken where the room is taken away.
    pub fn waits(&self, waker: &Waker) {
        self.with(|holder| match &mut holder.silent {
            Some((_, known)) => known.clone_from(waker),
            None => holder.silent = Some((Instant::now(), waker.clone())),
        });
    }

    /// Something came.
    pub fn goes_on(&self) {
        self.with(|holder| holder.silent = None);
    }

    /// Whether it has to end, for others to have the room.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.with(|holder| holder.cut)
    }

    fn with<T: Default>(&self, change: impl FnOnce(&mut Holder) -> T) -> T {
        self.budget.with(|ledger| {
            ledger.holders.iter_mut().find(|holder| holder.number == self.number).map(change).unwrap_or_default()
        })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.with(|ledger| {
            ledger.holders.retain(|holder| holder.number != self.number);
            ledger.wake_waiting();
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future as _, poll_fn};
    use std::pin::{Pin, pin};
    use std::task::{Poll, Waker};
    use std::time::Duration;

    use tokio::time::{advance, timeout};

    use super::{BufferBudget, Request, Reservation, SMALL_SHARE, TOTAL};

    const MIB: u64 = 1024 * 1024;
    const LARGE: u64 = TOTAL - SMALL_SHARE;

    async fn is_there(request: &mut Pin<&mut Request>) -> Option<Reservation> {
        poll_fn(|cx| match request.as_mut().poll(cx) {
            Poll::Ready(got) => Poll::Ready(Some(got)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_room_up_to_the_limit_and_again_once_it_is_free() {
        let budget = BufferBudget::default();
        let mut held = Vec::new();
        for _ in 0..LARGE / MIB {
            held.push(budget.reserve(MIB).await);
        }
        let mut next = pin!(budget.reserve(MIB));
        assert!(is_there(&mut next).await.is_none());
        held.pop();
        assert!(is_there(&mut next).await.is_some());
        // More than there is at all gets what there is.
        drop(held);
        drop(budget.reserve(u64::MAX).await);
        assert_eq!(budget.with(|ledger| (ledger.holders.len(), ledger.waiting.len())), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_first_has_it_first_and_who_gives_up_makes_way() {
        let budget = BufferBudget::default();
        let held = [budget.reserve(LARGE - MIB).await, budget.reserve(MIB / 2).await];
        let mut first = Box::pin(budget.reserve(MIB));
        assert!(is_there(&mut first.as_mut()).await.is_none());
        let mut second = pin!(budget.reserve(MIB / 2));
        assert!(is_there(&mut second).await.is_none(), "it would fit, but the other one came first");
        drop(first);
        assert!(is_there(&mut second).await.is_some());
        drop(held);
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_rest_does_not_wait_for_large_ones() {
        let budget = BufferBudget::default();
        let _held = budget.reserve(LARGE).await;
        let mut large = pin!(budget.reserve(MIB));
        assert!(is_there(&mut large).await.is_none());
        let mut small = Vec::new();
        for _ in 0..SMALL_SHARE / (64 * 1024) {
            small.push(is_there(&mut pin!(budget.reserve(64 * 1024))).await.expect("its share is there"));
        }
        assert!(is_there(&mut pin!(budget.reserve(64 * 1024))).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_largest_whose_peer_is_silent_is_cut_one_at_a_time() {
        let budget = BufferBudget::default();
        let sizes = [MIB, 2 * MIB, 3 * MIB, MIB];
        let mut held = Vec::new();
        for bytes in sizes {
            held.push(budget.reserve(bytes).await);
        }
        // The largest one's peer still sends.
        for one in [0, 1, 3] {
            held[one].waits(Waker::noop());
        }
        let mut next = pin!(budget.reserve(2 * MIB));
        assert!(timeout(Duration::from_millis(400), next.as_mut()).await.is_err());
        assert!(held.iter().all(|one| !one.is_cut()), "half a second of silence is allowed");
        assert!(timeout(Duration::from_millis(600), next.as_mut()).await.is_err());
        let cut: Vec<bool> = held.iter().map(Reservation::is_cut).collect();
        assert_eq!(cut, [false, true, false, false], "no more than is needed");
        drop(held.remove(1));
        drop(timeout(Duration::from_secs(1), next).await.expect("there is room"));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_cut_without_need_or_while_something_comes() {
        let budget = BufferBudget::default();
        let held = budget.reserve(LARGE).await;
        held.waits(Waker::noop());
        advance(Duration::from_secs(60)).await;
        drop(budget.reserve(MIB / 16).await);
        assert!(!held.is_cut(), "nobody waits");
        held.goes_on();
        let mut next = pin!(budget.reserve(MIB));
        for _ in 0..50 {
            held.waits(Waker::noop());
            assert!(timeout(Duration::from_millis(300), next.as_mut()).await.is_err());
            held.goes_on();
        }
        assert!(!held.is_cut(), "a slow peer that goes on");
    }
}
