//! The codes that select hints.

pub(super) const REJECTED: &str = "rejected";
pub(super) const NO_SUCH_USER: &str = "no_such_user";
pub(super) const NO_PASSWORD: &str = "no_password";
pub(super) const NOT_LOGGED_IN: &str = "not_logged_in";
pub(super) const X509_REJECTED: &str = "x509_rejected";
pub(super) const NOT_ALLOWED: &str = "not_allowed";
pub(super) const MECHANISM: &str = "mechanism";
pub(super) const FULL: &str = "full";
pub(super) const THROTTLED: &str = "throttled";
pub(super) const STOPPING: &str = "stopping";
pub(super) const STARTING: &str = "starting";
pub(super) const NOT_PRIMARY: &str = "not_primary";
pub(super) const BACKEND: &str = "backend";
pub(super) const TOO_OLD: &str = "too_old";
pub(super) const OTHER: &str = "other";

/// Errors of the table in [`super::errors`].
#[cfg(test)]
pub(super) const OF_SERVERS: &[&str] = &[
    REJECTED,
    NO_SUCH_USER,
    NO_PASSWORD,
    NOT_LOGGED_IN,
    X509_REJECTED,
    NOT_ALLOWED,
    MECHANISM,
    FULL,
    THROTTLED,
    STOPPING,
    STARTING,
    NOT_PRIMARY,
    BACKEND,
    TOO_OLD,
    OTHER,
];

// These come from pilotfish, not from an error of a server.
pub(super) const CLOSED_PLAIN: &str = "closed_plain";
pub(super) const WANTS_TLS: &str = "wants_tls";
pub(super) const PLAIN_UNVERIFIED: &str = "plain_unverified";
pub(super) const PLAIN_WITHOUT_TLS: &str = "plain_without_tls";
pub(super) const NOT_SPOKEN: &str = "mechanism_not_spoken";
pub(super) const ENCRYPTED_KEY: &str = "encrypted_key";
pub(super) const FEW_ROUNDS: &str = "few_rounds";
pub(super) const MANY_ROUNDS: &str = "many_rounds";
pub(super) const UNPROVEN: &str = "unproven";
pub(super) const X509_WITHOUT_CERT: &str = "x509_without_cert";
pub(super) const NO_SRV: &str = "no_srv";
pub(super) const SRV_DOMAIN: &str = "srv_domain";
pub(super) const SRV_PORT: &str = "srv_port";
pub(super) const TXT: &str = "txt";
pub(super) const OTHER_SET: &str = "other_set";
pub(super) const NOT_A_SET: &str = "not_a_set";
pub(super) const IS_MONGOS: &str = "is_mongos";
pub(super) const NOT_INITIATED: &str = "not_initiated";
pub(super) const IS_SECONDARY: &str = "is_secondary";
pub(super) const IS_PRIMARY: &str = "is_primary";
pub(super) const IS_ARBITER: &str = "is_arbiter";
pub(super) const RECOVERING: &str = "recovering";
pub(super) const NO_PRIMARY: &str = "no_primary";
pub(super) const NO_SECONDARY: &str = "no_secondary";
pub(super) const NO_MEMBER: &str = "no_member";
pub(super) const MEMBER_NAMES: &str = "member_names";
pub(super) const MEMBER_LOOPBACK: &str = "member_loopback";
pub(super) const MEMBER_UNREACHABLE: &str = "member_unreachable";
pub(super) const NO_SECONDARIES: &str = "role_without_set";

/// All of these, for the tests of the hints.
#[cfg(test)]
pub(super) const OWN: &[&str] = &[
    CLOSED_PLAIN,
    WANTS_TLS,
    PLAIN_UNVERIFIED,
    PLAIN_WITHOUT_TLS,
    NOT_SPOKEN,
    ENCRYPTED_KEY,
    FEW_ROUNDS,
    MANY_ROUNDS,
    UNPROVEN,
    X509_WITHOUT_CERT,
    NO_SRV,
    SRV_DOMAIN,
    SRV_PORT,
    TXT,
    OTHER_SET,
    NOT_A_SET,
    IS_MONGOS,
    NOT_INITIATED,
    IS_SECONDARY,
    IS_PRIMARY,
    IS_ARBITER,
    RECOVERING,
    NO_PRIMARY,
    NO_SECONDARY,
    NO_MEMBER,
    MEMBER_NAMES,
    MEMBER_LOOPBACK,
    MEMBER_UNREACHABLE,
    NO_SECONDARIES,
];
