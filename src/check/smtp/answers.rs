//! What a server's answer to AUTH means (RFC 4954, section 6, and what providers add). Only this file reads the text of
//! such an answer: messages and hints use the row that it finds.

use crate::check::login::LoginRefusal;
use crate::check::mail::Reply;
use crate::mask;
use crate::outcome::clean_text;
use crate::secret::Secret;

/// What a failed login is about: the codes of `Detail::Protocol`.
pub(super) mod code {
    pub(in crate::check::smtp) const REJECTED: &str = "smtp_rejected";
    pub(in crate::check::smtp) const THROTTLED: &str = "smtp_throttled";
    pub(in crate::check::smtp) const CANNOT_JUDGE: &str = "smtp_cannot_judge";
    pub(in crate::check::smtp) const WANTS_TLS: &str = "smtp_wants_tls";
    pub(in crate::check::smtp) const APP_PASSWORD: &str = "smtp_app_password";
    pub(in crate::check::smtp) const BROWSER: &str = "smtp_browser";
    pub(in crate::check::smtp) const SWITCHED_OFF: &str = "smtp_switched_off";
    pub(in crate::check::smtp) const LOCKED: &str = "smtp_locked";
    pub(in crate::check::smtp) const DISABLED: &str = "smtp_disabled";
    pub(in crate::check::smtp) const TOO_WEAK: &str = "smtp_too_weak";
    pub(in crate::check::smtp) const UNSUPPORTED: &str = "smtp_unsupported";
    pub(in crate::check::smtp) const OTHER: &str = "smtp_other";
    pub(in crate::check::smtp) const STRANGE: &str = "smtp_strange";
    pub(in crate::check::smtp) const NO_AUTH: &str = "smtp_no_auth";
    pub(in crate::check::smtp) const NO_TOKEN: &str = "smtp_no_token";
    pub(in crate::check::smtp) const NO_PASSWORD: &str = "smtp_no_password";
    pub(in crate::check::smtp) const USER_ALONE: &str = "smtp_user_alone";
    pub(in crate::check::smtp) const PASSWORD_ALONE: &str = "smtp_password_alone";
    pub(in crate::check::smtp) const GREETS_IN_PLAIN: &str = "smtp_greets_in_plain";
    pub(in crate::check::smtp) const NOT_AT_ONCE: &str = "smtp_not_at_once";
    pub(in crate::check::smtp) const NO_GREETING: &str = "smtp_no_greeting";
    pub(in crate::check::smtp) const SLOW_GREETING: &str = "smtp_slow_greeting";
    pub(in crate::check::smtp) const SLOW_LOGIN: &str = "smtp_slow_login";
}

/// What an answer means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// The server demands TLS, which is off.
    WantsTls,
    /// It is no answer to a login.
    Strange,
}

/// An answer, classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    /// The code that selects the hint.
    pub(super) code: &'static str,
    pub(super) meaning: Meaning,
    /// What it means, in our words.
    pub(super) says: &'static str,
    /// Whether the credential must not be sent again soon.
    pub(super) holds: bool,
}

/// The codes that a row is for.
#[derive(Debug, Clone, Copy)]
enum Codes {
    One(u16),
    /// Not for now.
    Temporary,
    /// Not at all.
    Permanent,
}

impl Codes {
    fn has(self, code: u16) -> bool {
        match self {
            Self::One(one) => code == one,
            Self::Temporary => (400..=499).contains(&code),
            Self::Permanent => (500..=599).contains(&code),
        }
    }
}

/// Codes, parts of the text in lower case (none: any text), the code of the hint, what it means, what it says, and whether
/// the credential is held back.
type Row = (Codes, &'static [&'static str], &'static str, Meaning, &'static str, bool);

use Codes::{One, Permanent, Temporary};
use LoginRefusal::{Full, NotAllowed, Rejected, Unsupported};
use Meaning::{Refused, Strange, WantsTls};

const TLS: &str = "the SMTP server accepts logins only over TLS, which is off in this check";
const TLS_WORDS: &[&str] =
    &["starttls", "encryption required", "encryption is required", "requires tls", "require ssl"];
const LATER: &str = "the SMTP server accepts no login for now";

/// The first that fits counts. A temporary refusal never speaks of the password.
const ROWS: &[Row] = &[
    (Temporary, TLS_WORDS, code::WANTS_TLS, WantsTls, TLS, false),
    // RFC 4954: the account has no verifier for this mechanism yet.
    (One(432), &[], code::DISABLED, Refused(NotAllowed), "the SMTP server requires a new password", true),
    (
        Temporary,
        &["too many", "rate", "throttl", "exceeded", "limit"],
        code::THROTTLED,
        Refused(Full),
        "the SMTP server throttles logins",
        false,
    ),
    (
        Temporary,
        &["temporary authentication failure", "unable to authenticate", "authentication server", "lookup"],
        code::CANNOT_JUDGE,
        Refused(Full),
        "the SMTP server cannot check logins for now",
        false,
    ),
    (Temporary, &[], code::THROTTLED, Refused(Full), LATER, false),
    (One(538), &[], code::WANTS_TLS, WantsTls, TLS, false),
    (
        Permanent,
        &["application-specific password", "app password", "invalidsecondfactor", "second factor"],
        code::APP_PASSWORD,
        Refused(NotAllowed),
        "the SMTP server requires an app password for this account",
        true,
    ),
    (
        Permanent,
        &["web browser", "5.7.14"],
        code::BROWSER,
        Refused(NotAllowed),
        "the provider wants its user to log in with a browser first",
        true,
    ),
    (
        Permanent,
        &[
            "smtpclientauthentication is disabled",
            "basic authentication is disabled",
            "disabled for the",
            "smtp auth is disabled",
        ],
        code::SWITCHED_OFF,
        Refused(NotAllowed),
        "logins over SMTP are disabled for this account",
        true,
    ),
    (
        Permanent,
        &["locked", "too many", "temporarily blocked"],
        code::LOCKED,
        Refused(NotAllowed),
        "the SMTP server blocks this account after failed logins",
        true,
    ),
    (
        Permanent,
        &["account disabled", "account is disabled", "user disabled", "user is disabled", "suspended", "expired"],
        code::DISABLED,
        Refused(NotAllowed),
        "the SMTP server has disabled this account or its password",
        true,
    ),
    (One(525), &[], code::DISABLED, Refused(NotAllowed), "the SMTP server has disabled this account", true),
    (One(535), &[], code::REJECTED, Refused(Rejected), "the SMTP server rejected the user or the password", true),
    (Permanent, TLS_WORDS, code::WANTS_TLS, WantsTls, TLS, false),
    (
        One(534),
        &[],
        code::TOO_WEAK,
        Refused(Unsupported),
        "the SMTP server does not accept this way to log in for this account",
        true,
    ),
    (One(500), &[], code::UNSUPPORTED, Refused(Unsupported), "the SMTP server does not know AUTH", false),
    (One(502), &[], code::UNSUPPORTED, Refused(Unsupported), "the SMTP server does not know AUTH", false),
    (One(503), &[], code::UNSUPPORTED, Refused(Unsupported), "the SMTP server does not accept AUTH here", false),
    (One(504), &[], code::UNSUPPORTED, Refused(Unsupported), "the SMTP server does not accept this mechanism", false),
    (Permanent, &[], code::OTHER, Refused(NotAllowed), "the SMTP server refuses the login", true),
];

/// What an answer to AUTH means; `is_plain` says whether it came without TLS. Over TLS nobody can ask for TLS.
pub(super) fn read(reply: &Reply, is_plain: bool) -> Answer {
    let fits = |row: &&Row| {
        let words = row.1.is_empty() || reply.says_one_of(row.1);
        row.0.has(reply.code) && words && (is_plain || row.3 != WantsTls)
    };
    match ROWS.iter().find(fits) {
        Some(&(_, _, code, meaning, says, holds)) => Answer { code, meaning, says, holds },
        None => {
            let says = "the SMTP server answered the login with a code that is none for it";
            Answer { code: code::STRANGE, meaning: Strange, says, holds: false }
        }
    }
}

/// The most of the server's text in a message.
const SENTENCE_LIMIT: usize = 160;
/// The most of a text that is searched for secrets; a longer one is cut before.
const SEARCH_LIMIT: usize = 1024;

impl Answer {
    /// The message: what it means, and the server's text where it holds no part of these secrets.
    pub(super) fn message(&self, reply: &Reply, secrets: &[Secret]) -> String {
        let text = clean_text(&reply.lines.join(" "), SEARCH_LIMIT);
        let is_known = ![code::OTHER, code::STRANGE].contains(&self.code);
        match mask::sentence(&text, is_known, secrets.iter()) {
            shown if shown.is_empty() && !text.is_empty() => format!("{} ({})", self.says, reply.code),
            text => {
                let text = clean_text(&format!("{} {text}", reply.code), SENTENCE_LIMIT);
                format!("{}: {}", self.says, text.trim_end().trim_end_matches('.'))
            }
        }
    }
}

#[cfg(test)]
mod tests;
