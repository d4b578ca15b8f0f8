//! Ticks: moments at which several checks start together. A process that sleeps most of the time pays more for waking up, and
//! for what has left the processor's caches meanwhile, than for a check: a few checks at each waking cost a third of as many
//! wakings. They take turns, so that none looks slow for the others. Each check keeps its interval exactly, and its place in it is
//! still left to chance.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// How many checks start at one tick on average, unless it is the shortest: more would make each other wait.
const TOGETHER: f64 = 5.0;
/// Milliseconds from tick to tick, of which the longest that fits is taken. Each divides a second, as most intervals are whole
/// seconds.
const LENGTHS: [u64; 9] = [1000, 500, 250, 200, 125, 100, 50, 25, 20];
/// The shortest.
const SHORTEST: u64 = 10;

/// The ticks of all checks of a process.
#[derive(Debug)]
pub struct Ticks {
    start: Instant,
    /// Milliseconds; zero: no ticks.
    longest: AtomicU64,
    /// Whether few checks start at each.
    few: AtomicBool,
}

impl Ticks {
    /// No ticks: each check starts when it is due.
    #[must_use]
    pub fn none() -> Self {
        Self { start: Instant::now(), longest: AtomicU64::new(0), few: AtomicBool::new(false) }
    }

    /// Takes in how often checks run, given by their intervals.
    pub fn set(&self, intervals: impl Iterator<Item = Duration>) {
        let per_second: f64 = intervals.map(|interval| interval.as_secs_f64().recip()).sum();
        let longest = Duration::try_from_secs_f64(TOGETHER / per_second).unwrap_or(Duration::MAX);
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        self.longest.store(longest.max(SHORTEST), Ordering::Relaxed);
        self.few.store(longest >= SHORTEST, Ordering::Relaxed);
    }

    /// Whether the checks of a tick are so few that all have had their turn before the next one, whatever their peers do.
    #[must_use]
    pub fn take_turns(&self) -> bool {
        self.few.load(Ordering::Relaxed)
    }

    /// The first tick that is not before `due`. A check that runs again after `interval` is due at a tick again; where no tick
    /// divides its interval, it starts when it is due.
    #[must_use]
    pub fn next(&self, due: Instant, interval: Duration) -> Instant {
        let longest = self.longest.load(Ordering::Relaxed);
        let fits = |tick: &Duration| !interval.is_zero() && interval.as_nanos().is_multiple_of(tick.as_nanos());
        let lengths = LENGTHS.iter().chain([&SHORTEST]).filter(|length| **length <= longest);
        let Some(tick) = lengths.map(|length| Duration::from_millis(*length)).find(fits) else { return due };
        let (since, tick) = (due.saturating_duration_since(self.start).as_nanos(), tick.as_nanos());
        let ahead = since.next_multiple_of(tick) - since;
        due + Duration::from_nanos(u64::try_from(ahead).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Ticks;

    const fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    /// Ticks of `checks` checks that run each second, and when a check that is due after `due` and has this interval starts.
    fn started(checks: usize, due: u64, interval: Duration) -> u128 {
        let ticks = Ticks::none();
        ticks.set(std::iter::repeat_n(ms(1000), checks));
        let at: Instant = ticks.next(ticks.start + ms(due), interval);
        at.duration_since(ticks.start).as_millis()
    }

    #[test]
    fn a_few_checks_start_together() {
        for (checks, expected) in
            [(1, 2000), (5, 2000), (6, 1500), (20, 1250), (25, 1200), (100, 1150), (500, 1110), (100_000, 1110)]
        {
            assert_eq!(started(checks, 1101, ms(1000)), expected, "{checks} checks");
        }
    }

    #[test]
    fn who_starts_at_a_tick_keeps_to_its_interval() {
        for checks in [1, 20, 25, 100, 500, 100_000] {
            for (due, interval) in [(3000, 1000), (7000, 10_000), (4000, 2500), (0, 300_000)] {
                assert_eq!(started(checks, due, ms(interval)), u128::from(due), "{checks} checks, {interval} ms");
            }
        }
    }

    #[test]
    fn an_interval_takes_the_longest_tick_that_divides_it() {
        assert_eq!(started(1, 1101, ms(2500)), 1500);
        assert_eq!(started(1, 1101, ms(1750)), 1250);
        assert_eq!(started(1, 1101, ms(1010)), 1110);
        assert_eq!(started(1, 1101, ms(1001)), 1101, "none does");
        assert_eq!(started(1, 1101, Duration::from_nanos(60_123_456_789)), 1101, "a pause that a server asked for");
        assert_eq!(started(1, 1101, Duration::ZERO), 1101);
    }

    #[test]
    fn turns_are_taken_where_few_start_at_a_tick() {
        let ticks = Ticks::none();
        assert!(!ticks.take_turns());
        assert_eq!(ticks.next(ticks.start + ms(1101), ms(1000)), ticks.start + ms(1101), "no ticks");
        for (checks, few) in [(0, true), (1, true), (500, true), (501, false), (100_000, false)] {
            ticks.set(std::iter::repeat_n(ms(1000), checks));
            assert_eq!(ticks.take_turns(), few, "{checks} checks");
        }
        assert_eq!(ticks.next(ticks.start + ms(1101), ms(1000)), ticks.start + ms(1110));
    }
}
