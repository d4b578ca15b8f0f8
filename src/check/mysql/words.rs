//! The closed words of the keys and of the URL's parameters, with the meaning that MySQL's clients give them.

use std::str::FromStr;

/// Whether and how the connection is encrypted: the five modes of the `mysql` client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SslMode {
    /// Plain text only.
    Disabled,
    /// TLS if the server offers it.
    Preferred,
    /// TLS; the certificate is not verified.
    Required,
    /// TLS, and the certificate's chain is verified.
    VerifyCa,
    /// TLS, and the certificate's chain and name are verified.
    VerifyIdentity,
}

const MODES: [(&str, SslMode); 5] = [
    ("DISABLED", SslMode::Disabled),
    ("PREFERRED", SslMode::Preferred),
    ("REQUIRED", SslMode::Required),
    ("VERIFY_CA", SslMode::VerifyCa),
    ("VERIFY_IDENTITY", SslMode::VerifyIdentity),
];

/// Capitals do not matter, as in the `mysql` client.
impl FromStr for SslMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = MODES.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, mode)| *mode);
        found.ok_or_else(|| "one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY".to_owned())
    }
}

/// What the server must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    /// Anything.
    #[default]
    Any,
    /// It accepts writes.
    Primary,
    /// It is read-only.
    Replica,
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Self::Any),
            "primary" => Ok(Self::Primary),
            "replica" => Ok(Self::Replica),
            _ => Err("one of primary, replica, any".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, SslMode};

    #[test]
    fn words_are_closed_and_errors_do_not_repeat_the_text() {
        assert_eq!("verify_identity".parse(), Ok(SslMode::VerifyIdentity));
        assert_eq!("PREFERRED".parse(), Ok(SslMode::Preferred));
        assert_eq!("replica".parse(), Ok(Role::Replica));
        assert!("hunter2".parse::<SslMode>().is_err_and(|error| !error.contains("hunter2")));
        assert!("master".parse::<Role>().is_err());
    }
}
