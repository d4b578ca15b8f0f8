//! What is said beyond the cause: findings, and what other runtimes would do. Plain data; the rules are in `findings`.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::timestamp::serialize_optional_seconds;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// It breaks the app.
    Error,
    /// It will hurt.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// The word in JSON and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// Something seen on the way that will hurt the app even when the check passes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// The code, a closed set.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was seen.
    pub message: String,
    /// What to do.
    pub fix: String,
}

impl Finding {
    /// Whether it belongs where words are few: logs, termination messages, `ask`, the reports of `check` and `wait`.
    #[must_use]
    pub fn is_worth_showing(&self) -> bool {
        self.severity < Severity::Info
    }
}

/// In one line: `CODE: WHAT WAS SEEN → WHAT TO DO`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, message, fix, severity: _ } = self;
        write!(f, "{code}: {message} → {fix}")
    }
}

/// What another runtime would do here, foretold from measured addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prediction {
    /// The runtime, as `clients` names it: `node@20`, `go`, `python-asyncio`, …
    pub runtime: &'static str,
    /// What happens.
    pub result: Predicted,
    /// After how long.
    #[serde(rename = "after_seconds", serialize_with = "serialize_optional_seconds")]
    pub after: Option<Duration>,
    /// The error that it would show.
    pub error: Option<String>,
    /// The setting that cures it.
    pub cure: Option<String>,
    /// The host that this is told of, where the target has several: the worst of them for this runtime.
    #[serde(skip)]
    pub host: Option<String>,
}

/// What a runtime would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predicted {
    /// It connects.
    Connects,
    /// It gives up with an error.
    Fails,
    /// It waits without an end of its own.
    Hangs,
    /// So near to a limit that it will do either.
    Borderline,
    /// What would be needed was not measured.
    Unknown,
}

impl Predicted {
    /// The word in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connects => "connects",
            Self::Fails => "fails",
            Self::Hangs => "hangs",
            Self::Borderline => "borderline",
            Self::Unknown => "unknown",
        }
    }
}
