//! `require: each`: the whole check for every address behind its names, each with its own deadline and result.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::depth::Depth;
use super::failure::explain;
use super::run::{AttemptResult, Ready, attempt, options};
use crate::cause::Cause;
use crate::config::plan::{MinPassing, Planned};
use crate::findings::Context;
use crate::net::World;
use crate::net::attempt::{Attempt, Pin};
use crate::net::resolve::Walk;
use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Facts, Fault, Member, Phase, Standing};
use crate::url::Endpoint;

/// How many addresses are probed at a time.
const AT_A_TIME: usize = 32;
/// How many failing members a message names.
const NAMED: usize = 8;

/// Resolves once, runs the check for every address, and judges by `min_passing`.
pub(super) async fn run(
    planned: &Planned,
    ready: &Ready,
    world: &Arc<World>,
    depth: Depth,
    context: Context<'_>,
) -> AttemptResult {
    let endpoints = context.endpoints;
    if endpoints.is_empty() {
        // It dials nothing, or its values cannot be resolved: its own run says which.
        return attempt(ready, world, options(planned, depth.walk(), None)).await;
    }
    let mut resolving = Attempt::new(Arc::clone(world), options(planned, depth.walk(), None));
    let pins = resolve(&mut resolving, endpoints).await;
    let mut evidence = resolving.finish();
    let pins = match pins {
        Ok(pins) => pins,
        Err(fault) => return AttemptResult { evidence, fault: Some(fault), ended: Instant::now() },
    };
    let done = run_all(planned, ready, world, depth.walk(), &pins).await;
    let ended = done.iter().map(|one| one.ended).max().unwrap_or_else(Instant::now);
    let mut facts = Vec::new();
    for (pin, mut one) in pins.iter().zip(done) {
        if endpoints.len() > 1 {
            // A run for one host of several names none: its hint is of that host all the same.
            let host = pin.endpoint.host.to_string();
            one.evidence.tries.iter_mut().for_each(|one| one.host = one.host.take().or_else(|| Some(host.clone())));
        }
        let address = SocketAddr::new(pin.ip, pin.endpoint.port);
        let failure = one.fault.map(|fault| explain(planned.kind, fault, &one.evidence, context));
        facts.push(merge(&mut evidence, *one.evidence));
        evidence.members.push(Member { address, failure });
    }
    let fault = judge(&evidence, planned.min_passing);
    evidence.facts = shown(facts, &evidence.members, fault.as_ref().map(|fault| fault.cause));
    AttemptResult { evidence, fault, ended }
}

/// The facts of the first member that is as the whole is; but a certificate that expires earlier is of any member.
fn shown(facts: Vec<Facts>, members: &[Member], cause: Option<Cause>) -> Facts {
    let first_expiry = facts.iter().filter_map(|one| one.first_expiry).min();
    let like = |member: &Member| member.failure.as_ref().map(|failure| failure.cause) == cause;
    let index = members.iter().position(like).unwrap_or_default();
    Facts { first_expiry, ..facts.into_iter().nth(index).unwrap_or_default() }
}

async fn resolve(attempt: &mut Attempt, endpoints: &[Endpoint]) -> Result<Vec<Pin>, Fault> {
    let mut pins = Vec::new();
    for endpoint in endpoints {
        let several = endpoints.len() > 1;
        attempt.for_host(several.then(|| endpoint.host.to_string()));
        for ip in attempt.resolve(endpoint).await? {
            let pin = Pin { endpoint: endpoint.clone(), ip };
            if !pins.contains(&pin) {
                pins.push(pin);
            }
        }
    }
    Ok(pins)
}

/// Every member's run, in the order of the pins. Where accounts lock, one after another until a login was accepted; and none
/// after a rejection that risks a lock, for all of them would send the same credential.
async fn run_all(planned: &Planned, ready: &Ready, world: &Arc<World>, walk: Walk, pins: &[Pin]) -> Vec<AttemptResult> {
    let mut waiting = pins.iter().cloned().enumerate();
    let mut running = JoinSet::new();
    let mut done: Vec<Option<AttemptResult>> = pins.iter().map(|_| None).collect();
    let mut at_a_time = if planned.accounts_lock() { 1 } else { AT_A_TIME };
    loop {
        while running.len() < at_a_time
            && let Some((index, pin)) = waiting.next()
        {
            let (ready, world) = (ready.clone(), Arc::clone(world));
            let options = options(planned, walk, Some(pin));
            running.spawn(async move { (index, attempt(&ready, &world, options).await) });
        }
        match running.join_next().await {
            Some(Ok((index, one))) => {
                match &one.fault {
                    None => at_a_time = AT_A_TIME,
                    Some(fault) if fault.risks_lock => {
                        waiting.by_ref().for_each(|(index, _)| done[index] = Some(not_tried(fault)));
                    }
                    Some(_) => {}
                }
                done[index] = Some(one);
            }
            Some(Err(error)) => unreachable!("a member is never aborted, and its panics are caught: {error}"),
            None => return done.into_iter().flatten().collect(),
        }
    }
}

/// Of a member that is spared a credential which another one rejected.
fn not_tried(rejection: &Fault) -> AttemptResult {
    let message = "not tried, because another address rejected the same credential";
    let fault = Fault { attempt: None, ..rejection.clone() }.with_message(message);
    AttemptResult { evidence: Box::default(), fault: Some(fault), ended: Instant::now() }
}

/// Adds a member's evidence: its queries and tries behind the others', and the longest time of each phase (they ran
/// beside each other). Gives its facts.
fn merge(all: &mut Evidence, one: Evidence) -> Facts {
    all.degraded |= one.degraded;
    all.aftermath = all.aftermath.max(one.aftermath);
    all.queries.extend(one.queries);
    all.tries.extend(one.tries);
    for (phase, spent) in one.phases {
        match all.phases.iter_mut().find(|(known, _)| *known == phase) {
            Some((_, longest)) => *longest = spent.max(*longest),
            None => all.phases.push((phase, spent)),
        }
    }
    one.facts
}

/// How many of them must pass.
fn needed(members: usize, min_passing: MinPassing) -> usize {
    match min_passing {
        MinPassing::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
        MinPassing::Percent(percent) => (members * usize::from(percent)).div_ceil(100),
        MinPassing::All => members,
    }
}

/// Whether a limit of pilotfish alone keeps this member from being known.
fn is_limited(member: &Member, tries: &[ConnectAttempt]) -> bool {
    let connected = |one: &ConnectAttempt| one.address == member.address && one.result == ConnectResult::Connected;
    let cause = member.failure.as_ref().map(|failure| failure.cause);
    Standing::new(cause, tries.iter().any(connected)) == Standing::Limited
}

/// The fault where too few pass: with the commonest cause among those that fail, the first where causes tie. It is a limit
/// of pilotfish only where the members that met one would be enough beside those that pass.
fn judge(evidence: &Evidence, min_passing: MinPassing) -> Option<Fault> {
    let members = &evidence.members;
    let (limited, failing): (Vec<_>, Vec<_>) = members
        .iter()
        .filter_map(|member| Some((member, member.failure.as_ref()?)))
        .partition(|(member, _)| is_limited(member, &evidence.tries));
    let passing = members.len() - limited.len() - failing.len();
    let needed = needed(members.len(), min_passing);
    if passing >= needed {
        return None;
    }
    let failing = if passing + limited.len() >= needed { limited } else { failing };
    let count = |cause: Cause| failing.iter().filter(|(_, failure)| failure.cause == cause).count();
    // The last of the greatest wins, so the order is turned round.
    let worst = failing.iter().rev().max_by_key(|(_, failure)| count(failure.cause));
    let (phase, cause) = worst.map_or((Phase::Resolve, Cause::DnsNoAddress), |(_, worst)| (worst.phase, worst.cause));
    let mut lines: Vec<String> = failing
        .iter()
        .take(NAMED)
        .map(|(member, failure)| format!("{} {} ({})", member.address, failure.cause.slug(), failure.message))
        .collect();
    if failing.len() > NAMED {
        lines.push(format!("and {} more", failing.len() - NAMED));
    }
    let colon = if lines.is_empty() { "" } else { ": " };
    let message = format!(
        "{passing} of {} addresses pass, at least {needed} must pass{colon}{}",
        members.len(),
        lines.join(", ")
    );
    // What is to be done is what helps that member.
    let detail = worst.and_then(|(_, failure)| failure.detail.clone());
    let risks_lock = failing.iter().any(|(_, failure)| failure.risks_lock);
    let attempt = worst.and_then(|(member, _)| evidence.tries.iter().position(|one| one.address == member.address));
    Some(Fault { detail, risks_lock, ..Fault::new(phase, cause, message).of_attempt(attempt) })
}

#[cfg(test)]
mod tests {
    use super::{judge, shown};
    use crate::cause::Cause;
    use crate::config::plan::MinPassing;
    use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Facts, Failure, Member, Phase};
    use std::time::Duration;

    /// Members by one letter each: `.` passes, `l` meets a limit behind a connection, `r` refuses.
    fn cause(members: &str, min_passing: MinPassing) -> Option<&'static str> {
        let mut evidence = Evidence::default();
        for (member, number) in members.chars().zip(1..) {
            let address = ([10, 0, 0, number], 1).into();
            let (cause, result) = match member {
                '.' => (None, ConnectResult::Connected),
                'l' => (Some(Cause::ProbeLimit), ConnectResult::Connected),
                _ => (Some(Cause::ConnectRefused), ConnectResult::Refused),
            };
            let attempt = ConnectAttempt { host: None, address, result, errno: None, duration: Duration::ZERO };
            evidence.tries.push(attempt);
            let text = String::new;
            let failure = |cause| Failure {
                phase: Phase::Login,
                cause,
                statement: None,
                message: text(),
                hint: text(),
                detail: None,
                risks_lock: false,
            };
            evidence.members.push(Member { address, failure: cause.map(failure) });
        }
        judge(&evidence, min_passing).map(|fault| fault.cause.slug())
    }

    #[test]
    fn a_limit_is_the_cause_only_where_nothing_else_keeps_too_many_from_passing() {
        for (members, min_passing, expected) in [
            ("...", MinPassing::All, None),
            (".l", MinPassing::Count(1), None),
            (".l", MinPassing::All, Some("probe_limit")),
            ("ll", MinPassing::All, Some("probe_limit")),
            ("llr", MinPassing::All, Some("connect_refused")),
            ("llr", MinPassing::Count(2), Some("probe_limit")),
            (".lr", MinPassing::Percent(50), Some("probe_limit")),
            ("lrr", MinPassing::Count(2), Some("connect_refused")),
        ] {
            assert_eq!(cause(members, min_passing), expected, "{members} {min_passing}");
        }
    }

    #[test]
    fn the_certificate_that_expires_first_is_that_of_any_member() {
        let member = |ip: [u8; 4]| Member { address: (ip, 1).into(), failure: None };
        let members = [member([10, 0, 0, 1]), member([10, 0, 0, 2]), member([10, 0, 0, 3])];
        let facts = |status, first_expiry| Facts { status_code: Some(status), first_expiry, ..Facts::default() };
        let facts = shown(vec![facts(200, Some(9)), facts(204, Some(5)), facts(204, None)], &members, None);
        assert_eq!((facts.status_code, facts.first_expiry), (Some(200), Some(5)));
        assert_eq!(shown(Vec::new(), &[], None).first_expiry, None);
    }
}
