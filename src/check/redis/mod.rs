//! `redis`: a fresh login with the pod's own credentials, then PING. For Redis, Valkey and servers that speak their protocol.
//!
//! Each run sends at most one AUTH, and reads or writes no key. If the server answers PING with an error that only a
//! logged-in user gets, the check passes, degraded.

mod client;
mod errors;
mod hint;
mod keys;
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
use crate::outcome::{AUTH_METHOD, Detail, FactValue, Fault, HealthRemark, Phase};
use crate::secret::Secret;
use crate::value::Value;

use client::{Client, SessionError};
use errors::Meaning;
use keys::{Destination, RULES, RedisKeys};
use session::Login;

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
                Ok(RedisRun { destination, password, tls })
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
    tls: Option<TlsKeys>,
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
        if let Some(options) = tls {
            io = attempt.start_tls(io, &options).await?;
        }
        let mut client = Client::new(io);
        let result = self.session(attempt, &mut client).await;
        let fault = result.map_err(|error| (self.fault(attempt, &error), error));
        // Send QUIT only to a peer that speaks this protocol.
        if matches!(fault, Ok(()) | Err((_, SessionError::Refused(..)))) {
            client.quit().await;
            attempt.close(client.into_stream()).await;
        } else {
            attempt.abandon(client.into_stream()).await;
        }
        fault.map_err(|(fault, _)| self.stating(fault))
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
            let text = error.message("PING", login.password);
            attempt.facts().health_warning = Some(HealthRemark { text, fix: hint::of_warning(error.code) });
        }
        Ok(())
    }

    /// The fault of a session that ended early.
    fn fault(&self, attempt: &Attempt, error: &SessionError) -> Fault {
        let stream_error = match error {
            SessionError::Refused(command, error) => {
                let message = error.message(command, self.password.as_ref());
                let fault = match error.meaning {
                    Meaning::Refused(refusal) => refusal.fault(message),
                    // The user is logged in but may not choose the database.
                    Meaning::LoggedIn if error.code == "noperm" => {
                        Fault::new(Phase::Request, Cause::PermissionDenied, message)
                    }
                    Meaning::LoggedIn => attempt.fault(Cause::QueryFailed, message),
                    Meaning::Failed(Cause::QueryFailed) if error.is_known() => {
                        attempt.fault(Cause::QueryFailed, &message).stating(message)
                    }
                    Meaning::Failed(cause) => attempt.fault(cause, message),
                };
                let as_user =
                    error.code == "noauth" && self.password.is_none() && self.destination.server.user.is_some();
                return fault.with(observed(if as_user { "password_as_user" } else { error.code }));
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
