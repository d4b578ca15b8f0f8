//! The signals that end a command.

use tokio::signal::unix::{SignalKind, signal};

/// The number of the first signal that asks us to end: SIGTERM, SIGINT, SIGHUP or SIGQUIT. Works as PID 1 too, where the
/// kernel delivers only what is handled.
pub(super) async fn first() -> u8 {
    let mut streams = [
        (15, signal(SignalKind::terminate())),
        (2, signal(SignalKind::interrupt())),
        (1, signal(SignalKind::hangup())),
        (3, signal(SignalKind::quit())),
    ];
    std::future::poll_fn(|cx| {
        for (number, stream) in &mut streams {
            if let Ok(stream) = stream
                && stream.poll_recv(cx).is_ready()
            {
                return std::task::Poll::Ready(*number);
            }
        }
        std::task::Poll::Pending
    })
    .await
}
