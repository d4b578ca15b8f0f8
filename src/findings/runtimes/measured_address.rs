//! One measured address, as a runtime would meet it, and how a walk over several of them ends.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::finding::Predicted;
use crate::outcome::{ConnectResult, Surveyed};

/// One address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MeasuredAddress {
    pub(super) address: SocketAddr,
    /// What the kernel would send from.
    pub(super) source: Option<IpAddr>,
    pub(super) fate: Fate,
    /// From SYN to the result; for a silent one, how long it was listened to.
    pub(super) after: Duration,
}

/// What a connect to it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The handshake is completed.
    Accepts,
    /// The kernel says no.
    Errs(Code),
    /// Nothing comes.
    Silent,
    /// It was not dialled.
    Unmeasured,
}

/// An error of connect: its name as Node shows it, its text as the C library has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) errno: i32,
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    /// Whether the kernel knew it when it was asked: it has no way to that address.
    pub(super) at_once: bool,
}

/// What a limit of the runtime's own leaves behind.
pub(super) const TIMED_OUT: Code = Code { errno: 110, name: "ETIMEDOUT", text: "Connection timed out", at_once: false };

impl MeasuredAddress {
    pub(super) fn new(seen: &Surveyed) -> Self {
        let fate = match seen.result {
            ConnectResult::Connected => Fate::Accepts,
            ConnectResult::Cut => Fate::Silent,
            ConnectResult::NotTried => Fate::Unmeasured,
            failed => Fate::Errs(Code {
                at_once: seen.source.is_none() || failed == ConnectResult::LocalLimit,
                ..code(failed, seen.errno)
            }),
        };
        Self { address: seen.address, source: seen.source, fate, after: seen.duration }
    }

    pub(super) fn accepts(&self) -> bool {
        self.fate == Fate::Accepts
    }

    /// Whether it was dialled in vain.
    pub(super) const fn fails(&self) -> bool {
        matches!(self.fate, Fate::Silent | Fate::Errs(_))
    }
}

fn code(result: ConnectResult, errno: Option<i32>) -> Code {
    let by_result = match result {
        ConnectResult::Refused => 111,
        ConnectResult::Timeout => 110,
        ConnectResult::Reset => 104,
        ConnectResult::HostUnreachable => 113,
        ConnectResult::NetworkUnreachable => 101,
        ConnectResult::NotPermitted => 13,
        ConnectResult::LocalLimit => 99,
        ConnectResult::Connected | ConnectResult::Cut | ConnectResult::NotTried | ConnectResult::Error => 0,
    };
    let errno = errno.unwrap_or(by_result);
    let (name, text) = match errno {
        1 => ("EPERM", "Operation not permitted"),
        13 => ("EACCES", "Permission denied"),
        22 => ("EINVAL", "Invalid argument"),
        24 => ("EMFILE", "Too many open files"),
        92 => ("ENOPROTOOPT", "Protocol not available"),
        97 => ("EAFNOSUPPORT", "Address family not supported by protocol"),
        99 => ("EADDRNOTAVAIL", "Cannot assign requested address"),
        101 => ("ENETUNREACH", "Network is unreachable"),
        104 => ("ECONNRESET", "Connection reset by peer"),
        110 => (TIMED_OUT.name, TIMED_OUT.text),
        111 => ("ECONNREFUSED", "Connection refused"),
        113 => ("EHOSTUNREACH", "No route to host"),
        _ => ("EIO", "another error of the socket"),
    };
    Code { errno, name, text, at_once: false }
}

/// How a runtime's walk over the addresses ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    /// Never [`Predicted::Borderline`]: that is what two walks that differ come to.
    pub(super) result: Predicted,
    /// From the first SYN; `None` where it has no end of its own.
    pub(super) after: Option<Duration>,
    /// What was recorded on the way, in order.
    pub(super) errors: Vec<(SocketAddr, Code)>,
    /// The address that it ends on: connected, waited for, or not measured.
    pub(super) at: Option<SocketAddr>,
    /// Addresses that would have connected, but not within the runtime's own limit.
    pub(super) cut: usize,
}

impl Ended {
    pub(super) const fn new(result: Predicted, after: Option<Duration>, at: Option<SocketAddr>) -> Self {
        Self { result, after, errors: Vec::new(), at, cut: 0 }
    }
}
