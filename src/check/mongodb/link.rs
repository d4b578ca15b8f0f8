//! A connection to one server that said hello.

use super::fault::Session;
use super::hello::{Asked, Hello, greet};
use super::keys::Settings;
use super::wire::{SessionError, Wire};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::tls::Verify;
use crate::outcome::{Fault, Phase};
use crate::url::Endpoint;

/// A connection to a server that said hello.
pub(super) struct Link {
    pub(super) endpoint: Endpoint,
    pub(super) wire: Wire<Io>,
    pub(super) hello: Hello,
    /// Whether the server's certificate was verified; `None` without TLS.
    pub(super) verified: Option<bool>,
}

/// How links are made.
pub(super) struct Opener<'a> {
    pub(super) settings: &'a Settings,
    pub(super) asked: Asked<'a>,
    pub(super) session: Session<'a>,
}

impl Opener<'_> {
    /// Connects, starts TLS and says hello. Nobody logs in.
    ///
    /// # Errors
    /// The causes of every phase up to `login`.
    pub(super) async fn open(&self, attempt: &mut Attempt, endpoint: &Endpoint) -> Result<Link, Fault> {
        // Report unreadable files before connecting.
        let tls = self.settings.tls.as_ref().map(|keys| keys.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = self.settings.destination.server.connect(attempt, endpoint).await?;
        let mut verified = None;
        if let Some(mut options) = tls {
            if self.settings.ignores_name() && options.verify == Verify::Full {
                options.verify = Verify::Chain;
            }
            // Under a public CA anybody can have a certificate, only not for this name.
            let own_ca = self.settings.tls.as_ref().is_some_and(|keys| keys.ca.is_some());
            verified = Some(options.verify == Verify::Full || (options.verify == Verify::Chain && own_ca));
            io = attempt.start_tls(io, &options).await?;
        }
        attempt.enter(Phase::Login);
        let mut wire = Wire::new(io);
        match greet(&mut wire, self.asked).await {
            Ok(hello) => Ok(Link { endpoint: endpoint.clone(), wire, hello, verified }),
            Err(error) => {
                let fault = self.session.fault(attempt, &error);
                end(attempt, wire, Some(&error)).await;
                Err(fault)
            }
        }
    }
}

impl Link {
    /// Ends the connection. The protocol has no goodbye: an orderly end is one.
    pub(super) async fn close(self, attempt: &mut Attempt) {
        end(attempt, self.wire, None).await;
    }

    /// Ends it after this error.
    pub(super) async fn close_after(self, attempt: &mut Attempt, error: &SessionError) {
        end(attempt, self.wire, Some(error)).await;
    }
}

async fn end(attempt: &mut Attempt, wire: Wire<Io>, error: Option<&SessionError>) {
    match error {
        Some(SessionError::Read(_) | SessionError::Unexpected(_)) => attempt.abandon(wire.into_stream()).await,
        Some(SessionError::Server(_) | SessionError::Scram(_) | SessionError::Limit(..)) | None => {
            attempt.hang_up(wire.into_stream()).await;
        }
    }
    attempt.leave();
}
