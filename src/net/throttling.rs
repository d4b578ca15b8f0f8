//! For how long the CPU limit has stopped this container, read at most once a second: two checks that run in the same
//! second need not ask the kernel twice.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::env::Env;
use crate::pod;

/// How old a reading may be.
const TICK: Duration = Duration::from_secs(1);

/// The reading that is kept.
#[derive(Debug, Default)]
pub struct Throttling(Mutex<Option<(Instant, Option<Duration>)>>);

impl Throttling {
    /// The total since the container started, at most a second old; `None` where its cgroup does not say.
    #[must_use]
    pub fn recent(&self, env: &dyn Env) -> Option<Duration> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known {
            Some((at, total)) if at.elapsed() < TICK => total,
            _ => self.now(env),
        }
    }

    /// The total as it is now.
    #[must_use]
    pub fn now(&self, env: &dyn Env) -> Option<Duration> {
        let total = pod::throttled(env);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), total));
        total
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Throttling;
    use crate::env::MapEnv;

    #[tokio::test(start_paused = true)]
    async fn it_is_read_once_a_second_or_on_demand() {
        let env = |total: &str| {
            let line = format!("throttled_usec {total}\n");
            MapEnv::default().with_file("/sys/fs/cgroup/cpu.stat", line.as_bytes())
        };
        let (throttling, us) = (Throttling::default(), |us| Some(Duration::from_micros(us)));
        assert_eq!(throttling.recent(&env("5")), us(5));
        tokio::time::advance(Duration::from_millis(900)).await;
        assert_eq!(throttling.recent(&env("6")), us(5));
        assert_eq!(throttling.now(&env("7")), us(7));
        tokio::time::advance(Duration::from_millis(900)).await;
        assert_eq!(throttling.recent(&env("8")), us(7), "the second began anew");
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(throttling.recent(&env("9")), us(9));
        assert_eq!(throttling.now(&MapEnv::default()), None);
    }
}
