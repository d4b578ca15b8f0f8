//! A check whose variable does not say now what it is: it fails with the reason and dials nothing.

use crate::cause::Cause;
use crate::check::{Check, Prepared, readings};
use crate::env::Env;
use crate::findings::Blame;
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
    /// The check of a variable that is not set.
    pub(super) fn unset(name: &str) -> Self {
        let fault =
            Fault::new(Phase::Assert, Cause::VariableMissing, format!("the variable {name} is not set or empty"));
        Self::new(name, fault.with(Detail::Value(ValueDetail::Unset(name.to_owned()))))
    }

    /// The check of a variable whose value means no kind that could be run.
    pub(super) fn blamed(name: &str, Blame { cause, message, detail }: Blame) -> Self {
        let fault = Fault::new(Phase::Assert, cause, message);
        Self::new(name, Fault { detail: detail.map(Detail::Value), ..fault })
    }

    fn new(name: &str, fault: Fault) -> Self {
        Self { value: Value::Env(name.to_owned()), fault }
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
