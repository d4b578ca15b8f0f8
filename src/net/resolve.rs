//! Names to addresses: resolv.conf, hosts, the search walk, and our own exchange over hickory's codec.
//!
//! Each datagram (and each exchange over TCP) is one recorded query. Nothing is cached: an app's own resolver would not
//! either. What it must not do: ask both families at once in a run, or hide a server's failure behind a later NXDOMAIN.

mod answer;
mod conf;
mod exchange;
mod hosts;
mod message;
mod pairs;
mod search;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use hickory_proto::rr::RData;
use tokio::time::Instant;

use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::net::dial::AddressPolicy;
use crate::outcome::{Detail, DnsAnswer, DnsDetail, Fault, Phase, Query, Resolved};

pub(crate) use answer::RECORD_LIMIT;
pub use answer::Record;
pub(crate) use conf::PORT;
pub use pairs::ask_in_pairs;
pub use search::Suffixes;

use conf::Conf;
use exchange::Asked;
use search::Candidate;

/// At most this many addresses of a name and family are kept: as many as records of an answer, so that every peer behind a
/// headless service is seen.
pub const ADDRESS_LIMIT: usize = RECORD_LIMIT;
/// What the second family may take once the first has given addresses.
const SECOND_FAMILY: Duration = Duration::from_millis(500);

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

impl Family {
    /// 4 or 6.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::V4 => 4,
            Self::V6 => 6,
        }
    }
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
/// [`ADDRESS_LIMIT`]. Queries and addresses are recorded in the attempt's evidence; the phase is the caller's to enter.
///
/// A name without an A record is asked for AAAA before the walk goes on, since libc asks for both at once and stops at a
/// name that has either. AAAA after A asks only what A left open: the name that had an A record, or else those that are
/// not NXDOMAIN and have not told that they have none; where there is none, it fails without a query.
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
    let found = lookup(attempt, name, family, budget).await;
    let addresses = found.clone().unwrap_or_default();
    let resolved = &mut attempt.evidence().resolved;
    // A name is resolved again for each redirect: the last answer stands.
    resolved.retain(|known| known.name != name || known.family != family.number());
    resolved.push(Resolved { name: name.to_owned(), family: family.number(), addresses });
    found
}

async fn lookup(attempt: &mut Attempt, name: &str, family: Family, budget: Budget) -> Result<Vec<IpAddr>, Fault> {
    if let Some(settled) = without_asking(attempt, name, family) {
        return settled;
    }
    let conf = conf::read(attempt.env());
    let mut list = search::candidates(name, &conf);
    let record = match family {
        Family::V4 => Record::A,
        Family::V6 => Record::Aaaa,
    };
    if family == Family::V6
        && let Some(fault) = narrow(attempt, name, &mut list)
    {
        return Err(fault);
    }
    let either = family == Family::V4 && attempt.rules().addresses == AddressPolicy::Ipv4First;
    let found = walk(attempt, &conf, Sought { name, record, either }, list, budget).await?;
    let mut ips: Vec<IpAddr> = Vec::new();
    for ip in found.iter().filter_map(answer::ip) {
        if ips.len() < ADDRESS_LIMIT && !ips.contains(&ip) {
            ips.push(ip);
        }
    }
    Ok(ips)
}

/// The records of a type for a name, as zone files write them: names in lower case without their final dot. At least
/// one, at most 256. The hosts file is not read. With a server, it is asked for the name as it is; without, resolv.conf
/// says which servers and names.
///
/// # Errors
/// As [`addresses`]; `dns_no_address` stands for no record of that type.
pub async fn records(
    attempt: &mut Attempt,
    name: &str,
    record: Record,
    server: Option<SocketAddr>,
    budget: Budget,
) -> Result<Vec<String>, Fault> {
    let mut conf = conf::read(attempt.env());
    if let Some(server) = server {
        conf = Conf { servers: vec![server], search: Vec::new(), note: None, ..conf };
    }
    let list = search::candidates(name, &conf);
    let found = walk(attempt, &conf, Sought { name, record, either: false }, list, budget).await?;
    Ok(found.iter().map(answer::text).collect())
}

/// What is looked for.
#[derive(Clone, Copy)]
struct Sought<'a> {
    name: &'a str,
    record: Record,
    /// A name that has AAAA alone ends the walk as well: libc, which asks for both at once, has found it then.
    either: bool,
}

/// Asks for one name after another until one has records. An answer of whatever kind leads to the next name; silence
/// ends the walk, as in libc.
async fn walk(
    attempt: &mut Attempt,
    conf: &Conf,
    sought: Sought<'_>,
    mut list: Vec<Candidate>,
    budget: Budget,
) -> Result<Vec<RData>, Fault> {
    let Sought { name, record, either } = sought;
    let note = conf.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    let fault = |cause, text: &str| Fault::new(Phase::Resolve, cause, format!("{text}{note}"));
    let (key, extent) = (format!("{name} {}", record.as_str()), attempt.walk());
    attempt.world().suffixes.arrange(&key, extent, &mut list);
    // The first name that is not simply unknown tells most: the walk prefers the earlier ones.
    let mut telling: Option<Fault> = None;
    for candidate in &list {
        let absolute = message::written(&candidate.name);
        match exchange::ask(attempt, conf, candidate, record, budget).await {
            Asked::Found(records) => {
                attempt.world().suffixes.matched(&key, extent, candidate.suffix.as_deref());
                return Ok(records);
            }
            Asked::NotFound => {}
            Asked::NoData => {
                let text = format!("{absolute} exists, but has no {} record", record.as_str());
                telling = telling.or(Some(fault(Cause::DnsNoAddress, &text)));
                let until = budget.until.min(Instant::now() + SECOND_FAMILY);
                if either
                    && let Asked::Found(_) =
                        exchange::ask(attempt, conf, candidate, Record::Aaaa, Budget { until }).await
                {
                    break;
                }
            }
            Asked::Failed(cause, text) => telling = telling.or(Some(fault(cause, &text))),
            Asked::Silent(text) => {
                let silent = fault(Cause::DnsTimeout, &text);
                return Err(telling.map_or(silent.clone(), |first| worse(first, silent)));
            }
            Asked::LocalLimit(text) => {
                return Err(fault(Cause::LocalLimit, &format!("no socket to ask for {absolute}: {text}")));
            }
        }
    }
    Err(telling.unwrap_or_else(|| fault(Cause::DnsNotFound, &unknown(name, &list))))
}

/// What is said where every name was NXDOMAIN.
fn unknown(name: &str, list: &[Candidate]) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<_> = list.iter().take(SHOWN).map(|candidate| message::written(&candidate.name)).collect();
    if list.len() > SHOWN {
        names.push(format!("{} more", list.len() - SHOWN));
    }
    match names.is_empty() {
        true => format!("{name} is no name that can be asked for"),
        false => format!("NXDOMAIN for {}", names.join(", ")),
    }
}

/// Leaves of the list what A left open in this attempt: NXDOMAIN is for every type, and once a name had an A record,
/// libc asks for no other.
fn narrow(attempt: &mut Attempt, name: &str, list: &mut Vec<Candidate>) -> Option<Fault> {
    let host = attempt.host().map(str::to_owned);
    let queries = &attempt.evidence().queries;
    let of_a = |candidate: &Candidate| {
        let asked = message::written(&candidate.name);
        queries.iter().rev().find(|query| query.record == "A" && query.name == asked && query.host == host)
    };
    if let Some(at) = list.iter().position(|candidate| of_a(candidate).is_some_and(|query| query.answers > 0)) {
        *list = vec![list.swap_remove(at)];
        return None;
    }
    let of_aaaa = |candidate: &Candidate| {
        let asked = message::written(&candidate.name);
        queries.iter().rev().find(|query| query.record == "AAAA" && query.name == asked && query.host == host)
    };
    let is = |query: &Query, rcode: &str| matches!(&query.answer, DnsAnswer::Rcode(code) if code == rcode);
    let text = unknown(name, list);
    list.retain(|candidate| !of_a(candidate).is_some_and(|query| is(query, "NXDOMAIN")));
    let there = list.first().map(|candidate| message::written(&candidate.name));
    list.retain(|candidate| !of_aaaa(candidate).is_some_and(|query| is(query, "NOERROR") && query.answers == 0));
    let fault = |cause, text| Some(Fault::new(Phase::Resolve, cause, text));
    match (list.is_empty(), there) {
        (false, _) => None,
        (true, None) => fault(Cause::DnsNotFound, text),
        (true, Some(there)) => fault(Cause::DnsNoAddress, format!("{there} exists, but has no AAAA record")),
    }
}

/// The fault to report where both families failed: the more telling one; the first where they are equal. So NODATA for
/// both is `dns_no_address`, and a server that fails for one of them is what is reported.
#[must_use]
pub fn worse(first: Fault, second: Fault) -> Fault {
    if (first.cause, second.cause) == (Cause::DnsNoAddress, Cause::DnsNoAddress) {
        let message = format!("{}; {}", first.message, second.message);
        return first.with_message(message);
    }
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
    let fault = Fault::new(Phase::Resolve, Cause::DnsNoAddress, message);
    Some(Err(fault.with(Detail::Dns(DnsDetail::HostsFile))))
}

#[cfg(test)]
mod tests;
