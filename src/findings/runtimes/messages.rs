//! Predictions in words. Each sentence rests on a measured number.

use std::net::SocketAddr;

use super::measured_address::{Code, Ended, Fate, MeasuredAddress, TIMED_OUT};
use super::model::Model;
use super::order::Library;
use super::scenario::Scenario;
use super::strategy::ConnectStrategy;
use crate::duration::show;
use crate::finding::{Predicted, Prediction};

/// How many addresses a text names.
pub(super) const NAMED: usize = 6;

/// What is predicted of a runtime that may go through these scenarios.
pub(super) fn prediction(model: &Model, scenarios: &[Scenario], cure: Option<String>) -> Prediction {
    let first = &scenarios[0];
    let predicted =
        |result, after, error| Prediction { runtime: model.name, result, after, error, cure: cure.clone(), host: None };
    if scenarios.iter().all(|scenario| scenario.ended.result == first.ended.result) {
        return predicted(first.ended.result, first.ended.after, error(model, first));
    }
    if let Some(unknown) = scenarios.iter().find(|scenario| scenario.ended.result == Predicted::Unknown) {
        return predicted(Predicted::Unknown, None, error(model, unknown));
    }
    predicted(Predicted::Borderline, None, Some(either(model, scenarios)))
}

/// Several scenarios: which, and on what it depends.
fn either(model: &Model, scenarios: &[Scenario]) -> String {
    let outcome = |scenario: &Scenario| match (scenario.ended.after, error(model, scenario)) {
        (Some(after), None) => format!("connects after {}", show(after)),
        (Some(after), Some(error)) => format!("fails after {}: {error}", show(after)),
        (None, error) => error.unwrap_or_default(),
    };
    let of = |library: Library| scenarios.iter().filter(move |scenario| scenario.library == library);
    let near = |library: Library| of(library).any(|scenario| scenario.ended.result != result_of(scenarios, library));
    let mut parts: Vec<String> = Vec::new();
    for library in model.libraries {
        let text = match (near(*library), model.strategy) {
            (true, ConnectStrategy::Node(limit)) => {
                let all: Vec<String> = of(*library).map(outcome).collect();
                format!("within 15 ms of its limit of {} per address: {}", show(limit), all.join(", or "))
            }
            _ => of(*library).next().map(outcome).unwrap_or_default(),
        };
        parts.push(text);
    }
    if parts.iter().all(|text| *text == parts[0]) {
        return parts.swap_remove(0);
    }
    let named = model.libraries.iter().zip(parts).map(|(library, text)| format!("{}: {text}", library.images()));
    named.collect::<Vec<_>>().join("; ")
}

fn result_of(scenarios: &[Scenario], library: Library) -> Predicted {
    scenarios
        .iter()
        .find(|scenario| scenario.library == library)
        .map_or(Predicted::Unknown, |scenario| scenario.ended.result)
}

/// The error that the runtime would show, or what it waits for; `None` where it connects.
fn error(model: &Model, scenario: &Scenario) -> Option<String> {
    match scenario.ended.result {
        Predicted::Connects => None,
        Predicted::Fails => Some(failure(model, &scenario.ended)),
        Predicted::Hangs => {
            let candidate = at(scenario)?;
            Some(format!(
                "waits for {}, which did not answer for {} here; {}",
                candidate.address,
                show(candidate.after),
                its_end(model)
            ))
        }
        Predicted::Unknown | Predicted::Borderline => {
            let candidate = at(scenario)?;
            Some(match candidate.fate {
                Fate::Silent => format!("{} was measured for only {}", candidate.address, show(candidate.after)),
                _ => format!("{} was not measured", candidate.address),
            })
        }
    }
}

/// The address that a scenario ends on.
fn at(scenario: &Scenario) -> Option<&MeasuredAddress> {
    let at = scenario.ended.at?;
    scenario.measured.iter().find(|candidate| candidate.address == at)
}

/// What ends the waiting at last.
fn its_end(model: &Model) -> &'static str {
    match (model.strategy, model.name) {
        (ConnectStrategy::Node(_) | ConnectStrategy::First, _) => {
            "fetch gives up after 10 s (UND_ERR_CONNECT_TIMEOUT), a plain socket after two minutes (kernel)"
        }
        (_, "python-asyncio") => {
            "only a timeout around the call stops it earlier (asyncpg: 60 s) than the kernel (two minutes)"
        }
        (_, "psycopg3") => "130 s for each address unless connect_timeout is set",
        (_, "jvm") => "pgjdbc gives up after 10 s (connectTimeout), a plain Socket after two minutes (kernel)",
        _ => "the kernel gives up after two minutes",
    }
}

/// The error in the runtime's own words, as near as they are known.
fn failure(model: &Model, ended: &Ended) -> String {
    let errors = &ended.errors;
    let Some((&first, &last)) = errors.first().zip(errors.last()) else {
        return "getaddrinfo ENOTFOUND: the name has no address of a family that this pod has".to_owned();
    };
    match (model.strategy, model.name) {
        (ConnectStrategy::Node(_), _) if errors.len() > 1 => {
            let all = list(errors, |(address, code)| format!("{} {address}", code.name));
            format!("AggregateError [{}]: {all}", first.1.name)
        }
        (ConnectStrategy::Node(_) | ConnectStrategy::First, _) => format!("connect {} {}", first.1.name, first.0),
        (_, "go") => format!("dial tcp {}: connect: {}", first.0, first.1.text.to_lowercase()),
        (_, "python") if last.1 == TIMED_OUT => "TimeoutError: timed out".to_owned(),
        (_, "python") => format!("{}: [Errno {}] {}", python(last.1), last.1.errno, last.1.text),
        (_, "python-asyncio") if errors.iter().all(|one| connect_call(one) == connect_call(&first)) => {
            format!("{}: {}", python(first.1), connect_call(&first))
        }
        (_, "python-asyncio") => format!("OSError: Multiple exceptions: {}", list(errors, connect_call)),
        (_, "python-anyio") => format!("OSError: All connection attempts failed ({})", list(errors, text_of)),
        (_, "libpq") => list(errors, libpq),
        (_, "psycopg3") if last.1 == TIMED_OUT => "connection timeout expired".to_owned(),
        (_, "psycopg3") => psycopg3(&last),
        (_, "jvm") => format!("java.net.{}: {}", java(first.1), first.1.text),
        (_, "curl") => format!("curl: (7) Couldn't connect to server ({})", list(errors, text_of)),
        _ => format!("{} (os error {})", last.1.text, last.1.errno),
    }
}

fn list(errors: &[(SocketAddr, Code)], show: impl Fn(&(SocketAddr, Code)) -> String) -> String {
    let mut parts: Vec<String> = errors.iter().take(NAMED).map(show).collect();
    if errors.len() > NAMED {
        parts.push(format!("{} more", errors.len() - NAMED));
    }
    parts.join(", ")
}

fn text_of((address, code): &(SocketAddr, Code)) -> String {
    format!("{address} {}", code.text.to_lowercase())
}

/// asyncio has words of its own for what comes back later, and the kernel's for what it knew at once.
fn connect_call((address, code): &(SocketAddr, Code)) -> String {
    if code.at_once {
        return format!("[Errno {}] {}", code.errno, code.text);
    }
    let zone = if address.is_ipv6() { ", 0, 0" } else { "" };
    format!("[Errno {}] Connect call failed ('{}', {}{zone})", code.errno, address.ip(), address.port())
}

fn libpq((address, code): &(SocketAddr, Code)) -> String {
    let text = if *code == TIMED_OUT { "timeout expired" } else { code.text };
    format!("connection to server at {}, port {} failed: {text}", address.ip(), address.port())
}

/// psycopg 3 asks libpq for the next step before the handshake's end. What comes back later is met as an error of sending,
/// and told as a lost connection; only what the kernel knew at once has its own words.
fn psycopg3(last: &(SocketAddr, Code)) -> String {
    let (address, code) = last;
    if code.at_once {
        return libpq(last);
    }
    format!(
        "connection to server at {}, port {} failed: server closed the connection unexpectedly (so it calls: {})",
        address.ip(),
        address.port(),
        code.text
    )
}

const fn java(code: Code) -> &'static str {
    match code.errno {
        110 | 111 => "ConnectException",
        113 => "NoRouteToHostException",
        13 | 99 => "BindException",
        _ => "SocketException",
    }
}

const fn python(code: Code) -> &'static str {
    match code.errno {
        1 | 13 => "PermissionError",
        104 => "ConnectionResetError",
        110 => "TimeoutError",
        111 => "ConnectionRefusedError",
        _ => "OSError",
    }
}
