//! A check whose variable does not say now what it is: it fails with the reason and dials nothing.

use crate::cause::Cause;
use crate::check::{Check, Run};
use crate::env::Env;
use crate::net::attempt::Attempt;
use crate::outcome::{Fault, Phase};
use crate::url::Endpoint;
use crate::value::Value;

/// The kind's name of such a check.
pub(super) const KIND: &str = "unknown";

/// A variable without a usable URL.
pub(super) struct Unresolved {
    value: Value,
    fault: Fault,
}

impl Unresolved {
    /// The check of a variable whose value means no kind that could be run, `None` where it is not set.
    pub(super) fn new(name: &str, wrong: Option<(Cause, String)>) -> Self {
        let (cause, message) =
            wrong.unwrap_or_else(|| (Cause::VariableMissing, format!("the variable {name} is not set or empty")));
        Self { value: Value::Env(name.to_owned()), fault: Fault::new(Phase::Assert, cause, message) }
    }
}

impl Check for Unresolved {
    fn target(&self, _env: &dyn Env) -> String {
        self.value.origin()
    }

    fn endpoints(&self, _env: &dyn Env) -> Vec<Endpoint> {
        Vec::new()
    }

    fn values(&self) -> Vec<&Value> {
        vec![&self.value]
    }

    fn run<'a>(&'a self, _attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(std::future::ready(Err(self.fault.clone())))
    }
}
