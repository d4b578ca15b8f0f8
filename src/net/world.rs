//! What all attempts share.

use std::sync::{Arc, OnceLock};

use crate::env::Env;
use crate::env::run::RunEnv;
use crate::env::system::SystemFiles;
use crate::findings::ContainerVariables;
use crate::net::buffer_budget::BufferBudget;
use crate::net::descriptors::Sockets;
use crate::net::greeters::Greeters;
use crate::net::resolve::search::Suffixes;
use crate::net::sightings::Sightings;
use crate::net::survey::memory::Memory;
use crate::net::throttling::Throttling;
use crate::net::tls::RootCache;
use crate::net::turns::Turns;
use crate::pod;

/// What all attempts share: the surroundings of the process and what is remembered between runs.
pub struct World {
    /// Variables and small files.
    pub env: Arc<dyn Env>,
    /// Which suffix of the search list matched last, by name; used by `serve` alone.
    pub suffixes: Arc<Suffixes>,
    /// The roots of trust that were read last.
    pub roots: Arc<RootCache>,
    /// What the addresses were measured at last, by check; used by `serve` alone.
    pub surveys: Arc<Memory>,
    /// Which addresses speak first, of those that checks only connect to.
    pub greeters: Arc<Greeters>,
    /// Which ports of this pod were listened on.
    pub sightings: Arc<Sightings>,
    /// For how long the CPU limit has stopped this container, as it was read last.
    pub throttling: Arc<Throttling>,
    /// Whose turn it is to read a long answer.
    pub turns: Turns,
    /// The memory that the answers of all peers may take together.
    pub buffers: BufferBudget,
    /// The sockets that all checks may have at once.
    pub sockets: Sockets,
    /// Whether a person waits for this run (`check`, `diagnose`): only then may it do what its peer records as an event.
    pub is_for_a_person: bool,
    /// The ports that the kernel gives to outgoing connections, the first and the last; read once.
    local_ports: Arc<OnceLock<Option<(u16, u16)>>>,
    /// What variables say of the other clients in the pod; read once.
    variables: Arc<OnceLock<ContainerVariables>>,
}

impl World {
    /// A world that remembers nothing yet.
    #[must_use]
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self {
            env: Arc::new(SystemFiles::new(env)),
            suffixes: Arc::default(),
            roots: Arc::default(),
            surveys: Arc::default(),
            greeters: Arc::default(),
            sightings: Arc::default(),
            throttling: Arc::default(),
            turns: Turns::default(),
            buffers: BufferBudget::default(),
            sockets: Sockets::default(),
            is_for_a_person: false,
            local_ports: Arc::default(),
            variables: Arc::default(),
        }
    }

    /// The same with so many sockets for all checks.
    #[must_use]
    pub fn with_sockets(self, sockets: Sockets) -> Self {
        Self { sockets, ..self }
    }

    /// The same world for one run, for a person or not: variables and files stay as the run first sees them.
    #[must_use]
    pub fn for_run(&self, is_for_a_person: bool) -> Self {
        Self {
            env: Arc::new(RunEnv::new(Arc::clone(&self.env))),
            suffixes: Arc::clone(&self.suffixes),
            roots: Arc::clone(&self.roots),
            surveys: Arc::clone(&self.surveys),
            greeters: Arc::clone(&self.greeters),
            sightings: Arc::clone(&self.sightings),
            throttling: Arc::clone(&self.throttling),
            turns: self.turns.clone(),
            buffers: self.buffers.clone(),
            sockets: self.sockets.clone(),
            is_for_a_person,
            local_ports: Arc::clone(&self.local_ports),
            variables: Arc::clone(&self.variables),
        }
    }

    /// What variables say of the other clients in the pod.
    #[must_use]
    pub fn variables(&self) -> &ContainerVariables {
        self.variables.get_or_init(|| ContainerVariables::read(&*self.env))
    }

    /// Whether the kernel may give this port to an outgoing connection, which could then meet itself; true where the range
    /// is not known.
    pub(super) fn is_local_port(&self, port: u16) -> bool {
        let range = self.local_ports.get_or_init(|| pod::local_ports(&*self.env));
        range.is_none_or(|(first, last)| (first..=last).contains(&port))
    }
}
