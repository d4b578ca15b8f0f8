//! The key `auth`.

use std::str::FromStr;

/// How a check logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Auth {
    /// With a user and a password.
    Plain,
    /// With the client certificate.
    External,
}

/// Capitals do not matter: URLs have the names of mechanisms.
impl FromStr for Auth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "plain" => Ok(Self::Plain),
            "external" => Ok(Self::External),
            _ => Err("one of plain, external".to_owned()),
        }
    }
}
