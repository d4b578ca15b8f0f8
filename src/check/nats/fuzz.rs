//! Entry points for fuzzing: what a server says, and the texts of its errors; seeds, creds files and lists of URLs.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::credential::{Credential, Creds};
use super::errors::ServerError;
use super::nkey::Seed;
use super::servers::joined;
use super::session::{SessionError, greeting, log_in};
use crate::check::reader::Reader;
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes, or the text of a value.
pub(crate) fn nats(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
    let stream = join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink());
    at_once(async {
        let mut reader = Reader::new(stream);
        let credential = Credential::Password { user: "app".to_owned(), password: Secret::new("sesame".to_owned()) };
        let session = async {
            let info = greeting(&mut reader).await?;
            assert!(info.version.len() <= 64 && info.announced.len() <= 256, "{info:?}");
            assert!(info.announced.iter().all(|endpoint| endpoint.port > 0), "{info:?}");
            log_in(&mut reader, &credential, &info.nonce, false).await
        };
        if let Err(SessionError::Refused(error)) = session.await {
            shown(&error);
        }
    });
    let text = String::from_utf8_lossy(bytes);
    shown(&ServerError::read(&text));
    for problem in
        [Seed::read(&text).err(), Creds::read(&text).err(), joined(&text).and_then(Result::err)].into_iter().flatten()
    {
        assert!(text.len() < 8 || !problem.contains(&*text), "{problem}");
    }
}

fn shown(error: &ServerError) {
    let message = error.message(error.says, &[Secret::new("sesame".to_owned())]);
    assert!(!message.contains(|c: char| c.is_control()) && !message.contains("sesame"), "{message}");
}
