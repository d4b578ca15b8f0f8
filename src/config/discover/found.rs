//! A check that was found, and the variables that it is made of.

use crate::check::KeyVariable;
use crate::config::plan::Planned;

/// A check that was found.
pub(super) struct Found {
    /// The check.
    pub(super) planned: Planned,
    /// The variable that led to it.
    pub(super) variable: String,
    /// What else it is made of.
    pub(super) source: Source,
}

/// What a check is made of.
pub(super) enum Source {
    /// The URL in the variable.
    Url,
    /// The same, and keys that its clients take from variables of `reader`.
    UrlBeside { beside: Vec<KeyVariable>, reader: &'static str },
    /// Variables, each with a part.
    Parts(Vec<KeyVariable>),
}
