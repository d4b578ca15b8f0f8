//! The one table of exit codes.

/// How a command ends. The numbers are a promise to scripts and to Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: passed.
    Passed,
    /// 1: a check failed.
    Failed,
    /// 2: bad usage, or a configuration with faults; nothing was probed.
    Usage,
    /// 3: `wait` ran timed out.
    OutOfTime,
    /// 4: `wait` stopped early, at a failure that waiting cannot heal.
    StoppedEarly,
    /// 126: CMD cannot be executed.
    CannotExecute,
    /// 127: CMD was not found.
    NotFound,
    /// 128 + n: ended by signal n.
    Signal(u8),
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::OutOfTime => 3,
            Self::StoppedEarly => 4,
            Self::CannotExecute => 126,
            Self::NotFound => 127,
            Self::Signal(n) => 128 + n,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
