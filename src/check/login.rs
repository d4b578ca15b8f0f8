//! How a server refuses a login: the words that all protocols share, and the cause that each of them means.
//!
//! A kind reads its server's error once and names one of these; the message, the typed detail and the hint stay with the
//! kind. Nothing here knows a protocol.

use std::str::FromStr;

use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase};
use crate::secret::Secret;

/// What a connection must be for a password to go over it in clear text; without TLS none ever does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cleartext {
    /// TLS with a server whose certificate was verified.
    #[default]
    Verified,
    /// TLS, whoever the server is.
    Encrypted,
}

/// For [`crate::value::Setting`]: the error says what was expected.
impl FromStr for Cleartext {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "verified" => Ok(Self::Verified),
            "encrypted" => Ok(Self::Encrypted),
            _ => Err("one of verified, encrypted".to_owned()),
        }
    }
}

/// How a server refused a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefusal {
    /// The server rejected the user and the password.
    Rejected,
    /// The server wants a password, and none is set.
    Missing,
    /// The server has no password set, and one was sent.
    NotExpected,
    /// The server refuses this user or this address whatever the password is.
    NotAllowed,
    /// The login worked, and the database does not exist.
    NoSuchDatabase,
    /// The server has no free connection.
    Full,
    /// The server is starting.
    Starting,
    /// The server is stopping.
    Stopping,
    /// Both sides share no method.
    Unsupported,
}

impl LoginRefusal {
    /// The cause.
    #[must_use]
    pub const fn cause(self) -> Cause {
        match self {
            Self::Rejected => Cause::PasswordRejected,
            Self::Missing => Cause::PasswordMissing,
            Self::NotExpected => Cause::PasswordNotExpected,
            Self::NotAllowed => Cause::LoginRejected,
            Self::NoSuchDatabase => Cause::NoSuchDatabase,
            Self::Full => Cause::TooManyConnections,
            Self::Starting => Cause::StartingUp,
            Self::Stopping => Cause::ShuttingDown,
            Self::Unsupported => Cause::AuthUnsupported,
        }
    }

    /// The fault, with what was observed.
    #[must_use]
    pub fn fault(self, message: impl AsRef<str>) -> Fault {
        Fault::new(Phase::Login, self.cause(), message)
    }
}

/// A part of a login is missing: the message, and the code for the hint.
#[must_use]
pub fn missing(message: &str, code: &'static str) -> Fault {
    LoginRefusal::Missing.fault(message).with(Detail::Protocol { code, product: None })
}

/// The user and the password of a login that needs both; `None` without either. The codes are those of a user alone and of a
/// password alone.
///
/// # Errors
/// `password_missing` for one without the other.
pub fn pair(
    user: Option<String>,
    password: Option<Secret>,
    [user_alone, password_alone]: [&'static str; 2],
) -> Result<Option<(String, Secret)>, Fault> {
    match (user, password) {
        (Some(user), Some(password)) => Ok(Some((user, password))),
        (Some(_), None) => Err(missing("a user is set, but no password", user_alone)),
        (None, Some(_)) => Err(missing("a password is set, but no user", password_alone)),
        (None, None) => Ok(None),
    }
}

/// The same fault with its statement: for which user, where that may be shown, or which database.
#[must_use]
pub fn stating(fault: Fault, user: Option<&str>, database: Option<&str>) -> Fault {
    let statement = match fault.cause {
        Cause::PasswordRejected
        | Cause::LoginRejected
        | Cause::PasswordMissing
        | Cause::AuthUnsupported
        | Cause::PermissionDenied => user.map(|user| format!("for user {user}")),
        Cause::NoSuchDatabase => database.map(|name| format!("database {name} does not exist")),
        _ => None,
    };
    match statement {
        Some(statement) if fault.statement.is_none() => fault.stating(statement),
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::{Cleartext, LoginRefusal, stating};
    use crate::outcome::Phase;

    #[test]
    fn only_tls_is_a_word_for_a_password_in_clear_text() {
        assert_eq!("verified".parse(), Ok(Cleartext::default()));
        assert_eq!("encrypted".parse(), Ok(Cleartext::Encrypted));
        for text in ["", "plain", "Encrypted", "allow"] {
            assert_eq!(text.parse::<Cleartext>(), Err("one of verified, encrypted".to_owned()), "{text}");
        }
    }

    #[test]
    fn each_refusal_is_a_cause_of_the_login() {
        for (refusal, slug) in [
            (LoginRefusal::Rejected, "password_rejected"),
            (LoginRefusal::Missing, "password_missing"),
            (LoginRefusal::NotExpected, "password_not_expected"),
            (LoginRefusal::NotAllowed, "login_rejected"),
            (LoginRefusal::NoSuchDatabase, "no_such_database"),
            (LoginRefusal::Full, "too_many_connections"),
            (LoginRefusal::Starting, "starting_up"),
            (LoginRefusal::Stopping, "shutting_down"),
            (LoginRefusal::Unsupported, "auth_unsupported"),
        ] {
            let fault = refusal.fault("the server's words");
            assert_eq!((fault.cause.slug(), fault.phase), (slug, Phase::Login));
            assert!(fault.cause.phases().contains(&Phase::Login), "{slug}");
        }
    }

    #[test]
    fn the_fact_is_whose_login_or_which_database() {
        let statement = |refusal: LoginRefusal| stating(refusal.fault("no"), Some("app"), Some("shop")).statement;
        assert_eq!(statement(LoginRefusal::Rejected).as_deref(), Some("for user app"));
        assert_eq!(statement(LoginRefusal::NoSuchDatabase).as_deref(), Some("database shop does not exist"));
        assert_eq!(statement(LoginRefusal::Full), None);
        assert_eq!(stating(LoginRefusal::Rejected.fault("no"), None, None).statement, None);
    }
}
