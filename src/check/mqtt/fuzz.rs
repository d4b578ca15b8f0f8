//! Entry point for fuzzing: what a broker answers a login, in both versions.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::answers::{Shown, read};
use super::packet::{Introduction, Version};
use super::run::log_in;
use crate::check::reader::Reader;
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn mqtt(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let secrets = [Secret::new("sesame".to_owned())];
    for version in [Version::V311, Version::V5] {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        let stream = join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink());
        let introduction = Introduction { version, client_id: "pf", user: Some("app"), password: Some(&secrets[0]) };
        let Ok(answer) = at_once(log_in(&mut Reader::new(stream), introduction)) else { continue };
        for shown in [Shown::Nothing, Shown::Certificate, Shown::Credentials] {
            let message = read(answer.code, shown).message(&answer, &secrets);
            assert!(!message.contains("sesame") && !message.contains(|c: char| c.is_control()), "{message}");
        }
    }
}
