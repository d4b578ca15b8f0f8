//! What `wait` shows while it waits: a line for each change. Below these, on a terminal, one live line for each check that
//! has not passed yet; elsewhere, one line every 30 s.

use std::time::Duration;

use tokio::time::Instant;

use crate::cli::report;
use crate::cli::sheet::Paint;
use crate::cli::shell::{Shell, columns};
use crate::config::plan::Planned;
use crate::duration;
use crate::log::say;
use crate::outcome::Outcome;

/// How often it is said, in a log, that nothing has changed.
const REMINDER: Duration = Duration::from_secs(30);
/// So many checks have a live line, or are named in a log line.
const SHOWN: usize = 10;

/// What is known of one check.
struct Row {
    name: String,
    runs: u32,
    /// The cause of the last run, `ok` where it passed, `no answer yet` before it.
    state: &'static str,
    passed: bool,
}

/// What was said, and what stands on the terminal.
pub(super) struct Progress {
    rows: Vec<Row>,
    since: Instant,
    reminded: Instant,
    /// Of the terminal; `None` where there is none.
    columns: Option<usize>,
    paint: Paint,
    /// How many live lines stand on the terminal.
    live: usize,
}

impl Progress {
    /// Nothing is known yet.
    pub(super) fn new(shell: &Shell, checks: &[Planned], now: Instant) -> Self {
        let columns = columns(std::io::stderr());
        let row = |check: &Planned| Row { name: check.name.clone(), runs: 0, state: "no answer yet", passed: false };
        Self {
            rows: checks.iter().map(row).collect(),
            since: now,
            reminded: now,
            columns,
            paint: Paint(columns.is_some() && shell.colour_allowed()),
            live: 0,
        }
    }

    /// Takes in an outcome, and says what changed with it.
    pub(super) fn tell(&mut self, shell: &mut Shell, index: usize, outcome: &Outcome, now: Instant) {
        let row = &mut self.rows[index];
        let state = outcome.failure.as_ref().map_or("ok", |failure| failure.cause.slug());
        let changed = row.runs == 0 || row.state != state;
        row.runs += 1;
        (row.state, row.passed) = (state, outcome.standing().counts_as_passed());
        if changed {
            self.clear(shell);
            self.say_change(shell, index, outcome);
        }
        self.draw(shell, now);
    }

    /// Shows that time goes by.
    pub(super) fn tick(&mut self, shell: &mut Shell, now: Instant) {
        if self.columns.is_some() {
            self.draw(shell, now);
        } else if let Some((waited, waits_for)) = self.reminder(now) {
            say!(Info, "still waiting"; waited, waits_for);
        }
    }

    /// Takes the live lines away, for what is said next.
    pub(super) fn clear(&mut self, shell: &mut Shell) {
        if self.live > 0 {
            shell.write_err(&format!("\x1b[{}A\x1b[J", self.live));
            self.live = 0;
        }
    }

    fn say_change(&self, shell: &mut Shell, index: usize, outcome: &Outcome) {
        let name = self.rows[index].name.as_str();
        if self.columns.is_some() {
            let text = match &outcome.failure {
                None => format!("{} {name}", self.paint.good("✓")),
                Some(failure) => {
                    let (mark, state) = (report::mark(outcome, self.paint), failure.cause.slug());
                    format!("{mark} {name}: {state}: {} → {}", failure.message, failure.hint)
                }
            };
            return shell.note(&text);
        }
        let (check, target) = (name, outcome.target.as_str());
        let findings = outcome.findings_in_words();
        let findings = findings.as_deref();
        match &outcome.failure {
            None => say!(Info, "passed"; check, target, findings),
            Some(failure) => {
                let (phase, cause, hint) = (failure.phase.as_str(), failure.cause.slug(), failure.hint.as_str());
                say!(Warn, failure.message; check, target, phase, cause, hint, findings);
            }
        }
    }

    fn draw(&mut self, shell: &mut Shell, now: Instant) {
        self.clear(shell);
        let Some(columns) = self.columns else { return };
        let lines = self.live_lines(columns, now);
        self.live = lines.len();
        if !lines.is_empty() {
            shell.write_err(&format!("{}\n", lines.join("\n")));
        }
    }

    /// One line for each check that has not passed, none longer than the terminal is wide: one that the terminal broke could
    /// not be taken away again.
    fn live_lines(&self, columns: usize, now: Instant) -> Vec<String> {
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let waited = waited(self.since, now);
        let line = |row: &Row| {
            let text = format!("  {:width$}  {waited}, {}, {}", row.name, tries(row.runs), row.state);
            self.paint.dim(&text.chars().take(columns.saturating_sub(1)).collect::<String>())
        };
        self.rows.iter().filter(|row| !row.passed).take(SHOWN).map(line).collect()
    }

    /// For how long it has waited, and for what, where it is time to say so.
    fn reminder(&mut self, now: Instant) -> Option<(String, String)> {
        if now.duration_since(self.reminded) < REMINDER {
            return None;
        }
        self.reminded = now;
        let line = |row: &Row| format!("{} ({}, {})", row.name, row.state, tries(row.runs));
        let waits_for: Vec<String> = self.rows.iter().filter(|row| !row.passed).take(SHOWN).map(line).collect();
        Some((waited(self.since, now), waits_for.join(", ")))
    }
}

fn waited(since: Instant, now: Instant) -> String {
    duration::show(Duration::from_secs(now.duration_since(since).as_secs()))
}

fn tries(runs: u32) -> String {
    if runs == 1 { "1 try".to_owned() } else { format!("{runs} tries") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Paint, Progress, Row};

    fn progress(columns: Option<usize>) -> (Progress, Instant) {
        let now = Instant::now();
        let row = |name: &str, runs, state, passed| Row { name: name.to_owned(), runs, state, passed };
        let rows = vec![
            row("db", 12, "connect_refused", false),
            row("cache", 1, "ok", true),
            row("mq", 0, "no answer yet", false),
        ];
        (Progress { rows, since: now, reminded: now, columns, paint: Paint(false), live: 0 }, now)
    }

    #[test]
    fn a_terminal_has_a_line_for_each_check_that_has_not_passed() {
        let (progress, now) = progress(Some(80));
        let lines = progress.live_lines(80, now + Duration::from_millis(72_900));
        assert_eq!(lines, ["  db     1m12s, 12 tries, connect_refused", "  mq     1m12s, 0 tries, no answer yet"]);
        assert!(progress.live_lines(20, now).iter().all(|line| line.chars().count() == 19), "cut before the edge");
    }

    #[test]
    fn a_log_has_a_line_every_30_seconds() {
        let (mut progress, now) = progress(None);
        let mut at = |seconds| progress.reminder(now + Duration::from_secs(seconds));
        assert_eq!(at(29), None);
        let (waited, waits_for) = at(31).unwrap();
        assert_eq!(
            (waited.as_str(), waits_for.as_str()),
            ("31s", "db (connect_refused, 12 tries), mq (no answer yet, 0 tries)")
        );
        assert_eq!((at(32), at(60)), (None, None));
        assert!(at(61).is_some());
    }
}
