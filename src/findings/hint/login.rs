//! Hints for logins and what comes right after them, as far as they are true of any server that has logins.

use crate::cause::Cause;

pub(super) const fn hint(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::PasswordMissing => {
            "the server asks for a password and this check has none: put it into the URL (percent-encoded) or under \
             `password: {env: …}`"
        }
        Cause::LoginRejected => {
            "the server rejects this user, whatever the password: its message and its log name the rule; add one that \
             admits the user, or correct the user's name"
        }
        Cause::TooManyConnections => {
            "the server has no free connection: find out which clients hold them, lower their pools, or raise the \
             server's limit"
        }
        Cause::StartingUp => "it is starting or recovering: wait; if it lasts, read the server's log",
        Cause::ShuttingDown => {
            "it is stopping: wait for its restart; if it does not come, see kubectl get pods and the server's log"
        }
        Cause::AuthUnsupported => {
            "client and server share no safe method of login: enable one in the server that does not send the password in \
             clear text, or connect with verified TLS"
        }
        Cause::ReadOnly => {
            "it answers as a replica, or its transactions are read-only by default: point the target at the primary's Service, \
             or let the failover finish"
        }
        Cause::QueryFailed => {
            "look the code of the server's error up in its manual, and read the server's log at this time"
        }
        _ => return None,
    })
}
