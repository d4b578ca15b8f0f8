//! What a plan must keep to beyond the types of its keys: times that fit, gates that cannot lock a pod up.

use crate::check::{Check, Prepared};
use crate::config::plan::Gates;
use crate::env::Env;

/// Where a check dials, as far as it can be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only this pod: its loopback, or nothing at all.
    Pod,
    /// Elsewhere too, or nothing that could be named.
    Outside,
    /// A value that it needs cannot be resolved now.
    Unknown,
}

impl Reach {
    /// Where it dials.
    pub(super) fn of(check: &dyn Check, env: &dyn Env) -> Self {
        if check.stays_in_pod() {
            return Self::Pod;
        }
        let Prepared { endpoints, .. } = check.prepare(env);
        if !endpoints.is_empty() {
            let inside = endpoints.iter().all(|endpoint| endpoint.host.is_loopback());
            return if inside { Self::Pod } else { Self::Outside };
        }
        match check.values().iter().any(|value| value.resolve(env).is_err()) {
            true => Self::Unknown,
            false => Self::Outside,
        }
    }
}

/// What is wrong with what a check gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GateFault {
    /// `live` on what is outside the pod.
    LiveOutside,
    /// `live` on what cannot be told now: the gate is withheld.
    LiveUnknown,
    /// `startup` on what starts only later.
    StartupInside,
}

impl GateFault {
    /// What is wrong and what is right.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::LiveOutside => {
                "live allows only targets in this pod (loopback), because nothing outside may restart it: remove live"
            }
            Self::LiveUnknown => {
                "live is ignored: the target of this check is not known now, and nothing outside the pod may restart \
                 it"
            }
            Self::StartupInside => {
                "a server in this pod starts after the gate and cannot gate startup: write gates: [ready], or \
                 starts_before: true if it starts first"
            }
        }
    }
}

/// Judges what a check gates.
pub(super) fn judge(gates: Gates, reach: Reach, starts_before: bool) -> Vec<GateFault> {
    let mut faults = Vec::new();
    match reach {
        Reach::Outside if gates.live => faults.push(GateFault::LiveOutside),
        Reach::Unknown if gates.live => faults.push(GateFault::LiveUnknown),
        Reach::Pod | Reach::Outside | Reach::Unknown => {}
    }
    if gates.startup && reach == Reach::Pod && !starts_before {
        faults.push(GateFault::StartupInside);
    }
    faults
}
