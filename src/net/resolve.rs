//! Names to addresses: resolv.conf, hosts, the search walk, and our own exchange over hickory's codec.
//!
//! Each datagram (and each exchange over TCP) is one recorded query. Nothing is cached: an app's own resolver would not
//! either. What it must not do: ask both families at once, or hide a server's failure behind a later NXDOMAIN.

mod hosts;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::outcome::{Fault, Phase};

/// At most this many addresses of a name are kept.
pub const ADDRESS_LIMIT: usize = 32;
/// What the second family may take once the first has given addresses.
const SECOND_FAMILY: Duration = Duration::from_millis(500);

/// Which suffix of the search list matched last, by name.
#[derive(Debug, Default)]
pub struct Suffixes(pub Mutex<BTreeMap<String, String>>);

/// How much of the search list is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// All of it, in order: `check`, `wait` and `diagnose`.
    Full,
    /// The suffix that matched last first: `serve`.
    Remembered,
}

/// Which addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// `A`.
    V4,
    /// `AAAA`.
    V6,
}

/// How long resolving may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    until: Instant,
}

impl Budget {
    /// For the family that is asked first, and for the other one where the first has no address: half of the time that
    /// the attempt has left. Made once, used for both.
    #[must_use]
    pub fn start(attempt: &Attempt) -> Self {
        let now = Instant::now();
        Self { until: now + attempt.deadline().saturating_duration_since(now) / 2 }
    }

    /// For the other family once the first has given addresses: 500 ms, and never more than half of the time left.
    #[must_use]
    pub fn second_family(attempt: &Attempt) -> Self {
        let Self { until } = Self::start(attempt);
        Self { until: until.min(Instant::now() + SECOND_FAMILY) }
    }

    /// What is left of it.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// The addresses of one family for a name: from the hosts file, else from the name servers. At least one, at most
/// [`ADDRESS_LIMIT`]. Queries are recorded in the attempt's evidence; the phase is the caller's to enter.
///
/// AAAA after A asks only what A left open: the name that had an A record, or else those that are not NXDOMAIN; if
/// there is none, it gives `dns_not_found` without a query.
///
/// # Errors
/// In phase `resolve`: `dns_not_found`, `dns_no_address`, `dns_timeout`, `dns_server_failure`, `dns_refused`, or
/// `local_limit` where no socket could be made. Where both families fail, [`worse`] says which fault to report.
pub async fn addresses(
    attempt: &mut Attempt,
    name: &str,
    family: Family,
    budget: Budget,
) -> Result<Vec<IpAddr>, Fault> {
    if let Some(settled) = without_asking(attempt, name, family) {
        return settled;
    }
    let message = format!("no name server answered in time: {:?}", budget.left());
    Err(Fault::new(Phase::Resolve, Cause::DnsTimeout, message))
}

/// The fault to report where both families failed: the more telling one; the first where they are equal.
#[must_use]
pub fn worse(first: Fault, second: Fault) -> Fault {
    if telling(second.cause) > telling(first.cause) { second } else { first }
}

/// How much a cause tells: a server that fails hides what it would have said; one that is silent hides it too.
const fn telling(cause: Cause) -> u8 {
    match cause {
        Cause::DnsNotFound => 0,
        Cause::DnsNoAddress => 1,
        Cause::DnsTimeout => 2,
        Cause::DnsRefused => 3,
        Cause::DnsServerFailure => 4,
        _ => 5,
    }
}

/// Names that no server is asked for: those of the hosts file, in whatever family, and `localhost`.
fn without_asking(attempt: &Attempt, name: &str, family: Family) -> Option<Result<Vec<IpAddr>, Fault>> {
    let text = attempt.env().file(Path::new("/etc/hosts")).unwrap_or_default();
    let mut known = hosts::lookup(&text, name, ADDRESS_LIMIT);
    let bare = name.trim_end_matches('.').to_ascii_lowercase();
    if known.is_empty() && (bare == "localhost" || bare.ends_with(".localhost")) {
        known = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    }
    if known.is_empty() {
        return None;
    }
    known.retain(|ip| ip.is_ipv4() == (family == Family::V4));
    if !known.is_empty() {
        return Some(Ok(known));
    }
    let version = if family == Family::V4 { "IPv4" } else { "IPv6" };
    let message = format!("/etc/hosts has {bare}, but no {version} address for it");
    Some(Err(Fault::new(Phase::Resolve, Cause::DnsNoAddress, message)))
}

/// Stands in until the dialling is here: loopback only.
pub(crate) fn localhost() -> Vec<IpAddr> {
    vec![IpAddr::from([127, 0, 0, 1])]
}
