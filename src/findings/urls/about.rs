//! What a finding is about.

use crate::finding::Finding;
use crate::findings::context::Reading;

/// A finding, and what of the check it is about: it is chosen by that, and its text is never read again.
pub(super) struct FindingAbout<'a> {
    pub(super) finding: Finding,
    pub(super) about: About<'a>,
}

/// What a finding is about.
#[derive(Clone, Copy)]
pub(super) enum About<'a> {
    /// A value as a whole.
    Value(&'a Reading),
    /// The password in a value.
    Password(&'a Reading),
    /// A variable.
    Variable(&'a str),
    /// Two variables that do not go together, of which this is the first.
    Variables(&'a str),
    /// No value by itself.
    Check,
}

impl<'a> About<'a> {
    /// The value that it is about, where there is one.
    pub(super) const fn reading(self) -> Option<&'a Reading> {
        match self {
            Self::Value(reading) | Self::Password(reading) => Some(reading),
            Self::Variable(_) | Self::Variables(_) | Self::Check => None,
        }
    }

    /// The one variable that it is about, where there is one.
    pub(super) fn variable(self) -> Option<&'a str> {
        match self {
            Self::Value(reading) | Self::Password(reading) => reading.variable.as_deref(),
            Self::Variable(name) => Some(name),
            Self::Variables(_) | Self::Check => None,
        }
    }

    /// This, with a finding.
    pub(super) const fn found(self, finding: Finding) -> FindingAbout<'a> {
        FindingAbout { finding, about: self }
    }
}
