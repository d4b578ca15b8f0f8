//! Connecting: IPv4 first, strictly one address after another, each try recorded.
//!
//! What it must not do: have two connects of one check in flight, or cut a try before it had a fair share of the time.

mod report;
pub(super) mod socket;

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::net::descriptors::Permitted;
use crate::net::oserr;
use crate::net::resolve::{self, Budget, Family};
use crate::net::world::World;
use crate::outcome::{ConnectAttempt, ConnectResult, Detail, DnsDetail, Failure, Fault, Member, Phase};
use crate::pod;
use crate::url::{Endpoint, Host};

pub use crate::net::options::{AddressPolicy, DialRules, Require};

/// No try gets less, as long as there is time: whoever cuts earlier takes a slow network for a dead one.
const LEAST_SHARE: Duration = Duration::from_millis(500);

/// Where to dial: the addresses known now, and the family that is resolved only if none of them connects.
pub(super) struct Candidates {
    /// In order; at least one.
    pub(super) now: Vec<IpAddr>,
    /// What is left to ask for.
    later: Option<Family>,
}

/// How one address is reached.
pub(super) trait Opening: Sync {
    /// What there is once it is reached.
    type Opened: Send;

    /// Reaches it. The caller cuts it when its time is over.
    fn open(&self, address: SocketAddr) -> impl Future<Output = io::Result<Self::Opened>> + Send;
}

/// A connection over TCP.
struct Tcp {
    world: Arc<World>,
}

impl Opening for Tcp {
    type Opened = TcpStream;

    async fn open(&self, address: SocketAddr) -> io::Result<TcpStream> {
        socket::connect(address, self.world.is_local_port(address.port())).await
    }
}

/// Resolves and connects, one address after another.
pub(super) async fn connect(attempt: &mut Attempt, endpoint: &Endpoint) -> Result<Permitted<TcpStream>, Fault> {
    let tcp = Tcp { world: attempt.shared_world() };
    reach(attempt, endpoint, &tcp).await
}

/// Resolves and reaches one address after another.
pub(super) async fn reach<O: Opening>(
    attempt: &mut Attempt,
    endpoint: &Endpoint,
    opening: &O,
) -> Result<Permitted<O::Opened>, Fault> {
    let candidates = candidates(attempt, endpoint).await?;
    let from = attempt.evidence().tries.len();
    attempt.enter(Phase::Connect);
    let all = attempt.rules().require == Require::All && !attempt.is_pinned();
    let mut stream = dial(attempt, opening, &candidates.now, endpoint.port, all).await;
    if all {
        remember_members(attempt, from);
        if attempt.evidence().tries[from..].iter().any(|attempt| attempt.result != ConnectResult::Connected) {
            stream = None;
        }
    } else if stream.is_none()
        && let (Some(family), Host::Name(name)) = (candidates.later, &endpoint.host)
    {
        attempt.enter(Phase::Resolve);
        let budget = Budget::second_family(attempt);
        let more = resolve::addresses(attempt, name, family, budget).await;
        attempt.enter(Phase::Connect);
        // That the other family is not there is evidence, no failure: the tries tell what is wrong.
        let more = usable(more.unwrap_or_default(), &candidates.now);
        stream = dial(attempt, opening, &more, endpoint.port, false).await;
    }
    match stream {
        Some(stream) => {
            attempt.note_connection(from);
            Ok(stream)
        }
        None => {
            let allowance = attempt.allowance();
            // A member is one address of several.
            let pinned = attempt.pinned(endpoint).map(|ip| Endpoint { host: Host::Ip(ip), port: endpoint.port });
            Err(report::fault(&attempt.evidence().tries, from, pinned.as_ref().unwrap_or(endpoint), allowance))
        }
    }
}

/// The addresses of an endpoint: a literal, the pinned one, or what its name gives.
pub(super) async fn candidates(attempt: &mut Attempt, endpoint: &Endpoint) -> Result<Candidates, Fault> {
    if let Some(ip) = attempt.pinned(endpoint) {
        return Ok(Candidates { now: vec![ip], later: None });
    }
    let policy = policy(attempt);
    let name = match &endpoint.host {
        Host::Name(name) => name,
        Host::Ip(ip) => {
            let ip = ip.to_canonical();
            if policy.allows(ip) {
                return Ok(Candidates { now: vec![ip], later: None });
            }
            let message = format!("the address is {ip}, and `addresses: {}` does not allow it", policy.as_str());
            let statement = format!("`addresses: {}` does not allow {ip}", policy.as_str());
            let fault = Fault::new(Phase::Resolve, Cause::DnsNoAddress, message).stating(statement);
            return Err(fault.with(Detail::Dns(DnsDetail::Excluded)));
        }
    };
    attempt.enter(Phase::Resolve);
    let budget = Budget::start(attempt);
    let preferred = policy.preferred();
    let fault = match resolve::addresses(attempt, name, preferred, budget).await {
        Ok(found) => return Ok(Candidates { now: usable(found, &[]), later: policy.fallback() }),
        Err(fault) => fault,
    };
    let Some(other) = policy.fallback() else { return Err(excluded(attempt, name, policy, fault).await) };
    // A server that lets AAAA vanish may well answer A. One that is silent for A is silent: it is not asked again.
    let silent = fault.cause == Cause::DnsTimeout;
    if silent && preferred == Family::V4 {
        return Err(fault);
    }
    let budget = if silent { Budget::second_family(attempt) } else { budget };
    match resolve::addresses(attempt, name, other, budget).await {
        Ok(found) => Ok(Candidates { now: usable(found, &[]), later: None }),
        Err(second) => Err(resolve::worse(fault, second)),
    }
}

/// The policy that holds here: where every address has to work, those of IPv4 are none in a pod without it.
fn policy(attempt: &Attempt) -> AddressPolicy {
    match attempt.rules() {
        DialRules { addresses: AddressPolicy::Ipv4First, require: Require::All | Require::Each, .. }
            if pod::is_ipv6_alone(attempt.env()) =>
        {
            AddressPolicy::Ipv6First
        }
        rules => rules.addresses,
    }
}

/// The fault under a policy that allows one family where that family has no address: what is there is named.
async fn excluded(attempt: &mut Attempt, name: &str, policy: AddressPolicy, fault: Fault) -> Fault {
    if fault.cause != Cause::DnsNoAddress {
        return fault;
    }
    let (wanted, other) = match policy.preferred() {
        Family::V4 => ("IPv4", Family::V6),
        Family::V6 => ("IPv6", Family::V4),
    };
    let budget = Budget::second_family(attempt);
    let Ok(found) = resolve::addresses(attempt, name, other, budget).await else { return fault };
    let found: Vec<String> = found.iter().take(4).map(ToString::to_string).collect();
    let message = format!(
        "{name} has no {wanted} address; it has {}, which `addresses: {}` does not allow",
        found.join(", "),
        policy.as_str()
    );
    fault.with_message(message)
}

/// IPv4-mapped addresses as what they are, each address once, none that was dialled already.
fn usable(found: Vec<IpAddr>, known: &[IpAddr]) -> Vec<IpAddr> {
    let mut ips: Vec<IpAddr> = Vec::with_capacity(found.len());
    for ip in found {
        let ip = ip.to_canonical();
        if !ips.contains(&ip) && !known.contains(&ip) {
            ips.push(ip);
        }
    }
    ips
}

/// Tries one address after another, until one connects, or all of them; gives the first that connected.
async fn dial<O: Opening>(
    attempt: &mut Attempt,
    opening: &O,
    ips: &[IpAddr],
    port: u16,
    all: bool,
) -> Option<Permitted<O::Opened>> {
    let mut first = None;
    let least = LEAST_SHARE.min(attempt.allowance() / 4);
    for (index, ip) in ips.iter().enumerate() {
        let left = attempt.deadline().saturating_duration_since(Instant::now());
        let connect_timeout = attempt.rules().connect_timeout;
        let nothing_tried = attempt.evidence().tries.is_empty();
        let enough = left >= connect_timeout.unwrap_or(least).min(least);
        if left.is_zero() || !(enough || nothing_tried) {
            for ip in &ips[index..] {
                attempt.record_try((*ip, port).into(), ConnectResult::NotTried, None, Duration::ZERO);
            }
            break;
        }
        let budget = share(left, ips.len() - index, connect_timeout);
        let stream = try_one(attempt, opening, (*ip, port).into(), budget).await;
        if !all && stream.is_some() {
            return stream;
        }
        // A further one has served its purpose: dropped with nothing sent, it is aborted.
        first = first.or(stream);
    }
    first
}

/// What one try may take: `connect_timeout`, else its part of half of the time left, so that login and request keep
/// theirs; at least [`LEAST_SHARE`], never more than there is.
fn share(left: Duration, addresses_left: usize, connect_timeout: Option<Duration>) -> Duration {
    let parts = u32::try_from(addresses_left.max(1)).unwrap_or(u32::MAX);
    let fair = (left / 2 / parts).max(LEAST_SHARE);
    connect_timeout.unwrap_or(fair).min(left)
}

/// One try, recorded.
async fn try_one<O: Opening>(
    attempt: &mut Attempt,
    opening: &O,
    address: SocketAddr,
    budget: Duration,
) -> Option<Permitted<O::Opened>> {
    let permit = attempt.socket_permit().await;
    attempt.begin_try(address);
    match timeout(budget, opening.open(address)).await {
        Ok(Ok(stream)) => {
            attempt.end_try(ConnectResult::Connected, None);
            Some(Permitted::new(stream, permit))
        }
        Ok(Err(error)) => {
            attempt.end_try(socket::result(address, &error), error.raw_os_error());
            None
        }
        Err(_) => {
            attempt.end_try(ConnectResult::Cut, None);
            None
        }
    }
}

/// Under `require: all` each address is a member with its own result.
fn remember_members(attempt: &mut Attempt, from: usize) {
    let member = |one: &ConnectAttempt| {
        let failure = oserr::connect_cause(one.result).map(|cause| Failure {
            phase: Phase::Connect,
            cause,
            statement: None,
            message: report::line(one),
            hint: cause.info().remedy.to_owned(),
            detail: one.errno.map(Detail::Os),
            risks_lock: false,
        });
        Member { address: one.address, failure }
    };
    let members: Vec<Member> = attempt.evidence().tries[from..].iter().map(member).collect();
    attempt.evidence().members.extend(members);
}

#[cfg(test)]
pub(super) mod tests;
