//! Entry point for fuzzing: replies of a mail server, and what its answer to a login means.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::answers;
use super::login::Login;
use super::session::{Mechanism, log_in};
use crate::check::mail::Client;
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn smtp(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let stream = || {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink())
    };
    at_once(async {
        let mut client = Client::new(stream());
        while let Ok(reply) = client.reply().await {
            shown(&answers::read(&reply, true).message(&reply, &[]));
        }
        let login = Login::new("app", Secret::new("sesame".to_owned()));
        for mechanism in [Mechanism::Plain, Mechanism::Login, Mechanism::Xoauth2] {
            if let Ok(reply) = log_in(&mut Client::new(stream()), mechanism, &login).await {
                let message = answers::read(&reply, false).message(&reply, &mechanism.secrets(&login));
                assert!(!message.contains("sesame"), "{message}");
                shown(&message);
            }
        }
    });
}

fn shown(message: &str) {
    assert!(!message.contains(|c: char| c.is_control()), "{message}");
}
