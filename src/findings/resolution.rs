//! Names: what the search list costs and where libcs part, servers that fail or are silent, names of another world.
//!
//! Only what was asked for anyway is judged: no rule needs a query that the check did not make.

mod codes;

use std::time::Duration;

use codes::*;

pub(super) use codes::CODES;

use super::caught::{Caught, Whole, caught};
use super::context::Context;
use super::host_class::{HostClass, classify, found, is_address, written};
use super::placeholder::placeholder;
use super::private_endpoint::{PublicAnswer, public_answer, turns_away};
use crate::cause::Cause;
use crate::duration::show;
use crate::finding::{Finding, Severity};
use crate::outcome::{Detail, DnsAnswer, Evidence, Fault, Phase, Query, TlsDetail};
use crate::url::Host;

/// What the queries say beyond the cause.
pub(super) fn judge(fault: Option<&Fault>, evidence: &Evidence, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let names = names(evidence);
    if context.full_walk {
        for name in &names {
            findings.extend(wasted(name, evidence));
            findings.extend(stops_musl(name, evidence));
        }
    }
    for name in &names {
        findings.extend(no_list_for_musl(name, evidence).or_else(|| root_stops_musl(name, evidence)));
    }
    for name in &names {
        findings.extend(hijack(name, evidence));
        findings.extend(no_server(name, fault, evidence));
        findings.extend(not_private(name, fault, evidence));
        findings.extend(aaaa(name, evidence));
    }
    findings.extend(tcp_blocked(evidence));
    findings.extend(lost(evidence));
    findings.extend(race(evidence));
    findings.extend(silent_server(evidence));
    findings.extend(servers_differ(evidence));
    findings.extend(fault.and_then(|fault| external_name(fault, evidence, context)));
    findings.extend(fault.and_then(|fault| foreign_name(fault, evidence, context)));
    findings
}

/// The names that addresses were asked for, as they were written.
fn names(evidence: &Evidence) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in evidence.queries.iter().filter(|query| is_address(query)).map(written) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The last word on each name that was asked for before the one that gave addresses, and that one.
struct Walk<'a> {
    before: Vec<&'a Query>,
    hit: &'a Query,
}

fn walk<'a>(name: &str, evidence: &'a Evidence) -> Option<Walk<'a>> {
    let hit = found(name, evidence)?;
    let mut before: Vec<&Query> = Vec::new();
    for query in evidence.queries.iter().take_while(|query| !std::ptr::eq(*query, hit)) {
        if query.record != hit.record || written(query) != name || query.name == hit.name {
            continue;
        }
        before.retain(|known| known.name != query.name);
        before.push(query);
    }
    Some(Walk { before, hit })
}

fn is_rcode(query: &Query, code: &str) -> bool {
    matches!(&query.answer, DnsAnswer::Rcode(rcode) if rcode == code)
}

fn wasted(name: &str, evidence: &Evidence) -> Option<Finding> {
    /// One name too much is what every Service of another namespace costs.
    const WORTH_TELLING: usize = 2;
    let Walk { before, hit } = walk(name, evidence)?;
    let lost: Vec<&&Query> =
        before.iter().filter(|query| query.suffix.is_some() && is_rcode(query, "NXDOMAIN")).collect();
    if hit.suffix.is_some() || !name.contains('.') || lost.len() < WORTH_TELLING {
        return None;
    }
    let (first, spent) = (&lost[0].name, lost.iter().map(|query| query.duration).sum::<Duration>());
    let message = format!(
        "{name} was found only after {} names of the search list were NXDOMAIN ({first} and so on), which takes {} of \
         each lookup; an app that asks for A and AAAA sends {} useless queries",
        lost.len(),
        show(spent),
        lost.len() * 2
    );
    // A name with fewer dots than ndots goes through the list all the same.
    let ndots = if name.matches('.').count() >= 2 {
        "set dnsConfig.options ndots to 2 for the pod, or write "
    } else {
        "if the client accepts it, write "
    };
    Some(SEARCH_WASTED.found(message, format!("{ndots}the name with a final dot ({name}.)")))
}

fn stops_musl(name: &str, evidence: &Evidence) -> Option<Finding> {
    let Walk { before, hit } = walk(name, evidence)?;
    // musl asks for the name alone where it has dots enough, and for no suffix then.
    let as_it_is = before.iter().find(|query| query.suffix.is_none());
    let stopping = before.iter().find(|query| !is_rcode(query, "NXDOMAIN"));
    let query = stopping.or(as_it_is)?;
    let what = if is_rcode(query, "NOERROR") { "no address" } else { query.answer.as_str() };
    let error = match what {
        "no address" | "NXDOMAIN" => "the name does not resolve",
        _ => "EAI_AGAIN after 5 s",
    };
    let message = format!(
        "{} answered {what} before {} was found: glibc continues with the next name, musl (Alpine images) stops \
         ({error})",
        query.name, hit.name
    );
    Some(SEARCH_STOPS_MUSL.found(message, format!("write {} instead of {name}", hit.name)))
}

/// The line of the search list is too long for musl, and the name needs it.
fn no_list_for_musl(name: &str, evidence: &Evidence) -> Option<Finding> {
    let hit = found(name, evidence)?;
    hit.suffix.as_ref()?;
    let bytes = evidence.search_list.as_ref()?.too_long_for_musl?;
    let message = format!(
        "{name} was found as {} through a search line of {bytes} bytes in resolv.conf: musl (Alpine images) ignores a \
         line of 255 bytes or more, so there only {name}. is looked up and the name does not resolve",
        hit.name
    );
    let fix = format!("write {} instead of {name}, or shorten the search list (dnsConfig.searches, node)", hit.name);
    Some(SEARCH_STOPS_MUSL.found(message, fix))
}

/// The search list has `.`, which musl before 1.2.4 takes for a mistake that ends the lookup.
fn root_stops_musl(name: &str, evidence: &Evidence) -> Option<Finding> {
    let hit = found(name, evidence)?;
    let list = evidence.search_list.as_ref()?;
    let root = list.root?;
    let has_final_dot = evidence.resolved.iter().any(|one| one.name.strip_suffix('.') == Some(name));
    let through_the_list = name.matches('.').count() < list.ndots && !has_final_dot;
    let behind = match &hit.suffix {
        None => true,
        Some(suffix) => list.suffixes.iter().position(|known| known == suffix).is_some_and(|at| at >= root),
    };
    (through_the_list && behind).then(|| {
        let message = format!(
            "the search list of resolv.conf has `.` before {}: musl before 1.2.4 (Alpine before 3.18) stops there, and \
             the name does not resolve",
            hit.name
        );
        let fix =
            "remove `.` from the search list (resolv.conf of the node, kubelet 1.25.0), or use a newer Alpine image";
        Finding { severity: Severity::Info, ..SEARCH_STOPS_MUSL.found(message, fix) }
    })
}

/// A whole name whose addresses are those of another one.
fn hijack(name: &str, evidence: &Evidence) -> Option<Finding> {
    let Caught { name, suffix, full, whole } = caught(name, evidence)?;
    let found = |message: String, fix: String| SEARCH_HIJACK.found(message, fix);
    Some(match whole {
        Whole::Public => found(
            format!("{name} was found as {full}.: the search domain {suffix} answers for that name"),
            format!(
                "write {name}. with a final dot, or set dnsConfig.options ndots: {}; the usual reason is a wildcard \
                 record in {suffix}",
                name.matches('.').count().clamp(1, 2)
            ),
        ),
        Whole::OfCluster { missing } => {
            let itself = if missing { "does not exist (NXDOMAIN)" } else { "was never looked up" };
            let message = format!(
                "{name} was found as {full}.: the search domain {suffix} answers for that name, and the name itself \
                 {itself}"
            );
            let fix = format!(
                "write {name}. with a final dot, so that only the cluster answers; the usual reason is a wildcard record \
                 in {suffix}: remove it, or remove {suffix} from the search list (dnsConfig, or resolv.conf of the node)"
            );
            Finding { severity: Severity::Error, ..found(message, fix) }
        }
    })
}

/// Addresses that are none of a server. Where something of this pod accepts at 127.0.0.1, the record may be meant so.
fn no_server(name: &str, fault: Option<&Fault>, evidence: &Evidence) -> Option<Finding> {
    let empty = placeholder(name, evidence)?;
    let unreached = fault.is_some_and(|fault| fault.phase == Phase::Connect);
    (unreached || empty.is_certain()).then(|| {
        let message = format!("the name server answers {} for {}: {}", empty.address, empty.name, empty.reason());
        PLACEHOLDER.found(message, empty.remedy())
    })
}

/// The name of a private endpoint at a public address.
fn not_private(name: &str, fault: Option<&Fault>, evidence: &Evidence) -> Option<Finding> {
    let PublicAnswer { name, zone, address } = public_answer(name, evidence)?;
    let message = format!(
        "{name} leads through the private DNS zone {} and resolves to the public address {address} here, not to the \
         private endpoint",
        zone.zone
    );
    let fix = format!(
        "if the private endpoint is meant, link {} to the {} of this cluster, and let CoreDNS ask that network's name server",
        zone.zone, zone.network
    );
    let turned_away = fault.is_some_and(|fault| turns_away(fault, evidence));
    let severity = if turned_away { Severity::Warning } else { Severity::Info };
    Some(Finding { severity, ..PRIVATE_ENDPOINT_PUBLIC.found(message, fix) })
}

fn aaaa(name: &str, evidence: &Evidence) -> Option<Finding> {
    let of_name = |record: &str| {
        let record = record.to_owned();
        evidence.queries.iter().filter(move |query| query.record == record && written(query) == name)
    };
    let four = of_name("A").find(|query| query.answers > 0)?;
    let six = || of_name("AAAA").filter(|query| query.name == four.name);
    let last = six().next_back()?;
    let asked = &four.name;
    let (what, musl) = match &last.answer {
        DnsAnswer::Rcode(code) if code == "NOERROR" => return None,
        DnsAnswer::Rcode(code) if code == "NXDOMAIN" => {
            (code.as_str(), "musl (Alpine images) reports that the name does not resolve")
        }
        DnsAnswer::Rcode(code) => (code.as_str(), "musl (Alpine images) fails with EAI_AGAIN after 5 s"),
        DnsAnswer::Timeout if six().all(|query| query.answer == DnsAnswer::Timeout) => {
            let waited: Duration = six().map(|query| query.duration).sum();
            let answered: Duration =
                of_name("A").filter(|query| query.name == four.name).map(|query| query.duration).sum();
            // A server that is slow with A as well is slow, no more.
            if waited < answered * 4 {
                return None;
            }
            let message = format!(
                "{asked} has an answer for A after {}, but none for AAAA within {}; without that answer, musl (Alpine \
                 images) fails with EAI_AGAIN after 5 s and glibc waits for it in each lookup",
                show(four.duration),
                show(waited)
            );
            return Some(AAAA_SILENT.found(message, fix_of_aaaa(name)));
        }
        _ => return None,
    };
    let message = format!(
        "{asked} has an address, but the AAAA query returns {what}: glibc returns the address, \
                           {musl}"
    );
    Some(AAAA_BREAKS_MUSL.found(message, fix_of_aaaa(name)))
}

fn fix_of_aaaa(name: &str) -> String {
    format!(
        "let the server of the zone of {name} answer AAAA with NOERROR and no records (CoreDNS: template IN AAAA {{ \
         rcode NOERROR }}); until then, use a glibc image (Debian)"
    )
}

fn tcp_blocked(evidence: &Evidence) -> Option<Finding> {
    /// Silence for less may only mean that no time was left.
    const HEARD_OUT: Duration = Duration::from_millis(200);
    let mut pairs = evidence.queries.iter().zip(evidence.queries.iter().skip(1));
    let (_, over_tcp) = pairs.find(|(udp, tcp)| {
        let failed = match &tcp.answer {
            DnsAnswer::Timeout => tcp.duration >= HEARD_OUT,
            DnsAnswer::Io(_) => true,
            DnsAnswer::Rcode(_) | DnsAnswer::Truncated | DnsAnswer::Malformed => false,
        };
        udp.answer == DnsAnswer::Truncated
            && tcp.transport == "tcp"
            && failed
            && (&udp.name, udp.server) == (&tcp.name, tcp.server)
    })?;
    let did = match &over_tcp.answer {
        DnsAnswer::Io(text) => text.clone(),
        _ => format!("no answer for {}", show(over_tcp.duration)),
    };
    let (server, name) = (over_tcp.server, &over_tcp.name);
    let message = format!("{server} truncated its UDP answer for {name}, which requires TCP, and TCP fails: {did}");
    let fix = "allow TCP 53 as well as UDP 53 to the name servers in the NetworkPolicy (egress here, ingress there) \
               and firewalls";
    Some(TCP_BLOCKED.found(message, fix))
}

fn lost(evidence: &Evidence) -> Option<Finding> {
    let same = |one: &Query, other: &Query| {
        (one.server, &one.name, &one.record, one.transport)
            == (other.server, &other.name, &other.record, other.transport)
    };
    let mut queries = evidence.queries.iter().enumerate();
    let (first, second) = queries.find_map(|(at, query)| {
        if query.transport != "udp" || query.answer != DnsAnswer::Timeout {
            return None;
        }
        let again = evidence.queries[at + 1..].iter().find(|later| same(query, later))?;
        let answered = matches!(again.answer, DnsAnswer::Rcode(_) | DnsAnswer::Truncated);
        answered.then_some((query, again))
    })?;
    let message = format!(
        "{} did not answer the query for {} {} within {}, but answered the repeated query after {}: a datagram was \
         lost, or the server is slow",
        first.server,
        first.name,
        first.record,
        show(first.duration),
        show(second.duration)
    );
    let fix = "if this happens often, check conntrack -S (insert_failed) on the node and the load of CoreDNS; \
               NodeLocal DNSCache fixes both, single-request-reopen in dnsConfig.options fixes the race in glibc \
               images";
    Some(LOST_DATAGRAM.found(message, fix))
}

fn race(evidence: &Evidence) -> Option<Finding> {
    /// Fewer from two sockets would not tell it from a network that loses packets.
    const APART: u32 = 12;
    let pairs =
        evidence.pairs.filter(|pairs| pairs.together_lost > 1 && pairs.apart >= APART && pairs.apart_lost == 0)?;
    let message = format!(
        "{} of {} pairs of A and AAAA queries to {} lost an answer when sent at once from one socket, as libcs do, \
         but none of {} pairs from two sockets: an app then waits 5 s (glibc) or 2.5 s (musl)",
        pairs.together_lost, pairs.together, pairs.server, pairs.apart
    );
    let fix = "check insert_failed in conntrack -S on the node, which confirms a conntrack race; use NodeLocal \
               DNSCache, single-request-reopen in dnsConfig.options (only glibc images), or a CNI without DNAT for \
               the DNS Service";
    Some(CONNTRACK_RACE.found(message, fix))
}

fn silent_server(evidence: &Evidence) -> Option<Finding> {
    /// Less may only mean that no time was left.
    const HEARD_OUT: Duration = Duration::from_millis(200);
    let answered = |query: &&Query| matches!(query.answer, DnsAnswer::Rcode(_) | DnsAnswer::Truncated);
    let of = |server| evidence.queries.iter().filter(move |query| query.server == server);
    let dead = evidence.queries.iter().find(|query| {
        let mute = match &query.answer {
            DnsAnswer::Timeout => of(query.server).map(|query| query.duration).sum::<Duration>() >= HEARD_OUT,
            DnsAnswer::Io(_) => true,
            DnsAnswer::Malformed | DnsAnswer::Rcode(_) | DnsAnswer::Truncated => false,
        };
        mute && of(query.server).filter(answered).count() == 0
    })?;
    let alive = evidence.queries.iter().find(answered)?;
    // Where the kernel says at once that nobody is there, nobody waits.
    let (did, so) = match &dead.answer {
        DnsAnswer::Io(text) => (text.clone(), "each lookup that uses it first loses this query"),
        _ => (
            format!("no answer for {}", show(of(dead.server).map(|query| query.duration).sum())),
            "glibc waits for it (5 s by default) in each lookup that uses it first",
        ),
    };
    let message = format!("the name server {} did not answer ({did}), but {} did: {so}", dead.server, alive.server);
    Some(
        SERVER_SILENT
            .found(message, format!("repair {} or remove it from resolv.conf (dnsPolicy, dnsConfig)", dead.server)),
    )
}

fn servers_differ(evidence: &Evidence) -> Option<Finding> {
    let failed =
        |query: &&Query| matches!(&query.answer, DnsAnswer::Rcode(code) if code != "NOERROR" && code != "NXDOMAIN");
    let (bad, good) = evidence.queries.iter().filter(failed).find_map(|bad| {
        let good = evidence.queries.iter().find(|query| {
            let answered = is_rcode(query, "NOERROR") || is_rcode(query, "NXDOMAIN");
            answered && query.server != bad.server && (&query.name, &query.record) == (&bad.name, &bad.record)
        })?;
        Some((bad, good))
    })?;
    let message = format!(
        "for {} {} the name server {} answers {}, but {} answers {}",
        bad.name,
        bad.record,
        bad.server,
        bad.answer.as_str(),
        good.server,
        good.answer.as_str()
    );
    let fix =
        format!("list only servers that serve the same zones: repair {} or remove it from resolv.conf", bad.server);
    Some(SERVERS_DIFFER.found(message, fix))
}

/// A name that a CNAME leads away from, where that explains a wrong certificate or an unknown Host.
fn external_name(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<Finding> {
    let endpoint = context.endpoint(evidence, Some(fault))?;
    let Host::Name(name) = &endpoint.host else { return None };
    let hit = found(name, evidence)?;
    let alias = hit.alias.as_deref().filter(|alias| *alias != name.trim_end_matches('.'))?;
    match fault.cause {
        Cause::TlsWrongName => {
            let Some(Detail::Tls(TlsDetail::WrongName { names, expected })) = &fault.detail else { return None };
            if expected != name.trim_end_matches('.') {
                return None;
            }
            let fits = |name: &str| names.iter().any(|pattern| covers(pattern, name));
            if !fits(alias) || fits(name) {
                return None;
            }
            let message = format!("{name} is an alias of {alias}, and the certificate covers {alias}, not {name}");
            let key = context.tls_keys.server_name();
            let other = key.map(|key| format!(", or set {key}: {alias}")).unwrap_or_default();
            let fix = format!("use {alias} in the URL{other}; configure the client in the same way");
            Some(EXTERNAL_NAME_TLS.found(message, fix))
        }
        Cause::HttpStatus if matches!(evidence.facts.status_code, Some(403 | 404 | 421)) => {
            let in_cluster = matches!(classify(&endpoint.host, evidence), HostClass::Service { .. });
            let outside = !alias.ends_with(".cluster.local");
            if !in_cluster || !outside {
                return None;
            }
            let status = evidence.facts.status_code.unwrap_or_default();
            let message = format!("{name} is an ExternalName of {alias}, whose server answered {status}");
            let fix = format!(
                "use the name that the server knows: {alias} in the URL, or headers: {{Host: {alias}}}; the app's \
                 client needs the same"
            );
            Some(EXTERNAL_NAME_HOST.found(message, fix))
        }
        _ => None,
    }
}

/// Whether a name of a certificate covers this one; a star stands for one label (RFC 6125, 6.4.3).
pub(super) fn covers(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.trim_end_matches('.').to_ascii_lowercase());
    match pattern.strip_prefix("*.") {
        Some(rest) => name.split_once('.').is_some_and(|(first, parent)| !first.is_empty() && parent == rest),
        None => pattern == name,
    }
}

fn foreign_name(fault: &Fault, evidence: &Evidence, context: Context<'_>) -> Option<Finding> {
    if fault.cause != Cause::DnsNotFound {
        return None;
    }
    let endpoint = context.endpoint(evidence, Some(fault))?;
    let (name, whose) = match classify(&endpoint.host, evidence) {
        HostClass::Laptop(name) => (name, "a name from a laptop's hosts file, an ingress or a company domain"),
        HostClass::Docker(name) => (name, "a name that only Docker or minikube knows"),
        HostClass::Service { .. } | HostClass::Unclear { .. } | HostClass::Public(_) | HostClass::Address(_) => {
            return None;
        }
    };
    let message = format!("{name} is NXDOMAIN in this pod, and looks like {whose}");
    Some(
        INGRESS_NAME
            .found(message, "use the Service name (kubectl get svc -A); for a company domain, let CoreDNS forward it"),
    )
}

#[cfg(test)]
mod tests;
