//! From a document's nodes to the plan.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::check::connection::Protocol;
use crate::check::{Check, KINDS, Kind, kind};
use crate::config::keys::{Common, Defaults, Outer, Serve, Threshold, Time};
use crate::config::node::{Node, Problem, Raw, parse_leniently};
use crate::config::plan::{
    DEFAULT_LISTEN, FAILURE_THRESHOLD, Gates, INTERVAL, MinPassing, Origin, Plan, Planned, SUCCESS_THRESHOLD,
    ServeOptions, ServeTls, TIMEOUT, calm_interval,
};
use crate::config::rules::{GateFault, Reach, judge};
use crate::duration;
use crate::env::Env;
use crate::net::dial::{DialRules, Require};
use crate::proof::Name;
use crate::slices::Slices;
use crate::value::Value;

/// What to write where there are no checks.
pub(super) const HOW_TO_BEGIN: &str = "write at least one check, with a name and a kind: \
     `checks: [{name: database, postgres: {url: {env: DATABASE_URL}}}]`";

/// So many faults are enough to correct at a time: a file with a fault in each of its checks takes no memory for all of them.
const MOST_FAULTS: usize = 1_000;

/// The plan that a document describes.
///
/// # Errors
/// Every fault.
pub(super) async fn plan(
    document: &Node,
    origin: Origin,
    env: &dyn Env,
    slices: &mut Slices,
) -> Result<Plan, Vec<Problem>> {
    let rest = without(document, |key| key == "checks");
    let checks = document.get("checks");
    let outer = parse_leniently::<Outer>(&rest, &["checks"]);
    let mut problems = outer.problems;
    let outer_value = outer.value.unwrap_or_default();
    let defaults = outer_value.defaults.unwrap_or_default();
    let written = document.get("defaults").unwrap_or(document);
    let interval = in_force(written, "interval", defaults.interval.map(|interval| interval.0), Some(INTERVAL));
    problems.extend(longer(written, "defaults", "timeout", defaults.timeout, (interval, "interval")));
    let listen = outer_value.listen.map_or(DEFAULT_LISTEN, |listen| listen.0);
    let mut serve = serve(outer_value.serve.unwrap_or_default(), document.get("serve"), listen, &mut problems);
    let mut reader = Reader {
        defaults,
        interval,
        env,
        problems,
        warnings: Vec::new(),
        names: BTreeMap::new(),
        held: BTreeMap::new(),
    };
    let planned = match checks {
        Some(node) => reader.checks(node, slices).await,
        None if matches!(document.raw, Raw::Mapping(_)) => {
            reader.problems.push(Problem::new(document.span, "", format!("no checks: {HOW_TO_BEGIN}")));
            Vec::new()
        }
        None => Vec::new(),
    };
    let Reader { problems, warnings, .. } = reader;
    let written = checks.map_or(0, |node| match &node.raw {
        Raw::Sequence(nodes) => nodes.len(),
        Raw::Scalar { .. } | Raw::Mapping(_) | Raw::Faulty => 0,
    });
    if !problems.is_empty() || !outer.whole || planned.len() != written {
        return Err(problems);
    }
    serve.held = planned.iter().filter_map(|planned| planned.check.holds()).collect();
    Ok(Plan { listen, serve, checks: planned, listed: Vec::new(), origin, warnings })
}

/// A mapping without some of its keys.
fn without(node: &Node, apart: impl Fn(&str) -> bool) -> Node {
    let Raw::Mapping(entries) = &node.raw else { return node.clone() };
    let rest = entries.iter().filter(|(key, _)| !key.text().is_some_and(&apart)).cloned().collect();
    Node { span: node.span, raw: Raw::Mapping(rest) }
}

/// A mapping without some of its keys, and those.
fn split(node: &Node, apart: impl Fn(&str) -> bool) -> (Node, Vec<(Node, Node)>) {
    let Raw::Mapping(entries) = &node.raw else { return (node.clone(), Vec::new()) };
    let (taken, rest): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(|(key, _)| key.text().is_some_and(&apart));
    (Node { span: node.span, raw: Raw::Mapping(rest) }, taken)
}

/// The time in force for a key; `None` where one is written that cannot be read, so that nothing is compared with it.
fn in_force(node: &Node, key: &str, own: Option<Duration>, otherwise: Option<Duration>) -> Option<Duration> {
    match own {
        Some(time) => Some(time),
        None if node.get(key).is_some_and(|value| !value.is_null()) => None,
        None => otherwise,
    }
}

/// A limit that is longer than what it is in can never take effect.
fn longer(node: &Node, path: &str, key: &str, limit: Option<Time>, whole: (Option<Duration>, &str)) -> Option<Problem> {
    let (whole, name) = (whole.0?, whole.1);
    if limit?.0 <= whole {
        return None;
    }
    let span = node.get(key).map_or(node.span, |value| value.span);
    let message = format!("longer than the {name} ({}): use a shorter time, or a longer {name}", duration::show(whole));
    Some(Problem::new(span, &format!("{path}.{key}"), message))
}

fn serve(keys: Serve, node: Option<&Node>, listen: SocketAddr, problems: &mut Vec<Problem>) -> ServeOptions {
    let span = |key: &str| node.and_then(|node| node.get(key)).map_or_else(Default::default, |value| value.span);
    let tls = keys.tls.and_then(|tls| match (tls.cert, tls.key) {
        (Some(cert), Some(key)) => Some(ServeTls { cert: cert.0, key: key.0 }),
        (cert, key) => {
            let written = |name| node.and_then(|node| node.get("tls")).is_some_and(|tls| tls.get(name).is_some());
            let missing = [("cert", cert.is_none()), ("key", key.is_none())];
            for (name, _) in missing.iter().filter(|(name, missing)| *missing && !written(name)) {
                problems.push(Problem::new(span("tls"), "serve.tls", format!("the key {name} is missing")));
            }
            None
        }
    });
    if let Some(Value::Literal(token)) = &keys.bearer_token
        && token.expose().trim().is_empty()
    {
        problems.push(Problem::new(span("bearer_token"), "serve.bearer_token", "an empty token protects nothing"));
    }
    let probe_listen = keys.probe_listen.map(|listen| listen.0);
    if probe_listen.is_some_and(|probe| probe == listen && probe.port() != 0) {
        let message = "the same address as listen: use another port";
        problems.push(Problem::new(span("probe_listen"), "serve.probe_listen", message));
    }
    let usual = ServeOptions::default();
    ServeOptions {
        full_detail: keys.detail.is_some(),
        tls,
        bearer_token: keys.bearer_token,
        probe_listen,
        drain: keys.drain.map_or(usual.drain, |time| time.0),
        fail_ready_on_sigterm: keys.fail_ready_on_sigterm.unwrap_or(usual.fail_ready_on_sigterm),
        held: usual.held,
    }
}

struct Reader<'a> {
    defaults: Defaults,
    /// The default interval in force.
    interval: Option<Duration>,
    env: &'a dyn Env,
    problems: Vec<Problem>,
    warnings: Vec<String>,
    /// The check and the line that has each name.
    names: BTreeMap<String, (usize, usize)>,
    /// The secrets that checks hold, by what both sides call them.
    held: BTreeMap<Name, Vec<Value>>,
}

impl Reader<'_> {
    fn report(&mut self, node: &Node, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(node.span, path, message));
    }

    async fn checks(&mut self, node: &Node, slices: &mut Slices) -> Vec<Planned> {
        match &node.raw {
            Raw::Sequence(nodes) if !nodes.is_empty() => {
                let mut planned = Vec::with_capacity(nodes.len());
                for (index, node) in nodes.iter().enumerate() {
                    slices.pause().await;
                    if self.problems.len() >= MOST_FAULTS {
                        self.report(node, "", format!("{MOST_FAULTS} faults or more: correct these first"));
                        break;
                    }
                    planned.extend(self.check(index, node));
                }
                planned
            }
            Raw::Faulty => Vec::new(),
            Raw::Sequence(_) => {
                self.report(node, "checks", format!("no checks: {HOW_TO_BEGIN}"));
                Vec::new()
            }
            Raw::Scalar { .. } | Raw::Mapping(_) => {
                let what = if node.is_null() { "no checks" } else { "expected a list" };
                self.report(node, "checks", format!("{what}: {HOW_TO_BEGIN}"));
                Vec::new()
            }
        }
    }

    fn check(&mut self, index: usize, node: &Node) -> Option<Planned> {
        let path = format!("checks[{index}]");
        let before = self.problems.len();
        if !matches!(node.raw, Raw::Mapping(_)) {
            if !matches!(node.raw, Raw::Faulty) {
                self.report(node, &path, "expected a mapping with a name and a kind");
            }
            return None;
        }
        let (rest, kinds) = split(node, |key| kind(key).is_some() || Protocol::named(key).is_some());
        let kind_names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let common = parse_leniently::<Common>(&rest, &kind_names);
        let misspelled = common.problems.iter().any(|problem| problem.message.starts_with("unknown key"));
        self.problems.extend(common.problems.into_iter().map(|problem| problem.under(&path)));
        let keys = common.value.unwrap_or_default();
        let name = self.name(index, node, &keys, misspelled);
        let made = self.kind(node, &kinds, &path, misspelled);
        let terms = self.terms(node, &keys, &path);
        let (kind, check) = made?;
        let usual = Gates { startup: kind.gates_by_default, ..Gates::default() };
        let gates = keys.gates.as_deref().map_or(usual, |gates| gates.iter().copied().collect());
        let (gates, withheld) = self.gates(node, gates, &keys, &*check, &path);
        let calm = check.calm_interval();
        let warnings = check.warnings();
        if let Some(held) = check.holds() {
            let known = self.held.entry(held.name).or_insert_with(|| held.values.clone());
            if *known != held.values {
                let path = format!("{path}.{}.name", kind.name);
                self.report(
                    node,
                    &path,
                    "another check has another secret of this name: give each secret its own name",
                );
            }
        }
        self.warnings.extend(warnings.iter().map(|(key, text)| format!("{path}.{}.{key}: {text}", kind.name)));
        if !common.whole || self.problems.len() > before {
            return None;
        }
        let labels = keys.labels.unwrap_or_default().into_iter().map(|(name, value)| (name.0, value.0)).collect();
        Some(Planned {
            name: name?,
            kind: kind.name,
            check,
            gates,
            withheld,
            labels,
            ready_ignores: keys.ready_ignores.unwrap_or_default().into_iter().map(|slug| slug.0).collect(),
            clients: keys.clients.unwrap_or_default().into_iter().map(|runtime| runtime.0).collect(),
            fail_on: keys.fail_on.unwrap_or_default().into_iter().map(|code| code.0).collect(),
            identity: identity(node, &terms),
            kind_identity: kind_identity(&kinds),
            interval: terms.interval,
            calm_interval: match keys.interval {
                Some(_) => terms.interval,
                None => calm_interval(kind.name, terms.interval).max(calm),
            },
            timeout: terms.timeout,
            failure_threshold: terms.failure_threshold,
            success_threshold: terms.success_threshold,
            rules: terms.rules,
            min_passing: keys.min_passing.unwrap_or(MinPassing::All),
        })
    }

    fn name(&mut self, index: usize, node: &Node, keys: &Common, misspelled: bool) -> Option<String> {
        let path = format!("checks[{index}]");
        let Some(name) = keys.name.as_ref().map(|name| name.0.clone()) else {
            match node.get("name") {
                None if !misspelled => self.report(node, &path, "the key name is missing"),
                Some(value) if value.is_null() => self.report(value, &format!("{path}.name"), "empty"),
                None | Some(_) => {}
            }
            return None;
        };
        let place = node.get("name").unwrap_or(node);
        if let Some((other, line)) = self.names.get(&name) {
            let message = format!("checks[{other}] in line {line} already has this name");
            self.report(place, &format!("{path}.name"), message);
            return None;
        }
        self.names.insert(name.clone(), (index, place.span.line));
        Some(name)
    }

    fn kind(
        &mut self,
        node: &Node,
        kinds: &[(Node, Node)],
        path: &str,
        misspelled: bool,
    ) -> Option<(&'static Kind, Arc<dyn Check>)> {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        if kinds.is_empty() && !misspelled {
            self.report(node, path, format!("the kind is missing: write one of {}", known.join(", ")));
        }
        for (key, _) in kinds.iter().skip(1) {
            let first = kinds[0].0.text().unwrap_or_default();
            self.report(
                key,
                path,
                format!("a check has only one kind, and this one already has {first}: write two checks"),
            );
        }
        let (key, value) = kinds.first()?;
        let name = key.text().unwrap_or_default();
        let Some(kind) = kind(name) else {
            let protocol = Protocol::named(name)?;
            let lacking = protocol.lacking("tcp: {address: \"host:port\"}");
            let message = format!("{lacking}; the kinds are {}", known.join(", "));
            self.report(key, &format!("{path}.{name}"), message);
            return None;
        };
        if matches!(value.raw, Raw::Scalar { .. } | Raw::Sequence(_)) {
            let example = kind.example.lines().next().unwrap_or_default();
            self.report(value, &format!("{path}.{name}"), format!("expected a mapping, such as {example}"));
            return None;
        }
        match (kind.parse)(value) {
            Ok(check) => Some((kind, check)),
            Err(problems) => {
                let under = format!("{path}.{name}");
                self.problems.extend(problems.into_iter().map(|problem| problem.under(&under)));
                None
            }
        }
    }

    fn terms(&mut self, node: &Node, keys: &Common, path: &str) -> RunOptions {
        let interval = in_force(node, "interval", keys.interval.map(|interval| interval.0), self.interval);
        self.problems.extend(longer(node, path, "timeout", keys.timeout, (interval, "interval")));
        let interval = interval.unwrap_or(INTERVAL);
        let usual = self.defaults.timeout.map_or(TIMEOUT, |time| time.0).min(interval);
        let timeout = in_force(node, "timeout", keys.timeout.map(|time| time.0), Some(usual));
        self.problems.extend(longer(node, path, "connect_timeout", keys.connect_timeout, (timeout, "timeout")));
        let timeout = timeout.unwrap_or(usual);
        let require = keys.require.unwrap_or_default();
        if let Some(place) = node.get("min_passing")
            && keys.min_passing.is_some()
            && require != Require::Each
        {
            self.report(place, &format!("{path}.min_passing"), "min_passing requires `require: each`: add it");
        }
        let connect_timeout = keys.connect_timeout.map(|time| time.0);
        let addresses = keys.addresses.unwrap_or_default();
        let usual = &self.defaults;
        let threshold = |own: Option<Threshold>, usual: Option<Threshold>, otherwise| {
            own.or(usual).map_or(otherwise, |threshold| threshold.0)
        };
        RunOptions {
            interval,
            timeout,
            failure_threshold: threshold(keys.failure_threshold, usual.failure_threshold, FAILURE_THRESHOLD),
            success_threshold: threshold(keys.success_threshold, usual.success_threshold, SUCCESS_THRESHOLD),
            rules: DialRules { addresses, connect_timeout, require },
        }
    }

    /// What it gates, and whether that is nothing because of what a value says.
    fn gates(&mut self, node: &Node, mut gates: Gates, keys: &Common, check: &dyn Check, path: &str) -> (Gates, bool) {
        let mut withheld = false;
        let place = node.get("gates").unwrap_or(node);
        for fault in judge(gates, Reach::of(check, self.env), keys.starts_before == Some(true)) {
            match fault {
                GateFault::LiveUnknown => {
                    gates.live = false;
                    self.warnings.push(format!("{path}.gates: {}", fault.message()));
                }
                GateFault::StartupByValue => {
                    (gates, withheld) = (Gates::default(), true);
                    self.warnings.push(format!("{path}.gates: {}", fault.message()));
                }
                GateFault::LiveOutside | GateFault::StartupInside => {
                    self.report(place, &format!("{path}.gates"), fault.message());
                }
            }
        }
        (gates, withheld)
    }
}

/// What decides how a check runs, with every default filled in.
#[derive(Hash)]
struct RunOptions {
    interval: Duration,
    timeout: Duration,
    failure_threshold: u32,
    success_threshold: u32,
    rules: DialRules,
}

/// Keys that say what is made of a check's results, not how it runs: changing them must not cost it its verdict, least of
/// all where `gates: []` is to help a pod out of trouble.
const KEYS_OUTSIDE_IDENTITY: &[&str] = &["gates", "labels", "ready_ignores", "starts_before"];

/// A number for all that was written of how a check runs; it stays in this process.
fn identity(node: &Node, terms: &RunOptions) -> u64 {
    let mut hasher = DefaultHasher::new();
    hash(&without(node, |key| KEYS_OUTSIDE_IDENTITY.contains(&key)), &mut hasher);
    terms.hash(&mut hasher);
    hasher.finish()
}

/// A number for all that was written of the kind and its keys; it stays in this process.
fn kind_identity(kinds: &[(Node, Node)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (kind, keys) in kinds {
        hash(kind, &mut hasher);
        hash(keys, &mut hasher);
    }
    hasher.finish()
}

fn hash(node: &Node, hasher: &mut DefaultHasher) {
    match &node.raw {
        Raw::Scalar { text, .. } => (0, text.expose()).hash(hasher),
        Raw::Sequence(nodes) => {
            (1, nodes.len()).hash(hasher);
            nodes.iter().for_each(|node| hash(node, hasher));
        }
        Raw::Mapping(entries) => {
            (2, entries.len()).hash(hasher);
            for (key, value) in entries {
                hash(key, hasher);
                hash(value, hasher);
            }
        }
        Raw::Faulty => 3.hash(hasher),
    }
}

#[cfg(test)]
mod tests;
