//! How the login was done, where the protocol does not protect it.

use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::findings::entry::Entry;
use crate::outcome::Evidence;

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[CLEARTEXT_LOGIN];

const CLEARTEXT_LOGIN: Entry = Entry {
    code: "cleartext_login",
    severity: Severity::Info,
    cause: Cause::TlsUnsupported,
    meaning: "the login sends the password without TLS, as the URL or the keys say: whoever can read the traffic on the way \
              can read it",
    remedy: "enable TLS on the server, and ask for it in the URL or the keys of the app and of this check",
};

/// Whether a password went over a network without TLS.
pub(super) fn judge(evidence: &Evidence) -> Option<Finding> {
    let login = evidence.facts.cleartext_login.as_ref()?;
    let message = format!("the password goes to {} without TLS", login.server);
    Some(CLEARTEXT_LOGIN.found(message, login.fix))
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::outcome::{CleartextLogin, Evidence, Facts};

    #[test]
    fn only_a_password_that_left_the_pod_in_clear_is_found() {
        let of = |cleartext_login| {
            judge(&Evidence { facts: Facts { cleartext_login, ..Facts::default() }, ..Evidence::default() })
        };
        assert_eq!(of(None), None);
        let found =
            of(Some(CleartextLogin { server: "cache:6379".to_owned(), fix: "write rediss://" })).expect("a finding");
        assert_eq!(
            (found.code, found.message.as_str()),
            ("cleartext_login", "the password goes to cache:6379 without TLS")
        );
        assert!(!found.is_worth_showing(), "it is the app's own choice");
    }
}
