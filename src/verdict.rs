//! Pure hysteresis: from a run of outcomes to a verdict. No clock: time is passed in.

use crate::cause::Cause;
use crate::outcome::Standing;

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
    /// The verdict is unknown because of a limit of pilotfish: gates take the check for up.
    limited: bool,
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

    /// Whether a limit of pilotfish keeps the verdict unknown, so that gates take the check for up.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        self.limited
    }

    /// Whether it has been up, or is taken for it: from then on it keeps its own pace, and what only degrades a check does
    /// not take it down.
    #[must_use]
    pub const fn has_started(&self) -> bool {
        self.been_up || self.limited
    }

    /// Whether outcomes against the verdict have come, but not yet enough of them.
    #[must_use]
    pub const fn about_to_change(&self) -> bool {
        match self.verdict {
            Verdict::Unknown if self.limited => self.failures > 0,
            Verdict::Unknown => self.passes > 0 || self.failures > 0,
            Verdict::Up => self.failures > 0,
            Verdict::Down => self.passes > 0,
        }
    }

    /// Takes in one outcome. Reports whether it is a failure that leaves the check up, or taken for up, degraded.
    ///
    /// A failure that is tolerated says nothing of the app's own work: it neither adds to the failures in a row nor ends
    /// them. It does end a row of passes, so it never brings a check up. A limit of pilotfish counts as a pass; but only
    /// a check that has been up is up by it, any other is unknown and taken for up.
    pub fn fold(&mut self, rules: Rules<'_>, standing: Standing) -> bool {
        match standing {
            Standing::Passed => {
                if self.count_pass(rules) {
                    self.verdict = Verdict::Up;
                    self.been_up = true;
                    self.limited = false;
                }
                false
            }
            Standing::Limited => {
                if self.count_pass(rules) {
                    self.verdict = if self.been_up { Verdict::Up } else { Verdict::Unknown };
                    self.limited = !self.been_up;
                }
                self.counts_as_up()
            }
            Standing::Failed(cause) if self.has_started() && rules.tolerates(cause) => {
                self.passes = 0;
                self.counts_as_up()
            }
            Standing::Failed(_) => {
                self.passes = 0;
                self.failures = self.failures.saturating_add(1);
                if self.failures >= rules.failure_threshold {
                    self.verdict = Verdict::Down;
                    self.limited = false;
                }
                false
            }
        }
    }

    /// Adds to the row of passes; whether it is long enough.
    const fn count_pass(&mut self, rules: Rules<'_>) -> bool {
        self.failures = 0;
        self.passes = self.passes.saturating_add(1);
        self.passes >= rules.success_threshold
    }

    fn counts_as_up(&self) -> bool {
        self.verdict == Verdict::Up || self.limited
    }
}

#[cfg(test)]
mod tests {
    use super::{Rules, Streak, Verdict};
    use crate::cause::Cause;
    use crate::outcome::Standing;
    use crate::testing::few_cases;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    /// One letter per outcome: `.` a pass, `r` refused, `m` too many connections, `i` internal, `t` a timeout (ignored
    /// here), `l` a limit behind a connection, `v` a limit before it. After each the verdict: `?`, `U`, `D`; in lower case
    /// where it is about to change, `*` where it is degraded. `L` and `l`: unknown, and taken for up.
    fn told(failures: u32, passes: u32, outcomes: &str) -> String {
        let rules = Rules { failure_threshold: failures, success_threshold: passes, ignores: &[Cause::Timeout] };
        let mut streak = Streak::default();
        let letter = |outcome| {
            let standing = match outcome {
                '.' => Standing::Passed,
                'l' => Standing::Limited,
                'r' => Standing::Failed(Cause::ConnectRefused),
                'm' => Standing::Failed(Cause::TooManyConnections),
                'i' => Standing::Failed(Cause::Internal),
                't' => Standing::Failed(Cause::Timeout),
                'v' => Standing::Failed(Cause::ProbeLimit),
                other => panic!("no outcome {other}"),
            };
            let degraded = streak.fold(rules, standing);
            match (streak.verdict(), streak.about_to_change(), degraded) {
                (Verdict::Unknown, _, true) if streak.is_limited() => 'L',
                (Verdict::Unknown, true, false) if streak.is_limited() => 'l',
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

    #[test]
    fn a_limit_of_pilotfish_counts_as_a_pass_and_only_what_has_been_up_is_up_by_it() {
        for (failures, passes, outcomes, expected) in [
            (3, 1, "lll.l", "LLLU*"),
            // Real failures take it down as they would a check that is up; a limit ends their row.
            (3, 1, "lrrrl", "LllDL"),
            (3, 1, "lrrlrr", "LllLll"),
            (3, 1, ".rrrl.", "UuuD*U"),
            (3, 1, "rrrl", "!!DL"),
            // As many as passes are needed.
            (3, 3, "lll", "!!L"),
            (2, 2, ".rrll", "!!DdL"),
            (2, 2, "..rrll", "!UuDd*"),
            // What only degrades a check does so here too.
            (2, 1, "lmmiv", "LLLLL"),
            // A limit before the connection is a failure, which never takes down what has been up.
            (3, 1, "vvv.", "!!DU"),
            (3, 1, ".vvvv", "U****"),
        ] {
            assert_eq!(told(failures, passes, outcomes), expected, "{failures} {passes} {outcomes}");
        }
    }

    /// What rows alone come to: the verdict is what the last row that was long enough says.
    fn by_rows(failures: usize, passes: usize, outcomes: &[bool]) -> Verdict {
        let settled = |end: usize| {
            let passed = outcomes[end - 1];
            let row = outcomes[..end].iter().rev().take_while(|outcome| **outcome == passed).count();
            match passed {
                true if row >= passes => Some(Verdict::Up),
                false if row >= failures => Some(Verdict::Down),
                _ => None,
            }
        };
        (1..=outcomes.len()).rev().find_map(settled).unwrap_or_default()
    }

    proptest! {
        #![proptest_config(few_cases())]

        #[test]
        fn the_last_row_that_is_long_enough_settles_it(
            failures in 1..6_u32, passes in 1..6_u32, outcomes in proptest::collection::vec(any::<bool>(), 0..60),
        ) {
            let rules = Rules { failure_threshold: failures, success_threshold: passes, ignores: &[] };
            let mut streak = Streak::default();
            for (at, passed) in outcomes.iter().enumerate() {
                let before = streak.verdict();
                let outcome = if *passed { Standing::Passed } else { Standing::Failed(Cause::ConnectRefused) };
                prop_assert!(!streak.fold(rules, outcome), "no such outcome degrades");
                let expected = by_rows(failures as usize, passes as usize, &outcomes[..=at]);
                prop_assert_eq!(streak.verdict(), expected);
                prop_assert!(before == streak.verdict() || before == Verdict::Unknown || !streak.about_to_change());
                prop_assert!(!streak.been_up() || outcomes[..=at].contains(&true));
            }
        }

        #[test]
        fn what_only_degrades_never_takes_down(
            failures in 1..4_u32, outcomes in proptest::collection::vec(0..4_usize, 0..60),
        ) {
            let rules = Rules { failure_threshold: failures, success_threshold: 1, ignores: &[Cause::Timeout] };
            let mut streak = Streak::default();
            streak.fold(rules, Standing::Passed);
            for outcome in outcomes {
                let tolerated = [Cause::Timeout, Cause::TooManyConnections, Cause::Internal].map(Standing::Failed);
                let outcome = tolerated.get(outcome).copied().unwrap_or(Standing::Limited);
                prop_assert!(streak.fold(rules, outcome), "it is degraded");
                prop_assert_eq!(streak.verdict(), Verdict::Up);
            }
        }
    }
}
