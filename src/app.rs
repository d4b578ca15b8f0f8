//! Wiring: what runs checks, what keeps the state, what answers, and how it all ends.
//!
//! [`bind`] takes every port before anything is probed or served; [`Bound::run`] then goes on until it is told to stop.

pub mod check_tasks;
mod descriptors;
pub mod engine;
pub mod reload;

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::app::descriptors::Shares;
use crate::app::engine::{Ended, Engine};
use crate::app::reload::{Loading, Reloader};
use crate::config::plan::{Plan, ServeOptions, ServeTls};
use crate::config::source;
use crate::env::Env;
use crate::log::say;
use crate::net::World;
use crate::random;
use crate::schedule::Live;
use crate::serve::{self, BindError};
use crate::shutdown::Signal;
use crate::slices::Slices;
use crate::state::Snapshot;

/// A plan whose ports are taken; nothing runs yet.
pub struct Bound {
    plan: Plan,
    server: serve::Bound,
    env: Arc<dyn Env>,
}

/// Takes the ports of a plan, or of `listen` in place of its own. Needs the runtime.
///
/// # Errors
/// A port that cannot be had, a certificate that cannot be used: named, with the remedy.
pub fn bind(plan: Plan, listen: Option<SocketAddr>, env: Arc<dyn Env>) -> Result<Bound, BindError> {
    let server = serve::bind(listen.unwrap_or(plan.listen), &plan.serve, Arc::clone(&env))?;
    Ok(Bound { plan, server, env })
}

impl Bound {
    /// The address that serves everything, with the port that was really taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The address that serves the probe paths alone.
    #[must_use]
    pub fn probes(&self) -> Option<SocketAddr> {
        self.server.probes()
    }

    /// Probes and answers until it is told to stop and has drained. How it ended, and what was known last.
    pub async fn run(self, mut signals: mpsc::Receiver<Signal>) -> (Ended, Arc<Snapshot>) {
        let Self { plan, mut server, env } = self;
        let shares = descriptors::share(plan.checks.len());
        if let Some(Shares { connections, .. }) = shares {
            server.limit_connections(connections);
        }
        let (publish, options) = watch::channel(Arc::new(plan.serve.clone()));
        let mut reloader = reloader(&plan, &env, publish);
        let world = Arc::new(World::new(env).with_sockets(Shares::limit(shares)));
        let mut engine = Engine::start(Arc::new(Live(world)), random::fraction, &plan);
        let (snapshots, retries) = (engine.snapshots(), engine.retries());
        let mut ended = Ended::Broken;
        let until_stopped = async { ended = engine.run(reloader.as_mut(), &mut signals).await };
        serve::run(server, snapshots.clone(), options, retries, until_stopped).await;
        let last = Arc::clone(&snapshots.borrow());
        (ended, last)
    }
}

/// What reads the plan's file again, where it has one, and hands on what changes for the server.
fn reloader(plan: &Plan, env: &Arc<dyn Env>, publish: watch::Sender<Arc<ServeOptions>>) -> Option<Reloader> {
    let origin = plan.origin.clone();
    let file = origin.file()?.to_owned();
    let fixed = fixed_at_start(plan);
    let reader = Arc::clone(env);
    let load = move |mut slices: Slices| -> Loading {
        let (origin, reader, publish, fixed) = (origin.clone(), Arc::clone(&reader), publish.clone(), fixed.clone());
        Box::pin(async move {
            let plan = source::reload(&origin, &*reader, &mut slices).await.map_err(|refused| refused.to_string())?;
            if fixed_at_start(&plan) != fixed {
                say!(
                    Warn,
                    "listen, serve.tls and serve.probe_listen are read only at start: restart pilotfish to change \
                        them"
                );
            }
            publish.send_replace(Arc::new(plan.serve.clone()));
            Ok(plan)
        })
    };
    Some(Reloader::new(Arc::clone(env), file, Box::new(load)))
}

/// What the server reads once.
fn fixed_at_start(plan: &Plan) -> (SocketAddr, Option<SocketAddr>, Option<ServeTls>) {
    (plan.listen, plan.serve.probe_listen, plan.serve.tls.clone())
}
