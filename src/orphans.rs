//! Orphans of the container: the kernel gives them to PID 1, and each that nobody waits for keeps its number for ever.

use std::io;

use rustix::process::{WaitOptions, wait};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::yield_now;

/// How many are taken at a time; the thread is everybody's.
const AT_A_TIME: usize = 64;

/// From now on takes every child that has ended, where this process is PID 1 of its container: there it has the children
/// of others, and starts none itself.
///
/// # Errors
/// Those of the operating system.
pub fn reap() -> io::Result<()> {
    if std::process::id() == 1 {
        tokio::spawn(reap_at_each(signal(SignalKind::child())?));
    }
    Ok(())
}

async fn reap_at_each(mut ended: Signal) {
    loop {
        let mut taken = 0;
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {
            taken += 1;
            if taken % AT_A_TIME == 0 {
                yield_now().await;
            }
        }
        if ended.recv().await.is_none() {
            return;
        }
    }
}
