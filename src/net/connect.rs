//! What protocol code asks of an attempt: to resolve, to connect, and to start TLS.

use std::net::IpAddr;

use crate::net::attempt::Attempt;
use crate::net::dial;
use crate::net::io::Io;
use crate::net::tls::{self, TlsOptions};
use crate::outcome::{Fault, Phase};
use crate::url::Endpoint;

impl Attempt {
    /// Resolves and connects: phases `resolve` and `connect`. The running phase afterwards is `connect`.
    ///
    /// # Errors
    /// The causes of those phases, from the try that got furthest.
    pub async fn connect(&mut self, endpoint: &Endpoint) -> Result<Io, Fault> {
        self.forget_stream();
        let stream = dial::connect(self, endpoint).await?;
        Ok(self.take_socket(stream))
    }

    /// The addresses that an endpoint is dialled at, in order, before any fallback to the other family: phase `resolve`.
    ///
    /// # Errors
    /// The causes of that phase.
    pub async fn resolve(&mut self, endpoint: &Endpoint) -> Result<Vec<IpAddr>, Fault> {
        Ok(dial::candidates(self, endpoint).await?.now)
    }

    /// A TLS handshake over a stream: phase `tls`. Facts of the certificate are recorded also where it fails.
    ///
    /// # Errors
    /// The causes of that phase.
    pub async fn start_tls(&mut self, io: Io, options: &TlsOptions) -> Result<Io, Fault> {
        self.enter(Phase::Tls);
        let deadline = self.deadline();
        let wire = io.monitor();
        let (session, result) = tls::handshake(io, options, deadline, self.facts()).await;
        self.take_session(session);
        match result {
            Ok(io) => {
                self.take_stream(&io);
                Ok(io)
            }
            Err((fault, io)) => {
                if let Some(io) = io {
                    self.close(io).await;
                }
                Err(self.of_connection(self.or_no_room(fault, &wire)))
            }
        }
    }
}
