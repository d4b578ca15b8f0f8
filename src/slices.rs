//! Long work in slices: it pauses between two steps once it has held the thread for long enough, so that checks and probes
//! get their turn. It knows no runtime: who makes slices says how they pause.

#![expect(
    clippy::disallowed_types,
    reason = "a clock that a test has stopped would not show how long the thread is held"
)]

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// When work pauses.
#[derive(Debug)]
pub struct Slices {
    /// How long it may hold the thread; `None` for work that nobody waits beside.
    longest: Option<(Duration, Pausing)>,
    since: Instant,
}

/// A pause that lets everything come first that waits: tasks, timers and sockets.
pub type Pausing = fn() -> Pin<Box<dyn Future<Output = ()> + Send>>;

impl Slices {
    /// Pauses after each slice of this length.
    #[must_use]
    pub fn of(longest: Duration, pausing: Pausing) -> Self {
        Self { longest: Some((longest, pausing)), since: Instant::now() }
    }

    /// Never pauses.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { longest: None, since: Instant::now() }
    }

    /// Between two steps: lets others run if this slice is over.
    pub async fn pause(&mut self) {
        if let Some((longest, pausing)) = self.longest
            && self.since.elapsed() >= longest
        {
            pausing().await;
            self.since = Instant::now();
        }
    }
}

/// The result of work that waits for nothing but its pauses, all at once.
pub fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}

/// The CPU time that this thread has had so far.
#[cfg(test)]
pub(crate) fn cpu_time_of_this_thread() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the kernel counts it");
    Duration::from_nanos(text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("a number"))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{Future, poll_fn};
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use super::{Slices, at_once};

    /// Ready the second time.
    fn pausing() -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut waited = false;
        Box::pin(poll_fn(move |_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }))
    }

    #[test]
    fn work_pauses_after_each_slice_alone() {
        for (mut slices, pauses) in [
            (Slices::of(Duration::ZERO, pausing), 3),
            (Slices::of(Duration::from_secs(3600), pausing), 0),
            (Slices::unlimited(), 0),
        ] {
            let steps = Cell::new(0);
            let mut work = pin!(async {
                for _ in 0..3 {
                    slices.pause().await;
                    steps.set(steps.get() + 1);
                }
            });
            let mut pending = 0;
            while work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
                pending += 1;
            }
            assert_eq!((pending, steps.get()), (pauses, 3));
        }
        at_once(async { Slices::of(Duration::ZERO, pausing).pause().await });
    }
}
