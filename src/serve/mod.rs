//! The face: what the kubelet, Prometheus and people get over HTTP. Every answer is made from the newest snapshot in
//! memory; nothing here dials, probes or waits for a check.
//!
//! | path | answer |
//! | --- | --- |
//! | `/livez`, `/healthz` | whether pilotfish and the pod's own targets work |
//! | `/startupz`, `/readyz`, `/readyz/NAME` | the gates, and one check |
//! | `/metrics` | Prometheus text 0.0.4 |
//! | `/status` | `application/health+json` |
//! | `POST /retry/NAME` | runs one check now, for callers in this pod |
//! | `POST /same-secret` | proves a secret to another pilotfish, where a check of it is configured |
//! | `/` | what there is to ask |
//!
//! [`bind()`] takes every port before anything is served; [`run`] answers until it is told to stop.

mod accept;
mod access;
mod bind;
mod body;
mod connection;
mod handshakes;
mod pace;
mod page;
mod routes;
mod same_secret;
mod slots;
mod status;
mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use crate::config::plan::ServeOptions;
use crate::env::Env;
use crate::log::say;
use crate::retry::RetryRequest;
use crate::state::Snapshot;

use handshakes::Handshakes;
use same_secret::Exchanges;

pub use bind::BindError;
pub use slots::CAP as CONNECTIONS;

/// How often it is looked at whether the token can be used.
const TOKEN_POLL: Duration = Duration::from_secs(1);

/// The ports are taken; nothing is answered yet.
pub struct Bound {
    main: TcpListener,
    address: SocketAddr,
    probes: Option<(TcpListener, SocketAddr)>,
    tls: Option<tls::Keeper>,
    connections: usize,
    env: Arc<dyn Env>,
}

impl Bound {
    /// The address that serves everything, with the port that was really taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that serves the probe paths alone.
    #[must_use]
    pub fn probes(&self) -> Option<SocketAddr> {
        self.probes.as_ref().map(|(_, address)| *address)
    }

    /// At most so many connections are held at once, on all ports together.
    pub const fn limit_connections(&mut self, count: usize) {
        self.connections = count;
    }

    /// Whether the first address speaks TLS.
    #[must_use]
    pub const fn tls(&self) -> bool {
        self.tls.is_some()
    }
}

/// Takes the ports and reads the certificate; needs the runtime. Addresses and paths of the certificate stay what they
/// are here, whatever later options say.
///
/// # Errors
/// A taken port, an address that is not this host's, a certificate or key that cannot be used: named, with the remedy.
pub fn bind(address: SocketAddr, options: &ServeOptions, env: Arc<dyn Env>) -> Result<Bound, BindError> {
    let tls = options.tls.as_ref().map(|pair| tls::Keeper::new(pair.clone(), Arc::clone(&env))).transpose()?;
    let (main, address) = bind::listen("listen", address)?;
    let probes = options.probe_listen.map(|address| bind::listen("serve.probe_listen", address)).transpose()?;
    Ok(Bound { main, address, probes, tls, connections: CONNECTIONS, env })
}

/// Answers until `shutdown` is done; the token and the rule of details follow `options`. Then it takes no new connection,
/// finishes the answers that are under way, and ends.
pub async fn run(
    bound: Bound,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    options: watch::Receiver<Arc<ServeOptions>>,
    retries: mpsc::Sender<RetryRequest>,
    shutdown: impl Future<Output = ()>,
) {
    let (stop, stopped) = watch::channel(false);
    let Bound { main, probes, tls, connections, env, .. } = bound;
    let ports = if probes.is_some() { 2 } else { 1 };
    // Where there are enough descriptors, every port has as many.
    let cap = if connections == CONNECTIONS { connections } else { (connections / ports).max(1) };
    let turns = Arc::default();
    let context = |surface, tls| {
        let (snapshots, options, env) = (snapshots.clone(), options.clone(), Arc::clone(&env));
        let retries = retries.clone();
        Arc::new(connection::ListenerContext {
            surface,
            tls,
            snapshots,
            options,
            retries,
            env,
            turns: Arc::clone(&turns),
            handshakes: Handshakes::default(),
            exchanges: Exchanges::default(),
        })
    };
    let token_log = log_token_changes(options.clone(), Arc::clone(&env));
    let everything = accept::serve(main, cap, context(routes::Surface::Everything, tls), stopped.clone());
    let bare = async {
        if let Some((listener, _)) = probes {
            accept::serve(listener, cap, context(routes::Surface::Probes, None), stopped).await;
        }
    };
    let stopping = async {
        shutdown.await;
        stop.send_replace(true);
    };
    tokio::select! {
        ((), (), ()) = async { tokio::join!(everything, bare, stopping) } => {}
        never = token_log => match never {},
    }
}

/// One line in the log when the token cannot be used, from the start on, and one when it can again: nobody is let in
/// meanwhile, and whoever is refused cannot be told why.
async fn log_token_changes(options: watch::Receiver<Arc<ServeOptions>>, env: Arc<dyn Env>) -> Infallible {
    let mut logged = None;
    loop {
        let token = options.borrow().bearer_token.clone();
        let now = token.and_then(|token| access::wanted(&token, &*env).err());
        match &now {
            Some(reason) if now != logged => {
                say!(Warn, "serve.bearer_token is unusable: pilotfish rejects every token"; reason = reason.to_string());
            }
            None if logged.is_some() => say!(Info, "serve.bearer_token is usable again"),
            Some(_) | None => {}
        }
        logged = now;
        sleep(TOKEN_POLL).await;
    }
}

#[cfg(test)]
mod tests;
