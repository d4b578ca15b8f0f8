//! The protocol of Redis (RESP2) over any stream: one command, one reply. Every reply is bounded.

use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::errors::ServerError;
use crate::check::reader::{ReadError, Reader};

/// The maximum size of one reply in bytes.
const REPLY_LIMIT: usize = 64 * 1024;
/// The maximum number of replies in all arrays of one reply; one that lists all slots of a cluster has the most.
const ITEMS_LIMIT: u64 = 4096;
/// The maximum depth of nested arrays; no command nests its reply deeper.
const DEPTH_LIMIT: usize = 8;

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// `+OK`.
    Status(String),
    /// `-ERR …`.
    Error(Box<ServerError>),
    /// `:1`.
    Integer(i64),
    /// `$4…`.
    Bulk(Vec<u8>),
    /// `$-1` or `*-1`.
    Nil,
    /// `*2…`.
    Array(Vec<Self>),
}

/// Why a command has no usable reply.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The server answered this command with an error.
    Refused(&'static str, ServerError),
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something that is not a valid reply to the command: what is wrong with it.
    Unexpected(String),
}

impl From<ReadError> for SessionError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// A session with a server.
#[derive(Debug)]
pub(super) struct Client<S> {
    reader: Reader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Sends nothing.
    pub(super) fn new(stream: S) -> Self {
        Self { reader: Reader::new(stream) }
    }

    /// The stream, for the caller to close.
    pub(super) fn into_stream(self) -> S {
        self.reader.into_stream()
    }

    /// Sends a command and reads its reply. A server that accepts no more connections sends an error and closes without
    /// reading, so the reply is read even if sending failed.
    ///
    /// # Errors
    /// [`SessionError::Read`] and [`SessionError::Unexpected`]: an error of the server is a reply.
    pub(super) async fn call(&mut self, name: &'static str, arguments: &[&str]) -> Result<Reply, SessionError> {
        let sent = self.reader.send(&command(name, arguments)).await;
        match (self.reply().await, sent) {
            (Err(SessionError::Read(ReadError::Ended)), Err(error)) => Err(error.into()),
            (reply, _) => reply,
        }
    }

    /// Like [`Client::call`], for a command whose reply is this status.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn expect(
        &mut self,
        name: &'static str,
        arguments: &[&str],
        status: &str,
    ) -> Result<(), SessionError> {
        match self.call(name, arguments).await? {
            Reply::Status(text) if text == status => Ok(()),
            // A subscribed client gets PONG as a bulk string, and some proxies always send it like that.
            Reply::Bulk(bytes) if bytes == status.as_bytes() => Ok(()),
            Reply::Error(error) => Err(SessionError::Refused(name, *error)),
            other => Err(SessionError::Unexpected(format!("{} in place of {status}", other.name()))),
        }
    }

    /// Like [`Client::call`], where an error of the server is none of the replies that will do.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn ask(&mut self, name: &'static str, arguments: &[&str]) -> Result<Reply, SessionError> {
        match self.call(name, arguments).await? {
            Reply::Error(error) => Err(SessionError::Refused(name, *error)),
            reply => Ok(reply),
        }
    }

    /// Sends the last command and QUIT in one packet, and reads the reply to the command.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub(super) async fn call_and_quit(
        &mut self,
        name: &'static str,
        arguments: &[&str],
    ) -> Result<Reply, SessionError> {
        let both = [command(name, arguments), command("QUIT", &[])];
        let both = Zeroizing::new(both.iter().flat_map(|one| one.iter().copied()).collect::<Vec<u8>>());
        self.reader.send(&both).await?;
        self.reply().await
    }

    /// Sends QUIT, so that the server closes first. Errors are ignored: the server may have closed already.
    pub(super) async fn quit(&mut self) {
        drop(self.reader.send(&command("QUIT", &[])).await);
    }

    /// Reads one reply with all that it nests, without recursion.
    async fn reply(&mut self) -> Result<Reply, SessionError> {
        let mut room = REPLY_LIMIT;
        let mut items = ITEMS_LIMIT;
        let mut open: Vec<(u64, Vec<Reply>)> = Vec::new();
        loop {
            let mut reply = match self.piece(&mut room).await? {
                Piece::Whole(reply) => reply,
                Piece::Array(0) => Reply::Array(Vec::new()),
                Piece::Array(count) => {
                    items = items.checked_sub(count).ok_or(ReadError::Announced(count))?;
                    if open.len() == DEPTH_LIMIT {
                        return Err(SessionError::Unexpected(format!("arrays nested deeper than {DEPTH_LIMIT}")));
                    }
                    open.push((count, Vec::new()));
                    continue;
                }
            };
            loop {
                let Some((left, taken)) = open.last_mut() else { return Ok(reply) };
                taken.push(reply);
                *left -= 1;
                if *left > 0 {
                    break;
                }
                reply = Reply::Array(std::mem::take(taken));
                open.pop();
            }
        }
    }

    /// Reads one reply, without the elements of an array. Checks the first byte before it waits for the rest of the line,
    /// because a peer of another protocol may never end one.
    async fn piece(&mut self, room: &mut usize) -> Result<Piece, SessionError> {
        let [kind] = self.reader.array().await?;
        if !b"+-:$*".contains(&kind) {
            return Err(SessionError::Unexpected("it does not start like a reply".to_owned()));
        }
        let line = self.reader.line(*room).await.map_err(|error| match error {
            ReadError::TooLong(_) => ReadError::TooLong(REPLY_LIMIT),
            other => other,
        })?;
        *room = room.saturating_sub(line.len() + 2);
        let text = || String::from_utf8_lossy(&line);
        Ok(match kind {
            b'+' => Piece::Whole(Reply::Status(text().into_owned())),
            b'-' => Piece::Whole(Reply::Error(Box::new(ServerError::read(&text())))),
            b':' => Piece::Whole(Reply::Integer(number(&line)?)),
            b'$' => match length(&line)? {
                None => Piece::Whole(Reply::Nil),
                Some(count) => Piece::Whole(Reply::Bulk(self.bulk(count, room).await?)),
            },
            // `*` is the only kind left.
            _ => length(&line)?.map_or(Piece::Whole(Reply::Nil), Piece::Array),
        })
    }

    async fn bulk(&mut self, count: u64, room: &mut usize) -> Result<Vec<u8>, SessionError> {
        let bytes = self.reader.body(count, *room).await?;
        *room -= bytes.len();
        match self.reader.array().await? {
            [b'\r', b'\n'] => Ok(bytes.to_vec()),
            _ => Err(SessionError::Unexpected("a bulk string of another length than announced".to_owned())),
        }
    }
}

/// What one line starts.
enum Piece {
    Whole(Reply),
    Array(u64),
}

impl Reply {
    /// What it is, with its article, for messages; its content is never shown.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "another status",
            Self::Error(_) => "an error",
            Self::Integer(_) => "an integer",
            Self::Bulk(_) => "a bulk string",
            Self::Nil => "nil",
            Self::Array(_) => "an array",
        }
    }
}

/// A command as an array of bulk strings, so that no argument can end it early. It may contain a password.
fn command(name: &str, arguments: &[&str]) -> Zeroizing<Vec<u8>> {
    let words = || std::iter::once(&name).chain(arguments);
    // Allocate everything at once: a growing vector leaves copies that are not wiped.
    let room = words().map(|word| word.len() + 32).sum::<usize>() + 32;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    bytes.extend_from_slice(format!("*{}\r\n", words().count()).as_bytes());
    for word in words() {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn number(text: &[u8]) -> Result<i64, SessionError> {
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| SessionError::Unexpected("expected a number".to_owned()))
}

/// A length; `None` for -1, which is nil.
fn length(text: &[u8]) -> Result<Option<u64>, SessionError> {
    match number(text)? {
        -1 => Ok(None),
        count => {
            let count = u64::try_from(count);
            count.map(Some).map_err(|_| SessionError::Unexpected("a negative length".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests;
