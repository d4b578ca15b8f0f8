//! The role of a server: the one that the check requires, and the one that the server reports.

use std::str::FromStr;

use crate::outcome::FactValue;

/// The role that the check requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    /// Any.
    #[default]
    Any,
    /// It accepts writes.
    Primary,
    /// It copies a primary.
    Replica,
}

/// The role that a server reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerRole {
    /// It accepts writes.
    Primary,
    /// It copies a primary.
    Replica,
}

/// For [`crate::value::Setting`]: the error says what was expected.
impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Self::Any),
            // The words of Redis before version 5.
            "primary" | "master" => Ok(Self::Primary),
            "replica" | "slave" => Ok(Self::Replica),
            _ => Err("one of primary, replica, any".to_owned()),
        }
    }
}

impl ServerRole {
    /// Reads the word that HELLO, ROLE and INFO have.
    pub(super) fn read(word: &[u8]) -> Option<Self> {
        match word {
            // A replica of KeyDB that accepts writes.
            b"master" | b"primary" | b"active-replica" => Some(Self::Primary),
            b"slave" | b"replica" => Some(Self::Replica),
            _ => None,
        }
    }

    /// As a fact.
    pub(super) const fn fact(self) -> FactValue {
        FactValue::word(match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, ServerRole};

    #[test]
    fn old_and_new_words_mean_the_same() {
        for (text, role) in [
            ("primary", Role::Primary),
            ("master", Role::Primary),
            ("replica", Role::Replica),
            ("slave", Role::Replica),
            ("any", Role::default()),
        ] {
            assert_eq!(text.parse(), Ok(role), "{text}");
        }
        assert_eq!("Primary".parse::<Role>(), Err("one of primary, replica, any".to_owned()));
        assert_eq!(ServerRole::read(b"master"), Some(ServerRole::Primary));
        assert_eq!(ServerRole::read(b"slave"), Some(ServerRole::Replica));
        assert_eq!(ServerRole::read(b"sentinel"), None);
    }
}
