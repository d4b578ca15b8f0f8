//! A database that another kind reads from: one login, then questions that write nothing.

use tokio::time::{Instant, timeout};

use super::keys::PostgresKeys;
use super::route::{self, LoggedIn};
use super::settings::{Server, Settings, Target};
use super::{endpoints, rejects_credentials};
use crate::check::login::stating;
use crate::check::several::furthest;
use crate::env::Env;
use crate::net::attempt::Attempt;
use crate::outcome::{Fault, Phase};
use crate::url::Endpoint;
use crate::value::Value;

/// A database, with the values of one run.
pub(crate) struct Database {
    settings: Settings,
}

/// A session that is logged in.
pub(crate) struct Session(LoggedIn);

/// What is dialled and how a target shows it.
///
/// # Errors
/// Those of the URL.
pub(crate) fn target(url: &Value, env: &dyn Env) -> Result<(String, Vec<Endpoint>), Fault> {
    let target = Target::resolve(&keys(url), env)?;
    let endpoints = endpoints(&target);
    Ok((target.redacted(), endpoints))
}

fn keys(url: &Value) -> PostgresKeys {
    PostgresKeys { url: Some(url.clone()), ..PostgresKeys::default() }
}

impl Database {
    /// Reads the URL, now.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub(crate) fn of_url(url: &Value, env: &dyn Env) -> Result<Self, Fault> {
        Ok(Self { settings: Settings::resolve(&keys(url), env)? })
    }

    /// Where the app's tables are by the URL.
    pub(crate) fn schema(&self) -> Option<&str> {
        self.settings.schema.as_deref()
    }

    /// A server repeats what it was sent.
    pub(crate) fn strike(&self, fault: Fault) -> Fault {
        self.settings.confidential().strike_fault(fault)
    }

    /// Logs in, to the first host that accepts the login.
    ///
    /// # Errors
    /// The causes of every phase up to `login`.
    pub(crate) async fn log_in(&self, attempt: &mut Attempt) -> Result<Session, Fault> {
        let Settings { hosts, user, database, .. } = &self.settings;
        attempt.facts().absent_files.clone_from(&self.settings.absent_files);
        let mut faults: Vec<(&Endpoint, Fault)> = Vec::new();
        for (index, server) in hosts.iter().enumerate() {
            let Server { endpoint, .. } = server;
            attempt.for_host(Some(endpoint.host.to_string()));
            let left = attempt.deadline().saturating_duration_since(Instant::now());
            let share = left / u32::try_from(hosts.len() - index).unwrap_or(u32::MAX);
            let fault = match timeout(share, route::log_in(attempt, &self.settings, server)).await {
                Ok(Ok(login)) => return Ok(Session(login)),
                Ok(Err(fault)) => fault,
                Err(_) => attempt.deadline_fault(),
            };
            let is_last = rejects_credentials(fault.cause);
            faults.push((endpoint, fault));
            if is_last {
                break;
            }
        }
        Err(stating(furthest(faults), Some(user), Some(database)))
    }
}

impl Session {
    /// The first column of what a query gives, in a read-only transaction: phase `request`.
    ///
    /// # Errors
    /// Those of a query.
    pub(crate) async fn column(&mut self, attempt: &mut Attempt, query: &str) -> Result<Vec<String>, Fault> {
        attempt.enter(Phase::Request);
        let answer = self.0.session.read(query).await;
        answer.map_err(|session_error| route::fault(attempt, &session_error, self.0.link))
    }

    /// Says goodbye.
    pub(crate) async fn end(self, attempt: &mut Attempt) {
        let io = self.0.session.terminate().await;
        attempt.close(io).await;
    }
}
