//! The messages of the protocol over any stream: one at a time, each bounded, none believed.
//!
//! Source: PostgreSQL's documentation, "Message Formats". It logs in and asks; what an error means is not decided here.

use std::io;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::message::backend::{DataRowBody, Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::sqlstate::{Link, ServerError};
use crate::cause::Cause;
use crate::outcome::clean_text;

/// The longest message that is taken while logging in; PostgreSQL's own are under 30 KiB.
const LOGIN_LIMIT: usize = 64 * 1024;
/// The longest message that is taken afterwards: one row of an answer.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// The messages that may come while logging in: Authentication, ErrorResponse, NoticeResponse, ParameterStatus,
/// BackendKeyData, ReadyForQuery.
const LOGIN_TAGS: &[u8] = b"RENSKZ";
/// The longest value of a parameter that is kept.
const PARAMETER_LIMIT: usize = 64;

/// Why a conversation ended early.
#[derive(Debug)]
pub(super) enum Halt {
    /// The stream failed or ended.
    Failed(io::Error),
    /// The peer does not keep to the protocol; in words, without its bytes.
    Unexpected(String),
    /// The server announced a message of this many bytes, more than are taken.
    TooLong(usize),
    /// The server sent an error.
    Server(ServerError),
    /// We stopped it, for this cause and reason.
    Stop(Cause, String),
}

/// What a server told of itself, unasked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters {
    /// `15.4`, without the packager's words behind it.
    pub(super) server_version: Option<String>,
    /// Since PostgreSQL 14; poolers may leave it out.
    pub(super) in_hot_standby: Option<bool>,
    /// Since PostgreSQL 14; poolers may leave it out.
    pub(super) default_transaction_read_only: Option<bool>,
}

/// The answer to a query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// The first column of the first row: none without a row, none inside for NULL or no column.
    pub(super) first: Option<Option<String>>,
}

/// A conversation over a stream.
pub(super) struct Session<S> {
    pub(super) stream: S,
    pub(super) parameters: Parameters,
    /// How the stream stands: what an error means depends on it.
    pub(super) link: Link,
    /// Whether a proof of the password left us.
    pub(super) proof_sent: bool,
    /// Whether the other side proved that it knows the password too.
    pub(super) proven: bool,
    inbox: BytesMut,
    limit: usize,
    tags: Option<&'static [u8]>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    /// One that has not logged in yet.
    pub(super) fn new(stream: S, link: Link) -> Self {
        Self {
            stream,
            link,
            parameters: Parameters::default(),
            proof_sent: false,
            proven: false,
            inbox: BytesMut::new(),
            limit: LOGIN_LIMIT,
            tags: Some(LOGIN_TAGS),
        }
    }

    /// One that takes this byte, already read, as the first of the server's next message.
    pub(super) fn with_first_byte(stream: S, byte: u8) -> Self {
        let mut session = Self::new(stream, Link::PlainForced);
        session.inbox.extend_from_slice(&[byte]);
        session
    }

    /// Sends what is written into the buffer.
    pub(super) async fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> Result<(), Halt> {
        let mut out = BytesMut::new();
        // The one thing that cannot be written is a text with a zero byte in it.
        write(&mut out).map_err(|_| {
            Halt::Stop(Cause::VariableInvalid, "a zero byte stands in the user, database, password or query".into())
        })?;
        self.stream.write_all(&out).await.map_err(Halt::Failed)?;
        self.stream.flush().await.map_err(Halt::Failed)
    }

    /// The next message that matters: parameters are kept, notices dropped, an error is an `Err`.
    pub(super) async fn next(&mut self) -> Result<Message, Halt> {
        loop {
            let mut frame = self.frame().await?;
            let message = Message::parse(&mut frame).map_err(|error| broken(&error.to_string()))?;
            match message {
                None => return Err(broken("a message ends early")),
                Some(Message::ErrorResponse(body)) => return Err(Halt::Server(ServerError::read(body.fields()))),
                Some(Message::ParameterStatus(body)) => {
                    if let (Ok(name), Ok(value)) = (body.name(), body.value()) {
                        self.parameters.keep(name, value);
                    }
                }
                Some(Message::NoticeResponse(_) | Message::NotificationResponse(_)) => {}
                Some(message) => return Ok(message),
            }
        }
    }

    /// Reads one whole message; its declared length is judged before anything is set aside for it.
    async fn frame(&mut self) -> Result<BytesMut, Halt> {
        loop {
            if let Some(tag) = self.inbox.first()
                && self.tags.is_some_and(|tags| !tags.contains(tag))
            {
                return Err(broken(&format!("the server sent {}, no message of a login", shown(*tag))));
            }
            let header = Header::parse(&self.inbox).map_err(|_| broken("a message has an impossible length"))?;
            if let Some(header) = header {
                let length = usize::try_from(header.len()).map_or(usize::MAX, |length| length.saturating_add(1));
                if length > self.limit {
                    return Err(Halt::TooLong(length));
                }
                if self.inbox.len() >= length {
                    return Ok(self.inbox.split_to(length));
                }
            }
            let read = self.stream.read_buf(&mut self.inbox).await.map_err(Halt::Failed)?;
            if read == 0 {
                return Err(Halt::Failed(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// After the authentication: to the first ReadyForQuery.
    pub(super) async fn until_ready(&mut self) -> Result<(), Halt> {
        loop {
            match self.next().await? {
                Message::BackendKeyData(_) => {}
                Message::ReadyForQuery(_) => {
                    self.limit = ANSWER_LIMIT;
                    self.tags = None;
                    return Ok(());
                }
                _ => return Err(broken("an unexpected message between the login and its end")),
            }
        }
    }

    /// Runs a text as a simple query, whatever it holds, and reads to the end of its answer.
    pub(super) async fn query(&mut self, text: &str) -> Result<Answer, Halt> {
        self.send(|out| frontend::query(text, out)).await?;
        let mut answer = Answer::default();
        loop {
            match self.next().await? {
                Message::DataRow(row) if answer.first.is_none() => {
                    answer.first = Some(first_column(&row).map_err(|error| broken(&error.to_string()))?);
                }
                Message::CopyInResponse(_) => {
                    // The server waits for data: the refusal comes back as its error.
                    self.send(|out| frontend::copy_fail("a probe has no data to copy", out)).await?;
                }
                Message::ReadyForQuery(_) => return Ok(answer),
                Message::DataRow(_)
                | Message::RowDescription(_)
                | Message::CommandComplete(_)
                | Message::EmptyQueryResponse
                | Message::CopyOutResponse(_)
                | Message::CopyData(_)
                | Message::CopyDone => {}
                _ => return Err(broken("an unexpected message in the answer to the query")),
            }
        }
    }

    /// Says goodbye, so that the server's log stays clean; that the peer is gone already is no fault.
    pub(super) async fn terminate(&mut self) {
        let goodbye = self.send(|out| {
            frontend::terminate(out);
            Ok(())
        });
        drop(goodbye.await);
    }
}

impl Parameters {
    fn keep(&mut self, name: &str, value: &str) {
        match name {
            "server_version" => {
                let number = value.split(' ').next().unwrap_or_default();
                self.server_version = Some(clean_text(number, PARAMETER_LIMIT));
            }
            "in_hot_standby" => self.in_hot_standby = Some(value == "on"),
            "default_transaction_read_only" => self.default_transaction_read_only = Some(value == "on"),
            _ => {}
        }
    }
}

fn first_column(row: &DataRowBody) -> io::Result<Option<String>> {
    let range = row.ranges().next()?.flatten();
    Ok(range.map(|range| String::from_utf8_lossy(&row.buffer()[range]).into_owned()))
}

/// The peer does not keep to the protocol.
pub(super) fn broken(text: &str) -> Halt {
    Halt::Unexpected(text.to_owned())
}

/// A byte from the peer as it may be shown.
pub(super) fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() { format!("`{}`", char::from(byte)) } else { format!("the byte 0x{byte:02x}") }
}

#[cfg(test)]
mod tests;
