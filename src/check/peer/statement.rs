//! The statement of a peer that is down, for the event of the kubelet: names of parts and words of our tables, nothing that may
//! change from answer to answer.

use crate::check::words;
use crate::order;
use crate::outcome::clean_text;

/// How many parts are named.
const NAMED: usize = 2;
/// How many parts are put into words to find those two.
const READ: usize = 64;
/// The longest name, in bytes.
const NAME_LENGTH: usize = 40;
/// What is written for a counter, an address or an identifier.
const VARYING: &str = "…";
/// Words that a part reports, and is not.
const NOUNS: &str = "fail failure error crit ko nok notok panic emergency outage timeout";

/// `cache is down, database is disconnected`: the first two parts by name, of those that a peer names first.
pub(super) fn of_parts<'a>(parts: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let mut statements: Vec<String> =
        parts.take(READ).map(|(name, word)| format!("{} {}", stable(name), says(word))).collect();
    order::sort_by(&mut statements, Ord::cmp);
    statements.dedup();
    statements.truncate(NAMED);
    (!statements.is_empty()).then(|| statements.join(", "))
}

/// The same where no part is named.
pub(super) fn of_peer(word: Option<&str>) -> String {
    format!("the peer {}", says(word.unwrap_or_default()))
}

/// `is down`, `reports error`; any text that is none of our words is `is down`.
fn says(word: &str) -> String {
    let Some(known) = words::status(word) else { return "is down".to_owned() };
    let text: String = known.text.to_lowercase();
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if text.chars().any(|c| c.is_ascii_digit()) {
        return "is down".to_owned();
    }
    let verb = if NOUNS.split(' ').any(|noun| noun == letters) || text.contains(' ') { "reports" } else { "is" };
    format!("{verb} {text}")
}

/// The name without what varies from replica to replica and from answer to answer.
fn stable(name: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in name.chars().chain(['\n']) {
        if c.is_alphanumeric() {
            word.push(c);
            continue;
        }
        out.push_str(&stable_word(&word));
        word.clear();
        if c != '\n' {
            out.push(c);
        }
    }
    // `a-…-…` is one thing that varies.
    for joint in ["-", ".", "_", ":"] {
        let twice = format!("{VARYING}{joint}{VARYING}");
        while out.contains(&twice) {
            out = out.replace(&twice, VARYING);
        }
    }
    clean_text(&out, NAME_LENGTH)
}

fn stable_word(word: &str) -> String {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let runs = word.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    let is_hex = word.len() >= 6 && word.chars().all(|c| c.is_ascii_hexdigit()) && (digits > 0 || word.len() >= 8);
    if is_hex || runs > 1 || word.len() > 20 {
        return VARYING.to_owned();
    }
    match word.split_once(|c: char| c.is_ascii_digit()) {
        Some((before, behind)) => {
            format!("{before}{VARYING}{}", behind.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{of_parts, of_peer};

    #[test]
    fn parts_and_words_are_named() {
        let statement = |parts: &[(&'static str, &'static str)]| of_parts(parts.iter().copied()).unwrap_or_default();
        assert_eq!(statement(&[("database", "disconnected")]), "database is disconnected");
        assert_eq!(
            statement(&[("queue", "DOWN"), ("cache", "error"), ("db", "down")]),
            "cache reports error, db is down"
        );
        assert_eq!(statement(&[("db", "false"), ("db", "false")]), "db is down");
        assert_eq!(statement(&[("db", "OUT_OF_SERVICE")]), "db is out_of_service");
        assert_eq!(statement(&[("db", "failed to connect")]), "db reports failed to connect");
        assert_eq!(statement(&[]), "");
        assert_eq!(of_peer(Some("unhealthy")), "the peer is unhealthy");
        assert_eq!(of_peer(Some("503 at 12:01")), "the peer is down");
        assert_eq!(of_peer(None), "the peer is down");
    }

    #[test]
    fn nothing_that_varies_is_in_a_name() {
        for (name, expected) in [
            ("kafka-broker-12", "kafka-broker-…"),
            ("redis-7f9c4d5b8-x2x9k", "redis-…"),
            ("a3bb189e-8bf9-3888-9912-ace4e6543002", "…"),
            ("10.0.0.7:5432", "…"),
            ("db1", "db…"),
            ("s3", "s…"),
            ("oauth2", "oauth…"),
            ("facade", "facade"),
            ("checks.database", "checks.database"),
            ("deadbeefcafe", "…"),
        ] {
            assert_eq!(of_parts([(name, "down")].into_iter()).unwrap(), format!("{expected} is down"), "{name}");
        }
    }
}
