//! What is to be done, ready to run: the result of reading a configuration, a command line or the environment.

use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash as _, Hasher as _};
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::cause::Cause;
use crate::check::{self, Check};
use crate::net::dial::DialRules;
use crate::proof::Held;
use crate::value::Value;
use crate::verdict::Rules;
use crate::vocabulary::vocabulary;

/// All that is to be done.
#[derive(Clone)]
pub struct Plan {
    /// Where `serve` listens; `[::]` means both families, and IPv4 alone where the kernel has no IPv6.
    pub listen: SocketAddr,
    /// How it serves.
    pub serve: ServeOptions,
    /// The checks, in the order in which they were written.
    pub checks: Vec<Planned>,
    /// What was found in the environment and is not probed.
    pub listed: Vec<Listed>,
    /// Which source was taken.
    pub origin: Origin,
    /// What is no fault and yet worth a line at the start: values that cannot be resolved now, gates that were withheld.
    pub warnings: Vec<String>,
}

impl Plan {
    /// A plan with nothing but checks.
    #[must_use]
    pub fn of_checks(checks: Vec<Planned>, origin: Origin) -> Self {
        let serve = ServeOptions::default();
        Self { listen: DEFAULT_LISTEN, serve, checks, listed: Vec::new(), origin, warnings: Vec::new() }
    }
}

/// The server of the sidecar.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Hosts, causes and hints for everyone (`detail: full`), not only for whom the rule of details allows.
    pub full_detail: bool,
    /// TLS on the listener.
    pub tls: Option<ServeTls>,
    /// Guards `/metrics`, `/status` and `?verbose`. One that cannot be resolved opens nothing.
    pub bearer_token: Option<Value>,
    /// The address of a second listener without TLS, only for the probe paths.
    pub probe_listen: Option<SocketAddr>,
    /// How long answers are still given after SIGTERM.
    pub drain: Duration,
    /// `/readyz` fails once we were told to stop.
    pub fail_ready_on_sigterm: bool,
    /// The secrets that checks hold, and that are proved to whoever asks.
    pub held: Vec<Held>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            full_detail: false,
            tls: None,
            bearer_token: None,
            probe_listen: None,
            drain: Duration::from_secs(5),
            fail_ready_on_sigterm: false,
            held: Vec::new(),
        }
    }
}

/// The listener's certificate: PEM files, read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeTls {
    /// The chain, leaf first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Where a plan came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// TARGETs of the command line.
    Targets,
    /// A file given with `-c`.
    Given(PathBuf),
    /// A file named by the variable `PILOTFISH_CONFIG`.
    Variable(PathBuf),
    /// The file that is looked for where nothing else is said.
    Usual(PathBuf),
    /// The variables of the environment.
    Environment,
}

/// The variable that names the file.
pub const VARIABLE: &str = "PILOTFISH_CONFIG";
/// The file that is looked for where nothing else is said.
pub const USUAL_FILE: &str = "/etc/pilotfish/pilotfish.yaml";

/// What is dialled of URLs that are no check of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Extent {
    /// Nothing: `serve` and `wait`.
    #[default]
    Servers,
    /// What merely looks like a web address in a variable is connected to, and servers that are listed otherwise are logged in
    /// to: `check`.
    Web,
    /// That, and URLs of protocols that this version does not speak, as far as the connection: `diagnose`.
    Connections,
}

impl Origin {
    /// The file to read again when it changes.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Given(path) | Self::Variable(path) | Self::Usual(path) => Some(path),
            Self::Targets | Self::Environment => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Targets => f.write_str("the targets of the command line"),
            Self::Given(path) => write!(f, "the file {}", path.display()),
            Self::Variable(path) => write!(f, "the file {} ({VARIABLE})", path.display()),
            Self::Usual(path) => write!(f, "the file {}", path.display()),
            Self::Environment => f.write_str("the variables of the environment"),
        }
    }
}

/// A variable that names something to dial, and is not dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The variable.
    pub variable: String,
    /// What its value names, redacted.
    pub target: String,
    /// Why it is not probed.
    pub why: String,
}

/// The port of the contract, on every address.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::UNSPECIFIED), 9809);

/// From run to run, where nothing is said.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// The deadline of one run, where nothing is said and the interval is longer.
pub const TIMEOUT: Duration = Duration::from_secs(5);
/// Failures in a row that make a check down, where nothing is said.
pub const FAILURE_THRESHOLD: u32 = 3;
/// Passes in a row that make a check up, where nothing is said.
pub const SUCCESS_THRESHOLD: u32 = 1;

/// A peer is not probed more often, whatever is written: the probe must never be the outage.
pub const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

vocabulary! {
    /// A gate.
    pub enum Gate {
        /// The start.
        Startup = "startup",
        /// Readiness.
        Ready = "ready",
        /// Liveness.
        Live = "live",
    }
}

/// Which gates a check acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gates {
    /// `/startupz`.
    pub startup: bool,
    /// `/readyz`.
    pub ready: bool,
    /// `/livez`.
    pub live: bool,
}

impl FromIterator<Gate> for Gates {
    fn from_iter<I: IntoIterator<Item = Gate>>(gates: I) -> Self {
        let mut all = Self::default();
        for gate in gates {
            match gate {
                Gate::Startup => all.startup = true,
                Gate::Ready => all.ready = true,
                Gate::Live => all.live = true,
            }
        }
        all
    }
}

/// As the configuration writes them: `startup, ready`.
impl fmt::Display for Gates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [(self.startup, Gate::Startup), (self.ready, Gate::Ready), (self.live, Gate::Live)];
        let set = all.into_iter().filter(|(set, _)| *set).map(|(_, gate)| gate.as_str());
        f.write_str(&set.collect::<Vec<_>>().join(", "))
    }
}

/// How many members must pass under `require: each`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MinPassing {
    /// This many.
    Count(u32),
    /// This share, in percent, rounded up.
    Percent(u8),
    /// All.
    All,
}

/// As the configuration writes it.
impl fmt::Display for MinPassing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "\"{percent}%\""),
            Self::All => f.write_str("all"),
        }
    }
}

/// From run to run while a check of this kind is up, where the check itself sets no interval: at least as long as its kind
/// asks for.
#[must_use]
pub fn calm_interval(kind: &str, interval: Duration) -> Duration {
    let calm = check::kind(kind).and_then(|kind| kind.care.calm_interval);
    calm.map_or(interval, |calm| calm.max(interval))
}

/// One check, ready to run.
#[derive(Clone)]
pub struct Planned {
    /// Its unique name.
    pub name: String,
    /// The name of its kind.
    pub kind: &'static str,
    /// The check itself.
    pub check: Arc<dyn Check>,
    /// From run to run.
    pub interval: Duration,
    /// From run to run while it is up: `interval`, unless its kind spares its servers and the check sets no interval.
    pub calm_interval: Duration,
    /// The deadline of one run.
    pub timeout: Duration,
    /// The number of consecutive failures after which the check is down.
    pub failure_threshold: u32,
    /// The number of consecutive passes after which the check is up.
    pub success_threshold: u32,
    /// What it gates.
    pub gates: Gates,
    /// That is nothing, although gates were asked for: a value leads to a server in this pod.
    pub withheld: bool,
    /// How it dials.
    pub rules: DialRules,
    /// Under `require: each`.
    pub min_passing: MinPassing,
    /// Causes that degrade it but do not take it down, once it has been up; beside those of the table.
    pub ready_ignores: Vec<Cause>,
    /// The runtimes to judge for; see `findings::RUNTIMES`.
    pub clients: Vec<&'static str>,
    /// The codes of findings that are failures here.
    pub fail_on: Vec<&'static str>,
    /// Its own labels, for the info metric.
    pub labels: Vec<(String, String)>,
    /// Equal for two plans' checks if and only if all that was written of how they run is equal: not what they gate, nor
    /// their labels, nor which causes only degrade them. Stays in this process.
    pub identity: u64,
    /// Equal if and only if the kind and all of its own keys are equal. Stays in this process.
    pub kind_identity: u64,
}

impl Planned {
    /// Whether the accounts that it logs in to lock after a few rejections.
    #[must_use]
    pub fn accounts_lock(&self) -> bool {
        check::kind(self.kind).is_some_and(|kind| kind.care.accounts_lock)
    }

    /// When its verdict changes.
    #[must_use]
    pub fn verdict_rules(&self) -> Rules<'_> {
        Rules {
            failure_threshold: self.failure_threshold,
            success_threshold: self.success_threshold,
            ignores: &self.ready_ignores,
        }
    }

    /// A check with every default; `written` is all that was written of how it runs.
    #[must_use]
    pub fn with_defaults(name: String, kind: &'static str, check: Arc<dyn Check>, gates: Gates, written: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (kind, written).hash(&mut hasher);
        Self {
            name,
            kind,
            check,
            interval: INTERVAL,
            calm_interval: calm_interval(kind, INTERVAL),
            timeout: TIMEOUT,
            failure_threshold: FAILURE_THRESHOLD,
            success_threshold: SUCCESS_THRESHOLD,
            gates,
            withheld: false,
            rules: DialRules::default(),
            min_passing: MinPassing::All,
            ready_ignores: Vec::new(),
            clients: Vec::new(),
            fail_on: Vec::new(),
            labels: Vec::new(),
            identity: hasher.finish(),
            kind_identity: hasher.finish(),
        }
    }
}
