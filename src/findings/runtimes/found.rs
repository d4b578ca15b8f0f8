//! The findings that come of what was foretold: only of addresses that were measured, and only where one of them works.

use std::net::SocketAddr;

use super::cure::{self, hurts};
use super::measured_address::{Fate, MeasuredAddress};
use super::messages::NAMED;
use super::walk;
use super::{ADDRESS_DEAD, ConnectStrategy, IPV6_DEAD, NODE_CONNECT_BORDERLINE, NODE_CONNECT_CUT, Scenario, Told};
use crate::duration::show;
use crate::finding::{Finding, Predicted, Severity};

/// Runtimes that try one address only. Where nobody said that the app is one of them, they alone are no reason to warn.
const ONE_ADDRESS: [&str; 2] = ["node@18", "jvm"];

/// What is worth saying of one name; `asked` is true where the user named the runtimes.
pub(super) fn findings(told: &[Told], measured: &[MeasuredAddress], name: Option<&str>, asked: bool) -> Vec<Finding> {
    if !measured.iter().any(MeasuredAddress::accepts) {
        // It works for nobody: that is what the failure says.
        return Vec::new();
    }
    let of = name.map_or_else(String::new, |name| format!(" of {name}"));
    [node_cut(told, measured, &of), node_borderline(told, &of), dead(told, measured, &of, asked)]
        .into_iter()
        .flatten()
        .collect()
}

/// What hurts where a dead address comes first, which it did not this time.
pub(super) fn next_time(
    told: &[Told],
    measured: &[MeasuredAddress],
    name: Option<&str>,
    asked: bool,
) -> Option<Finding> {
    let of = name.map_or_else(String::new, |name| format!(" of {name}"));
    let found = dead(told, measured, &of, asked)?;
    let message = format!("{}, whenever the name server puts it first (this time it did not)", found.message);
    Some(Finding { message, ..found })
}

/// The ways of a Node that gives up on addresses that answer.
fn cut_ways(told: &Told) -> Vec<&Scenario> {
    let bad = |way: &&Scenario| matches!(way.ended.result, Predicted::Fails | Predicted::Hangs) && way.ended.cut > 0;
    told.ways.iter().filter(bad).collect()
}

/// Whether all ways of some resolver library are such.
fn surely_cut(told: &Told) -> Option<&Scenario> {
    let cut = cut_ways(told);
    cut.iter()
        .find(|way| {
            let all = told.ways.iter().filter(|one| one.library == way.library).count();
            cut.iter().filter(|one| one.library == way.library).count() == all
        })
        .copied()
}

fn node_cut(told: &[Told], measured: &[MeasuredAddress], of: &str) -> Option<Finding> {
    let cut: Vec<(&Told, &Scenario)> = told.iter().filter_map(|one| Some((one, surely_cut(one)?))).collect();
    let (first, way) = *cut.first()?;
    let ConnectStrategy::Node(limit) = first.model.manner else { return None };
    let ways: Vec<Scenario> = cut.iter().map(|(_, way)| (*way).clone()).collect();
    let cure = cure::node(" (Node 20.13, 22.1 or later)", limit, first.model.options.limit.is_some(), &ways);
    let still_fails =
        walk::node(&walk::ipv4_leads(&way.measured), limit, walk::TimerRace::Late).result != Predicted::Connects;
    let no_use = if still_fails { "; --dns-result-order=ipv4first alone does not help" } else { "" };
    let fix = cure.map_or_else(
        || format!("take the addresses that do not work out of the name{no_use}"),
        |cure| format!("for the app, set {cure}{no_use}"),
    );
    let versions: Vec<&Told> = cut.iter().map(|(one, _)| *one).collect();
    let found = NODE_CONNECT_CUT.found(format!("{}, but {}", answering(measured, of), cutting(&versions, way)), fix);
    // Where the app's image decides, the app may be well.
    let sure = versions.iter().any(|one| on(one).is_empty());
    Some(if sure { found } else { Finding { severity: Severity::Warning, ..found } })
}

/// `3 of 6 addresses of db answer after 310ms to 312ms`.
fn answering(measured: &[MeasuredAddress], of: &str) -> String {
    let took: Vec<_> = measured.iter().filter(|leg| leg.accepts()).map(|leg| leg.after).collect();
    let answer = if took.len() == 1 { "answers" } else { "answer" };
    let fastest = show(took.iter().min().copied().unwrap_or_default());
    let slowest = show(took.iter().max().copied().unwrap_or_default());
    let took_words = if fastest == slowest { slowest } else { format!("{fastest} to {slowest}") };
    format!("{} of {} addresses{of} {answer} after {took_words}", took.len(), measured.len())
}

/// `Node 20 and 22 cut each but the last off after 250ms, and the last that they try, ADDRESS, is silent: they hang`.
fn cutting(versions: &[&Told], way: &Scenario) -> String {
    let (cuts, they, tries, fails, hangs) = match versions {
        [_] => ("cuts", "it", "tries", "fails", "hangs"),
        _ => ("cut", "they", "try", "fail", "hang"),
    };
    let mut limits: Vec<String> = Vec::new();
    for one in versions {
        if let ConnectStrategy::Node(limit) = one.model.manner {
            let text = if limits.is_empty() { show(limit) } else { format!("from Node 25.2 on {}", show(limit)) };
            if !limits.iter().any(|known| known.ends_with(&show(limit))) {
                limits.push(text);
            }
        }
    }
    let ends = match way.ended.after {
        Some(after) => {
            let code = way.ended.errors.first().map_or("ETIMEDOUT", |(_, code)| code.name);
            format!("{they} {fails} after {} with {code}", show(after))
        }
        None => format!("{they} {hangs}"),
    };
    let last = last_tried(way).map_or_else(String::new, |leg| format!("{}, {}", leg.address, deed(leg)));
    format!(
        "{}{} {cuts} each but the last off after {}, and the last that {they} {tries}, {last}: {ends}",
        nodes(versions),
        versions.first().map(|one| on(one)).unwrap_or_default(),
        limits.join(", "),
    )
}

/// The last address of a walk that did not connect.
fn last_tried(way: &Scenario) -> Option<&MeasuredAddress> {
    let address = way.ended.at.or_else(|| way.ended.errors.last().map(|(address, _)| *address))?;
    way.measured.iter().find(|leg| leg.address == address)
}

/// `10.0.0.7:5432 answers after 3ms`.
fn state(leg: &MeasuredAddress) -> String {
    format!("{} {}", leg.address, deed(leg))
}

/// What it does when it is dialled.
fn deed(leg: &MeasuredAddress) -> String {
    match leg.fate {
        Fate::Accepts => format!("answers after {}", show(leg.after)),
        Fate::Errs(code) if code.errno == 101 && leg.source.is_none() => format!("has no route here ({})", code.name),
        Fate::Errs(code) => format!("gives {} after {}", code.name, show(leg.after)),
        Fate::Silent => format!("is silent for {}", show(leg.after)),
        Fate::Unmeasured => "was not measured".to_owned(),
    }
}

fn node_borderline(told: &[Told], of: &str) -> Option<Finding> {
    let near: Vec<&Told> = told.iter().filter(|one| surely_cut(one).is_none() && !cut_ways(one).is_empty()).collect();
    let first = near.first()?;
    let ConnectStrategy::Node(limit) = first.model.manner else { return None };
    let way = *cut_ways(first).first()?;
    let close =
        |leg: &&MeasuredAddress| leg.accepts() && leg.after + walk::BAND > limit && leg.after <= limit + walk::BAND;
    let leg = way.measured.iter().find(close)?;
    let message = format!(
        "{}{of} answered after {}, and {}{} {} each address but the last {}: some connections come about, some fail with {}",
        leg.address,
        show(leg.after),
        nodes(&near),
        on(first),
        if near.len() == 1 { "gives" } else { "give" },
        show(limit),
        way.ended.errors.first().map_or("ETIMEDOUT", |(_, code)| code.name),
    );
    let ways: Vec<Scenario> = first.ways.clone();
    let cure = cure::node(" (Node 20.13, 22.1 or later)", limit, first.model.options.limit.is_some(), &ways)?;
    Some(NODE_CONNECT_BORDERLINE.found(message, format!("for the app, set {cure}")))
}

/// Addresses that do not work and stand before one that does.
fn dead(told: &[Told], measured: &[MeasuredAddress], of: &str, asked: bool) -> Option<Finding> {
    let hurt: Vec<&Told> =
        told.iter().filter(|one| one.ways.iter().any(|way| hurts(way) && way.ended.cut == 0)).collect();
    if hurt.iter().all(|one| !asked && ONE_ADDRESS.contains(&one.model.name)) {
        return None;
    }
    let ways = hurt.iter().flat_map(|one| &one.ways).filter(|way| hurts(way) && way.ended.cut == 0);
    let met: Vec<SocketAddr> =
        ways.flat_map(|way| way.ended.errors.iter().map(|(address, _)| *address).chain(way.ended.at)).collect();
    let broken = |leg: &&MeasuredAddress| leg.fails() && met.contains(&leg.address);
    let blamed: Vec<&MeasuredAddress> = measured.iter().filter(broken).collect();
    if blamed.is_empty() {
        return None;
    }
    let message = format!(
        "of the {} addresses{of}, {}; {}; {}",
        measured.len(),
        blamed.iter().take(NAMED).map(|leg| state(leg)).collect::<Vec<_>>().join(", "),
        measured.iter().filter(|leg| leg.accepts()).min_by_key(|leg| leg.after).map(state).unwrap_or_default(),
        harm(&hurt),
    );
    let all_v6 = blamed.iter().all(|leg| leg.address.is_ipv6());
    let no_v6_works = !measured.iter().any(|leg| leg.address.is_ipv6() && leg.accepts());
    let refused = blamed.iter().all(|leg| matches!(leg.fate, Fate::Errs(code) if code.errno == 111));
    let no_route = blamed.iter().all(|leg| matches!(leg.fate, Fate::Errs(code) if code.at_once && code.errno == 101));
    let remedy = match (all_v6 && no_v6_works, refused) {
        _ if no_route => "give this pod a route to that address, or take it out of the name",
        (_, true) => "let the server listen on that address too, or take it out of the name",
        (true, false) => "let IPv6 through, or take the AAAA records or this pod's IPv6 route away",
        (false, false) => "find out why that address does not answer, or take it out of the name",
    };
    // Each one's own cure stands with what is foretold of it: here only those of the runtimes that the app has.
    let cures: Vec<String> = hurt
        .iter()
        .filter(|_| asked)
        .filter_map(|one| Some(format!("{}: {}", one.model.title, one.prediction.cure.as_ref()?)))
        .collect();
    let until = match cures.as_slice() {
        // A limit helps no one who is refused, or who has one.
        [] if refused || asked => String::new(),
        [] => "; until then, give the app's client a connect timeout (libpq: connect_timeout=3)".to_owned(),
        cures => format!("; until then, {}", cures.join("; ")),
    };
    let entry = if all_v6 && no_v6_works { IPV6_DEAD } else { ADDRESS_DEAD };
    Some(entry.found(message, format!("{remedy}{until}")))
}

/// Who waits, who fails, who loses how much.
fn harm(hurt: &[&Told]) -> String {
    // What becomes of one, of several, and who they are.
    let mut groups: Vec<(String, String, Vec<&str>)> = Vec::new();
    for one in hurt {
        let Some(way) = one.ways.iter().find(|way| hurts(way)) else { continue };
        let (verb, verbs) = match (way.ended.result, way.ended.after) {
            (Predicted::Hangs, _) => {
                ("waits without an end of its own".to_owned(), "wait without an end of their own".to_owned())
            }
            (Predicted::Connects, Some(after)) => {
                (format!("connects only after {}", show(after)), format!("connect only after {}", show(after)))
            }
            _ => ("fails".to_owned(), "fail".to_owned()),
        };
        let on = on(one);
        let (verb, verbs) = (format!("{on} {verb}"), format!("{on} {verbs}"));
        match groups.iter_mut().find(|(known, ..)| *known == verb) {
            Some((.., titles)) => titles.push(one.model.title),
            None => groups.push((verb, verbs, vec![one.model.title])),
        }
    }
    let told = groups.iter().map(|(one, several, titles)| {
        let verb = if titles.len() == 1 { one } else { several };
        format!("{}{verb}", and(titles))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Says which images where only those of one resolver library are hurt.
fn on(told: &Told) -> String {
    let hurt: Vec<_> = told.ways.iter().filter(|way| hurts(way)).map(|way| way.library).collect();
    match hurt.first() {
        Some(library) if told.model.libraries.len() > 1 && hurt.iter().all(|one| one == library) => {
            format!(" in {}", library.images())
        }
        _ => String::new(),
    }
}

/// `Node 20, 22 and 24`.
fn nodes(told: &[&Told]) -> String {
    let versions: Vec<&str> = told.iter().map(|one| one.model.title.trim_start_matches("Node ")).collect();
    format!("Node {}", and(&versions))
}

/// `a, b and c`.
fn and(names: &[impl AsRef<str>]) -> String {
    match names {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [before @ .., last] => {
            let before: Vec<&str> = before.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", before.join(", "), last.as_ref())
        }
    }
}
