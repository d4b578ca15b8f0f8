//! An entry point for fuzzing: what a server says in both protocols, and the texts of its errors.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::client::{Client, SessionError, Speech, Wants};
use super::errors::ServerError;
use super::keys::Credential;
use crate::outcome::Phase;
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn memcached(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
    let password = Secret::new("sesame".to_owned());
    let login = Credential { user: "app".to_owned(), password, hidden_user: None };
    for speech in [Speech::Text, Speech::Binary] {
        let stream = join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink());
        let mut client = Client::new(stream, speech);
        let session = async {
            match client.open().await? {
                Wants::Nothing => {}
                Wants::Text => client.log_in_by_text(&login).await?,
                Wants::Sasl(names) => {
                    assert!(names.iter().all(|name| name.len() <= 20 && name.is_ascii()), "{names:?}");
                    client.log_in_by_sasl(&login).await?;
                }
            }
            client.version().await
        };
        match at_once(session) {
            Ok(version) => assert!(version.is_none_or(|version| version.len() <= 64 && version.is_ascii())),
            Err(SessionError::Refused(error)) => shown(&error, &login.password),
            Err(SessionError::Read(_) | SessionError::Unexpected(_)) => {}
        }
    }
    let text = String::from_utf8_lossy(bytes);
    shown(&ServerError::read(&text), &login.password);
    shown(&ServerError::of_status(pause.to_owned().into(), &text), &login.password);
}

fn shown(error: &ServerError, password: &Secret) {
    let message = error.fault(Phase::Login, &[password]).message;
    assert!(!message.contains(|c: char| c.is_control()) && !message.contains("sesame"), "{message}");
}
