//! The pace of one check: its interval now in force, its back-off, its jitter. Pure: neither clock nor random numbers of its own.

use std::time::Duration;

use crate::cause::{Cause, Waits};
use crate::config::plan::Planned;
use crate::outcome::{Aftermath, Failure, LOCK_PAUSE, Phase};
use crate::verdict::{Streak, Verdict};

/// From run to run until a startup check has been up for the first time.
const STARTUP_INTERVAL: Duration = Duration::from_secs(2);
/// The shortest interval while a verdict is about to change.
const QUICK_FLOOR: Duration = Duration::from_secs(1);
/// How far a back-off grows.
const BACKOFF_LIMIT: Duration = Duration::from_secs(30);
/// How far a back-off grows where waiting cannot heal the cause.
const BACKOFF_LIMIT_PERMANENT: Duration = Duration::from_mins(5);

/// By how much of itself a pause that a server asks for may last longer.
const PAUSE_JITTER: f64 = 0.1;

/// When the next run is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// From this run to the next one.
    pub wait: Duration,
    /// The interval now in force: `wait` without jitter. Staleness is measured by it.
    pub interval: Duration,
}

/// What the pace depends on of a failed run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed {
    /// Where it failed.
    pub phase: Phase,
    /// Why.
    pub cause: Cause,
    /// Whether the same credential may lock the account.
    pub risks_lock: bool,
}

impl From<&Failure> for Failed {
    fn from(failure: &Failure) -> Self {
        Self { phase: failure.phase, cause: failure.cause, risks_lock: failure.risks_lock }
    }
}

/// The pace of one check: pure, random numbers are passed in.
#[derive(Debug, Default)]
pub struct Pace {
    backoff: Option<Duration>,
    /// Whether the credential was rejected and the account may lock: until a pass, or until the back-off is ended, no run
    /// sends it sooner than [`LOCK_PAUSE`] after the one before.
    holds: bool,
    ran: bool,
    /// Whether this check's place within its interval was left to chance, so that the pods of a deployment do not all
    /// probe at the same moment: at the second run, and again when a startup check turns to its regular interval.
    spread: bool,
}

impl Pace {
    /// One that failed logins hold back already.
    #[must_use]
    pub const fn backing_off(interval: Duration, holds: bool) -> Self {
        Self { backoff: Some(interval), holds, ran: true, spread: true }
    }

    /// Whether it holds a rejected credential back.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.holds
    }

    /// Whether failed logins hold it back.
    #[must_use]
    pub const fn backs_off(&self) -> bool {
        self.backoff.is_some()
    }

    /// Ends the back-off: what the login is made with has changed.
    pub fn reset_backoff(&mut self) {
        (self.backoff, self.holds) = (None, false);
    }

    /// Takes in one outcome, which `streak` ends with, and says when the next run is due. `random` is from 0 up to 1.
    pub fn after(
        &mut self,
        planned: &Planned,
        streak: Streak,
        failure: Option<Failed>,
        aftermath: Aftermath,
        random: f64,
    ) -> Next {
        let next = self.by_outcome(planned, streak, failure, random);
        let Some(pause) = aftermath.pause().filter(|pause| *pause > next.wait) else { return next };
        if failure.is_some() {
            // A reload goes on with the pause, and a changed file of the check ends it.
            self.backoff.get_or_insert(planned.interval);
        }
        let wait = pause.mul_f64(random.mul_add(PAUSE_JITTER, 1.0));
        Next { wait, interval: wait }
    }

    fn by_outcome(&mut self, planned: &Planned, streak: Streak, failure: Option<Failed>, random: f64) -> Next {
        let first = !std::mem::replace(&mut self.ran, true);
        let is_up = streak.verdict() == Verdict::Up || streak.is_limited();
        let own = if is_up { planned.calm_interval } else { planned.interval };
        match failure {
            None => self.reset_backoff(),
            Some(failed) if failed.cause.is_failed_login(failed.phase) || failed.risks_lock => {
                self.spread = true;
                self.holds |= failed.risks_lock;
                return self.back_off(own, failed.cause, random);
            }
            Some(_) => {}
        }
        if let Some(interval) = self.backoff {
            return Next { wait: interval, interval };
        }
        let interval = if planned.gates.startup && !streak.has_started() {
            STARTUP_INTERVAL.min(planned.interval)
        } else if streak.about_to_change() {
            (own / 4).max(QUICK_FLOOR).min(own)
        } else {
            own
        };
        let regular = interval == own;
        let jittered = first || (regular && !self.spread);
        self.spread |= regular;
        Next { wait: if jittered { interval.mul_f64(random) } else { interval }, interval }
    }

    /// Twice the interval after each such failure, up to the limit, up to a quarter less by chance; never under the
    /// check's `own` interval. A credential that is held back waits longer.
    fn back_off(&mut self, own: Duration, cause: Cause, random: f64) -> Next {
        if self.holds {
            // Never sooner; a quarter later at most, so that replicas do not all try again in the same second.
            let interval = LOCK_PAUSE.mul_f64(random.mul_add(0.25, 1.0)).max(own);
            self.backoff = Some(interval);
            return Next { wait: interval, interval };
        }
        let limit = match cause.info().waits {
            Waits::Heals => BACKOFF_LIMIT,
            Waits::Permanent | Waits::AfterRestart => BACKOFF_LIMIT_PERMANENT,
        };
        let doubled = self.backoff.unwrap_or(own).saturating_mul(2);
        let interval = doubled.min(limit).max(own);
        self.backoff = Some(interval);
        Next { wait: interval.mul_f64(random.mul_add(-0.25, 1.0)).max(own), interval }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{BACKOFF_LIMIT_PERMANENT, Failed, Pace, QUICK_FLOOR, STARTUP_INTERVAL};
    use crate::cause::Cause;
    use crate::outcome::{Aftermath, Phase, Standing};
    use crate::testing::{NONE, STARTUP, few_cases, planned};
    use crate::verdict::{Rules, Streak};

    fn failed(phase: Phase, cause: Cause) -> Failed {
        Failed { phase, cause, risks_lock: false }
    }

    proptest! {
        #![proptest_config(few_cases())]

        #[test]
        fn no_run_comes_too_early_or_too_late(
            seconds in 1..900_u64, startup in any::<bool>(), logs_in in any::<bool>(),
            runs in proptest::collection::vec((0..4_u8, 0.0..1.0_f64), 1..60),
        ) {
            let mut planned = planned("a", if startup { STARTUP } else { NONE });
            planned.interval = Duration::from_secs(seconds);
            planned.calm_interval = planned.interval;
            let own = planned.interval;
            let (mut pace, mut streak) = (Pace::default(), Streak::default());
            let rules = Rules { failure_threshold: 3, success_threshold: 1, ignores: &[] };
            let mut early = 0;
            for (outcome, random) in runs {
                let failure = match outcome {
                    0 | 1 => None,
                    2 if logs_in => Some(failed(Phase::Login, Cause::PasswordRejected)),
                    _ => Some(failed(Phase::Connect, Cause::ConnectRefused)),
                };
                streak.fold(rules, failure.map_or(Standing::Passed, |failed| Standing::Failed(failed.cause)));
                let before = pace.backs_off();
                let next = pace.after(&planned, streak, failure, Aftermath::Nothing, random);
                prop_assert!(next.wait <= next.interval, "{next:?}");
                prop_assert!(next.interval <= own.max(BACKOFF_LIMIT_PERMANENT), "{next:?}");
                prop_assert!(next.interval >= own.min(QUICK_FLOOR), "{next:?}");
                match failure {
                    Some(Failed { phase: Phase::Login, .. }) => prop_assert!(pace.backs_off() && next.wait >= own, "{next:?}"),
                    Some(_) => prop_assert_eq!(pace.backs_off(), before, "only a pass ends a back-off"),
                    None => prop_assert!(!pace.backs_off()),
                }
                if pace.backs_off() {
                    prop_assert!(next.interval >= own, "failed logins are not asked about more often");
                } else if next.interval < own {
                    let quick = (own / 4).max(QUICK_FLOOR).min(own);
                    prop_assert!(next.interval == quick || next.interval == STARTUP_INTERVAL, "{next:?}");
                }
                early += u32::from(next.wait < next.interval && !pace.backs_off());
            }
            prop_assert!(early <= 2, "it is moved by chance at the start alone: {early} times");
        }
    }
}
