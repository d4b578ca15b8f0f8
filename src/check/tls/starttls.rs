//! How TLS is asked for inside another protocol, most of them in files of their own. Reads are bounded, and nothing may follow the
//! server's consent: it would be taken for something that came over TLS.

use std::str::FromStr;

use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout_at;

use super::lines::{self, FTP, IMAP, Lines, POP3};
use super::{smtp, xmpp};
use crate::cause::Cause;
use crate::check::mail::TOO_MUCH;
use crate::check::reader::{ReadError, Reader};
use crate::check::{self, KINDS, Kind};
use crate::findings::Context;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Evidence, Fault, StreamDetail, TlsDetail};
use crate::url::Host;

/// The protocol in which TLS is asked for.
#[derive(Clone, Copy)]
pub(super) enum StartTls {
    /// RFC 3207.
    Smtp,
    /// A protocol of lines.
    Lines(&'static Lines),
    /// RFC 6120.
    Xmpp,
    /// PostgreSQL's SSLRequest.
    Postgres,
    /// As a kind has it.
    OfKind(&'static Kind),
}

/// The conversation of one run.
pub(super) struct Conversation {
    protocol: StartTls,
    of_kind: Option<Box<dyn check::StartTls>>,
}

impl FromStr for StartTls {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "smtp" => Ok(Self::Smtp),
            "imap" => Ok(Self::Lines(&IMAP)),
            "pop3" => Ok(Self::Lines(&POP3)),
            "ftp" => Ok(Self::Lines(&FTP)),
            "xmpp" => Ok(Self::Xmpp),
            "postgres" => Ok(Self::Postgres),
            name => check::kind(name)
                .filter(|kind| kind.start_tls.is_some())
                .map(Self::OfKind)
                .ok_or_else(|| "smtp, imap, pop3, ftp, xmpp, postgres, mysql or ldap".to_owned()),
        }
    }
}

impl StartTls {
    /// With the ports of the protocol.
    fn not_started(self) -> TlsDetail {
        let (port, at_once) = match self {
            Self::Smtp => (587, Some(465)),
            Self::Lines(Lines { ports: (port, at_once), .. }) => (*port, Some(*at_once)),
            Self::Xmpp => (5222, Some(5223)),
            Self::Postgres => (5432, None),
            Self::OfKind(kind) => {
                let port = |tls| kind.schemes.iter().find(|one| one.tls == tls).and_then(|one| one.default_port);
                (port(false).unwrap_or_default(), port(true))
            }
        };
        TlsDetail::NotStarted { port, at_once }
    }
}

/// Whether the server ended the connection without a word of the protocol, as one does that waits for a TLS handshake.
fn said_nothing(attempt: &Attempt, fault: &Fault) -> bool {
    let is_end = matches!(fault.cause, Cause::ConnectionClosed | Cause::ConnectReset);
    let is_silent = attempt.monitor().is_some_and(|monitor| monitor.seen().received == 0);
    fault.detail == Some(Detail::Stream(StreamDetail::Speaks(Protocol::Tls.as_str()))) || (is_end && is_silent)
}

const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

impl Conversation {
    /// One in this protocol.
    pub(super) fn new(protocol: StartTls) -> Self {
        let of_kind = if let StartTls::OfKind(kind) = protocol { kind.start_tls.map(|new| new()) } else { None };
        Self { protocol, of_kind }
    }

    /// Asks; afterwards the stream is ready for the handshake.
    pub(super) async fn ask(&mut self, attempt: &mut Attempt, io: &mut Io, host: &Host) -> Result<(), Fault> {
        let deadline = attempt.deadline();
        let asking = async {
            if let Some(conversation) = &mut self.of_kind {
                return conversation.ask(attempt, io).await;
            }
            match self.protocol {
                StartTls::OfKind(_) => Ok(()),
                StartTls::Smtp => smtp::ask(attempt, io).await,
                StartTls::Lines(lines) => lines::ask(attempt, io, lines).await,
                StartTls::Xmpp => xmpp::ask(attempt, io, host).await,
                StartTls::Postgres => postgres(attempt, io).await,
            }
        };
        match timeout_at(deadline, asking).await {
            Ok(result) => result.map_err(|fault| match said_nothing(attempt, &fault) {
                true => fault.with(Detail::Tls(self.protocol.not_started())),
                false => fault,
            }),
            Err(_) => {
                let fault = attempt.deadline_fault();
                let message = format!("{}; TLS did not start, because the server did not agree to it", fault.message);
                let detail = match fault.detail {
                    Some(Detail::Stream(StreamDetail::Stalled)) => TlsDetail::StartTlsSlow,
                    _ => self.protocol.not_started(),
                };
                Err(fault.with_message(message).with(Detail::Tls(detail)))
            }
        }
    }

    /// Says goodbye in the protocol, so that the server logs no lost connection. PostgreSQL expects none before its
    /// login, XMPP none before a stream is opened.
    pub(super) async fn quit(&mut self, attempt: &mut Attempt, io: &mut Io) {
        let deadline = attempt.deadline();
        if let Some(conversation) = &mut self.of_kind {
            drop(timeout_at(deadline, conversation.quit(attempt, io)).await);
            return;
        }
        let goodbye = match self.protocol {
            StartTls::Smtp => "QUIT\r\n",
            StartTls::Lines(lines) => lines.goodbye,
            StartTls::Xmpp | StartTls::Postgres | StartTls::OfKind(_) => return,
        };
        // A peer that is gone needs none.
        drop(timeout_at(deadline, io.write_all(goodbye.as_bytes())).await);
    }
}

/// The hint of the kind that names what a server answered in its protocol.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let speaking = KINDS.iter().filter(|kind| kind.start_tls.is_some());
    let is_answer = matches!(fault.detail, Some(Detail::Protocol { .. }));
    speaking.filter(|_| is_answer).find_map(|kind| (kind.hint)(fault, evidence, context))
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
        ([b'N'], true) => {
            let message = "the PostgreSQL server offers no TLS (it answered N)";
            Err(attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(TlsDetail::NotOffered)))
        }
        _ => Err(attempt.stream_error(StreamError::Unexpected(""), EXPECTED)),
    }
}
