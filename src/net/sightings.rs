//! Which ports of this pod were listened on from run to run: an app that restarts again and again shows itself in a listener
//! that comes and goes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How often a listener must vanish.
const OFTEN: usize = 3;
/// Within this time. A container in CrashLoopBackOff starts for the fourth time after little more than a minute.
const WINDOW: Duration = Duration::from_secs(600);

/// What was seen of each port that is looked at.
#[derive(Debug, Default)]
pub struct Sightings(Mutex<BTreeMap<u16, Seen>>);

#[derive(Debug, Default)]
struct Seen {
    listening: bool,
    /// When a listener was found to be gone, the last ones.
    vanished: Vec<Instant>,
}

impl Sightings {
    /// Takes in whether the port is listened on now. Whether its listener keeps vanishing: it was up and then gone, three
    /// times within ten minutes.
    pub fn keeps_vanishing(&self, port: u16, listening: bool, now: Instant) -> bool {
        let mut ports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = ports.entry(port).or_default();
        if seen.listening && !listening {
            seen.vanished.push(now);
        }
        seen.listening = listening;
        seen.vanished.retain(|at| now.saturating_duration_since(*at) < WINDOW);
        let old = seen.vanished.len().saturating_sub(OFTEN);
        seen.vanished.drain(..old);
        seen.vanished.len() == OFTEN
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Sightings;

    /// `UUDU` every so many seconds: up or down.
    fn ends(text: &str, every: u64) -> bool {
        let (sightings, start) = (Sightings::default(), Instant::now());
        let mut last = false;
        for (index, letter) in (0..).zip(text.bytes()) {
            last = sightings.keeps_vanishing(3000, letter == b'U', start + Duration::from_secs(index * every));
        }
        last
    }

    #[test]
    fn a_listener_that_vanishes_three_times_keeps_vanishing() {
        for (text, every, expected) in [
            ("UDUDUD", 10, true),
            ("UDUDUDU", 10, true),
            ("UUUDDDUUUDDDUD", 30, true),
            ("UDUDUDUDUDUDUDUDUDUD", 100, true),
            // CrashLoopBackOff: up for a moment, then 10, 20, 40 s of nothing.
            ("UDUDDUDDDDU", 10, true),
            // The first start takes its time, and one restart, or a rolling one, is no loop.
            ("DDDDUUUU", 10, false),
            ("UUUUUU", 10, false),
            ("UDU", 10, false),
            ("UDUDU", 10, false),
            ("UDDDDDDDD", 10, false),
            ("UDUDUD", 200, false),
            ("UDUDUDUUUUUUUUUUUUUUUUUUUUUUU", 30, false),
        ] {
            assert_eq!(ends(text, every), expected, "{text}");
        }
    }

    #[test]
    fn each_port_is_seen_by_itself() {
        let (sightings, now) = (Sightings::default(), Instant::now());
        for listening in [true, false, true, false] {
            assert!(!sightings.keeps_vanishing(3000, listening, now));
            assert!(!sightings.keeps_vanishing(3001, !listening, now));
        }
        assert!(!sightings.keeps_vanishing(3000, true, now));
        assert!(sightings.keeps_vanishing(3000, false, now));
    }
}
