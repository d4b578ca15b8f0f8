//! One attempt of a check: its deadline, its phase timer, and what is recorded of it.
//!
//! It owns whatever it spawns and aborts it when it is dropped. It records; it never judges. What protocol code asks of
//! the network, connecting and TLS, is in `net::connect`.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::cause::Cause;
use crate::duration;
use crate::env::Env;
use crate::net::io::{self, ClosingSockets, Io, StreamMonitor};
use crate::net::options::DialRules;
use crate::net::resolve::search::Walk;
use crate::net::stream_error::{self, Expected, StreamError};
use crate::net::tls;
use crate::net::world::World;
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Facts, Fault, Phase};
use crate::url::Endpoint;

pub use crate::net::options::{AttemptOptions, Pin};

/// How long the peer of a finished conversation may take to close.
const FAREWELL: Duration = Duration::from_millis(100);
/// How long the peer may take for an answer that decides nothing of the login.
const ASIDE: Duration = Duration::from_secs(1);
/// How much it may send until then, in bytes: of an answer whose end nobody wants, there may be much.
const FAREWELL_BYTES: u64 = 1024 * 1024;

/// One attempt.
pub struct Attempt {
    world: Arc<World>,
    options: AttemptOptions,
    host: Option<String>,
    current: Option<(Phase, Instant)>,
    evidence: Evidence,
    monitor: Option<StreamMonitor>,
    /// The try that the newest stream came from: an index into the evidence.
    connection: Option<usize>,
    tls: Option<tls::Session>,
    began: Instant,
    dialling: Option<(SocketAddr, Instant)>,
    closing: ClosingSockets,
    closing_time: Duration,
    tasks: JoinSet<()>,
}

impl Attempt {
    /// A new one; nothing happens yet.
    #[must_use]
    pub fn new(world: Arc<World>, options: AttemptOptions) -> Self {
        Self {
            world,
            options,
            host: None,
            current: None,
            evidence: Evidence::default(),
            monitor: None,
            connection: None,
            tls: None,
            began: Instant::now(),
            dialling: None,
            closing: ClosingSockets::default(),
            closing_time: Duration::ZERO,
            tasks: JoinSet::new(),
        }
    }

    /// One that goes on where another has ended: what that one recorded is here already.
    #[must_use]
    pub fn resume(world: Arc<World>, options: AttemptOptions, evidence: Evidence) -> Self {
        Self { evidence, ..Self::new(world, options) }
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
        self.options.walk
    }

    /// The host that queries and tries are recorded for; `None` where the check has but one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// When it must be over.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.options.deadline
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

    /// A fault in the running phase, of the newest connection.
    pub fn fault(&self, cause: Cause, message: impl AsRef<str>) -> Fault {
        self.of_connection(Fault::new(self.phase().unwrap_or(Phase::Assert), cause, message))
    }

    /// A fault as one of the newest connection, where it names none yet.
    #[must_use]
    pub fn of_connection(&self, fault: Fault) -> Fault {
        fault.of_attempt(self.connection)
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
    pub fn monitor(&self) -> Option<&StreamMonitor> {
        self.monitor.as_ref()
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

    /// Forgets the newest stream: another one is about to be made.
    pub(super) fn forget_stream(&mut self) {
        self.tls = None;
        self.monitor = None;
        self.connection = None;
    }

    /// The newest stream comes from the first try from `from` on that connected.
    pub(super) fn note_connection(&mut self, from: usize) {
        let connected = |one: &ConnectAttempt| one.result == ConnectResult::Connected;
        self.connection = self.evidence.tries.iter().skip(from).position(connected).map(|index| from + index);
    }

    /// Takes a connected socket as the newest stream.
    pub(super) fn take_socket(&mut self, stream: TcpStream) -> Io {
        let io = Io::tcp(stream, self.closing.clone());
        self.monitor = Some(io.monitor());
        io
    }

    /// Takes a stream under TLS as the newest one.
    pub(super) fn take_stream(&mut self, io: &Io) {
        self.monitor = Some(io.monitor());
    }

    /// Takes what a TLS handshake left to know.
    pub(super) fn take_session(&mut self, session: tls::Session) {
        self.tls = Some(session);
    }

    /// The fault of a stream that gave trouble: in the running phase, from what the newest stream saw.
    pub fn stream_error(&self, error: StreamError<'_>, awaited: Expected) -> Fault {
        let seen = self.monitor.as_ref().map(StreamMonitor::seen).unwrap_or_default();
        let by_tls = self.tls.as_ref().and_then(|tls| tls.stream_error(error, seen.received == 0));
        let by_stream = || stream_error::fault(self.phase().unwrap_or(Phase::Assert), error, &seen, awaited);
        self.of_connection(by_tls.unwrap_or_else(by_stream))
    }

    /// The fault of an attempt that its deadline, or a share of the time that ended before, has cut.
    pub fn deadline_fault(&mut self) -> Fault {
        let after = duration::show(rounded(self.began.elapsed()).min(self.allowance()));
        match self.phase() {
            Some(Phase::Resolve) => self.fault(Cause::DnsTimeout, format!("no name server answered within {after}")),
            Some(Phase::Connect) if self.dialling.is_some() || self.monitor.is_none() => {
                let cut = self.cut_dialling();
                let to = cut.map_or_else(String::new, |address| format!(" to {address}"));
                let fault =
                    Fault::new(Phase::Connect, Cause::ConnectTimeout, format!("no connection{to} within {after}"));
                fault.of_attempt(cut.and(self.evidence.tries.len().checked_sub(1)))
            }
            phase => {
                let phase = phase.unwrap_or(Phase::Assert);
                let Some(seen) = self.monitor.as_ref().map(StreamMonitor::seen) else {
                    return self.fault(Cause::Timeout, format!("timed out after {after}"));
                };
                let silence = stream_error::silence(&seen, Instant::now());
                let fault = Fault::new(phase, Cause::Timeout, format!("timed out after {after}: {silence}"));
                self.of_connection(fault.with(stream_error::how_silent(&seen)))
            }
        }
    }

    /// Ends a stream on which our protocol ended its session: reads to the peer's end for at most 100 ms within the
    /// deadline, so that the closing side is the peer. A peer that does not close gets an orderly end all the same.
    pub async fn close(&mut self, mut io: Io) {
        // A peer that is gone needs no shutdown.
        drop(timeout_at(self.close_deadline(), io.shutdown()).await);
        drop(io);
        self.drain_closing().await;
    }

    /// Ends a stream of a protocol without an end message: the peer may close for at most 100 ms within the deadline, then
    /// the connection is aborted. Nothing is waited for where nothing was sent.
    pub async fn abandon(&mut self, mut io: Io) {
        if io.monitor().seen().sent > 0 {
            let began = Instant::now();
            // Neither an error nor the limit matters any more.
            drop(timeout_at(self.close_deadline(), tokio::io::copy(&mut io, &mut tokio::io::sink())).await);
            self.waited(began);
        }
    }

    /// Lets the peers close first of all streams that were shut down and dropped since: for at most
    /// 100 ms within the deadline. Whoever runs a check calls it once the check is done.
    pub async fn drain_closing(&mut self) {
        let began = Instant::now();
        let until = self.close_deadline();
        while let Some(mut stream) = self.closing.pop() {
            let mut rest = (&mut stream).take(FAREWELL_BYTES);
            let read = timeout_at(until, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
            if matches!(read, Ok(Ok(FAREWELL_BYTES))) {
                io::abort(stream);
            }
        }
        self.waited(began);
    }

    /// Something that a session may still ask while it ends, for at most a second within the deadline: a peer that does not
    /// answer it fails no check, and the time belongs to no phase.
    pub async fn aside<T>(&mut self, asking: impl Future<Output = T>) -> Option<T> {
        let began = Instant::now();
        // Closing needs its own time.
        let last = self.options.deadline.checked_sub(FAREWELL).unwrap_or(began);
        let until = last.min(began + ASIDE);
        let answer = timeout_at(until, asking).await.ok();
        self.waited(began);
        answer
    }

    /// The time of closing since `began` belongs to no phase.
    fn waited(&mut self, began: Instant) {
        let spent = began.elapsed();
        self.closing_time += spent;
        if let Some((_, entered)) = &mut self.current {
            *entered += spent;
        }
    }

    /// How long it has waited for peers to close. It says nothing of them: no one else waits for that.
    pub const fn closing_time(&self) -> Duration {
        self.closing_time
    }

    fn close_deadline(&self) -> Instant {
        self.options.deadline.min(Instant::now() + FAREWELL)
    }

    /// The end of it: stops whatever it spawned and hands over what was recorded.
    #[must_use]
    pub fn finish(mut self) -> Evidence {
        self.leave();
        self.end_try(ConnectResult::Cut, None);
        std::mem::take(&mut self.evidence)
    }

    /// How it dials.
    pub(super) const fn rules(&self) -> DialRules {
        self.options.rules
    }

    /// The address that this endpoint is pinned to.
    pub(super) fn pinned(&self, endpoint: &Endpoint) -> Option<IpAddr> {
        self.options.pinned.as_ref().filter(|pin| pin.endpoint == *endpoint).map(|pin| pin.ip)
    }

    /// Whether it is to dial this endpoint: under `require: each` a check of several hosts runs for one host at a time.
    #[must_use]
    pub fn is_for(&self, endpoint: &Endpoint) -> bool {
        self.options.pinned.as_ref().is_none_or(|pin| pin.endpoint == *endpoint)
    }

    /// Whether it is one of several, each for its own address.
    pub(super) const fn is_pinned(&self) -> bool {
        self.options.pinned.is_some()
    }

    /// The time it has in all, as the user wrote it: the moments between the two clock readings are rounded away.
    pub(super) fn allowance(&self) -> Duration {
        rounded(self.options.deadline.saturating_duration_since(self.began))
    }

    /// A try has begun.
    pub(super) fn begin_try(&mut self, address: SocketAddr) {
        self.dialling = Some((address, Instant::now()));
    }

    /// The try that has begun ended so.
    pub(super) fn end_try(&mut self, result: ConnectResult, errno: Option<i32>) {
        if let Some((address, since)) = self.dialling.take() {
            self.record_try(address, result, errno, since.elapsed());
        }
    }

    /// Records a try.
    pub(super) fn record_try(
        &mut self,
        address: SocketAddr,
        result: ConnectResult,
        errno: Option<i32>,
        duration: Duration,
    ) {
        let host = self.host.clone();
        self.evidence.tries.push(ConnectAttempt { host, address, result, errno, duration });
    }

    /// Records the try that is under way, if any, as cut; its address.
    fn cut_dialling(&mut self) -> Option<SocketAddr> {
        let address = self.dialling.map(|(address, _)| address);
        self.end_try(ConnectResult::Cut, None);
        address
    }

    /// Ends the running phase.
    pub fn leave(&mut self) {
        let Some((phase, since)) = self.current.take() else { return };
        let spent = since.elapsed();
        match self.evidence.phases.iter_mut().find(|(known, _)| *known == phase) {
            Some((_, total)) => *total += spent,
            None => self.evidence.phases.push((phase, spent)),
        }
    }
}

/// To the next ten milliseconds: what is finer is noise in a message.
fn rounded(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from((duration.as_millis() + 5) / 10 * 10).unwrap_or(u64::MAX))
}
