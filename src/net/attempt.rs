//! One attempt of a check: its deadline, its phase timer, and what is recorded of it.
//!
//! It owns whatever it spawns and aborts it when it is dropped. It records; it never judges. What protocol code asks of
//! the network, connecting and TLS, is in `net::connect`.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::cause::Cause;
use crate::duration;
use crate::env::Env;
use crate::net::buffer_budget;
use crate::net::descriptors::{Permit, Permitted};
use crate::net::io::{self, ClosingSockets, Io, StreamMonitor};
use crate::net::options::DialRules;
use crate::net::oserr;
use crate::net::resolve::search::Walk;
use crate::net::stream_error::{self, Expected, StreamError};
use crate::net::tls;
use crate::net::world::World;
use crate::outcome::{
    CleartextLogin, ConnectAttempt, ConnectResult, Detail, Evidence, Facts, Fault, Phase, StreamDetail,
};
use crate::url::Endpoint;

pub use crate::net::options::{AttemptOptions, Pin};

/// How long the peer of a finished conversation may take to close.
const FAREWELL: Duration = Duration::from_millis(100);
/// What the verdict of a run needs before its deadline.
const VERDICT: Duration = Duration::from_millis(20);
/// How long the peer may take for an answer that decides nothing of the login.
const ASIDE: Duration = Duration::from_secs(1);
/// How much all peers of an attempt may send until then, in bytes: of an answer whose end nobody wants, there may be much.
pub const FAREWELL_BYTES: u64 = 64 * 1024;

/// One attempt.
pub struct Attempt {
    world: Arc<World>,
    options: AttemptOptions,
    host: Option<String>,
    current: Option<(Phase, Instant)>,
    evidence: Box<Evidence>,
    monitor: Option<StreamMonitor>,
    /// The try that the newest stream came from: an index into the evidence.
    connection: Option<usize>,
    tls: Option<tls::Session>,
    began: Instant,
    dialling: Option<(SocketAddr, Instant)>,
    /// Whether it waits until there may be one more socket.
    waits_for_socket: bool,
    closing: ClosingSockets,
    closing_time: Duration,
    /// What may still be read of [`FAREWELL_BYTES`].
    farewell_left: u64,
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
            evidence: Box::default(),
            monitor: None,
            connection: None,
            tls: None,
            began: Instant::now(),
            dialling: None,
            waits_for_socket: false,
            closing: ClosingSockets::default(),
            closing_time: Duration::ZERO,
            farewell_left: FAREWELL_BYTES,
            tasks: JoinSet::new(),
        }
    }

    /// One that goes on where another has ended: what that one recorded is here already.
    #[must_use]
    pub fn resume(world: Arc<World>, options: AttemptOptions, evidence: Box<Evidence>) -> Self {
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

    /// The same, to keep.
    pub(super) fn shared_world(&self) -> Arc<World> {
        Arc::clone(&self.world)
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

    /// Waits until there may be one more socket.
    pub(super) async fn socket_permit(&mut self) -> Permit {
        self.waits_for_socket = true;
        let permit = self.world.sockets.permit().await;
        self.waits_for_socket = false;
        permit
    }

    /// Records that a password was sent over the newest connection without TLS, where it left this pod; `fix` says how the
    /// kind asks for TLS.
    pub fn note_cleartext_login(&mut self, endpoint: &Endpoint, fix: &'static str) {
        let to = self.connection.and_then(|index| self.evidence.tries.get(index));
        if to.is_some_and(|one| !one.address.ip().to_canonical().is_loopback()) {
            self.evidence.facts.cleartext_login = Some(CleartextLogin { server: endpoint.to_string(), fix });
        }
    }

    /// Takes a connected socket as the newest stream.
    pub(super) fn take_socket(&mut self, stream: Permitted<TcpStream>) -> Io {
        let io = Io::tcp(stream, self.closing.clone()).within(Some(self.world.buffers.clone()));
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
        if self.waits_for_socket {
            let message =
                format!("no descriptor was free for a socket within {after}: other checks use those there are");
            return self.fault(Cause::LocalLimit, message).with(Detail::Os(oserr::EMFILE));
        }
        if self.monitor.as_ref().is_some_and(StreamMonitor::waits_for_room) {
            return self.no_room(&after);
        }
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

    /// The fault of an attempt whose time ended while it waited for memory.
    fn no_room(&self, after: &str) -> Fault {
        let mib = buffer_budget::TOTAL / (1024 * 1024);
        let message = format!(
            "no memory for the rest of the answer within {after}: the answers of other checks take the {mib} MiB that \
             all share"
        );
        self.fault(Cause::LocalLimit, message).with(Detail::Stream(StreamDetail::NoRoom))
    }

    /// The same where a step of the attempt has its own time and its own words for the end of it.
    pub(super) fn or_no_room(&self, fault: Fault, monitor: &StreamMonitor) -> Fault {
        if fault.cause == Cause::Timeout && monitor.waits_for_room() {
            return self.no_room(&duration::show(rounded(self.began.elapsed()).min(self.allowance())));
        }
        fault
    }

    /// Ends a stream on which our protocol ended its session: reads to the peer's end for at most 100 ms within the
    /// deadline, so that the closing side is the peer. A peer that does not close gets an orderly end all the same.
    pub async fn close(&mut self, mut io: Io) {
        // A peer that is gone needs no shutdown.
        drop(timeout_at(self.close_deadline(), io.shutdown()).await);
        drop(io);
        self.drain_closing().await;
    }

    /// Ends a stream of a protocol whose servers wait for the client to close: in order, and at once.
    pub async fn hang_up(&mut self, mut io: Io) {
        drop(timeout_at(self.close_deadline(), io.shutdown()).await);
        drop(io);
        // It was the last one to close.
        drop(self.closing.pop());
    }

    /// Ends a stream of a protocol without an end message: the peer may close for at most 100 ms within the deadline, then
    /// the connection is aborted. Nothing is waited for where nothing was sent.
    pub async fn abandon(&mut self, mut io: Io) {
        if io.monitor().seen().sent > 0 {
            let began = Instant::now();
            io.monitor().set_unbuffered();
            // Whether it ended, failed or had too much to say: it is aborted.
            self.hear_out(&mut io, self.close_deadline()).await;
            self.waited(began);
        }
    }

    /// Lets the peers close first of all streams that were shut down and dropped since: for at most
    /// 100 ms within the deadline. Whoever runs a check calls it once the check is done.
    pub async fn drain_closing(&mut self) {
        let began = Instant::now();
        let until = self.close_deadline();
        while let Some(mut stream) = self.closing.pop() {
            if self.hear_out(&mut *stream, until).await {
                io::abort(stream);
            }
        }
        self.waited(began);
    }

    /// Something that a session may still ask while it ends, for at most a second within the deadline: a peer that does not
    /// answer it fails no check, and the time belongs to no phase.
    pub async fn aside<T>(&mut self, asking: impl Future<Output = T>) -> Option<T> {
        let began = Instant::now();
        // Closing needs its own time; where nothing was sent, only the verdict does.
        let silent = self.monitor.as_ref().is_none_or(|monitor| monitor.seen().sent == 0);
        let reserve = if silent { VERDICT } else { FAREWELL };
        let last = self.options.deadline.checked_sub(reserve).unwrap_or(began);
        let until = last.min(began + ASIDE);
        let answer = timeout_at(until, asking).await.ok();
        self.waited(began);
        answer
    }

    /// Reads what a peer still says, to its end, the time or the limit; whether it goes on beyond the limit or the time.
    async fn hear_out(&mut self, stream: &mut (impl AsyncRead + Unpin), until: Instant) -> bool {
        let mut bytes = [0; 1024];
        let mut heard = false;
        while self.farewell_left > 0 {
            match timeout_at(until, stream.read(&mut bytes)).await {
                Ok(Ok(read)) if read > 0 => self.farewell_left = self.farewell_left.saturating_sub(read as u64),
                Ok(_) => return false,
                Err(_) => return heard,
            }
            heard = true;
        }
        true
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
    pub fn finish(mut self) -> Box<Evidence> {
        self.leave();
        self.end_try(ConnectResult::Cut, None);
        self.evidence
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

#[cfg(test)]
mod tests;
