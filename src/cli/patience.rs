//! How `wait` waits: growing pauses, and when there is no more use in it. Pure: time is passed in.

use std::time::Duration;

use tokio::time::Instant;

use crate::cause::{Cause, Waits};
use crate::outcome::{Aftermath, Failure, LOCK_PAUSE, Phase};
use crate::random;

/// How often the same failure must come before waiting ends.
const RUNS: u32 = 3;

/// Watches one check for a failure that waiting cannot heal.
#[derive(Debug)]
pub(super) struct Patience {
    limit: Option<Duration>,
    streak: Option<Streak>,
}

#[derive(Debug)]
struct Streak {
    of: (Phase, Cause),
    runs: u32,
    since: Instant,
}

impl Patience {
    /// `None`: it never ends.
    pub(super) const fn new(limit: Option<Duration>) -> Self {
        Self { limit, streak: None }
    }

    /// Takes the newest result; whether waiting on is of no use. Nobody asks a locked account again.
    pub(super) fn is_lost(&mut self, failure: Option<&Failure>, aftermath: Aftermath, now: Instant) -> bool {
        let (Some(failure), Some(limit)) = (failure, self.limit) else {
            self.streak = None;
            return false;
        };
        let of = (failure.phase, failure.cause);
        let streak = match self.streak.take() {
            Some(streak) if streak.of == of => Streak { runs: streak.runs + 1, ..streak },
            _ => Streak { of, runs: 1, since: now },
        };
        let long_enough = streak.runs >= RUNS && now.duration_since(streak.since) >= limit;
        self.streak = Some(streak);
        if failure.risks_lock {
            return true;
        }
        match failure.cause.info().waits {
            _ if aftermath == Aftermath::Locked => true,
            Waits::Heals => false,
            Waits::Permanent => long_enough,
            Waits::AfterRestart => true,
        }
    }
}

/// The pauses of one check: ×1.5 up to 10 s; after a refused login ×2 up to 30 s, so that nobody is locked out; where the
/// account may lock, [`LOCK_PAUSE`].
#[derive(Debug)]
pub(super) struct Pause {
    next: Duration,
}

impl Pause {
    pub(super) const fn new(first: Duration) -> Self {
        Self { next: first }
    }

    /// The pause after this failure, with up to a tenth of jitter: never less, so that the default pauses reach the
    /// 30 s after which waiting is given up, and no run just misses them. Never shorter than the server asks for.
    pub(super) fn after(&mut self, failure: &Failure, aftermath: Aftermath) -> Duration {
        if failure.risks_lock {
            return LOCK_PAUSE;
        }
        let failed_login = failure.cause.is_failed_login(failure.phase);
        let (factor, most) = if failed_login { (4, Duration::from_secs(30)) } else { (3, Duration::from_secs(10)) };
        let pause = self.next;
        self.next = (self.next * factor / 2).min(most.max(pause));
        let pause = pause.max(aftermath.pause().unwrap_or_default());
        pause + pause.mul_f64(0.1 * random::fraction())
    }
}

#[cfg(test)]
mod tests {
    use super::{Patience, Pause};
    use crate::cause::Cause;
    use crate::outcome::{Aftermath, Failure, Phase};
    use std::time::Duration;
    use tokio::time::Instant;

    fn failure(phase: Phase, cause: Cause) -> Failure {
        Failure {
            phase,
            cause,
            statement: None,
            message: String::new(),
            hint: String::new(),
            detail: None,
            risks_lock: false,
        }
    }

    /// Each row: seconds since the start, the failure, whether it is lost then.
    fn table(rows: &[(u64, Option<Failure>, bool)], limit: Option<u64>) {
        let start = Instant::now();
        let mut patience = Patience::new(limit.map(Duration::from_secs));
        for (at, failure, lost) in rows {
            assert_eq!(
                patience.is_lost(failure.as_ref(), Aftermath::Nothing, start + Duration::from_secs(*at)),
                *lost,
                "at {at}"
            );
        }
    }

    #[test]
    fn a_permanent_failure_ends_it_after_three_runs_and_the_time() {
        let wrong = || Some(failure(Phase::Login, Cause::PasswordRejected));
        let refused = || Some(failure(Phase::Connect, Cause::ConnectRefused));
        table(&[(0, wrong(), false), (1, wrong(), false), (29, wrong(), false), (30, wrong(), true)], Some(30));
        table(&[(0, wrong(), false), (40, wrong(), false), (41, wrong(), true)], Some(30));
        table(&[(0, wrong(), false), (20, refused(), false), (31, wrong(), false), (40, wrong(), false)], Some(30));
        table(&[(0, wrong(), false), (20, None, false), (31, wrong(), false), (40, wrong(), false)], Some(30));
        table(&[(0, refused(), false), (500, refused(), false), (1000, refused(), false)], Some(30));
        table(&[(0, wrong(), false), (500, wrong(), false), (1000, wrong(), false)], None);
    }

    #[test]
    fn a_locked_account_is_not_asked_again() {
        let locked = failure(Phase::Login, Cause::LoginRejected);
        let lost = |limit, aftermath| Patience::new(limit).is_lost(Some(&locked), aftermath, Instant::now());
        let limit = Some(Duration::from_secs(30));
        assert!(lost(limit, Aftermath::Locked) && !lost(limit, Aftermath::Finished) && !lost(None, Aftermath::Locked));
        for (aftermath, least) in [(Aftermath::Locked, 1800), (Aftermath::Unfinished, 300), (Aftermath::Finished, 1)] {
            let pause = Pause::new(Duration::from_secs(1)).after(&locked, aftermath);
            assert!(
                pause >= Duration::from_secs(least) && pause <= Duration::from_secs(least * 11 / 10 + 1),
                "{pause:?}"
            );
        }
    }

    #[test]
    fn what_only_a_restart_heals_ends_it_at_once() {
        let missing = || Some(failure(Phase::Assert, Cause::VariableMissing));
        table(&[(0, missing(), true)], Some(30));
        table(&[(0, missing(), false), (100, missing(), false)], None);
    }

    #[test]
    fn a_rejection_that_risks_a_lock_ends_it_at_once() {
        let rejected = || Some(Failure { risks_lock: true, ..failure(Phase::Login, Cause::PasswordRejected) });
        table(&[(0, rejected(), true)], Some(30));
        table(&[(0, rejected(), false), (100, rejected(), false)], None);
        let mut pause = Pause::new(Duration::from_secs(1));
        assert!(
            pause.after(&rejected().unwrap(), Aftermath::Nothing) >= Duration::from_mins(30),
            "nobody sends it again meanwhile"
        );
        let throttled = failure(Phase::Login, Cause::TooManyConnections);
        assert!(pause.after(&throttled, Aftermath::Nothing) < Duration::from_secs(2), "other failures keep their pace");
    }

    #[test]
    fn the_default_pauses_do_not_just_miss_the_time_after_which_it_is_given_up() {
        for (phase, cause, runs) in [(Phase::Login, Cause::PasswordRejected, 5), (Phase::Tls, Cause::TlsUntrusted, 7)] {
            let failure = failure(phase, cause);
            let mut pause = Pause::new(Duration::from_secs(1));
            let waited: Duration = (0..runs).map(|_| pause.after(&failure, Aftermath::Nothing)).sum();
            assert!((Duration::from_secs(30)..Duration::from_secs(35)).contains(&waited), "{waited:?}");
        }
    }

    #[test]
    fn pauses_grow_to_their_limit() {
        let grown = |failure: &Failure| {
            let mut pause = Pause::new(Duration::from_secs(1));
            let all: Vec<Duration> = (0..20).map(|_| pause.after(failure, Aftermath::Nothing)).collect();
            assert!(all[0] >= Duration::from_secs(1) && all[0] <= Duration::from_millis(1100));
            all[19]
        };
        let plain = grown(&failure(Phase::Connect, Cause::ConnectRefused));
        assert!((Duration::from_secs(10)..=Duration::from_secs(11)).contains(&plain), "{plain:?}");
        let login = grown(&failure(Phase::Login, Cause::PasswordRejected));
        assert!((Duration::from_secs(30)..=Duration::from_secs(33)).contains(&login), "{login:?}");
        let starting = grown(&failure(Phase::Login, Cause::StartingUp));
        assert!(starting <= Duration::from_secs(11), "{starting:?}");
    }
}
