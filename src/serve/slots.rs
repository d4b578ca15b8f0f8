//! The connections that are held: a limit that never refuses the newcomer, the oldest goes first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

/// How many connections are held at once. An idle one costs about 10 KiB: the kubelet, Prometheus and a few people need
/// a dozen; the rest is room for abusive clients.
const CAP: usize = 128;

/// The connections held, oldest first. Every one of them waits for its client, since answers come from memory: the
/// oldest is the one that has been idle or slow for the longest.
#[derive(Clone, Default)]
pub(super) struct Slots(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    next: u64,
    /// By number, which grows.
    by_age: VecDeque<(u64, Option<AbortHandle>)>,
}

impl Slots {
    fn with<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A slot for a new connection.
    pub(super) fn enter(&self) -> ConnectionSlot {
        let number = self.with(|queue| queue.insert(None));
        ConnectionSlot { slots: self.clone(), number: Mutex::new(number) }
    }

    /// Remembers which task serves the connection of a slot, so that it can be stopped.
    pub(super) fn own(&self, number: u64, task: AbortHandle) {
        self.with(|queue| {
            if let Some(at) = queue.position(number) {
                queue.by_age[at].1 = Some(task);
            }
        });
    }

    /// Closes the oldest connections until one more is within the limit.
    pub(super) fn make_room(&self) {
        while self.with(|queue| queue.by_age.len()) >= CAP {
            self.drop_oldest();
        }
    }

    /// Closes the oldest connection.
    pub(super) fn drop_oldest(&self) {
        let oldest = self.with(|queue| queue.by_age.pop_front());
        if let Some((_, Some(task))) = oldest {
            task.abort();
        }
    }
}

impl Queue {
    fn insert(&mut self, task: Option<AbortHandle>) -> u64 {
        self.next += 1;
        self.by_age.push_back((self.next, task));
        self.next
    }

    fn position(&self, number: u64) -> Option<usize> {
        self.by_age.binary_search_by_key(&number, |(number, _)| *number).ok()
    }

    fn remove(&mut self, number: u64) -> Option<(u64, Option<AbortHandle>)> {
        self.by_age.remove(self.position(number)?)
    }
}

/// A connection's place in the queue; leaving it frees the place.
pub(super) struct ConnectionSlot {
    slots: Slots,
    number: Mutex<u64>,
}

impl ConnectionSlot {
    /// Its number in the queue; a request that comes in whole changes it.
    pub(super) fn number(&self) -> u64 {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request came in whole: to the young end of the queue.
    pub(super) fn renew(&self) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        self.slots.with(|queue| {
            if let Some((_, task)) = queue.remove(*number) {
                *number = queue.insert(task);
            }
        });
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let number = self.number();
        self.slots.with(|queue| queue.remove(number));
    }
}

#[cfg(test)]
mod tests {
    use super::{CAP, Slots};

    #[test]
    fn the_oldest_goes_first_and_a_request_makes_young() {
        let slots = Slots::default();
        let taken: Vec<_> = (0..CAP).map(|_| slots.enter()).collect();
        taken[0].renew();
        slots.make_room();
        let left = |at: usize| slots.with(|queue| queue.position(taken[at].number()).is_some());
        assert!(left(0) && !left(1) && left(2), "the second was the oldest");
        assert_eq!(slots.with(|queue| queue.by_age.len()), CAP - 1);
        drop(taken);
        assert_eq!(slots.with(|queue| queue.by_age.len()), 0);
    }
}
