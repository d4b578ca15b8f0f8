//! The configuration: YAML, targets and variables to a plan, all faults at once.
//!
//! It reads; it never dials, and no text of it holds a value that was configured.

mod discover;
mod document;
pub mod fault;
#[cfg(test)]
mod hostile_tests;
mod keys;
mod names;
pub mod node;
pub mod plan;
#[cfg(test)]
mod reference_tests;
mod rules;
pub mod schema;
pub mod show;
pub mod source;
mod targets;
mod typed;
mod unresolved;
mod urls;
