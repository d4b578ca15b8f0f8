//! A check of a URL that was typed on the command line: what is wrong with it is not the configuration's fault.

use std::sync::Arc;
use std::time::Duration;

use crate::check::{Check, Prepared};
use crate::env::Env;
use crate::value::{FROM_CONFIGURATION, Value};

/// In place of [`FROM_CONFIGURATION`].
const TYPED: &str = "the command line";

/// The same check, which names the command line as where its URL comes from.
pub(super) struct Typed(pub(super) Arc<dyn Check>);

impl Check for Typed {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let Prepared { target, endpoints, mut readings, run } = self.0.prepare(env);
        for reading in readings.iter_mut().filter(|reading| reading.origin == FROM_CONFIGURATION) {
            TYPED.clone_into(&mut reading.origin);
        }
        let run = run.map_err(|mut fault| {
            fault.message = fault.message.replacen(FROM_CONFIGURATION, TYPED, 1);
            fault
        });
        Prepared { target: target.replacen(FROM_CONFIGURATION, TYPED, 1), endpoints, readings, run }
    }

    fn stays_in_pod(&self) -> bool {
        self.0.stays_in_pod()
    }

    fn values(&self) -> Vec<&Value> {
        self.0.values()
    }

    fn warnings(&self) -> Vec<(&'static str, &'static str)> {
        self.0.warnings()
    }

    fn calm_interval(&self) -> Duration {
        self.0.calm_interval()
    }

    fn stops_short(&self) -> Option<&str> {
        self.0.stops_short()
    }
}
