//! `postgres`: a fresh login with the pod's own credentials, then a query.
//!
//! tokio-postgres speaks the protocol, over a stream with a guard around it: a probe has to look at what the server asks
//! for before it answers, and to bound what a server may send. A *login* is a proof of the password sent: at most one a
//! run and host, and none after the first rejection of the credentials.

pub(crate) mod catalog;
pub(crate) mod database;
mod discovery;
mod dsn;
mod forms;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod guard;
pub(crate) mod hint;
mod keys;
mod login;
mod migrations;
mod npgsql;
mod peer_name;
mod route;
mod schema;
mod session;
mod session_error;
mod settings;
mod sqlstate;
mod tables;
mod url;
mod words;

use std::sync::Arc;

use tokio::time::{Instant, timeout};

use crate::cause::Cause;
use crate::check::login::stating;
use crate::check::server_keys::origin_of;
use crate::check::several::{furthest, in_words};
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames, Unverified};
use crate::net::attempt::Attempt;
use crate::outcome::{
    AUTH_METHOD, Detail, FactValue, Fault, Phase, ROLE, SERVER_TEXT_LIMIT, SERVER_VERSION, URL_DIALECT, bytes_of,
    clean_text,
};
use crate::secret::Secret;
use crate::url::{Endpoint, Url};
use crate::value::Value;

use keys::PostgresKeys;
use migrations::{MIGRATION, Migrations};
use route::LoggedIn;
use schema::{judge_migrations, judge_tables};
use settings::{Server, Settings, Target};
use sqlstate::code;
use tables::Tables;
use words::Role;

/// The query where none is configured.
const QUERY: &str = "SELECT 1";

/// The kind.
pub const KIND: Kind = Kind {
    name: "postgres",
    summary: "logs in to PostgreSQL with the pod's own credentials, then runs a query",
    example: "{url: {env: DATABASE_URL}, password: {file: /etc/secrets/pw}, sslmode: verify-full, ca: /etc/ca.pem, \
              query: SELECT count(*) FROM jobs, expect: \"0\", role: primary}",
    url_form: "postgres://user:password@host:5432/database",
    schemes: url::OWN_SCHEMES,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &[
            "channel_binding",
            "cleartext",
            "database",
            "head",
            "host",
            "name",
            "port",
            "privileges",
            "role",
            "sslmode",
            "table",
            "tables",
            "tool",
            "user",
        ],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames {
        has_server_name: false,
        ca_in_url: Some("sslrootcert"),
        unverified: Unverified::Mode("sslmode"),
        ..TlsKeyNames::BESIDE
    },
    discovery: discovery::RULE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault,
    parse,
    from_url: |url| Arc::new(Postgres { keys: PostgresKeys { url: Some(url), ..PostgresKeys::default() } }),
    facts: &[SERVER_VERSION, AUTH_METHOD, ROLE, URL_DIALECT, MIGRATION],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<PostgresKeys>(),
};

/// A configured check.
#[derive(Debug)]
struct Postgres {
    keys: PostgresKeys,
}

/// What is wrong with a TARGET. `postgres:///app?host=db` is a URL to libpq alone.
fn target_fault(text: &str) -> Option<String> {
    let fault = fault_of_url(parse, text)?;
    match Url::parse(text) {
        Err(error) if text.contains("://") && !text.contains("host=") && !text.contains("unix_sock=") => {
            Some(error.to_string())
        }
        Ok(_) | Err(_) => Some(fault),
    }
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Postgres { keys: PostgresKeys::read(node)? }))
}

impl Check for Postgres {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let resolved = Target::resolve(&self.keys, env);
        let endpoints = resolved.as_ref().map(endpoints).unwrap_or_default();
        let target = resolved.map_or_else(|fault| self.origin(&fault), Target::redacted);
        Prepared::new(target, endpoints, self.readings(env), self.resolve(env))
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}

/// What is dialled over the network.
fn endpoints(target: &Target) -> Vec<Endpoint> {
    let dialled = target.hosts.iter().filter(|server| server.socket.is_none());
    dialled.map(|server| server.endpoint.clone()).collect()
}

/// The values of one run; the files of CA and client certificate are read when TLS starts.
struct PostgresRun {
    settings: Settings,
    tables: Option<Tables>,
    migrations: Option<Migrations>,
    query: Option<Secret>,
    expect: Option<Secret>,
}

impl Runnable for PostgresRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async {
            let result = self.probe(attempt).await;
            // A server repeats what it was sent.
            result.map_err(|fault| self.settings.confidential().strike_fault(fault))
        })
    }
}

/// What one host came to.
enum Visit {
    /// The check is decided.
    Passed,
    /// It does not do, the next host may.
    Failed(Fault),
    /// It works, but in another role than the one wanted.
    OtherRole(Fault),
    /// It does not do, and no other host would, or may be asked.
    Final(Fault),
}

impl Postgres {
    /// What stands for the target that cannot be resolved, for this reason.
    fn origin(&self, fault: &Fault) -> String {
        let named = self.keys.named().into_iter();
        origin_of(fault, named.filter_map(|(key, value)| Some((key, value?))))
    }

    fn readings(&self, env: &dyn Env) -> Vec<Reading> {
        let named = self.keys.named().into_iter();
        named.filter_map(|(key, value)| Some(Reading::all(key, value?, env))).flatten().collect()
    }

    fn resolve(&self, env: &dyn Env) -> Result<PostgresRun, Fault> {
        let settings = Settings::resolve(&self.keys, env)?;
        let resolve = |value: &Option<Value>| value.as_ref().map(|value| value.resolve(env)).transpose();
        let migrations = self.keys.migrations.as_ref();
        Ok(PostgresRun {
            tables: self.keys.tables.clone(),
            migrations: migrations.map(|keys| keys.resolve(settings.schema.as_deref(), env)).transpose()?,
            query: resolve(&self.keys.query)?,
            expect: resolve(&self.keys.expect)?,
            settings,
        })
    }
}

impl PostgresRun {
    async fn probe(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        let settings = &self.settings;
        attempt.facts().absent_files.clone_from(&settings.absent_files);
        attempt.facts().learn(URL_DIALECT, settings.dialect.map(FactValue::word));
        let several = settings.hosts.len() > 1;
        let hosts: Vec<&Server> = settings.hosts.iter().filter(|server| attempt.is_for(&server.endpoint)).collect();
        let count = hosts.len();
        let mut faults = Vec::new();
        for (index, server) in hosts.into_iter().enumerate() {
            let endpoint = &server.endpoint;
            attempt.for_host(several.then(|| endpoint.host.to_string()));
            let fault = match self.visit(attempt, settings, server, count - index).await {
                Visit::Passed => {
                    attempt.facts().passed_over = in_words(&faults);
                    return Ok(());
                }
                Visit::OtherRole(fault) => fault,
                Visit::Failed(fault) => {
                    // Should a later host do, it was a fallback.
                    attempt.evidence().degraded = true;
                    fault
                }
                Visit::Final(fault) => {
                    faults.push((endpoint, fault));
                    break;
                }
            };
            faults.push((endpoint, fault));
        }
        Err(stating(furthest(faults), Some(&settings.user), Some(&settings.database)))
    }

    /// One host: log in, see its role, ask, say goodbye. `left` hosts, this one among them, share the time up to the login.
    async fn visit(&self, attempt: &mut Attempt, settings: &Settings, server: &Server, left: usize) -> Visit {
        let share =
            attempt.deadline().saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(u32::MAX);
        let mut login = match timeout(share, route::log_in(attempt, settings, server)).await {
            Ok(Ok(login)) => login,
            Ok(Err(fault)) if rejects_credentials(fault.cause) => return Visit::Final(fault),
            Ok(Err(fault)) => return Visit::Failed(fault),
            Err(_) => return Visit::Failed(attempt.deadline_fault()),
        };
        let visit = match self.has_role(attempt, &mut login, settings.role).await {
            Err(fault) => Visit::Final(fault),
            Ok(Some(other)) => Visit::OtherRole(other),
            Ok(None) => match self.judge_schema(attempt, &mut login).await {
                Err(fault) => Visit::Final(fault),
                Ok(()) => self.ask(attempt, &mut login).await.map_or_else(Visit::Final, |()| Visit::Passed),
            },
        };
        let io = login.session.terminate().await;
        attempt.close(io).await;
        visit
    }

    /// Whether the session is what is wanted, or what it is instead. Asks only where the server did not tell by itself.
    async fn has_role(
        &self,
        attempt: &mut Attempt,
        login: &mut LoggedIn,
        wanted: Role,
    ) -> Result<Option<Fault>, Fault> {
        let parameters = login.session.parameters();
        let mut standby = parameters.in_hot_standby;
        let mut read_only = parameters.default_transaction_read_only.map(|on| on || standby == Some(true));
        match wanted {
            Role::Primary | Role::Replica if standby.is_none() => {
                standby = Some(ask_bool(attempt, login, "SELECT pg_catalog.pg_is_in_recovery()").await?);
            }
            Role::ReadWrite | Role::ReadOnly if read_only.is_none() => {
                read_only = Some(ask_bool(attempt, login, "SHOW transaction_read_only").await?);
            }
            _ => {}
        }
        let role = |standby| FactValue::word(if standby { "replica" } else { "primary" });
        attempt.facts().learn(ROLE, standby.map(role));
        let (standby, read_only) = (standby == Some(true), read_only == Some(true));
        let (fits, text) = match wanted {
            Role::Any => (true, ""),
            Role::Primary => (!standby, "the server is a replica (in recovery), but `role` requires a primary"),
            Role::ReadWrite => (!read_only, "its transactions are read-only, but `role` requires read-write"),
            Role::Replica => (standby, "the server is a primary (not in recovery), but `role` requires a replica"),
            Role::ReadOnly => (read_only, "its transactions are read-write, but `role` requires read-only"),
        };
        let cause = match wanted {
            Role::Primary | Role::ReadWrite => Cause::ReadOnly,
            Role::Any | Role::Replica | Role::ReadOnly => Cause::QueryFailed,
        };
        let other_role = Detail::Protocol { code: code::OTHER_ROLE, product: None };
        Ok((!fits)
            .then(|| attempt.of_connection(Fault::new(Phase::Assert, cause, text).with(other_role).stating(text))))
    }

    /// Whether tables and migrations are there.
    async fn judge_schema(&self, attempt: &mut Attempt, login: &mut LoggedIn) -> Result<(), Fault> {
        let Settings { user, schema, .. } = &self.settings;
        if let Some(tables) = &self.tables {
            judge_tables(attempt, login, tables, schema.as_deref(), user).await?;
        }
        match &self.migrations {
            Some(migrations) => judge_migrations(attempt, login, migrations, user).await,
            None => Ok(()),
        }
    }

    async fn ask(&self, attempt: &mut Attempt, login: &mut LoggedIn) -> Result<(), Fault> {
        // Another question was asked already.
        if self.query.is_none() && self.expect.is_none() && (self.tables.is_some() || self.migrations.is_some()) {
            return Ok(());
        }
        attempt.enter(Phase::Request);
        let query = self.query.as_ref().map_or(QUERY, Secret::expose);
        let answer = login
            .session
            .query(query)
            .await
            .map_err(|session_error| route::fault(attempt, &session_error, login.link))?;
        let Some(expected) = &self.expect else { return Ok(()) };
        attempt.enter(Phase::Assert);
        let came = match answer.first {
            Some(Some(value)) if value == expected.expose() => return Ok(()),
            Some(Some(value)) => {
                // The value itself is an excerpt: not for logs.
                attempt.facts().excerpt = Some(clean_text(&value, SERVER_TEXT_LIMIT));
                format!("another value ({})", bytes_of(value.as_bytes()))
            }
            Some(None) => "NULL".to_owned(),
            None => "no row".to_owned(),
        };
        let fault = attempt.fault(Cause::BodyMismatch, format!("the query returned {came}, not what `expect` says"));
        Err(fault.stating("the query returned another value than `expect` says"))
    }
}

async fn ask_bool(attempt: &mut Attempt, login: &mut LoggedIn, query: &str) -> Result<bool, Fault> {
    attempt.enter(Phase::Request);
    let answer =
        login.session.query(query).await.map_err(|session_error| route::fault(attempt, &session_error, login.link))?;
    Ok(matches!(answer.first.flatten().as_deref(), Some("t" | "on")))
}

/// The credentials were refused, or cannot be used: another host would count the same failure again.
const fn rejects_credentials(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::PasswordRejected
            | Cause::PasswordMissing
            | Cause::LoginRejected
            | Cause::AuthUnsupported
            | Cause::ProbeLimit
            | Cause::TlsClientCertRequired
            | Cause::NoSuchDatabase
    )
}
