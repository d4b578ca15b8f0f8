//! Entry points for fuzzing: replies of a server, and the texts of its errors.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::client::{Client, Reply};
use super::errors::ServerError;
use super::session::{Login, is_sentinel, log_in, ping};
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn redis(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let stream = || {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink())
    };
    at_once(async {
        let mut client = Client::new(stream());
        while let Ok(reply) = client.call("PING", &[]).await {
            if let Reply::Error(error) = reply {
                shown(&error);
            }
        }
        let secret = Secret::new("sesame".to_owned());
        let login = Login { user: Some("app"), password: Some(&secret), database: 2 };
        let mut client = Client::new(stream());
        if log_in(&mut client, login).await.is_ok() {
            drop(ping(&mut client).await);
            is_sentinel(&mut client).await;
        }
    });
    shown(&ServerError::read(&String::from_utf8_lossy(bytes)));
}

fn shown(error: &ServerError) {
    let error = error.clone().of_auth();
    error.says();
    error.shows_a_working_login();
    let message = error.message("PING", &[]);
    assert!(!message.contains(|c: char| c.is_control()), "{message}");
}
