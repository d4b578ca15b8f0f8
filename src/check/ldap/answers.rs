//! What the results of a directory mean (RFC 4511, appendix A, and what Active Directory, OpenLDAP and 389 Directory Server
//! add). Only this file reads the text of a result: messages and hints use the row that it finds.

use super::message::{Answer, Policy};
use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::mask;
use crate::outcome::{Phase, clean_text};
use crate::secret::Secret;

/// What a failure is about: the codes of `Detail::Protocol`.
pub(super) mod code {
    macro_rules! codes {
        ($($name:ident = $text:literal;)+) => {
            $(pub(in crate::check::ldap) const $name: &str = $text;)+
            /// All of them, for the tests of the hints.
            #[cfg(test)]
            pub(in crate::check::ldap) const ALL: &[&str] = &[$($name),+];
        };
    }

    codes! {
        REJECTED = "ldap_rejected";
        AD_REJECTED = "ldap_ad_rejected";
        NO_USER = "ldap_no_user";
        HOURS = "ldap_hours";
        WORKSTATION = "ldap_workstation";
        EXPIRED = "ldap_expired";
        MUST_CHANGE = "ldap_must_change";
        DISABLED = "ldap_disabled";
        ACCOUNT_EXPIRED = "ldap_account_expired";
        RESTRICTED = "ldap_restricted";
        LOCKED = "ldap_locked";
        WANTS_TLS = "ldap_wants_tls";
        PORT_WANTS_TLS = "ldap_port_wants_tls";
        TOO_WEAK = "ldap_too_weak";
        ANONYMOUS = "ldap_anonymous";
        NO_PASSWORD_SET = "ldap_no_password_set";
        BAD_DN = "ldap_bad_dn";
        UNWILLING = "ldap_unwilling";
        BUSY = "ldap_busy";
        UNAVAILABLE = "ldap_unavailable";
        REFERRAL = "ldap_referral";
        OTHER = "ldap_other";
        NO_STARTTLS = "ldap_no_starttls";
        NO_BASE = "ldap_no_base";
        NOT_SHOWN = "ldap_not_shown";
        NO_RIGHT = "ldap_no_right";
        BAD_BASE = "ldap_bad_base";
        LIMIT = "ldap_limit";
        USER_ALONE = "ldap_user_alone";
        PASSWORD_ALONE = "ldap_password_alone";
    }
}

/// What a result means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// The server demands TLS, which is off.
    WantsTls,
    /// Any other failure, in this phase.
    Failed(Phase, Cause),
}

/// How long the credential is to be kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    /// The pace of any failed login.
    Usual,
    /// The account may lock.
    MayLock,
    /// The account is locked.
    Locked,
}

/// A result, classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The code that selects the hint.
    pub(super) code: &'static str,
    pub(super) meaning: Meaning,
    /// What it means, in our words.
    pub(super) says: &'static str,
    pub(super) hold: Hold,
}

use Hold::{Locked, MayLock, Usual};
use LoginRefusal::{Full, Missing, NotAllowed, Rejected, Stopping, Unsupported};
use Meaning::{Failed, Refused, WantsTls};

const fn verdict(code: &'static str, meaning: Meaning, hold: Hold, says: &'static str) -> Verdict {
    Verdict { code, meaning, says, hold }
}

const WRONG: Verdict =
    verdict(code::REJECTED, Refused(Rejected), MayLock, "the directory rejected the user or the password");
const LOCKED: Verdict = verdict(
    code::LOCKED,
    Refused(NotAllowed),
    Locked,
    "the directory has locked this account after rejected passwords",
);
const EXPIRED: Verdict =
    verdict(code::EXPIRED, Refused(NotAllowed), MayLock, "the password of this account has expired");
const MUST_CHANGE: Verdict = verdict(
    code::MUST_CHANGE,
    Refused(NotAllowed),
    MayLock,
    "the directory demands that the user changes the password first",
);
const DISABLED: Verdict =
    verdict(code::DISABLED, Refused(NotAllowed), MayLock, "the directory has disabled this account");
const TLS: Verdict = verdict(code::WANTS_TLS, WantsTls, Usual, "the directory demands TLS, which is off in this check");
const ANONYMOUS: Verdict = verdict(
    code::ANONYMOUS,
    Refused(Missing),
    Usual,
    "the directory demands a login, and no user and password are set",
);
const BUSY: Verdict = verdict(code::BUSY, Refused(Full), Usual, "the directory is too busy for a login");
const UNAVAILABLE: Verdict = verdict(
    code::UNAVAILABLE,
    Refused(Stopping),
    Usual,
    "the directory is unavailable: it is stopping, or a part of it is down",
);
const UNWILLING: Verdict =
    verdict(code::UNWILLING, Refused(NotAllowed), MayLock, "the directory is unwilling to accept this login");
const TOO_WEAK: Verdict =
    verdict(code::TOO_WEAK, Refused(Unsupported), Usual, "the directory does not accept a simple bind with a password");

/// What Active Directory says behind `data` in the text of an `invalidCredentials` (in hexadecimal, as Windows has it).
const DATA: &[(&str, Verdict)] = &[
    ("52e", verdict(code::AD_REJECTED, Refused(Rejected), MayLock, "Active Directory rejected the password")),
    ("525", verdict(code::NO_USER, Refused(NotAllowed), MayLock, "Active Directory does not know this user")),
    (
        "530",
        verdict(
            code::HOURS,
            Refused(NotAllowed),
            MayLock,
            "Active Directory does not allow this account a login at this time",
        ),
    ),
    (
        "531",
        verdict(
            code::WORKSTATION,
            Refused(NotAllowed),
            MayLock,
            "Active Directory does not allow this account a login from this machine",
        ),
    ),
    ("532", EXPIRED),
    ("533", DISABLED),
    ("701", verdict(code::ACCOUNT_EXPIRED, Refused(NotAllowed), MayLock, "this account has expired")),
    ("773", MUST_CHANGE),
    ("775", LOCKED),
    (
        "52f",
        verdict(code::RESTRICTED, Refused(NotAllowed), MayLock, "Active Directory restricts logins of this account"),
    ),
    (
        "534",
        verdict(code::RESTRICTED, Refused(NotAllowed), MayLock, "Active Directory restricts logins of this account"),
    ),
];

/// The codes of the password policy's control: expired, locked, must be changed after a reset.
const POLICY: &[(u32, Verdict)] = &[(0, EXPIRED), (1, LOCKED), (2, MUST_CHANGE)];

/// What a text has that asks for TLS.
const TLS_WORDS: &[&str] = &["tls", "ssl", "integrity", "confidential", "encrypt"];

/// A result code, parts of the text in lower case (none: any text), and what it means.
type Row = (u32, &'static [&'static str], Verdict);

/// Of a login; the first that fits counts.
const BIND: &[Row] = &[
    (1, &["successful bind"], ANONYMOUS),
    (7, &[], TOO_WEAK),
    (8, TLS_WORDS, TLS),
    (8, &[], TOO_WEAK),
    (10, &[], verdict(code::REFERRAL, Refused(NotAllowed), Usual, "the directory refers logins to another server")),
    (13, &[], TLS),
    (19, &[], LOCKED),
    (32, &[], verdict(code::NO_USER, Refused(NotAllowed), MayLock, "the directory does not know this user")),
    (34, &[], verdict(code::BAD_DN, Refused(NotAllowed), MayLock, "the directory does not accept this user as a DN")),
    (
        48,
        &[],
        verdict(
            code::NO_PASSWORD_SET,
            Refused(NotAllowed),
            MayLock,
            "the entry of this user has no password to log in with",
        ),
    ),
    (49, &["account_locked", "account locked", "password retry limit"], LOCKED),
    (49, &["expired"], EXPIRED),
    (49, &["account_disabled", "inactivated"], DISABLED),
    (49, &[], WRONG),
    (
        50,
        &[],
        verdict(code::RESTRICTED, Refused(NotAllowed), MayLock, "the directory does not allow this user a login"),
    ),
    (51, &[], BUSY),
    (52, &[], UNAVAILABLE),
    (53, &["inactivated", "disabled"], DISABLED),
    (53, &["tls", "ssl", "confidential", "encrypt"], TLS),
    (53, &["locked"], LOCKED),
    (53, &[], UNWILLING),
];

const SEARCHED: Phase = Phase::Request;

/// Of a search for one entry.
const SEARCH: &[Row] = &[
    (1, &["successful bind"], ANONYMOUS),
    (
        3,
        &[],
        verdict(
            code::LIMIT,
            Failed(SEARCHED, Cause::QueryFailed),
            Usual,
            "the search ran into the directory's time limit",
        ),
    ),
    (
        4,
        &[],
        verdict(
            code::LIMIT,
            Failed(SEARCHED, Cause::QueryFailed),
            Usual,
            "the search ran into the directory's size limit",
        ),
    ),
    (8, TLS_WORDS, TLS),
    (8, &[], ANONYMOUS),
    (
        10,
        &[],
        verdict(
            code::REFERRAL,
            Failed(Phase::Assert, Cause::NotFoundOnServer),
            Usual,
            "another server has the entry that `base` names",
        ),
    ),
    (
        11,
        &[],
        verdict(
            code::LIMIT,
            Failed(SEARCHED, Cause::QueryFailed),
            Usual,
            "the search ran into an administrative limit",
        ),
    ),
    (13, &[], TLS),
    (
        32,
        &[],
        verdict(
            code::NO_BASE,
            Failed(Phase::Assert, Cause::NotFoundOnServer),
            Usual,
            "the directory has no entry at `base`, or does not show it to this user",
        ),
    ),
    (
        34,
        &[],
        verdict(
            code::BAD_BASE,
            Failed(SEARCHED, Cause::QueryFailed),
            Usual,
            "the directory does not accept `base` as a DN",
        ),
    ),
    (
        50,
        &[],
        verdict(
            code::NO_RIGHT,
            Failed(SEARCHED, Cause::PermissionDenied),
            Usual,
            "the login works, but the user may not read the entry at `base`",
        ),
    ),
    (
        51,
        &[],
        verdict(code::BUSY, Failed(SEARCHED, Cause::QueryFailed), Usual, "the directory is too busy for a search"),
    ),
    (52, &[], verdict(code::UNAVAILABLE, Failed(SEARCHED, Cause::ShuttingDown), Usual, UNAVAILABLE.says)),
    // OpenLDAP, where `require` asks for more than an anonymous login.
    (53, &["authentication required"], ANONYMOUS),
];

/// Of the request to start TLS.
const START_TLS: &[Row] = &[
    (51, &[], BUSY),
    (
        52,
        &[],
        verdict(
            code::NO_STARTTLS,
            Failed(Phase::Tls, Cause::TlsUnsupported),
            Usual,
            "the directory cannot start TLS (StartTLS) for now",
        ),
    ),
];

/// Of a server that is about to disconnect.
const NOTICE: &[Row] = &[(8, &[], TLS), (13, &[], TLS), (51, &[], BUSY), (52, &[], UNAVAILABLE)];

/// What is asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// A login; whether it is an anonymous one.
    Bind { anonymous: bool },
    /// TLS.
    StartTls,
    /// Whether an entry exists.
    Search,
    /// Nothing: the server says it of its own accord.
    Nothing,
}

/// What a result means. `is_plain` says whether it came without TLS: over TLS nobody can ask for TLS.
pub(super) fn read(answer: &Answer, policy: Policy, asked: Asked, is_plain: bool) -> Verdict {
    let lower = answer.text.to_ascii_lowercase();
    let is_bind = matches!(asked, Asked::Bind { .. });
    if let Some((_, verdict)) = POLICY.iter().find(|(error, _)| is_bind && policy.error == Some(*error)) {
        return *verdict;
    }
    if is_bind && answer.code == 49 {
        let data = lower.split_once(" data ").map(|(_, rest)| rest.split([',', ' ', ';']).next().unwrap_or_default());
        if let Some((_, verdict)) = DATA.iter().find(|(code, _)| data == Some(*code)) {
            return *verdict;
        }
    }
    if matches!(asked, Asked::Bind { anonymous: true })
        && matches!(answer.code, 8 | 48 | 49 | 50 | 53)
        && !wants_tls(&lower)
    {
        return ANONYMOUS;
    }
    let (rows, otherwise) = match asked {
        Asked::Bind { .. } => (
            BIND,
            verdict(code::OTHER, Refused(NotAllowed), MayLock, "the directory refuses the login with another error"),
        ),
        Asked::StartTls => (
            START_TLS,
            verdict(
                code::NO_STARTTLS,
                Failed(Phase::Tls, Cause::TlsUnsupported),
                Usual,
                "the directory offers no TLS on this connection (StartTLS)",
            ),
        ),
        Asked::Search => (
            SEARCH,
            verdict(
                code::OTHER,
                Failed(SEARCHED, Cause::QueryFailed),
                Usual,
                "the directory answers the search with an error",
            ),
        ),
        Asked::Nothing => (
            NOTICE,
            verdict(
                code::OTHER,
                Failed(Phase::Login, Cause::ProtocolError),
                Usual,
                "the directory ends the connection of its own accord",
            ),
        ),
    };
    let fits = |row: &&Row| {
        let words = row.1.is_empty() || row.1.iter().any(|word| lower.contains(word));
        row.0 == answer.code && words && (is_plain || row.2.meaning != WantsTls)
    };
    rows.iter().find(fits).map_or(otherwise, |row| row.2)
}

fn wants_tls(lower: &str) -> bool {
    TLS_WORDS.iter().any(|word| lower.contains(word))
}

/// The most of the server's text in a message.
const SENTENCE_LIMIT: usize = 160;
/// The most of a text that is searched for secrets; a longer one is cut before.
const SEARCH_LIMIT: usize = 1024;

/// The names of RFC 4511 for the results that people look up.
const NAMES: &[(u32, &str)] = &[
    (1, "operationsError"),
    (2, "protocolError"),
    (3, "timeLimitExceeded"),
    (4, "sizeLimitExceeded"),
    (7, "authMethodNotSupported"),
    (8, "strongerAuthRequired"),
    (10, "referral"),
    (11, "adminLimitExceeded"),
    (12, "unavailableCriticalExtension"),
    (13, "confidentialityRequired"),
    (14, "saslBindInProgress"),
    (19, "constraintViolation"),
    (32, "noSuchObject"),
    (34, "invalidDNSyntax"),
    (48, "inappropriateAuthentication"),
    (49, "invalidCredentials"),
    (50, "insufficientAccessRights"),
    (51, "busy"),
    (52, "unavailable"),
    (53, "unwillingToPerform"),
    (80, "other"),
];

impl Verdict {
    /// The message: what it means, the code, and the server's text where it holds no part of these secrets.
    pub(super) fn message(&self, answer: &Answer, secrets: &[Secret]) -> String {
        let name = NAMES.iter().find(|(code, _)| *code == answer.code).map(|(_, name)| format!(" {name}"));
        let code = format!("{}{}", answer.code, name.unwrap_or_default());
        let text = clean_text(&answer.text, SEARCH_LIMIT);
        let text = mask::sentence(&text, self.code != code::OTHER, secrets.iter());
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = clean_text(&text, SENTENCE_LIMIT);
        let text = text.trim_end_matches('.');
        let colon = if text.is_empty() { "" } else { ": " };
        format!("{} ({code}){colon}{text}", self.says)
    }
}

#[cfg(test)]
mod tests;
