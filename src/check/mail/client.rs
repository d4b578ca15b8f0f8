//! Commands and replies of SMTP over any stream. Every reply is bounded, and none is shown here.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::check::reader::{ReadError, Reader};
use crate::net::attempt::Attempt;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::Fault;

/// The most that a server may say in one reply, in bytes.
const REPLY_LIMIT: usize = 16 * 1024;

/// One reply of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The code of its last line.
    pub code: u16,
    /// Its lines, each behind the code and the character after it.
    pub lines: Vec<String>,
    last: String,
}

impl Reply {
    /// Its last line, with the code.
    #[must_use]
    pub fn last(&self) -> &str {
        &self.last
    }

    /// Whether one of its lines has one of these words, given in lower case.
    #[must_use]
    pub fn says_one_of(&self, words: &[&str]) -> bool {
        self.lines.iter().any(|line| {
            let line = line.to_ascii_lowercase();
            words.iter().any(|word| line.contains(word))
        })
    }
}

/// Why a command has no usable reply.
#[derive(Debug)]
pub enum ReplyError {
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something that is no reply: what is wrong with it.
    Malformed(&'static str),
}

impl From<ReadError> for ReplyError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl ReplyError {
    /// The fault in the running phase of an attempt that waited for this.
    #[must_use]
    pub fn fault(&self, attempt: &Attempt, awaited: &'static str) -> Fault {
        let error = match self {
            Self::Read(error) => error.as_stream_error(),
            Self::Malformed(what) => StreamError::Unexpected(what),
        };
        attempt.stream_error(error, Expected { what: awaited, protocol: Some(Protocol::Smtp) })
    }
}

/// A conversation with a server.
#[derive(Debug)]
pub struct Client<S> {
    reader: Reader<S>,
    awaited: &'static str,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// What is awaited until the whole greeting has come.
    pub const GREETING: &'static str = "the SMTP greeting";

    /// Sends nothing.
    pub fn new(stream: S) -> Self {
        Self { reader: Reader::new(stream), awaited: Self::GREETING }
    }

    /// What is awaited, or came last: `the SMTP greeting`.
    pub const fn awaited(&self) -> &'static str {
        self.awaited
    }

    /// The stream, to go on with or to close.
    pub fn into_stream(self) -> S {
        self.reader.into_stream()
    }

    /// Whether nothing came behind the last reply so far.
    pub fn is_drained(&self) -> bool {
        self.reader.is_drained()
    }

    /// Sends a line, and reads the reply to it. A server that sends its client away may close without reading, so the reply
    /// is read even if sending failed.
    ///
    /// # Errors
    /// Every [`ReplyError`].
    pub async fn say(&mut self, line: &str, awaited: &'static str) -> Result<Reply, ReplyError> {
        self.awaited = awaited;
        let sent = self.reader.send(line.as_bytes()).await;
        match (self.reply().await, sent) {
            (Err(ReplyError::Read(ReadError::Ended)), Err(error)) => Err(error.into()),
            (reply, _) => reply,
        }
    }

    /// Says goodbye, so that the server logs no lost connection. Errors are ignored: a peer that is gone needs none.
    pub async fn quit(&mut self) {
        drop(self.reader.send(b"QUIT\r\n").await);
    }

    /// Lines `250-…`, and a last one `250 …`.
    ///
    /// # Errors
    /// Every [`ReplyError`].
    pub async fn reply(&mut self) -> Result<Reply, ReplyError> {
        let mut lines = Vec::new();
        let mut room = REPLY_LIMIT;
        loop {
            let line = self.reader.line(room).await.map_err(|error| match error {
                ReadError::TooLong(_) => ReadError::TooLong(REPLY_LIMIT),
                error => error,
            })?;
            room = room.saturating_sub(line.len() + 1);
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            let code = text.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
            let code = code.and_then(|code| code.parse::<u16>().ok());
            let (Some(code), Some("" | " " | "-")) = (code, text.get(3..4).or(Some(""))) else {
                return Err(ReplyError::Malformed("a line does not start with three digits"));
            };
            lines.push(text.get(4..).unwrap_or_default().to_owned());
            if text.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, lines, last: text.to_owned() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::{Client, ReplyError};
    use crate::check::reader::ReadError;

    /// What a client makes of a server that says this and ends.
    async fn read(text: &str) -> String {
        let (ours, mut theirs) = duplex(64 * 1024);
        theirs.write_all(text.as_bytes()).await.expect("there is room");
        theirs.shutdown().await.expect("it ends");
        match Client::new(ours).reply().await {
            Ok(reply) => format!("{} {:?} | {}", reply.code, reply.lines, reply.last()),
            Err(ReplyError::Malformed(what)) => what.to_owned(),
            Err(ReplyError::Read(ReadError::Ended)) => "ended".to_owned(),
            Err(error) => format!("{error:?}"),
        }
    }

    #[tokio::test]
    async fn replies_of_one_line_and_of_several() {
        let strange = "a line does not start with three digits";
        let long = format!("250-{}\r\n250 x\r\n", "y".repeat(17_000));
        let many = "250-a\r\n".repeat(4_000);
        let limit = "Read(TooLong(16384))";
        for (text, expected) in [
            ("220 mx ESMTP\r\n", r#"220 ["mx ESMTP"] | 220 mx ESMTP"#),
            ("250-mx\r\n250-PIPELINING\r\n250 HELP\r\n", r#"250 ["mx", "PIPELINING", "HELP"] | 250 HELP"#),
            ("250\n", r#"250 [""] | 250"#),
            ("250 \r\n", r#"250 [""] | 250"#),
            ("220-mx\r\n", "ended"),
            ("220", "ended"),
            ("+12 x\r\n", strange),
            ("22\r\n", strange),
            ("2201 x\r\n", strange),
            ("\r\n", strange),
            ("ü20 x\r\n", strange),
            (&long, limit),
            (&many, limit),
        ] {
            assert_eq!(read(text).await, expected, "{text:.20}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_read_though_the_server_has_closed() {
        let (ours, mut theirs) = duplex(64);
        theirs.write_all(b"421 busy\r\n").await.expect("there is room");
        drop(theirs);
        let mut client = Client::new(ours);
        assert_eq!(client.awaited(), Client::<tokio::io::DuplexStream>::GREETING);
        let reply = client.say("EHLO x\r\n", "the answer to EHLO").await.expect("it was sent before");
        assert_eq!((reply.code, client.awaited(), client.is_drained()), (421, "the answer to EHLO", true));
        let end = client.say("NOOP\r\n", "the answer to NOOP").await.expect_err("nobody is there");
        assert!(matches!(end, ReplyError::Read(ReadError::Failed(_))), "{end:?}");
    }

    #[tokio::test]
    async fn the_goodbye_is_sent() {
        let (ours, mut theirs) = duplex(64);
        let mut client = Client::new(ours);
        client.quit().await;
        drop(client.into_stream());
        let mut came = String::new();
        theirs.read_to_string(&mut came).await.expect("it ends");
        assert_eq!(came, "QUIT\r\n");
    }
}
