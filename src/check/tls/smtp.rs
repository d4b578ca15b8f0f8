//! How TLS is asked for inside SMTP (RFC 3207), and what a server says where it refuses: the client, or TLS.

use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::check::reader::{ReadError, Reader};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, TlsDetail};

/// The most that a server may say in one answer, in bytes.
const ANSWER_LIMIT: usize = 16 * 1024;

/// What no server may do, in any protocol: something behind its consent would be taken for something said under TLS.
pub(super) const TOO_MUCH: &str = "the server accepts TLS, but continues in plain text";

/// What a refusal of the client is about: the codes of `Detail::Protocol`.
pub(super) mod code {
    /// The server is busy or stops: RFC 5321's 421, and other temporary refusals.
    pub(in crate::check::tls) const BUSY: &str = "smtp_busy";
    /// The server has too many connections, of all clients or of this one.
    pub(in crate::check::tls) const FULL: &str = "smtp_full";
    /// The server takes no mail from this client.
    pub(in crate::check::tls) const REFUSED: &str = "smtp_refused";
    /// The host takes no mail from anybody.
    pub(in crate::check::tls) const NO_MAIL: &str = "smtp_no_mail";
    /// A firewall on the way overwrites the server's STARTTLS.
    pub(in crate::check::tls) const MASKED: &str = "smtp_masked";
}

/// Words with which servers tell a full house from a stop; both are 421. Postfix, Exim and SES: "too many connections";
/// Exchange: "the maximum number of concurrent server connections has exceeded a limit"; Sendmail: "Connection rate
/// limit exceeded".
const FULL: [&str; 5] = ["too many", "concurrent", "connection limit", "rate limit", "maximum number"];

/// Words with which a host says that it takes mail from nobody, as RFC 5321 has them for 554.
const NO_MAIL: [&str; 2] = ["no smtp service", "no mail service"];

/// Words with which a server says that it is about this client; AT&T and Comcast say so with 521, too.
const THIS_CLIENT: [&str; 6] = ["block", "blacklist", "dnsbl", "rbl", "your", " from "];

/// Asks for TLS; afterwards nothing that the server said in plain text is unread.
pub(super) async fn ask(attempt: &Attempt, io: &mut Io) -> Result<(), Fault> {
    let mut talk = Talk { attempt, reader: Reader::new(io) };
    let greeting = talk.answer("the SMTP greeting").await?;
    if greeting.code != 220 {
        return Err(refusal(attempt, &greeting, "greets with"));
    }
    let hello = talk.say("EHLO pilotfish\r\n", "the answer to EHLO").await?;
    match hello.code {
        500.. if recognise(greeting.last.as_bytes()) == Some(Protocol::Ftp) => {
            return Err(talk.failed(StreamError::Unexpected("it is that of an FTP server"), "the SMTP greeting"));
        }
        250 if hello.offers_starttls => {}
        250 if hello.is_masked => {
            let message = "a firewall on the way overwrites STARTTLS with X in the answer to EHLO";
            let detail = Detail::Protocol { code: code::MASKED, product: None };
            return Err(attempt.fault(Cause::TlsUnsupported, message).with(detail));
        }
        250 => return Err(not_offered(attempt, "the SMTP server does not offer STARTTLS in its answer to EHLO")),
        500..=504 => {
            let message = format!("the SMTP server does not know EHLO, so it has no STARTTLS: {}", hello.last);
            return Err(not_offered(attempt, &message));
        }
        _ => return Err(refusal(attempt, &hello, "answers EHLO with")),
    }
    let consent = talk.say("STARTTLS\r\n", "the answer to STARTTLS").await?;
    match consent.code {
        220 if talk.reader.is_drained() => Ok(()),
        220 => Err(attempt.fault(Cause::ProtocolError, TOO_MUCH)),
        421 => Err(refusal(attempt, &consent, "answers STARTTLS with")),
        code => {
            let message = format!("the SMTP server offers STARTTLS, and refuses it with {}", consent.last);
            let detail = TlsDetail::StartTlsRefused { temporary: code < 500 };
            Err(attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(detail)))
        }
    }
}

/// Whether the server that gave this fault speaks SMTP and waits for our goodbye.
pub(super) fn expects_goodbye(fault: &Fault) -> bool {
    let refused_client = matches!(fault.detail, Some(Detail::Protocol { code: code::REFUSED | code::NO_MAIL, .. }));
    refused_client || fault.cause == Cause::TlsUnsupported
}

fn not_offered(attempt: &Attempt, message: &str) -> Fault {
    attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(TlsDetail::StartTlsNotOffered))
}

/// The server speaks SMTP, and sends this client away: a refusal before any login.
fn refusal(attempt: &Attempt, reply: &Reply, how: &str) -> Fault {
    let (meaning, code, why) = match reply.code {
        400..=499 if says_one_of(&reply.last, &FULL) => (LoginRefusal::Full, code::FULL, "has too many connections"),
        400..=499 => (LoginRefusal::Stopping, code::BUSY, "is busy or shutting down"),
        500..=599 if is_no_mail(reply) => (LoginRefusal::NotAllowed, code::NO_MAIL, "takes no mail from anybody"),
        500..=599 => (LoginRefusal::NotAllowed, code::REFUSED, "refuses this client"),
        _ => return attempt.fault(Cause::ProtocolError, format!("the SMTP server {how} {}", reply.last)),
    };
    let fault = meaning.fault(format!("the SMTP server {why}: it {how} {}", reply.last));
    attempt.of_connection(fault.with(Detail::Protocol { code, product: None }))
}

/// RFC 7504's 521 or the words for it, and not of this client.
fn is_no_mail(reply: &Reply) -> bool {
    (reply.code == 521 || says_one_of(&reply.last, &NO_MAIL)) && !says_one_of(&reply.last, &THIS_CLIENT)
}

fn says_one_of(text: &str, list: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    list.iter().any(|words| text.contains(words))
}

/// One answer of a server.
struct Reply {
    code: u16,
    /// Its last line, code included.
    last: String,
    offers_starttls: bool,
    /// A word of it is X throughout, as inspection in Cisco's firewalls leaves it (`250-XXXXXXXA`).
    is_masked: bool,
}

struct Talk<'a> {
    attempt: &'a Attempt,
    reader: Reader<&'a mut Io>,
}

impl Talk<'_> {
    fn failed(&self, trouble: StreamError<'_>, what: &'static str) -> Fault {
        self.attempt.stream_error(trouble, Expected { what, protocol: Some(Protocol::Smtp) })
    }

    async fn say(&mut self, text: &str, awaited: &'static str) -> Result<Reply, Fault> {
        let sent = self.reader.send(text.as_bytes()).await;
        sent.map_err(|error| self.failed(error.as_stream_error(), awaited))?;
        self.answer(awaited).await
    }

    /// Lines `250-…`, and a last one `250 …`.
    async fn answer(&mut self, awaited: &'static str) -> Result<Reply, Fault> {
        let (mut offers_starttls, mut is_masked) = (false, false);
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
            is_masked |= text.get(4..).is_some_and(|word| word.starts_with("XXXXX"));
            if text.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, last: text.to_owned(), offers_starttls, is_masked });
            }
        }
    }
}
