//! A conversation with a directory over any stream: one request, its answer. Every message is bounded.

use tokio::io::{AsyncRead, AsyncWrite};

use super::message::{Answer, Content, Head, Message, Policy, Request, head, read};
use crate::check::reader::{ReadError, Reader};

/// The most that a server may say in one message, in bytes.
const MESSAGE_LIMIT: usize = 64 * 1024;
/// How many messages may come before a search has ended: one entry is asked for.
const SEARCH_LIMIT: usize = 8;

/// Why a request has no usable answer.
#[derive(Debug)]
pub(super) enum SessionError {
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something that is no answer to the request: what is wrong with it.
    Unexpected(&'static str),
    /// The server is about to disconnect, and says why.
    Notice(Answer),
}

impl From<ReadError> for SessionError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// What a search for one entry came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// How it ended.
    pub(super) answer: Answer,
    /// Whether the entry was there.
    pub(super) entry: bool,
    /// The servers that have it instead.
    pub(super) elsewhere: Vec<String>,
}

/// A conversation with a server.
#[derive(Debug)]
pub(super) struct Client<S> {
    reader: Reader<S>,
    /// The number of the last request.
    id: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Sends nothing.
    pub(super) fn new(stream: S) -> Self {
        Self { reader: Reader::new(stream), id: 0 }
    }

    /// The stream, to go on with or to close.
    pub(super) fn into_stream(self) -> S {
        self.reader.into_stream()
    }

    /// Whether nothing came behind the last answer so far.
    pub(super) fn is_drained(&self) -> bool {
        self.reader.is_drained()
    }

    /// Logs in.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn bind(&mut self, user: &str, password: &str) -> Result<(Answer, Policy), SessionError> {
        match self.ask(Request::Bind { user, password }).await? {
            Content::Bound(answer, policy) => Ok((answer, policy)),
            _ => Err(SessionError::Unexpected("it is no answer to a bind")),
        }
    }

    /// Asks for TLS.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn start_tls(&mut self) -> Result<Answer, SessionError> {
        match self.ask(Request::StartTls).await? {
            Content::Extended(answer) => Ok(answer),
            _ => Err(SessionError::Unexpected("it is no answer to StartTLS")),
        }
    }

    /// Looks whether an entry exists.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn exists(&mut self, base: &str) -> Result<Found, SessionError> {
        let mut found = Found::default();
        let mut content = self.ask(Request::Exists { base }).await?;
        for _ in 0..SEARCH_LIMIT {
            match content {
                Content::Done(answer) => return Ok(Found { answer, ..found }),
                Content::Entry => found.entry = true,
                Content::Reference(urls) => found.elsewhere.extend(urls),
                // A control of a server's own may announce something in between.
                Content::Other => {}
                Content::Bound(..) | Content::Extended(_) => {
                    return Err(SessionError::Unexpected("it is no answer to a search"));
                }
            }
            content = self.answer().await?;
        }
        Err(SessionError::Unexpected("the search for one entry does not end"))
    }

    /// Says goodbye, so that the server logs no lost connection. Errors are ignored: a peer that is gone needs none.
    pub(super) async fn unbind(&mut self) {
        drop(self.send(Request::Unbind).await);
    }

    /// Sends a request, and reads the first message that answers it. A server that sends its client away may close without
    /// reading, so the answer is read even if sending failed.
    async fn ask(&mut self, request: Request<'_>) -> Result<Content, SessionError> {
        let sent = self.send(request).await;
        match (self.answer().await, sent) {
            (Err(SessionError::Read(ReadError::Ended)), Err(error)) => Err(error.into()),
            (answer, _) => answer,
        }
    }

    async fn send(&mut self, request: Request<'_>) -> Result<(), ReadError> {
        self.id += 1;
        self.reader.send(&request.encode(self.id)).await
    }

    /// The next message, which answers the last request.
    async fn answer(&mut self) -> Result<Content, SessionError> {
        let Message { id, content } = self.message().await?;
        match content {
            Content::Extended(answer) if id == 0 => Err(SessionError::Notice(answer)),
            content if id == u32::from(self.id) => Ok(content),
            _ => Err(SessionError::Unexpected("it answers another request")),
        }
    }

    async fn message(&mut self) -> Result<Message, SessionError> {
        let mut bytes = Vec::new();
        let length = loop {
            let [byte] = self.reader.array().await?;
            bytes.push(byte);
            match head(&bytes) {
                Head::Incomplete => {}
                Head::Length(length) => break length,
                Head::Strange(what) => return Err(SessionError::Unexpected(what)),
            }
        };
        let body = self.reader.body(length, MESSAGE_LIMIT).await?;
        read(&body).map_err(SessionError::Unexpected)
    }
}

#[cfg(test)]
mod tests;
