//! Pure hysteresis: from a run of outcomes to a verdict. No clock: time is passed in.

use crate::cause::Cause;

/// What is settled of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// Nothing is settled yet.
    #[default]
    Unknown,
    /// It works.
    Up,
    /// It does not.
    Down,
}

impl Verdict {
    /// The word in logs and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// When a verdict flips.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The number of consecutive failures after which the check is down.
    pub failure_threshold: u32,
    /// The number of consecutive passes after which the check is up.
    pub success_threshold: u32,
    /// Causes that do not take it down once it has been up; beside those that the table of causes marks.
    pub ignores: &'a [Cause],
}

impl Rules<'_> {
    fn tolerates(&self, cause: Cause) -> bool {
        !cause.info().takes_ready_down || self.ignores.contains(&cause)
    }
}

/// The outcomes in a row that bear on the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Streak {
    verdict: Verdict,
    been_up: bool,
    passes: u32,
    failures: u32,
}

impl Streak {
    /// What is settled.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Whether it has ever been up.
    #[must_use]
    pub const fn been_up(&self) -> bool {
        self.been_up
    }

    /// Whether outcomes against the verdict have come, but not yet enough of them.
    #[must_use]
    pub const fn about_to_change(&self) -> bool {
        match self.verdict {
            Verdict::Unknown => self.passes > 0 || self.failures > 0,
            Verdict::Up => self.failures > 0,
            Verdict::Down => self.passes > 0,
        }
    }

    /// Takes in one outcome: `None` for a pass, else the cause of the failure. Tells whether it is a failure that leaves
    /// the check up, degraded.
    ///
    /// Such a failure says nothing of the app's own work: it neither adds to the failures in a row nor ends them. It does
    /// end a row of passes, so it never brings a check up.
    pub fn fold(&mut self, rules: Rules<'_>, failure: Option<Cause>) -> bool {
        match failure {
            None => {
                self.failures = 0;
                self.passes = self.passes.saturating_add(1);
                if self.passes >= rules.success_threshold {
                    self.verdict = Verdict::Up;
                    self.been_up = true;
                }
                false
            }
            Some(cause) if self.been_up && rules.tolerates(cause) => {
                self.passes = 0;
                self.verdict == Verdict::Up
            }
            Some(_) => {
                self.passes = 0;
                self.failures = self.failures.saturating_add(1);
                if self.failures >= rules.failure_threshold {
                    self.verdict = Verdict::Down;
                }
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rules, Streak, Verdict};
    use crate::cause::Cause;

    /// One letter per outcome: `.` a pass, `r` refused, `m` too many connections, `i` internal, `t` a timeout (ignored
    /// here). After each the verdict: `?`, `U`, `D`; in lower case where it is about to change, `*` where it is degraded.
    fn told(failures: u32, passes: u32, outcomes: &str) -> String {
        let rules = Rules { failure_threshold: failures, success_threshold: passes, ignores: &[Cause::Timeout] };
        let mut streak = Streak::default();
        let letter = |outcome| {
            let failure = match outcome {
                '.' => None,
                'r' => Some(Cause::ConnectRefused),
                'm' => Some(Cause::TooManyConnections),
                'i' => Some(Cause::Internal),
                't' => Some(Cause::Timeout),
                other => panic!("no outcome {other}"),
            };
            let degraded = streak.fold(rules, failure);
            match (streak.verdict(), streak.about_to_change(), degraded) {
                (Verdict::Unknown, false, false) => '?',
                (Verdict::Unknown, true, false) => '!',
                (Verdict::Up, false, false) => 'U',
                (Verdict::Up, true, false) => 'u',
                (Verdict::Up, _, true) => '*',
                (Verdict::Down, false, false) => 'D',
                (Verdict::Down, true, false) => 'd',
                (Verdict::Unknown | Verdict::Down, _, true) => panic!("only what is up can be degraded"),
            }
        };
        outcomes.chars().map(letter).collect()
    }

    #[test]
    fn thresholds_decide_when_it_flips() {
        for (failures, passes, outcomes, expected) in [
            (3, 1, ".rrrr.", "UuuDDU"),
            (3, 1, ".rr.rr.", "UuuUuuU"),
            (3, 1, "rrr.", "!!DU"),
            (1, 1, "r.r.", "DUDU"),
            (3, 2, "..rrr.r..", "!UuuDdDdU"),
            (2, 3, ".r...", "!!!!U"),
        ] {
            assert_eq!(told(failures, passes, outcomes), expected, "{failures} {passes} {outcomes}");
        }
    }

    #[test]
    fn once_up_some_causes_only_degrade() {
        for (failures, passes, outcomes, expected) in [
            (3, 1, ".mmmm.", "U****U"),
            (3, 1, ".itmi.", "U****U"),
            // Before it has been up they are failures like any other.
            (3, 1, "mmm.", "!!DU"),
            (2, 1, "tt", "!D"),
            // They neither add to a row of failures nor end it.
            (3, 1, ".rmrmr", "Uu*u*D"),
            // They do not bring up what is down, and end a row of passes.
            (1, 2, "..rm.m..", "!UDDdDdU"),
        ] {
            assert_eq!(told(failures, passes, outcomes), expected, "{failures} {passes} {outcomes}");
        }
    }
}
