//! How a server is asked for TLS where nobody logs in, for the kind `tls`.
//!
//! The server counts a connection that ends before its login, and blocks this pod's address after so many of them. A login
//! that it refuses is not counted. So the conversation ends with the response of a client without name and password.

use super::auth::Trust;
use super::greeting::Greeting;
use super::login::{Login, log_in};
use super::packet::{Packets, SessionError};
use super::response::tls_request;
use super::session;
use crate::cause::Cause;
use crate::check::login::Cleartext;
use crate::check::{Run, StartTls};
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::Protocol;
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Aftermath, Detail, Fault, Phase, TlsDetail};

/// A conversation that is about TLS alone.
#[derive(Debug, Default)]
pub(super) struct TlsOnly {
    /// What the server said, and the number of the next packet.
    greeted: Option<(Greeting, u8)>,
}

impl StartTls for TlsOnly {
    fn ask<'a>(&'a mut self, attempt: &'a mut Attempt, io: &'a mut Io) -> Run<'a> {
        Box::pin(async move {
            let mut packets = Packets::new(io);
            let asked = self.request(attempt, &mut packets).await;
            asked.map_err(|error| fault(attempt, &error))?.map_or(Ok(()), Err)
        })
    }

    fn quit<'a>(&'a mut self, attempt: &'a mut Attempt, io: &'a mut Io) -> Run<'a> {
        Box::pin(async move {
            let Some((greeting, sequence)) = self.greeted.take() else { return Ok(()) };
            let trust = if attempt.tls().is_some() { Trust::Verified } else { Trust::Plain };
            let nobody = Login {
                user: "",
                password: None,
                database: None,
                trust,
                cleartext: Cleartext::Verified,
                public_key: None,
            };
            let mut packets = Packets::<&mut Io>::resume(io, sequence);
            let answer = attempt.aside(log_in(&mut packets, &greeting, nobody)).await;
            attempt.evidence().aftermath = match answer {
                Some(Ok(_)) => {
                    session::quit(packets).await;
                    Aftermath::Finished
                }
                Some(Err(SessionError::Server(error))) if !error.breaks_handshake() => Aftermath::Refused,
                _ => Aftermath::Unfinished,
            };
            Ok(())
        })
    }
}

impl TlsOnly {
    /// Asks; the fault of a server without TLS.
    async fn request(
        &mut self,
        attempt: &mut Attempt,
        packets: &mut Packets<&mut Io>,
    ) -> Result<Option<Fault>, SessionError> {
        let greeting = Greeting::read(&packets.first().await?)?;
        attempt.evidence().aftermath = Aftermath::Unfinished;
        if !packets.is_drained() {
            return Err(SessionError::Unexpected("more than a greeting".to_owned()));
        }
        let (greeting, sequence) = &*self.greeted.insert((greeting, 1));
        if !greeting.offers_tls() {
            let fault = attempt.fault(Cause::TlsUnsupported, "the MySQL server offers no TLS");
            return Ok(Some(fault.with(Detail::Tls(TlsDetail::NotOffered))));
        }
        packets.send(&tls_request(greeting, false)).await?;
        self.greeted = Some((greeting.clone(), sequence + 1));
        Ok(None)
    }
}

fn fault(attempt: &Attempt, error: &SessionError) -> Fault {
    let error = match error {
        SessionError::Server(error) => {
            return Fault { phase: Phase::Tls, ..error.at_login(&Mask::default(), true, false) };
        }
        SessionError::Limit(_, text) => return attempt.fault(Cause::ProbeLimit, text),
        SessionError::TooMuch(what) => return attempt.fault(Cause::TooLarge, *what),
        SessionError::Read(error) => error.as_stream_error(),
        SessionError::Unexpected(what) => StreamError::Unexpected(what),
    };
    attempt.stream_error(error, Expected { what: "the server's greeting", protocol: Some(Protocol::Mysql) })
}
