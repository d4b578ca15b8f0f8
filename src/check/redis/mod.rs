//! `redis`: a fresh login with the pod's own credentials, then PING. For Redis, Valkey and servers that speak their protocol.
//!
//! Each run sends at most one AUTH, and reads or writes no key. If the server answers PING with an error that only a
//! logged-in user gets, the check passes, degraded.

mod client;
mod database;
mod errors;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod parameters;
mod session;

use std::sync::Arc;

use crate::cause::Cause;
use crate::check::login;
use crate::check::server_keys::ServerKeys;
use crate::check::tls_keys::{PEM_KEYS, TlsKeys};
use crate::check::{Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::net::speaks::{Protocol, recognise};
use crate::net::stream_error::{Expected, StreamError};
use crate::net::tls::Verify;
use crate::outcome::{AUTH_METHOD, Detail, FactValue, Fault, HealthRemark, Phase};
use crate::secret::Secret;
use crate::value::Value;

use client::{Client, SessionError};
use errors::{Meaning, NOT_EXPECTED, ServerError, UNKNOWN_COMMAND};
use keys::{Destination, RULES, RedisKeys};
use parameters::Leniency;
use session::Login;

/// The usual port of Redis Sentinel.
const SENTINEL_PORT: u16 = 26379;
/// The form of its URLs.
const URL_FORM: &str = "redis://user:password@host:6379/0";

/// The kind.
pub const KIND: Kind = Kind {
    name: "redis",
    summary: "logs in to Redis or Valkey with the pod's own credentials, then sends PING",
    example: "{url: {env: REDIS_URL}, password: {file: /etc/secrets/redis}}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["database", "db", "host", "port", "server_name", "user", "username", "verify"],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: DiscoveryRule { usual_variables: &["REDIS_URL"], ..DiscoveryRule::NONE },
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Redis { keys: RedisKeys { server: ServerKeys::of_url(url), ..RedisKeys::default() } }),
    facts: &[AUTH_METHOD],
    hint: hint::hint,
    counts_unfinished: None,
    #[cfg(test)]
    schema: |generator| crate::check::server_keys::schema::<keys::OwnKeys>(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Redis {
    keys: RedisKeys,
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Redis { keys: RedisKeys::read(node)? }))
}

impl Check for Redis {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        let readings = self.keys.server.named().flat_map(|(key, value)| Reading::all(key, value, env)).collect();
        Prepared::new(
            destination.as_ref().map_or_else(|fault| self.keys.server.blamed_origin(fault), Destination::target),
            destination.as_ref().map(|destination| destination.server.hosts.clone()).unwrap_or_default(),
            readings,
            destination.and_then(|destination| {
                let (password, tls) = (self.keys.password(&destination, env)?, self.keys.tls(&destination));
                let server = &destination.server;
                let hidden_user = server.user.clone().filter(|_| server.shown_user().is_none()).map(Secret::new);
                Ok(RedisRun { destination, password, hidden_user, tls, wants_sentinel: self.keys.wants_sentinel() })
            }),
        )
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}

/// The values of one run; the files of CA and client certificate are read when TLS starts.
struct RedisRun {
    destination: Destination,
    password: Option<Secret>,
    /// The user, if it may not be shown.
    hidden_user: Option<Secret>,
    tls: Option<TlsKeys>,
    /// The URL's variable says that a Sentinel is meant, so one that answers is right.
    wants_sentinel: bool,
}

impl Runnable for RedisRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(self.probe(attempt))
    }
}

impl RedisRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let endpoint = self.destination.endpoint();
        // Report unreadable files before connecting.
        let tls = self.tls.as_ref().map(|keys| keys.options(&endpoint.host, attempt.world())).transpose()?;
        let mut io = attempt.connect(endpoint).await?;
        if let Some(mut options) = tls {
            if self.destination.parameters.leniency == Leniency::Name && options.verify == Verify::Full {
                options.verify = Verify::Chain;
            }
            io = attempt.start_tls(io, &options).await?;
        }
        let mut client = Client::new(io);
        let result = self.session(attempt, &mut client).await;
        let fault = result.as_ref().err().map(|error| self.fault(attempt, error));
        let (is_sentinel, speaks) = match &result {
            Ok(()) => (attempt.aside(session::ends_as_sentinel(&mut client)).await, true),
            Err(SessionError::Refused(_, error)) => {
                let suspicious = [UNKNOWN_COMMAND, NOT_EXPECTED, "wrongpass"].contains(&error.code);
                let asked = if suspicious { attempt.aside(session::is_sentinel(&mut client)).await } else { None };
                // Send QUIT only to a peer that speaks this protocol.
                client.quit().await;
                (asked, true)
            }
            Err(_) => (None, false),
        };
        let fault = match is_sentinel {
            Some(true) if !self.wants_sentinel => Some(self.sentinel(attempt)),
            Some(true) => None,
            _ => fault,
        };
        match speaks {
            true => attempt.close(client.into_stream()).await,
            false => attempt.abandon(client.into_stream()).await,
        }
        fault.map_or(Ok(()), |fault| Err(self.stating(fault)))
    }

    /// The code of an error, with what this check's own target says about it.
    fn code_of(&self, error: &ServerError) -> &'static str {
        let is_login = matches!(error.code, "noauth" | "wrongpass");
        if error.code == "noauth" && self.password.is_none() && self.destination.server.user.is_some() {
            "password_as_user"
        } else if is_login && self.destination.endpoint().port == SENTINEL_PORT && !self.wants_sentinel {
            "sentinel_port"
        } else {
            error.code
        }
    }

    /// The fault of a server that has no data.
    fn sentinel(&self, attempt: &Attempt) -> Fault {
        let endpoint = self.destination.endpoint();
        let fault =
            attempt.fault(Cause::ProtocolError, "the server is Redis Sentinel, which stores no data, not Redis");
        fault.stating(format!("{endpoint} is Redis Sentinel, not Redis")).with(observed("sentinel"))
    }

    /// The same fault with whose login or which database it is about.
    fn stating(&self, fault: Fault) -> Fault {
        let database = self.destination.database.map(|number| number.to_string());
        login::stating(fault, self.destination.server.shown_user(), database.as_deref())
    }

    async fn session(&self, attempt: &mut Attempt, client: &mut Client<Io>) -> Result<(), SessionError> {
        attempt.enter(Phase::Login);
        let login = Login {
            user: self.destination.server.user.as_deref(),
            password: self.password.as_ref(),
            database: self.destination.database.unwrap_or(0),
        };
        let method = session::log_in(client, login).await?;
        attempt.facts().learn(AUTH_METHOD, Some(FactValue::word(method)));
        attempt.enter(Phase::Request);
        if let Some(error) = session::ping(client).await? {
            attempt.evidence().degraded = true;
            let text = error.message("PING", &self.secrets());
            attempt.facts().health_warning = Some(HealthRemark { text, fix: hint::of_warning(error.code) });
        }
        Ok(())
    }

    /// What no message may repeat: a user alone may be a password that lacks its colon.
    fn secrets(&self) -> Vec<&Secret> {
        self.password.iter().chain(&self.hidden_user).collect()
    }

    /// The fault of a session that ended early.
    fn fault(&self, attempt: &Attempt, error: &SessionError) -> Fault {
        let stream_error = match error {
            SessionError::Refused(command, error) => {
                let message = error.message(command, &self.secrets());
                let fault = match error.meaning {
                    Meaning::Refused(refusal) => refusal.fault(message),
                    // The user is logged in but may not choose the database.
                    Meaning::LoggedIn if error.code == "noperm" => {
                        Fault::new(Phase::Request, Cause::PermissionDenied, message)
                    }
                    Meaning::LoggedIn => attempt.fault(Cause::QueryFailed, message),
                    Meaning::Failed(Cause::TlsUnsupported) => Fault::new(Phase::Login, Cause::TlsUnsupported, message),
                    Meaning::Failed(cause) => attempt.fault(cause, message),
                };
                let fault = match (error.meaning, error.says()) {
                    (Meaning::Failed(Cause::QueryFailed) | Meaning::LoggedIn, Some(says)) => fault.stating(says),
                    _ => fault,
                };
                return fault.with(observed(self.code_of(error)));
            }
            SessionError::Read(error) => error.as_stream_error(),
            SessionError::Unexpected(what) => StreamError::Unexpected(what),
        };
        let head = attempt.monitor().map(|monitor| monitor.seen().head).unwrap_or_default();
        if self.tls.is_none() && recognise(&head) == Some(Protocol::Tls) {
            let message = "the server speaks TLS, but neither the URL nor the keys ask for it";
            let fault = Fault::new(Phase::Login, Cause::TlsUnsupported, message).with(observed("wants_tls"));
            return fault.stating(message);
        }
        let what =
            if attempt.phase() == Some(Phase::Request) { "the answer to PING" } else { "the answer to the login" };
        attempt.stream_error(stream_error, Expected { what, protocol: Some(Protocol::Redis) })
    }
}

/// What was observed, by its code.
const fn observed(code: &'static str) -> Detail {
    Detail::Protocol { code, product: None }
}
