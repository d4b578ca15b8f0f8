//! What the reason of a server means. Only this file reads the text of such a reason: messages and hints use the row that it
//! finds.
//!
//! The text repeats the names of user, virtual host and queue, which may contain anything: what is known to be such a name is
//! taken away first.

use super::close::Close;
use super::code;
use crate::cause::Cause;
use crate::check::login::LoginRefusal;

/// What a reason means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// Anything else.
    Failed(Cause),
}

/// The reply code (0: any), how the text starts, a part of it in lower case (empty: any), the code of the hint, the meaning,
/// and what it says.
pub(super) type Row = (u16, &'static str, &'static str, &'static str, Meaning, &'static str);

use LoginRefusal::{Full, NoSuchDatabase, NotAllowed, Rejected, Stopping};
use Meaning::{Failed, Refused};

const REJECTED: &str = "the server rejected the user or the password";
const NO_VHOST: &str = "the server has no such virtual host";
const NO_ACCESS: &str = "the login works, but the user has no permission for the virtual host";
const FULL_VHOST: &str = "the virtual host has reached its limit of connections";
const FULL_USER: &str = "the user has reached its limit of connections";
const FULL_NODE: &str = "the server has reached its limit of connections";
const CLOSED: &str = "the server closed the connection";

/// Texts of RabbitMQ 3.6 to 4.3 and LavinMQ. The first match counts; [`ACCESS`] stands for the refusal of a virtual host, with
/// the names of both taken away.
pub(super) const CONNECTION: &[Row] = &[
    (403, "", "", code::REJECTED, Refused(Rejected), REJECTED),
    (530, "vhost ", "not found", code::NO_VHOST, Refused(NoSuchDatabase), NO_VHOST),
    (402, "", "", code::NO_VHOST, Refused(NoSuchDatabase), NO_VHOST),
    (
        530,
        "",
        "cannot be queried",
        code::NOT_JUDGED,
        Failed(Cause::QueryFailed),
        "the server cannot check its limits for now",
    ),
    (530, ACCESS, "connection limit", code::FULL_VHOST, Refused(Full), FULL_VHOST),
    (530, "", "user connection limit", code::FULL_USER, Refused(Full), FULL_USER),
    (530, "", "node connection limit", code::FULL_NODE, Refused(Full), FULL_NODE),
    (530, "", "max connections", code::FULL_VHOST, Refused(Full), FULL_VHOST),
    (530, "", "connection limit", code::FULL_VHOST, Refused(Full), FULL_VHOST),
    (530, "", "number of channels", code::FULL_CHANNELS, Refused(Full), "the server has reached its limit of channels"),
    (
        530,
        ACCESS,
        "returned an error",
        code::NOT_JUDGED,
        Failed(Cause::QueryFailed),
        "the server cannot check permissions for now, because its backend for them fails",
    ),
    (530, ACCESS, "", code::NO_ACCESS, Refused(NotAllowed), NO_ACCESS),
    // LavinMQ.
    (530, "'", "doesn't have access to", code::NO_ACCESS, Refused(NotAllowed), NO_ACCESS),
    (541, "", "is down", code::VHOST_DOWN, Failed(Cause::QueryFailed), "the virtual host is down on this server"),
    (530, "", "", code::NOT_ALLOWED, Refused(NotAllowed), "the server refuses access"),
    (320, "", "shutdown", code::STOPPING, Refused(Stopping), "the server is shutting down"),
    (320, "", "maintenance", code::STOPPING, Refused(Stopping), "the server is put into maintenance mode"),
    (320, "", "", code::FORCED, Failed(Cause::ConnectionClosed), "the server, or its operator, closed the connection"),
    (0, "", "", code::OTHER, Failed(Cause::QueryFailed), CLOSED),
];

/// The same for the queue that was asked for; the names of queue and virtual host are taken away.
pub(super) const QUEUE: &[Row] = &[
    (404, "", "is down or inaccessible", code::QUEUE_DOWN, UNAVAILABLE, QUEUE_DOWN),
    (404, "", "is stopped by supervisor", code::QUEUE_DOWN, UNAVAILABLE, QUEUE_DOWN),
    (404, "", "has crashed", code::QUEUE_DOWN, UNAVAILABLE, QUEUE_DOWN),
    (404, "", "failed to perform operation", code::QUEUE_DOWN, UNAVAILABLE, QUEUE_DOWN),
    (
        404,
        "",
        "",
        code::NO_QUEUE,
        Failed(Cause::NotFoundOnServer),
        "the virtual host has no queue of the name that `queue` says",
    ),
    (
        403,
        "",
        "",
        code::QUEUE_DENIED,
        Failed(Cause::PermissionDenied),
        "the login works, but the user has no permission for the queue",
    ),
    (0, "", "", code::OTHER_CHANNEL, Failed(Cause::QueryFailed), "the server refuses to look for the queue"),
];

const UNAVAILABLE: Meaning = Failed(Cause::NotEnoughReplicas);
const QUEUE_DOWN: &str = "the queue exists, but its process or its node is not available";

/// Stands for `access to vhost '…' refused for user '…'` in front of a text.
const ACCESS: &str = "\u{1}";

/// What the texts of a server may repeat.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) user: &'a str,
    pub(super) vhost: &'a str,
    pub(super) queue: &'a str,
}

/// What the reason for closing a connection means. Once the server has accepted the login, it rejects none any more.
pub(super) fn of_connection(close: &Close, names: Names<'_>, logged_in: bool) -> Row {
    let access = format!("access to vhost '{}' refused for user '{}'", names.vhost, names.user);
    let text = match close.text().strip_prefix(&access) {
        Some(rest) => format!("{ACCESS}{rest}"),
        // With a certificate, nobody here knows the user.
        None if names.user.is_empty() => close.text().replacen("access to vhost '", ACCESS, 1),
        None => close.text().to_owned(),
    };
    find(CONNECTION, if logged_in && close.code == 403 { 530 } else { close.code }, &text)
}

/// What the reason for closing a channel means.
pub(super) fn of_queue(close: &Close, names: Names<'_>) -> Row {
    let named = format!("queue '{}' in vhost '{}'", names.queue, names.vhost);
    find(QUEUE, close.code, &close.text().replacen(&named, "", 1))
}

fn find(rows: &[Row], code: u16, text: &str) -> Row {
    let lower = text.to_ascii_lowercase();
    let fits = |row: &&Row| (row.0 == 0 || row.0 == code) && text.starts_with(row.1) && lower.contains(row.2);
    *rows.iter().find(fits).expect("the last row fits everything")
}

#[cfg(test)]
mod tests {
    use super::{CONNECTION, Names, QUEUE, of_connection, of_queue};
    use crate::check::amqp::close::Close;
    use crate::check::amqp::code;

    const NAMES: Names<'_> = Names { user: "app", vhost: "shop", queue: "jobs" };

    fn close(code: u16, text: &str) -> Close {
        let length = u8::try_from(text.len()).expect("a short text");
        Close::read(&[&code.to_be_bytes()[..], &[length], text.as_bytes(), &[0; 4]].concat()).expect("it is whole")
    }

    #[test]
    fn reasons_for_closing_a_connection_are_told_apart() {
        for (number, text, expected) in [
            (403, "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For …", code::REJECTED),
            (530, "NOT_ALLOWED - vhost shop not found", code::NO_VHOST),
            (530, "NOT_ALLOWED - access to vhost 'shop' refused for user 'app'", code::NO_ACCESS),
            (
                530,
                "NOT_ALLOWED - access to vhost 'shop' refused for user 'app' by backend rabbit_auth_backend_ldap: denied",
                code::NO_ACCESS,
            ),
            (
                530,
                "NOT_ALLOWED - access to vhost 'shop' refused for user 'app', backend rabbit_auth_backend_http returned an error: x",
                code::NOT_JUDGED,
            ),
            (
                530,
                "NOT_ALLOWED - access to vhost 'shop' refused for user 'app': connection limit (20) is reached",
                code::FULL_VHOST,
            ),
            (
                530,
                "NOT_ALLOWED - access to vhost 'shop' refused for user 'app': connection limit cannot be queried, timeout",
                code::NOT_JUDGED,
            ),
            (
                530,
                "NOT_ALLOWED - connection refused for user 'app': user connection limit (5) is reached",
                code::FULL_USER,
            ),
            (530, "NOT_ALLOWED - connection refused: node connection limit (5) is reached", code::FULL_NODE),
            (
                530,
                "NOT_ALLOWED - number of channels opened for user 'app' has reached the maximum …",
                code::FULL_CHANNELS,
            ),
            (
                541,
                "INTERNAL_ERROR - access to vhost 'shop' refused for user 'app': vhost 'shop' is down",
                code::VHOST_DOWN,
            ),
            (320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'", code::STOPPING),
            (320, "CONNECTION_FORCED - Node was put into maintenance mode", code::STOPPING),
            (320, "CONNECTION_FORCED - Closed via management plugin", code::FORCED),
            (402, "INVALID_PATH - no", code::NO_VHOST),
            (530, "NOT_ALLOWED - something new", code::NOT_ALLOWED),
            (530, "NOT_ALLOWED - vhost not found", code::NO_VHOST),
            (530, "NOT_ALLOWED - 'app' doesn't have access to 'shop'", code::NO_ACCESS),
            (530, "NOT_ALLOWED - access to vhost 'shop' refused: connection limit (1) is reached", code::FULL_VHOST),
            (501, "FRAME_ERROR - type 1", code::OTHER),
        ] {
            assert_eq!(of_connection(&close(number, text), NAMES, false).3, expected, "{text}");
        }
    }

    #[test]
    fn a_login_that_was_accepted_is_rejected_no_more() {
        let refused = close(403, "ACCESS_REFUSED - access to vhost 'shop' refused for user 'app'");
        assert_eq!(of_connection(&refused, NAMES, true).3, code::NO_ACCESS);
        assert_eq!(of_connection(&close(403, "ACCESS_REFUSED - no"), NAMES, true).3, code::NOT_ALLOWED);
        assert_eq!(of_connection(&close(403, "ACCESS_REFUSED - no"), NAMES, false).3, code::REJECTED);
    }

    /// A name may be the text of another reason.
    #[test]
    fn names_in_a_text_mislead_nobody() {
        let names = Names { user: "node connection limit", vhost: "vhost x not found", queue: "has crashed" };
        for (text, expected) in [
            ("access to vhost 'vhost x not found' refused for user 'node connection limit'", code::NO_ACCESS),
            ("vhost vhost x not found not found", code::NO_VHOST),
            (
                "access to vhost 'vhost x not found' refused for user 'node connection limit': connection limit (1) is reached",
                code::FULL_VHOST,
            ),
        ] {
            assert_eq!(of_connection(&close(530, text), names, false).3, expected, "{text}");
        }
        let missing = close(404, "NOT_FOUND - no queue 'has crashed' in vhost 'vhost x not found'");
        assert_eq!(of_queue(&missing, names).3, code::NO_QUEUE);
        let unknown = Names { user: "", ..NAMES };
        let refused = close(530, "NOT_ALLOWED - access to vhost 'shop' refused for user 'CN of somebody'");
        assert_eq!(of_connection(&refused, unknown, false).3, code::NO_ACCESS);
    }

    #[test]
    fn reasons_for_closing_a_channel_are_told_apart() {
        for (number, text, expected) in [
            (404, "NOT_FOUND - no queue 'jobs' in vhost 'shop'", code::NO_QUEUE),
            (404, "NOT_FOUND - Queue 'jobs' in vhost 'shop' doesn't exist", code::NO_QUEUE),
            (
                404,
                "NOT_FOUND - home node 'rabbit@b' of durable queue 'jobs' in vhost 'shop' is down or inaccessible",
                code::QUEUE_DOWN,
            ),
            (404, "NOT_FOUND - queue 'jobs' in vhost 'shop' has crashed and failed to restart", code::QUEUE_DOWN),
            (
                404,
                "NOT_FOUND - failed to perform operation on queue 'jobs' in vhost 'shop' due to timeout",
                code::QUEUE_DOWN,
            ),
            (
                403,
                "ACCESS_REFUSED - read access to queue 'jobs' in vhost 'shop' refused for user 'app'",
                code::QUEUE_DENIED,
            ),
            (504, "CHANNEL_ERROR - x", code::OTHER_CHANNEL),
        ] {
            assert_eq!(of_queue(&close(number, text), NAMES).3, expected, "{text}");
        }
    }

    #[test]
    fn every_reason_has_a_row() {
        for number in [0, 200, 311, 403, 404, 530, 541, u16::MAX] {
            assert!(CONNECTION.contains(&of_connection(&close(number, ""), NAMES, false)));
            assert!(QUEUE.contains(&of_queue(&close(number, ""), NAMES)));
        }
    }
}
