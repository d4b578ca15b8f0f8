//! `/status`: application/health+json (draft-inadarei-api-health-check-06) with keys of our own. Its shape is a promise:
//! keys may be added, never renamed; `version` counts what would break a reader.

use std::sync::Arc;

use serde::Serialize;
use serde::ser::SerializeMap as _;
use tokio::time::Instant;

use crate::gate::{self, Gate};
use crate::outcome_json::{self, Excerpts, OutcomeJson};
use crate::state::{CheckView, Snapshot};
use crate::timestamp::rfc3339;
use crate::verdict::Verdict;

/// The version of the shape.
const SHAPE: &str = "1";

/// The draft's three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Pass,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
struct Status<'a> {
    status: Health,
    version: &'static str,
    #[serde(rename = "releaseId")]
    release_id: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [&'static str],
    #[serde(serialize_with = "as_object")]
    gates: [(&'static str, bool); 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Config<'a>>,
    checks: Checks<'a>,
}

/// The same with nothing but checks, for the pieces after the first one.
#[derive(Debug, Serialize)]
struct More<'a> {
    checks: Checks<'a>,
}

/// How the last reload went.
#[derive(Debug, Serialize)]
struct Config<'a> {
    last_reload_successful: bool,
    last_reload_success_at: String,
    error: Option<&'a str>,
}

/// The draft's map from a name to its parts; a check has one.
#[derive(Debug)]
struct Checks<'a> {
    view: Option<&'a CheckView>,
    detail: bool,
}

impl Serialize for Checks<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(usize::from(self.view.is_some())))?;
        if let Some(view) = self.view {
            map.serialize_entry(&view.name, &[Check::new(view, self.detail)])?;
        }
        map.end()
    }
}

#[derive(Debug, Serialize)]
struct Check<'a> {
    status: Health,
    verdict: &'static str,
    #[serde(flatten)]
    detail: Option<Detail<'a>>,
}

/// What not everyone is given. The last outcome stands under its own keys, as in `-o json`.
#[derive(Debug, Serialize)]
struct Detail<'a> {
    since: String,
    stale: bool,
    gates: Vec<&'static str>,
    /// Whether it can hold them shut; see [`CheckView::gating`].
    gating: bool,
    /// Why it gates nothing although gates were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_gating: Option<&'static str>,
    /// The draft's key for when it was last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// When it runs next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run_at: Option<String>,
    /// Whether failed logins hold the next run back.
    backs_off: bool,
    /// The draft's key for why it is not well.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    runs: u64,
    failures: u64,
    /// The last 32 runs, the oldest first: `+` passed, `~` degraded or not judged, `-` failed.
    last_runs: String,
    #[serde(flatten)]
    last: Last<'a>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Last<'a> {
    Outcome(Box<OutcomeJson<'a>>),
    None { name: &'a str, kind: &'static str, target: &'a str, result: Option<&'static str> },
}

impl<'a> Check<'a> {
    fn new(view: &'a CheckView, detail: bool) -> Self {
        Self {
            status: health(view),
            verdict: view.verdict.as_str(),
            detail: detail.then(|| Detail {
                since: rfc3339(view.since),
                stale: view.stale,
                gates: gates(view),
                gating: view.gating,
                not_gating: view.withheld.then_some("loopback"),
                time: view.last_run.map(rfc3339),
                next_run_at: view.next_run.map(rfc3339),
                backs_off: view.backs_off,
                output: (!view.counts_as_up() || view.met_a_limit()).then(|| gate::reason(view)),
                runs: view.runs,
                failures: view.failures,
                last_runs: view.recent_runs(),
                last: match &view.last {
                    Some(outcome) => Last::Outcome(Box::new(outcome_json::outcome(
                        &view.name,
                        view.kind,
                        outcome,
                        Excerpts::Withheld,
                    ))),
                    None => Last::None { name: &view.name, kind: view.kind, target: &view.target, result: None },
                },
            }),
        }
    }
}

fn as_object<S: serde::Serializer>(pairs: &[(&'static str, bool)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}

fn gates(view: &CheckView) -> Vec<&'static str> {
    let gates = [(Gate::Startup, view.gates.startup), (Gate::Ready, view.gates.ready), (Gate::Live, view.gates.live)];
    gates.into_iter().filter(|(_, acts)| *acts).map(|(gate, _)| gate.as_str()).collect()
}

fn health(view: &CheckView) -> Health {
    match view.verdict {
        Verdict::Unknown if !view.stale => Health::Warn,
        Verdict::Up if !view.stale && !view.degraded => Health::Pass,
        Verdict::Up if !view.stale => Health::Warn,
        Verdict::Up | Verdict::Down | Verdict::Unknown => Health::Fail,
    }
}

/// Whether no gate fails, and the text in pieces of about 16 KiB. `fail` is a gate that fails; `warn` is any check that is
/// not well while every gate passes.
pub(super) fn json(
    snapshot: Arc<Snapshot>,
    now: Instant,
    detail: bool,
) -> (bool, impl Iterator<Item = String> + Send + 'static) {
    let gates = Gate::ALL.map(|gate| (gate.as_str(), gate::report(gate, &snapshot, now, &[]).passed));
    let healthy = gates.iter().all(|(_, passed)| *passed);
    let well = snapshot.checks.iter().all(|view| health(view) == Health::Pass);
    let reload = &snapshot.reload;
    let status = Status {
        status: match (healthy, well) {
            (false, _) => Health::Fail,
            (true, false) => Health::Warn,
            (true, true) => Health::Pass,
        },
        version: SHAPE,
        release_id: env!("CARGO_PKG_VERSION"),
        notes: if snapshot.shutting_down { &["shutting down"] } else { &[] },
        gates,
        config: detail.then(|| Config {
            last_reload_successful: reload.successful,
            last_reload_success_at: rfc3339(reload.last_success),
            error: reload.error.as_deref(),
        }),
        checks: Checks { view: snapshot.checks.iter().next().map(|view| &**view), detail },
    };
    let mut text = pretty(&status);
    let mut at = 1;
    let mut ended = false;
    if !snapshot.checks.is_empty() {
        text.truncate(text.len() - END.len());
    }
    let pieces = std::iter::from_fn(move || {
        if ended {
            return None;
        }
        while let Some(view) = snapshot.checks.from(at).next().filter(|_| text.len() < PIECE) {
            text.push(',');
            text.push_str(inner(&pretty(&More { checks: Checks { view: Some(view), detail } })));
            at += 1;
        }
        if at >= snapshot.checks.len() {
            ended = true;
            text.push_str(if snapshot.checks.is_empty() { "" } else { END });
            text.push('\n');
        }
        Some(std::mem::take(&mut text))
    });
    (healthy, pieces)
}

/// How long a piece is before it is handed over, in bytes.
const PIECE: usize = 16 * 1024;
/// What ends a text with checks, and what begins one with nothing else.
const END: &str = "\n  }\n}";
const START: &str = "{\n  \"checks\": {";

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("plain data with text keys is always JSON")
}

/// The check alone, from a text with nothing else.
fn inner(text: &str) -> &str {
    text.strip_prefix(START).and_then(|text| text.strip_suffix(END)).unwrap_or(text)
}
