//! The signals of a running sidecar, as values.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio::sync::mpsc;

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM or SIGINT: end; a second one ends the wait.
    Stop,
    /// SIGHUP: read the configuration again, now.
    Reload,
}

/// Handles the signals from now on, also as PID 1, for which the kernel delivers only what is handled. Each comes out of
/// the receiver once.
///
/// # Errors
/// Those of the operating system.
pub fn listen() -> io::Result<mpsc::Receiver<Signal>> {
    let kinds = [
        (SignalKind::terminate(), Signal::Stop),
        (SignalKind::interrupt(), Signal::Stop),
        (SignalKind::hangup(), Signal::Reload),
    ];
    let (sender, signals) = mpsc::channel(4);
    for (kind, meaning) in kinds {
        tokio::spawn(forward(signal(kind)?, meaning, sender.clone()));
    }
    Ok(signals)
}

async fn forward(mut stream: Stream, meaning: Signal, signals: mpsc::Sender<Signal>) {
    while stream.recv().await.is_some() {
        if signals.send(meaning).await.is_err() {
            return;
        }
    }
}
