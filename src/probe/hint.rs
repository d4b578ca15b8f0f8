//! The hint of a failure, put together: what explains a value, else that the name led elsewhere, else how a conversation on a
//! Unix socket ended, else what the kind knows, else what is true of any protocol.

use crate::check::HintFn;
use crate::findings::{self, Context};
use crate::outcome::{Evidence, Fault};

/// The hint for a fault of a check whose kind has this hint of its own.
pub(super) fn hint(own: HintFn, fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> String {
    if let Some(text) = findings::value_hint(fault, context) {
        return text;
    }
    if let Some(text) = findings::misled_hint(fault, evidence, context) {
        return text;
    }
    if let Some(text) = findings::socket_hint(fault, evidence) {
        return text.to_owned();
    }
    let text = own(fault, evidence, context).unwrap_or_else(|| findings::general_hint(fault, evidence, context));
    let note = findings::proxy_note(fault, evidence, context).or_else(|| findings::several_note(fault, evidence));
    match note {
        Some(note) => format!("{text} {note}"),
        None => text,
    }
}

#[cfg(test)]
mod tests;
