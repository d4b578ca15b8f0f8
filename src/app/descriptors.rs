//! Who may have how many of the process's descriptors: probes must be answered, whatever the targets do.

use crate::log::say;
use crate::metrics::Process;
use crate::net::descriptors::Sockets;
use crate::serve::CONNECTIONS;

/// What is open for a moment: files, a folder of /proc, a socket that asks the kernel.
const SPARE: usize = 3;
/// The least that the server needs for the probes of one kubelet.
const LEAST_CONNECTIONS: usize = 4;
/// The least for checks: one that wants every address holds two.
const LEAST_SOCKETS: usize = 2;

/// The shares of what is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shares {
    /// Sockets of all checks together.
    pub(super) sockets: usize,
    /// Connections of the server.
    pub(super) connections: usize,
}

impl Shares {
    /// Half is the server's, up to what it ever takes.
    fn of(free: usize) -> Self {
        let server = (free / 2).clamp(LEAST_CONNECTIONS + SPARE, CONNECTIONS + SPARE);
        Self { sockets: free.saturating_sub(server).max(LEAST_SOCKETS), connections: server - SPARE }
    }
}

/// Shares out what this process may still open; the log warns where that is too little for so many checks. `None` where
/// nothing is known of a limit.
pub(super) fn share(checks: usize) -> Option<Shares> {
    let process = Process::read();
    let (limit, open) = (count(process.max_descriptors?), count(process.open_descriptors?));
    let shares = Shares::of(limit.saturating_sub(open));
    if shares.sockets < checks {
        say!(
            Warn,
            "the limit of open files is too small for all checks at once, so that some wait for others: raise it \
             (ulimit -n)";
            limit = limit, needed = open + needed(checks)
        );
    }
    Some(shares)
}

/// How many must be free for so many checks.
fn needed(checks: usize) -> usize {
    (checks + (CONNECTIONS + SPARE).min(checks)).max(LEAST_CONNECTIONS + SPARE + checks)
}

impl Shares {
    /// The sockets of checks within these shares.
    pub(super) fn limit(shares: Option<Self>) -> Sockets {
        shares.map_or_else(Sockets::default, |shares| Sockets::limited(shares.sockets))
    }
}

/// A count as metrics have it.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "descriptors are far fewer")]
const fn count(value: f64) -> usize {
    value as usize
}

#[cfg(test)]
mod tests {
    use super::{LEAST_CONNECTIONS, LEAST_SOCKETS, Shares, needed};

    #[test]
    fn the_server_has_its_share_first() {
        for (free, sockets, connections) in [
            (0, LEAST_SOCKETS, LEAST_CONNECTIONS),
            (10, 3, 4),
            (12, 5, 4),
            (22, 11, 8),
            (246, 123, 120),
            (1_012, 881, 128),
            (1_048_564, 1_048_433, 128),
        ] {
            assert_eq!(Shares::of(free), Shares { sockets, connections }, "{free} free");
        }
    }

    #[test]
    fn what_is_named_suffices() {
        for checks in [1, 2, 5, 20, 100, 131, 132, 133, 200, 10_000] {
            assert!(Shares::of(needed(checks)).sockets >= checks, "{checks}");
        }
    }
}
