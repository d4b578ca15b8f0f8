//! A bounded reader for protocols: lines, exact counts, and bodies of a length that the peer announces.
//!
//! A peer may drip, flood, announce any length or stop anywhere. Memory grows with what came, never with what was
//! announced, and never beyond the limit of the caller. The deadline is the attempt's: nothing here watches the clock.

use std::io;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::net::stream_error::StreamError;

/// How many bytes one read may bring, beyond what is needed.
const CHUNK: usize = 1024;

/// Why there is nothing to read.
#[derive(Debug)]
pub enum ReadError {
    /// The stream ended in the middle, or before the first byte.
    Ended,
    /// Over this many bytes came, which is the limit, and no end.
    TooLong(usize),
    /// The peer announced this many bytes, which is over the limit: none of them was read.
    Announced(u64),
    /// The stream failed.
    Failed(io::Error),
}

impl ReadError {
    /// The same in the words of a stream: [`crate::net::attempt::Attempt::stream_error`] makes a fault of it.
    #[must_use]
    pub const fn as_stream_error(&self) -> StreamError<'_> {
        match self {
            Self::Ended => StreamError::Ended,
            Self::TooLong(limit) => StreamError::TooLong(*limit),
            Self::Announced(count) => StreamError::Announced(*count),
            Self::Failed(error) => StreamError::Failed(error),
        }
    }
}

/// A stream, and what was read from it and not taken yet.
#[derive(Debug)]
pub struct Reader<S> {
    stream: S,
    unread: BytesMut,
}

impl<S: AsyncRead + Unpin> Reader<S> {
    /// Nothing is read yet.
    pub fn new(stream: S) -> Self {
        Self { stream, unread: BytesMut::new() }
    }

    /// The same where these bytes were read already.
    pub fn with(stream: S, early: &[u8]) -> Self {
        Self { stream, unread: BytesMut::from(early) }
    }

    /// The stream; what was read and not taken is lost.
    pub fn into_stream(self) -> S {
        self.stream
    }

    /// Whether all that was read is taken: nothing came behind it so far.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.unread.is_empty()
    }

    /// The next line without its end, which is `\n` or `\r\n`; at most `limit` bytes.
    ///
    /// # Errors
    /// [`ReadError::TooLong`] where `limit` bytes came and no end; the other ones but `Announced`.
    pub async fn line(&mut self, limit: usize) -> Result<Bytes, ReadError> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.unread[searched..].iter().position(|byte| *byte == b'\n') {
                let mut line = self.unread.split_to(searched + at);
                self.unread.advance(1);
                if line.last() == Some(&b'\r') {
                    line.truncate(line.len() - 1);
                }
                return if line.len() > limit { Err(ReadError::TooLong(limit)) } else { Ok(line.freeze()) };
            }
            searched = self.unread.len();
            // One more may be the `\r`.
            if searched > limit + 1 {
                return Err(ReadError::TooLong(limit));
            }
            self.fill().await?;
        }
    }

    /// The next `N` bytes: a header.
    ///
    /// # Errors
    /// [`ReadError::Ended`] and [`ReadError::Failed`].
    pub async fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        while self.unread.len() < N {
            self.fill().await?;
        }
        let mut bytes = [0; N];
        self.unread.copy_to_slice(&mut bytes);
        Ok(bytes)
    }

    /// The next `announced` bytes: the body of a frame, whose header tells its length. At most `limit` bytes.
    ///
    /// # Errors
    /// [`ReadError::Announced`] for a length over the limit, at once; [`ReadError::Ended`] and [`ReadError::Failed`].
    pub async fn body(&mut self, announced: u64, limit: usize) -> Result<Bytes, ReadError> {
        let length = usize::try_from(announced).ok().filter(|length| *length <= limit);
        let length = length.ok_or(ReadError::Announced(announced))?;
        while self.unread.len() < length {
            self.fill().await?;
        }
        Ok(self.unread.split_to(length).freeze())
    }

    /// Reads once, at least one byte.
    async fn fill(&mut self) -> Result<(), ReadError> {
        self.unread.reserve(CHUNK);
        let read = self.stream.read_buf(&mut (&mut self.unread).limit(CHUNK)).await;
        match read.map_err(ReadError::Failed)? {
            0 => Err(ReadError::Ended),
            _ => Ok(()),
        }
    }
}

impl<S: AsyncWrite + Unpin> Reader<S> {
    /// Sends all of these bytes.
    ///
    /// # Errors
    /// [`ReadError::Failed`].
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.stream.write_all(bytes).await.map_err(ReadError::Failed)?;
        self.stream.flush().await.map_err(ReadError::Failed)
    }
}

#[cfg(test)]
mod tests;
