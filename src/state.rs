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
pub use message::{Message, NewPlan, Slot};
pub use snapshot::{Reload, Snapshot};
pub(crate) use view::count_up;
pub use view::{BUCKETS, CheckView, Episode, Histogram};
pub use views::Views;

use crate::net::turns::slices;

/// How often time is observed.
const TICK: Duration = Duration::from_secs(1);

/// How many messages that have come meanwhile are taken in at most before it is published.
const BATCH: usize = 64;

/// How long another plan may hold the thread at a time.
const SLICE: Duration = Duration::from_millis(2);

/// Folds messages and time until all senders are gone; publishes after each, together with what comes with it: a check tells
/// its next run as soon as its outcome is taken in.
pub async fn run(mut state: State, mut messages: mpsc::Receiver<Message>, snapshots: watch::Sender<Arc<Snapshot>>) {
    let mut tick = interval_at(Instant::now() + TICK, TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut gone = Vec::new();
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Some(message) => gone.extend(take(&mut state, message).await),
                None => return,
            },
            _ = tick.tick() => state.observe_time(Instant::now()),
        }
        behind_the_others().await;
        for _ in 0..BATCH {
            let Ok(message) = messages.try_recv() else { break };
            gone.extend(take(&mut state, message).await);
        }
        // Changed in place, unless somebody answers from it now.
        snapshots.send_modify(|snapshot| state.update(Arc::make_mut(snapshot)));
        let mut slices = slices(SLICE);
        for view in gone.drain(..) {
            drop(view);
            slices.pause().await;
        }
    }
}

/// Takes in what happened; gives back what is left of checks that are gone. Of those the last to know is the snapshot before.
async fn take(state: &mut State, message: Message) -> Vec<Arc<CheckView>> {
    let (now, wall) = (Instant::now(), SystemTime::now());
    if let Message::Plan(plan) = message {
        return state.take_plan(plan, now, wall, &mut slices(SLICE)).await;
    }
    state.take(message, now, wall);
    Vec::new()
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
