//! What other runtimes would do with the addresses that were measured here, and what of it hurts the app.
//!
//! pilotfish dials one address after another and is patient; few runtimes are. From the measured addresses, the order in
//! which the app's resolver library gives them ([`order`]) and the way in which each runtime tries them ([`walk`]), it is
//! told what the runtime would do. Nothing is told of runtimes that nobody asked for.

mod codes;
mod cure;
mod forecast;
mod found;
mod measured_address;
mod messages;
mod model;
mod options;
mod order;
mod scenario;
mod strategy;
mod walk;

use std::time::Duration;

use crate::finding::{Finding, Predicted, Prediction, Severity};
use crate::findings::context::Context;
use crate::outcome::{Evidence, Surveyed};
use crate::url::Host;

pub(super) use codes::CODES;
pub use model::RUNTIMES;

use codes::{NODE_CONNECT_BORDERLINE, NODE_CONNECT_CUT};
use forecast::Forecast;
use measured_address::MeasuredAddress;
use model::MODELS;
use options::{NodeOptions, Settings};
use scenario::Scenario;

/// Predictions for the runtimes asked for (all of them where a survey was made and none is named), and the findings
/// that come of them.
pub(super) fn judge(evidence: &Evidence, context: Context<'_>) -> (Vec<Finding>, Vec<Prediction>) {
    let Some(families) = evidence.families.filter(|_| !evidence.survey.is_empty()) else { return Default::default() };
    let settings = Settings { node: NodeOptions::read(context.node_options), libpq: options::libpq_limit(context) };
    let asked: &[&'static str] = if context.clients.is_empty() { RUNTIMES } else { context.clients };
    let mut findings: Vec<Finding> = Vec::new();
    let mut predictions: Vec<Prediction> = Vec::new();
    let all = targets(&evidence.survey);
    for target in &all {
        let named = target.host.or_else(|| evidence.resolved.first().map(|one| one.name.as_str()));
        // Of an address in place of a name no library is asked.
        let resolves = named.is_some_and(|name| matches!(Host::parse(name), Ok(Host::Name(_))));
        let families = resolves.then_some(families);
        let models = MODELS.iter().filter(|model| asked.contains(&model.name)).map(|model| model.with(settings));
        let forecasts: Vec<Forecast> = models.map(|model| Forecast::of(model, &target.measured, families)).collect();
        let of_target = found::findings(&forecasts, &target.measured, named, !context.clients.is_empty());
        // A name server gives the addresses in another order the next time; a hosts file does not.
        if let Some(measured) =
            dead_first(&target.measured).filter(|_| of_target.is_empty() && !evidence.queries.is_empty())
        {
            // Whom it hurts as it is now does not belong to what may be the next time.
            let well = forecasts.iter().filter(|one| !one.scenarios.iter().any(Scenario::hurts));
            let forecasts: Vec<Forecast> = well.map(|one| Forecast::of(one.model, &measured, families)).collect();
            findings.extend(found::next_time(&forecasts, &measured, named, !context.clients.is_empty()));
        }
        findings.extend(of_target);
        for one in forecasts {
            merge(&mut predictions, one.prediction, label(target, &all).as_deref());
        }
    }
    (findings, predictions)
}

/// What rests on measured times, where this container stood still for so long meanwhile: nothing is said to be near to a
/// limit, and nothing for certain to be over it.
pub(super) fn mark_uncertain(findings: &mut Vec<Finding>, stood: Duration) {
    findings.retain(|finding| finding.code != NODE_CONNECT_BORDERLINE.code);
    for cut in findings.iter_mut().filter(|finding| finding.code == NODE_CONNECT_CUT.code) {
        cut.severity = Severity::Warning;
        cut.message.push_str(&format!(
            "; these times may be too long, because the CPU limit stopped this container for {}",
            crate::duration::show(stood)
        ));
    }
}

/// The same addresses, where one that does not work stands behind one of its family that does: that one first.
fn dead_first(measured: &[MeasuredAddress]) -> Option<Vec<MeasuredAddress>> {
    let works_before = |at: usize| {
        measured[..at]
            .iter()
            .any(|candidate| candidate.accepts() && candidate.address.is_ipv4() == measured[at].address.is_ipv4())
    };
    let dead = (0..measured.len()).find(|at| measured[*at].fails() && works_before(*at))?;
    let mut turned = measured.to_vec();
    turned[..=dead].rotate_right(1);
    Some(turned)
}

/// What tells a host from the others; `None` where there is one alone.
fn label(target: &Target<'_>, all: &[Target<'_>]) -> Option<String> {
    let host = target.host?;
    let alone = all.iter().filter(|other| other.host == target.host).count() == 1;
    Some(if alone { host.to_owned() } else { format!("{host}:{}", target.measured[0].address.port()) })
}

/// The addresses of one host and port.
struct Target<'a> {
    host: Option<&'a str>,
    measured: Vec<MeasuredAddress>,
}

fn targets(survey: &[Surveyed]) -> Vec<Target<'_>> {
    let mut targets: Vec<Target<'_>> = Vec::new();
    for seen in survey {
        let (host, candidate) = (seen.host.as_deref(), MeasuredAddress::new(seen));
        let port = candidate.address.port();
        match targets.iter_mut().find(|one| one.host == host && one.measured[0].address.port() == port) {
            Some(target) => target.measured.push(candidate),
            None => targets.push(Target { host, measured: vec![candidate] }),
        }
    }
    targets
}

/// Several hosts: the worst of them is told, with its name.
fn merge(predictions: &mut Vec<Prediction>, mut one: Prediction, host: Option<&str>) {
    one.host = host.map(str::to_owned);
    if let (Some(host), Some(error)) = (host, &mut one.error) {
        *error = format!("{host}: {error}");
    }
    match predictions.iter_mut().find(|known| known.runtime == one.runtime) {
        None => predictions.push(one),
        Some(known) if badness(one.result) > badness(known.result) => *known = one,
        Some(_) => {}
    }
}

const fn badness(result: Predicted) -> u8 {
    match result {
        Predicted::Connects => 0,
        Predicted::Unknown => 1,
        Predicted::Borderline => 2,
        Predicted::Hangs => 3,
        Predicted::Fails => 4,
    }
}

#[cfg(test)]
mod tests;
