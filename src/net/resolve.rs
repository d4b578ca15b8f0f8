//! Names to addresses: resolv.conf, hosts, the search walk, and our own exchange over hickory's codec.
//!
//! Each datagram (and each exchange over TCP) is one recorded query. Nothing is cached, because an app's own resolver caches
//! nothing either. What it must not do: ask both families at once in a run, or hide a server's failure behind a later
//! NXDOMAIN.
//!
//! The exchange is not hickory's, because a query is evidence. hickory's resolver sends a query again, changes to TCP and
//! asks two servers at once without a trace of it, and reports the last error of the search list, not the first.

mod answer;
mod budget;
mod conf;
mod exchange;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hosts;
mod message;
mod owners;
mod pairs;
mod record_type;
pub(super) mod search;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use hickory_resolver::proto::rr::RData;

use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::net::options::AddressPolicy;
use crate::outcome::{Detail, DnsAnswer, DnsDetail, Fault, Phase, Query, Resolved};

pub use budget::Budget;
pub(crate) use conf::PORT;
pub(crate) use owners::RECORD_LIMIT;
pub use pairs::ask_in_pairs;
pub use record_type::RecordType;
pub use search::{Suffixes, Walk};

pub use crate::net::options::Family;

use conf::Conf;
use exchange::LookupResult;
use search::Candidate;

/// At most this many addresses of a name and family are kept. An answer keeps as many records, so that every peer behind a
/// headless service is dialled.
pub const ADDRESS_LIMIT: usize = RECORD_LIMIT;

/// The addresses of one family for a name: from the hosts file, else from the name servers. At least one, at most
/// [`ADDRESS_LIMIT`]. Queries and addresses are recorded in the attempt's evidence; the phase is the caller's to enter.
///
/// If a name has no A record, its AAAA records are asked for before the walk goes on, because libc asks for both at once
/// and stops at a name that has either. AAAA after A asks only for the names that A left open: the one that had an A record,
/// or else those that are neither NXDOMAIN nor known to have no AAAA record. Without such a name, it fails without a query.
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
    // Each redirect resolves the name again. The last answer counts.
    resolved.retain(|known| known.name != name || known.family != family.number());
    resolved.push(Resolved { name: name.to_owned(), family: family.number(), addresses });
    found
}

async fn lookup(attempt: &mut Attempt, name: &str, family: Family, budget: Budget) -> Result<Vec<IpAddr>, Fault> {
    if let Some(settled) = from_hosts_file(attempt, name, family) {
        return settled;
    }
    let conf = conf::read(attempt.env());
    attempt.evidence().search_list = Some(conf.search_list());
    let mut list = search::candidates(name, &conf);
    let record = match family {
        Family::V4 => RecordType::A,
        Family::V6 => RecordType::Aaaa,
    };
    if family == Family::V6
        && let Some(fault) = drop_settled(attempt, name, &mut list)
    {
        return Err(fault);
    }
    let or_aaaa = family == Family::V4 && attempt.rules().addresses == AddressPolicy::Ipv4First;
    let found = walk(attempt, &conf, Lookup { name, record, or_aaaa }, list, budget).await?;
    let mut ips: Vec<IpAddr> = Vec::new();
    for ip in found.iter().filter_map(RData::ip_addr) {
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
    record: RecordType,
    server: Option<SocketAddr>,
    budget: Budget,
) -> Result<Vec<String>, Fault> {
    let conf = match server {
        Some(server) => Conf::of_server(server),
        None => {
            let conf = conf::read(attempt.env());
            attempt.evidence().search_list = Some(conf.search_list());
            conf
        }
    };
    let list = search::candidates(name, &conf);
    let found = walk(attempt, &conf, Lookup { name, record, or_aaaa: false }, list, budget).await?;
    Ok(found.iter().map(answer::record_text).collect())
}

/// What to look up.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    name: &'a str,
    record: RecordType,
    /// Whether a name that has only AAAA records ends the walk, too: libc asks for both at once, so it has found the name.
    or_aaaa: bool,
}

/// Asks for one name after another until one has records. After an answer of any kind the next name follows. Silence ends
/// the walk, same as libc.
async fn walk(
    attempt: &mut Attempt,
    conf: &Conf,
    lookup: Lookup<'_>,
    mut list: Vec<Candidate>,
    budget: Budget,
) -> Result<Vec<RData>, Fault> {
    let Lookup { name, record, or_aaaa } = lookup;
    let note = conf.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    let fault = |cause, text: &str| Fault::new(Phase::Resolve, cause, format!("{text}{note}"));
    let (key, extent) = (format!("{name} {}", record.as_str()), attempt.walk());
    attempt.world().suffixes.reorder(&key, extent, &mut list);
    // Report the first failure that is not NXDOMAIN: the walk prefers the earlier names.
    let mut first_failure: Option<Fault> = None;
    for candidate in &list {
        let absolute = message::name_text(&candidate.name);
        match exchange::lookup(attempt, conf, candidate, record, budget).await {
            LookupResult::Found(records) => {
                attempt.world().suffixes.remember(&key, extent, candidate.suffix.as_deref());
                return Ok(records);
            }
            LookupResult::NotFound => {}
            LookupResult::NoData => {
                let text = format!("{absolute} exists, but has no {} record", record.as_str());
                first_failure = first_failure.or(Some(fault(Cause::DnsNoAddress, &text)));
                if or_aaaa
                    && let LookupResult::Found(_) =
                        exchange::lookup(attempt, conf, candidate, RecordType::Aaaa, budget.to_second_family()).await
                {
                    break;
                }
            }
            LookupResult::Failed(cause, text) => first_failure = first_failure.or(Some(fault(cause, &text))),
            LookupResult::Silent(text) => {
                let silent = fault(Cause::DnsTimeout, &text);
                return Err(first_failure.map_or(silent.clone(), |first| worse(first, silent)));
            }
            LookupResult::LocalLimit(text) => {
                return Err(fault(Cause::LocalLimit, &format!("no socket for the query for {absolute}: {text}")));
            }
        }
    }
    Err(first_failure.unwrap_or_else(|| fault(Cause::DnsNotFound, &nxdomain_text(name, &list))))
}

/// The message where every name was NXDOMAIN.
fn nxdomain_text(name: &str, list: &[Candidate]) -> String {
    const SHOWN: usize = 8;
    let mut names: Vec<_> = list.iter().take(SHOWN).map(|candidate| message::name_text(&candidate.name)).collect();
    if list.len() > SHOWN {
        names.push(format!("{} more", list.len() - SHOWN));
    }
    match names.is_empty() {
        true => format!("{name} is not a valid DNS name"),
        false => format!("NXDOMAIN for {}", names.join(", ")),
    }
}

/// Removes from the list what the queries for A settled in this attempt: NXDOMAIN is for every type, and libc asks for no
/// other name once one had an A record. A fault where nothing is left to ask.
fn drop_settled(attempt: &mut Attempt, name: &str, list: &mut Vec<Candidate>) -> Option<Fault> {
    let host = attempt.host().map(str::to_owned);
    let queries = &attempt.evidence().queries;
    let query_for_a = |candidate: &Candidate| {
        let asked = message::name_text(&candidate.name);
        queries.iter().rev().find(|query| query.record == "A" && query.name == asked && query.host == host)
    };
    if let Some(at) = list.iter().position(|candidate| query_for_a(candidate).is_some_and(|query| query.answers > 0)) {
        *list = vec![list.swap_remove(at)];
        return None;
    }
    let query_for_aaaa = |candidate: &Candidate| {
        let asked = message::name_text(&candidate.name);
        queries.iter().rev().find(|query| query.record == "AAAA" && query.name == asked && query.host == host)
    };
    let is = |query: &Query, rcode: &str| matches!(&query.answer, DnsAnswer::Rcode(code) if code == rcode);
    let text = nxdomain_text(name, list);
    list.retain(|candidate| !query_for_a(candidate).is_some_and(|query| is(query, "NXDOMAIN")));
    let existing = list.first().map(|candidate| message::name_text(&candidate.name));
    list.retain(|candidate| !query_for_aaaa(candidate).is_some_and(|query| is(query, "NOERROR") && query.answers == 0));
    let fault = |cause, text| Some(Fault::new(Phase::Resolve, cause, text));
    match (list.is_empty(), existing) {
        (false, _) => None,
        (true, None) => fault(Cause::DnsNotFound, text),
        (true, Some(name)) => fault(Cause::DnsNoAddress, format!("{name} exists, but has no AAAA record")),
    }
}

/// The fault to report where both families failed: the more severe one, or the first where they are equal. So NODATA for
/// both is `dns_no_address`, and a server's failure for one of them is reported.
#[must_use]
pub fn worse(first: Fault, second: Fault) -> Fault {
    if (first.cause, second.cause) == (Cause::DnsNoAddress, Cause::DnsNoAddress) {
        let message = format!("{}; {}", first.message, second.message);
        return first.with_message(message);
    }
    if severity(second.cause) > severity(first.cause) { second } else { first }
}

/// How severe a cause is: a server that fails or is silent hides what it knows, so it ranks above an answer.
const fn severity(cause: Cause) -> u8 {
    match cause {
        Cause::DnsNotFound => 0,
        Cause::DnsNoAddress => 1,
        Cause::DnsTimeout => 2,
        Cause::DnsRefused => 3,
        Cause::DnsServerFailure => 4,
        _ => 5,
    }
}

/// Settles names without a query: those in the hosts file, whichever family they have there, and `localhost`.
fn from_hosts_file(attempt: &Attempt, name: &str, family: Family) -> Option<Result<Vec<IpAddr>, Fault>> {
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
