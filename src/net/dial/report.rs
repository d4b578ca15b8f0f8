//! The tries of one host in words, and the fault of the one that got furthest.

use std::time::Duration;

use crate::cause::Cause;
use crate::duration::show;
use crate::net::oserr;
use crate::outcome::{ConnectAttempt, ConnectResult, Detail, Fault, Phase};
use crate::url::{Endpoint, Host};

/// How many tries a message names.
const NAMED: usize = 8;

/// The fault where no (or, under `require: all`, not every) address connected. The tries of this endpoint begin at `from`.
pub(super) fn fault(all: &[ConnectAttempt], from: usize, endpoint: &Endpoint, allowance: Duration) -> Fault {
    let failed = all.iter().enumerate().skip(from).filter(|(_, one)| one.result != ConnectResult::Connected);
    let furthest = failed.max_by_key(|(_, one)| rank(one.result));
    let cause = furthest.and_then(|(_, one)| oserr::connect_cause(one.result)).unwrap_or(Cause::ConnectTimeout);
    let fault = Fault::new(Phase::Connect, cause, message(&all[from..], endpoint, allowance));
    let detail = furthest.and_then(|(_, one)| one.errno).map(Detail::Os);
    Fault { detail, ..fault.of_attempt(furthest.map(|(index, _)| index)) }
}

/// How far a try got: reset, then refused, then silence, then unreachable, then not even sent.
const fn rank(result: ConnectResult) -> u8 {
    match result {
        ConnectResult::Reset => 9,
        ConnectResult::Refused => 8,
        ConnectResult::Timeout | ConnectResult::Cut => 7,
        ConnectResult::HostUnreachable => 6,
        ConnectResult::NetworkUnreachable => 5,
        ConnectResult::Error => 4,
        ConnectResult::NotPermitted => 3,
        ConnectResult::LocalLimit => 2,
        ConnectResult::NotTried => 1,
        ConnectResult::Connected => 0,
    }
}

fn message(tries: &[ConnectAttempt], endpoint: &Endpoint, allowance: Duration) -> String {
    let of_name = match &endpoint.host {
        Host::Name(name) => format!(" of {name}"),
        Host::Ip(_) => String::new(),
    };
    let (tried, left): (Vec<&ConnectAttempt>, Vec<&ConnectAttempt>) =
        tries.iter().partition(|one| one.result != ConnectResult::NotTried);
    let connected = tried.iter().filter(|one| one.result == ConnectResult::Connected).count();
    let mut text = match (tries, connected) {
        ([only], _) if of_name.is_empty() => line(only),
        ([only], _) => format!("the only address{of_name}: {}", line(only)),
        (all, 0) if endpoint.port == 0 => {
            format!("none of {} addresses{of_name} answered: {}", all.len(), list(&tried))
        }
        (all, 0) => format!("none of {} addresses{of_name} connected: {}", all.len(), list(&tried)),
        (all, some) => {
            format!("{some} of {} addresses{of_name} connected, but all must connect: {}", all.len(), list(&tried))
        }
    };
    if !left.is_empty() {
        let (count, were) = (left.len(), if left.len() == 1 { "address was" } else { "addresses were" });
        text.push_str(&format!("; {count} {were} not tried: the timeout of {} was used up", show(allowance)));
    }
    text
}

fn list(tries: &[&ConnectAttempt]) -> String {
    let failed: Vec<&&ConnectAttempt> = tries.iter().filter(|one| one.result != ConnectResult::Connected).collect();
    let mut lines: Vec<String> = failed.iter().take(NAMED).map(|one| line(one)).collect();
    if failed.len() > NAMED {
        lines.push(format!("and {} more", failed.len() - NAMED));
    }
    lines.join(", ")
}

/// One try in words.
pub(super) fn line(one: &ConnectAttempt) -> String {
    let (address, took) = (one.place(), show(one.duration));
    let errno = one.errno.map_or_else(String::new, |errno| format!(" (errno {errno})"));
    match one.result {
        ConnectResult::Connected => format!("{address} connected after {took}"),
        ConnectResult::Refused => format!("{address} refused after {took}"),
        ConnectResult::Timeout => format!("{address} no answer, the kernel gave up after {took}"),
        ConnectResult::Cut => format!("{address} no answer within {took}"),
        ConnectResult::Reset => format!("{address} reset after {took}"),
        ConnectResult::HostUnreachable => format!("{address} host unreachable after {took}{errno}"),
        ConnectResult::NetworkUnreachable => format!("{address} network unreachable after {took}{}", zone(one, &errno)),
        ConnectResult::NotPermitted => format!("{address} not permitted by a local policy{errno}"),
        ConnectResult::LocalLimit => format!("{address} not dialled: {}{errno}", limit(one.errno)),
        ConnectResult::Error => format!("{address} failed after {took}{errno}"),
        ConnectResult::NotTried => format!("{address} not tried"),
    }
}

/// A link-local address says nothing without the interface, and a URL has no room for one.
fn zone(one: &ConnectAttempt, errno: &str) -> String {
    let link_local = matches!(one.address.ip(), std::net::IpAddr::V6(ip) if ip.is_unicast_link_local());
    if link_local { format!("{errno}: a link-local address needs a zone") } else { errno.to_owned() }
}

fn limit(errno: Option<i32>) -> &'static str {
    match errno {
        Some(99) => "no local port is free",
        Some(23 | 24) => "no file descriptor is free",
        _ => "the kernel is out of memory for sockets",
    }
}
