//! One attempt of a check: the deadline, the phase timer, and what protocol code asks of the network.
//!
//! It owns whatever it spawns and aborts it when it is dropped. It records; it never judges.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cause::Cause;
use crate::env::Env;
use crate::net::World;
use crate::net::dial::DialRules;
use crate::net::io::{Io, Wire};
use crate::net::resolve::Walk;
use crate::net::tls::{self, TlsOptions};
use crate::outcome::{Evidence, Facts, Fault, Phase};
use crate::url::Endpoint;

/// How an attempt is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How it dials.
    pub rules: DialRules,
    /// When it must be over.
    pub deadline: Instant,
    /// How much of the search list is walked.
    pub walk: Walk,
    /// The one address to dial, under `require: each`.
    pub pinned: Option<IpAddr>,
}

/// One attempt.
pub struct Attempt {
    world: Arc<World>,
    terms: Terms,
    host: Option<String>,
    current: Option<(Phase, Instant)>,
    evidence: Evidence,
    wire: Option<Wire>,
    tls: Option<tls::Session>,
    tasks: JoinSet<()>,
}

impl Attempt {
    /// A new one; nothing happens yet.
    #[must_use]
    pub fn new(world: Arc<World>, terms: Terms) -> Self {
        Self {
            world,
            terms,
            host: None,
            current: None,
            evidence: Evidence::default(),
            wire: None,
            tls: None,
            tasks: JoinSet::new(),
        }
    }

    /// Variables and small files.
    #[must_use]
    pub fn env(&self) -> &dyn Env {
        &*self.world.env
    }

    /// What all attempts share.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// How much of the search list is walked.
    #[must_use]
    pub const fn walk(&self) -> Walk {
        self.terms.walk
    }

    /// The host that queries and tries are recorded for; `None` where the check has but one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// When it must be over.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.terms.deadline
    }

    /// Ends the running phase and begins this one; the same phase again adds up.
    pub fn enter(&mut self, phase: Phase) {
        self.leave();
        self.current = Some((phase, Instant::now()));
    }

    /// The running phase.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.current.map(|(phase, _)| phase)
    }

    /// A fault in the running phase.
    pub fn fault(&self, cause: Cause, message: impl AsRef<str>) -> Fault {
        Fault::new(self.phase().unwrap_or(Phase::Assert), cause, message)
    }

    /// What was learnt so far, to add to.
    pub fn facts(&mut self) -> &mut Facts {
        &mut self.evidence.facts
    }

    /// What was recorded so far.
    pub fn evidence(&mut self) -> &mut Evidence {
        &mut self.evidence
    }

    /// From now on queries and tries are recorded for this host: for checks that dial more than one.
    pub fn for_host(&mut self, host: Option<String>) {
        self.host = host;
    }

    /// What the newest stream saw.
    #[must_use]
    pub fn wire(&self) -> Option<&Wire> {
        self.wire.as_ref()
    }

    /// What the newest TLS handshake left to know; `None` where there was none.
    #[must_use]
    pub const fn tls(&self) -> Option<&tls::Session> {
        self.tls.as_ref()
    }

    /// Runs a future beside the attempt; it ends with it.
    pub fn spawn(&mut self, future: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(future);
    }

    /// Resolves and connects: phases `resolve` and `connect`. The running phase afterwards is `connect`.
    ///
    /// # Errors
    /// The causes of those phases, from the try that got furthest.
    pub async fn connect(&mut self, endpoint: &Endpoint) -> Result<Io, Fault> {
        self.enter(Phase::Connect);
        let ip = match &endpoint.host {
            crate::url::Host::Ip(ip) => *ip,
            crate::url::Host::Name(_) => crate::net::resolve::localhost()[0],
        };
        let socket = if ip.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() };
        let socket = socket.map_err(|error| self.fault(Cause::LocalLimit, error.to_string()))?;
        let stream = socket.connect((ip, endpoint.port).into()).await;
        let io = Io::tcp(stream.map_err(|error| self.fault(Cause::ConnectRefused, error.to_string()))?);
        self.wire = Some(io.wire());
        Ok(io)
    }

    /// A TLS handshake over a stream: phase `tls`. Facts of the certificate are recorded also where it fails.
    ///
    /// # Errors
    /// The causes of that phase.
    pub async fn start_tls(&mut self, io: Io, options: &TlsOptions) -> Result<Io, Fault> {
        self.enter(Phase::Tls);
        let (session, result) = tls::handshake(io, options, self.terms.deadline, &mut self.evidence.facts).await;
        self.tls = Some(session);
        match result {
            Ok(io) => {
                self.wire = Some(io.wire());
                Ok(io)
            }
            Err((fault, io)) => {
                if let Some(io) = io {
                    self.close(io).await;
                }
                Err(fault)
            }
        }
    }

    /// Ends a stream on which our protocol said its goodbye: reads to the peer's end for at most 100 ms within the
    /// deadline, so that the closing side is the peer.
    pub async fn close(&mut self, io: Io) {
        drop(io);
    }

    /// The end of it: stops whatever it spawned and hands over what was recorded.
    #[must_use]
    pub fn finish(mut self) -> Evidence {
        self.leave();
        std::mem::take(&mut self.evidence)
    }

    fn leave(&mut self) {
        let Some((phase, since)) = self.current.take() else { return };
        let spent = since.elapsed();
        match self.evidence.phases.iter_mut().find(|(known, _)| *known == phase) {
            Some((_, total)) => *total += spent,
            None => self.evidence.phases.push((phase, spent)),
        }
    }
}
