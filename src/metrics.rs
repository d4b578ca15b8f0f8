//! Prometheus metrics: the text of one snapshot, written anew for each scrape, so that the series of what is gone vanish
//! by themselves. No address, message or secret is ever a label's value, and a check has 30 series at most.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::TextEncoder;
use prometheus::proto::{Bucket, Histogram, Metric, MetricFamily, MetricType};
use tokio::time::Instant;

use crate::gate::{self, Gate};
use crate::order;
use crate::outcome::{ConnectResult, Outcome};
use crate::state::{BUCKETS, CheckView, Snapshot, count_up};
use crate::verdict::Verdict;

mod process;
mod series;

use series::{counter, gauge, labelled, metric_family};

pub use process::Process;

/// The most series that one check has.
pub const SERIES_LIMIT: usize = 30;
const FINDING: &str = "pilotfish_finding";
const GATING: &str = "pilotfish_check_gating";

/// The text of all metrics, format 0.0.4, in pieces of about 16 KiB: however many checks there are, no piece costs more than
/// a moment, and no text of all of them is ever in memory. A piece may be empty.
pub fn pieces(snapshot: Arc<Snapshot>, now: Instant, process: Process) -> impl Iterator<Item = String> + Send {
    Pieces { snapshot, now, process: Some(process), family: 0, at: 0, has_head: false }
}

/// How long a piece is before it is handed over, in bytes.
const PIECE: usize = 16 * 1024;
/// How many checks are written at once.
const BLOCK: usize = 16;
/// After so many blocks a piece ends, even if there was little or nothing to write.
const BLOCKS: usize = 64;

/// What is left to write.
struct Pieces {
    snapshot: Arc<Snapshot>,
    now: Instant,
    /// `None` once everything is written.
    process: Option<Process>,
    /// The family of series that is being written, and the next check in it.
    family: usize,
    at: usize,
    /// Whether its name, help and type are written.
    has_head: bool,
}

impl Iterator for Pieces {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut text = String::new();
        self.process.as_ref()?;
        for _ in 0..BLOCKS {
            if text.len() >= PIECE {
                break;
            }
            match FAMILIES.get(self.family) {
                Some(family) => self.write_block(family, &mut text),
                None => match self.process.take() {
                    Some(process) => {
                        let families = of_pilotfish(&self.snapshot, self.now).into_iter().chain(process.families());
                        families.for_each(|family| write(&family, true, &mut text));
                    }
                    None => break,
                },
            }
        }
        Some(text)
    }
}

impl Pieces {
    fn write_block(&mut self, family: &Family, text: &mut String) {
        let mut series = Vec::new();
        for view in self.snapshot.checks.from(self.at).take(BLOCK) {
            series.extend((family.series)(view));
            self.at += 1;
        }
        if !series.is_empty() {
            write(&metric_family(family.name, family.help, family.kind, series), !self.has_head, text);
            self.has_head = true;
        }
        if self.at >= self.snapshot.checks.len() {
            (self.family, self.at, self.has_head) = (self.family + 1, 0, false);
        }
    }
}

/// Adds the text of a family; without its head, where an earlier piece has that.
fn write(family: &MetricFamily, with_head: bool, text: &mut String) {
    const HEAD_LINES: usize = 2;
    if family.get_metric().is_empty() {
        return;
    }
    let start = text.len();
    TextEncoder::new().encode_utf8(std::slice::from_ref(family), text).expect("a family with metrics has a text");
    if !with_head && let Some((last, _)) = text[start..].match_indices('\n').nth(HEAD_LINES - 1) {
        text.drain(start..=start + last);
    }
}

fn of_pilotfish(snapshot: &Snapshot, now: Instant) -> [MetricFamily; 4] {
    let gates = Gate::ALL.map(|gate| {
        let passed = gate::report(gate, snapshot, now, &[]).passed;
        gauge(&[("gate", gate.as_str())], f64::from(passed))
    });
    let reload = &snapshot.reload;
    [
        metric_family(
            "pilotfish_gate",
            "What the gate's path answers: 1 for 200, 0 for 503.",
            MetricType::GAUGE,
            gates.into(),
        ),
        metric_family(
            "pilotfish_config_last_reload_successful",
            "Whether the last reload of the configuration succeeded.",
            MetricType::GAUGE,
            vec![gauge(&[], f64::from(reload.successful))],
        ),
        metric_family(
            "pilotfish_config_last_reload_success_timestamp_seconds",
            "When a reload of the configuration last succeeded, in Unix time.",
            MetricType::GAUGE,
            vec![gauge(&[], unix(reload.last_success))],
        ),
        metric_family(
            "pilotfish_build_info",
            "1, with the version of this pilotfish.",
            MetricType::GAUGE,
            vec![gauge(&[("version", env!("CARGO_PKG_VERSION"))], 1.0)],
        ),
    ]
}

/// One family of series that checks have.
struct Family {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    series: fn(&CheckView) -> Vec<Metric>,
}

const FAMILIES: &[Family] = &[
    Family {
        name: "pilotfish_check_up",
        help: "The verdict: 1 up, 0 down or stale; absent while it is unknown, also because of a limit of pilotfish.",
        kind: MetricType::GAUGE,
        series: |view| {
            let value = match view.verdict {
                _ if view.stale => Some(0.0),
                Verdict::Unknown => None,
                Verdict::Up => Some(1.0),
                Verdict::Down => Some(0.0),
            };
            value.map(|value| of(view, value)).into_iter().collect()
        },
    },
    Family {
        name: "pilotfish_check_failure",
        help: "1 while the last run failed with this cause; absent otherwise.",
        kind: MetricType::GAUGE,
        series: |view| {
            let failure = last(view).and_then(|outcome| outcome.failure.as_ref());
            let labels = failure.map(|failure| [("phase", failure.phase.as_str()), ("cause", failure.cause.slug())]);
            labels.map(|[phase, cause]| gauge(&[check(view), phase, cause], 1.0)).into_iter().collect()
        },
    },
    Family {
        name: "pilotfish_check_runs_total",
        help: "Runs of the check.",
        kind: MetricType::COUNTER,
        series: |view| vec![counter(&[check(view)], view.runs)],
    },
    Family {
        name: "pilotfish_check_failures_total",
        help: "Runs of the check that failed.",
        kind: MetricType::COUNTER,
        series: |view| vec![counter(&[check(view)], view.failures)],
    },
    Family {
        name: "pilotfish_check_duration_seconds",
        help: "How long the runs took.",
        kind: MetricType::HISTOGRAM,
        series: |view| vec![histogram(view)],
    },
    Family {
        name: "pilotfish_check_phase_last_duration_seconds",
        help: "How long each phase of the last run took.",
        kind: MetricType::GAUGE,
        series: |view| {
            let phases = last(view).map_or(&[][..], |outcome| &outcome.evidence.phases);
            let series = |(phase, duration): &(crate::outcome::Phase, Duration)| {
                gauge(&[check(view), ("phase", phase.as_str())], duration.as_secs_f64())
            };
            phases.iter().map(series).collect()
        },
    },
    Family {
        name: "pilotfish_check_degraded",
        help: "1 while the check is up only because of a fallback, or despite a failure that does not make it down, or while a limit of pilotfish hides its state.",
        kind: MetricType::GAUGE,
        series: |view| vec![of(view, f64::from(view.degraded))],
    },
    Family {
        name: GATING,
        help: "1 while the check can hold its gates shut; 0 after a reload added the check or changed its gate or target, until it has been up once.",
        kind: MetricType::GAUGE,
        series: gating,
    },
    Family {
        name: "pilotfish_check_stale",
        help: "1 while the check has no fresh result.",
        kind: MetricType::GAUGE,
        series: |view| vec![of(view, f64::from(view.stale))],
    },
    Family {
        name: "pilotfish_check_last_run_timestamp_seconds",
        help: "When the last run finished, in Unix time.",
        kind: MetricType::GAUGE,
        series: |view| view.last_run.map(|at| of(view, unix(at))).into_iter().collect(),
    },
    Family {
        name: "pilotfish_check_last_success_timestamp_seconds",
        help: "When the last run that passed finished, in Unix time.",
        kind: MetricType::GAUGE,
        series: |view| view.last_success.map(|at| of(view, unix(at))).into_iter().collect(),
    },
    Family {
        name: "pilotfish_check_members",
        help: "Addresses that the last run probed, for checks with `require: each`.",
        kind: MetricType::GAUGE,
        series: |view| members(view, |_| true),
    },
    Family {
        name: "pilotfish_check_members_passing",
        help: "Addresses that passed in the last run, for checks with `require: each`.",
        kind: MetricType::GAUGE,
        series: |view| members(view, |member| member.failure.is_none()),
    },
    Family {
        name: "pilotfish_check_info",
        help: "1, with the kind of the check, what it gates, and its own labels.",
        kind: MetricType::GAUGE,
        series: |view| vec![info(view)],
    },
    Family {
        name: "pilotfish_dial_attempts_total",
        help: "Attempts to connect. The first kind of failure has its own series; later kinds are combined as result `failed`, family `any`.",
        kind: MetricType::COUNTER,
        series: dial_attempts,
    },
    Family { name: FINDING, help: "1 while the last run has the finding.", kind: MetricType::GAUGE, series: findings },
    Family {
        name: "pilotfish_tls_certificate_expiry_timestamp_seconds",
        help: "When the first certificate of the peer's chain expires, in Unix time.",
        kind: MetricType::GAUGE,
        #[expect(clippy::cast_precision_loss, reason = "exact for the next 285 million years")]
        series: |view| {
            let first = last(view).and_then(|outcome| outcome.evidence.facts.first_expiry);
            first.map(|at| of(view, at as f64)).into_iter().collect()
        },
    },
];

fn last(view: &CheckView) -> Option<&Outcome> {
    view.last.as_deref()
}

fn members(view: &CheckView, counts: fn(&crate::outcome::Member) -> bool) -> Vec<Metric> {
    let Some(outcome) = last(view).filter(|_| view.each) else { return Vec::new() };
    let number = outcome.evidence.members.iter().filter(|member| counts(member)).count();
    vec![of(view, u32::try_from(number).map_or(f64::MAX, f64::from))]
}

fn info(view: &CheckView) -> Metric {
    let own =
        view.labels.iter().filter(|(name, _)| is_label(name) && !["check", "gates", "kind"].contains(&name.as_str()));
    let gates = view.gates.to_string().replace(", ", ",");
    let mut labels = vec![check(view), ("gates", gates.as_str()), ("kind", view.kind)];
    labels.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
    gauge(&labels, 1.0)
}

/// Counters never change their labels while a check runs. Connections that were established have a series for each family,
/// and so has the kind of failure that came first; all later kinds share one. With `require: each` there is room for two.
fn dial_attempts(view: &CheckView) -> Vec<Metric> {
    let mut sums: Vec<((&str, &str), u64)> = Vec::new();
    let tried = view.tries.iter().filter(|((_, result), _)| *result != ConnectResult::NotTried);
    let mut first_failure = None;
    for (kind @ (family, result), count) in tried {
        let labels = match result {
            ConnectResult::Connected if view.each => ("any", result.as_str()),
            ConnectResult::Connected => (family_word(*family), result.as_str()),
            _ if view.each || *first_failure.get_or_insert(kind) != kind => ("any", "failed"),
            _ => (family_word(*family), result.as_str()),
        };
        count_up(&mut sums, labels, *count);
    }
    let series = |((family, result), count)| counter(&[check(view), ("family", family), ("result", result)], count);
    sums.into_iter().map(series).collect()
}

const fn family_word(family: u8) -> &'static str {
    if family == 6 { "6" } else { "4" }
}

/// Only where there is room: a check over TLS that logs in, compares and probes each address has every other series.
fn gating(view: &CheckView) -> Vec<Metric> {
    if series_of_others(view) < SERIES_LIMIT { vec![of(view, f64::from(view.gating))] } else { Vec::new() }
}

/// The gravest first, as many as there is room for beside everything else.
fn findings(view: &CheckView) -> Vec<Metric> {
    let found = last(view).map_or(&[][..], |outcome| &outcome.findings);
    if found.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<_> = found.iter().map(|finding| (finding.severity, finding.code)).collect();
    order::sort_by(&mut found, Ord::cmp);
    found.dedup();
    found.truncate(SERIES_LIMIT.saturating_sub(series_of_others(view) + 1));
    let series = |(severity, code): (crate::finding::Severity, &str)| {
        gauge(&[check(view), ("code", code), ("severity", severity.as_str())], 1.0)
    };
    found.into_iter().map(series).collect()
}

/// How many series a check has without its findings and without whether it gates.
fn series_of_others(view: &CheckView) -> usize {
    /// Runs, failures, degraded, stale and info.
    const ALWAYS: usize = 5;
    /// The buckets of the durations, and +Inf, sum and count.
    const DURATIONS: usize = BUCKETS.len() + 3;
    /// How many addresses, and how many of them pass.
    const MEMBERS: usize = 2;
    let of_last = last(view).map_or(0, |outcome| {
        let facts = &outcome.evidence.facts;
        let members = if view.each { MEMBERS } else { 0 };
        usize::from(outcome.failure.is_some())
            + outcome.evidence.phases.len()
            + members
            + usize::from(facts.first_expiry.is_some())
    });
    let up = usize::from(view.stale || view.verdict != Verdict::Unknown);
    let moments = usize::from(view.last_run.is_some()) + usize::from(view.last_success.is_some());
    ALWAYS + DURATIONS + up + moments + of_last + dial_attempts(view).len()
}

fn histogram(view: &CheckView) -> Metric {
    let mut total = 0;
    let bucket = |(bound, count): (f64, u64)| {
        total += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(total);
        bucket
    };
    let durations = &view.durations;
    let buckets = BUCKETS.into_iter().zip(durations.counts).map(bucket).collect();
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(durations.counts.iter().sum());
    histogram.set_sample_sum(durations.sum.as_secs_f64());
    let mut metric = labelled(&[check(view)]);
    metric.set_histogram(histogram);
    metric
}

fn check(view: &CheckView) -> (&'static str, &str) {
    ("check", &view.name)
}

fn of(view: &CheckView, value: f64) -> Metric {
    gauge(&[check(view)], value)
}

fn unix(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A label's name that Prometheus takes and does not keep for itself.
fn is_label(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.starts_with("__")
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(word)
}

#[cfg(test)]
mod tests;
