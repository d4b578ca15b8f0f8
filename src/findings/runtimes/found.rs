//! The findings that come of what was predicted: only of addresses that were measured, and only where one of them works.

use std::net::SocketAddr;

use super::codes::{ADDRESS_DEAD, IPV6_DEAD, NODE_CONNECT_BORDERLINE, NODE_CONNECT_CUT};
use super::forecast::Forecast;
use super::measured_address::{Fate, MeasuredAddress};
use super::messages::NAMED;
use super::scenario::Scenario;
use super::strategy::ConnectStrategy;
use super::{cure, walk};
use crate::duration::show;
use crate::finding::{Finding, Predicted, Severity};
use crate::findings::wording::join_names;

/// Runtimes that try one address only. Where nobody said that the app is one of them, they alone are no reason to warn.
const ONE_ADDRESS: [&str; 2] = ["node@18", "jvm"];

/// What is worth saying of one name; `asked` is true where the user named the runtimes.
pub(super) fn findings(
    forecasts: &[Forecast],
    measured: &[MeasuredAddress],
    name: Option<&str>,
    asked: bool,
) -> Vec<Finding> {
    if !measured.iter().any(MeasuredAddress::accepts) {
        // It works for nobody: that is what the failure says.
        return Vec::new();
    }
    let of = name.map_or_else(String::new, |name| format!(" of {name}"));
    [node_cut(forecasts, measured, &of), node_borderline(forecasts, &of), dead(forecasts, measured, &of, asked)]
        .into_iter()
        .flatten()
        .collect()
}

/// What hurts where a dead address comes first, which it did not this time.
pub(super) fn next_time(
    forecasts: &[Forecast],
    measured: &[MeasuredAddress],
    name: Option<&str>,
    asked: bool,
) -> Option<Finding> {
    let of = name.map_or_else(String::new, |name| format!(" of {name}"));
    let found = dead(forecasts, measured, &of, asked)?;
    let message = format!("{}, if the name server returns it first (this time it did not)", found.message);
    Some(Finding { message, ..found })
}

/// The scenarios of a Node that gives up on addresses that answer.
fn cut_scenarios(forecast: &Forecast) -> Vec<&Scenario> {
    let bad = |scenario: &&Scenario| {
        matches!(scenario.ended.result, Predicted::Fails | Predicted::Hangs) && scenario.ended.cut > 0
    };
    forecast.scenarios.iter().filter(bad).collect()
}

/// Whether all scenarios of some resolver library are such.
fn surely_cut(forecast: &Forecast) -> Option<&Scenario> {
    let cut = cut_scenarios(forecast);
    cut.iter()
        .find(|scenario| {
            let all = forecast.scenarios.iter().filter(|one| one.library == scenario.library).count();
            cut.iter().filter(|one| one.library == scenario.library).count() == all
        })
        .copied()
}

fn node_cut(forecasts: &[Forecast], measured: &[MeasuredAddress], of: &str) -> Option<Finding> {
    let cut: Vec<(&Forecast, &Scenario)> = forecasts.iter().filter_map(|one| Some((one, surely_cut(one)?))).collect();
    let (first, scenario) = *cut.first()?;
    let ConnectStrategy::Node(limit) = first.model.strategy else { return None };
    let scenarios: Vec<Scenario> = cut.iter().map(|(_, scenario)| (*scenario).clone()).collect();
    let cure = cure::node(" (Node 20.13, 22.1 or later)", limit, first.model.options.limit.is_some(), &scenarios);
    let still_fails =
        walk::node(&walk::ipv4_leads(&scenario.measured), limit, walk::TimerRace::Late).result != Predicted::Connects;
    let no_use = if still_fails { "; --dns-result-order=ipv4first alone does not help" } else { "" };
    let fix = cure.map_or_else(
        || format!("remove the addresses that do not work from the name{no_use}"),
        |cure| format!("for the app, set {cure}{no_use}"),
    );
    let versions: Vec<&Forecast> = cut.iter().map(|(one, _)| *one).collect();
    let found =
        NODE_CONNECT_CUT.found(format!("{}, but {}", answering(measured, of), cutting(&versions, scenario)), fix);
    // Where the app's image decides, the app may be well.
    let sure = versions.iter().any(|one| affected_images(one).is_empty());
    Some(if sure { found } else { Finding { severity: Severity::Warning, ..found } })
}

/// `3 of 6 addresses of db answer after 310ms to 312ms`.
fn answering(measured: &[MeasuredAddress], of: &str) -> String {
    let took: Vec<_> =
        measured.iter().filter(|candidate| candidate.accepts()).map(|candidate| candidate.after).collect();
    let answer = if took.len() == 1 { "answers" } else { "answer" };
    let fastest = show(took.iter().min().copied().unwrap_or_default());
    let slowest = show(took.iter().max().copied().unwrap_or_default());
    let took_words = if fastest == slowest { slowest } else { format!("{fastest} to {slowest}") };
    format!("{} of {} addresses{of} {answer} after {took_words}", took.len(), measured.len())
}

/// `Node 20 and 22 give each address except the last 250ms, and the last address, ADDRESS, does not answer, so they hang`.
fn cutting(versions: &[&Forecast], scenario: &Scenario) -> String {
    let (gives, they, fails, hangs) = match versions {
        [_] => ("gives", "it", "fails", "hangs"),
        _ => ("give", "they", "fail", "hang"),
    };
    let mut limits: Vec<String> = Vec::new();
    for one in versions {
        if let ConnectStrategy::Node(limit) = one.model.strategy {
            let text = if limits.is_empty() { show(limit) } else { format!("in Node 25.2 and later {}", show(limit)) };
            if !limits.iter().any(|known| known.ends_with(&show(limit))) {
                limits.push(text);
            }
        }
    }
    let ends = match scenario.ended.after {
        Some(after) => {
            let code = scenario.ended.errors.first().map_or("ETIMEDOUT", |(_, code)| code.name);
            format!("{fails} after {} with {code}", show(after))
        }
        None => hangs.to_owned(),
    };
    let last = last_tried(scenario)
        .map_or_else(String::new, |candidate| format!("{}, {}", candidate.address, behaviour(candidate)));
    format!(
        "{}{} {gives} each address except the last {}, and the last address, {last}, so {they} {ends}",
        node_versions(versions),
        versions.first().map(|one| affected_images(one)).unwrap_or_default(),
        limits.join(", "),
    )
}

/// The last address of a walk that did not connect.
fn last_tried(scenario: &Scenario) -> Option<&MeasuredAddress> {
    let address = scenario.ended.at.or_else(|| scenario.ended.errors.last().map(|(address, _)| *address))?;
    scenario.measured.iter().find(|candidate| candidate.address == address)
}

/// `10.0.0.7:5432 answers after 3ms`.
fn described(candidate: &MeasuredAddress) -> String {
    format!("{} {}", candidate.address, behaviour(candidate))
}

/// What it does when it is dialled.
fn behaviour(candidate: &MeasuredAddress) -> String {
    match candidate.fate {
        Fate::Accepts => format!("answers after {}", show(candidate.after)),
        Fate::Errs(code) if code.errno == 101 && candidate.source.is_none() => {
            format!("has no route here ({})", code.name)
        }
        Fate::Errs(code) => format!("fails with {} after {}", code.name, show(candidate.after)),
        Fate::Silent => format!("does not answer for {}", show(candidate.after)),
        Fate::Unmeasured => "was not measured".to_owned(),
    }
}

fn node_borderline(forecasts: &[Forecast], of: &str) -> Option<Finding> {
    let near: Vec<&Forecast> =
        forecasts.iter().filter(|one| surely_cut(one).is_none() && !cut_scenarios(one).is_empty()).collect();
    let first = near.first()?;
    let ConnectStrategy::Node(limit) = first.model.strategy else { return None };
    let scenario = *cut_scenarios(first).first()?;
    let close = |candidate: &&MeasuredAddress| {
        candidate.accepts() && candidate.after + walk::BAND > limit && candidate.after <= limit + walk::BAND
    };
    let candidate = scenario.measured.iter().find(close)?;
    let message = format!(
        "{}{of} answered after {}, and {}{} {} each address except the last {}: some connections succeed, some fail \
         with {}",
        candidate.address,
        show(candidate.after),
        node_versions(&near),
        affected_images(first),
        if near.len() == 1 { "gives" } else { "give" },
        show(limit),
        scenario.ended.errors.first().map_or("ETIMEDOUT", |(_, code)| code.name),
    );
    let scenarios: Vec<Scenario> = first.scenarios.clone();
    let cure = cure::node(" (Node 20.13, 22.1 or later)", limit, first.model.options.limit.is_some(), &scenarios)?;
    Some(NODE_CONNECT_BORDERLINE.found(message, format!("for the app, set {cure}")))
}

/// Addresses that do not work and stand before one that does.
fn dead(forecasts: &[Forecast], measured: &[MeasuredAddress], of: &str, asked: bool) -> Option<Finding> {
    let hurt: Vec<&Forecast> = forecasts
        .iter()
        .filter(|one| one.scenarios.iter().any(|scenario| scenario.hurts() && scenario.ended.cut == 0))
        .collect();
    if hurt.iter().all(|one| !asked && ONE_ADDRESS.contains(&one.model.name)) {
        return None;
    }
    let scenarios =
        hurt.iter().flat_map(|one| &one.scenarios).filter(|scenario| scenario.hurts() && scenario.ended.cut == 0);
    let met: Vec<SocketAddr> = scenarios
        .flat_map(|scenario| scenario.ended.errors.iter().map(|(address, _)| *address).chain(scenario.ended.at))
        .collect();
    let broken = |candidate: &&MeasuredAddress| candidate.fails() && met.contains(&candidate.address);
    let blamed: Vec<&MeasuredAddress> = measured.iter().filter(broken).collect();
    if blamed.is_empty() {
        return None;
    }
    let message = format!(
        "of the {} addresses{of}, {}; {}; {}",
        measured.len(),
        blamed.iter().take(NAMED).map(|candidate| described(candidate)).collect::<Vec<_>>().join(", "),
        measured
            .iter()
            .filter(|candidate| candidate.accepts())
            .min_by_key(|candidate| candidate.after)
            .map(described)
            .unwrap_or_default(),
        effect(&hurt),
    );
    let all_v6 = blamed.iter().all(|candidate| candidate.address.is_ipv6());
    let no_v6_works = !measured.iter().any(|candidate| candidate.address.is_ipv6() && candidate.accepts());
    let refused = blamed.iter().all(|candidate| matches!(candidate.fate, Fate::Errs(code) if code.errno == 111));
    let no_route =
        blamed.iter().all(|candidate| matches!(candidate.fate, Fate::Errs(code) if code.at_once && code.errno == 101));
    let remedy = match (all_v6 && no_v6_works, refused) {
        _ if no_route => "give this pod a route to that address, or remove it from the name",
        (_, true) => "let the server listen on that address too, or remove it from the name",
        (true, false) => "allow IPv6, or remove the AAAA records or this pod's IPv6 route",
        (false, false) => "find out why that address does not answer, or remove it from the name",
    };
    // Each one's own cure stands with what is predicted of it: here only those of the runtimes that the app has.
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
fn effect(hurt: &[&Forecast]) -> String {
    // What becomes of one, of several, and who they are.
    let mut groups: Vec<(String, String, Vec<&str>)> = Vec::new();
    for one in hurt {
        let Some(scenario) = one.scenarios.iter().find(|scenario| scenario.hurts()) else { continue };
        let (verb, verbs) = match (scenario.ended.result, scenario.ended.after) {
            (Predicted::Hangs, _) => ("waits without a timeout".to_owned(), "wait without a timeout".to_owned()),
            (Predicted::Connects, Some(after)) => {
                (format!("connects only after {}", show(after)), format!("connect only after {}", show(after)))
            }
            _ => ("fails".to_owned(), "fail".to_owned()),
        };
        let images = affected_images(one);
        let (verb, verbs) = (format!("{images} {verb}"), format!("{images} {verbs}"));
        match groups.iter_mut().find(|(known, ..)| *known == verb) {
            Some((.., titles)) => titles.push(one.model.title),
            None => groups.push((verb, verbs, vec![one.model.title])),
        }
    }
    let forecasts = groups.iter().map(|(one, several, titles)| {
        let verb = if titles.len() == 1 { one } else { several };
        format!("{}{verb}", join_names(titles))
    });
    forecasts.collect::<Vec<_>>().join(", ")
}

/// Says which images where only those of one resolver library are hurt.
fn affected_images(forecast: &Forecast) -> String {
    let hurt: Vec<_> =
        forecast.scenarios.iter().filter(|scenario| scenario.hurts()).map(|scenario| scenario.library).collect();
    match hurt.first() {
        Some(library) if forecast.model.libraries.len() > 1 && hurt.iter().all(|one| one == library) => {
            format!(" in {}", library.images())
        }
        _ => String::new(),
    }
}

/// `Node 20, 22 and 24`.
fn node_versions(forecasts: &[&Forecast]) -> String {
    let versions: Vec<&str> = forecasts.iter().map(|one| one.model.title.trim_start_matches("Node ")).collect();
    format!("Node {}", join_names(&versions))
}
