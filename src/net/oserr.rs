//! One table: an error of the operating system, to the result of a try and to a cause.

use std::io;

use crate::outcome::TryResult;

/// The result of a connect that failed with this error.
#[must_use]
pub fn try_result(error: &io::Error) -> TryResult {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => TryResult::Refused,
        io::ErrorKind::TimedOut => TryResult::Timeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => TryResult::Reset,
        io::ErrorKind::HostUnreachable => TryResult::HostUnreachable,
        io::ErrorKind::NetworkUnreachable => TryResult::NetworkUnreachable,
        io::ErrorKind::PermissionDenied => TryResult::NotPermitted,
        _ => TryResult::Error,
    }
}
