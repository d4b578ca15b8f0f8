//! The closed words of the keys and of the URL's parameters.

use std::str::FromStr;

/// What the server must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    /// Anything that holds data.
    #[default]
    Any,
    /// It accepts writes.
    Primary,
    /// It follows a primary.
    Secondary,
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Self::Any),
            "primary" => Ok(Self::Primary),
            "secondary" => Ok(Self::Secondary),
            _ => Err("one of primary, secondary, any".to_owned()),
        }
    }
}

impl Role {
    /// What a driver with this read preference cannot do without; `None` for a word that no driver reads.
    pub(super) fn of_read_preference(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "primary" => Some(Self::Primary),
            "secondary" => Some(Self::Secondary),
            "primarypreferred" | "secondarypreferred" | "nearest" => Some(Self::Any),
            _ => None,
        }
    }
}

/// A login method that pilotfish has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    Sha1,
    Sha256,
    X509,
    /// The password itself, for LDAP.
    Plain,
}

/// Each with its name in the protocol and its word among the facts.
const MECHANISMS: [(Mechanism, &str, &str); 4] = [
    (Mechanism::Sha256, "SCRAM-SHA-256", "scram-sha-256"),
    (Mechanism::Sha1, "SCRAM-SHA-1", "scram-sha-1"),
    (Mechanism::X509, "MONGODB-X509", "x509"),
    (Mechanism::Plain, "PLAIN", "plain"),
];

/// Those that drivers have and pilotfish does not.
const NOT_SPOKEN: [&str; 4] = ["GSSAPI", "MONGODB-AWS", "MONGODB-OIDC", "MONGODB-CR"];

/// A word of `auth_mechanism`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MechanismWord {
    /// One that pilotfish has.
    Spoken(Mechanism),
    /// One that only drivers have.
    NotSpoken(&'static str),
}

impl FromStr for MechanismWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let spoken = MECHANISMS.iter().find(|(_, name, _)| name.eq_ignore_ascii_case(text));
        let spoken = spoken.map(|(mechanism, ..)| Self::Spoken(*mechanism));
        let other = || NOT_SPOKEN.iter().find(|name| name.eq_ignore_ascii_case(text)).map(|name| Self::NotSpoken(name));
        let names: Vec<&str> = MECHANISMS.iter().map(|(_, name, _)| *name).collect();
        spoken.or_else(other).ok_or_else(|| format!("one of {}", names.join(", ")))
    }
}

impl Mechanism {
    /// Its name in the protocol.
    pub(super) fn name(self) -> &'static str {
        MECHANISMS.iter().find(|(mechanism, ..)| *mechanism == self).map_or("", |(_, name, _)| name)
    }

    /// Its word among the facts.
    pub(super) fn word(self) -> &'static str {
        MECHANISMS.iter().find(|(mechanism, ..)| *mechanism == self).map_or("", |(_, _, word)| word)
    }

    /// Whether its users are not in MongoDB.
    pub(super) const fn is_external(self) -> bool {
        matches!(self, Self::X509 | Self::Plain)
    }

    /// What a driver chooses of what the server lists for the user: SCRAM-SHA-1 where nothing is listed.
    pub(super) fn of_list(listed: Option<&[String]>) -> Self {
        let has = |name: &str| listed.is_some_and(|listed| listed.iter().any(|word| word == name));
        if has("SCRAM-SHA-256") { Self::Sha256 } else { Self::Sha1 }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mechanism, MechanismWord, Role};

    #[test]
    fn words_are_closed_and_errors_do_not_repeat_the_text() {
        assert_eq!("secondary".parse(), Ok(Role::Secondary));
        assert_eq!("scram-sha-256".parse(), Ok(MechanismWord::Spoken(Mechanism::Sha256)));
        assert_eq!("MONGODB-AWS".parse(), Ok(MechanismWord::NotSpoken("MONGODB-AWS")));
        assert!("hunter2".parse::<MechanismWord>().is_err_and(|error| !error.contains("hunter2")));
        assert!("replica".parse::<Role>().is_err());
        assert_eq!(Role::of_read_preference("secondaryPreferred"), Some(Role::Any));
        assert_eq!(Role::of_read_preference("hunter2"), None);
    }

    #[test]
    fn the_method_is_what_a_driver_would_choose() {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(Mechanism::of_list(None), Mechanism::Sha1);
        assert_eq!(Mechanism::of_list(Some(&list(&["PLAIN"]))), Mechanism::Sha1);
        assert_eq!(Mechanism::of_list(Some(&list(&["SCRAM-SHA-1", "SCRAM-SHA-256"]))), Mechanism::Sha256);
    }
}
