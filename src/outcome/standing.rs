//! How a run counts for gates and for `wait`: the one place that decides what is a limit of pilotfish.

use crate::cause::Cause;

/// How a run counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The check passed.
    Passed,
    /// The server accepted a connection, and pilotfish cannot go further although the app may. The run failed, and it
    /// says nothing about the app: gates and `wait` take it for a pass, degraded.
    Limited,
    /// The check failed.
    Failed(Cause),
}

impl Standing {
    /// How a run with this cause of failure, or none, counts.
    ///
    /// Without a connection nothing vouches for the server, so a limit that shows before is a failure.
    #[must_use]
    pub const fn new(failure: Option<Cause>, connected: bool) -> Self {
        match failure {
            None => Self::Passed,
            Some(Cause::ProbeLimit) if connected => Self::Limited,
            Some(cause) => Self::Failed(cause),
        }
    }

    /// Whether gates and `wait` take it for a pass.
    #[must_use]
    pub const fn counts_as_passed(self) -> bool {
        matches!(self, Self::Passed | Self::Limited)
    }
}

#[cfg(test)]
mod tests {
    use super::Standing;
    use crate::cause::Cause;

    #[test]
    fn only_a_limit_behind_a_connection_counts_as_passed() {
        for connected in [false, true] {
            assert_eq!(Standing::new(None, connected), Standing::Passed);
            for cause in Cause::ALL.iter().copied() {
                let standing = Standing::new(Some(cause), connected);
                let limited = connected && cause == Cause::ProbeLimit;
                assert_eq!(standing, if limited { Standing::Limited } else { Standing::Failed(cause) });
                assert_eq!(standing.counts_as_passed(), limited);
            }
        }
    }
}
