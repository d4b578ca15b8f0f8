//! The two protocols of memcached over any stream: one request, one answer. Every answer is bounded.

use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::errors::{NO_LOGIN, ServerError};
use super::keys::Credential;
use crate::check::reader::{ReadError, Reader};

/// The most of one answer, in bytes.
const ANSWER_LIMIT: usize = 16 * 1024;
/// How many mechanisms of SASL are read.
const MOST_MECHANISMS: usize = 32;
/// The longest version that is shown.
const VERSION_LIMIT: usize = 64;

/// Where the answers of the binary protocol start.
const ANSWER: u8 = 0x81;
/// Asks for the mechanisms of SASL, which a server without logins does not know. In the text protocol it is a line that no
/// server knows, so one that speaks no other answers, too: the last bytes, which are free, end the line.
const MECHANISMS: &[u8; 24] = b"\x80\x20\0\0\0\0\0\0\0\0\0\0pilotfish \r\n";
/// Asks for the version in the text protocol. A server that speaks only the binary one reads 24 bytes before it closes the
/// connection: spaces, which mean nothing, fill the line.
const FIRST_VERSION: &[u8; 24] = b"version               \r\n";
/// The codes of the binary protocol.
const VERSION: u8 = 0x0b;
const QUIT: u8 = 0x07;
const SASL: u8 = 0x21;
/// The status of a command that the server does not know.
const UNKNOWN: u16 = 0x81;

/// Why a request has no usable answer.
#[derive(Debug)]
pub(super) enum SessionError {
    /// The server answered with an error.
    Refused(ServerError),
    /// Reading failed.
    Read(ReadError),
    /// The peer sent something that is no answer: what is wrong with it.
    Unexpected(&'static str),
}

impl From<ReadError> for SessionError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// The protocol of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    Text,
    Binary,
}

/// The login that a server asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wants {
    /// None.
    Nothing,
    /// A `set` in the text protocol.
    Text,
    /// SASL, with one of these mechanisms.
    Sasl(Vec<String>),
}

/// An answer.
enum Answer {
    /// A line of the text protocol.
    Line(String),
    /// The status and the body of the binary protocol.
    Packet(u16, String),
}

/// A session with a server.
#[derive(Debug)]
pub(super) struct Client<S> {
    reader: Reader<S>,
    /// What it speaks, once it has answered.
    pub(super) speech: Speech,
    /// Its version, where its first answer was that.
    version: Option<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Sends nothing.
    pub(super) fn new(stream: S, speech: Speech) -> Self {
        Self { reader: Reader::new(stream), speech, version: None }
    }

    /// The stream, for the caller to close.
    pub(super) fn into_stream(self) -> S {
        self.reader.into_stream()
    }

    /// Finds out which login the server asks for, in the protocol that the session starts with.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn open(&mut self) -> Result<Wants, SessionError> {
        match self.speech {
            Speech::Text => match version(&self.ask(FIRST_VERSION).await?) {
                Ok(text) => {
                    self.version = Some(text.to_owned());
                    Ok(Wants::Nothing)
                }
                Err(error) => wanted(error),
            },
            Speech::Binary => match self.ask(MECHANISMS).await? {
                Answer::Packet(0, names) => {
                    let names = names.split_ascii_whitespace().filter(|name| is_mechanism(name));
                    Ok(Wants::Sasl(names.take(MOST_MECHANISMS).map(str::to_owned).collect()))
                }
                Answer::Packet(UNKNOWN, _) => Ok(Wants::Nothing),
                Answer::Packet(status, text) => Err(SessionError::Refused(ServerError::of_status(status, &text))),
                Answer::Line(line) => {
                    self.speech = Speech::Text;
                    if line == "ERROR" { Ok(Wants::Nothing) } else { wanted(refusal(&line)) }
                }
            },
        }
    }

    /// Logs in by a `set`; only where the server asks for it, for another one would store it.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn log_in_by_text(&mut self, login: &Credential) -> Result<(), SessionError> {
        let (user, password) = (login.user.as_bytes(), login.password.expose().as_bytes());
        let length = user.len() + 1 + password.len();
        let head = format!("set pilotfish 0 0 {length}\r\n");
        self.reader.send(&joined(&[head.as_bytes(), user, b" ", password, b"\r\n"])).await?;
        match self.answer().await? {
            Answer::Line(line) if line == "STORED" => Ok(()),
            Answer::Line(line) => Err(refusal(&line)),
            Answer::Packet(..) => Err(OTHER_PROTOCOL),
        }
    }

    /// Logs in with the mechanism PLAIN.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn log_in_by_sasl(&mut self, login: &Credential) -> Result<(), SessionError> {
        const PLAIN: &[u8] = b"PLAIN";
        let (user, password) = (login.user.as_bytes(), login.password.expose().as_bytes());
        let head = header(SASL, PLAIN.len(), PLAIN.len() + 2 + user.len() + password.len());
        self.reader.send(&joined(&[&head, PLAIN, b"\0", user, b"\0", password])).await?;
        match self.answer().await? {
            Answer::Packet(0, _) => Ok(()),
            Answer::Packet(status, text) => Err(SessionError::Refused(ServerError::of_status(status, &text))),
            Answer::Line(_) => Err(OTHER_PROTOCOL),
        }
    }

    /// The version of the server; `None` if it is nothing to show.
    ///
    /// # Errors
    /// Every [`SessionError`].
    pub(super) async fn version(&mut self) -> Result<Option<String>, SessionError> {
        let text = match (self.version.take(), self.speech) {
            (Some(known), _) => known,
            (None, Speech::Text) => version(&self.ask(b"version\r\n").await?)?.to_owned(),
            (None, Speech::Binary) => version(&self.ask(&header(VERSION, 0, 0)).await?)?.to_owned(),
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .-_+~".contains(&byte);
        let fits = (1..=VERSION_LIMIT).contains(&text.len()) && text.bytes().all(is_plain);
        Ok(fits.then_some(text))
    }

    /// Ends the session, so that the server closes first. Errors are ignored: the server may have closed already.
    pub(super) async fn quit(&mut self) {
        drop(match self.speech {
            Speech::Text => self.reader.send(b"quit\r\n").await,
            Speech::Binary => self.reader.send(&header(QUIT, 0, 0)).await,
        });
    }

    /// Sends a request and reads the answer. A server that accepts no more connections sends an error and closes without
    /// reading, so the answer is read even if sending failed.
    async fn ask(&mut self, request: &[u8]) -> Result<Answer, SessionError> {
        let sent = self.reader.send(request).await;
        match (self.answer().await, sent) {
            (Err(SessionError::Read(ReadError::Ended)), Err(error)) => Err(error.into()),
            (answer, _) => answer,
        }
    }

    /// Reads one answer. Checks the first byte before it waits for the rest of the line, because a peer of another protocol
    /// may never end one.
    async fn answer(&mut self) -> Result<Answer, SessionError> {
        match self.reader.array().await? {
            [ANSWER] => {
                let head: [u8; 23] = self.reader.array().await?;
                let status = u16::from_be_bytes([head[5], head[6]]);
                let length = u32::from_be_bytes([head[7], head[8], head[9], head[10]]);
                let body = self.reader.body(length.into(), ANSWER_LIMIT).await?;
                Ok(Answer::Packet(status, String::from_utf8_lossy(&body).into_owned()))
            }
            [first] if first.is_ascii_uppercase() => {
                let rest = self.reader.line(ANSWER_LIMIT).await?;
                Ok(Answer::Line(format!("{}{}", char::from(first), String::from_utf8_lossy(&rest))))
            }
            _ => Err(SessionError::Unexpected("it does not start like an answer")),
        }
    }
}

/// Whether this is the name of a mechanism (RFC 4422, section 3.1): anything else is not shown.
fn is_mechanism(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    name.len() <= 20 && name.bytes().all(fits)
}

const OTHER_PROTOCOL: SessionError = SessionError::Unexpected("it is of the other protocol of memcached");

/// What the answer to the question for the version says.
fn version(answer: &Answer) -> Result<&str, SessionError> {
    match answer {
        Answer::Line(line) => line.strip_prefix("VERSION ").ok_or_else(|| refusal(line)),
        Answer::Packet(0, text) => Ok(text),
        Answer::Packet(status, text) => Err(SessionError::Refused(ServerError::of_status(*status, text))),
    }
}

/// A line that is none of the answers that will do.
fn refusal(line: &str) -> SessionError {
    let is_error = ["ERROR", "CLIENT_ERROR", "SERVER_ERROR"].contains(&line.split(' ').next().unwrap_or_default());
    match is_error {
        true => SessionError::Refused(ServerError::read(line)),
        false => SessionError::Unexpected("it is no answer of memcached"),
    }
}

/// An error of a server that asks for a login in the text protocol.
fn wanted(error: SessionError) -> Result<Wants, SessionError> {
    match error {
        SessionError::Refused(error) if error.code == NO_LOGIN => Ok(Wants::Text),
        other => Err(other),
    }
}

/// The header of a request in the binary protocol.
fn header(command: u8, key: usize, body: usize) -> [u8; 24] {
    let mut bytes = [0; 24];
    (bytes[0], bytes[1]) = (0x80, command);
    bytes[3] = key.try_into().unwrap_or(u8::MAX);
    bytes[8..12].copy_from_slice(&u32::try_from(body).unwrap_or(u32::MAX).to_be_bytes());
    bytes
}

/// A request with a password. Allocates everything at once: a growing vector leaves copies that are not wiped.
fn joined(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

#[cfg(test)]
mod tests;
