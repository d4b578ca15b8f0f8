//! Everything that touches the network for a check: names, one connect at a time, TLS, the one stream type.
//!
//! [`attempt::Attempt`] is the face of it: protocol code asks it to connect and to start TLS, and it records what it saw.

pub mod attempt;
pub mod dial;
pub mod io;
pub mod oserr;
pub mod resolve;
pub mod speaks;
pub mod stream_error;
pub mod survey;
pub mod tls;

use std::sync::Arc;

use crate::env::{Env, RunEnv};

/// What all attempts share: the surroundings of the process and what is remembered between runs.
pub struct World {
    /// Variables and small files.
    pub env: Arc<dyn Env>,
    /// Which suffix of the search list matched last, by name; used by `serve` alone.
    pub suffixes: Arc<resolve::Suffixes>,
    /// The roots of trust that were read last.
    pub roots: Arc<tls::RootCache>,
    /// What the addresses were measured at last, by check; used by `serve` alone.
    pub surveys: Arc<survey::Memory>,
}

impl World {
    /// A world that remembers nothing yet.
    #[must_use]
    pub fn new(env: Arc<dyn Env>) -> Self {
        Self { env, suffixes: Arc::default(), roots: Arc::default(), surveys: Arc::default() }
    }

    /// The same world for one run: variables and files stay as the run first sees them.
    #[must_use]
    pub fn for_run(&self) -> Self {
        Self {
            env: Arc::new(RunEnv::new(Arc::clone(&self.env))),
            suffixes: Arc::clone(&self.suffixes),
            roots: Arc::clone(&self.roots),
            surveys: Arc::clone(&self.surveys),
        }
    }
}
