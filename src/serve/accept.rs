//! The accept loop: a cap that never refuses the newcomer, and patience where the system is out of descriptors.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet, yield_now};
use tokio::time::{Instant, sleep, timeout};

use crate::log::say;

use super::connection::{self, ListenerContext};

/// How many connections are held at once. An idle one costs about 10 KiB: the kubelet, Prometheus and a few people need
/// a dozen; the rest is room for those who mean no good.
const CAP: usize = 128;
/// After so many newcomers in a row they are given a turn: far fewer than would push the first of them out again.
const TURN: usize = 16;
/// How long answers that are under way may take once it stops.
const FINISH_LIMIT: Duration = Duration::from_secs(1);
/// The first and the longest pause after a failed accept.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// How often the log says, at most, that connections cannot be taken.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Takes connections until it is told to stop, then lets those that are under way finish.
pub(super) async fn serve(listener: TcpListener, door: Arc<ListenerContext>, mut stopped: watch::Receiver<bool>) {
    let held = Held::default();
    let mut tasks = JoinSet::new();
    let mut pause = PAUSES.0;
    let mut newcomers: usize = 0;
    let mut told: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            // An error means that the one who would tell us is gone, which is the same.
            _ = stopped.wait_for(|stopped| *stopped) => break,
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                pause = PAUSES.0;
                held.make_room();
                let place = held.enter();
                let number = place.number();
                let task = tasks.spawn(connection::serve(stream, peer, Arc::clone(&door), place, stopped.clone()));
                held.own(number, task);
                newcomers = newcomers.wrapping_add(1);
                if newcomers.is_multiple_of(TURN) {
                    yield_now().await;
                }
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                if told.is_none_or(|told| told.elapsed() > TELL_EVERY) {
                    told = Some(Instant::now());
                    say!(Warn, "cannot take a connection; the oldest one is closed"; error = error.to_string());
                }
                held.drop_oldest();
                // The listener stays readable: without a pause this would spin.
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
    drop(listener);
    let all = async { while tasks.join_next().await.is_some() {} };
    // What is not done by then is cut off with the set.
    drop(timeout(FINISH_LIMIT, all).await);
}

/// A connection that died before it was taken, not a shortage here.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

/// The connections held, oldest first. Every one of them waits for its client, since answers come from memory: the
/// oldest is the one that has been idle or slow for the longest.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    next: u64,
    /// By number, which grows.
    by_age: VecDeque<(u64, Option<AbortHandle>)>,
}

impl Held {
    fn with<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn enter(&self) -> ConnectionSlot {
        let number = self.with(|queue| queue.insert(None));
        ConnectionSlot { held: self.clone(), number: Mutex::new(number) }
    }

    fn own(&self, number: u64, task: AbortHandle) {
        self.with(|queue| {
            if let Some(at) = queue.place(number) {
                queue.by_age[at].1 = Some(task);
            }
        });
    }

    fn make_room(&self) {
        while self.with(|queue| queue.by_age.len()) >= CAP {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&self) {
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

    fn place(&self, number: u64) -> Option<usize> {
        self.by_age.binary_search_by_key(&number, |(number, _)| *number).ok()
    }

    fn remove(&mut self, number: u64) -> Option<(u64, Option<AbortHandle>)> {
        self.by_age.remove(self.place(number)?)
    }
}

/// A connection's place in the queue; leaving it frees the place.
pub(super) struct ConnectionSlot {
    held: Held,
    number: Mutex<u64>,
}

impl ConnectionSlot {
    fn number(&self) -> u64 {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request came in whole: to the young end of the queue.
    pub(super) fn renew(&self) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        self.held.with(|queue| {
            if let Some((_, task)) = queue.remove(*number) {
                *number = queue.insert(task);
            }
        });
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let number = self.number();
        self.held.with(|queue| queue.remove(number));
    }
}

#[cfg(test)]
mod tests {
    use super::{CAP, Held};

    #[test]
    fn the_oldest_goes_first_and_a_request_makes_young() {
        let held = Held::default();
        let places: Vec<_> = (0..CAP).map(|_| held.enter()).collect();
        places[0].renew();
        held.make_room();
        let left = |at: usize| held.with(|queue| queue.place(places[at].number()).is_some());
        assert!(left(0) && !left(1) && left(2), "the second was the oldest");
        assert_eq!(held.with(|queue| queue.by_age.len()), CAP - 1);
        drop(places);
        assert_eq!(held.with(|queue| queue.by_age.len()), 0);
    }
}
