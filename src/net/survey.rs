//! After a run: every address of what was dialled, measured, for those who ask what other runtimes would do here.
//!
//! Both families are resolved, what the run has tried already is taken over, and the others are dialled, one at a time
//! and with nothing sent. What it must not do: repeat the run, log in, or decide whether the check passes.

pub(super) mod memory;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::net::attempt::Attempt;
use crate::net::dial::socket;
use crate::net::resolve::{self, Budget, Family};
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Families, Resolved, Surveyed};
use crate::pod;
use crate::url::{Endpoint, Host};

use memory::SYN_AGAIN;

/// How long a survey may take, beside the deadline of its attempt.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For one address. A try of the run that was cut after less than four fifths of it is made again.
    pub each: Duration,
    /// How many addresses are measured in all; the others are listed as not tried.
    pub addresses: usize,
}

/// Measures every address of these endpoints; the result is in the attempt's evidence.
pub async fn survey(attempt: &mut Attempt, endpoints: &[Endpoint], limits: Limits) {
    let interfaces = attempt.env().file(Path::new("/proc/net/if_inet6")).unwrap_or_default();
    let ipv4 = pod::ipv4_addresses(attempt.env()).is_none_or(|addresses| !addresses.is_empty());
    attempt.evidence().families = Some(families(ipv4, &String::from_utf8_lossy(&interfaces)));
    let mut wanted: Vec<(Option<String>, SocketAddr)> = Vec::new();
    for endpoint in endpoints {
        let host = (endpoints.len() > 1).then(|| endpoint.host.to_string());
        attempt.for_host(host.clone());
        for ip in addresses(attempt, &endpoint.host).await {
            let one = (host.clone(), SocketAddr::new(ip, endpoint.port));
            if !wanted.contains(&one) {
                wanted.push(one);
            }
        }
    }
    for (index, (host, address)) in wanted.into_iter().enumerate() {
        let source = socket::source(address);
        let known = attempt.evidence().tries.iter().rev().find(|one| one.address == address && enough(one, limits));
        let measured = match known.cloned() {
            Some(known) => (known.result, known.errno, known.duration),
            None if index < limits.addresses => patiently(address, attempt, limits).await,
            None => (ConnectResult::NotTried, None, Duration::ZERO),
        };
        let (result, errno, duration) = match measured {
            // The time was used up on others.
            (ConnectResult::Cut, _, after) if !is_silence(after, limits) => {
                (ConnectResult::NotTried, None, Duration::ZERO)
            }
            measured => measured,
        };
        attempt.evidence().survey.push(Surveyed { host, address, result, errno, duration, source });
    }
}

/// Whether an address that was silent for so long may be called so.
fn is_silence(after: Duration, limits: Limits) -> bool {
    after >= limits.each * 4 / 5
}

/// Whether the run's own try tells enough.
fn enough(known: &ConnectAttempt, limits: Limits) -> bool {
    match known.result {
        ConnectResult::NotTried => false,
        ConnectResult::Cut => is_silence(known.duration, limits),
        ConnectResult::Connected => known.duration < SYN_AGAIN,
        _ => true,
    }
}

fn left(attempt: &Attempt, limits: Limits) -> Duration {
    limits.each.min(attempt.deadline().saturating_duration_since(Instant::now()))
}

/// What took so long that a lost packet may have been the reason is measured once more, and the better time counts: of
/// one packet nothing is foretold.
async fn patiently(
    address: SocketAddr,
    attempt: &mut Attempt,
    limits: Limits,
) -> (ConnectResult, Option<i32>, Duration) {
    // It can wait until the next time.
    let Some(_permit) = attempt.world().sockets.try_permit() else {
        return (ConnectResult::NotTried, None, Duration::ZERO);
    };
    let first = measure(address, left(attempt, limits)).await;
    if first.0 != ConnectResult::Connected || first.2 < SYN_AGAIN {
        return first;
    }
    match measure(address, left(attempt, limits)).await {
        again @ (ConnectResult::Connected, ..) if again.2 < first.2 => again,
        _ => first,
    }
}

/// One connect; the connection is closed abortively, with nothing sent.
async fn measure(address: SocketAddr, limit: Duration) -> (ConnectResult, Option<i32>, Duration) {
    if limit.is_zero() {
        return (ConnectResult::NotTried, None, Duration::ZERO);
    }
    let began = Instant::now();
    let result = timeout(limit, socket::connect(address, true)).await;
    let duration = began.elapsed();
    match result {
        Ok(Ok(_)) => (ConnectResult::Connected, None, duration),
        Ok(Err(error)) => (socket::result(address, &error), error.raw_os_error(), duration),
        Err(_) => (ConnectResult::Cut, None, duration),
    }
}

/// Both families of a host; only what the run has not asked for is asked now.
async fn addresses(attempt: &mut Attempt, host: &Host) -> Vec<IpAddr> {
    let name = match host {
        Host::Ip(ip) => return vec![ip.to_canonical()],
        Host::Name(name) => name,
    };
    let mut all: Vec<IpAddr> = Vec::new();
    for family in [Family::V4, Family::V6] {
        if known(attempt.evidence(), name, family).is_none() {
            let budget = Budget::second_family(attempt);
            // Both ways it is recorded.
            drop(resolve::addresses(attempt, name, family, budget).await);
        }
        let found = known(attempt.evidence(), name, family).map(|one| one.addresses.as_slice()).unwrap_or_default();
        for ip in found.iter().map(IpAddr::to_canonical) {
            if !all.contains(&ip) {
                all.push(ip);
            }
        }
    }
    all
}

fn known<'a>(evidence: &'a Evidence, name: &str, family: Family) -> Option<&'a Resolved> {
    evidence.resolved.iter().find(|one| one.name == name && one.family == family.number())
}

/// Reads `/proc/net/if_inet6`: a line for each address, which stands first, as 32 hexadecimal digits.
fn families(ipv4: bool, interfaces: &str) -> Families {
    let all: Vec<&str> = interfaces.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let is_loopback = |address: &&str| u128::from_str_radix(address, 16) == Ok(1);
    Families { ipv4, ipv6: !all.iter().all(is_loopback), ipv6_loopback: all.iter().any(is_loopback) }
}

#[cfg(test)]
mod tests;
