//! A check whose variable does not say now what it is: it fails with the reason and dials nothing.

use crate::cause::Cause;
use crate::check::{Check, Prepared, readings};
use crate::env::Env;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::value::Value;

/// The kind's name of such a check.
pub(super) const KIND: &str = "unknown";

/// A variable without a usable URL.
pub(super) struct Unresolved {
    value: Value,
    fault: Fault,
}

impl Unresolved {
    /// The check of a variable whose value means no kind that could be run, `None` where it is not set. That the value
    /// is fine and this version does not speak its protocol is `variable_invalid`.
    pub(super) fn new(name: &str, wrong: Option<(Cause, String)>) -> Self {
        let (cause, message) =
            wrong.unwrap_or_else(|| (Cause::VariableMissing, format!("the variable {name} is not set or empty")));
        let detail = match cause {
            Cause::VariableMissing => Some(ValueDetail::Unset(name.to_owned())),
            Cause::VariableInvalid => Some(ValueDetail::NotSpoken),
            _ => None,
        };
        let fault = Fault::new(Phase::Assert, cause, message);
        Self { value: Value::Env(name.to_owned()), fault: Fault { detail: detail.map(Detail::Value), ..fault } }
    }
}

impl Check for Unresolved {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let readings = readings(&self.values(), env);
        Prepared { target: self.value.origin(), endpoints: Vec::new(), readings, run: Err(self.fault.clone()) }
    }

    fn values(&self) -> Vec<&Value> {
        vec![&self.value]
    }
}
