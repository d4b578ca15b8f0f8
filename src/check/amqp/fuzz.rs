//! Entry point for fuzzing: what a broker says from its first byte on.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::close::Close;
use super::errors::{Names, of_connection, of_queue};
use super::fields::Fields;
use super::frames::Frames;
use super::login::{Credential, greet, log_in, open};
use super::session::queue;
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn amqp(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let stream = || {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink())
    };
    at_once(async {
        let credential = Credential::Plain { user: "app".to_owned(), password: Secret::new("sesame".to_owned()) };
        let mut frames = Frames::new(stream());
        let Ok(greeting) = greet(&mut frames).await else { return };
        for text in greeting.version.iter().chain(&greeting.mechanisms) {
            assert!(!text.contains(|c: char| c.is_control()) && text.len() <= 80, "{text:?}");
        }
        let Ok(limits) = log_in(&mut frames, &greeting, &credential).await else { return };
        if open(&mut frames, limits, "shop").await.is_ok() {
            drop(queue(&mut frames, "jobs").await);
            drop(frames.close().await);
        }
    });
    at_once(async {
        drop(queue(&mut Frames::new(stream()), "jobs").await);
    });
    Fields(bytes).texts();
    if let Ok(close) = Close::read(bytes) {
        let names = Names { user: "app", vhost: "shop", queue: "jobs" };
        let secret = Secret::new("sesame".to_owned());
        for (.., says) in
            [of_connection(&close, names, false), of_connection(&close, names, true), of_queue(&close, names)]
        {
            let message = close.message(says, false, [&secret].into_iter());
            assert!(!message.contains(|c: char| c.is_control()) && !message.contains("sesame"), "{message}");
        }
    }
}
