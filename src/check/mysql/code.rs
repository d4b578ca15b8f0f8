//! The codes that select hints.

pub(super) const REJECTED: &str = "rejected";
pub(super) const REJECTED_IN_PLAIN: &str = "rejected_in_plain";
pub(super) const NO_PASSWORD: &str = "no_password";
pub(super) const SOCKET_USER: &str = "socket_user";
pub(super) const DATABASE_DENIED: &str = "database_denied";
pub(super) const NO_DATABASE: &str = "no_database";
pub(super) const FULL: &str = "full";
pub(super) const USER_FULL: &str = "user_full";
pub(super) const HOST_BLOCKED: &str = "host_blocked";
pub(super) const HOST_DENIED: &str = "host_denied";
pub(super) const NO_METHOD: &str = "no_method";
pub(super) const NO_PLUGIN: &str = "no_plugin";
pub(super) const EXPIRED: &str = "expired";
pub(super) const LOCKED: &str = "locked";
pub(super) const BLOCKED: &str = "blocked";
pub(super) const WANTS_TLS: &str = "wants_tls";
pub(super) const OFFLINE: &str = "offline";
pub(super) const STOPPING: &str = "stopping";
pub(super) const STARTING: &str = "starting";
pub(super) const HANDSHAKE: &str = "handshake";
pub(super) const BACKEND: &str = "backend";

// These come from pilotfish, not from a server.
pub(super) const PLUGIN: &str = "plugin";
pub(super) const CLEAR_TEXT: &str = "clear_text";
pub(super) const CLEAR_TEXT_PLAIN: &str = "clear_text_plain";
pub(super) const PUBLIC_KEY: &str = "public_key";
pub(super) const TOO_OLD: &str = "too_old";
pub(super) const TOO_LONG: &str = "too_long";
pub(super) const X_PROTOCOL: &str = "x_protocol";
pub(super) const OTHER_ROLE: &str = "other_role";
pub(super) const LOCAL_FILE: &str = "local_file";
pub(super) const OTHER: &str = "other";
