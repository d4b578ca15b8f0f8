//! How TLS is asked for in protocols of lines: a greeting, one command, one answer. IMAP (RFC 9051, 6.2.1), POP3 (RFC 2595, 4),
//! FTP (RFC 4217, 4). The sentence of an answer is not repeated: some servers put the client's words into it.

use crate::cause::Cause;
use crate::check::mail::TOO_MUCH;
use crate::check::reader::{ReadError, Reader};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, TlsDetail};

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 4096;
/// How many lines an answer may have.
const MOST_LINES: usize = 128;

/// One of these protocols.
pub(super) struct Lines {
    name: &'static str,
    protocol: Protocol,
    command: &'static str,
    /// The usual port, and the one on which TLS starts at once.
    pub(super) ports: (u16, u16),
    /// Said inside TLS, so that the server logs no lost connection.
    pub(super) goodbye: &'static str,
    read: fn(line: &[u8], asked: bool) -> Answer,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Yes,
    /// The command is known, and TLS is not to be had now.
    Refused {
        temporary: bool,
    },
    /// The command is not known.
    Unknown,
    /// The answer goes on.
    More,
    /// It is no line of this protocol.
    Strange,
}

/// Answers carry the tag of their command; everything else goes on.
pub(super) const IMAP: Lines = Lines {
    name: "IMAP",
    protocol: Protocol::Imap,
    command: "a STARTTLS\r\n",
    ports: (143, 993),
    goodbye: "b LOGOUT\r\n",
    read: |line, asked| match (line, asked) {
        ([b'*', b' ', rest @ ..], false) => match word(rest).as_str() {
            "OK" => Answer::Yes,
            "PREAUTH" => Answer::Unknown,
            "BYE" => Answer::Refused { temporary: true },
            _ => Answer::Strange,
        },
        ([b'*' | b'+', ..], true) => Answer::More,
        ([b'a', b' ', rest @ ..], true) => match word(rest).as_str() {
            "OK" => Answer::Yes,
            "NO" => Answer::Refused { temporary: false },
            "BAD" => Answer::Unknown,
            _ => Answer::Strange,
        },
        _ => Answer::Strange,
    },
};

pub(super) const POP3: Lines = Lines {
    name: "POP3",
    protocol: Protocol::Pop3,
    command: "STLS\r\n",
    ports: (110, 995),
    goodbye: "QUIT\r\n",
    // It has one answer for all that is not to be had (RFC 1939).
    read: |line, asked| match word(line).as_str() {
        "+OK" => Answer::Yes,
        "-ERR" if asked => Answer::Unknown,
        "-ERR" => Answer::Refused { temporary: true },
        _ => Answer::Strange,
    },
};

pub(super) const FTP: Lines = Lines {
    name: "FTP",
    protocol: Protocol::Ftp,
    command: "AUTH TLS\r\n",
    ports: (21, 990),
    goodbye: "QUIT\r\n",
    read: |line, asked| match (line, asked) {
        // `220-` begins an answer of several lines, of which the last one has its code with a space.
        ([b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', ..] | [b' ', ..], _) => Answer::More,
        ([b'1', ..], false) => Answer::More,
        ([b'2', b'2', b'0', ..], false) | ([b'2', b'3', b'4', ..], true) => Answer::Yes,
        // vsftpd wants a login before any command that it does not know.
        ([b'5', b'0', ..] | [b'5', b'3', b'0', ..], true) => Answer::Unknown,
        ([class @ (b'4' | b'5'), _, _, ..], _) => Answer::Refused { temporary: *class == b'4' },
        ([b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', ..], _) => Answer::Strange,
        // Lines in the middle have no form.
        (_, true) => Answer::More,
        (_, false) => Answer::Strange,
    },
};

/// The first word, in capitals.
fn word(line: &[u8]) -> String {
    let end = line.iter().position(u8::is_ascii_whitespace).unwrap_or(line.len());
    String::from_utf8_lossy(&line[..end.min(16)]).to_ascii_uppercase()
}

/// Waits for the greeting, and asks; afterwards the stream is ready for the handshake.
pub(super) async fn ask(attempt: &Attempt, io: &mut Io, lines: &Lines) -> Result<(), Fault> {
    let mut reader = Reader::new(io);
    let unsupported =
        |message: String, detail| Err(attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(detail)));
    let Lines { name, .. } = lines;
    match lines.answer(attempt, &mut reader, false).await? {
        Answer::Yes => {}
        Answer::Unknown => {
            let message = format!("the {name} server takes this client as logged in, and offers no TLS then");
            return unsupported(message, TlsDetail::StartTlsNotOffered);
        }
        _ => return Err(attempt.fault(Cause::ShuttingDown, format!("the {name} server sends its clients away"))),
    }
    let expected = Expected { what: "the answer to the request for TLS", protocol: Some(lines.protocol) };
    let sent = reader.send(lines.command.as_bytes()).await;
    sent.map_err(|error| attempt.stream_error(error.as_stream_error(), expected))?;
    match lines.answer(attempt, &mut reader, true).await? {
        Answer::Yes if reader.is_drained() => Ok(()),
        Answer::Yes => Err(attempt.fault(Cause::ProtocolError, TOO_MUCH)),
        Answer::Refused { temporary } => {
            let message = format!("the {name} server knows the request for TLS, and refuses it");
            unsupported(message, TlsDetail::StartTlsRefused { temporary })
        }
        _ => unsupported(format!("the {name} server offers no TLS on this port"), TlsDetail::StartTlsNotOffered),
    }
}

impl Lines {
    /// The greeting, or the answer to what was `asked`.
    async fn answer(&self, attempt: &Attempt, reader: &mut Reader<&mut Io>, asked: bool) -> Result<Answer, Fault> {
        let what = if asked { "the answer to the request for TLS" } else { "the greeting" };
        let expected = Expected { what, protocol: Some(self.protocol) };
        let failed = |error: ReadError| attempt.stream_error(error.as_stream_error(), expected);
        for _ in 0..MOST_LINES {
            let line = reader.line(LONGEST_LINE).await.map_err(failed)?;
            match (self.read)(&line, asked) {
                Answer::More => {}
                Answer::Strange => return Err(attempt.stream_error(StreamError::Unexpected(""), expected)),
                answer => return Ok(answer),
            }
        }
        Err(attempt.fault(Cause::TooLarge, format!("{what} has more than {MOST_LINES} lines")))
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, FTP, IMAP, Lines, POP3};

    #[test]
    fn lines_are_read_by_their_protocol() {
        let refused = |temporary| Answer::Refused { temporary };
        let cases: [(&Lines, &str, bool, Answer); 27] = [
            (&IMAP, "* OK [CAPABILITY IMAP4rev1] ready", false, Answer::Yes),
            (&IMAP, "* ok", false, Answer::Yes),
            (&IMAP, "* PREAUTH", false, Answer::Unknown),
            (&IMAP, "* BYE full", false, refused(true)),
            (&IMAP, "220 mail", false, Answer::Strange),
            (&IMAP, "* CAPABILITY IMAP4rev1", true, Answer::More),
            (&IMAP, "a OK begin", true, Answer::Yes),
            (&IMAP, "a NO not now", true, refused(false)),
            (&IMAP, "a BAD what", true, Answer::Unknown),
            (&IMAP, "b OK", true, Answer::Strange),
            (&POP3, "+OK ready", false, Answer::Yes),
            (&POP3, "-ERR busy", false, refused(true)),
            (&POP3, "+OK begin", true, Answer::Yes),
            (&POP3, "-ERR unknown command", true, Answer::Unknown),
            (&POP3, "* OK", false, Answer::Strange),
            (&FTP, "220-welcome", false, Answer::More),
            (&FTP, "220 ready", false, Answer::Yes),
            (&FTP, "120 in 3 minutes", false, Answer::More),
            (&FTP, "421 full", false, refused(true)),
            (&FTP, "530 not from there", false, refused(false)),
            (&FTP, "SSH-2.0-x", false, Answer::Strange),
            (&FTP, "234 begin", true, Answer::Yes),
            (&FTP, "431 no certificate", true, refused(true)),
            (&FTP, "534 policy", true, refused(false)),
            (&FTP, "500 unknown", true, Answer::Unknown),
            (&FTP, "530 Please login with USER and PASS.", true, Answer::Unknown),
            (&FTP, "220 ready", true, Answer::Strange),
        ];
        for (lines, line, asked, expected) in cases {
            assert_eq!((lines.read)(line.as_bytes(), asked), expected, "{line}");
        }
    }
}
