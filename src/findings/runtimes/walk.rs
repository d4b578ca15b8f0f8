//! How each family of runtimes tries addresses: pure walks over measured ones.
//!
//! Read in the sources and measured with the real runtimes; the vectors stand in the tests.

use std::net::SocketAddr;
use std::time::Duration;

use super::measured_address::{Ended, Fate, MeasuredAddress, TIMED_OUT};
use crate::finding::Predicted;
use crate::order;

/// As near to a limit, either may happen: the timer and the handshake race.
pub(super) const BAND: Duration = Duration::from_millis(15);
/// Timers of an event loop are late: cuts at 250 ms were measured after 250 to 263.
const LATENESS: Duration = Duration::from_millis(10);
/// How long anyio waits for an address before it starts the next beside it.
const STAGGER: Duration = Duration::from_millis(250);

/// How an address within [`BAND`] of the limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimerRace {
    /// The handshake wins.
    InTime,
    /// The timer wins.
    Late,
}

/// Node with `autoSelectFamily`: families alternate, one at a time, each but the last gets `limit` for the handshake.
pub(super) fn node(measured: &[MeasuredAddress], limit: Duration, race: TimerRace) -> Ended {
    let measured = alternate(measured);
    let mut errors = Vec::new();
    let mut cut = 0;
    let mut spent = Duration::ZERO;
    for (index, candidate) in measured.iter().enumerate() {
        let last = index + 1 == measured.len();
        let late = match race {
            TimerRace::InTime => candidate.after > limit + BAND,
            TimerRace::Late => candidate.after + BAND > limit,
        };
        let timed_out = !last && (candidate.fate == Fate::Silent || late);
        let done =
            |result, after| Ended { errors: errors.clone(), cut, ..Ended::new(result, after, Some(candidate.address)) };
        match candidate.fate {
            Fate::Unmeasured => return done(Predicted::Unknown, None),
            // It was listened to for less than the runtime would: it may still have answered.
            Fate::Silent if timed_out && candidate.after < limit + BAND => return done(Predicted::Unknown, None),
            Fate::Accepts | Fate::Errs(_) | Fate::Silent if timed_out => {
                cut += usize::from(candidate.accepts());
                errors.push((candidate.address, TIMED_OUT));
                spent += limit + LATENESS;
            }
            Fate::Accepts => return done(Predicted::Connects, Some(spent + candidate.after)),
            Fate::Silent => return done(Predicted::Hangs, None),
            Fate::Errs(code) => {
                errors.push((candidate.address, code));
                spent += candidate.after;
            }
        }
    }
    Ended { errors, cut, ..Ended::new(Predicted::Fails, Some(spent), None) }
}

/// The family of the first leads, the other follows each of it; what is left of the longer one comes behind.
fn alternate(measured: &[MeasuredAddress]) -> Vec<MeasuredAddress> {
    let leads_v4 = measured.first().is_some_and(|candidate| candidate.address.is_ipv4());
    let (lead, other): (Vec<MeasuredAddress>, Vec<MeasuredAddress>) =
        measured.iter().partition(|candidate| candidate.address.is_ipv4() == leads_v4);
    let mut list = Vec::with_capacity(measured.len());
    for index in 0..lead.len().max(other.len()) {
        list.extend(lead.get(index));
        list.extend(other.get(index));
    }
    list
}

/// One address after another; `each` is the limit of every one.
pub(super) fn serial(measured: &[MeasuredAddress], each: Option<Duration>) -> Ended {
    let mut errors = Vec::new();
    let mut spent = Duration::ZERO;
    for candidate in measured {
        let at = Some(candidate.address);
        match (candidate.fate, each) {
            (Fate::Unmeasured, _) => return Ended { errors, ..Ended::new(Predicted::Unknown, None, at) },
            (Fate::Silent, None) => return Ended { errors, ..Ended::new(Predicted::Hangs, None, at) },
            (Fate::Silent, Some(limit)) => {
                errors.push((candidate.address, TIMED_OUT));
                spent += limit;
            }
            (Fate::Accepts | Fate::Errs(_), Some(limit)) if candidate.after > limit => {
                errors.push((candidate.address, TIMED_OUT));
                spent += limit;
            }
            (Fate::Accepts, _) => {
                return Ended { errors, ..Ended::new(Predicted::Connects, Some(spent + candidate.after), at) };
            }
            (Fate::Errs(code), _) => {
                errors.push((candidate.address, code));
                spent += candidate.after;
            }
        }
    }
    Ended { errors, ..Ended::new(Predicted::Fails, Some(spent), None) }
}

/// Two families beside each other, each one address after another; the second starts after `head`, or at once when the
/// first has failed. The error is the first family's.
pub(super) fn race(measured: &[MeasuredAddress], head: Duration) -> Ended {
    let leads_v4 = measured.first().is_some_and(|candidate| candidate.address.is_ipv4());
    let (lead, other): (Vec<MeasuredAddress>, Vec<MeasuredAddress>) =
        measured.iter().partition(|candidate| candidate.address.is_ipv4() == leads_v4);
    let first = serial(&lead, None);
    if other.is_empty() || first.result == Predicted::Connects && first.after.is_some_and(|after| after <= head) {
        return first;
    }
    let start = match first.result {
        Predicted::Fails => first.after.unwrap_or(head).min(head),
        _ => head,
    };
    let mut second = serial(&other, None);
    second.after = second.after.map(|after| start + after);
    match (first.result, second.result) {
        (Predicted::Connects, Predicted::Connects) if second.after < first.after => second,
        (Predicted::Connects, _) => first,
        (_, Predicted::Connects) => second,
        // Unknown before hanging before failing: what may yet connect decides.
        (Predicted::Unknown, _) => first,
        (_, Predicted::Unknown) => second,
        (Predicted::Hangs, _) => first,
        (_, Predicted::Hangs) => second,
        _ => Ended { after: first.after.max(second.after), ..first },
    }
}

/// Each address starts 250 ms after the one before, or at once when that has failed; none is given up for another.
pub(super) fn staggered(measured: &[MeasuredAddress]) -> Ended {
    let mut start = Duration::ZERO;
    let mut last = Duration::ZERO;
    let mut best: Option<(Duration, SocketAddr)> = None;
    let mut open: Option<(Predicted, SocketAddr)> = None;
    let mut errors = Vec::new();
    for candidate in measured {
        if best.is_some_and(|(at, _)| at <= start) {
            break;
        }
        let end = start + candidate.after;
        match candidate.fate {
            Fate::Accepts => best = best.filter(|(at, _)| *at <= end).or(Some((end, candidate.address))),
            Fate::Errs(code) => {
                errors.push((candidate.address, code));
                last = last.max(end);
            }
            Fate::Unmeasured => open = Some((Predicted::Unknown, candidate.address)),
            Fate::Silent => open = open.or(Some((Predicted::Hangs, candidate.address))),
        }
        start = match candidate.fate {
            Fate::Accepts | Fate::Errs(_) => end.min(start + STAGGER),
            Fate::Silent | Fate::Unmeasured => start + STAGGER,
        };
    }
    let ended = match (best, open) {
        (Some((after, at)), _) => Ended::new(Predicted::Connects, Some(after), Some(at)),
        (None, Some((result, at))) => Ended::new(result, None, Some(at)),
        (None, None) => Ended::new(Predicted::Fails, Some(last), None),
    };
    Ended { errors, ..ended }
}

/// anyio's order: the first IPv6 address, then the first IPv4 one behind it, then the others.
pub(super) fn ipv6_leads(measured: &[MeasuredAddress]) -> Vec<MeasuredAddress> {
    let mut list: Vec<MeasuredAddress> = Vec::with_capacity(measured.len());
    let (mut found_v6, mut found_v4) = (false, false);
    for candidate in measured {
        let v4 = candidate.address.is_ipv4();
        if !v4 && !found_v6 {
            found_v6 = true;
            list.insert(0, *candidate);
        } else if v4 && found_v6 && !found_v4 {
            found_v4 = true;
            list.insert(1, *candidate);
        } else {
            list.push(*candidate);
        }
    }
    list
}

/// Java's order: IPv4 before IPv6.
pub(super) fn ipv4_leads(measured: &[MeasuredAddress]) -> Vec<MeasuredAddress> {
    let mut list = measured.to_vec();
    order::sort_by_key(&mut list, |candidate| candidate.address.is_ipv6());
    list
}
