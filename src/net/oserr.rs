//! One table: an error of the operating system, to the result of a try and to a cause.
//!
//! Numbers are Linux's; std has no kind for them. What it must not do: guess where the number tells nothing.

use std::io;

use crate::cause::Cause;
use crate::outcome::ConnectResult;

const EPERM: i32 = 1;
const ENOMEM: i32 = 12;
const EACCES: i32 = 13;
const EINVAL: i32 = 22;
const ENFILE: i32 = 23;
pub(super) const EMFILE: i32 = 24;
const EPIPE: i32 = 32;
const ENOPROTOOPT: i32 = 92;
const EAFNOSUPPORT: i32 = 97;
const EADDRNOTAVAIL: i32 = 99;
const ENETDOWN: i32 = 100;
const ENETUNREACH: i32 = 101;
const ECONNABORTED: i32 = 103;
pub(super) const ECONNRESET: i32 = 104;
const ENOBUFS: i32 = 105;
const ENOTCONN: i32 = 107;
const ETIMEDOUT: i32 = 110;
const ECONNREFUSED: i32 = 111;
const EHOSTDOWN: i32 = 112;
const EHOSTUNREACH: i32 = 113;

/// The result of a connect that failed with this error.
#[must_use]
pub fn try_result(error: &io::Error) -> ConnectResult {
    match error.raw_os_error() {
        Some(ECONNREFUSED) => ConnectResult::Refused,
        Some(ETIMEDOUT) => ConnectResult::Timeout,
        // ENOTCONN: it stood for a moment.
        Some(ECONNRESET | ECONNABORTED | EPIPE | ENOTCONN) => ConnectResult::Reset,
        // ENOPROTOOPT is how ICMP "protocol unreachable" arrives.
        Some(EHOSTUNREACH | EHOSTDOWN | ENOPROTOOPT) => ConnectResult::HostUnreachable,
        // EINVAL is how a blackhole route answers, and a link-local address without a zone.
        Some(ENETUNREACH | ENETDOWN | EAFNOSUPPORT | EINVAL) => ConnectResult::NetworkUnreachable,
        Some(EPERM | EACCES) => ConnectResult::NotPermitted,
        Some(EADDRNOTAVAIL | EMFILE | ENFILE | ENOBUFS | ENOMEM) => ConnectResult::LocalLimit,
        Some(_) => ConnectResult::Error,
        None => by_kind(error.kind()),
    }
}

/// For errors that no system call made: those of tests and of layers that keep the kind alone.
const fn by_kind(kind: io::ErrorKind) -> ConnectResult {
    match kind {
        io::ErrorKind::ConnectionRefused => ConnectResult::Refused,
        io::ErrorKind::TimedOut => ConnectResult::Timeout,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected => ConnectResult::Reset,
        io::ErrorKind::HostUnreachable => ConnectResult::HostUnreachable,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => ConnectResult::NetworkUnreachable,
        io::ErrorKind::PermissionDenied => ConnectResult::NotPermitted,
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::OutOfMemory => ConnectResult::LocalLimit,
        _ => ConnectResult::Error,
    }
}

/// The cause of a check whose try that got furthest ended so; `None` for a try that connected.
#[must_use]
pub const fn connect_cause(result: ConnectResult) -> Option<Cause> {
    match result {
        ConnectResult::Connected => None,
        ConnectResult::Refused => Some(Cause::ConnectRefused),
        ConnectResult::Timeout | ConnectResult::Cut | ConnectResult::NotTried => Some(Cause::ConnectTimeout),
        ConnectResult::Reset => Some(Cause::ConnectReset),
        // Nothing of the closed vocabulary fits an error that no row names better than "not reached".
        ConnectResult::HostUnreachable | ConnectResult::Error => Some(Cause::HostUnreachable),
        ConnectResult::NetworkUnreachable => Some(Cause::NetworkUnreachable),
        ConnectResult::NotPermitted => Some(Cause::ConnectNotPermitted),
        ConnectResult::LocalLimit => Some(Cause::LocalLimit),
    }
}

/// The cause of a read or write that failed on a connection that stood, where the error itself tells it.
#[must_use]
pub fn stream_cause(error: &io::Error) -> Cause {
    if error.kind() == io::ErrorKind::InvalidData {
        return Cause::ProtocolError;
    }
    match try_result(error) {
        ConnectResult::Timeout | ConnectResult::Cut => Cause::Timeout,
        ConnectResult::LocalLimit => Cause::LocalLimit,
        ConnectResult::NotPermitted => Cause::ConnectNotPermitted,
        // An ICMP error on a standing connection, a reset, the end: the peer is no longer there.
        ConnectResult::Refused
        | ConnectResult::Reset
        | ConnectResult::HostUnreachable
        | ConnectResult::NetworkUnreachable
        | ConnectResult::Error
        | ConnectResult::Connected
        | ConnectResult::NotTried => Cause::ConnectionClosed,
    }
}

/// Whether the peer (or something between) reset the connection.
#[must_use]
pub fn is_reset(error: &io::Error) -> bool {
    try_result(error) == ConnectResult::Reset
}

#[cfg(test)]
mod tests {
    use super::{connect_cause, stream_cause, try_result};
    use std::io;

    #[test]
    fn every_number_has_its_result_and_cause() {
        for (errno, result, cause, on_a_stream) in [
            (1, "not_permitted", "connect_not_permitted", "connect_not_permitted"),
            (12, "local_limit", "local_limit", "local_limit"),
            (13, "not_permitted", "connect_not_permitted", "connect_not_permitted"),
            (22, "network_unreachable", "network_unreachable", "connection_closed"),
            (23, "local_limit", "local_limit", "local_limit"),
            (24, "local_limit", "local_limit", "local_limit"),
            (32, "reset", "connect_reset", "connection_closed"),
            (71, "error", "host_unreachable", "connection_closed"),
            (92, "host_unreachable", "host_unreachable", "connection_closed"),
            (97, "network_unreachable", "network_unreachable", "connection_closed"),
            (99, "local_limit", "local_limit", "local_limit"),
            (100, "network_unreachable", "network_unreachable", "connection_closed"),
            (101, "network_unreachable", "network_unreachable", "connection_closed"),
            (103, "reset", "connect_reset", "connection_closed"),
            (104, "reset", "connect_reset", "connection_closed"),
            (105, "local_limit", "local_limit", "local_limit"),
            (107, "reset", "connect_reset", "connection_closed"),
            (110, "timeout", "connect_timeout", "timeout"),
            (111, "refused", "connect_refused", "connection_closed"),
            (112, "host_unreachable", "host_unreachable", "connection_closed"),
            (113, "host_unreachable", "host_unreachable", "connection_closed"),
        ] {
            let error = io::Error::from_raw_os_error(errno);
            let got = try_result(&error);
            assert_eq!(got.as_str(), result, "{error}");
            assert_eq!(connect_cause(got).unwrap().slug(), cause, "{error}");
            assert_eq!(stream_cause(&error).slug(), on_a_stream, "{error}");
        }
    }

    #[test]
    fn an_error_without_a_number_goes_by_its_kind() {
        assert_eq!(try_result(&io::ErrorKind::ConnectionRefused.into()).as_str(), "refused");
        assert_eq!(stream_cause(&io::ErrorKind::InvalidData.into()).slug(), "protocol_error");
    }
}
