//! The runtimes whose connecting is predicted: how each connects, and who resolves for it.

use std::time::Duration;

use super::options::{NodeOptions, Settings};
use super::order::Library;
use super::strategy::ConnectStrategy;

/// One runtime.
#[derive(Debug, Clone, Copy)]
pub(super) struct Model {
    pub(super) name: &'static str,
    /// For people.
    pub(super) title: &'static str,
    pub(super) strategy: ConnectStrategy,
    /// Who may resolve for it.
    pub(super) libraries: &'static [Library],
    /// Whether it asks for configured families only.
    pub(super) configured_only: bool,
    /// Of Node alone.
    pub(super) options: NodeOptions,
}

impl Model {
    /// As it goes with what is set for it.
    pub(super) fn with(self, settings: Settings) -> Self {
        let options = settings.node;
        match self.strategy {
            ConnectStrategy::Serial(None) if matches!(self.name, "libpq" | "psycopg3") => {
                Self { strategy: ConnectStrategy::Serial(settings.libpq), ..self }
            }
            ConnectStrategy::Node(_) if options.first_only => {
                Self { strategy: ConnectStrategy::First, options, ..self }
            }
            ConnectStrategy::Node(limit) => {
                Self { strategy: ConnectStrategy::Node(options.limit.unwrap_or(limit)), options, ..self }
            }
            ConnectStrategy::First => Self { options, ..self },
            ConnectStrategy::FirstIpv4
            | ConnectStrategy::Serial(_)
            | ConnectStrategy::Race(_)
            | ConnectStrategy::Staggered => self,
        }
    }
}

const LIBC: &[Library] = &[Library::Glibc, Library::Musl];
/// What `timeout=` of Python's examples and of most libraries over it come to; without one the kernel's two minutes.
const PYTHON_TIMEOUT: Duration = Duration::from_secs(5);

/// The runtimes whose connecting can be predicted, as `clients` names them.
pub const RUNTIMES: &[&str] = &[
    "node@18",
    "node@20",
    "node@22",
    "node@24",
    "node@25",
    "node@26",
    "go",
    "python",
    "python-asyncio",
    "python-anyio",
    "libpq",
    "psycopg3",
    "jvm",
    "curl",
    "tokio",
];

/// In the order of [`RUNTIMES`].
pub(super) const MODELS: &[Model] = &[
    node("node@18", "Node 18", ConnectStrategy::First),
    node("node@20", "Node 20", ConnectStrategy::Node(Duration::from_millis(250))),
    node("node@22", "Node 22", ConnectStrategy::Node(Duration::from_millis(250))),
    node("node@24", "Node 24", ConnectStrategy::Node(Duration::from_millis(250))),
    node("node@25", "Node 25.2", ConnectStrategy::Node(Duration::from_millis(500))),
    node("node@26", "Node 26", ConnectStrategy::Node(Duration::from_millis(500))),
    Model {
        name: "go",
        title: "Go",
        strategy: ConnectStrategy::Race(Duration::from_millis(300)),
        libraries: &[Library::Go],
        configured_only: false,
        options: NodeOptions::NONE,
    },
    other("python", "Python", ConnectStrategy::Serial(Some(PYTHON_TIMEOUT))),
    other("python-asyncio", "asyncio", ConnectStrategy::Serial(None)),
    other("python-anyio", "anyio", ConnectStrategy::Staggered),
    other("libpq", "libpq", ConnectStrategy::Serial(None)),
    other("psycopg3", "psycopg 3", ConnectStrategy::Serial(None)),
    other("jvm", "Java", ConnectStrategy::FirstIpv4),
    other("curl", "curl", ConnectStrategy::Race(Duration::from_millis(200))),
    other("tokio", "tokio", ConnectStrategy::Serial(None)),
];

const fn node(name: &'static str, title: &'static str, strategy: ConnectStrategy) -> Model {
    Model { name, title, strategy, libraries: LIBC, configured_only: true, options: NodeOptions::NONE }
}

const fn other(name: &'static str, title: &'static str, strategy: ConnectStrategy) -> Model {
    Model { name, title, strategy, libraries: LIBC, configured_only: false, options: NodeOptions::NONE }
}
