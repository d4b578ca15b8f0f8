//! Entry point for fuzzing: messages of a directory, and what its results mean.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::answers::{Asked, read};
use super::client::Client;
use super::message::{Answer, Policy};
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn ldap(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let stream = || {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink())
    };
    at_once(async {
        if let Ok((answer, policy)) = Client::new(stream()).bind("cn=app", "sesame").await {
            shown(&answer, policy, Asked::Bind { anonymous: false });
            shown(&answer, policy, Asked::Bind { anonymous: true });
        }
        if let Ok(answer) = Client::new(stream()).start_tls().await {
            shown(&answer, Policy::default(), Asked::StartTls);
        }
        if let Ok(found) = Client::new(stream()).exists("dc=lab").await {
            shown(&found.answer, Policy::default(), Asked::Search);
        }
    });
}

fn shown(answer: &Answer, policy: Policy, asked: Asked) {
    let secrets = [Secret::new("sesame".to_owned())];
    for is_plain in [true, false] {
        let message = read(answer, policy, asked, is_plain).message(answer, &secrets);
        assert!(!message.contains("sesame") && !message.contains(|c: char| c.is_control()), "{message}");
    }
}
