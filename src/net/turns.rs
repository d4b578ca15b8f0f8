//! Long work on the one thread: in slices, and one check at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::yield_now;

use crate::slices::Slices;

/// Slices of this length. In a pause timers and sockets come first, not only the tasks that are ready.
#[must_use]
pub fn slices(longest: Duration) -> Slices {
    Slices::of(longest, || Box::pin(pause()))
}

/// A question of the kubelet is accepted, read and answered in one pause: each step needs another look at the sockets.
pub async fn pause() {
    const STEPS: usize = 3;
    for _ in 0..STEPS {
        yield_now().await;
    }
}

/// Whose turn it is to work for milliseconds: of a hundred checks that all have a long answer to read, one does at a time, and
/// between two of them the kubelet is answered.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<()>>);

/// The turn; it ends with this.
pub type Turn = OwnedMutexGuard<()>;

impl Turns {
    /// So many bytes are read in less than a millisecond: they need no turn.
    const SHORT: usize = 16 * 1024;

    /// Waits for the turn.
    pub async fn take(&self) -> Turn {
        let turn = Arc::clone(&self.0).lock_owned().await;
        pause().await;
        turn
    }

    /// Waits for the turn to read an answer of this length, if it is long.
    pub async fn take_for(&self, length: usize) -> Option<Turn> {
        if length > Self::SHORT { Some(self.take().await) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Turns;

    /// A socket is looked at between two of them: here a timer that is due at once.
    #[tokio::test(start_paused = true)]
    async fn long_work_takes_turns_and_lets_others_in() {
        static AT_WORK: AtomicU32 = AtomicU32::new(0);
        let turns = Turns::default();
        let work = |length: usize| {
            let turns = turns.clone();
            tokio::spawn(async move {
                let _turn = turns.take_for(length).await;
                let others = AT_WORK.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                AT_WORK.fetch_sub(1, Ordering::Relaxed);
                others
            })
        };
        for (length, most) in [(1 << 20, 0), (Turns::SHORT, 2)] {
            let all = [work(length), work(length), work(length)];
            let mut others = Vec::new();
            for one in all {
                others.push(one.await.unwrap());
            }
            assert_eq!(others.into_iter().max(), Some(most), "{length} bytes");
        }
    }
}
