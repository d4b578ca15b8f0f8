//! The accept loop: a cap that never refuses the newcomer, and patience where the system is out of descriptors.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, sleep, timeout};

use crate::log::say;

use super::connection::{self, ListenerContext};
use super::pace::Pace;
use super::slots::Slots;

/// After so many newcomers in a row they are given a turn: far fewer than would push the first of them out again.
const TURN: usize = 16;
/// How long answers that are under way may take once it stops.
const FINISH_LIMIT: Duration = Duration::from_secs(1);
/// The pause after a failed accept. The kubelet waits for a second by default: a longer one would cost a probe.
const PAUSE: Duration = Duration::from_millis(10);

/// How often the log says, at most, that connections cannot be taken.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// Takes connections until it is told to stop, then lets those that are under way finish.
pub(super) async fn serve(
    listener: TcpListener,
    cap: usize,
    context: Arc<ListenerContext>,
    mut stopped: watch::Receiver<bool>,
) {
    let slots = Slots::new(cap);
    let turn = TURN.min(cap / 4).max(1);
    let mut tasks = JoinSet::new();
    let mut newcomers: usize = 0;
    let mut reported: Option<Instant> = None;
    loop {
        let accepted = tokio::select! {
            biased;
            // An error means that the one who would tell us is gone, which is the same.
            _ = stopped.wait_for(|stopped| *stopped) => break,
            Some(_) = tasks.join_next() => continue,
            // Those that had to make room are still ending: each of them has a descriptor.
            accepted = listener.accept(), if tasks.len() < cap + turn => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                slots.make_room();
                let pace = Pace::new();
                let slot = slots.enter(peer.ip(), pace.clone());
                let number = slot.number();
                let context = Arc::clone(&context);
                let task = tasks.spawn(connection::serve(stream, peer, context, pace, slot, stopped.clone()));
                slots.own(number, task);
                newcomers = newcomers.wrapping_add(1);
                if newcomers.is_multiple_of(turn) {
                    yield_now().await;
                }
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                if reported.is_none_or(|reported| reported.elapsed() > REPORT_EVERY) {
                    reported = Some(Instant::now());
                    say!(Warn, "cannot accept a connection; closing another one"; error = error.to_string());
                }
                slots.drop_one();
                // The listener stays readable: without a pause this would spin.
                sleep(PAUSE).await;
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
