//! What all attempts share.

use std::sync::Arc;

use crate::env::Env;
use crate::env::run::RunEnv;
use crate::net::resolve::search::Suffixes;
use crate::net::sightings::Sightings;
use crate::net::survey::memory::Memory;
use crate::net::tls::RootCache;

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
    /// Which ports of this pod were listened on.
    pub sightings: Arc<Sightings>,
}

impl World {
    /// A world that remembers nothing yet.
    #[must_use]
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self {
            env,
            suffixes: Arc::default(),
            roots: Arc::default(),
            surveys: Arc::default(),
            sightings: Arc::default(),
        }
    }

    /// The same world for one run: variables and files stay as the run first sees them.
    #[must_use]
    pub fn for_run(&self) -> Self {
        Self {
            env: Arc::new(RunEnv::new(Arc::clone(&self.env))),
            suffixes: Arc::clone(&self.suffixes),
            roots: Arc::clone(&self.roots),
            surveys: Arc::clone(&self.surveys),
            sightings: Arc::clone(&self.sightings),
        }
    }
}
