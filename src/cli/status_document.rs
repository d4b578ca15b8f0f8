//! What `/status` of a sidecar says of each check, as `ask` and `status` print it. A sidecar of another version may leave
//! keys out: a missing one is empty.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::duration::show;
use crate::timestamp::unix_of_rfc3339;

const DAY: u64 = 86_400;

/// One check.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CheckStatus {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) target: String,
    /// `up`, `down`, `unknown`; with `,degraded` or `,stale` where it is.
    pub(super) verdict: String,
    /// `startup,ready`, or why there are none although some were asked for.
    pub(super) gates: Vec<String>,
    /// A reload brought it, and it holds no gate shut until it has been up.
    pub(super) waits_to_gate: bool,
    /// Of the last run, where it failed.
    pub(super) cause: Option<String>,
    /// Why it is not up: cause, fact and fix.
    pub(super) reason: Option<String>,
    /// Since when the verdict holds, in seconds since 1970; the others alike.
    pub(super) since: Option<i64>,
    pub(super) last_run: Option<i64>,
    pub(super) next_run: Option<i64>,
    /// Whether failed logins hold the next run back.
    pub(super) backs_off: bool,
}

/// Every check of a document, in its order; `None` where it is none.
pub(super) fn read(body: &str) -> Option<Vec<CheckStatus>> {
    let document: Value = serde_json::from_str(body).ok()?;
    let checks = document.get("checks")?.as_object()?;
    Some(checks.iter().filter_map(|(name, parts)| Some(CheckStatus::of(name, parts.get(0)?))).collect())
}

impl CheckStatus {
    fn of(name: &str, entry: &Value) -> Self {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let moment = |key: &str| entry[key].as_str().and_then(unix_of_rfc3339);
        let marks = ["degraded", "stale"].into_iter().filter(|mark| entry[*mark] == true);
        Self {
            name: name.to_owned(),
            kind: text("kind"),
            target: text("target"),
            verdict: marks.fold(text("verdict"), |verdict, mark| format!("{verdict},{mark}")),
            gates: entry["gates"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .chain(entry["not_gating"].as_str().map(|why| format!("not gating: {why}")))
                .collect(),
            waits_to_gate: entry["gating"] == false,
            cause: entry["failure"]["cause"].as_str().map(str::to_owned),
            reason: entry["output"].as_str().map(str::to_owned),
            since: moment("since"),
            last_run: moment("time"),
            next_run: moment("next_run_at"),
            backs_off: entry["backs_off"] == true,
        }
    }
}

/// Seconds since 1970, by this machine's clock: that of the sidecar, whose loopback is asked.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The time from one moment to another as kubectl shows ages: `12s`, `4m40s`, `3h12m`, `5d`.
pub(super) fn apart(from: i64, to: i64) -> String {
    let seconds = u64::try_from(to.saturating_sub(from)).unwrap_or(0);
    match seconds {
        0..3_600 => show(Duration::from_secs(seconds)),
        3_600..DAY => format!("{}h{}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}d", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckStatus, apart, read};

    #[test]
    fn a_document_is_read_and_what_is_missing_is_empty() {
        let body = r#"{"checks": {"db": [{"verdict": "up", "degraded": true, "stale": false, "gates": ["ready"],
            "time": "1970-01-01T00:00:09Z", "failure": {"cause": "too_many_connections"}}], "odd": [], "cache": [{}]}}"#;
        let checks = read(body).unwrap();
        let db = CheckStatus {
            name: "db".to_owned(),
            verdict: "up,degraded".to_owned(),
            gates: vec!["ready".to_owned()],
            cause: Some("too_many_connections".to_owned()),
            last_run: Some(9),
            ..CheckStatus::default()
        };
        let cache = CheckStatus { name: "cache".to_owned(), ..CheckStatus::default() };
        assert!(checks.len() == 2 && checks.contains(&db) && checks.contains(&cache), "{checks:?}");
        for none in ["", "[]", "{}", "HTTP", r#"{"checks": 1}"#] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn ages_are_short() {
        for (seconds, text) in [(-5, "0s"), (5, "5s"), (280, "4m40s"), (11_520, "3h12m"), (500_000, "5d")] {
            assert_eq!(apart(0, seconds), text);
        }
    }
}
