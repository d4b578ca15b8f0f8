//! The members of a replica set: which of them has the role, and whether this pod reaches those that are announced to its
//! clients. Members get a hello, and no login but one.

use std::time::Duration;

use tokio::time::timeout;

use super::code;
use super::fault::observed;
use super::hello::{Hello, State};
use super::link::{Link, Opener};
use super::role::Wanted;
use super::words::Role;
use crate::cause::Cause;
use crate::check::announced::{Turn, share, unreachable_in_words};
use crate::check::warning::warn;
use crate::net::attempt::Attempt;
use crate::outcome::{Fault, Phase};
use crate::url::Endpoint;

/// How many members are asked for the one with the role.
const ASKED: usize = 16;
const UNREACHABLE_FIX: &str =
    "start these members, or correct their `host` in rs.conf() to a name that every client resolves";
const NAMES_FIX: &str = "correct `host` of the members in rs.conf() to names that every client resolves, or add directConnection=true to the URL";
const STATE_FIX: &str = "look at rs.status() in mongosh and at the log of this member";

/// What one member came to.
enum Seen {
    State(Endpoint, State),
    Failed(Endpoint, Fault),
}

/// Asks one member.
async fn ask(opener: &Opener<'_>, attempt: &mut Attempt, endpoint: &Endpoint, time: Duration) -> Result<Link, Fault> {
    attempt.for_host(Some(endpoint.host.to_string()));
    match timeout(time, opener.open(attempt, endpoint)).await {
        Ok(result) => result,
        Err(_) => Err(attempt.deadline_fault()),
    }
}

/// Finds the member with the role: the primary that the first member names, then the others, then the other servers of the
/// URL. `greeted` are those that were asked already, and those that are asked here.
///
/// # Errors
/// `advertised_unreachable` for a primary that is named and cannot be reached; `not_enough_replicas` where no member has the
/// role.
pub(super) async fn find(
    opener: &Opener<'_>,
    attempt: &mut Attempt,
    wanted: &Wanted,
    first: (&Endpoint, &Hello),
    seeds: &[Endpoint],
    greeted: &mut Vec<Endpoint>,
) -> Result<Link, Fault> {
    let (endpoint, hello) = first;
    let own = hello.me.as_ref();
    let named = hello.primary.as_ref().filter(|_| wanted.role() == Role::Primary);
    let mut all: Vec<&Endpoint> = Vec::new();
    for candidate in named.into_iter().chain(&hello.members).chain(seeds) {
        if !all.contains(&candidate) && !greeted.contains(candidate) && own != Some(candidate) {
            all.push(candidate);
        }
    }
    all.truncate(ASKED);
    let mut seen = vec![Seen::State(endpoint.clone(), hello.state)];
    for (index, candidate) in all.iter().enumerate() {
        let Some(time) = share(attempt, index, all.len()) else { break };
        match ask(opener, attempt, candidate, time).await {
            Ok(link) if link.hello.set == hello.set && wanted.accepts(link.hello.state) => {
                greeted.push((*candidate).clone());
                return Ok(link);
            }
            Ok(link) => {
                greeted.push((*candidate).clone());
                seen.push(Seen::State((*candidate).clone(), link.hello.state));
                link.close(attempt).await;
            }
            Err(fault) if named == Some(*candidate) && fault.cause != Cause::LocalLimit => {
                return Err(of_primary(candidate, fault));
            }
            Err(fault) => seen.push(Seen::Failed((*candidate).clone(), fault)),
        }
    }
    Err(none_has_the_role(wanted, hello, &seen))
}

/// The fault of a primary that clients are sent to.
fn of_primary(endpoint: &Endpoint, fault: Fault) -> Fault {
    if !matches!(fault.phase, Phase::Resolve | Phase::Connect) {
        let message = format!("{endpoint}, the primary of the replica set: {}", fault.message);
        return fault.with_message(message);
    }
    let message =
        format!("the replica set announces {endpoint} as its primary, which cannot be reached: {}", fault.message);
    unreachable(endpoint, &fault, &message, "the replica set announces a primary that this pod cannot reach")
}

fn unreachable(endpoint: &Endpoint, fault: &Fault, message: &str, statement: &str) -> Fault {
    let code = match fault.phase {
        _ if endpoint.host.is_loopback() => code::MEMBER_LOOPBACK,
        Phase::Resolve => code::MEMBER_NAMES,
        _ => code::MEMBER_UNREACHABLE,
    };
    let advertised = Fault::new(Phase::Assert, Cause::AdvertisedUnreachable, message).of_attempt(fault.attempt);
    advertised.with(observed(code)).stating(statement)
}

/// The fault of a replica set without a member that has the role.
fn none_has_the_role(wanted: &Wanted, hello: &Hello, seen: &[Seen]) -> Fault {
    let set = hello.set.as_deref().unwrap_or_default();
    let (code, lacks) = match wanted.role() {
        Role::Primary => (code::NO_PRIMARY, "has no primary"),
        Role::Secondary => (code::NO_SECONDARY, "has no secondary that this pod reaches"),
        Role::Any => (code::NO_MEMBER, "has no member with data that this pod reaches"),
    };
    let words: Vec<String> = seen
        .iter()
        .map(|one| match one {
            Seen::State(endpoint, state) => format!("{endpoint} is {}", state.in_words()),
            Seen::Failed(endpoint, fault) => format!("{endpoint}: {}", fault.message),
        })
        .collect();
    let statement = format!("the replica set {set} {lacks}");
    let message = format!("{statement}: {}", words.join("; "));
    let attempt = seen.iter().find_map(|one| if let Seen::Failed(_, fault) = one { fault.attempt } else { None });
    let fault = Fault::new(Phase::Assert, Cause::NotEnoughReplicas, message).of_attempt(attempt);
    fault.stating(statement).with(observed(code))
}

/// Says hello to the announced members whose turn it is, apart from those that were `greeted`.
///
/// # Errors
/// `advertised_unreachable` where clients need a member that this pod cannot reach: the primary, or any one of them if no
/// primary is required. `local_limit` where this pod is what fails. A warning where not every driver uses the members.
pub(super) async fn survey(
    opener: &Opener<'_>,
    attempt: &mut Attempt,
    wanted: &Wanted,
    hello: &Hello,
    greeted: &[Endpoint],
    turn: &Turn,
) -> Result<(), Fault> {
    let primary = if hello.state == State::Primary { hello.me.as_ref() } else { hello.primary.as_ref() };
    let primary = primary.filter(|_| wanted.role() == Role::Primary);
    let others: Vec<&Endpoint> =
        hello.members.iter().filter(|member| !greeted.contains(member) && Some(*member) != primary).collect();
    // Clients cannot do without the primary: it is asked in every run.
    let needed = primary.filter(|primary| !greeted.contains(primary));
    let indexes = turn.of(others.len());
    let chosen: Vec<&Endpoint> =
        needed.into_iter().chain(indexes.iter().filter_map(|index| others.get(*index).copied())).collect();
    let mut failed: Vec<(&Endpoint, Fault)> = Vec::new();
    let mut done = 0;
    for (index, member) in chosen.iter().enumerate() {
        let Some(time) = share(attempt, index, chosen.len()) else { break };
        match ask(opener, attempt, member, time).await {
            Ok(link) => {
                note(attempt, member, &link.hello, hello);
                link.close(attempt).await;
            }
            Err(fault) if fault.cause == Cause::LocalLimit => return Err(fault),
            Err(fault) if needed == Some(*member) => weigh(attempt, wanted, of_primary(member, fault))?,
            Err(fault) => failed.push((*member, fault)),
        }
        done += 1;
    }
    turn.had(done - usize::from(needed.is_some() && done > 0));
    let reaches_one = failed.len() < chosen.len() || hello.members.iter().any(|member| greeted.contains(member));
    match failed.first() {
        None => Ok(()),
        Some((endpoint, fault)) if !reaches_one => {
            let all = unreachable_in_words(failed.iter().map(|(endpoint, fault)| (*endpoint, fault)));
            let message = format!("the replica set announces members that cannot be reached: {all}");
            let statement = "the replica set announces members that this pod cannot reach";
            weigh(attempt, wanted, unreachable(endpoint, fault, &message, statement))
        }
        Some(_) => {
            let all = unreachable_in_words(failed.iter().map(|(endpoint, fault)| (*endpoint, fault)));
            warn(attempt, format!("members of the replica set cannot be reached: {all}"), UNREACHABLE_FIX);
            Ok(())
        }
    }
}

/// A failure where every driver connects to the members that are announced; else a warning.
///
/// # Errors
/// The fault.
fn weigh(attempt: &mut Attempt, wanted: &Wanted, fault: Fault) -> Result<(), Fault> {
    if wanted.discovers {
        return Err(fault);
    }
    warn(attempt, format!("{}; most drivers connect to it, Java's to the host of the URL", fault.message), NAMES_FIX);
    Ok(())
}

/// What is odd about a member although the set works.
fn note(attempt: &mut Attempt, member: &Endpoint, its: &Hello, first: &Hello) {
    match its.state {
        State::Primary | State::Secondary | State::Arbiter if its.set == first.set => {}
        State::Primary | State::Secondary | State::Arbiter => {
            let set = its.set.as_deref().unwrap_or("none");
            warn(attempt, format!("the member {member} belongs to another replica set: {set}"), UNREACHABLE_FIX);
        }
        state => {
            let text = format!("the member {member} is {}", state.in_words());
            warn(attempt, text, STATE_FIX);
        }
    }
}
