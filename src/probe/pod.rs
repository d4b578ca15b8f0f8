//! When the pod itself is looked at: where that can explain what happened, and at no other time.

use std::time::Duration;

use tokio::time::Instant;

use crate::cause::Cause;
use crate::net::World;
use crate::outcome::{ConnectResult, Evidence, Fault, Phase};
use crate::pod::{self, Pod};

/// A run that ended within this time was not stopped for long.
const LONG: Duration = Duration::from_millis(20);

/// What is read of the pod around a check: it begins before the check and ends after it.
pub(super) struct PodReading {
    began: Instant,
    throttled: Option<Duration>,
}

impl PodReading {
    /// Reads what only a difference tells.
    pub(super) fn begin(world: &World) -> Self {
        Self { began: Instant::now(), throttled: world.throttling.recent(&*world.env) }
    }

    /// What the pod shows; `None` where nothing of it was worth reading.
    pub(super) fn end(self, world: &World, fault: Option<&Fault>, evidence: &Evidence) -> Option<Pod> {
        let (env, throttling) = (&*world.env, &world.throttling);
        let mut pod = Pod::default();
        if fault.is_some_and(|fault| fault.phase == Phase::Connect) {
            pod.listeners = pod::listeners(env);
            pod.addresses = pod::addresses(env);
            pod.services = pod::services(env);
        }
        let short = evidence.tries.iter().any(|one| one.result == ConnectResult::LocalLimit)
            || fault.is_some_and(|fault| fault.cause == Cause::LocalLimit);
        if short {
            pod.sockets = pod::sockets(env);
            pod.descriptors = pod::descriptors(env);
        }
        let throttled = if self.began.elapsed() >= LONG { throttling.now(env) } else { None };
        let rise = throttled.zip(self.throttled).and_then(|(now, before)| now.checked_sub(before));
        pod.throttled = rise.filter(|rise| !rise.is_zero());
        (pod != Pod::default()).then_some(pod)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::PodReading;
    use crate::cause::Cause;
    use crate::env::MapEnv;
    use crate::net::World;
    use crate::outcome::{Evidence, Fault, Phase};

    fn world(throttled: &str) -> World {
        let env = MapEnv::default()
            .with_file("/proc/net/tcp", b"head\n")
            .with_file("/proc/self/limits", b"Max open files 9 9 files\n")
            .with_file("/sys/fs/cgroup/cpu.stat", format!("throttled_usec {throttled}\n").as_bytes());
        World::new(Arc::new(env))
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_can_explain_is_read() {
        let end = |fault: Option<Fault>| {
            PodReading::begin(&world("5000")).end(&world("5000"), fault.as_ref(), &Evidence::default())
        };
        let fault = |phase, cause| Some(Fault::new(phase, cause, ""));
        assert_eq!(end(None), None);
        assert_eq!(end(fault(Phase::Assert, Cause::HttpStatus)), None);
        let pod = end(fault(Phase::Connect, Cause::ConnectRefused)).unwrap();
        assert_eq!((pod.listeners, pod.descriptors), (Some(Vec::new()), None));
        let pod = end(fault(Phase::Resolve, Cause::LocalLimit)).unwrap();
        assert_eq!((pod.listeners, pod.descriptors), (None, Some(9)));
        let fault = fault(Phase::Request, Cause::Timeout);
        for fault in [None, fault.as_ref()] {
            let reading = PodReading::begin(&world("5000"));
            assert_eq!(reading.end(&world("65000"), fault, &Evidence::default()), None, "it ended at once");
            let reading = PodReading::begin(&world("5000"));
            tokio::time::advance(super::LONG).await;
            let throttled = reading.end(&world("65000"), fault, &Evidence::default()).and_then(|pod| pod.throttled);
            assert_eq!(throttled, Some(std::time::Duration::from_millis(60)), "it took long");
        }
    }
}
