//! What other runtimes would do with the addresses that were measured here, and what of it hurts the app.
//!
//! pilotfish dials one address after another and is patient; few runtimes are. From the measured addresses, the order in
//! which the app's resolver library gives them ([`order`]) and the way in which each runtime tries them ([`walk`]), it is
//! told what the runtime would do. Nothing is told of runtimes that nobody asked for.

mod cure;
mod found;
mod measured_address;
mod messages;
mod options;
mod order;
mod walk;

use std::time::Duration;

use super::{Context, Entry, RUNTIMES};
use crate::cause::Cause;
use crate::finding::{Finding, Predicted, Prediction, Severity};
use crate::outcome::{Evidence, Families, Surveyed};
use crate::url::Host;

use measured_address::{Ended, MeasuredAddress};
use options::{NodeOptions, Settings};
use order::Library;
use walk::TimerRace;

const NODE_CONNECT_CUT: Entry = Entry {
    code: "node_connect_cut",
    severity: Severity::Error,
    cause: Cause::ConnectTimeout,
    meaning: "addresses answer, but more slowly than Node waits for each of several: Node gives up on them and fails",
    remedy: "set NODE_OPTIONS=--network-family-autoselection-attempt-timeout to more than the slowest address takes \
             (Node 20.13, 22.1 or later), or --no-network-family-autoselection, or use Node 25.2 or later",
};
const NODE_CONNECT_BORDERLINE: Entry = Entry {
    code: "node_connect_borderline",
    severity: Severity::Warning,
    cause: Cause::ConnectTimeout,
    meaning: "addresses answer within 15 ms of the limit that Node has for each of several: it connects now and then",
    remedy: "set NODE_OPTIONS=--network-family-autoselection-attempt-timeout well above what the addresses take",
};
const IPV6_DEAD: Entry = Entry {
    code: "ipv6_dead",
    severity: Severity::Warning,
    cause: Cause::ConnectTimeout,
    meaning: "IPv6 addresses of the name have a route here and do not work, and runtimes that try them before IPv4 wait, \
              or fail",
    remedy: "let IPv6 through, or take the route or the AAAA records away; until then give the client a connect timeout",
};
const ADDRESS_DEAD: Entry = Entry {
    code: "address_dead",
    severity: Severity::Warning,
    cause: Cause::ConnectTimeout,
    meaning: "an address of the name does not work, others do, and runtimes that try it first wait, or fail",
    remedy: "find out why that address does not answer, or take it out of the name; until then give the client a connect \
             timeout",
};

/// Every finding of this family.
pub(super) const CODES: &[Entry] = &[NODE_CONNECT_CUT, NODE_CONNECT_BORDERLINE, IPV6_DEAD, ADDRESS_DEAD];

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
        let told: Vec<Told> = models.map(|model| foretell(model, &target.measured, families)).collect();
        let of_target = found::findings(&told, &target.measured, named, !context.clients.is_empty());
        // A name server gives the addresses in another order the next time; a hosts file does not.
        if let Some(measured) =
            dead_first(&target.measured).filter(|_| of_target.is_empty() && !evidence.queries.is_empty())
        {
            // Whom it hurts as it is now does not belong to what may be the next time.
            let well = told.iter().filter(|one| !one.ways.iter().any(cure::hurts));
            let told: Vec<Told> = well.map(|one| foretell(one.model, &measured, families)).collect();
            findings.extend(found::next_time(&told, &measured, named, !context.clients.is_empty()));
        }
        findings.extend(of_target);
        for one in told {
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
            "; these times may be too long, since the CPU limit kept this container from running for {}",
            crate::duration::show(stood)
        ));
    }
}

/// The same addresses, where one that does not work stands behind one of its family that does: that one first.
fn dead_first(measured: &[MeasuredAddress]) -> Option<Vec<MeasuredAddress>> {
    let works_before = |at: usize| {
        measured[..at].iter().any(|leg| leg.accepts() && leg.address.is_ipv4() == measured[at].address.is_ipv4())
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
        let (host, leg) = (seen.host.as_deref(), MeasuredAddress::new(seen));
        let port = leg.address.port();
        match targets.iter_mut().find(|one| one.host == host && one.measured[0].address.port() == port) {
            Some(target) => target.measured.push(leg),
            None => targets.push(Target { host, measured: vec![leg] }),
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

/// How a runtime connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectStrategy {
    /// Node with `autoSelectFamily` and this limit per address.
    Node(Duration),
    /// The first address and no other.
    First,
    /// Java: the first address, IPv4 before IPv6.
    FirstIpv4,
    /// One after another, each with this limit.
    Serial(Option<Duration>),
    /// Both families, the second after this head start.
    Race(Duration),
    /// anyio.
    Staggered,
}

/// One runtime.
#[derive(Debug, Clone, Copy)]
struct Model {
    name: &'static str,
    /// For people.
    title: &'static str,
    manner: ConnectStrategy,
    /// Who may resolve for it.
    libraries: &'static [Library],
    /// Whether it asks for configured families only.
    configured_only: bool,
    /// Of Node alone.
    options: NodeOptions,
}

impl Model {
    /// As it goes with what is set for it.
    fn with(self, settings: Settings) -> Self {
        let options = settings.node;
        match self.manner {
            ConnectStrategy::Serial(None) if matches!(self.name, "libpq" | "psycopg3") => {
                Self { manner: ConnectStrategy::Serial(settings.libpq), ..self }
            }
            ConnectStrategy::Node(_) if options.first_only => Self { manner: ConnectStrategy::First, options, ..self },
            ConnectStrategy::Node(limit) => {
                Self { manner: ConnectStrategy::Node(options.limit.unwrap_or(limit)), options, ..self }
            }
            ConnectStrategy::First => Self { options, ..self },
            ConnectStrategy::FirstIpv4
            | ConnectStrategy::Serial(_)
            | ConnectStrategy::Race(_)
            | ConnectStrategy::Staggered => self,
        }
    }
}

const LIBC: &[Library] = &[Library::Glibc, Library::Musl];
/// What `timeout=` of Python's examples and of most libraries over it come to; without one the kernel's two minutes.
const PYTHON_TIMEOUT: Duration = Duration::from_secs(5);

/// In the order of [`RUNTIMES`].
const MODELS: &[Model] = &[
    node("node@18", "Node 18", ConnectStrategy::First),
    node("node@20", "Node 20", ConnectStrategy::Node(Duration::from_millis(250))),
    node("node@22", "Node 22", ConnectStrategy::Node(Duration::from_millis(250))),
    node("node@24", "Node 24", ConnectStrategy::Node(Duration::from_millis(250))),
    node("node@25", "Node 25.2", ConnectStrategy::Node(Duration::from_millis(500))),
    node("node@26", "Node 26", ConnectStrategy::Node(Duration::from_millis(500))),
    Model {
        name: "go",
        title: "Go",
        manner: ConnectStrategy::Race(Duration::from_millis(300)),
        libraries: &[Library::Go],
        configured_only: false,
        options: NodeOptions::NONE,
    },
    other("python", "Python", ConnectStrategy::Serial(Some(PYTHON_TIMEOUT))),
    other("python-asyncio", "asyncio", ConnectStrategy::Serial(None)),
    other("python-anyio", "anyio", ConnectStrategy::Staggered),
    other("libpq", "libpq", ConnectStrategy::Serial(None)),
    other("psycopg3", "psycopg 3", ConnectStrategy::Serial(None)),
    other("jvm", "Java", ConnectStrategy::FirstIpv4),
    other("curl", "curl", ConnectStrategy::Race(Duration::from_millis(200))),
    other("tokio", "tokio", ConnectStrategy::Serial(None)),
];

const fn node(name: &'static str, title: &'static str, manner: ConnectStrategy) -> Model {
    Model { name, title, manner, libraries: LIBC, configured_only: true, options: NodeOptions::NONE }
}

const fn other(name: &'static str, title: &'static str, manner: ConnectStrategy) -> Model {
    Model { name, title, manner, libraries: LIBC, configured_only: false, options: NodeOptions::NONE }
}

/// What is told of one runtime, and what it rests on.
struct Told {
    model: Model,
    /// One for each way in which it may go: resolver libraries, and a limit that is hit or missed.
    ways: Vec<Scenario>,
    prediction: Prediction,
}

/// One way in which it may go.
#[derive(Debug, Clone)]
struct Scenario {
    library: Library,
    measured: Vec<MeasuredAddress>,
    ended: Ended,
}

fn foretell(model: Model, measured: &[MeasuredAddress], families: Option<Families>) -> Told {
    let mut ways = Vec::new();
    for library in model.libraries {
        let measured =
            model.options.arrange(order::arrange(measured, *library, families.filter(|_| model.configured_only)));
        for lean in [TimerRace::InTime, TimerRace::Late] {
            let ended = go(model.manner, &measured, lean);
            let known = ways.iter().any(|way: &Scenario| way.library == *library && way.ended == ended);
            if !known {
                ways.push(Scenario { library: *library, measured: measured.clone(), ended });
            }
        }
    }
    let prediction = messages::prediction(&model, &ways, cure::cure(&model, &ways));
    Told { model, ways, prediction }
}

/// A runtime's walk over addresses in the order of its resolver.
fn go(manner: ConnectStrategy, measured: &[MeasuredAddress], lean: TimerRace) -> Ended {
    match manner {
        ConnectStrategy::Node(limit) if measured.len() > 1 => walk::node(measured, limit, lean),
        ConnectStrategy::Node(_) | ConnectStrategy::First => walk::serial(&measured[..measured.len().min(1)], None),
        ConnectStrategy::FirstIpv4 => walk::serial(&walk::ipv4_leads(measured)[..measured.len().min(1)], None),
        ConnectStrategy::Serial(each) => walk::serial(measured, each),
        ConnectStrategy::Race(head) => walk::race(measured, head),
        ConnectStrategy::Staggered => walk::staggered(&walk::ipv6_leads(measured)),
    }
}

#[cfg(test)]
mod tests;
