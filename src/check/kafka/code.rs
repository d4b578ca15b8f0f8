//! What a failure is about, where the cause does not say it: chooses the hint.

pub(super) const USER_ALONE: &str = "user_alone";
pub(super) const PASSWORD_ALONE: &str = "password_alone";
/// A login is asked for by `mechanism` or `security_protocol`, and nobody is named.
pub(super) const NO_CREDENTIAL: &str = "no_credential";
/// The listener asks for a login, and the check has none.
pub(super) const LOGIN_REQUIRED: &str = "login_required";
/// The listener has no login, and the check has one.
pub(super) const NO_LOGIN: &str = "no_login";
/// The broker does not offer the mechanism.
pub(super) const MECHANISM: &str = "mechanism";
/// It offers none that is chosen without being named.
pub(super) const PLAIN_ALONE: &str = "plain_alone";
/// The user has no credential of this mechanism.
pub(super) const NO_SCRAM_USER: &str = "no_scram_user";
pub(super) const REJECTED: &str = "rejected";
pub(super) const LOGIN_ERROR: &str = "login_error";
/// The broker hung up while it judged the credential.
pub(super) const CLOSED_AT_LOGIN: &str = "closed_at_login";
pub(super) const FEW_ROUNDS: &str = "few_rounds";
pub(super) const MANY_ROUNDS: &str = "many_rounds";
/// The broker does not know the password.
pub(super) const UNPROVEN: &str = "unproven";
/// A mechanism that pilotfish does not have.
pub(super) const OTHER_MECHANISM: &str = "other_mechanism";
/// The broker speaks only versions that pilotfish does not.
pub(super) const VERSION: &str = "version";
/// A controller, which serves no clients.
pub(super) const CONTROLLER: &str = "controller";
/// The port speaks TLS, and nobody asked for it.
pub(super) const WANTS_TLS: &str = "wants_tls";
pub(super) const NO_TOPIC: &str = "no_topic";
pub(super) const TOPIC_DENIED: &str = "topic_denied";
pub(super) const NO_LEADER: &str = "no_leader";
pub(super) const NO_LISTENER: &str = "no_listener";
pub(super) const FEW_IN_SYNC: &str = "few_in_sync";
pub(super) const TOPIC_ERROR: &str = "topic_error";
pub(super) const ADVERTISED_LOOPBACK: &str = "advertised_loopback";
pub(super) const ADVERTISED_NAME: &str = "advertised_name";
pub(super) const ADVERTISED_ADDRESS: &str = "advertised_address";

/// All of them, for the tests of the hints.
#[cfg(test)]
pub(super) const ALL: &[&str] = &[
    USER_ALONE,
    PASSWORD_ALONE,
    NO_CREDENTIAL,
    LOGIN_REQUIRED,
    NO_LOGIN,
    MECHANISM,
    PLAIN_ALONE,
    NO_SCRAM_USER,
    REJECTED,
    LOGIN_ERROR,
    CLOSED_AT_LOGIN,
    FEW_ROUNDS,
    MANY_ROUNDS,
    UNPROVEN,
    OTHER_MECHANISM,
    VERSION,
    CONTROLLER,
    WANTS_TLS,
    NO_TOPIC,
    TOPIC_DENIED,
    NO_LEADER,
    NO_LISTENER,
    FEW_IN_SYNC,
    TOPIC_ERROR,
    ADVERTISED_LOOPBACK,
    ADVERTISED_NAME,
    ADVERTISED_ADDRESS,
];
