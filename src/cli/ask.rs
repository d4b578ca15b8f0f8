//! `pilotfish ask`: asks a running sidecar, for exec probes in images without a shell or an HTTP client. It prints one
//! line, and the same line while nothing changes: each new text is a new event of the pod. What changes with time is
//! printed on demand only (`--verbose`).

use std::io::Write;

use hyper::{Method, StatusCode};

use super::sidecar::Sidecar;
use super::status_document::{self, CheckStatus, apart, now};
use crate::exit::Exit;
use crate::outcome::{LINE_LIMIT, clean_text, cut_at_word};

/// The longest line of an answer that is none, in bytes.
const ODD_LINE_LIMIT: usize = 1024;

/// What else is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// Nothing: one line.
    None,
    /// When each check ran last and runs next.
    Runs,
    /// Run the check now instead.
    Retry,
}

/// Asks `question` (`startup`, `ready`, `live` or a check's name) of the sidecar at `url`, and prints the answer in one line.
pub async fn run(question: &str, url: &str, extra: Extra, out: &mut (dyn Write + Send)) -> Exit {
    let prepared = Question::read(question, extra).and_then(|question| Ok((question, Sidecar::at(url)?)));
    let (exit, text) = match prepared {
        Ok((question, sidecar)) => question.ask(&sidecar, extra).await,
        Err(usage) => (Exit::Usage, usage),
    };
    // A reader that went away does not change the answer.
    for line in text.lines() {
        drop(writeln!(out, "{}", clean_text(line, ODD_LINE_LIMIT)));
    }
    drop(out.flush());
    exit
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question<'a> {
    /// A gate: its name and its path.
    Gate(&'a str, &'static str),
    /// A check, by its name.
    Check(&'a str),
}

impl<'a> Question<'a> {
    fn read(text: &'a str, extra: Extra) -> Result<Self, String> {
        match text {
            "startup" | "ready" | "live" if extra == Extra::Retry => {
                Err("--retry takes the name of a check: a gate cannot be retried".to_owned())
            }
            "startup" => Ok(Self::Gate(text, "/startupz")),
            "ready" => Ok(Self::Gate(text, "/readyz")),
            "live" => Ok(Self::Gate(text, "/livez")),
            name if is_check_name(name) => Ok(Self::Check(name)),
            // Not repeated: it may be a URL with a password, given in the wrong place.
            _ => Err("unknown question: ask for startup, ready, live or the name of a check".to_owned()),
        }
    }

    async fn ask(self, sidecar: &Sidecar, extra: Extra) -> (Exit, String) {
        let (method, path) = match self {
            Self::Gate(_, path) => (Method::GET, path.to_owned()),
            Self::Check(name) if extra == Extra::Retry => (Method::POST, format!("/retry/{name}")),
            Self::Check(name) => (Method::GET, format!("/readyz/{name}")),
        };
        let (exit, mut text) = match sidecar.request(method, &path).await {
            Ok((status, body)) => read(sidecar, status, &body),
            Err(reason) => return (Exit::Failed, reason),
        };
        if extra == Extra::Runs && exit != Exit::Usage {
            text.push('\n');
            text.push_str(&self.runs(sidecar).await);
        }
        (exit, text)
    }

    /// One line for each check that the question is about: when it ran last, and when it runs next.
    async fn runs(self, sidecar: &Sidecar) -> String {
        let (status, body) = match sidecar.request(Method::GET, "/status").await {
            Ok(answer) => answer,
            Err(reason) => return reason,
        };
        let Some(checks) = status_document::read(&body) else {
            return format!("/status of the sidecar cannot be read (status {})", status.as_u16());
        };
        let asked = checks.iter().filter(|check| match self {
            Self::Check(wanted) => check.name == wanted,
            Self::Gate(gate, _) => check.gates.iter().any(|one| one == gate),
        });
        asked.map(|check| runs_of(check, now())).collect::<Vec<_>>().join("\n")
    }
}

/// `database: last run 12s ago: password_rejected; next run in 48s …`.
fn runs_of(check: &CheckStatus, now: i64) -> String {
    let name = &check.name;
    let last = match check.last_run {
        None => "it has not run yet".to_owned(),
        Some(at) => format!("last run {} ago: {}", apart(at, now), check.cause.as_deref().unwrap_or("passed")),
    };
    let next = check.next_run.map(|at| format!("; next run in {}", apart(now, at))).unwrap_or_default();
    let why = match check.backs_off {
        true => format!(", because the check backs off; to run it now: pilotfish ask --retry {name}"),
        false => String::new(),
    };
    format!("{name}: {last}{next}{why}")
}

fn is_check_name(text: &str) -> bool {
    let word = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=63).contains(&text.len())
        && text.bytes().all(|c| word(c) || c == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn read(sidecar: &Sidecar, status: StatusCode, body: &str) -> (Exit, String) {
    let said = || body.trim_end().to_owned();
    match status {
        StatusCode::OK => (Exit::Passed, "ok".to_owned()),
        StatusCode::ACCEPTED => (Exit::Passed, said()),
        StatusCode::SERVICE_UNAVAILABLE => (Exit::Failed, failing(body)),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN => (Exit::Failed, said()),
        StatusCode::NOT_FOUND if body.starts_with("there is no check") => (Exit::Usage, said()),
        _ => {
            let (origin, number) = (&sidecar.origin, status.as_u16());
            (Exit::Failed, format!("another server than pilotfish answers at {origin}: status {number}"))
        }
    }
}

/// `database: password_rejected for user app. Fix: …` for the first line that fails. Which others fail changes more often:
/// it is `--verbose` that shows them.
fn failing(body: &str) -> String {
    let failed = body.lines().find_map(|line| line.strip_prefix("[-]")?.split_once(" failed: "));
    match failed {
        Some((name, reason)) => cut_at_word(&format!("{name}: {reason}"), LINE_LIMIT),
        None => body.lines().last().unwrap_or("failed, no reason given").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckStatus, Extra, Question, failing, is_check_name, runs_of};
    use crate::outcome::LINE_LIMIT;

    #[test]
    fn questions_are_gates_or_names() {
        for (text, question) in [
            ("startup", Question::Gate("startup", "/startupz")),
            ("ready", Question::Gate("ready", "/readyz")),
            ("live", Question::Gate("live", "/livez")),
            ("database-1", Question::Check("database-1")),
        ] {
            assert_eq!(Question::read(text, Extra::None), Ok(question));
        }
        for name in ["", "-a", "a-", "A", "a/b", "postgres://u:s3cret@h", &"a".repeat(64)] {
            assert!(!is_check_name(name), "{name}");
            let error = Question::read(name, Extra::Retry).unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert!(Question::read("ready", Extra::Retry).unwrap_err().contains("the name of a check"));
    }

    #[test]
    fn the_first_failure_is_the_line() {
        let body = "[+]cache ok\n[-]database failed: password_rejected: do this\nreadyz check failed\n";
        assert_eq!(failing(body), "database: password_rejected: do this");
        let two = "[-]a failed: x: y\n[+]b ok\n[-]c failed: reason withheld\nreadyz check failed\n";
        assert_eq!(failing(two), "a: x: y");
        assert_eq!(failing("readyz check failed\n"), "readyz check failed");
        assert_eq!(failing(""), "failed, no reason given");
        let many: String = (0..50).map(|n| format!("[-]check-{n} failed: {}\n", "word ".repeat(40))).collect();
        let line = failing(&many);
        assert!(line.len() <= LINE_LIMIT && line.starts_with("check-0: word"), "{line}");
    }

    #[test]
    fn runs_are_told_by_their_age() {
        let failed = CheckStatus {
            name: "db".to_owned(),
            cause: Some("password_rejected".to_owned()),
            last_run: Some(1_000),
            next_run: Some(1_280),
            backs_off: true,
            ..CheckStatus::default()
        };
        assert_eq!(
            runs_of(&failed, 1_060),
            "db: last run 1m ago: password_rejected; next run in 3m40s, because the check backs off; to run it now: pilotfish \
             ask --retry db"
        );
        let healthy = CheckStatus { cause: None, next_run: Some(1_065), backs_off: false, ..failed };
        assert_eq!(runs_of(&healthy, 1_060), "db: last run 1m ago: passed; next run in 5s");
        let new = CheckStatus { name: "db".to_owned(), ..CheckStatus::default() };
        assert_eq!(runs_of(&new, 1_060), "db: it has not run yet");
    }
}
