//! The fault of a session that ended early, and the codes of what only this kind observes.

use super::client::SessionError;
use super::errors::{Meaning, NO_PERMISSION, ServerError};
use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::outcome::{Detail, Fault, Phase};
use crate::secret::Secret;

/// Codes of what this kind observes itself; those of errors are in [`super::errors`].
pub(super) mod code {
    /// The text before the `@` may be the password.
    pub(in super::super) const PASSWORD_AS_USER: &str = "password_as_user";
    pub(in super::super) const NO_USER_PASSWORD: &str = "no_user_password";
    pub(in super::super) const WANTS_TLS: &str = "wants_tls";
    /// The server is a Sentinel.
    pub(in super::super) const SENTINEL: &str = "sentinel";
    /// It may be one: its port is that of Sentinels.
    pub(in super::super) const SENTINEL_PORT: &str = "sentinel_port";
    /// A replica where a primary is required, and the other way round.
    pub(in super::super) const IS_REPLICA: &str = "is_replica";
    pub(in super::super) const IS_PRIMARY: &str = "is_primary";
    /// The server does not report its role.
    pub(in super::super) const NO_ROLE: &str = "no_role";
    /// The key is not there, or on another node.
    pub(in super::super) const NO_KEY: &str = "no_key";
    pub(in super::super) const KEY_ELSEWHERE: &str = "key_elsewhere";
    /// The user may not run the command.
    pub(in super::super) const NOPERM_KEY: &str = "noperm_key";
    pub(in super::super) const NOPERM_PING: &str = "noperm_ping";
    pub(in super::super) const NOPERM_ROLE: &str = "noperm_role";
    pub(in super::super) const NOPERM_CLUSTER: &str = "noperm_cluster";
    /// Of Sentinels.
    pub(in super::super) const UNKNOWN_MASTER: &str = "unknown_master";
    pub(in super::super) const NOT_SENTINEL: &str = "not_sentinel";
    pub(in super::super) const SENTINEL_NOAUTH: &str = "sentinel_noauth";
    pub(in super::super) const SENTINEL_WRONGPASS: &str = "sentinel_wrongpass";
    pub(in super::super) const SENTINEL_NO_PASSWORD: &str = "sentinel_no_password";
    pub(in super::super) const SENTINEL_NOPERM: &str = "sentinel_noperm";
    /// The primary that they name.
    pub(in super::super) const NO_FAILOVER: &str = "no_failover";
    pub(in super::super) const SENTINEL_LOOPBACK: &str = "sentinel_loopback";
    pub(in super::super) const SENTINEL_UNREACHABLE: &str = "sentinel_unreachable";
    pub(in super::super) const SENTINEL_REPLICA: &str = "sentinel_replica";
    /// Of clusters.
    pub(in super::super) const SLOTS: &str = "cluster_slots";
    pub(in super::super) const MINORITY: &str = "cluster_minority";
    pub(in super::super) const CLUSTER_LOOPBACK: &str = "cluster_loopback";
    pub(in super::super) const CLUSTER_NAMES: &str = "cluster_names";
    pub(in super::super) const CLUSTER_UNREACHABLE: &str = "cluster_unreachable";
    pub(in super::super) const LARGE_CLUSTER: &str = "large_cluster";

    /// All of them, for the tests of the hints.
    #[cfg(test)]
    pub(in super::super) const ALL: &[&str] = &[
        PASSWORD_AS_USER,
        NO_USER_PASSWORD,
        WANTS_TLS,
        SENTINEL,
        SENTINEL_PORT,
        IS_REPLICA,
        IS_PRIMARY,
        NO_ROLE,
        NO_KEY,
        KEY_ELSEWHERE,
        NOPERM_KEY,
        NOPERM_PING,
        NOPERM_ROLE,
        NOPERM_CLUSTER,
        UNKNOWN_MASTER,
        NOT_SENTINEL,
        SENTINEL_NOAUTH,
        SENTINEL_WRONGPASS,
        SENTINEL_NO_PASSWORD,
        SENTINEL_NOPERM,
        NO_FAILOVER,
        SENTINEL_LOOPBACK,
        SENTINEL_UNREACHABLE,
        SENTINEL_REPLICA,
        SLOTS,
        MINORITY,
        CLUSTER_LOOPBACK,
        CLUSTER_NAMES,
        CLUSTER_UNREACHABLE,
        LARGE_CLUSTER,
    ];
}

/// Why a session gave no pass.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It ended early.
    Session(SessionError),
    /// The server is not as the check requires.
    Fault(Fault),
}

impl From<SessionError> for Trouble {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What was observed, by its code.
pub(super) const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}

/// The fault of a session that ended early. No message repeats one of the secrets.
pub(super) fn of_session(attempt: &Attempt, error: &SessionError, secrets: &[&Secret], over_tls: bool) -> Fault {
    let stream_error = match error {
        SessionError::Refused(command, error) => return of_error(attempt, command, error, secrets),
        SessionError::Read(error) => error.as_stream_error(),
        SessionError::Unexpected(what) => StreamError::Unexpected(what),
    };
    let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
    if !over_tls && recognise(&head) == Some(Protocol::Tls) {
        let message = "the server speaks TLS, but neither the URL nor the keys ask for it";
        let fault = Fault::new(Phase::Login, Cause::TlsUnsupported, message).with(observed(code::WANTS_TLS));
        return fault.stating(message);
    }
    let what =
        if attempt.phase() == Some(Phase::Request) { "the answer to a command" } else { "the answer to the login" };
    attempt.stream_error(stream_error, Expected { what, protocol: Some(Protocol::Redis) })
}

/// The fault of an error that the server answered to a command.
pub(super) fn of_error(attempt: &Attempt, command: &str, error: &ServerError, secrets: &[&Secret]) -> Fault {
    let message = error.message(command, secrets);
    let is_denied = error.code == NO_PERMISSION;
    let fault = match error.meaning {
        Meaning::Refused(refusal) => refusal.fault(message),
        // The user is logged in but may not run the command.
        Meaning::LoggedIn if is_denied => Fault::new(Phase::Request, Cause::PermissionDenied, message),
        Meaning::LoggedIn => attempt.fault(Cause::QueryFailed, message),
        Meaning::Failed(Cause::TlsUnsupported) => Fault::new(Phase::Login, Cause::TlsUnsupported, message),
        Meaning::Failed(cause) => attempt.fault(cause, message),
    };
    let fault = match (error.meaning, error.says()) {
        (Meaning::Failed(Cause::QueryFailed | Cause::NotEnoughReplicas) | Meaning::LoggedIn, Some(says)) => {
            fault.stating(says)
        }
        _ => fault,
    };
    let code = match (is_denied, command) {
        (true, "EXISTS") => code::NOPERM_KEY,
        (true, "PING") => code::NOPERM_PING,
        (true, "ROLE") => code::NOPERM_ROLE,
        (true, "CLUSTER") => code::NOPERM_CLUSTER,
        _ => error.code,
    };
    fault.with(observed(code))
}
