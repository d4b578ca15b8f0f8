//! How TLS is asked for inside another protocol. Reads are bounded, and nothing may follow the server's consent: it would
//! be taken for something that came over TLS.

use std::str::FromStr;

use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout_at;

use crate::cause::Cause;
use crate::check::reader::{ReadError, Reader};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, TlsDetail};

/// The protocol in which TLS is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartTls {
    /// RFC 3207.
    Smtp,
    /// PostgreSQL's SSLRequest.
    Postgres,
}

impl FromStr for StartTls {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "smtp" => Ok(Self::Smtp),
            "postgres" => Ok(Self::Postgres),
            _ => Err("smtp or postgres".to_owned()),
        }
    }
}

/// The most that an SMTP server may say in one answer, in bytes.
const ANSWER_LIMIT: usize = 16 * 1024;
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const TOO_MUCH: &str = "the server accepts TLS, but continues in plain text";

/// Asks; afterwards the stream is ready for the handshake.
pub(super) async fn ask(attempt: &mut Attempt, io: &mut Io, protocol: StartTls) -> Result<(), Fault> {
    let deadline = attempt.deadline();
    let asking = async {
        match protocol {
            StartTls::Smtp => smtp(attempt, io).await,
            StartTls::Postgres => postgres(attempt, io).await,
        }
    };
    match timeout_at(deadline, asking).await {
        Ok(result) => result,
        Err(_) => {
            let fault = attempt.deadline_fault();
            let message = format!("{}; TLS did not start, because the server did not agree to it", fault.message);
            Err(fault.with_message(message).with(Detail::Tls(TlsDetail::NotStarted)))
        }
    }
}

/// Says goodbye in the protocol, so that the server logs no lost connection. PostgreSQL expects none before its login.
pub(super) async fn quit(attempt: &Attempt, io: &mut Io, protocol: StartTls) {
    if protocol == StartTls::Smtp {
        // A peer that is gone needs no goodbye.
        drop(timeout_at(attempt.deadline(), io.write_all(b"QUIT\r\n")).await);
    }
}

/// One byte; nothing may come behind it.
async fn postgres(attempt: &Attempt, io: &mut Io) -> Result<(), Fault> {
    const EXPECTED: Expected =
        Expected { what: "the answer to PostgreSQL's SSLRequest", protocol: Some(Protocol::Postgres) };
    let failed = |error: ReadError| attempt.stream_error(error.as_stream_error(), EXPECTED);
    let mut reader = Reader::new(io);
    reader.send(&SSL_REQUEST).await.map_err(failed)?;
    match (reader.array().await.map_err(failed)?, reader.is_drained()) {
        ([b'S'], true) => Ok(()),
        ([b'S'], false) => Err(attempt.fault(Cause::ProtocolError, TOO_MUCH)),
        ([b'N'], true) => Err(not_offered(attempt, "the PostgreSQL server offers no TLS (it answered N)")),
        _ => Err(attempt.stream_error(StreamError::Unexpected(""), EXPECTED)),
    }
}

async fn smtp(attempt: &Attempt, io: &mut Io) -> Result<(), Fault> {
    let mut talk = Talk { attempt, reader: Reader::new(io) };
    let greeting = talk.answer("the SMTP greeting").await?;
    if greeting.code != 220 {
        return Err(attempt.fault(Cause::ProtocolError, format!("the SMTP server greets with {}", greeting.last)));
    }
    let hello = talk.say("EHLO pilotfish\r\n", "the answer to EHLO").await?;
    if hello.code != 250 {
        return Err(attempt.fault(Cause::ProtocolError, format!("the SMTP server answers EHLO with {}", hello.last)));
    }
    if !hello.offers_starttls {
        return Err(not_offered(attempt, "the SMTP server does not offer STARTTLS"));
    }
    let consent = talk.say("STARTTLS\r\n", "the answer to STARTTLS").await?;
    if consent.code != 220 {
        return Err(not_offered(attempt, &format!("the SMTP server refuses STARTTLS with {}", consent.last)));
    }
    if !talk.reader.is_drained() {
        return Err(attempt.fault(Cause::ProtocolError, TOO_MUCH));
    }
    Ok(())
}

/// The server speaks the protocol, and has no TLS in it.
fn not_offered(attempt: &Attempt, message: &str) -> Fault {
    attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(TlsDetail::NotOffered))
}

/// One answer of an SMTP server.
struct StarttlsReply {
    code: u16,
    /// Its last line, code included.
    last: String,
    offers_starttls: bool,
}

struct Talk<'a> {
    attempt: &'a Attempt,
    reader: Reader<&'a mut Io>,
}

impl Talk<'_> {
    fn failed(&self, trouble: StreamError<'_>, what: &'static str) -> Fault {
        self.attempt.stream_error(trouble, Expected { what, protocol: Some(Protocol::Smtp) })
    }

    async fn say(&mut self, text: &str, awaited: &'static str) -> Result<StarttlsReply, Fault> {
        let sent = self.reader.send(text.as_bytes()).await;
        sent.map_err(|error| self.failed(error.as_stream_error(), awaited))?;
        self.answer(awaited).await
    }

    /// Lines `250-…`, and a last one `250 …`.
    async fn answer(&mut self, awaited: &'static str) -> Result<StarttlsReply, Fault> {
        let mut offers_starttls = false;
        let mut room = ANSWER_LIMIT;
        loop {
            let line = self.reader.line(room).await.map_err(|error| match error {
                ReadError::TooLong(_) => self.failed(StreamError::TooLong(ANSWER_LIMIT), awaited),
                error => self.failed(error.as_stream_error(), awaited),
            })?;
            room = room.saturating_sub(line.len() + 1);
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end();
            let code = text.get(..3).and_then(|code| code.parse::<u16>().ok());
            let (Some(code), Some("" | " " | "-")) = (code, text.get(3..4).or(Some(""))) else {
                return Err(self.failed(StreamError::Unexpected("a line does not start with three digits"), awaited));
            };
            offers_starttls |= text.get(4..).is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS"));
            if text.as_bytes().get(3) != Some(&b'-') {
                return Ok(StarttlsReply { code, last: text.to_owned(), offers_starttls });
            }
        }
    }
}
