//! What a plan must keep to beyond the types of its keys: times that fit, gates that cannot lock a pod up.

use std::io;
use std::path::Path;

use crate::check::{Check, Prepared};
use crate::config::plan::Gates;
use crate::env::Env;
use crate::url::Endpoint;
use crate::value::Value;

/// Where a check dials, as far as it can be told now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only this pod: its loopback, or nothing at all.
    Pod,
    /// The same, because a variable or a file says so: in another pod it may lead elsewhere.
    PodByValue,
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
            let inside = |endpoints: &[Endpoint]| endpoints.iter().all(|endpoint| endpoint.host.is_loopback());
            if !inside(&endpoints) {
                return Self::Outside;
            }
            // Read a second time only where that may tell more: a file may have thousands of checks.
            if check.values().iter().all(|value| matches!(value, Value::Literal(_))) {
                return Self::Pod;
            }
            let written = check.prepare(&NoValues).endpoints;
            return if !written.is_empty() && inside(&written) { Self::Pod } else { Self::PodByValue };
        }
        match check.values().iter().any(|value| value.resolve(env).is_err()) {
            true => Self::Unknown,
            false => Self::Outside,
        }
    }

    /// Whether it dials this pod alone.
    pub(super) const fn is_inside(self) -> bool {
        matches!(self, Self::Pod | Self::PodByValue)
    }
}

/// An environment with nothing in it: what is dialled there is written in the configuration itself.
struct NoValues;

impl Env for NoValues {
    fn var(&self, _name: &str) -> Option<String> {
        None
    }

    fn vars(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn file(&self, _path: &Path) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::NotFound.into())
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
    /// The same, where a value says that it is in this pod: no fault of the file, and every gate is withheld.
    StartupByValue,
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
            Self::StartupByValue => {
                "not gating: loopback: its value leads to a server in this pod, which may start after the gate, so the \
                 check gates nothing: write starts_before: true if that server starts first, else gates: [ready]"
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
        Reach::Pod | Reach::PodByValue | Reach::Outside | Reach::Unknown => {}
    }
    match reach {
        Reach::Pod if gates.startup && !starts_before => faults.push(GateFault::StartupInside),
        Reach::PodByValue if gates.startup && !starts_before => faults.push(GateFault::StartupByValue),
        Reach::Pod | Reach::PodByValue | Reach::Outside | Reach::Unknown => {}
    }
    faults
}
