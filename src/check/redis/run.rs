//! One run: find the server, log in, send PING, ask what the check asks for, say goodbye.

use std::sync::Arc;

use super::client::{Client, SessionError};
use super::cluster::{self, Node};
use super::errors::{MOVED, Meaning, NOT_EXPECTED, ServerError, UNKNOWN_COMMAND};
use super::fault::{self, Trouble, code, observed};
use super::hint;
use super::identity::Identity;
use super::keys::Destination;
use super::parameters::Leniency;
use super::role::{Role, ServerRole};
use super::sentinel::Sentinel;
use super::sentinel_keys::SENTINEL_PORT;
use super::session::{self, Login};
use crate::cause::Cause;
use crate::check::announced::Turn;
use crate::check::login;
use crate::check::tls_keys::TlsKeys;
use crate::check::warning::warn;
use crate::check::{Run, Runnable};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::tls::Verify;
use crate::outcome::{AUTH_METHOD, Detail, FactValue, Fault, Phase, ROLE, SERVER_VERSION};
use crate::secret::Secret;
use crate::url::Endpoint;

/// How TLS is asked for.
const CLEARTEXT_FIX: &str = "set tls-port on the server, and write rediss:// in the URL of the app and of this check";
const UNCOVERED_FIX: &str =
    "start the nodes that CLUSTER NODES in redis-cli shows as failed, or assign the slots to others";
const UNREACHABLE_FIX: &str = "start these nodes, or correct the address that they announce (cluster-announce-ip)";

/// The values of one run; the files of CA and client certificate are read when TLS starts.
pub(super) struct RedisRun {
    pub(super) destination: Destination,
    pub(super) password: Option<Secret>,
    /// The user, if it may not be shown.
    pub(super) hidden_user: Option<Secret>,
    pub(super) tls: Option<TlsKeys>,
    /// The URL's variable says that a Sentinel is meant, so one that answers is right.
    pub(super) wants_sentinel: bool,
    pub(super) role: Role,
    pub(super) key: Option<Secret>,
    pub(super) sentinel: Option<Sentinel>,
    /// Whose turn it is of the nodes of a cluster; `None` if none is meant.
    pub(super) turn: Option<Arc<Turn>>,
}

impl Runnable for RedisRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(self.probe(attempt))
    }
}

/// What a session has shown so far.
#[derive(Default)]
struct Seen {
    /// What the server is; `None` as long as it was not asked.
    identity: Option<Identity>,
    /// The nodes of its cluster.
    nodes: Vec<Node>,
    /// The one of them that has the slot of the key, if it is another one.
    owner: Option<Endpoint>,
}

/// What a session asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    /// All that the check asks for.
    All,
    /// Whether the key exists: the node that was asked first accepted the login, and named this one.
    Key,
}

impl RedisRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let Some(sentinel) = &self.sentinel else {
            let seen = self.visit(attempt, self.destination.server.endpoint(), Question::All).await?;
            self.reach(attempt, &seen.nodes).await?;
            let Some(owner) = seen.owner else { return Ok(()) };
            attempt.for_host(Some(owner.host.to_string()));
            return self.visit(attempt, &owner, Question::Key).await.map(drop);
        };
        let found = sentinel.find(attempt).await?;
        attempt.for_host(Some(found.primary.host.to_string()));
        let visited = self.visit(attempt, &found.primary, Question::All).await;
        visited.map(drop).map_err(|fault| sentinel.of_primary(fault, &found))
    }

    /// Connects to the nodes that a cluster announces.
    async fn reach(&self, attempt: &mut Attempt, nodes: &[Node]) -> Result<(), Fault> {
        let Some(turn) = self.turn.as_ref().filter(|_| !nodes.is_empty()) else { return Ok(()) };
        let unreachable = turn.reach(attempt, nodes).await?.unreachable;
        if let Some(text) = cluster::judge(&unreachable, nodes.len())? {
            warn(attempt, text, UNREACHABLE_FIX);
        }
        Ok(())
    }

    /// One session with a server; returns what it has shown.
    async fn visit(&self, attempt: &mut Attempt, endpoint: &Endpoint, question: Question) -> Result<Seen, Fault> {
        // Report unreadable files before connecting.
        let tls = self.tls.as_ref().map(|keys| keys.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = match question {
            Question::All => self.destination.server.connect(attempt, endpoint).await?,
            Question::Key => attempt.connect(endpoint).await?,
        };
        if let Some(mut options) = tls {
            if self.destination.parameters.leniency == Leniency::Name && options.verify == Verify::Full {
                options.verify = Verify::Chain;
            }
            io = attempt.start_tls(io, &options).await?;
        }
        let mut client = Client::new(io);
        let mut seen = Seen::default();
        let result = self.session(attempt, &mut client, endpoint, question, &mut seen).await;
        let fault = result.as_ref().err().map(|trouble| match trouble {
            Trouble::Session(error) => self.fault(attempt, endpoint, error),
            Trouble::Fault(fault) => attempt.of_connection(fault.clone()),
        });
        let (is_sentinel, speaks) = match (&result, &seen.identity) {
            (Ok(()) | Err(Trouble::Fault(_)), Some(identity)) => {
                client.quit().await;
                (identity.is_sentinel, true)
            }
            (Ok(()) | Err(Trouble::Fault(_)), None) => {
                let identity = attempt.aside(session::say_goodbye(&mut client)).await.flatten();
                if let Some(identity) = &identity {
                    learn(attempt, identity);
                }
                (identity.is_some_and(|identity| identity.is_sentinel), true)
            }
            (Err(Trouble::Session(SessionError::Refused(_, error))), _) => {
                let suspicious = [UNKNOWN_COMMAND, NOT_EXPECTED, "wrongpass"].contains(&error.code);
                let asked = if suspicious { attempt.aside(session::is_sentinel(&mut client)).await } else { None };
                // Send QUIT only to a peer that speaks this protocol.
                client.quit().await;
                (asked == Some(true), true)
            }
            (Err(Trouble::Session(_)), _) => (false, false),
        };
        let fault = match (is_sentinel, self.wants_sentinel) {
            (true, false) => Some(sentinel_fault(attempt, endpoint)),
            (true, true) => None,
            (false, _) => fault,
        };
        match speaks {
            true => attempt.close(client.into_stream()).await,
            false => attempt.abandon(client.into_stream()).await,
        }
        fault.map_or(Ok(seen), |fault| Err(self.stating(fault)))
    }

    async fn session(
        &self,
        attempt: &mut Attempt,
        client: &mut Client<Io>,
        endpoint: &Endpoint,
        question: Question,
        seen: &mut Seen,
    ) -> Result<(), Trouble> {
        attempt.enter(Phase::Login);
        let login = Login {
            user: self.destination.server.user.as_deref(),
            password: self.password.as_ref(),
            database: self.destination.database.unwrap_or(0),
        };
        if login.password.is_some() && self.tls.is_none() {
            attempt.note_cleartext_login(endpoint, CLEARTEXT_FIX);
        }
        let method = session::log_in(client, login).await?;
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(method)));
        attempt.enter(Phase::Request);
        match question {
            Question::All => self.ask_all(attempt, client, endpoint, seen).await?,
            Question::Key => {}
        }
        let Some(key) = &self.key else { return Ok(()) };
        let has_key = session::has_key(client, key).await;
        if let Err(SessionError::Refused(_, error)) = &has_key
            && error.code == MOVED
            && question == Question::All
            && self.turn.is_some()
        {
            seen.owner = error.owner(endpoint);
            if seen.owner.is_some() {
                return Ok(());
            }
        }
        self.judge_key(has_key)
    }

    /// All but the key.
    async fn ask_all(
        &self,
        attempt: &mut Attempt,
        client: &mut Client<Io>,
        endpoint: &Endpoint,
        seen: &mut Seen,
    ) -> Result<(), Trouble> {
        let warning = session::ping(client).await?;
        if self.role != Role::Any {
            let identity = seen.identity.insert(session::identify(client).await?);
            learn(attempt, identity);
            // What it is instead is said where the session ends.
            if !identity.is_sentinel {
                self.judge_role(identity.role)?;
            }
        }
        if let Some(error) = warning {
            if self.role == Role::Primary && error.meaning == Meaning::LoggedIn {
                return Err(SessionError::Refused("PING", error).into());
            }
            warn(attempt, error.message("PING", &self.secrets()), hint::of_warning(error.code));
        }
        if self.turn.is_some() {
            let state = cluster::state(client).await?;
            state.fault().map_or(Ok(()), Err)?;
            if let Some(text) = state.warning() {
                warn(attempt, text, UNCOVERED_FIX);
            }
            seen.nodes = cluster::nodes(client, state, endpoint).await?;
        }
        Ok(())
    }

    fn judge_key(&self, has_key: Result<bool, SessionError>) -> Result<(), Trouble> {
        let (cause, text, code) = match has_key {
            Ok(true) => return Ok(()),
            Ok(false) => {
                (Cause::NotFoundOnServer, "the key that `key_exists` names is not in the database", code::NO_KEY)
            }
            Err(SessionError::Refused(_, error)) if error.code == MOVED => {
                let text = "the key that `key_exists` names belongs to another node of the cluster";
                (Cause::ProbeLimit, text, code::KEY_ELSEWHERE)
            }
            Err(error) => return Err(error.into()),
        };
        let database = self.destination.database.unwrap_or(0);
        let message = if code == code::NO_KEY { format!("{text} (database {database})") } else { text.to_owned() };
        Err(Fault::new(Phase::Assert, cause, message).stating(text).with(observed(code)).into())
    }

    fn judge_role(&self, role: Option<ServerRole>) -> Result<(), Fault> {
        let (cause, text, code) = match (self.role, role) {
            (Role::Any, _)
            | (Role::Primary, Some(ServerRole::Primary))
            | (Role::Replica, Some(ServerRole::Replica)) => return Ok(()),
            (Role::Primary, Some(ServerRole::Replica)) => {
                (Cause::ReadOnly, "the server is a replica, but `role` requires a primary", code::IS_REPLICA)
            }
            (Role::Replica, Some(ServerRole::Primary)) => {
                (Cause::QueryFailed, "the server is a primary, but `role` requires a replica", code::IS_PRIMARY)
            }
            (Role::Primary | Role::Replica, None) => {
                (Cause::QueryFailed, "the server does not report its role, which `role` requires", code::NO_ROLE)
            }
        };
        Err(Fault::new(Phase::Assert, cause, text).stating(text).with(observed(code)))
    }

    /// The fault of a session that ended early, with what this check's own target says about it.
    fn fault(&self, attempt: &Attempt, endpoint: &Endpoint, error: &SessionError) -> Fault {
        let fault = fault::of_session(attempt, error, &self.secrets(), self.tls.is_some());
        match error {
            SessionError::Refused(command, error) => self.of_error(attempt, endpoint, command, error, fault),
            _ => fault,
        }
    }

    fn of_error(
        &self,
        attempt: &Attempt,
        endpoint: &Endpoint,
        command: &str,
        error: &ServerError,
        fault: Fault,
    ) -> Fault {
        let is_login = matches!(error.code, "noauth" | "wrongpass");
        if error.code == "noauth" && self.password.is_none() && self.destination.server.user.is_some() {
            fault.with(observed(code::PASSWORD_AS_USER))
        } else if is_login && endpoint.port == SENTINEL_PORT && !self.wants_sentinel {
            fault.with(observed(code::SENTINEL_PORT))
        } else if command == "PING" && error.code == "masterdown" {
            // Where a primary is required.
            attempt.of_connection(Fault { phase: Phase::Request, cause: Cause::ReadOnly, ..fault })
        } else {
            fault
        }
    }

    /// The same fault with whose login or which database it is about.
    fn stating(&self, fault: Fault) -> Fault {
        let database = self.destination.database.map(|number| number.to_string());
        login::stating(fault, self.destination.server.shown_user(), database.as_deref())
    }

    /// What no message may repeat: a user alone may be a password that lacks its colon.
    fn secrets(&self) -> Vec<&Secret> {
        self.password.iter().chain(&self.hidden_user).collect()
    }
}

/// Records what a server reports about itself.
fn learn(attempt: &mut Attempt, identity: &Identity) {
    attempt.facts().learn(SERVER_VERSION, identity.version.clone().map(FactValue::text));
    attempt.facts().learn(ROLE, identity.role.map(ServerRole::fact));
}

/// The fault of a server that has no data.
fn sentinel_fault(attempt: &Attempt, endpoint: &Endpoint) -> Fault {
    let fault = attempt.fault(Cause::ProtocolError, "the server is Redis Sentinel, which stores no data, not Redis");
    let detail = Detail::Protocol { code: code::SENTINEL, product: None };
    fault.stating(format!("{endpoint} is Redis Sentinel, not Redis")).with(detail)
}
