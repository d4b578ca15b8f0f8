//! The turn for a TLS handshake: a signature of a large RSA key takes milliseconds that nobody else has, so handshakes get
//! a bounded share of the one thread, each client of it alike.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// After a step of any handshake none has its turn for so many times as long: a quarter of the thread is theirs.
const PAUSES: u32 = 3;
/// A step that takes less is followed at once: a timer is no finer than a millisecond.
const CHEAP: Duration = Duration::from_micros(200);
/// The longest pause, should the process have been stopped in the middle of a step.
const LONGEST: Duration = Duration::from_millis(100);

/// The turns of one listener.
#[derive(Default)]
pub(super) struct Handshakes {
    /// When the next step may be made; `None` before the first.
    turn: Mutex<Option<Instant>>,
    /// Whoever waits for the turn holds its client's first, so that a client waits for it but once.
    clients: std::sync::Mutex<HashMap<IpAddr, Weak<Mutex<()>>>>,
}

impl Handshakes {
    /// Drives a handshake of this client, one step a turn. While it waits for its peer it keeps nobody waiting.
    pub(super) async fn drive<F: Future + Unpin>(&self, client: IpAddr, mut handshake: F) -> F::Output {
        let own = self.of_client(client);
        loop {
            let own_turn = own.lock().await;
            let mut turn = self.turn.lock().await;
            if let Some(not_before) = *turn {
                sleep_until(not_before).await;
            }
            let began = Instant::now();
            let step = poll_fn(|cx| Poll::Ready(Pin::new(&mut handshake).poll(cx))).await;
            let took = began.elapsed();
            *turn = (took > CHEAP).then(|| Instant::now() + (took * PAUSES).min(LONGEST));
            drop((turn, own_turn));
            if let Poll::Ready(result) = step {
                return result;
            }
            woken().await;
        }
    }

    fn of_client(&self, client: IpAddr) -> Arc<Mutex<()>> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = clients.get(&client).and_then(Weak::upgrade) {
            return known;
        }
        clients.retain(|_, own| own.strong_count() > 0);
        let own = Arc::default();
        clients.insert(client, Arc::downgrade(&own));
        own
    }
}

/// Until the task is woken: the step before has said by what.
async fn woken() {
    let mut is_first = true;
    poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use tokio::task::yield_now;
    use tokio::time::{Instant, sleep, timeout};

    use super::Handshakes;

    #[tokio::test(start_paused = true)]
    async fn a_crowd_of_one_client_costs_another_one_turn() {
        let handshakes = Arc::new(Handshakes::default());
        let done = Arc::new(Mutex::new(Vec::new()));
        let held = handshakes.turn.lock().await;
        let mut tasks = Vec::new();
        for number in 0..101 {
            let client = if number < 100 { "10.0.0.1" } else { "10.0.0.2" };
            let (handshakes, done) = (Arc::clone(&handshakes), Arc::clone(&done));
            tasks.push(tokio::spawn(async move {
                handshakes.drive(client.parse().unwrap(), ready(())).await;
                done.lock().unwrap().push(client);
            }));
            yield_now().await;
        }
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        let done = done.lock().unwrap();
        assert!(done[..3].contains(&"10.0.0.2"), "{:?}", &done[..5]);
        assert!(handshakes.clients.lock().unwrap().len() <= 2);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_its_peer_keeps_nobody_waiting() {
        let handshakes = Handshakes::default();
        let client = "10.0.0.1".parse().unwrap();
        let slow = handshakes.drive(client, Box::pin(sleep(Duration::from_secs(2))));
        let quick = async {
            for _ in 0..100 {
                handshakes.drive(client, Box::pin(yield_now())).await;
            }
            Instant::now()
        };
        let began = Instant::now();
        let ((), ended) = tokio::join!(slow, quick);
        assert!(ended - began < Duration::from_secs(1));
        // One that is given up in the middle leaves nothing behind.
        assert!(timeout(Duration::from_secs(1), handshakes.drive(client, std::future::pending::<()>())).await.is_err());
        handshakes.drive(client, ready(())).await;
    }
}
