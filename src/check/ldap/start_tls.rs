//! How a directory is asked for TLS where nobody logs in (RFC 4511, 4.14), for the kind `tls`.

use super::answers::{Asked, Meaning, read};
use super::client::{Client, SessionError};
use super::message::{Answer, Policy};
use crate::cause::Cause;
use crate::check::mail::TOO_MUCH;
use crate::check::{Run, StartTls};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, Phase, TlsDetail};

/// The result of a server that cannot start TLS for now.
const UNAVAILABLE: u32 = 52;

/// A conversation that is about TLS alone.
#[derive(Debug)]
pub(super) struct TlsOnly;

impl StartTls for TlsOnly {
    fn ask<'a>(&'a mut self, attempt: &'a mut Attempt, io: &'a mut Io) -> Run<'a> {
        Box::pin(async move {
            let mut client = Client::new(io);
            match client.start_tls().await {
                Ok(Answer { code: 0, .. }) if client.is_drained() => Ok(()),
                Ok(Answer { code: 0, .. }) => Err(attempt.fault(Cause::ProtocolError, TOO_MUCH)),
                Ok(answer) => Err(refusal(attempt, &answer, Asked::StartTls)),
                Err(SessionError::Notice(answer)) => Err(refusal(attempt, &answer, Asked::Nothing)),
                Err(SessionError::Read(error)) => Err(strange(attempt, error.as_stream_error())),
                Err(SessionError::Unexpected(what)) => Err(strange(attempt, StreamError::Unexpected(what))),
            }
        })
    }

    fn quit<'a>(&'a mut self, _: &'a mut Attempt, io: &'a mut Io) -> Run<'a> {
        Box::pin(async move {
            Client::new(io).unbind().await;
            Ok(())
        })
    }
}

fn strange(attempt: &Attempt, error: StreamError<'_>) -> Fault {
    attempt.stream_error(error, Expected { what: "the answer to StartTLS", protocol: Some(Protocol::Ldap) })
}

fn refusal(attempt: &Attempt, answer: &Answer, asked: Asked) -> Fault {
    let verdict = read(answer, Policy::default(), asked, true);
    let message = verdict.message(answer, &[]);
    let detail = match verdict.meaning {
        Meaning::Refused(refusal) => {
            let fault = Fault { phase: Phase::Tls, ..refusal.fault(message) };
            return fault.with(Detail::Protocol { code: verdict.code, product: None });
        }
        _ if answer.code == UNAVAILABLE => TlsDetail::StartTlsRefused { temporary: true },
        _ => TlsDetail::NotOffered,
    };
    attempt.fault(Cause::TlsUnsupported, message).with(Detail::Tls(detail))
}
