//! The only writer: folds outcomes and time into verdicts, and publishes them as snapshots.
//!
//! Everything that changes what is answered comes in as a [`Message`]; a tick each second observes time, so that a check
//! which hangs becomes stale by itself. Nothing here runs a check, and nothing waits for a reader.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

mod fold;
mod message;
mod snapshot;
#[cfg(test)]
mod tests;
mod view;
mod views;

pub use fold::State;
pub use message::{Message, Slot};
pub use snapshot::{Reload, Snapshot};
pub(crate) use view::count_up;
pub use view::{BUCKETS, CheckView, Episode, Histogram};
pub use views::Views;

/// How often time is observed.
const TICK: Duration = Duration::from_secs(1);

/// How many messages that have come meanwhile are taken in at most before it is published.
const BATCH: usize = 64;

/// Folds messages and time until all senders are gone; publishes after each, together with what comes with it: a check tells
/// its next run as soon as its outcome is taken in.
pub async fn run(mut state: State, mut messages: mpsc::Receiver<Message>, snapshots: watch::Sender<Arc<Snapshot>>) {
    let mut tick = interval_at(Instant::now() + TICK, TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => state.take(message, Instant::now(), SystemTime::now()),
                None => return,
            },
            _ = tick.tick() => state.observe_time(Instant::now()),
        }
        behind_the_others().await;
        for _ in 0..BATCH {
            let Ok(message) = messages.try_recv() else { break };
            state.take(message, Instant::now(), SystemTime::now());
        }
        snapshots.send_replace(Arc::new(state.snapshot()));
    }
}

/// Lets the tasks run that are ready now. It asks the system for no new events, unlike the runtime's own way of yielding.
async fn behind_the_others() {
    let mut waited = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
