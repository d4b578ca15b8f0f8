//! The setting that cures what was predicted. Node's are tried out on the same addresses before they are recommended.

use std::time::Duration;

use super::measured_address::{Fate, MeasuredAddress};
use super::model::Model;
use super::scenario::Scenario;
use super::strategy::ConnectStrategy;
use super::walk::{self, TimerRace};
use crate::finding::Predicted;

/// What to set; `None` where nothing is wrong, or where no setting of the client helps.
pub(super) fn cure(model: &Model, scenarios: &[Scenario]) -> Option<String> {
    let scenario = scenarios.iter().find(|scenario| scenario.hurts())?;
    if !scenario.measured.iter().any(MeasuredAddress::accepts) {
        return None;
    }
    match model.strategy {
        ConnectStrategy::Node(limit) => node(since(model.name), limit, model.options.limit.is_some(), scenarios),
        ConnectStrategy::First => one_address(&scenario.measured, model.options.first_only),
        ConnectStrategy::FirstIpv4 => Some(java(&scenario.measured)),
        ConnectStrategy::Race(_) => Some(shared(model.name, scenario.measured.len())),
        // It has one already.
        ConnectStrategy::Serial(Some(_)) if model.name != "python" => None,
        ConnectStrategy::Serial(_) | ConnectStrategy::Staggered => waits(model.name).map(str::to_owned),
    }
}

/// What a larger limit per address should be for these: twice the slowest, in half seconds, at least one second.
fn roomy(scenarios: &[Scenario]) -> Duration {
    const STEP: u64 = 500;
    let slowest = scenarios
        .iter()
        .flat_map(|scenario| &scenario.measured)
        .filter(|candidate| candidate.accepts())
        .map(|candidate| candidate.after)
        .max();
    let doubled = u64::try_from(slowest.unwrap_or_default().as_millis() * 2).unwrap_or(u64::MAX / STEP);
    Duration::from_millis(doubled.div_ceil(STEP).max(2) * STEP)
}

/// Which versions of this line know the option.
const fn since(name: &str) -> &'static str {
    match name.as_bytes() {
        b"node@20" => " (Node 20.13 or later)",
        b"node@22" => " (Node 22.1 or later)",
        _ => "",
    }
}

/// The settings of Node that make all of these connect; `since` says which versions know the first, `set` that the limit
/// is not the version's own.
pub(super) fn node(since: &str, limit: Duration, set: bool, scenarios: &[Scenario]) -> Option<String> {
    const NEWER: Duration = Duration::from_millis(500);
    let works = |with: &dyn Fn(&[MeasuredAddress]) -> Predicted| {
        scenarios.iter().all(|scenario| with(&scenario.measured) == Predicted::Connects)
    };
    let with_limit = |limit| move |measured: &[MeasuredAddress]| walk::node(measured, limit, TimerRace::Late).result;
    let roomy = roomy(scenarios);
    let mut cures = Vec::new();
    if works(&with_limit(roomy)) {
        let ms = roomy.as_millis();
        cures.push(format!("NODE_OPTIONS=--network-family-autoselection-attempt-timeout={ms}{since}"));
    }
    if works(&|measured| ConnectStrategy::First.walk(measured, TimerRace::Late).result) {
        cures.push("NODE_OPTIONS=--no-network-family-autoselection".to_owned());
    }
    if !set && limit < NEWER && works(&with_limit(NEWER)) {
        cures.push("Node 25.2 or later".to_owned());
    }
    (!cures.is_empty()).then(|| cures.join(", or "))
}

/// Node 18, and a later one that was told to try one alone.
fn one_address(measured: &[MeasuredAddress], forecasts: bool) -> Option<String> {
    let first_v4 = measured.iter().find(|candidate| candidate.address.is_ipv4());
    let order = if first_v4.is_some_and(MeasuredAddress::accepts) {
        "NODE_OPTIONS=--dns-result-order=ipv4first, or "
    } else {
        ""
    };
    let with =
        |limit| walk::node(measured, Duration::from_millis(limit), TimerRace::Late).result == Predicted::Connects;
    let who = match (with(250), with(500)) {
        _ if forecasts => "Node without --no-network-family-autoselection",
        (true, _) => "Node 20 or later",
        (false, true) => "Node 25.2 or later",
        (false, false) => return order.strip_suffix(", or ").map(str::to_owned),
    };
    Some(format!("{order}{who}, which tries every address"))
}

fn java(measured: &[MeasuredAddress]) -> String {
    let first_v6 = measured.iter().find(|candidate| candidate.address.is_ipv6());
    if first_v6.is_some_and(|candidate| candidate.fate == Fate::Accepts) {
        return "-Djava.net.preferIPv6Addresses=true".to_owned();
    }
    "set a connect timeout (pgjdbc: connectTimeout) and remove the dead address from the name: this client tries only \
     the first address"
        .to_owned()
}

/// A limit for all addresses together that leaves enough for the last. Go gives each an equal share, and two seconds at the
/// least; curl gives each half of what is left.
fn shared(name: &str, addresses: usize) -> String {
    if name == "go" {
        let seconds = (addresses * 2).max(5);
        return format!("net.Dialer{{Timeout: {seconds} * time.Second}}, which the addresses share");
    }
    let seconds = 10 << (addresses.clamp(3, 5) - 3);
    format!("--connect-timeout {seconds}, of which each address gets half of the rest")
}

fn waits(name: &str) -> Option<&'static str> {
    Some(match name {
        "python" => {
            "a short timeout=, which applies to each address (5 s assumed here; without it, each address costs two \
             minutes)"
        }
        "python-asyncio" => "happy_eyeballs_delay=0.25 for create_connection (the default of anyio and httpx)",
        "libpq" => "connect_timeout=3 in the connection string or PGCONNECT_TIMEOUT=3, which applies to each address",
        "psycopg3" => "connect_timeout=3 in the connection string, which applies to each address",
        "tokio" => "a timeout for each address (tokio-postgres: connect_timeout)",
        _ => return None,
    })
}
