//! Panics as values: what a bug breaks ends where it is caught. The panic hook has told the place.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

/// It panicked, and has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panicked;

/// Runs something to its end.
///
/// # Errors
/// That it panicked. What it changed until then stays changed.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| Panicked)
}

/// The same of a future, at whichever step it panics. It comes pinned: one that is taken by value lies in memory twice.
///
/// # Errors
/// That it panicked.
pub async fn caught_async<T>(mut future: Pin<&mut impl Future<Output = T>>) -> Result<T, Panicked> {
    poll_fn(|cx| match caught(|| future.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::{Panicked, caught, caught_async};

    #[test]
    fn a_panic_is_a_value() {
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(caught(|| assert!(std::hint::black_box(false), "told to")), Err(Panicked));
    }

    #[tokio::test]
    async fn a_panic_at_any_step_is_a_value() {
        for steps in 0..3 {
            let run = async move {
                for step in 0..3 {
                    assert_ne!(step, steps, "told to");
                    tokio::task::yield_now().await;
                }
            };
            assert_eq!(caught_async(pin!(run)).await, Err(Panicked));
        }
        assert_eq!(caught_async(pin!(async { 1 })).await, Ok(1));
    }
}
