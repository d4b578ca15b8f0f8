//! The words in which programs tell of their health, and what each means.

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// It works, but something is not well.
    Warn,
    /// It does not work.
    Bad,
}

const GOOD: [&str; 17] = [
    "pass",
    "passed",
    "passing",
    "ok",
    "okay",
    "up",
    "healthy",
    "alive",
    "live",
    "ready",
    "good",
    "operational",
    "available",
    "running",
    "serving",
    "success",
    "connected",
];

const WARN: [&str; 5] = ["warn", "warning", "degraded", "partial", "partially_degraded"];

const BAD: [&str; 26] = [
    "fail",
    "failed",
    "failing",
    "failure",
    "down",
    "error",
    "errored",
    "unhealthy",
    "critical",
    "dead",
    "broken",
    "disconnected",
    "not_connected",
    "unreachable",
    "not_reachable",
    "unavailable",
    "not_available",
    "out_of_service",
    "not_serving",
    "not_ready",
    "unready",
    "not_ok",
    "offline",
    "timeout",
    "timed_out",
    "connection_refused",
];

/// The longest text that can be such a word, in bytes.
const LONGEST: usize = 64;

/// What this word says; `None` for a word that says nothing of health. `Out of Service`, `out-of-service` and
/// `OUT_OF_SERVICE` are one word, and so is the first of `error: connection refused`.
pub(crate) fn tone(text: &str) -> Option<Tone> {
    let word = text.split_once(':').map_or(text, |(word, _)| word).trim();
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let word = word.to_ascii_lowercase().replace([' ', '-'], "_");
    let in_list = |list: &[&str]| list.contains(&word.as_str());
    if in_list(&GOOD) {
        Some(Tone::Good)
    } else if in_list(&WARN) {
        Some(Tone::Warn)
    } else if in_list(&BAD) {
        Some(Tone::Bad)
    } else {
        None
    }
}

/// What this word says as somebody's status: Elasticsearch's colours are words there, too, and so is what passes by itself.
pub(crate) fn status_tone(text: &str) -> Option<Tone> {
    match text.trim().to_ascii_lowercase().as_str() {
        "green" => Some(Tone::Good),
        "yellow" | "starting" | "initializing" | "stopping" | "shutting down" | "maintenance" => Some(Tone::Warn),
        "red" => Some(Tone::Bad),
        _ => tone(text),
    }
}

/// The word that [`tone`] judged, without what stands behind it.
pub(crate) fn first(text: &str) -> &str {
    text.split_once(':').map_or(text, |(word, _)| word).trim()
}

/// Whether the whole text is one of these words: then it is no secret.
pub(crate) fn is_known(text: &str) -> bool {
    !text.contains(':') && tone(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Tone, first, is_known, status_tone, tone};

    #[test]
    fn words() {
        for (text, expected) in [
            ("UP", Some(Tone::Good)),
            (" Healthy ", Some(Tone::Good)),
            ("Degraded", Some(Tone::Warn)),
            ("OUT_OF_SERVICE", Some(Tone::Bad)),
            ("Out of service", Some(Tone::Bad)),
            ("not-connected", Some(Tone::Bad)),
            ("error: connection refused", Some(Tone::Bad)),
            ("UNKNOWN", None),
            ("down-under", None),
            ("downtown", None),
            ("", None),
            (":", None),
        ] {
            assert_eq!(tone(text), expected, "{text}");
        }
        assert_eq!(status_tone("Starting"), Some(Tone::Warn));
        assert_eq!(tone("starting"), None, "of a part it may be anything");
        assert_eq!(first("error: password=hunter2"), "error");
        assert!(is_known("connected") && !is_known("error: password=hunter2") && !is_known("hunter2"));
    }
}
