//! Hints for logins and what comes right after them, as far as they are true of any server that has logins.

use crate::cause::Cause;

pub(super) const fn hint(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::PasswordMissing => {
            "The server requires a password, and this check has none. Add it to the URL (percent-encoded) or set \
             `password: {env: …}`."
        }
        Cause::LoginRejected => {
            "The server rejects this user, whatever the password. Its message and its log name the rule: add one that \
             accepts the user, or correct the user name."
        }
        Cause::TooManyConnections => {
            "The server has no free connection. Find out which clients hold them, lower their pools, or raise the \
             server's limit."
        }
        Cause::StartingUp => "The server is starting or recovering. Wait; if it takes long, read the server's log.",
        Cause::ShuttingDown => {
            "The server is stopping. Wait for its restart; if it does not come back, check kubectl get pods and the \
             server's log."
        }
        Cause::AuthUnsupported => {
            "Client and server share no login method. Enable one on the server that its clients have."
        }
        Cause::ReadOnly => {
            "The server is a replica, or its transactions are read-only by default. Point the target at the Service \
             of the primary, or wait until the failover ends."
        }
        Cause::QueryFailed => "Look up the error code in the server's manual, and read the server's log at this time.",
        _ => return None,
    })
}
