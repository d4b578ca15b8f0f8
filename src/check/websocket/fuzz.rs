//! Entry point for fuzzing: what a server sends after the upgrade.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::frame::{Incoming, MESSAGE, incoming};
use super::hint;
use crate::check::reader::Reader;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn websocket(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
    let stream = join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink());
    let mut reader = Reader::new(stream);
    at_once(async {
        loop {
            match incoming(&mut reader).await {
                Ok(Incoming::Message(message)) => assert!(message.len() <= MESSAGE, "{} bytes", message.len()),
                Ok(Incoming::Close(close)) => {
                    assert!(!hint::of_close(close.code).is_empty());
                    break;
                }
                Err(_) => break,
            }
        }
    });
}
