//! Codes of what is observed: each selects a hint.

pub(super) const REJECTED: &str = "amqp_rejected";
/// The same for the user that clients have without a login of their own, and for a password without a user.
pub(super) const GUEST: &str = "amqp_guest";
pub(super) const DEFAULT_LOGIN: &str = "amqp_default_login";
pub(super) const NO_USER: &str = "amqp_no_user";
/// The same for a client certificate.
pub(super) const CERTIFICATE: &str = "amqp_certificate";
pub(super) const NO_VHOST: &str = "amqp_no_vhost";
/// The same for the virtual host that is meant where the URL names none, or where it looks like one that is not decoded.
pub(super) const NO_DEFAULT_VHOST: &str = "amqp_no_default_vhost";
pub(super) const SLASH_IN_VHOST: &str = "amqp_slash_in_vhost";
pub(super) const NO_ACCESS: &str = "amqp_no_access";
pub(super) const NOT_JUDGED: &str = "amqp_not_judged";
pub(super) const FULL_VHOST: &str = "amqp_full_vhost";
pub(super) const FULL_USER: &str = "amqp_full_user";
pub(super) const FULL_NODE: &str = "amqp_full_node";
pub(super) const FULL_CHANNELS: &str = "amqp_full_channels";
pub(super) const VHOST_DOWN: &str = "amqp_vhost_down";
pub(super) const NOT_ALLOWED: &str = "amqp_not_allowed";
pub(super) const STOPPING: &str = "amqp_stopping";
pub(super) const FORCED: &str = "amqp_forced";
pub(super) const OTHER: &str = "amqp_other";
pub(super) const NO_QUEUE: &str = "amqp_no_queue";
pub(super) const QUEUE_DOWN: &str = "amqp_queue_down";
pub(super) const QUEUE_DENIED: &str = "amqp_queue_denied";
pub(super) const OTHER_CHANNEL: &str = "amqp_other_channel";
/// Of what the server speaks and offers.
pub(super) const VERSION_1: &str = "amqp_version_1";
pub(super) const OTHER_VERSION: &str = "amqp_other_version";
pub(super) const NO_PLAIN: &str = "amqp_no_plain";
pub(super) const ONLY_AMQPLAIN: &str = "amqp_only_amqplain";
pub(super) const NO_EXTERNAL: &str = "amqp_no_external";
pub(super) const WANTS_TLS: &str = "amqp_wants_tls";
/// Of a server that closes without a reason.
pub(super) const CLOSED_AT_LOGIN: &str = "amqp_closed_at_login";
pub(super) const LONG_LOGIN: &str = "amqp_long_login";
/// Of the values of the check.
pub(super) const USER_ALONE: &str = "amqp_user_alone";
pub(super) const NO_CERTIFICATE: &str = "amqp_no_certificate";

/// All of them, for the tests of the hints.
#[cfg(test)]
pub(super) const ALL: &[&str] = &[
    REJECTED,
    GUEST,
    DEFAULT_LOGIN,
    NO_USER,
    CERTIFICATE,
    NO_VHOST,
    NO_DEFAULT_VHOST,
    SLASH_IN_VHOST,
    NO_ACCESS,
    NOT_JUDGED,
    FULL_VHOST,
    FULL_USER,
    FULL_NODE,
    FULL_CHANNELS,
    VHOST_DOWN,
    NOT_ALLOWED,
    STOPPING,
    FORCED,
    OTHER,
    NO_QUEUE,
    QUEUE_DOWN,
    QUEUE_DENIED,
    OTHER_CHANNEL,
    VERSION_1,
    OTHER_VERSION,
    NO_PLAIN,
    ONLY_AMQPLAIN,
    NO_EXTERNAL,
    WANTS_TLS,
    CLOSED_AT_LOGIN,
    LONG_LOGIN,
    USER_ALONE,
    NO_CERTIFICATE,
];
