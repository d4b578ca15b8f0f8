//! The conversation as both sides may have it: what may come next, how much of it, and what is remembered.
//!
//! Source: PostgreSQL's documentation, "Message Flow" and "Message Formats". What cannot be read at all goes to the client,
//! which says what is wrong with it.

use std::error::Error;
use std::io;

use bytes::BytesMut;

use super::rules::Rules;
use super::text::{BODY, plain_names, readable_value, texts};
use crate::cause::Cause;
use crate::check::postgres::session_error::{SessionError, broken, limit, shown, unsupported};
use crate::check::postgres::sqlstate::{ServerError, code};
use crate::outcome::clean_text;

/// The longest message that is taken; PostgreSQL's own while logging in are under 30 KiB.
pub(super) const MESSAGE_LIMIT: usize = 64 * 1024;
/// How many bytes a login, or the answer to a query, may have in all.
pub(super) const BYTES_LIMIT: usize = 64 * 1024;
/// How many messages a login may have.
pub(super) const LOGIN_MESSAGES: usize = 200;
/// How many rows the answer to a query may have.
pub(super) const ROWS_LIMIT: usize = 100;
/// The messages that may come while logging in: Authentication, ErrorResponse, NoticeResponse, ParameterStatus,
/// BackendKeyData, ReadyForQuery.
const LOGIN_TAGS: &[u8] = b"RENSKZ";
/// All that a client of these requests may meet.
const TAGS: &[u8] = b"123ACDEGHIKNRSTZcdnst";
/// The longest value of a parameter that is kept.
const PARAMETER_LIMIT: usize = 64;

/// What a server told of itself, unasked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::check::postgres) struct Parameters {
    /// `15.4`, without the packager's words behind it.
    pub(in crate::check::postgres) server_version: Option<String>,
    /// Since PostgreSQL 14; poolers may leave it out.
    pub(in crate::check::postgres) in_hot_standby: Option<bool>,
    /// Since PostgreSQL 14; poolers may leave it out.
    pub(in crate::check::postgres) default_transaction_read_only: Option<bool>,
}

/// What the guard saw.
#[derive(Debug, Clone, Default)]
pub(in crate::check::postgres) struct Record {
    pub(in crate::check::postgres) parameters: Parameters,
    /// The method of the login that the server chose.
    pub(in crate::check::postgres) method: Option<&'static str>,
    /// Whether a proof of the password left us.
    pub(in crate::check::postgres) proof_sent: bool,
    /// Whether the other side proved that it knows the password too.
    pub(in crate::check::postgres) proven: bool,
}

/// What becomes of a message.
pub(super) enum Act {
    /// The client gets it.
    Deliver(BytesMut),
    /// Nobody needs it.
    Drop,
    /// The server offers SCRAM: the guard begins it.
    Begin {
        /// Tied to the server's certificate.
        is_bound: bool,
    },
    /// Its challenge: the guard computes the proof.
    Prove(BytesMut),
    /// Its own proof.
    Judge(BytesMut),
    /// The server asks for data: the guard refuses in the client's stead, which would take the question for an error.
    RefuseData,
}

/// How far the conversation is, by the last message that the client got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The server has to say what it asks for.
    Begun,
    /// It asked for the password, or its hash.
    Password,
    /// It offered SCRAM.
    Offered,
    /// It sent its challenge.
    Challenged,
    /// It sent its own proof.
    Proven,
    /// It let us in and tells of itself.
    LetIn,
    /// It waits for a query.
    Idle,
    /// It answers one.
    Answering,
}

/// A conversation.
pub(super) struct Dialogue {
    pub(super) rules: Rules,
    pub(super) record: Record,
    stage: Stage,
    /// Bytes, messages and rows of the login, or of the answer.
    bytes: usize,
    messages: usize,
    rows: usize,
}

impl Dialogue {
    /// One in which nothing was said yet.
    pub(super) fn new(rules: Rules) -> Self {
        Self { rules, record: Record::default(), stage: Stage::Begun, bytes: 0, messages: 0, rows: 0 }
    }

    /// Whether the server has nothing to say now.
    pub(super) fn is_idle(&self) -> bool {
        self.stage == Stage::Idle
    }

    /// The client sent a message with this tag.
    pub(super) fn sent(&mut self, tag: u8) {
        match (tag, self.stage) {
            (b'p', Stage::Password) => self.record.proof_sent = true,
            (b'Q', Stage::Idle) => {
                self.stage = Stage::Answering;
                (self.bytes, self.messages, self.rows) = (0, 0, 0);
            }
            _ => {}
        }
    }

    /// The length of the message that begins here, tag included, once it is known.
    pub(super) fn announced(&self, inbox: &[u8]) -> Result<Option<usize>, SessionError> {
        let Some(tag) = inbox.first() else { return Ok(None) };
        let logging_in = !matches!(self.stage, Stage::Idle | Stage::Answering);
        if logging_in && !LOGIN_TAGS.contains(tag) {
            return Err(broken(&format!("the server sent {}, no message of a login", shown(*tag))));
        }
        if !TAGS.contains(tag) {
            return Err(broken(&format!("unknown message tag `{tag}`")));
        }
        let Some(length) = inbox[1..].first_chunk() else { return Ok(None) };
        let length = i32::from_be_bytes(*length);
        if length < 4 {
            return Err(broken("a message has an impossible length"));
        }
        let length = usize::try_from(length).map_or(usize::MAX, |length| length.saturating_add(1));
        if length > MESSAGE_LIMIT {
            return Err(SessionError::TooLong(length));
        }
        if self.bytes + length > BYTES_LIMIT {
            return Err(SessionError::Failed(io::ErrorKind::FileTooLarge.into()));
        }
        if logging_in && self.messages == LOGIN_MESSAGES {
            let text = format!("the server sent more than {LOGIN_MESSAGES} messages before the end of the login");
            return Err(SessionError::Stop(Cause::TooLarge, text));
        }
        Ok(Some(length))
    }

    /// A message of this length is there.
    pub(super) const fn count(&mut self, length: usize) {
        self.bytes += length;
        self.messages += 1;
    }

    /// What becomes of a whole message.
    pub(super) fn judge(&mut self, message: BytesMut) -> Result<Act, SessionError> {
        let body = &message[BODY..];
        match message[0] {
            b'E' => return Err(SessionError::Server(ServerError::read(body))),
            b'N' => return Ok(Act::Drop),
            b'A' if body.get(4..).and_then(texts::<2>).is_some() => return Ok(Act::Drop),
            b'S' => {
                if let Some([name, value]) = texts(body) {
                    self.record.parameters.keep(name, value);
                    return Ok(Act::Drop);
                }
            }
            b'A' => {}
            b'R' if !matches!(self.stage, Stage::LetIn | Stage::Answering) => return self.authenticate(message),
            tag => return self.step(tag, message),
        }
        Ok(Act::Deliver(message))
    }

    /// A message of the end of a login, or of an answer.
    fn step(&mut self, tag: u8, message: BytesMut) -> Result<Act, SessionError> {
        let body = &message[BODY..];
        match (self.stage, tag) {
            (Stage::LetIn, b'K') => {}
            (Stage::LetIn | Stage::Answering, b'Z') => self.stage = Stage::Idle,
            (Stage::Answering, b'T') => return Ok(Act::Deliver(plain_names(message))),
            (Stage::Answering, b'D') => {
                self.rows += 1;
                if self.rows > ROWS_LIMIT {
                    let text = format!("the query gave more than {ROWS_LIMIT} rows");
                    return Err(SessionError::Stop(Cause::TooLarge, text));
                }
                return Ok(Act::Deliver(readable_value(message)));
            }
            // The client would take an answer by COPY for an error.
            (Stage::Answering, b'G') if body.len() >= 3 => return Ok(Act::RefuseData),
            (Stage::Answering, b'H') if body.len() >= 3 => return Ok(Act::Drop),
            (Stage::Answering, b'c') if body.is_empty() => return Ok(Act::Drop),
            (Stage::Answering, b'd') => return Ok(Act::Drop),
            (Stage::Answering, b'C' | b'I' | b'G' | b'H' | b'c') => {}
            (stage, _) => return Err(stage.not_here()),
        }
        Ok(Act::Deliver(message))
    }

    /// A message of the authentication: what the client may answer, it gets.
    fn authenticate(&mut self, mut message: BytesMut) -> Result<Act, SessionError> {
        let Some((code, rest)) = message[BODY..].split_first_chunk() else {
            return Err(broken("failed to fill whole buffer"));
        };
        let code = u32::from_be_bytes(*code);
        self.stage = match (self.stage, code) {
            (Stage::Begun, 0) => {
                self.record.method = Some(self.rules.without_password()?);
                Stage::LetIn
            }
            (Stage::Begun, 3) => {
                self.record.method = Some(self.rules.clear_text()?);
                Stage::Password
            }
            (Stage::Begun, 5) => {
                self.record.method = Some(self.rules.md5()?);
                Stage::Password
            }
            (Stage::Begun, 10) => {
                let is_bound = self.rules.scram(rest)?;
                self.record.method = Some(if is_bound { "scram-sha-256-plus" } else { "scram-sha-256" });
                self.stage = Stage::Offered;
                return Ok(Act::Begin { is_bound });
            }
            (Stage::Begun, 2 | 7 | 9) => {
                let text = "the server asks for GSSAPI, Kerberos or SSPI, which pilotfish does not have";
                return Err(limit(code::KERBEROS, text));
            }
            (Stage::Begun, 6) => return Err(unsupported("the server asks for the credentials of a local socket")),
            (Stage::Offered, 11) => {
                self.rules.challenge(rest)?;
                self.stage = Stage::Challenged;
                return Ok(Act::Prove(message.split_off(BODY + 4)));
            }
            (Stage::Challenged, 12) => {
                self.stage = Stage::Proven;
                return Ok(Act::Judge(message.split_off(BODY + 4)));
            }
            (Stage::Password | Stage::Proven, 0) => Stage::LetIn,
            (stage, 0 | 2 | 3 | 5..=12) => return Err(stage.not_here()),
            (_, code) => return Err(broken(&format!("unknown authentication tag `{code}`"))),
        };
        Ok(Act::Deliver(message))
    }

    /// Why the client did not go on after a message that it got.
    pub(super) fn rejected(&self, error: &tokio_postgres::Error) -> SessionError {
        error.source().map_or_else(|| self.stage.not_here(), |source| broken(&source.to_string()))
    }
}

/// A message that belongs into no answer.
pub(super) fn not_in_an_answer() -> SessionError {
    Stage::Answering.not_here()
}

impl Stage {
    /// Something else came than what must come at this stage.
    fn not_here(self) -> SessionError {
        broken(match self {
            Self::Begun => "the server did not answer the start of the login",
            Self::Offered => "the server did not continue the SCRAM exchange",
            Self::Challenged => "the server did not end the SCRAM exchange",
            Self::Password | Self::Proven => "the login did not end as it must",
            Self::LetIn => "an unexpected message between the login and its end",
            Self::Idle | Self::Answering => "an unexpected message in the answer to the query",
        })
    }
}

impl Parameters {
    fn keep(&mut self, name: &[u8], value: &[u8]) {
        let Ok(value) = std::str::from_utf8(value) else { return };
        match name {
            b"server_version" => {
                let number = value.split(' ').next().unwrap_or_default();
                self.server_version = Some(clean_text(number, PARAMETER_LIMIT));
            }
            b"in_hot_standby" => self.in_hot_standby = Some(value == "on"),
            b"default_transaction_read_only" => self.default_transaction_read_only = Some(value == "on"),
            _ => {}
        }
    }
}
