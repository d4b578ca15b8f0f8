//! A demand to run one check now, from whoever serves to whoever runs it.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

/// A check is retried on demand no more often than this: the probe must never be the outage.
pub const RETRY_PAUSE: Duration = Duration::from_secs(30);

/// What became of a demand to run a check now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It runs now.
    Started,
    /// It was retried less than [`RETRY_PAUSE`] ago.
    TooSoon {
        /// It can be retried again after this.
        again: Duration,
    },
    /// There is no such check.
    NoCheck,
    /// Nothing runs checks any more.
    Stopping,
}

/// A demand, and where its answer goes.
#[derive(Debug)]
pub struct RetryRequest {
    /// The name of the check.
    pub name: String,
    reply: oneshot::Sender<Retry>,
}

impl RetryRequest {
    /// Answers it; the caller may be gone.
    pub fn answer(self, retry: Retry) {
        self.reply.send(retry).ok();
    }
}

/// Asks for a run of the check `name`.
pub async fn retry(requests: &mpsc::Sender<RetryRequest>, name: &str) -> Retry {
    let (reply, answer) = oneshot::channel();
    let request = RetryRequest { name: name.to_owned(), reply };
    match requests.send(request).await {
        Ok(()) => answer.await.unwrap_or(Retry::Stopping),
        Err(_) => Retry::Stopping,
    }
}
