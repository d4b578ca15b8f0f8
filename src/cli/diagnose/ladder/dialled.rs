//! The rungs of names and addresses, for each host that is dialled.

use std::net::SocketAddr;

use crate::cli::diagnose::rung::Rung;
use crate::cli::diagnose::view::View;
use crate::cli::sheet::Mark;
use crate::duration;
use crate::outcome::{ConnectAttempt, ConnectResult, DnsAnswer, Phase, Query, Surveyed, place};
use crate::url::{Endpoint, Host};

/// More addresses of a name are counted.
const NAMED: usize = 4;
/// More addresses in all are counted.
const ADDRESSES: usize = 32;

/// Names to addresses.
pub(super) fn names(view: View<'_>) -> Rung {
    let evidence = &view.outcome().evidence;
    let endpoints = view.endpoints();
    let named: Vec<&Endpoint> = endpoints.iter().filter(|one| matches!(one.host, Host::Name(_))).collect();
    if evidence.queries.is_empty() {
        return match (named.as_slice(), view.dialled() || !evidence.survey.is_empty()) {
            _ if view.failed_in(Phase::Resolve) => failed(view),
            _ if !evidence.sockets.is_empty() && evidence.tries.is_empty() => {
                Rung::new("names", Mark::Idle, "no lookup: the target is a socket")
            }
            ([], _) if endpoints.is_empty() && !view.failed_on_configuration() => {
                Rung::new("names", Mark::Idle, "this check does not connect")
            }
            ([], _) if !endpoints.is_empty() => {
                Rung::new("names", Mark::Idle, "no lookup needed: the target is an address")
            }
            ([..], true) => {
                let names: Vec<String> = named.iter().map(|one| one.host.to_string()).collect();
                let said = format!("{} from /etc/hosts; no query to a name server", names.join(", "));
                Rung::new("names", Mark::Good, said)
            }
            ([..], false) => Rung::new("names", Mark::Idle, "not reached"),
        };
    }
    let found = found(view);
    let mut rung = match view.failed_in(Phase::Resolve) {
        true => failed(view),
        false if found.is_empty() => Rung::new("names", Mark::Bad, "no records"),
        false => Rung::new("names", Mark::Good, format!("{found}{}", view.took(Phase::Resolve))),
    };
    let by_one = evidence.queries.iter().all(|query| query.server == evidence.queries[0].server);
    if by_one {
        rung.add(None, format!("asked {}", evidence.queries[0].server));
    }
    for query in evidence.queries.iter().take(view.queries) {
        rung.add(sign(query), asked(query, by_one));
    }
    if evidence.queries.len() > view.queries {
        rung.add(None, format!("and {} more queries (shown with -o json)", evidence.queries.len() - view.queries));
    }
    rung
}

fn failed(view: View<'_>) -> Rung {
    let cause = view.outcome().failure.as_ref().map_or("", |failure| failure.cause.slug());
    Rung::new("names", Mark::Bad, format!("{cause}{}", view.took(Phase::Resolve)))
}

/// What each name gave; for checks that look for other records than addresses, which name had them.
fn found(view: View<'_>) -> String {
    let evidence = &view.outcome().evidence;
    let mut names: Vec<(&str, Vec<String>)> = Vec::new();
    for resolved in &evidence.resolved {
        let addresses = resolved.addresses.iter().map(ToString::to_string);
        match names.iter_mut().find(|(name, _)| *name == resolved.name) {
            Some((_, known)) => known.extend(addresses),
            None => names.push((&resolved.name, addresses.collect())),
        }
    }
    names.retain(|(_, addresses)| !addresses.is_empty());
    if names.is_empty() {
        let answered = evidence.queries.iter().filter(|query| query.answers > 0);
        let answered: Vec<&str> = answered.map(|query| query.name.as_str()).collect();
        return answered.join(", ");
    }
    let said = |(name, addresses): (&str, Vec<String>)| format!("{name} is {}", shortened(&addresses));
    names.into_iter().map(said).collect::<Vec<_>>().join("; ")
}

fn shortened(addresses: &[String]) -> String {
    let more = addresses.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", addresses[..addresses.len().min(NAMED)].join(", "))
}

fn sign(query: &Query) -> Mark {
    match &query.answer {
        _ if query.answers > 0 => Mark::Good,
        // An answer all the same: the walk goes on.
        DnsAnswer::Rcode(code) if matches!(code.as_str(), "NOERROR" | "NXDOMAIN") => Mark::Idle,
        DnsAnswer::Truncated => Mark::Idle,
        DnsAnswer::Rcode(_) | DnsAnswer::Timeout | DnsAnswer::Io(_) | DnsAnswer::Malformed => Mark::Bad,
    }
}

fn asked(query: &Query, by_one: bool) -> String {
    let Query { name, record, server, transport, duration, answers, .. } = query;
    let answer = match &query.answer {
        DnsAnswer::Rcode(code) if code == "NOERROR" && *answers == 0 => "no such record".to_owned(),
        DnsAnswer::Rcode(code) if code == "NOERROR" && *answers == 1 => "1 record".to_owned(),
        DnsAnswer::Rcode(code) if code == "NOERROR" => format!("{answers} records"),
        DnsAnswer::Rcode(code) => code.clone(),
        DnsAnswer::Truncated => "truncated, repeated over TCP".to_owned(),
        DnsAnswer::Timeout => "no answer".to_owned(),
        DnsAnswer::Io(text) => text.clone(),
        DnsAnswer::Malformed => "not a valid DNS answer".to_owned(),
    };
    let alias = query.alias.as_ref().map(|alias| format!(", alias of {alias}")).unwrap_or_default();
    let whom = if by_one { String::new() } else { format!("{server}, ") };
    let how = if *transport == "udp" { "" } else { " over TCP" };
    format!("{record} {name} {answer}{alias}{how} ({whom}{})", duration::show(*duration))
}

/// One address, by what the check did and what the survey measured.
struct DialledAddress<'a> {
    address: SocketAddr,
    tried: Option<&'a ConnectAttempt>,
    surveyed: Option<&'a Surveyed>,
}

/// Every address that is known, in the order in which it was dialled.
pub(super) fn addresses(view: View<'_>) -> Rung {
    let evidence = &view.outcome().evidence;
    let mut seen: Vec<DialledAddress<'_>> = Vec::new();
    for tried in &evidence.tries {
        match seen.iter_mut().find(|one| one.address == tried.address) {
            // A second kind of connection, or a redirect: the first tells as much.
            Some(one) if one.tried.is_some_and(|first| first.result != ConnectResult::Connected) => {
                one.tried = Some(tried)
            }
            Some(_) => {}
            None => seen.push(DialledAddress { address: tried.address, tried: Some(tried), surveyed: None }),
        }
    }
    for surveyed in &evidence.survey {
        match seen.iter_mut().find(|one| one.address == surveyed.address) {
            Some(one) => one.surveyed = Some(surveyed),
            None => seen.push(DialledAddress { address: surveyed.address, tried: None, surveyed: Some(surveyed) }),
        }
    }
    if let (true, Some(socket)) = (seen.is_empty(), evidence.sockets.last()) {
        let connected = socket.result == ConnectResult::Connected;
        let said = format!("unix:{} {} after {}", socket.path, socket.result.as_str(), duration::show(socket.duration));
        return Rung::new("addresses", if connected { Mark::Good } else { Mark::Bad }, said);
    }
    if seen.is_empty() {
        let dials = !view.endpoints().is_empty() || view.failed_on_configuration();
        let said = if dials { "not reached" } else { "this check does not connect" };
        return Rung::new("addresses", Mark::Idle, said);
    }
    let connected = seen.iter().filter(|one| one.connected()).count();
    let mark = match connected {
        _ if view.failed_in(Phase::Connect) => Mark::Bad,
        count if count == seen.len() => Mark::Good,
        0 => Mark::Bad,
        _ => Mark::Warn,
    };
    if let [only] = seen.as_slice() {
        return Rung::new("addresses", mark, only.text(view.dialled()));
    }
    let took = view.took(Phase::Connect);
    let mut rung = Rung::new("addresses", mark, format!("{connected} of {} connect{took}", seen.len()));
    for one in seen.iter().take(ADDRESSES) {
        rung.add(if one.connected() { Mark::Good } else { one.mark() }, one.text(view.dialled()));
    }
    if seen.len() > ADDRESSES {
        rung.add(None, format!("and {} more", seen.len() - ADDRESSES));
    }
    rung
}

impl DialledAddress<'_> {
    fn result(&self) -> ConnectResult {
        let tried = self.tried.map(|tried| tried.result);
        let surveyed = self.surveyed.map(|surveyed| surveyed.result);
        tried.filter(|result| *result != ConnectResult::NotTried).or(surveyed).unwrap_or(ConnectResult::NotTried)
    }

    fn connected(&self) -> bool {
        self.result() == ConnectResult::Connected
    }

    fn mark(&self) -> Mark {
        if self.result() == ConnectResult::NotTried { Mark::Idle } else { Mark::Bad }
    }

    /// `dialled` where the check itself came to dial.
    fn text(&self, dialled: bool) -> String {
        let of_try = self.tried.map(|one| result(one.result, one.errno, one.duration));
        let of_survey = self.surveyed.map(|one| result(one.result, one.errno, one.duration));
        let source = self.surveyed.and_then(|one| one.source).map(|ip| format!(", from {ip}")).unwrap_or_default();
        let said = match (of_try, of_survey) {
            (Some(tried), None) => tried,
            (Some(tried), Some(surveyed)) if self.differ() => format!("{tried}; measured again: {surveyed}"),
            (Some(tried), Some(_)) => tried,
            (None, Some(surveyed)) if dialled => format!("{surveyed} (not needed by the check)"),
            (None, Some(surveyed)) => format!("{surveyed} (the check did not reach it)"),
            (None, None) => String::new(),
        };
        let host = self.tried.map_or_else(|| self.surveyed.and_then(|one| one.host.as_ref()), |one| one.host.as_ref());
        let host = host.map(|host| format!("{host} ")).unwrap_or_default();
        format!("{host}{} {said}{source}", place(self.address))
    }

    /// Whether the two looks at an address did not give the same.
    fn differ(&self) -> bool {
        self.tried.map(|one| one.result) != self.surveyed.map(|one| one.result)
    }
}

fn result(result: ConnectResult, errno: Option<i32>, took: std::time::Duration) -> String {
    let took = duration::show(took);
    let errno = errno.map(|errno| format!(" (errno {errno})")).unwrap_or_default();
    match result {
        ConnectResult::Connected => format!("connected in {took}"),
        ConnectResult::Refused => format!("refused in {took}"),
        ConnectResult::Timeout => format!("no answer: the kernel gave up after {took}"),
        ConnectResult::Cut => format!("no answer: pilotfish gave up after {took}"),
        ConnectResult::Reset => format!("reset in {took}"),
        ConnectResult::HostUnreachable => format!("host unreachable{errno} in {took}"),
        ConnectResult::NetworkUnreachable => format!("network unreachable{errno} in {took}"),
        ConnectResult::NotPermitted => format!("not permitted by a local policy{errno}"),
        ConnectResult::LocalLimit => format!("not dialled: this pod reached a limit{errno}"),
        ConnectResult::Error => format!("failed{errno} in {took}"),
        ConnectResult::NotTried => "not tried: the time was used up".to_owned(),
    }
}
